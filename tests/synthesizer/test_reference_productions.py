"""Everything that the grammar can write has a meaning that the reference finds, and it is the production's own."""

from __future__ import annotations

import zlib
from typing import Any

import libcst as cst
import numpy as np
import pytest
import warp as wp

from tests.synthesizer.reference_kernels import Typed, run
from warpsmith.grammar import types
from warpsmith.grammar.chooser import SeededChooser
from warpsmith.grammar.constructs import CONSTRUCTS
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.kernels import kernel_program
from warpsmith.grammar.operations import record
from warpsmith.grammar.operations.values import round_bfloat16
from warpsmith.grammar.production import Interval, Production
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.inputs import columns, inputs
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.reference import evaluate

UNEVALUATED: dict[str, str] = {}
"""Productions, by name, that the reference cannot evaluate, and why."""

CHUNKS = 16


def operand(rng: np.random.Generator, t: Any, needs: Interval | None) -> Typed:
    """A value of the type within the interval, in an array of one element; a whole array is sorted, its last large."""
    if isinstance(t, Array):
        return Typed(t.dtype, np.append(np.sort(rng.uniform(0, 1, 7) * (1 if t.dtype in types.FLOATS else 50)), 100))
    extent, part = types.shape(t), types.scalar(t)
    low = 0.25 if needs is None or needs.low is None else needs.low
    high = low + 4 if needs is None or needs.high is None else needs.high
    if types.kind(part) == "float":
        data: Any = rng.integers(int(np.ceil(low * 16)), int(high * 16) + 1, (1, *extent)) / 16
    elif part is wp.bool:
        data = rng.integers(0, 2, (1, *extent))
    else:
        data = rng.integers(int(np.ceil(low)), int(high) + 1, (1, *extent))
    if types.kind(t) == "quat":
        data = data / np.sqrt((data * data).sum())
    data = round_bfloat16(data) if part is wp.bfloat16 else data
    return Typed(t, data)


def call(p: Production) -> tuple[str, dict[str, Any], list[Any]]:
    """A kernel's body that stores what the production yields, its arguments, and the operands' values."""
    rng = np.random.default_rng(zlib.crc32(p.name.encode()))
    given = {f"x{i}": operand(rng, t, n) for i, (t, n) in enumerate(zip(p.operands, p.requires, strict=True))}
    if p.builtin == "quat_to_euler":
        given |= {f"x{i}": Typed(wp.int32, [i - 1]) for i in (1, 2, 3)}
    if p.builtin == "eig3":  # of a symmetric matrix
        given["x0"] = Typed(p.operands[0], given["x0"].data + given["x0"].data.swapaxes(-1, -2))
    if p.builtin in ("inverse", "inverse_approx", "svd3", "qr3"):  # of a matrix that is far from a singular one
        size = given["x0"].data.shape[-1]
        diagonal = [8.0, 4.0, 2.0] if p.builtin in ("svd3", "qr3") else [8.0] * size
        given["x0"] = Typed(p.operands[0], np.round(given["x0"].data) / 16 + np.diag(diagonal))
    names = [cst.Name(f"y{i}") for i in range(len(given))]
    loads = [
        f"{n.value} = {x}" if isinstance(t, Array) else f"{n.value} = {x}[0]"
        for n, x, t in zip(names, given, p.operands, strict=True)
    ]
    results = p.result if isinstance(p.result, tuple) else (p.result,)
    outs = {f"out{i}": Typed(t, np.zeros((1, *types.shape(t)))) for i, t in enumerate(results)}
    expression = cst.Module([]).code_for_node(p.build(*names))
    targets = ", ".join(f"z{i}" for i in range(len(results)))
    stores = [f"out{i}[0] = z{i}" for i in range(len(results))]
    values = [g.data if isinstance(t, Array) else g.data[0] for g, t in zip(given.values(), p.operands, strict=True)]
    return "\n".join([*loads, f"{targets} = {expression}", *stores]), {**given, **outs}, values


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_production_means_here_what_its_row_says(chunk: int) -> None:
    productions = default_grammar().productions[chunk::CHUNKS]
    for p in (p for p in productions if p.name not in UNEVALUATED):
        body, arguments, values = call(p)
        outcome = run(body, **arguments)
        assert p.evaluate is not None
        # A cast's meaning has to be told the types.
        options = {"target": p.result, "source": p.operands[0]} if p.builtin == "cast" else {}
        want = p.evaluate(*values, **options)
        wanted = want[:-1] if record(p.builtin).advances else want if isinstance(want, tuple) else (want,)
        found = zip(outcome.values[len(p.operands) :], outcome.errors[len(p.operands) :], strict=True)
        for w, (got, error) in zip(wanted, found, strict=True):
            assert got is not None
            assert error is not None
            assert np.array_equal(got[0], w, equal_nan=got.dtype.kind == "f"), (p.name, values, want, got)
            assert not np.isinf(error).any(), (p.name, outcome.reasons)


def test_the_productions_left_out_have_a_reason_and_exist() -> None:
    known = {p.name for p in default_grammar().productions}
    assert set(UNEVALUATED) <= known
    assert all(UNEVALUATED.values())


@pytest.mark.parametrize("chunk", range(4))
def test_whole_programs_have_a_meaning(chunk: int) -> None:
    for seed in range(chunk, 80, 4):
        program = KERNELS.synthesize(seed)
        data = inputs(program, seed)
        outcome = evaluate(program, data)
        for a, d, v, e in zip(program.launch.arguments, data, outcome.values, outcome.errors, strict=True):
            assert (v is None) == (e is None) == (not isinstance(a.type, Array))
            if v is not None and e is not None:
                assert v.shape == d.shape == e.shape
                assert v.dtype == d.dtype
                assert {part.dtype for _, part in columns(e)} == {np.dtype(np.float64)}
                assert a.written or (v.tobytes() == d.tobytes() and not any(part.any() for _, part in columns(e)))


def test_every_statement_has_a_meaning() -> None:
    seen: set[str] = set()
    wanted = {c.name for c in CONSTRUCTS}
    for seed in range(300):
        program = kernel_program(SeededChooser(seed), default_grammar(), lines=12)
        if not (set(program.productions) & wanted) - seen or np.prod(program.launch.dim) > 32:
            continue
        evaluate(program, inputs(program, seed))
        seen |= set(program.productions) & wanted
    assert seen == wanted


def test_an_evaluation_is_the_same_again() -> None:
    for seed in range(100, 110):
        program = KERNELS.synthesize(seed)
        data = inputs(program, 0)
        one, other = evaluate(program, data), evaluate(program, data)
        for a, b in zip(one.values + one.errors, other.values + other.errors, strict=True):
            assert a is None or b is None or a.tobytes() == b.tobytes()
