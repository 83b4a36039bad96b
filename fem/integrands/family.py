"""The second family: integrands of ``warp.fem``."""

from __future__ import annotations

from typing import Any

from warpsmith import ir
from warpsmith.fem.integrands.check import check
from warpsmith.fem.integrands.draw import integrand_program
from warpsmith.fem.integrands.setting import Setting
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.family import Family, Opinion

_ORACLES = ("meaning", "linearity", "unity", "transposition", "assembly", "translation", "divergence", "polynomials")


def _function(program: Program, loaded: Any) -> ir.Isolated:
    """The integrand, in the kernel that assembles it."""
    # Not above: importing warp.fem takes a second, and most commands have no use for it.
    from warpsmith.fem.integrands.assemble import make_place

    setting = program.launch
    assert isinstance(setting, Setting)

    def arguments() -> dict[str, Any]:
        place = make_place(setting)
        return {"domain": place.domain, **place.arguments()}

    kernel = ir.assembly_kernel(getattr(loaded.module, program.entry), arguments)
    return ir.Isolated(kernel, program.entry, loaded.name)


def _judge(program: Program, seed: int, names: tuple[str, ...]) -> list[Opinion]:
    from warpsmith.fem.integrands.oracles import judge  # as above

    return judge(program, seed, names)


def _reproducer(program: Program, seed: int, opinion: Opinion) -> str:
    from warpsmith.fem.integrands.report import reproducer  # as above

    return reproducer(program, seed, opinion)


FEM = Family(
    "fem",
    version=4,
    draw=integrand_program,
    check=check,
    kernel=_function,
    launchable=False,
    oracles=_ORACLES,
    judge=_judge,
    reproducer=_reproducer,
)
