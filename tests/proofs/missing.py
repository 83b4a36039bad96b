"""``python -m tests.proofs.missing [FOLDER]``: what people write and programs that are drawn like theirs never have.

Draws programs as ``generate --like warp`` does, and reads them and the folders (examples, fem and tests of the
installed Warp if none is named) through the type checker. Prints each typed pattern that is in 0.1 % of the real
functions and in none of ours, with its share, an example and the reason if it is left out on purpose; at the end how
many there are. Exits with 1 if one has no reason.

Programs never have every pattern that is possible, so the list gets shorter with ``--count``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import warp as wp

from tests.proofs.wheel import wheel
from warpsmith.corpus.missing import LEAST, as_json, missing, of_paths, of_sources
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.learn import examples, learn
from warpsmith.synthesizer.profiling.kept import shipped


def main() -> int:
    """Prints the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="*", type=Path)
    fitted = parser.add_mutually_exclusive_group()
    fitted.add_argument("--like", nargs="*", type=Path, help="what the profile is fitted to")
    fitted.add_argument("--shipped", action="store_true", help="draw with the profile that comes with warpsmith")
    parser.add_argument("--count", type=int, default=400, help="how many programs to draw")
    parser.add_argument("--least", type=float, default=LEAST, help="share of the real functions")
    parser.add_argument("--json", type=Path, help="where to keep the list")
    options = parser.parse_args()
    wp.config.quiet = True
    family = kernels_like(shipped() if options.shipped else learn(options.like or [examples()]).profile)
    ours = of_sources(family.synthesize(seed).source for seed in range(options.count))
    theirs = of_paths(options.folder or wheel())
    rows = missing(ours, theirs, options.least)
    for row in rows:
        told = f"  (left out: {row.reason})" if row.reason else ""
        print(f"{100 * row.share:6.2f} %  {row.pattern}  {row.example}{told}")
    left = sum(not row.reason for row in rows)
    print(f"{left} patterns of {theirs.functions} functions are in none of {ours.functions} of ours", end="")
    print(f"; {len(rows) - left} more are left out with a reason")
    if options.json:
        options.json.write_text(json.dumps(as_json(rows, ours, theirs), indent=2))
    return int(left > 0)


if __name__ == "__main__":
    sys.exit(main())
