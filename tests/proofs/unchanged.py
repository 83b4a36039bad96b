"""What a restructuring must leave alone: the programs of seeds, and what the reference makes of them, to the byte.

    python -m tests.proofs.unchanged [--write FILE | --against FILE] [--programs N] [--evaluated N]

Digests of the programs of seeds 0 to N - 1, and of the reference's values, bounds, gradients and their bounds for the
first of them, with and without the known defects that a program may run into. Where there is no bound, the number that
stands there counts for nothing. ``--write`` keeps them, ``--against`` compares with what an earlier revision kept on
the same machine: digits of the last place depend on its NumPy.

Exits with 1 if anything differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from warpsmith.errors import UndefinedError
from warpsmith.fem.integrands.family import FEM
from warpsmith.fuzz.known import KNOWN, unknown_sites
from warpsmith.synthesizer.case import Case, make_case
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.inputs import columns
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.reference import Outcome, evaluate

PROGRAMS, EVALUATED, INTEGRANDS = 1000, 300, 100


def digest(parts: Iterable[str | bytes]) -> str:
    """A short hash of a sequence of texts."""
    made = hashlib.sha256()
    for part in parts:
        made.update(part.encode() if isinstance(part, str) else part)
        made.update(b"\0")
    return made.hexdigest()[:16]


def of_program(family: Family, seed: int) -> str:
    """Of a program: its source, launch, choices and productions."""
    p = family.synthesize(seed)
    return digest((p.source, p.entry, repr(p.choices), repr(p.productions), repr([a.name for a in p.launch.arguments])))


def of_outcomes(case: Case, known: bool) -> str:
    """Of what the reference makes of a case."""
    return digest(part for index in range(len(case.sets)) for part in _outcome(case, index, known))


def _outcome(case: Case, index: int, known: bool) -> Iterable[str | bytes]:
    try:
        outcome = _evaluated(case, index, known)
    except UndefinedError as error:
        return [type(error).__name__]
    pairs = zip(
        (*outcome.values, *(outcome.gradients or ())), (*outcome.errors, *(outcome.gradient_errors or ())), strict=True
    )
    return [part for value, error in pairs for part in _known(value, error)]


def _known(value: Any, error: Any) -> Iterable[bytes]:
    """Of an array and its bounds: where nothing is known, the number that stands there means nothing."""
    if value is None or error is None:
        yield from (b"-" if array is None else _bytes(array) for array in (value, error))
        return
    for (_, numbers), (_, bounds) in zip(columns(np.asarray(value)), columns(np.asarray(error)), strict=True):
        yield _bytes(np.where(np.isinf(bounds), np.zeros_like(numbers), numbers))
        yield _bytes(bounds)


def _evaluated(case: Case, index: int, known: bool) -> Outcome:
    unknown = unknown_sites(case.program, KNOWN) if known else ()
    return evaluate(case.program, case.sets[index], None if index else case.adjoints, unknown=unknown)


def _bytes(array: Any) -> bytes:
    made = np.ascontiguousarray(array)
    return str(made.dtype).encode() + str(made.shape).encode() + made.tobytes()


def measure(programs: int, evaluated: int) -> dict[str, list[str]]:
    """All digests, in the order of the seeds."""
    cases = [make_case(KERNELS.synthesize(seed), seed) for seed in range(evaluated)]
    return {
        "kernels": [of_program(KERNELS, seed) for seed in range(programs)],
        "fem": [of_program(FEM, seed) for seed in range(min(programs, INTEGRANDS))],
        "reference": [of_outcomes(case, False) for case in cases],
        "reference with known defects": [of_outcomes(case, True) for case in cases],
    }


def main() -> int:
    """Prints how many digests of each kind are equal, and the first seeds that differ."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", type=Path)
    options.add_argument("--against", type=Path)
    options.add_argument("--programs", type=int, default=PROGRAMS)
    options.add_argument("--evaluated", type=int, default=EVALUATED)
    asked = options.parse_args()
    made = measure(asked.programs, asked.evaluated)
    if asked.write:
        asked.write.write_text(json.dumps(made))
    before = json.loads(asked.against.read_text()) if asked.against else made
    different = {
        kind: [seed for seed, (a, b) in enumerate(zip(rows, before[kind], strict=False)) if a != b]
        for kind, rows in made.items()
    }
    for kind, rows in made.items():
        wrong = different[kind]
        print(f"{kind}: {len(rows) - len(wrong)} of {len(rows)} equal" + (f"; not {wrong[:10]}" if wrong else ""))
    return 1 if any(different.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
