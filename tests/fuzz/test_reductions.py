"""Each edit of the reducer does what its row says, and leaves a program that is spelled as a person would."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import libcst as cst
import numpy as np
import pytest

from tests.fuzz.reducing import assert_consistent, candidate, text
from warpsmith.fuzz.reductions import PASSES, definitions, expressions, inlining, launches, statements
from warpsmith.fuzz.reductions.candidate import Candidate, Edit, rewriting
from warpsmith.fuzz.reductions.trees import replaced
from warpsmith.fuzz.reductions.view import TypedView, is_well_typed
from warpsmith.grammar import types
from warpsmith.synthesizer.inputs import inputs, layout
from warpsmith.synthesizer.kernels import KERNELS


@dataclass(frozen=True)
class Row:
    """An edit, a kernel's body before, and the bodies that it makes, among others."""

    edits: Callable[[TypedView], list[Edit]]
    before: str
    after: tuple[str, ...]
    functions: str = ""
    launch: dict[str, Any] = field(default_factory=dict)


HEAD = "@wp.kernel\ndef kernel(x: wp.array(dtype=wp.float32), n: wp.int32, out: wp.array(dtype=wp.float32)):\n"
F = "@wp.func\ndef f(a: wp.float32, b: wp.float32):\n    return {}\n\n\n"
BRANCH = "if n > 1:\n    out[0] = 1.0\nelif n > 2:\n    out[1] = 2.0\nelse:\n    out[2] = 3.0\n"

ROWS = [
    Row(
        statements.one_output,
        "a = x[0]\nb = x[1]\nout[0] = a\nout[1] = b\n",
        ("a = x[0]\nout[0] = a\n", "b = x[1]\nout[1] = b\n"),
    ),
    Row(
        statements.one_output,
        "a = x[0]\nfor i in range(n):\n    a += 1.0\n    out[0] = a\n    if n > 2:\n        break\nout[1] = x[1]\n",
        (
            "out[1] = x[1]\n",
            "a = x[0]\nfor i in range(n):\n    a += 1.0\n    out[0] = a\n    if n > 2:\n        break\n",
        ),
    ),
    Row(
        statements.drop,
        "out[0] = 1.0\nif n > 1:\n    out[1] = 2.0\n",
        ("out[0] = 1.0\n", "if n > 1:\n    out[1] = 2.0\n"),
    ),
    Row(statements.drop, "if n > 1:\n    out[1] = 2.0\n", ("pass\n", "if n > 1:\n    pass\n")),
    Row(
        statements.unwrap,
        BRANCH,
        (
            "out[0] = 1.0\n",
            "if n > 2:\n    out[1] = 2.0\nelse:\n    out[2] = 3.0\n",
            "if n > 1:\n    out[0] = 1.0\n",
            "if n > 1:\n    out[0] = 1.0\nelse:\n    out[1] = 2.0\n",
            "if n > 1:\n    out[0] = 1.0\nelse:\n    out[2] = 3.0\n",
            "if n > 1:\n    out[0] = 1.0\nelif n > 2:\n    out[1] = 2.0\n",
        ),
    ),
    Row(statements.unwrap, "if n > 1:\n    pass\nelse:\n    out[0] = 1.0\n", ("if not n > 1:\n    out[0] = 1.0\n",)),
    Row(statements.unwrap, "for i in range(2, n):\n    out[i] = float(i + 1)\n", ("out[2] = float(2 + 1)\n",)),
    Row(
        statements.unwrap,
        "k = int(0)\nwhile k < 3:\n    k += 1\n    if n > 2:\n        break\n    out[k] = 1.0\n",
        ("k = int(0)\nk += 1\nif n > 2:\n    pass\nout[k] = 1.0\n",),
    ),
    Row(
        statements.fewer_trips,
        "for i in range(n, 8, 2):\n    out[i] = 1.0\n",
        tuple(f"for i in range({s}):\n    out[i] = 1.0\n" for s in ("1", "2", "int(2)")),
    ),
    Row(
        expressions.to_operand,
        "out[0] = (x[0] + x[1]) * x[2]\n",
        ("out[0] = x[0] + x[1]\n", "out[0] = x[2]\n", "out[0] = x[1] * x[2]\n"),
    ),
    Row(expressions.to_operand, "out[0] = -(x[0] - (x[1] - x[2]))\n", ("out[0] = -(x[1] - x[2])\n",)),
    Row(expressions.to_input, "out[0] = wp.sin(x[1] * 2.0)\n", ("out[0] = x[0]\n", "out[0] = wp.sin(x[0])\n")),
    Row(
        expressions.to_input,
        "i = wp.tid()\nout[i] = float(i + 1)\n",
        ("i = wp.tid()\nout[i] = x[i]\n", "i = wp.tid()\nout[i] = float(n)\n"),
    ),
    Row(
        expressions.to_constant,
        "out[n] = x[2] * 31.7\n",
        ("out[0] = x[2] * 31.7\n", "out[n] = 1.0\n", "out[n] = x[2] * 30.0\n", "out[n] = x[0] * 31.7\n"),
    ),
    Row(
        expressions.to_constant,
        "if n > 1:\n    out[0] = x[0] ** 2.0\n",
        ("if True:\n    out[0] = x[0] ** 2.0\n", "if 1 > 1:\n    out[0] = x[0] ** 2.0\n"),
    ),
    Row(inlining.assign_plainly, "out[0] += x[0]\n", ("out[0] = x[0]\n",)),
    Row(inlining.fewer_names, "a, b = x[0], x[1]\nout[0] = a\n", ("a = x[0]\nout[0] = a\n",)),
    Row(inlining.fewer_names, "a, b = f(x[0], x[1])\nout[0] = b\n", ("b = 1.0\nout[0] = b\n",), F.format("a, b")),
    Row(inlining.inline_local, "a = x[0] + x[1]\nout[0] = a * 2.0\n", ("out[0] = (x[0] + x[1]) * 2.0\n",)),
    Row(inlining.inline_local, "a = x[0]\nout[0] = a * a\n", ("out[0] = x[0] * x[0]\n",)),
    Row(
        launches.fewer_dimensions,
        "i = wp.tid()\nout[i] = x[i]\n",
        ("out[0] = x[0]\n",),
        launch={"dim": (1,)},
    ),
    Row(
        launches.fewer_dimensions,
        "i, j = wp.tid()\nout[i] = x[j]\n",
        ("i = wp.tid()\nout[i] = x[0]\n", "j = wp.tid()\nout[0] = x[j]\n"),
        launch={"dim": (4, 4)},
    ),
    Row(inlining.known_argument, "out[0] = x[n]\n", ("out[0] = x[3]\n",), launch={"n": 3}),
]


