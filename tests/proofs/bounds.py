"""The reference's bounds, of values and of derivatives, against the reference itself at other operands.

    python -m tests.proofs.bounds [--only TEXT] [--skip N] [--count N] [--seed N] [--json]

Whatever an operand may be within its error, the result lies within its own: that is all that a bound promises. It is
looked at in two ways, without Warp.

- *Values*: each production that takes floats is applied to operands that are off by a few units in the last place, or
  of which nothing is known, component by component; then to operands moved within those errors, or to any at all.
- *Kernels*: each becomes a kernel in which some components of its operands are sums ``x + erf(u)``. Its outputs and
  derivatives must be those of the same kernel with other numbers in their place: any numbers, where nothing is to be
  known of ``erf``; and those within the rounding of the sums.

``--seed`` draws other operands. Takes eight minutes.

Exits with 1 if a bound is missed.
"""

from __future__ import annotations

import math
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tests.proofs.derivatives import ADJOINTS, tame
from tests.proofs.meanings import subject
from tests.proofs.operands import Row, boundary_values, rows, typed
from tests.proofs.report import Reading, chosen, told
from tests.synthesizer.reference_kernels import Typed, kernel
from warpsmith.errors import UndefinedError
from warpsmith.fuzz.reference import LOOKS
from warpsmith.grammar import types
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.operations import record
from warpsmith.grammar.operations.rounding import EPSILON
from warpsmith.grammar.production import Production
from warpsmith.grammar.program import Program
from warpsmith.grammar.types import Array, Value
from warpsmith.synthesizer.reference import On, Outcome, Site, Unknown, evaluate
from warpsmith.synthesizer.reference.values.boxes import INF, Box, start_notes
from warpsmith.synthesizer.reference.values.operations import resolve
from warpsmith.synthesizer.reference.values.probing import closely

ROWS, MOVES = 16, 6
"""Rows of operands for each production, and how often they are moved."""
UNITS = 4.0
"""How many units in the last place operands are off."""
SLACK = 1.0 + 2.0**-20
"""Both results are rounded, and the errors are computed in float64."""


def subjects() -> list[Production]:
    """The productions that take floats, no arrays, and change nothing."""
    return [p for p in default_grammar().productions if _is_plain(p)]


def _is_plain(p: Production) -> bool:
    if p.result is None or record(p.builtin).advances or any(isinstance(t, Array) for t in p.operands):
        return False
    return any(map(_is_float, p.operands))


def _is_float(t: Any) -> bool:
    return types.scalar(t) in types.FLOATS


# --- values ----------------------------------------------------------------------------------------------------------


def values(p: Production, seed: int, units: float = UNITS) -> Reading:
    """What the operation yields at moved operands, beside its bounds.

    Args:
        p: the production.
        seed: of the operands.
        units: how far they are moved, at most; more than :data:`UNITS` plants a defect.
    """
    rng = np.random.default_rng((zlib.crc32(p.name.encode()), seed))
    some = rows(p)
    rng.shuffle(some)
    numbers = unclear = 0
    said = ""
    try:
        operation = resolve(p.builtin, p.operands)
    except (NotImplementedError, KeyError, TypeError):  # its spelling says more than its operands do
        return Reading(p.name, "nothing", "", 0, 0)
    with np.errstate(all="ignore"):
        for row in some[:ROWS]:
            boxes = [_box(rng, t, x) for t, x in zip(p.operands, row, strict=True)]
            nominal = _applied(operation, boxes)
            for _ in range(MOVES):
                moved = [_moved(rng, box, units / UNITS) for box in boxes]
                other = _applied(operation, [Box(b.type, x) for b, x in zip(boxes, moved, strict=True)])
                if nominal is None or other is None:
                    continue
                numbers += sum(np.size(box.value) for box in nominal)
                unclear += sum(int(np.isinf(box.error).sum()) for box in nominal)
                if not _hold(nominal, other):
                    with closely():  # as oracles look before they say anything
                        nearer = _applied(operation, boxes)
                    if nearer is None or not _hold(nearer, other):
                        said = said or f"{row} became {moved}"
    return Reading(p.name, "disagree" if said else "agree", said, numbers, unclear)


