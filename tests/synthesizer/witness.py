"""What Warp itself says of a program: whether it refuses it, and which types its locals have."""

from __future__ import annotations

import ast
import itertools
from typing import Any

from warpsmith import ir
from warpsmith.errors import WarpsmithError
from warpsmith.grammar import registry
from warpsmith.synthesizer.check import Report

_names = (f"witnessed_{n}" for n in itertools.count())


def refusal(source: str, *, native: bool = False) -> str | None:
    """Why Warp refuses one of the program's kernels; None if it takes them all.

    Args:
        source: the program.
        native: also run the native compiler for the CPU.
    """
    try:
        loaded = ir.load(source, name=next(_names))
    except Exception as error:  # noqa: BLE001  # decorators judge signatures, and raise what they like
        return f"{type(error).__name__}: {error}"
    kernels = [kernel for kernel in loaded.kernels.values() if not kernel.is_generic]
    results = ir.capture_many(kernels, levels=("adjoint",), compile_cpu=native)
    loaded.unload()
    return next((str(result) for result in results if isinstance(result, WarpsmithError)), None)


def local_types(source: str) -> dict[str, dict[str, str]]:
    """The types Warp infers for the locals of a program's kernels and functions.

    The constants of the file, which Warp counts among them, are left out.
    """
    constants = {
        target.id
        for statement in ast.parse(source).body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    loaded = ir.load(source, name=next(_names))
    found: dict[str, dict[str, str]] = {}
    for kernel in loaded.kernels.values():
        for function, types in ir.capture(kernel, levels=("adjoint",)).local_types.items():
            found[function] = {name: t for name, t in types.items() if name not in constants}
    loaded.unload()
    return found


def disagreements(report: Report, types: dict[str, dict[str, str]]) -> list[str]:
    """Where inferred types and Warp's differ.

    Args:
        report: what the checker found in a program.
        types: what Warp found, see ``ir.IR.local_types``.

    Returns:
        One line for each local whose type differs, that one side lacks, or whose type the checker does not know.
    """
    lines = []
    for function, expected in types.items():
        if function.partition("#")[0] in registry.names():
            continue  # a builtin that Warp has written in its own language
        inferred = {name: spelled(t) for name, t in report.locals.get(function.rpartition("__locals__")[2], {}).items()}
        for name in sorted(expected.keys() | inferred.keys()):
            ours, theirs = inferred.get(name, "nothing"), expected.get(name, "nothing")
            if ours != theirs and not theirs.startswith("wp::"):  # a C++ type is no type's name
                lines.append(f"{function}.{name}: inferred {ours}, Warp has {theirs}")
    return lines


def spelled(t: Any) -> str:
    """A type as ``ir`` spells it."""
    if hasattr(t, "_shape_"):
        kind = next(b.__name__.removesuffix("_t") for b in t.__mro__ if b.__name__.endswith("_t"))
        scalar = t._wp_scalar_type_.__name__
        return (
            f"{kind}({scalar})"
            if kind in ("quat", "transform")
            else f"{kind}({', '.join(map(str, (*t._shape_, scalar)))})"
        )
    if hasattr(t, "ndim") and hasattr(t, "shape"):
        size = 1
        for extent in t.shape:
            size *= extent
        return f"fixedarray({size}, {spelled(t.dtype)})"
    if hasattr(t, "ndim"):
        return f"{getattr(t, 'kind', 'array')}({t.ndim}, {spelled(t.dtype)})"
    if hasattr(t, "types"):
        return f"tuple({', '.join(map(spelled, t.types))})"
    return f"struct({t.__name__})" if hasattr(t, "fields") else str(t.__name__)
