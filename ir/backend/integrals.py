"""The kernel that ``warp.fem.integrate`` would launch for an integrand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from warpsmith.errors import CodegenError
from warpsmith.ir.backend.modules import start


def assembly_kernel(integrand: Any, arguments: Callable[[], dict[str, Any]]) -> Any:
    """The kernel that ``warp.fem.integrate`` would launch for an integrand; nothing is launched or compiled natively.

    Args:
        integrand: Decorated with ``warp.fem.integrand``.
        arguments: Makes the keyword arguments of ``warp.fem.integrate``. Test and trial functions that it makes know
            their space and domain, and not which nodes belong to which elements: do not integrate with them.

    Raises:
        CodegenError: Warp refused the integrand.
    """
    start()
    import warp._src.fem.integrate as warp_fem
    from warp._src.fem.space.restriction import SpaceRestriction

    def count_nodes(restriction: Any, *_: Any, **__: Any) -> None:
        restriction._node_count = restriction.space_partition.node_count()

    replaced: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
        (SpaceRestriction, "rebuild", count_nodes),  # it launches a kernel of its own for each topology
        (warp_fem, "_generate_auxiliary_kernels", lambda **_: []),
        (warp_fem, "_launch_integrate_kernel", lambda **all_: all_["kernel"]),
    )
    originals = [getattr(owner, name) for owner, name, _ in replaced]
    try:
        for owner, name, stand_in in replaced:
            setattr(owner, name, stand_in)
        return warp_fem.integrate(integrand, **arguments())
    except Exception as error:  # it raises what it likes
        raise CodegenError(f"{integrand.name}: {type(error).__name__}: {error}") from error
    finally:
        for (owner, name, _), original in zip(replaced, originals, strict=True):
            setattr(owner, name, original)