def _applied(operation: Any, boxes: Sequence[Box]) -> tuple[Box, ...] | None:
    """The results; ``None`` where the operation is not defined."""
    start_notes()
    try:
        found = operation(*boxes)
    except UndefinedError:
        return None
    return found if isinstance(found, tuple) else (found,)


def _box(rng: np.random.Generator, t: Any, x: Any) -> Box:
    """An operand, some components of which are off, and some unknown."""
    if not _is_float(t):
        return Box(t, x)
    wide = np.asarray(x, np.float64)
    kinds = rng.choice((0, 1, 2), wide.shape, p=((0.2, 0.8, 0.0), (0.2, 0.5, 0.3))[rng.integers(2)])
    off = np.where(np.isfinite(wide), UNITS * EPSILON[types.scalar(t)] * abs(wide), 0.0)
    error = np.choose(kinds, (np.zeros(wide.shape), off, np.full(wide.shape, INF)))
    if not types.shape(t):
        return Box(t, x, float(error))
    return Box(t, x, error if error.any() else 0.0)


def _moved(rng: np.random.Generator, box: Box, by: float) -> Any:
    """A value within the box's error, or ``by`` times as far off: in a corner of it, or anywhere."""
    if not _is_float(box.type):
        return box.value
    part, wide = types.scalar(box.type), np.asarray(box.value, np.float64)
    error = np.broadcast_to(np.asarray(box.error, np.float64), wide.shape)
    way = rng.uniform(-1.0, 1.0, wide.shape)
    way = np.where(rng.random(wide.shape) < 0.5, np.sign(way), way)
    off = np.where(np.isfinite(error), error, 0.0) * by
    at = np.where(np.isinf(error), _any(rng, part, wide.shape), np.where(off > 0.0, wide + off * way, wide))
    value: Any = typed(part, at)
    apart = abs(value.astype(np.float64) - wide)
    return np.where(np.isinf(error) | (apart <= off), value, box.value).astype(value.dtype)[()]


def _any(rng: np.random.Generator, part: Value, shape: Any) -> Any:
    """Any numbers at all, or none."""
    plain = rng.normal(size=shape) * 10.0 ** rng.integers(-2, 3)
    return np.where(rng.random(shape) < 0.5, rng.choice(boundary_values(part).astype(np.float64), shape), plain)


def _hold(nominal: Sequence[Box], other: Sequence[Box]) -> bool:
    pairs = zip(nominal, other, strict=True)
    return all(_within(a.value, a.error, b.value, b.error).all() for a, b in pairs)


