"""Compositions of two productions, their values and their derivatives, against Warp.

    python -m tests.proofs.compositions [--count N] [--seed N] [--json]

What one production yields is an operand of another: so operands are what formulas yield, off by rounding, near poles
or jumps, not numbers that somebody wrote down. Pairs are drawn, uniformly over builtins. Each becomes a kernel that the
forward oracle judges on boundary values and random ones, and the gradient oracle on tame ones, as in
:mod:`tests.proofs.derivatives`. ``--seed`` draws other pairs and other operands. A pair takes a quarter of a second of
CPU.

Exits with 1 if anything differs that no known defect explains.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache, partial

import libcst as cst
import numpy as np

from tests.proofs.derivatives import judged, seeded, tame
from tests.proofs.meanings import Specimen, case, subject
from tests.proofs.operands import rows
from tests.proofs.report import Reading, parser, told
from warpsmith.fuzz.oracles.forward import forward
from warpsmith.fuzz.oracles.gradient import gradient
from warpsmith.fuzz.session import Session
from warpsmith.grammar import types
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.operations import record
from warpsmith.grammar.production import Production
from warpsmith.grammar.types import Array, Type

COUNT = 400


def composed(outer: Production, k: int, inner: Production) -> Production:
    """The production whose operand ``k`` is what another one yields."""
    n = len(inner.operands)

    def build(*nodes: cst.BaseExpression) -> cst.BaseExpression:
        return outer.build(*nodes[:k], inner.build(*nodes[k : k + n]), *nodes[k + n :])

    return Production(
        "composition",
        (*outer.operands[:k], *inner.operands, *outer.operands[k + 1 :]),
        outer.result,
        build,
        requires=(*outer.requires[:k], *inner.requires, *outer.requires[k + 1 :]),
        spelling=f" of {outer.name} and {inner.name} at {k} ",
    )


@cache
def _smooth() -> dict[str, list[Production]]:
    """The productions that are defined for all operands, by builtin."""
    found: dict[str, list[Production]] = {}
    for p in default_grammar().productions:
        arrays = any(isinstance(t, Array) for t in p.operands)
        defined = not arrays and record(p.builtin).guard(p.operands) is None  # type: ignore[arg-type]
        if defined and not record(p.builtin).advances and p.builtin != "cast" and p.operands and p.result is not None:
            found.setdefault(p.builtin, []).append(p)
    return found


@cache
def _yielding(t: Type) -> dict[str, list[Production]]:
    chosen = {builtin: [p for p in some if p.result is t] for builtin, some in _smooth().items()}
    return {builtin: some for builtin, some in chosen.items() if some}


def subjects(seed: int, count: int = COUNT) -> list[Specimen]:
    """That many pairs."""
    rng = np.random.default_rng((seed, 2))
    outers = {b: [(p, k) for p in some for k in _places(p)] for b, some in _smooth().items()}
    outers = {b: places for b, places in outers.items() if places}
    found = []
    for _ in range(count):
        places = outers[rng.choice(sorted(outers))]
        outer, k = places[rng.integers(len(places))]
        inners = _yielding(outer.operands[k])
        some = inners[rng.choice(sorted(inners))]
        found.append(subject(composed(outer, k, some[rng.integers(len(some))])))
    return found


def _places(p: Production) -> list[int]:
    """The operands that any float of their type may be."""
    return [
        k
        for k, (t, needs) in enumerate(zip(p.operands, p.requires, strict=True))
        if needs is None and types.scalar(t) in types.FLOATS and _yielding(t)
    ]


def examine(some: Sequence[Specimen], session: Session, seed: int = 0) -> list[Reading]:
    """What the oracles say of the pairs, first of their values and then of their derivatives."""
    findings = []
    for oracle, made in ((forward, lambda s: rows(s.production)), (gradient, lambda s: tame(s.production, seed))):
        given = [made(s) for s in some]
        pairs = zip(some, given, strict=True)
        cases = [seeded(s, r, seed) if oracle is gradient else case(s, r) for s, r in pairs]
        findings += judged(oracle, some, given, cases, session)
        session.forget()
    return findings


def main() -> int:
    """Prints every difference, and the counts."""
    options = parser(__doc__, COUNT, "pairs").parse_args()
    some = subjects(options.seed, options.count)
    with Session(timeout=60) as session:
        return told("pairs", some, partial(examine, session=session, seed=options.seed), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