def applied(row: Row) -> dict[str, Candidate]:
    """What the edits make of the row's kernel, by body."""
    view = TypedView(candidate(row.functions + HEAD + indented(row.before), **row.launch))
    made = [edit(view.candidate) for edit in row.edits(view)]
    return {body(c): c for c in made if c is not None}


def indented(lines: str) -> str:
    return "".join(f"    {line}\n" for line in lines.splitlines())


def body(c: Candidate) -> str:
    lines = c.program.source.partition("def kernel")[2].splitlines()[1:]
    return "".join(line.removeprefix("    ") + "\n" for line in lines)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.edits.__name__}-{row.before.splitlines()[0]}")
def test_an_edit_makes_what_its_row_says(row: Row) -> None:
    made = applied(row)
    for after in row.after:
        assert after in made, "\n".join(made)


# -- functions, structs, parameters ----------------------------------------------------------------------------------


def test_a_function_that_only_returns_is_put_where_it_is_called() -> None:
    row = Row(inlining.inline_function, "out[0] = f(x[0] + x[1], x[2]) - 1.0\n", (), F.format("a * b - a"))
    assert list(applied(row)) == ["out[0] = (x[0] + x[1]) * x[2] - (x[0] + x[1]) - 1.0\n"]


def test_arguments_are_passed_by_position() -> None:
    row = Row(inlining.plain_call, "out[0] = f(b=x[0], a=x[1]) + f(x[2], x[3])\n", (), F.format("a - b"))
    assert list(applied(row)) == ["out[0] = f(x[1], x[0]) + f(x[2], x[3])\n"]
    default = F.format("a - b").replace("b: wp.float32", "b: wp.float32 = 2.0")
    row = Row(inlining.inline_function, "out[0] = f(x[0])\n", (), default)
    assert list(applied(row)) == ["out[0] = x[0] - 2.0\n"]