def _within(value: Any, error: Any, other: Any, rest: Any) -> Any:
    """Whether the other value, itself off by a rest, is within the error of the value, component by component."""
    a, b = np.asarray(value, np.float64), np.asarray(other, np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return same | np.isinf(error) | np.isinf(rest) | (abs(a - b) <= (np.asarray(error) + rest) * SLACK)


# --- kernels ---------------------------------------------------------------------------------------------------------

Columns = dict[str, Any]
"""What arrays hold, by the name of the component that they are of."""


@dataclass(frozen=True)
class Unsure:
    """A kernel that applies a production to operands, some of whose components are sums ``x + erf(u)``.

    Attributes:
        program: it has an array for each component, one for each ``u``, and one for each output.
        columns: the components, by their names: what the sums come to.
        sums: the names of those that are sums.
        parts: the components' types, by name.
        results: the types of the outputs.
        adjoints: of the outputs.
    """

    program: Program
    columns: Columns
    sums: tuple[str, ...]
    parts: dict[str, Value]
    results: tuple[Value, ...]
    adjoints: list[Any]

    def evaluated(self, columns: Columns, second: Columns, *, sites: tuple[Site, ...] = (), looks: int = 1) -> Outcome:
        """What the kernel does with those ``x`` and ``u``."""
        data = [Typed(self.parts[n], column).data for some in (columns, second) for n, column in some.items()]
        data += [Typed(t, np.zeros((_size(columns), *types.shape(t)))).data for t in self.results]
        adjoints = [*(None for _ in (*columns, *second)), *self.adjoints]
        given = None if all(a is None for a in self.adjoints) else adjoints
        return evaluate(self.program, data, given, unknown=sites, looks=looks)


def _size(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def unsure(p: Production, rng: np.random.Generator, some: Sequence[Row], most: int) -> Unsure:
    """The production as such a kernel, on those rows; at ``most`` so many components are sums."""
    columns: Columns = {}
    parts: dict[str, Value] = {}
    for i, t in enumerate(p.operands):
        flat = np.array([np.ravel(row[i]) for row in some])
        for k in range(flat.shape[1]):
            columns[f"x{i}_{k}"], parts[f"x{i}_{k}"] = flat[:, k], types.scalar(t)
    floats = [name for name, part in parts.items() if part in types.FLOATS]
    count = min(len(floats), int(rng.integers(1, most + 1)))
    sums = tuple(rng.choice(floats, count, replace=False).tolist())
    spelled = {name: f"{name}[i] + wp.erf(u{name}[i])" if name in sums else f"{name}[i]" for name in columns}
    operands = [
        f"y{i} = {_joined(t, [code for name, code in spelled.items() if name.startswith(f'x{i}_')])}"
        for i, t in enumerate(p.operands)
    ]
    s = subject(p)
    steps = s.body.splitlines()[1 + len(p.operands) :]  # without the thread's index and the loads
    zeros = {f"out{i}": Typed(t, np.zeros((len(some), *types.shape(t)))) for i, t in enumerate(s.results)}
    arguments: dict[str, Any] = {name: Typed(parts[name], column) for name, column in columns.items()}
    arguments |= {f"u{name}": Typed(parts[name], columns[name]) for name in sums}
    program = kernel("\n".join(("i = wp.tid()", *operands, *steps)), {**arguments, **zeros}, dim=len(some))
    adjoints = [
        rng.choice(ADJOINTS, z.data.shape) if _is_float(t) else None
        for t, z in zip(s.results, zeros.values(), strict=True)
    ]
    return Unsure(program, columns, sums, parts, s.results, adjoints)


def _joined(t: Any, parts: Sequence[str]) -> str:
    """A value made of its components."""
    if not types.shape(t):
        return parts[0]
    if types.kind(t) != "transform":
        return f"{types.spelling(t)}({', '.join(parts)})"
    part = types.scalar(t)
    halves = ((types.the("vec", (3,), part), parts[:3]), (types.the("quat", (4,), part), parts[3:]))
    return f"{types.spelling(t)}({', '.join(_joined(half, some) for half, some in halves)})"


def unknown(p: Production, seed: int) -> Reading:
    """What a kernel does with any numbers in place of up to three that are not known, beside its bounds."""

    def split(u: Unsure) -> tuple[Columns, Columns]:
        return u.columns, _zeros(u)

    def moved(u: Unsure, first: Columns, second: Columns, rng: np.random.Generator) -> Columns:
        return {name: typed(u.parts[name], _any(rng, u.parts[name], _size(u.columns))) for name in u.sums}

    return _kernels(p, seed, 3, split, moved, (On("erf", Unknown.VALUE),))


def rounded(p: Production, seed: int) -> Reading:
    """What a kernel does with numbers within the rounding of those that it computes, beside its bounds."""

    def split(u: Unsure) -> tuple[Columns, Columns]:
        rng = np.random.default_rng(seed)
        first, second = dict(u.columns), {}
        for name in u.sums:
            part, wide = u.parts[name], u.columns[name].astype(np.float64)
            second[name] = typed(part, np.clip(wide, -1.0, 1.0) * rng.uniform(0.25, 1.0, wide.shape))
            first[name] = typed(part, wide - _erf(second[name]))
        return first, second

    def moved(u: Unsure, first: Columns, second: Columns, rng: np.random.Generator) -> Columns:
        found = {}
        for name in u.sums:
            part, added = u.parts[name], _erf(second[name])
            wide = typed(part, first[name].astype(np.float64) + typed(part, added)).astype(np.float64)
            error = 3.0 * EPSILON[part] * abs(added)
            value = typed(part, wide + error * rng.choice((-1.0, -0.5, 0.5, 1.0), wide.shape))
            found[name] = np.where(abs(value.astype(np.float64) - wide) <= error, value, wide)
        return found

    return _kernels(p, seed, 16, split, moved)


def _zeros(u: Unsure) -> Columns:
    return {name: np.zeros(_size(u.columns)) for name in u.sums}


_erf = np.vectorize(math.erf, otypes=[np.float64])


def _kernels(
    p: Production,
    seed: int,
    most: int,
    split: Callable[[Unsure], tuple[Columns, Columns]],
    moved: Callable[[Unsure, Columns, Columns, np.random.Generator], Columns],
    sites: tuple[Site, ...] = (),
) -> Reading:
    """What a kernel does with sums, beside what it does with other numbers in their place.

    Args:
        p: the production.
        seed: of the operands.
        most: how many components are sums at most.
        split: the ``x`` and the ``u`` of the sums; of other components the first is all there is.
        moved: the numbers in the place of the sums ``x + erf(u)``.
        sites: what is not to be known while they are sums.
    """
    rng = np.random.default_rng((zlib.crc32(p.name.encode()), seed, most))
    some = tame(p, seed)
    rng.shuffle(some)
    some = some[:ROWS]
    if not some or p.builtin == "erf":
        return Reading(p.name, "nothing", "", 0, 0)
    u = unsure(p, rng, some, most)
    first, second = split(u)
    numbers = unclear = 0
    said = ""
    try:
        here = u.evaluated(first, second, sites=sites)
    except UndefinedError:
        return Reading(p.name, "nothing", "", 0, 0)
    for _ in range(MOVES):
        try:
            there = u.evaluated({**u.columns, **moved(u, first, second, rng)}, _zeros(u))
        except UndefinedError:
            continue
        for _, (value, error, *_) in _pairs(here, there, u):
            numbers, unclear = numbers + value.size, unclear + int(np.isinf(error).sum())
        if _missed(here, there, u):
            nearer = u.evaluated(first, second, sites=sites, looks=LOOKS)
            said = said or _missed(nearer, there, u)
    return Reading(p.name, "disagree" if said else "agree", said, numbers, unclear)


def _missed(one: Outcome, other: Outcome, u: Unsure) -> str:
    """What of the other outcome is not within the bounds of the one, if anything is."""
    for name, (value, error, there, rest) in _pairs(one, other, u):
        with np.errstate(all="ignore"):
            missed = np.argwhere(~_within(value, error, there, rest))
        if missed.size:
            at = tuple(missed[0])
            row = {n: float(column[at[0]]) for n, column in u.columns.items()}
            moved = f"{value[at]} ± {error[at]} became {there[at]} ± {rest[at]}"
            return f"{name}{list(map(int, at))}: {moved}, of {row}, of which unsure {', '.join(u.sums)}"
    return ""


def _pairs(one: Outcome, other: Outcome, u: Unsure) -> Iterator[tuple[str, tuple[Any, Any, Any, Any]]]:
    """The outputs of two outcomes, and the gradients by the ``x``, with their errors."""
    count, first = len(u.results), len(u.columns)
    outputs = [some[-count:] for some in (one.values, one.errors, other.values, other.errors)]
    slopes = (one.gradients, one.gradient_errors, other.gradients, other.gradient_errors)
    gradients = [(some or [])[:first] for some in slopes]
    for what, found in (("value", outputs), ("gradient", gradients)):
        for i, four in enumerate(zip(*found, strict=True)):
            if all(part is not None for part in four):
                yield f"{what} {i}", tuple(np.asarray(part, np.float64) for part in four)  # type: ignore[misc]


# --- the command -----------------------------------------------------------------------------------------------------


def examine(some: Sequence[Production], seed: int = 0) -> list[Reading]:
    """What became of the productions' bounds."""
    return [finding for p in some for finding in (values(p, seed), unknown(p, seed), rounded(p, seed))]


def main() -> int:
    """Prints every bound that is missed, and the counts."""
    some, options = chosen(__doc__, "productions", subjects())
    return told("productions", some, partial(examine, seed=options.seed), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
