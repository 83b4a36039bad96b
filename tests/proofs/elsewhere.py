"""The bounds of whole programs, against another correct implementation of what they mean.

    python -m tests.proofs.elsewhere [--count N] [--seed N] [--json]

What a campaign asks of Warp, asked of the reference itself: programs, inputs and adjoints are those of ``warpsmith
fuzz``, and everything that IEEE 754 leaves open comes out otherwise, at every step
(:mod:`tests.synthesizer.elsewhere`). Warp rounds as the reference does nearly everywhere, so that it puts bounds to the
test where campaigns seldom do, and it takes a fifth of the time.

Exits with 1 if an output or a derivative is not within its bound.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from tests.proofs.report import Reading, parser, told
from tests.synthesizer.elsewhere import elsewhere
from warpsmith.errors import UndefinedError
from warpsmith.fuzz.oracles.compare import Difference, compare
from warpsmith.fuzz.reference import LOOKS
from warpsmith.synthesizer.case import Case, Data, make_case
from warpsmith.synthesizer.inputs import columns
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.reference import Outcome, evaluate

COUNT = 2000

Outcomes = list[Outcome | None]
"""Of the input sets of a case; ``None`` where it is not defined."""


def outcomes(case: Case, looks: int = 1) -> Outcomes:
    """What the case comes to, here or elsewhere; gradients with the first set."""
    return [_outcome(case, index, looks) for index in range(len(case.sets))]


def _outcome(case: Case, index: int, looks: int) -> Outcome | None:
    try:
        return evaluate(case.program, case.sets[index], None if index else case.adjoints, looks=looks)
    except UndefinedError:
        return None


def examine(seeds: Sequence[int]) -> list[Reading]:
    """What became of the bounds of those programs."""
    cases = [make_case(KERNELS.synthesize(seed), seed) for seed in seeds]
    here = [outcomes(case) for case in cases]
    with elsewhere(seeds[0]):
        there = [outcomes(case) for case in cases]
    return list(map(_finding, seeds, cases, here, there))


def _finding(seed: int, case: Case, here: Outcomes, there: Outcomes) -> Reading:
    found = list(_differences(case, here, there))
    if any(difference.where for difference in found):
        found = list(_differences(case, outcomes(case, LOOKS), there))  # as oracles look before they say anything
    said = [f"{d.where}: {d.expected}, elsewhere {d.actual}" for d in found if d.where]
    components, unclear = (sum(getattr(d, name) for d in found) for name in ("components", "unclear"))
    return Reading(str(seed), "disagree" if said else "agree", "; ".join(said), components, unclear)


def _differences(case: Case, here: Outcomes, there: Outcomes) -> Iterator[Difference]:
    for one, other in zip(here, there, strict=True):
        if one is None or other is None:
            continue
        yield compare(case, one.values, other.values, one.errors)
        if one.gradients is not None and one.gradient_errors is not None and other.gradients is not None:
            known = [_sum(*two) for two in zip(one.gradient_errors, other.gradient_errors or (), strict=True)]
            yield compare(case, one.gradients, other.gradients, known)


def _sum(one: Data | None, other: Data | None) -> Data | None:
    """The sum of two errors: elsewhere's derivative is that of other values, which are known as well as these."""
    if one is None or other is None:
        return None
    made: Data = one.copy()
    for (_, part), (_, more) in zip(columns(made), columns(other), strict=True):
        part += more
    return made


def main() -> int:
    """Prints every bound that is missed, and the counts."""
    options = parser(__doc__, COUNT, "programs").parse_args()
    some = range(options.seed, options.seed + options.count)
    return told("programs", some, examine, as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