def test_a_constant_of_the_file_stands_where_it_is_read() -> None:
    constant = "SCALE = wp.constant(0.5)\n\n\n"
    row = Row(inlining.inline_constant, "out[0] = SCALE * x[0]\n", (), constant)
    assert list(applied(row)) == ["out[0] = 0.5 * x[0]\n"]
    row = Row(definitions.drop_definition, "out[0] = x[0] + float(n)\n", (), constant)
    assert not any("SCALE" in text(made) for made in applied(row).values())


def test_a_function_returns_one_value_less() -> None:
    row = Row(inlining.fewer_results, "u, v = f(x[0], x[1])\nout[0] = v\n", (), F.format("a, b"))
    made = applied(row)
    assert text(made["v = f(x[0], x[1])\nout[0] = v\n"]).startswith(F.format("b"))


UNUSED = """@wp.struct
class State:
    x: wp.float32
    y: wp.float32


@wp.func
def g(a: wp.float32):
    return a


@wp.func
def f(a: wp.float32, s: State, b: wp.float32):
    return a + s.x


@wp.kernel
def kernel(x: wp.array(dtype=wp.float32), k: wp.vec3f, out: wp.array(dtype=wp.float32), out1: wp.array(dtype=int)):
    s = State(x=1.0, y=2.0)
    out[0] = f(2.0, s, x[0])
"""

USED = """@wp.struct
class State:
    x: wp.float32


@wp.func
def f(a: wp.float32, s: State):
    return a + s.x


@wp.kernel
def kernel(out: wp.array(dtype=wp.float32)):
    s = State(x=1.0)
    out[0] = f(2.0, s)
"""


def test_what_nothing_uses_goes_with_what_passes_it() -> None:
    found = definitions.cleaned(candidate(UNUSED, out=[7.0, 8.0]))
    assert found is not None
    assert text(found) == USED
    assert [(a.name, a.shape, a.written) for a in found.launch.arguments] == [("out", (2,), True)]
    assert found.data[0].tolist() == [7.0, 8.0]
    assert definitions.cleaned(found) is None


def test_what_nothing_uses_goes_piece_by_piece_too() -> None:
    view = TypedView(candidate(UNUSED, out=[7.0, 8.0]))
    made = [edit(view.candidate) for edit in definitions.drop_definition(view)]
    without = {"g", "y", "b", "k", "out1"}
    for c, name in zip(made, ["y", "g", "b", "k", "out1"], strict=True):
        assert c is not None
        assert_consistent(c)
        gone = {n for n in without if not re.search(rf"\b(def )?{n}[:(]", text(c))}
        assert gone == {name}, text(c)


def test_a_field_goes_from_the_data_of_an_array_of_structs_too() -> None:
    inner = types.struct("Inner", {"u": types.by_name("float32"), "v": types.by_name("vec2f")})
    outer = types.struct("Outer", {"inner": inner, "x": types.by_name("float32"), "y": types.by_name("float32")})
    data = np.zeros(2, layout(outer))
    data["inner"]["v"], data["x"], data["y"] = 3.0, 4.0, 5.0
    before = candidate(
        "@wp.struct\nclass Inner:\n    u: wp.float32\n    v: wp.vec2f\n\n\n"
        "@wp.struct\nclass Outer:\n    inner: Inner\n    x: wp.float32\n    y: wp.float32\n\n\n"
        "@wp.kernel\ndef kernel(out: wp.array(dtype=Outer)):\n    out[0].y = out[0].inner.v[1]\n",
        out=data,
    )
    found = definitions.cleaned(before)
    assert found is not None
    assert text(found) == (
        "@wp.struct\nclass Inner:\n    v: wp.vec2f\n\n\n"
        "@wp.struct\nclass Outer:\n    inner: Inner\n    y: wp.float32\n\n\n"
        "@wp.kernel\ndef kernel(out: wp.array(dtype=Outer)):\n    out[0].y = out[0].inner.v[1]\n"
    )
    assert_consistent(found)
    assert found.data[0]["inner"]["v"].tolist() == [[3.0, 3.0]] * 2
    assert found.data[0]["y"].tolist() == [5.0, 5.0]


