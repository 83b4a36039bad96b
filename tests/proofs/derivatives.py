"""Every production's derivative against what ``wp.Tape`` computes.

    python -m tests.proofs.derivatives [--only TEXT] [--skip N] [--count N] [--seed N] [--json]

Each production of the grammar that takes and yields floats becomes a kernel of its own that applies it to one row of
operands a thread, as in :mod:`tests.proofs.meanings`: ones, small numbers that repeat, which bring ties and zeros, and
random ones, within the production's contract. The gradient oracle says whether what Warp leaves in the gradients of the
operands is the reference's derivative; a production is counted as known if a known defect explains what it says.
``--seed`` draws other operands. Takes two minutes.

Exits with 1 if anything differs that no known defect explains.
"""

from __future__ import annotations

import math
import sys
import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import warp as wp

from tests.proofs.meanings import Specimen, case, operands, subject
from tests.proofs.operands import Row, admitted, column, drawn
from tests.proofs.report import Reading, chosen, told
from warpsmith.fuzz.known import explanation
from warpsmith.fuzz.known.explain import Judge
from warpsmith.fuzz.oracles.gradient import gradient
from warpsmith.fuzz.session import Session
from warpsmith.grammar import types
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.production import Interval, Production
from warpsmith.grammar.types import Array, Type, Value
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.judgement import Judgement, Verdict

SIZE = 60
"""Rows of operands for each production."""
_FEW = (0.0, 1.0, -1.0, 0.5, -1.5, 2.0)
ADJOINTS = (1.0, -0.5, 2.0, -1.5, 0.0)


def subjects() -> list[Specimen]:
    """The productions that have derivatives."""
    return [subject(p) for p in default_grammar().productions if _is_smooth(p)]


def _is_smooth(p: Production) -> bool:
    results = p.result if isinstance(p.result, tuple) else (p.result,)
    operands = [t.dtype if isinstance(t, Array) else t for t in p.operands]
    return all(any(types.scalar(t) in types.FLOATS for t in some) for some in (operands, results))


def tame(p: Production, seed: int) -> list[Row]:
    """Rows of operands of moderate size: a fifth of ones, of few numbers, of the same for all operands, and random."""
    rng = np.random.default_rng((zlib.crc32(p.name.encode()), seed))
    columns = [_tame(rng, t, needs) for t, needs in zip(p.operands, p.requires, strict=True)]
    first = {(t, n): c for t, n, c in zip(p.operands[::-1], p.requires[::-1], columns[::-1], strict=True)}
    for c, t, needs in zip(columns, p.operands, p.requires, strict=True):
        c[::5] = first[t, needs][::5]
    return admitted(p, [list(row) for row in zip(*columns, strict=True)])


def _tame(rng: np.random.Generator, t: Type, needs: Interval | None) -> list[Any]:
    values = column(rng, t, needs, SIZE)
    if isinstance(t, Array) or types.scalar(t) not in types.FLOATS:
        return values
    kind, extent = np.asarray(values[0]).dtype, types.shape(t)
    if needs is not None:
        inside = drawn(rng, types.scalar(t), needs, SIZE * math.prod(extent)).reshape(SIZE, *extent)
        ends = [np.isin(x, (needs.low, needs.high)) for x in values]  # which are among the boundary values
        return [np.where(end, x, y)[()] for end, x, y in zip(ends, values, inside, strict=True)]
    for i in range(SIZE):
        some = np.ones(extent) if i % 5 == 1 else rng.normal(size=extent) * (1.0, 4.0)[i % 2]
        some = _rounded(t, rng.choice(_FEW, extent) if i % 5 == 2 else some)
        if i % 5 == 3:  # as the values of halves may be, mixed
            some = some * 2.0 ** np.round(rng.uniform(-12.0, 8.0, extent))
        if i % 5 == 4 and types.kind(t) in ("quat", "transform"):
            some[-4:] /= np.linalg.norm(some[-4:]) or 1.0
        values[i] = some.astype(kind)[()]
    return values


def _rounded(t: Value, values: Any) -> Any:
    """Numbers that every type of floats has."""
    digits = 8.0 if types.scalar(t) is wp.bfloat16 else 64.0
    return np.round(np.asarray(values) * digits) / digits


def seeded(s: Specimen, some: Sequence[Row], seed: int) -> Case:
    """The production on those rows; adjoints are of all that is a float, every eighth of them nothing at all."""
    rng = np.random.default_rng((zlib.crc32(s.name.encode()), seed, 1))

    def adjoints(t: Value, extents: tuple[int, ...]) -> Any:
        if types.scalar(t) not in types.FLOATS:
            return None
        found = rng.choice(ADJOINTS, extents)
        found[::8] = 0.0
        return found

    return case(s, some, adjoints)


def examine(some: Sequence[Specimen], session: Session, seed: int = 0) -> list[Reading]:
    """What the gradient oracle says of the productions."""
    rows = [tame(s.production, seed) for s in some]
    cases = [seeded(s, left, seed) for s, left in zip(some, rows, strict=True)]
    findings = judged(gradient, some, rows, cases, session)
    session.forget()
    return findings


def judged(
    oracle: Judge, some: Sequence[Specimen], rows: Sequence[Sequence[Row]], cases: Sequence[Case], session: Session
) -> list[Reading]:
    """What an oracle says of subjects on those rows."""
    verdicts = zip(some, rows, cases, oracle(list(cases), session), strict=True)
    return [_finding(oracle, s, left, c, judgement, session) for s, left, c, judgement in verdicts]


def _finding(
    oracle: Judge, s: Specimen, some: Sequence[Row], c: Case, judgement: Judgement | None, session: Session
) -> Reading:
    found = finding(oracle, s.name, c, judgement, session)
    if judgement is None or found.verdict != Verdict.DISAGREE.value:
        return found
    return replace(found, said=f"{found.said}, of {operands(judgement.where, some)}")


def finding(oracle: Judge, name: str, c: Case, judgement: Judgement | None, session: Session) -> Reading:
    """What an oracle says of a case of that name, or the known defects that explain it."""
    if judgement is None:
        return Reading(name, "nothing", "", 0, 0)
    verdict, said = judgement.verdict.value, judgement.said
    if judgement.verdict is Verdict.DISAGREE and (known := explanation(judgement, c, session, oracle)):
        verdict, said = "known", known
    return Reading(name, verdict, said, judgement.components, judgement.unclear)


def main() -> int:
    """Prints every difference, and the counts."""
    some, options = chosen(__doc__, "productions", subjects())
    with Session(timeout=60) as session:
        return told("productions", some, partial(examine, session=session, seed=options.seed), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
