"""What the parts of a program cost: tokens of the texts that the compilers make of each, measured once.

::

    python -m warpsmith.corpus.measure [--jobs N] [--arch 90]

writes ``grammar/costs.csv``, by which programs are drawn within a budget (:mod:`warpsmith.grammar.costs`). A kernel is
compiled for every production: it reads the operands from arrays and stores the results. What reading and storing cost
is measured by kernels that do nothing else, and subtracted. A cost is that of the longer text, which is the backward
pass.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from functools import partial
from multiprocessing import get_context

import warp as wp
from pebble import ProcessPool

from warpsmith import ir
from warpsmith.corpus.tokens import count_tokens
from warpsmith.errors import WarpsmithError
from warpsmith.grammar import literals, spell, types
from warpsmith.grammar.chooser import ReplayChooser
from warpsmith.grammar.costs import KERNEL, LEVELS, PATH, entry, measured_type, reading, storing
from warpsmith.grammar.functions import launchable
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.kernels import annotation
from warpsmith.grammar.production import Production
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array, Type, Value

_BATCH = 10
_BATCHES_OF_A_LIFE = 10
"""Then a worker makes way for a fresh one: the native compilers do not give back all that they take."""

Cost = tuple[int, ...]
"""Tokens at each of ``LEVELS``."""


def _kernel(parameters: Sequence[tuple[str, Type]], statements: Sequence[Stmt]) -> str:
    thread = spell.assign(spell.name("i"), spell.call("wp.tid"))
    typed = [(name, annotation(t)) for name, t in parameters]
    return spell.module([spell.function("wp.kernel", "kernel", typed, [thread, *statements])]).code


def _cell(array: str) -> Expr:
    return spell.subscript(spell.name(array), spell.name("i"))


def _frame(source: Value | None, *results: Value) -> str:
    """A kernel that stores into arrays of those types: what it reads of arrays of a type, or a parameter."""
    outs = [(f"out{n}", Array(t, 1)) for n, t in enumerate(results)]
    inputs = [(f"x{n}", t if source is None else Array(t, 1)) for n, t in enumerate(results)]
    reads = [spell.name(name) if source is None else _cell(name) for name, _ in inputs]
    stores = [spell.assign(_cell(name), value) for (name, _), value in zip(outs, reads, strict=True)]
    return _kernel([*inputs, *outs], stores)


_SNIPPETS = {
    "branch": ("if y > z:", "    y = y * z"),
    "leave": ("if y > z:", "    return"),
    "for dynamic": ("for j in range(n):", "    y = y * z"),
    "while": ("j = int(0)", "while j < n:", "    j += 1", "    y = y * z"),
    "atomic": ("wp.atomic_add(other, n, y)",),
    "local array": ("a = wp.zeros(shape=4, dtype=wp.float32)", "a[0] = y", "y = a[n]"),
}
"""Statements by the names of their constructs; each has little in it."""
_SNIPPET = """import warp as wp

array = wp.array(dtype=wp.float32)


@wp.kernel
def kernel(x: array, z: wp.float32, n: int, other: array, out: array):
    i = wp.tid()
    y = x[i] * z
    {body}
    out[i] = y
