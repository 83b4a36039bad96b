"""Known defects: their reproducers exist and match their own predicate, and healthy programs do not."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from textwrap import indent
from typing import Any

import numpy as np
import pytest

from tests.synthesizer.reference_kernels import Typed, kernel
from warpsmith import fuzz
from warpsmith.fuzz.known import KNOWN, Known, explanation, may_write_out_of_bounds, unknown_sites
from warpsmith.fuzz.oracles.forward import forward
from warpsmith.fuzz.oracles.gradient import gradient
from warpsmith.fuzz.session import Session
from warpsmith.grammar import types
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.inputs import layout
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict
from warpsmith.synthesizer.reference import At, On, Outcome, Site, Unknown, evaluate

FINDINGS = Path(fuzz.__file__).parent / "findings"
HEALTHY = """
@wp.kernel
def kernel(a: wp.array(dtype=float), b: wp.array(dtype=float)):
    x, y = a[0], a[1]
    for i in range(3):
        x = x + y
    b[0] = wp.sin(x)
"""


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_a_known_defect_has_a_reproducer_that_its_predicate_matches(known: Known) -> None:
    (test,) = (FINDINGS / known.name).glob("test_*.py")
    assert known.matches(ast.parse(test.read_text()))


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_a_healthy_program_has_none_of_them(known: Known) -> None:
    assert not known.matches(ast.parse(HEALTHY))


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_another_symptom_is_not_explained(known: Known) -> None:
    (test,) = (FINDINGS / known.name).glob("test_*.py")
    tree = ast.parse(test.read_text())
    assert not known.explains(Judgement("accepted", Verdict.DISAGREE, Stage.CHECK), tree)
    assert any(known.explains(Judgement(o, Verdict.DISAGREE, s or Stage.VALUE), tree) for o, s in known.symptoms)


def open_slopes(outcome: Outcome) -> Any:
    """Which numbers of the gradient by the first argument nothing is known of."""
    assert outcome.gradient_errors is not None
    assert outcome.gradient_errors[0] is not None
    return np.isinf(outcome.gradient_errors[0])


def sites(name: str, program: Program) -> tuple[Site, ...]:
    """The sites of the program that the known defect of that name affects."""
    return unknown_sites(program, [known for known in KNOWN if known.name == name])


def assert_unknown(name: str, program: Program, unknown: bool, *more: Any) -> None:
    """Where nothing is known of that defect's sites, and only then, some of the gradient by the first argument is open.

    What there is more are the data of arguments behind those of :data:`ARGUMENTS`.
    """
    data, seeds = [*ARGUMENTS.values(), *more], [None, np.ones(1), *(None for _ in more)]
    for given, open_ in (((), False), (sites(name, program), unknown)):
        assert open_slopes(evaluate(program, data, seeds, unknown=given)).any() == open_


def matches(name: str, program: Program) -> bool:
    """Whether the program has what sets that known defect off."""
    return any(known.name == name and known.matches(ast.parse(program.source)) for known in KNOWN)


ARGUMENTS = {"a": np.array([7.5, 2.0], np.float32), "b": np.zeros(1, np.float32)}
SHIFT = {"the remainder": 0, "something else": 1}


@pytest.mark.parametrize("culprit", SHIFT)
def test_what_else_goes_wrong_beside_a_known_defect_is_not_explained(culprit: str) -> None:
    """``7.5 % 2.0`` has a wrong gradient by its divisor; another one by what is not divided is not known."""
    source = "b[0] = a[0] % a[1] + c[0] * 3.0"
    arguments = {"a": ARGUMENTS["a"], "c": ARGUMENTS["b"], "b": ARGUMENTS["b"]}
    case = Case(kernel(source, arguments), (tuple(arguments.values()),), (None, None, np.ones(1)))
    with Session() as session:
        (result,) = session.run([case])
        assert result.gradients is not None
        ((of_a, of_c, _),) = result.gradients
        assert of_c is not None
        session._results[case] = replace(result, gradients=((of_a, of_c + SHIFT[culprit], None),))
        (judgement,) = gradient([case], session)
        assert judgement is not None
        assert judgement.verdict is Verdict.DISAGREE
        assert explanation(judgement, case, session, gradient) == ("" if SHIFT[culprit] else "remainder-gradient")


UNKNOWN = {
    "tuple assignment": ("x = a[0]\ny = a[1]\nfor i in range(int(a[1])):\n    x, y = y, x\nb[0] = x", "b[0] = a[0]"),
    "tuple assignment of what changes": (
        "x = wp.vec2f(a[0])\ny = wp.vec2f(a[1])\n"
        "for i in range(int(a[1])):\n    x, y = y, x\n    x[0] = 1.0\nb[0] = x[0]",
        "x = wp.vec2f(a[0])\nfor i in range(int(a[1])):\n    x[0] = 1.0\nb[0] = x[0]",
    ),
    "mod": ("b[0] = a[0] % a[1]", "b[0] = a[0] / a[1]"),
    "mod in place": ("b[0] %= a[0]", "b[0] /= a[0]"),
    "neg of zero": ("b[0] = -(a[0] * 0.0)", "b[0] = -a[0]"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_nothing_is_known_of_what_depends_on_a_site_and_all_of_the_rest(name: str) -> None:
    operation, _, condition = name.partition(" of ")
    operation = operation.removesuffix(" in place")
    on = On(operation, Unknown.VALUE, when=(lambda x: bool(x == 0)) if condition == "zero" else None)
    for body, unknown in zip(UNKNOWN[name], (True, False), strict=True):
        program = kernel(body, ARGUMENTS)
        given = sites("tuple-assignment-without-a-copy", program) if operation == "tuple assignment" else (on,)
        outcome = evaluate(program, list(ARGUMENTS.values()), unknown=given)
        assert outcome.errors[1] is not None
        assert np.isinf(outcome.errors[1]).all() == unknown
        reasons = {site.reason for site in given if Unknown.VALUE in site.what}
        assert set(outcome.reasons) == (reasons if unknown else set())


GIVEN = {  # what becomes of a struct or a random state, and whether what it was used for before is unknown
    "s.x = a[0]\nr = squared(s)\ns.x = 5.0\nb[0] = r": True,
    "s.x = a[0]\nr = squared(s)\nb[0] = r": False,
    "s.x = a[1]\ns.x = a[0]\nb[0] = squared(s)": False,
    "for i in range(2):\n    s.x = a[i]\n    b[0] += squared(s)": True,
    "s.x = a[0]\nt = s\nr = squared(t)\ns.x = 5.0\nb[0] = r": False,
    "r = wp.rand_init(1)\ny = scaled(r, a[0])\nz = wp.randf(r)\nb[0] = y": True,
    "r = wp.rand_init(1)\nz = wp.randf(r)\ny = scaled(r, a[0])\nb[0] = y": False,
    "r = wp.rand_init(1)\ny = wp.noise(r, a[0])\nz = wp.randf(r)\nb[0] = y": True,
    "r = wp.rand_init(1)\nz = wp.randf(r)\ny = wp.noise(r, a[0])\nb[0] = y": False,
    "n = a.shape[0]\ns.x = a[0]\nfor i in range(n):\n    b[0] += s.x * s.x\ns.x = 5.0": True,
    "n = a.shape[0]\ns.x = a[0]\nfor i in range(n):\n    b[0] += s.x * s.x": False,
    "s.x = a[0]\nfor i in range(2):\n    b[0] += s.x * s.x\ns.x = 5.0": False,
    "n = a.shape[0]\ns.x = a[0]\nt = s\nfor i in range(n):\n    b[0] += t.x * t.x\ns.x = 5.0": False,
    "s.x = a[0]\nr = Scheme.halved(s)\ns.x = 5.0\nb[0] = r": True,
    "s.x = a[0]\nr = Scheme.halved(s)\nb[0] = r": False,
    "n = a.shape[0]\nfor j in range(2):\n    s.x = a[j]\n    for i in range(n):\n        b[0] += s.x * s.x": True,
}


@pytest.mark.parametrize("body", GIVEN)
def test_a_struct_changed_after_its_use_leaves_gradients_open(body: str) -> None:
    definitions = (
        "@wp.struct\nclass S:\n    x: wp.float32\n\n\n@wp.func\ndef squared(s: S):\n    return s.x * s.x\n\n\n"
        "@wp.func\ndef scaled(r: wp.uint32, x: wp.float32):\n    return wp.randf(r) * x\n\n\n"
        "class Scheme:\n    @wp.func\n    def halved(s: S):\n        return s.x * s.x * 0.5\n"
    )
    program = kernel(f"s = S()\n{body}", ARGUMENTS, definitions=definitions)
    assert matches("argument-changed-after-a-call", program) == GIVEN[body]
    assert_unknown("argument-changed-after-a-call", program, GIVEN[body])


SLOPE = "@wp.func\ndef slope(x: wp.float32):\n    return wp.grad(wp.sin)(x)\n"
CALLERS = {  # what calls a function that calls a gradient, and whether it is written too early
    "b[0] = slope(a[0])": ("", False),
    "b[0] = outer(a[0])": ("@wp.func\ndef outer(x: wp.float32):\n    return slope(x)\n", True),
    "b[0] = outer(x=a[0])": ("@wp.func\ndef outer(x: wp.float32):\n    return slope(x) + wp.grad(wp.cos)(x)\n", False),
    "b[0] = own(a[0])": (
        "@wp.func\ndef own(x: wp.float32):\n    return x\n"
        "@wp.func_grad(own)\ndef adj_own(x: wp.float32, adj_ret: wp.float32):\n"
        "    wp.adjoint[x] += slope(x) * adj_ret\n",
        True,
    ),
}


@pytest.mark.parametrize("body", CALLERS)
def test_a_gradient_may_not_be_called_through_a_function_without_one(body: str) -> None:
    definitions, known = CALLERS[body]
    program = kernel(body, ARGUMENTS, definitions=SLOPE + definitions)
    assert matches("gradient-called-through-a-function", program) == known


@pytest.mark.parametrize(
    ("body", "unknown"),
    [("both = pair(a[0])\nb[0] = both[0] + both[1]", True), ("x, y = pair(a[0])\nb[0] = x + y", False)],
)
def test_a_tuple_under_one_name_leaves_gradients_open(body: str, unknown: bool) -> None:
    definitions = "@wp.func\ndef pair(x: wp.float32):\n    return x * x, x + 1.0\n"
    program = kernel(body, ARGUMENTS, definitions=definitions)
    assert matches("tuple-without-a-derivative", program) == unknown
    assert_unknown("tuple-without-a-derivative", program, unknown)


def test_of_several_defects_those_are_named_that_it_takes() -> None:
    body = "both = pair(a[0])\nb[0] = both[0] + (a[1] * 4.0 - 0.5) % a[1] - (-a[1])"
    definitions = "@wp.func\ndef pair(x: wp.float32):\n    return x * x, x + 1.0\n"
    case = Case(kernel(body, ARGUMENTS, definitions=definitions), (tuple(ARGUMENTS.values()),), (None, np.ones(1)))
    with Session() as session:
        (judgement,) = gradient([case], session)
        assert judgement is not None
        assert judgement.verdict is Verdict.DISAGREE
        assert explanation(judgement, case, session, gradient) == "remainder-gradient + tuple-without-a-derivative"


COPIES = {  # what a function does to its own copy, and whether the caller's derivatives are unknown
    "v[0] += x\n    return v[0] + v[1]": True,
    "u = v\n    u[0] += x\n    return u[0] + u[1]": False,
    "v = v * x\n    return v[0] + v[1]": False,
    "for step in range(int(2)):\n        v = v * x\n    return 1.0": True,
    "while v[0] < x:\n        v += v\n    return 1.0": True,
    "for step in range(2):\n        v = v * x\n    return 1.0": False,
    "u = v\n    for step in range(int(2)):\n        u = u * x\n    return 1.0": False,
    "return K[0] + 0.0 * inner(K) + inner(v)": True,
}


@pytest.mark.parametrize("body", COPIES)
def test_a_copy_that_a_function_changes_in_place_leaves_gradients_open(body: str) -> None:
    inner = "@wp.func\ndef inner(v: wp.vec2f):\n    v[0] = 1.0\n    return v[1]\n"
    part = f"@wp.func\ndef part(v: wp.vec2f, x: wp.float32):\n    {body}\n"
    definitions = "K = wp.constant(wp.vec2f(1.0, 2.0))\n" + inner * ("inner" in body) + part
    program = kernel("v = wp.vec2f(a[0], 1.0)\nb[0] = part(v, a[1]) + v[0]", ARGUMENTS, definitions=definitions)
    assert matches("field-changed-in-a-function", program) == COPIES[body]
    assert_unknown("field-changed-in-a-function", program, COPIES[body])


PART = "@wp.func\ndef part(v: wp.vec2f, x: wp.float32):\n    v[0] += x\n    return v[0] + v[1]\n"
OTHER = "@wp.func\ndef part(v: wp.vec3f, x: wp.float32):\n    return v[0]\n"
FORMS = {  # how a function that changes its copy is defined, and called
    "overloaded": (PART + OTHER, "part(w, a[1])"),
    "in a class": (f"class Scheme:\n{indent(PART, '    ')}", "Scheme.part(w, a[1])"),
    "keyword-only": (PART.replace("v: wp.vec2f, x: wp.float32", "x: wp.float32, *, v: wp.vec2f"), "part(a[1], v=w)"),
    "by a factory": (f"def make():\n{indent(PART, '    ')}    return part\nmade = make()\n", "made(w, a[1])"),
    "handed over": (
        PART + "@wp.func\ndef apply(f: wp.Function, v: wp.vec2f, x: wp.float32):\n    return f(v, x)\n",
        "apply(part, w, a[1])",
    ),
    "of numbers, called with a vector": (
        "@wp.func\ndef part(p: wp.float32, q: wp.float32):\n    while p < 9.0:\n        p += q + 1.0\n    return p\n",
        "part(*w)",
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_function_that_changes_its_copy_is_known_however_it_is_defined(form: str) -> None:
    definitions, call = FORMS[form]
    program = kernel(f"w = wp.vec2f(a[0], 1.0)\nb[0] = {call} + w[0]", ARGUMENTS, definitions=definitions)
    found = sites("field-changed-in-a-function", program)
    assert ("w",) in [site.names for site in found if isinstance(site, At)]  # behind the call
    assert_unknown("field-changed-in-a-function", program, True)
    assert not matches("field-changed-in-a-function", kernel("b[0] = a[0]", ARGUMENTS, definitions=OTHER))


STRUCTS = {  # what becomes of a struct that a kernel was given, and whether anything may flow into what it gets
    "s.x = a[0]\nb[0] = 1.0": True,
    "if a[1] > 1.0:\n    s.x = a[0]\nb[0] = a[1]": True,
    "b[0] = reset(s, a[0])": True,
    "s.v = wp.vec2f(a[0], 1.0)\nb[0] = s.v[1]": True,
    "t = s\nt.x = a[0]\nb[0] = 1.0": False,
    "b[0] = s.x": False,
}


@pytest.mark.parametrize("body", STRUCTS)
def test_a_struct_of_a_kernel_that_is_changed_leaves_gradients_open(body: str) -> None:
    struct = types.struct("S", {"x": types.by_name("float32"), "v": types.by_name("vec2f")})
    definitions = (
        "@wp.struct\nclass S:\n    x: wp.float32\n    v: wp.vec2f\n\n\n"
        "@wp.func\ndef reset(s: S, x: wp.float32):\n    s.x = x\n    return 1.0\n"
    )
    given = Typed(struct, np.zeros((), layout(struct)))
    program = kernel(body, ARGUMENTS | {"s": given}, definitions=definitions)
    assert matches("field-of-an-argument-changed", program) == STRUCTS[body]
    assert_unknown("field-of-an-argument-changed", program, STRUCTS[body], given.data)


PARTS = {  # what becomes of a vector, and whether what it was used for before is unknown
    "v[0] = a[0]\nr = wp.dot(v, v)\nv[0] += 1.0\nb[0] = r": True,
    "v[0] = a[0]\nr = wp.dot(v, v)\nv[0] -= a[1]\nb[0] = r": True,
    "v[0] = a[0]\nr = wp.dot(v, wp.vec2f(a[1], a[0]))\nv[1] = 1.0\nb[0] = r": True,
    "v[0] = a[0]\nr = v[0] * v[0]\nv[0] += 1.0\nb[0] = r": False,
    "v[0] = a[0]\nv[0] += 1.0\nb[0] = wp.dot(v, v)": False,
    "v[0] = a[0]\nw = v\nr = wp.dot(w, w)\nv[0] += 1.0\nb[0] = r": False,
}


@pytest.mark.parametrize("body", PARTS)
def test_a_component_changed_after_its_use_leaves_gradients_open(body: str) -> None:
    program = kernel(f"v = wp.vec2f()\n{body}", ARGUMENTS)
    assert matches("component-changed-after-its-use", program)
    assert_unknown("component-changed-after-its-use", program, PARTS[body])


UNREPLAYED = {
    "local-array-replayed": (
        "t = wp.zeros(shape=2, dtype=wp.float32)\nt[0] = a[0]\nb[0] = t[0] * a[1]",
        "b[0] = a[0] * a[1]",
    ),
    "component-of-a-field": ("s = S()\ns.v[1] += a[0]\nb[0] = s.v[1] * a[1]", "s = S()\ns.x = a[0]\nb[0] = s.x * a[1]"),
}


@pytest.mark.parametrize("name", UNREPLAYED)
def test_no_derivative_is_known_of_what_the_backward_pass_does_not_have(name: str) -> None:
    for body, unknown in zip(UNREPLAYED[name], (True, False), strict=True):
        program = kernel(body, ARGUMENTS, definitions="@wp.struct\nclass S:\n    x: wp.float32\n    v: wp.vec3f\n")
        seeds = [None, np.ones(1)]
        outcome = evaluate(program, list(ARGUMENTS.values()), seeds, unknown=sites(name, program))
        assert outcome.errors[1] is not None
        assert np.isfinite(outcome.errors[1]).all()
        assert open_slopes(outcome).all() == unknown


def test_what_a_trip_did_before_it_went_on_is_unknown_in_dynamic_loops_alone() -> None:
    for stop, unknown in (("int(a[1])", True), ("2", False)):
        body = f"for i in range({stop}):\n    wp.atomic_add(b, 0, a[0])\n    if i == 0:\n        continue"
        assert_unknown("continue-in-a-dynamic-loop", kernel(body, ARGUMENTS), unknown)


WHILE = "i = int(0)\nwhile i < 2:\n    i += 1\n    k = int(0)\n    while k < 2:\n        k += 1\n        x = a[0]\n"


CHANGED = {  # what a branch does to the name that it was chosen by, and whether nothing is known then
    "for i in range(int(a[1])):\n        ok = False": True,
    "ok = False": False,
    "for i in range(2):\n        ok = False": False,
    "for i in range(int(a[1])):\n        other = False": False,
}
CHANGED_IN_PARTS = {  # what is asked for, what a branch does to it, and whether nothing is known then
    ("s.on", "s.on = False"): True,
    ("s.on", "s.x = 2.0"): True,  # on the safe side
    ("s.on", "other = False"): False,
    ("s.on and other", "s.on = False"): False,
    ("flags[0]", "flags[0] = False"): True,
    ("flags[0]", "put(flags)"): True,
    ("flags[0]", "put(c=flags)"): True,
    ("flags[0]", "other = False"): False,
}


@pytest.mark.parametrize("body", CHANGED)
def test_a_condition_that_a_loop_in_a_branch_changes_leaves_open_what_it_computes(body: str) -> None:
    source = f"ok = a[0] > 0.0\nother = ok\ny = a[1]\nif ok:\n    y = a[0]\n    {body}\nb[0] = y"
    program = kernel(source, ARGUMENTS)
    given = sites("condition-changed-in-a-branch", program)
    assert bool(given) == CHANGED[body]
    outcome = evaluate(program, list(ARGUMENTS.values()), unknown=given)
    assert outcome.errors[1] is not None
    assert np.isinf(outcome.errors[1]).all() == CHANGED[body]


@pytest.mark.parametrize(("test", "body"), CHANGED_IN_PARTS)
def test_a_field_or_an_element_that_a_branch_changes_leaves_open_what_it_computes(test: str, body: str) -> None:
    definitions = (
        "@wp.struct\nclass S:\n    x: wp.float32\n    on: wp.bool\n\n\n"
        "@wp.func\ndef put(c: wp.array(dtype=wp.bool)):\n    c[0] = False\n"
    )
    arguments = {**ARGUMENTS, "flags": np.ones(1, bool)}
    source = f"other = a[0] > 0.0\ns = S()\ns.on = other\ny = a[1]\nif {test}:\n    y = a[0]\n    {body}\nb[0] = y"
    program = kernel(source, arguments, definitions=definitions)
    given = sites("condition-changed-in-a-branch", program)
    assert bool(given) == CHANGED_IN_PARTS[test, body]
    outcome = evaluate(program, list(arguments.values()), unknown=given)
    assert outcome.errors[1] is not None
    assert np.isinf(outcome.errors[1]).all() == CHANGED_IN_PARTS[test, body]


@pytest.mark.parametrize(("body", "unknown"), [("C", False), ("wp.float64(C + 0.0)", False), ("wp.float64(C)", True)])
def test_a_constant_that_is_converted_to_64_bits_is_unknown_wherever_it_is_read(body: str, unknown: bool) -> None:
    program = kernel(
        f"b[0] = a[0] * C\nb[1] = wp.float32({body})",
        ARGUMENTS | {"b": np.zeros(2, np.float32)},
        definitions="C = wp.constant(3.0)",
    )
    outcome = evaluate(
        program, [ARGUMENTS["a"], np.zeros(2, np.float32)], unknown=sites("widening-a-constant-name", program)
    )
    assert outcome.errors[1] is not None
    assert np.isinf(outcome.errors[1]).all() == unknown


AGAIN = {  # where another loop binds the name, and whether what flows through it is unknown
    f"{WHILE}        b[0] += x\n    for j in range(int(a[1])):\n        x = a[0]\n        b[0] += x": True,
    f"{WHILE}        b[0] += x\n    for j in range(int(a[1])):\n        y = a[0]\n        b[0] += y": False,
    f"for j in range(int(a[1])):\n    x = a[0]\n    b[0] += x\n{WHILE}        b[0] += x": False,
    f"x = a[1]\n{WHILE}        b[0] += x\n    for j in range(int(a[1])):\n        x = a[0]\n        b[0] += x": False,
    "for i in range(int(a[1])):\n    for j in range(2):\n        k = int(0)\n        while k < 2:\n            k += 1\n"
    "            x = a[0]\n            b[0] += x": True,
    "for j in range(2):\n    k = int(0)\n    while k < 2:\n        k += 1\n        x = a[0]\n        b[0] += x": False,
}


@pytest.mark.parametrize("body", AGAIN)
def test_a_name_that_two_loops_in_a_loop_bind_is_unknown_if_the_first_is_a_while_loop(body: str) -> None:
    program = kernel(body, ARGUMENTS)
    assert matches("name-bound-in-two-while-loops", program) == AGAIN[body]
    assert_unknown("name-bound-in-two-while-loops", program, AGAIN[body])


SPLIT = {  # how a loop or a branch reads the constant, and whether it is unknown behind that
    "for i in range(int(a[1])):\n    if i > 0:\n        b[0] = C\n    else:\n        b[0] = 2.0 * C\nb[0] = C": True,
    "for i in range(2):\n    if i > 0:\n        b[0] = C\n    else:\n        b[0] = 2.0 * C\nb[0] = C": False,
    "for i in range(int(a[1])):\n    if i > 0:\n        b[0] = C\nb[0] = C": False,
    "if a[1] > 0.0:\n    if a[1] > 1.0:\n        b[0] = C\n    else:\n        b[0] = 2.0 * C\nb[0] = C": True,
    "if a[1] > 0.0:\n    b[0] = C\nelse:\n    b[0] = 2.0 * C\nb[0] = C": False,
    "for i in range(2):\n    if a[i] > 5.0:\n        b[0] = 1.0\n    elif a[1] > 1.0:\n        b[0] = C\n    else:\n"
    "        b[0] = 2.0 * C": True,
}


@pytest.mark.parametrize("body", SPLIT)
def test_a_constant_that_both_branches_read_is_unknown_behind_what_need_not_happen(body: str) -> None:
    program = kernel(body, ARGUMENTS, definitions="C = wp.constant(3.0)")
    outcome = evaluate(program, list(ARGUMENTS.values()), unknown=sites("constant-read-in-both-branches", program))
    assert outcome.errors[1] is not None
    assert np.isinf(outcome.errors[1][0]) == SPLIT[body]


PUTTING = "@wp.func\ndef put(b: wp.array(dtype=wp.float32)):\n    b[0] = 2.0\n    return 1.0\n"
CHAINED = {  # of a chain whose first link is false, what the others do, and whether it leaves anything open
    "k = wp.uint32(3)\nif a[1] < 0.0 < wp.randf(k):\n    b[0] = 1.0\nb[0] = float(k)": True,
    "k = wp.uint32(3)\nif a[1] < 0.0 < float(k):\n    b[0] = 1.0\nb[0] = float(k)": False,
    "k = wp.uint32(3)\nif a[1] < wp.randf(k) < 0.0:\n    b[0] = 1.0\nb[0] = float(k)": False,
    "if a[1] < 0.0 < put(b):\n    b[0] = 1.0": True,
    "if a[1] < 0.0 < wp.atomic_add(b, 0, 1.0):\n    b[0] = 1.0": True,
}


@pytest.mark.parametrize("body", CHAINED)
def test_nothing_is_known_of_what_the_rest_of_a_chain_would_change(body: str) -> None:
    program = kernel(body, ARGUMENTS, definitions=PUTTING)
    for given, unknown in (((), False), (sites("chain-evaluated-to-its-end", program), CHAINED[body])):
        outcome = evaluate(program, list(ARGUMENTS.values()), unknown=given)
        assert outcome.errors[1] is not None
        assert np.isinf(outcome.errors[1]).all() == unknown


INDICES = {  # which element is written, and whether a wrong value decides it
    "k, x = i, a[0]\nfor n in range(int(a[1])):\n    k += 1\nb[i * 0] = x": True,
    "k, x = i, a[0]\nfor n in range(int(a[1])):\n    k += 1\nb[0] = x": False,
}


@pytest.mark.parametrize("body", INDICES)
def test_a_crash_is_explained_by_an_unknown_index(body: str) -> None:
    case = Case(kernel(f"i = wp.tid()\n{body}", ARGUMENTS), (tuple(ARGUMENTS.values()),), (None, None))
    judgement = Judgement("accepted", Verdict.DISAGREE, Stage.CRASH, "SIGSEGV in launch")
    with Session() as session:
        assert explanation(judgement, case, session, gradient) == (
            "tuple-assignment-without-a-copy" if INDICES[body] else ""
        )
        assert may_write_out_of_bounds(case, session) == INDICES[body]


OVERFLOWING = {  # which element is used, and whether a product that overflows decides it
    "k = wp.max(wp.min(a[0] * a[0], 1), 0)\nb[k] = 1.0": True,
    "v = wp.vec2f(1.0, 2.0)\nk = wp.max(wp.min(a[0] * a[0], 1), 0)\nb[0] = v[k]": True,
    "v = wp.vec2f(1.0, 2.0)\nk = wp.max(wp.min(a[0] * a[0], 1), 0)\nv[k] = 3.0\nb[0] = v[1]": True,
    "v = wp.zeros(shape=2, dtype=wp.float32)\nk = wp.max(wp.min(a[0] * a[0], 1), 0)\nv[k] = 3.0\nb[0] = v[1]": True,
    "k = wp.max(wp.min(a[1] * a[1], 1), 0)\nb[k] = 1.0": False,
    "k = wp.max(wp.min(a[0] * a[0], 1), 0)\nb[0] = float(k)": False,
}


@pytest.mark.parametrize("body", OVERFLOWING)
def test_where_a_product_overflows_an_optimised_program_may_write_out_of_bounds_and_no_other(body: str) -> None:
    arguments = {"a": np.array([50000, 3], np.int32), "b": np.zeros(2, np.float32)}
    case = Case(kernel(body, arguments), (tuple(arguments.values()),), (None, None))
    with Session() as session:
        for oracle, known in (("options", "overflow-when-optimised"), ("accepted", "")):
            judgement = Judgement(oracle, Verdict.DISAGREE, Stage.CRASH, "SIGBUS in launch")
            assert explanation(judgement, case, session, forward) == (known if OVERFLOWING[body] else "")
            assert may_write_out_of_bounds(case, session, oracle) == (OVERFLOWING[body] and bool(known))


@pytest.mark.parametrize(("bound", "said"), [("n", "tuple-assignment-without-a-copy"), ("n + 0", "")])
def test_a_loop_without_end_is_explained_by_an_unknown_count(bound: str, said: str) -> None:
    body = (
        f"n = int(0)\nwhile n < 3:\n    n += 1\n    k, x = {bound}, a[0]\n    for m in range(int(a[1])):\n        k = 0"
    )
    case = Case(kernel(f"{body}\nb[0] = a[0]", ARGUMENTS), (tuple(ARGUMENTS.values()),), (None, None))
    judgement = Judgement("accepted", Verdict.DISAGREE, Stage.TIMEOUT, "ran past 30 seconds in launch")
    with Session() as session:
        assert explanation(judgement, case, session, gradient) == said


def test_a_threads_unknown_index_of_its_own_may_be_another_threads() -> None:
    body = "i = wp.tid()\nk, x = i, a[0]\nfor n in range(int(a[1])):\n    k = 1\nb[i] = k"
    arguments = {"a": ARGUMENTS["a"], "b": np.zeros(2, np.int32)}
    case = Case(kernel(body, arguments), (tuple(arguments.values()),), (None, None))
    with Session() as session:
        (judgement,) = forward([case], session)
        assert judgement is not None
        assert judgement.verdict is Verdict.DISAGREE
        assert explanation(judgement, case, session, forward) == "tuple-assignment-without-a-copy"


def test_a_loop_without_end_is_explained_by_a_return_from_it() -> None:
    arguments = {**ARGUMENTS, "b": np.zeros(1, np.float32)}
    judgement = Judgement("accepted", Verdict.DISAGREE, Stage.TIMEOUT, "ran past 30 seconds in backward")
    one = "wp.sin(a[0]) * wp.sin(a[0]) + wp.cos(a[0]) * wp.cos(a[0])"  # or nearly: above or below is open
    returned = "return-from-a-dynamic-loop"
    cases = (("a[0] > 0.0", returned), ("a[0] < 0.0", ""), (f"{one} > 1.0", returned), (f"{one} > 1.1", ""))
    for leaves, said in cases:
        body = f"n = int(0)\nwhile n < 3:\n    n += 1\n    b[0] = a[0]\n    if {leaves}:\n        return"
        case = Case(kernel(body, arguments), (tuple(arguments.values()),), (None, np.ones(1)))
        with Session() as session:
            assert explanation(judgement, case, session, gradient) == said


def test_of_what_may_be_no_number_no_gradient_is_known() -> None:
    body = "q, r = wp.qr3(wp.mat33f(a[0]))\nb[0] = a[1] * 3.0"
    for spreads in (False, True):
        unknown = (On("qr3", Unknown.VALUE | Unknown.PATH if spreads else Unknown.VALUE),)
        outcome = evaluate(kernel(body, ARGUMENTS), list(ARGUMENTS.values()), [None, np.ones(1)], unknown=unknown)
        assert outcome.gradient_errors is not None
        assert outcome.gradient_errors[0] is not None
        assert np.isinf(outcome.gradient_errors[0][1]) == spreads


def test_of_an_unknown_value_the_derivative_is_unknown() -> None:
    program = kernel("b[0] = (a[0] % a[1]) * 3.0", ARGUMENTS)
    outcome = evaluate(program, list(ARGUMENTS.values()), [None, np.ones(1)], unknown=(On("mod", Unknown.VALUE),))
    assert outcome.gradient_errors is not None
    assert outcome.gradient_errors[0] is not None
    assert np.isinf(outcome.gradient_errors[0]).any()


@pytest.mark.parametrize(
    ("divisor", "lost"),
    [(np.float16(300), True), (np.float16(1e-4), True), (np.float16(200), False), (np.int32(7), False)],
)
def test_the_square_of_a_divisor_is_unknown_where_its_type_does_not_hold_it(divisor: Any, lost: bool) -> None:
    given = sites("division-of-integer-vectors", kernel("b[0] /= a[0]", ARGUMENTS))
    assert given
    for site in given:
        assert isinstance(site, On)
        assert site.when is not None
        assert site.when(np.ones(3, divisor.dtype), divisor) == lost
        assert not site.when(divisor, divisor)


@pytest.mark.parametrize(("part", "lost"), [(np.float16(240), True), (np.float16(2), False), (np.float32(240), False)])
def test_the_sum_over_a_divisor_is_unknown_where_its_type_may_not_hold_it(part: Any, lost: bool) -> None:
    given = sites("division-of-integer-vectors", kernel("b[0] /= a[0]", ARGUMENTS))
    assert given
    for site in given:
        assert isinstance(site, On)
        assert site.when is not None
        assert site.when(np.full((6, 6), part), part.dtype.type(9)) == lost


TILE = 'wp.tile_load(a, shape=4, offset=4 * i, storage="shared")'
SHARED = 't = wp.tile_zeros(shape=4, dtype=float, storage="shared")'
REBOUND = {  # how a loop binds a tile again, and whether its gradient is unknown
    f"{SHARED}\nfor i in range(n):\n    t = {TILE}": True,
    f"{SHARED}\nfor i in range(n):\n    t = wp.tile_matmul(u, u)": True,
    f'{SHARED}\ns = wp.tile_load(a, shape=4, storage="shared")\nfor i in range(n):\n    t = s': True,
    f"for i in range(n):\n    t = {TILE}\nfor i in range(n):\n    t = {TILE}": True,
    f"for k in range(2):\n    for i in range(n):\n        t = {TILE}": True,
    f"t = wp.tile_zeros(shape=4, dtype=float)\nfor i in range(n):\n    t = {TILE}\nb[0] = t[1]": True,
    f"t = wp.tile_zeros(shape=4, dtype=float)\nfor i in range(n):\n    b[0] = t[1]\n    t = {TILE}": True,
    f"{SHARED}\nfor i in range(2):\n    t = {TILE}": False,
    f"for i in range(n):\n    t = {TILE}": False,
    f"for i in range(n):\n    t = {TILE}\n{SHARED}": False,
    f"{SHARED}\nfor i in range(n):\n    t += {TILE}": False,
    f"{SHARED}\nfor i in range(n):\n    s = {TILE}\n    t[i] = 1.0": False,
    f"{SHARED}\nfor i in range(n):\n    t = wp.tile_load(a, shape=4)": False,
    f"t = wp.tile_zeros(shape=4, dtype=float)\nfor i in range(n):\n    t = {TILE}": False,
    "t = wp.tile_zeros(shape=4, dtype=int)\nfor i in range(n):\n    t = wp.tile_load(a, 4)\n    b[0] = t[1]": False,
    f"v = wp.vec2f()\nb[0] = v[0]\nfor i in range(n):\n    s = {TILE}\n    v = wp.vec2f(1.0)\n    b[0] = v[0]": False,
}


@pytest.mark.parametrize("body", REBOUND)
def test_a_shared_tile_that_a_dynamic_loop_binds_again_is_known(body: str) -> None:
    assert matches("shared-tile-bound-again-in-a-loop", kernel(f"n = a.shape[0]\n{body}", ARGUMENTS)) == REBOUND[body]


@pytest.mark.parametrize(("trips", "said"), [(2, "shared-tile-bound-again-in-a-loop"), (0, "")])
def test_a_crash_of_the_backward_pass_is_explained_if_it_gets_to_the_loop(trips: int, said: str) -> None:
    body = f"n = int(a[1]) - {2 - trips}\n{SHARED}\nfor i in range(n):\n    t = {TILE}\nwp.tile_store(b, t)"
    arguments = {"a": np.array([2.0] * 8, np.float32), "b": np.zeros(4, np.float32)}
    case = Case(kernel(body, arguments), (tuple(arguments.values()),), (None, np.ones(4)))
    judgement = Judgement("accepted", Verdict.DISAGREE, Stage.CRASH, "SIGSEGV in launch")
    with Session() as session:
        assert explanation(judgement, case, session, gradient) == said


SIZED = """
@wp.func
def size(x: wp.array(dtype=wp.float32)):
    return x.shape[0]

