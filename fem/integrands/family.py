"""The second family: integrands of ``warp.fem``."""

from __future__ import annotations

from functools import partial
from typing import Any

from warpsmith import ir
from warpsmith.fem.integrands.assemble import make_assembly
from warpsmith.fem.integrands.check import check
from warpsmith.fem.integrands.draw import integrand_program
from warpsmith.fem.integrands.oracles import ORACLES
from warpsmith.fem.integrands.report import reproducer
from warpsmith.fem.integrands.setting import Setting
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.choices import reduce_choices
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.harness import Harness


def _function(program: Program, loaded: Any) -> ir.Isolated:
    """The integrand, in the kernel that assembles it."""
    setting = program.launch
    assert isinstance(setting, Setting)

    def arguments() -> dict[str, Any]:
        assembly = make_assembly(setting)
        return {"domain": assembly.domain, **assembly.arguments()}

    kernel = ir.assembly_kernel(getattr(loaded.module, program.entry), arguments)
    return ir.Isolated(kernel, program.entry, loaded.name)


def _case(program: Program, seed: int) -> Case:
    """The inputs of an integrand are made from its setting and its seed when an oracle asks for them."""
    return Case(program, (), (), seed)


FEM = Family(
    "fem",
    version=4,
    draw=integrand_program,
    check=check,
    kernel=_function,
    launchable=False,
    harness=Harness(
        oracles=ORACLES,
        case=_case,
        batch=1,
        lifetime=120,  # programs are judged in the worker itself, where Warp keeps a MiB of each
        reduce=partial(reduce_choices, integrand_program, check),
        reproducer=reproducer,
    ),
)
