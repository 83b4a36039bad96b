"""``python -m tests.proofs.types --count N``: the checker's types of locals beside those that Warp infers.

Exits with 1 if the checker refuses a program, or infers another type than Warp for any local.
"""

from __future__ import annotations

import argparse
import json
import sys

import warp as wp

from tests.synthesizer.witness import disagreements, local_types
from warpsmith.synthesizer import KERNELS
from warpsmith.synthesizer.check import check


def measure(seed: int, count: int) -> dict[str, object]:
    """Counts programs, locals compared, and disagreements, with the first few of them."""
    compared, refused, differing = 0, [], []
    for s in range(seed, seed + count):
        program = KERNELS.synthesize(s)
        report = check(program.module)
        if report.diagnostics:
            refused.append(f"{s}: {report.diagnostics[0]}")
            continue
        types = local_types(program.source)
        compared += sum(map(len, types.values()))
        differing += [f"{s}: {line}" for line in disagreements(report, types)]
    return {"programs": count, "locals": compared, "refused": refused[:5], "differing": differing[:5]}


def main() -> int:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    options = parser.parse_args()
    wp.config.quiet = True
    figures = measure(options.seed, options.count)
    print(json.dumps(figures, indent=2))
    return int(bool(figures["refused"] or figures["differing"]))


if __name__ == "__main__":
    sys.exit(main())
