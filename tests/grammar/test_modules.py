"""Forms of functions and kernels: each is drawn, accepted by checker and Warp, and understood by the reference."""

from __future__ import annotations

from functools import cache

import pytest

from warpsmith import ir
from warpsmith.grammar.chooser import SeededChooser
from warpsmith.grammar.modules.program import FORMS, module_program
from warpsmith.grammar.program import Program
from warpsmith.synthesizer import MODULES
from warpsmith.synthesizer.case import make_case
from warpsmith.synthesizer.check import check
from warpsmith.synthesizer.modules import of_values
from warpsmith.synthesizer.reference import evaluate

DRAWN = {
    *(form.name for form in FORMS if form.name),
    *("static number", "static vector", "static range", "static branch", "enumeration", "wide literal"),
    *("kernel made by a factory", "kernel in a class", "kernel behind a second decorator", "generic kernel"),
    *(f"kernel option: {name}" for name in ("bounds", "unique", "module options", "forward only")),
    *("function", "device function", "generic function", "read of another kernel's result"),
}


@cache
def programs() -> tuple[Program, ...]:
    """The first programs of the family."""
    return tuple(map(MODULES.synthesize, range(250)))


def test_every_form_is_drawn() -> None:
    assert DRAWN - {name for p in programs() for name in p.productions} == set()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("form", [form for form in FORMS if form.name], ids=lambda form: form.name)
def test_a_form_that_is_asked_for_is_there_and_everybody_takes_it(form: object, seed: int) -> None:
    program = module_program(SeededChooser(f"form:{seed}"), of_values(), forms=(form,))  # type: ignore[arg-type]
    assert form.name in program.productions  # type: ignore[attr-defined]
    assert [v.reason for v in check(program.module).verdicts if v.verdict != "accepted"] == []
    loaded = ir.load(program.source)
    ir.capture(MODULES.kernel(program, loaded), ("adjoint", "cpp"))
    loaded.unload()
    case = make_case(program, seed)
    evaluate(case.program, case.sets[0], case.adjoints)


def test_the_checker_knows_every_kernel_and_function() -> None:
    for program in programs()[:60]:
        report = check(program.module)
        assert report.diagnostics == ()
        assert [v.reason for v in report.verdicts if v.verdict != "accepted"] == []


def test_programs_are_defined() -> None:
    for number, program in enumerate(programs()[:30]):
        case = make_case(program, number)
        for data in case.sets:
            evaluate(case.program, data)
