"""Forms of functions and kernels: each is drawn, accepted by checker and Warp, and understood by the reference."""

from __future__ import annotations

from functools import cache

import pytest
import warp as wp

from warpsmith import ir
from warpsmith.grammar import spell, types
from warpsmith.grammar.chooser import SeededChooser
from warpsmith.grammar.constructs import assign
from warpsmith.grammar.functions import KernelFunction
from warpsmith.grammar.kernels import construct_of
from warpsmith.grammar.modules.builder import ModuleBuilder
from warpsmith.grammar.modules.own import definition, productions
from warpsmith.grammar.modules.program import FORMS, module_program
from warpsmith.grammar.program import Launch, Program
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


@pytest.mark.parametrize("t", types.OWN, ids=types.name)
def test_productions_over_a_type_of_its_own_are_accepted_and_have_a_meaning(t: types.Value) -> None:
    about = [types.scalar(t), wp.int32, wp.bool, t]
    builder = ModuleBuilder(SeededChooser("own"), of_values().palette(about, productions(t)), (assign.ASSIGN,))
    inside = [p for p in productions(t) if {*p.operands, p.result} <= {*about, *types.VALUES}]
    kernel = builder.kernel("kernel", 1, [construct_of(p) for p in inside], function := KernelFunction((4,)))
    launch = Launch((4,), function.launch_arguments())
    program = Program(spell.module([definition(t), kernel]), "kernel", launch, (), tuple(builder.used))
    assert {p.name for p in inside} <= set(program.productions)
    assert check(program.module).diagnostics == ()
    loaded = ir.load(program.source)
    ir.capture(loaded.kernels["kernel"], ("adjoint", "cpp"))
    loaded.unload()
    case = make_case(program, 1)
    evaluate(case.program, case.sets[0], case.adjoints)


def test_a_product_of_the_wrong_shape_is_refused() -> None:
    source = (
        "import warp as wp\n\nmat23f = wp.types.matrix(shape=(2, 3), dtype=wp.float32)\n\n\n@wp.kernel\n"
        "def kernel(a: wp.array(dtype=wp.vec2f)):\n    i = wp.tid()\n    a[i] = mat23f(1.0) * a[i]\n"
    )
    assert check(source).diagnostics != ()
    assert check(source.replace("* a[i]", "* wp.vec3f(a[i][0])")).diagnostics == ()


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
