"""The checker's types of locals beside those that Warp infers.

    python -m tests.proofs.types --count 2000 [--seed S] [--family NAME | --like PATH | --profile people]

Exits with 1 if the checker refuses a program, or infers another type than Warp for any local.
"""

from __future__ import annotations

import argparse
import json
import sys

import warp as wp

from tests.proofs import drawn
from tests.synthesizer.witness import disagreements, local_types, opaque
from warpsmith.synthesizer import KERNELS
from warpsmith.synthesizer.check import Report, check
from warpsmith.synthesizer.family import Family


def measure(seed: int, count: int, family: Family = KERNELS) -> dict[str, object]:
    """Counts programs, locals compared, and disagreements, with the first few of them."""
    compared, refused, differing, unknown = 0, [], [], 0
    for s in range(seed, seed + count):
        program = family.synthesize(s)
        report = check(program.module)
        if report.diagnostics:
            refused.append(f"{s}: {report.diagnostics[0]}")
            continue
        types = local_types(program.source)
        unknown += _left_out(types, report, opaque(program.source))
        compared += sum(map(len, types.values()))
        differing += [f"{s}: {line}" for line in disagreements(report, types)]
    return {
        "programs": count,
        "locals": compared,
        "locals of closures and native functions, unknown": unknown,
        "refused": refused[:5],
        "differing": differing[:5],
    }


def _left_out(types: dict[str, dict[str, str]], report: Report, functions: set[str]) -> int:
    """Takes out of Warp's types the locals that the checker does not know of such functions; how many these are."""
    known: dict[str, set[str]] = {}
    for name, found in report.locals.items():
        known.setdefault(name.partition("#")[0], set()).update(found)
    count = 0
    for key, found in types.items():
        name = key.partition("#")[0]
        for local in found.keys() - known.get(name, set()) if name in functions else ():
            del found[local]
            count += 1
    return count


def main() -> int:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    drawn.add_options(parser)
    options = parser.parse_args()
    wp.config.quiet = True
    figures = measure(options.seed, options.count, drawn.family_of(options))
    print(json.dumps(figures, indent=2))
    return int(bool(figures["refused"] or figures["differing"]))


if __name__ == "__main__":
    sys.exit(main())
