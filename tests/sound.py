"""Which generated programs tests may execute beside others: those that no known defect of Warp may crash."""

from __future__ import annotations

import ast
from functools import cache
from itertools import count, islice

from warpsmith.fuzz.known import KNOWN
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.kernels import KERNELS

_CRASHES = [known for known in KNOWN if ("accepted", "crash") in known.symptoms]


def sound(program: Program) -> bool:
    """Whether no known defect of Warp may have the program read or write anywhere."""
    tree = ast.parse(program.source)
    return not any(known.matches(tree) for known in _CRASHES)


@cache
def sound_seeds(number: int) -> tuple[int, ...]:
    """The first seeds of such programs."""
    return tuple(islice((seed for seed in count() if sound(KERNELS.synthesize(seed))), number))