def test_an_argument_that_is_only_read_now_is_no_output() -> None:
    before = candidate(HEAD + "    out[0] = out[1]\n", x=[1])
    found = definitions.cleaned(
        rewriting({before.module.body[-1].body.body[0]: cst.parse_statement("n = int(out[1])\n")})(before)
    )  # type: ignore[attr-defined,arg-type]
    assert found is not None
    assert [(a.name, a.written) for a in found.launch.arguments] == [("n", False), ("out", False)]


def test_an_argument_that_is_written_by_a_view_is_an_output() -> None:
    before = candidate(
        "@wp.kernel\ndef kernel(n: wp.int32, out: wp.array2d(dtype=wp.int32)):\n    row = out[0]\n    row[n] = 1\n",
        n=0,
        out=[[1, 2]],
    )
    found = definitions.cleaned(before)
    assert [(a.name, a.written) for a in (found or before).launch.arguments] == [("n", False), ("out", True)]


DEAD = """a = x[0]
b = a * 2.0
v = wp.vec2f(b)
v[0] = b
if n > 2:
    b = b + 1.0
else:
    a = a + 1.0
for i in range(n):
    if n > 3:
        break
    b += 1.0
out[0] = a
"""
LIVE = """a = x[0]
if n > 2:
    pass
else:
    a = a + 1.0
out[0] = a
"""


def test_statements_that_nothing_observable_depends_on_go_together() -> None:
    found = definitions.swept(candidate(HEAD + indented(DEAD)))
    assert found is not None
    assert body(found) == LIVE
    assert definitions.swept(found) is None


@pytest.mark.parametrize("effect", ["wp.atomic_add(out, 0, 1.0)", "a = wp.atomic_max(out, n, x[0])", "out[n] -= 1.0"])
def test_what_writes_to_an_array_stays(effect: str) -> None:
    assert definitions.swept(candidate(HEAD + f"    {effect}\n")) is None


# -- the launch and its data -----------------------------------------------------------------------------------------

GRID = """@wp.kernel
def kernel(x: wp.array2d(dtype=float), y: wp.array(dtype=wp.vec2b), b: wp.bfloat16, out: wp.array2d(dtype=float)):
    i, j = wp.tid()
    out[i, j] = x[i, j] + float(b) + float(y[0][1])
"""


def grid() -> TypedView:
    x = np.arange(6.0).reshape(2, 3)
    return TypedView(candidate(GRID, dim=(2, 3), x=x, y=[[3, 99], [1, 1]], b=0.1, out=x * 0))


def test_one_thread_keeps_the_data_of_its_own_cell() -> None:
    view = grid()
    edits = launches.one_thread(view)
    assert len(edits) == 6
    for edit, first in zip(edits, range(6), strict=True):
        made = edit(view.candidate)
        assert made is not None
        assert made.launch.dim == (1, 1)
        assert made.data[0][0, 0] == first
        assert made.data[1].tolist() == view.candidate.data[1].tolist()
        assert_consistent(made)


def test_of_a_large_launch_a_few_threads_are_tried() -> None:
    view = TypedView(candidate(HEAD + "    out[wp.tid()] = 1.0\n", dim=(1000,)))
    assert 8 <= len(launches.one_thread(view)) <= 16


def test_a_dimension_goes_with_its_index() -> None:
    view = grid()
    made = [edit(view.candidate) for edit in launches.fewer_dimensions(view)]
    assert [m.launch.dim for m in made if m is not None] == [(3,), (2,)]


def test_a_kernel_that_does_not_ask_for_its_thread_is_launched_along_one_dimension() -> None:
    view = TypedView(candidate(HEAD + "    out[0] = 1.0\n", dim=(2, 3, 1)))
    (made,) = (edit(view.candidate) for edit in launches.fewer_dimensions(view))
    assert made is not None
    assert made.launch.dim == (2,)


def test_either_half_of_an_array_is_tried() -> None:
    view = TypedView(candidate(HEAD + "    out[0] = x[1]\n", x=[1.0, 2.0, 3.0, 4.0, 5.0]))
    made = [edit(view.candidate) for edit in launches.shorter_arrays(view)]
    found = [c.data[0].tolist() for c in made if c is not None and len(c.data[0]) < 5]
    assert found == [[1.0], [1.0, 2.0], [1.0, 2.0], [3.0, 4.0, 5.0]]