"""


def construct_costs(arch: int) -> dict[str, Cost]:
    """What the statements cost that are no assignments, without what is in them."""
    bodies = ["pass", *("\n    ".join(lines) for lines in _SNIPPETS.values())]
    frame, *found = measured([_SNIPPET.format(body=body) for body in bodies], arch)
    assert frame is not None
    return {name: _less(cost, frame) for name, cost in zip(_SNIPPETS, found, strict=True) if cost is not None}


def production_kernel(p: Production, *, literal: bool) -> str:
    """A kernel of one production.

    Args:
        p: the production.
        literal: whether operands that must keep a contract are literals.
    """
    parameters: list[tuple[str, Type]] = []
    statements: list[Stmt] = []
    operands: list[Expr] = []
    for n, (t, needs) in enumerate(zip(p.operands, p.requires, strict=True)):
        if needs is not None and not isinstance(t, Array) and (literal or types.kind(t) == "int"):
            operands.append(literals.within(ReplayChooser(()), t, needs))
            continue
        parameters.append((f"x{n}", t if isinstance(t, Array) else Array(t, 1)))
        operands.append(spell.name(f"x{n}" if isinstance(t, Array) else f"y{n}"))
        if not isinstance(t, Array):
            statements.append(spell.assign(operands[-1], _cell(f"x{n}")))
    results = p.result if isinstance(p.result, tuple) else () if p.result is None else (p.result,)
    value = p.build(*operands)
    if not results:
        return _kernel(parameters, [*statements, spell.expression(value)])
    names = [spell.name(f"r{n}") for n in range(len(results))]
    statements.append(spell.assign(spell.bare_tuple(names) if len(names) > 1 else names[0], value))
    for n, t in enumerate(results):
        parameters.append((f"out{n}", Array(t, 1)))
        statements.append(spell.assign(_cell(f"out{n}"), names[n]))
    return _kernel(parameters, statements)


def measured(sources: Sequence[str], arch: int) -> list[Cost | None]:
    """Tokens of the longer text at each level; ``None`` where Warp refuses a kernel."""
    loaded = [ir.load(source) for source in sources]
    captured = ir.capture_many([one.kernels["kernel"] for one in loaded], LEVELS, arch=arch)
    for one in loaded:
        one.unload()
    return [None if isinstance(result, WarpsmithError) else _cost(result) for result in captured]


def _cost(captured: ir.IR) -> Cost:
    texts = (captured.levels[level] for level in LEVELS)
    return tuple(max(count_tokens(level.forward), count_tokens(level.backward)) for level in texts)


def _all(sources: Sequence[str], arch: int, jobs: int) -> Iterator[Cost | None]:
    batches = [sources[start : start + _BATCH] for start in range(0, len(sources), _BATCH)]
    with ProcessPool(jobs, max_tasks=_BATCHES_OF_A_LIFE, context=get_context("spawn")) as pool:
        for found in pool.map(partial(measured, arch=arch), batches).result():
            yield from found


def _less(cost: Cost, *others: Cost) -> Cost:
    return tuple(max(0, c - sum(parts)) for c, *parts in zip(cost, *others, strict=True))


def frame_costs(arch: int, jobs: int) -> dict[str, Cost]:
    """What a kernel costs by itself, and to read and to store a value of each type."""
    values = [t for t in types.VALUES if launchable(t) and measured_type(t) is t]
    frames = [_frame(None, wp.float32), _frame(None, wp.float32, wp.float32)]
    frames += [_frame(source, t) for t in values for source in (None, t)]
    one, two, *rest = _all(frames, arch, jobs)
    assert one is not None
    assert two is not None
    costs = {KERNEL: _less(one, _less(two, one))}
    for t, stored, both in zip(values, rest[::2], rest[1::2], strict=True):
        if stored is not None and both is not None:
            costs[storing(t)] = _less(stored, costs[KERNEL])
            costs[reading(t)] = _less(both, stored)
    return costs


def production_costs(frames: dict[str, Cost], arch: int, jobs: int) -> Iterator[tuple[str, Cost]]:
    """What each production costs; those that no kernel takes alone are left out."""
    productions = [p for p in default_grammar().productions if p.name == entry(p)]
    for literal in (False, True):
        refused = []
        sources = [production_kernel(p, literal=literal) for p in productions]
        for p, source, cost in zip(productions, sources, _all(sources, arch, jobs), strict=True):
            if cost is None:
                refused.append(p)
                continue
            reads = [frames.get(reading(t), ()) for t in _values(p) if f": {_annotated(t)}" in source]
            results = p.result if isinstance(p.result, tuple) else () if p.result is None else (p.result,)
            stores = [frames.get(storing(t), ()) for t in results]
            yield p.name, _less(cost, frames[KERNEL], *filter(None, (*reads, *stores)))
        productions = refused


def _annotated(t: Value) -> str:
    return f"wp.array(dtype={types.spelling(t)})"


def _values(p: Production) -> list[Value]:
    return [t.dtype if isinstance(t, Array) else t for t in p.operands]


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m warpsmith.corpus.measure")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--arch", type=int, default=90)
    options = parser.parse_args()
    costs = frame_costs(options.arch, options.jobs)
    costs |= construct_costs(options.arch)
    costs |= dict(production_costs(dict(costs), options.arch, options.jobs))
    with PATH.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["name", *LEVELS])
        rows.writerows([name, *costs[name]] for name in costs)


if __name__ == "__main__":
    main()