@wp.func
def head(x: wp.array(dtype=wp.float32)):
    return x[0]
"""
LATE = {  # where a shape is read after an element, and whether that takes the gradient away
    "n = a.shape[0]\nb[n - 1] = a[0]": False,
    "b[0] = a[0]\nb[1] = float(a.shape[0])": True,
    "b[a.shape[0] - 1] = a[0]": True,
    "b[0] = a[a.shape[0] - 1]": False,
    "x = a[0]\nb[size(a) - 1] = x": True,
    "n = size(a)\nb[n - 1] = a[0]": False,
    "x = a[0]\nb[0] = head(a) + x": True,  # names do not tell which function asks
}


@pytest.mark.parametrize("body", LATE)
def test_a_shape_that_is_read_after_an_element_is_known_wherever_it_is_read(body: str) -> None:
    program = kernel(body, ARGUMENTS, definitions=SIZED)
    assert matches("shape-read-after-an-element", program) == LATE[body]


FIELDS = {  # as Warp compiles a struct with such a field, or does not
    "rhs: float": True,
    "rhs: wp.vec3": True,
    "ret: float": True,
    "ret: bool": True,
    "ret: wp.array(dtype=float)": True,
    "rhs: wp.array(dtype=float)": False,
    "rhs: wp.array[float]": False,
    "rhs: wp.array2d(dtype=float)": False,
    "rhs: wp.bool": False,
    "right: float": False,
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_named_like_a_parameter_is_known_where_a_helper_uses_it(field: str) -> None:
    program = kernel("b[0] = 1.0", ARGUMENTS, definitions=f"@wp.struct\nclass S:\n    x: float\n    {field}\n")
    assert matches("field-named-like-a-parameter", program) == FIELDS[field]