def test_arrays_are_cut_and_lose_dimensions_of_one_element() -> None:
    view = grid()
    cut = [edit(view.candidate) for edit in launches.shorter_arrays(view)]
    assert [a.shape for c in cut[:1] if c is not None for a in c.launch.arguments] == [(1, 3), (2,), (), (2, 3)]
    assert cut[0] is not None
    view = TypedView(cut[0])
    (flat,) = [made for edit in launches.fewer_axes(view) if (made := edit(view.candidate)) is not None]
    assert flat.launch.arguments[0].shape == (3,)
    assert "out[i, j] = x[j] +" in text(flat)
    assert flat.data[0].tolist() == [0, 1, 2]
    assert_consistent(flat)


def test_data_is_simplified_in_its_own_type() -> None:
    view = grid()
    made = [m for edit in launches.simpler_data(view) if (m := edit(view.candidate)) is not None]
    assert made[0].data[0].tolist() == [[1, 1, 1], [1, 1, 1]]
    assert any(m.data[1].tolist() == [[3, 3], [1, 1]] for m in made)  # 99 & 7
    for m in made:
        assert_consistent(m)
        assert [d.dtype for d in m.data] == [d.dtype for d in view.candidate.data]
        bits = m.data[2].view(np.uint32)
        assert bits == view.candidate.data[2].view(np.uint32) or not bits & 0xFFFF  # exact in bfloat16


def test_one_number_is_simplified_at_a_time() -> None:
    view = grid()
    made = [m for edit in launches.simpler_elements(view) if (m := edit(view.candidate)) is not None]
    assert any(m.data[1].tolist() == [[3, 1], [1, 1]] for m in made)


# -- all of them -----------------------------------------------------------------------------------------------------


def test_every_edit_has_a_test_here() -> None:
    rows = {row.edits for row in ROWS}
    others = {
        definitions.drop_definition,
        inlining.inline_function,
        inlining.inline_constant,
        inlining.plain_call,
        inlining.fewer_results,
        launches.one_thread,
        launches.fewer_threads,
        launches.shorter_arrays,
        launches.fewer_axes,
        launches.simpler_data,
        launches.simpler_elements,
        launches.fewer_steps,  # in tests/synthesizer/test_modules.py
    }
    assert {p.edits for p in PASSES} == rows | others


@pytest.mark.parametrize("seed", [1, 5, 29])
def test_what_edits_make_of_generated_programs_is_what_they_render(seed: int) -> None:
    program = KERNELS.synthesize(seed)
    view = TypedView(Candidate(program, tuple(inputs(program, seed))))
    for entry in PASSES:
        edits = entry.edits(view)
        for edit in edits[:: len(edits) // 3 + 1]:
            made = edit(view.candidate)
            if made is not None and is_well_typed(made.module):
                assert_consistent(made)
                # The text has the parentheses that it needs, and no others.
                assert made.program.source == respelled(made.program.source), entry.edits.__name__


def respelled(source: str) -> str:
    """The text with every expression spelled anew from its parsed tree."""
    module = cst.parse_module(source)
    return replaced(module, {id(n): n.with_changes(value=n.value) for n in every_name(module)}).code


def every_name(module: cst.Module) -> list[cst.Name]:
    found: list[cst.Name] = []

    class Finder(cst.CSTVisitor):
        def visit_Name(self, node: cst.Name) -> None:
            found.append(node)

    module.visit(Finder())
    return found


def test_an_argument_that_is_no_number_or_that_the_kernel_changes_stays() -> None:
    source = (
        "@wp.struct\nclass S:\n    x: wp.float32\n\n\n@wp.kernel\n"
        "def kernel(s: S, n: wp.int32, m: wp.int32, out: wp.array(dtype=wp.float32)):\n"
        "    n = n + 1\n    out[m] = s.x + float(n)\n"
    )
    view = TypedView(candidate(source, s=np.array(1.0, np.dtype([("x", np.float32)])), n=1, m=2))
    made = [made for edit in inlining.known_argument(view) if (made := edit(view.candidate)) is not None]
    assert list(map(body, made)) == ["n = n + 1\nout[2] = s.x + float(n)\n"]
