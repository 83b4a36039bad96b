"""How a corpus scales: two workers beside one, and one thousand rows beside the next.

::

    python -m tests.proofs.scaling [--count 300] [--seed 0] [--levels cpp,cuda,ptx] [--check codegen]
    python -m tests.proofs.scaling --log DIR

The first makes the same corpus with one worker and with two, and compares the bytes and the time to the end of the last
unit. On a busy machine, or one whose cores share their units, two workers need more CPU seconds for the same work; what
is lost to that, and what is lost because a worker is idle or starts, are told apart. The second reads what the log of a
corpus says, finished or not: CPU seconds and memory, thousand by thousand.

Exits with 1 if two workers are less than 1.9 times as fast, if the bytes differ, or if a thousand rows are more than
10 % off the mean.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from warpsmith.command.options import MAX_TOKENS, configuration
from warpsmith.corpus.engines import LocalEngine
from warpsmith.corpus.folder import checksum
from warpsmith.corpus.generate import generate
from warpsmith.corpus.log import LOG, Entry, entries
from warpsmith.corpus.unit import Request
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.profiling.kept import shipped

LEAST_SPEEDUP, MOST_OFF = 1.9, 0.1
THOUSAND = 1000


@dataclass(frozen=True)
class Thousand:
    """What successive units took that have about a thousand seeds together.

    Attributes:
        seeds: how many.
        seconds: CPU seconds for each of them, of workers.
        coordinator: most bytes of the coordinator until then.
        worker: most bytes of a worker.
    """

    seeds: int
    seconds: float
    coordinator: int
    worker: int


def thousands(log: Iterable[Entry], size: int = THOUSAND) -> list[Thousand]:
    """The log by thousands of seeds; what is left at the end is left out."""
    found: list[Thousand] = []
    some: list[Entry] = []
    for entry in log:
        some += [entry] if entry.seeds else []
        seeds = sum(e.seeds for e in some)
        if seeds >= size:
            spent = sum(sum(e.seconds.values()) for e in some) / seeds
            found.append(Thousand(seeds, spent, max(e.coordinator for e in some), max(e.worker for e in some)))
            some = []
    return found


def off(found: Sequence[Thousand]) -> float:
    """How far the costliest or the cheapest thousand is off the mean, as a share of it."""
    mean = sum(t.seconds for t in found) / len(found)
    return max(abs(t.seconds - mean) for t in found) / mean


def made(family: Family, request: Request, jobs: int, folder: Path) -> tuple[float, float, dict[str, str]]:
    """A corpus by so many workers: seconds to the end of its last unit, their CPU seconds, and the files' checksums."""
    generate(request, family, folder, lambda: LocalEngine(jobs))
    log = [entry for entry in entries(folder) if entry.seeds]
    files = {str(f.relative_to(folder)): checksum(f) for f in folder.rglob("*") if f.is_file() and f.name != LOG}
    return max(e.elapsed for e in log), sum(sum(e.seconds.values()) for e in log), files


def compared(options: argparse.Namespace) -> bool:
    """Whether two workers are as fast as they should be, and make the same bytes."""
    level, _, tokens = MAX_TOKENS.partition("=")
    family = kernels_like(shipped()).within(level, int(tokens))
    how = configuration(family, tuple(options.levels.split(",")), 90, options.check, MAX_TOKENS)
    request = Request(how, options.seed, options.count, 4)
    with tempfile.TemporaryDirectory() as folder:
        (one, cpu, files), (two, cpu_of_two, others) = (
            made(family, request, jobs, Path(folder) / str(jobs)) for jobs in (1, 2)
        )
    print(f"one worker {one:.1f} s, {cpu:.1f} CPU s; two workers {two:.1f} s, {cpu_of_two:.1f} CPU s")
    print(f"{one / two:.2f} times as fast; the same work takes {cpu_of_two / cpu:.2f} times the CPU seconds,")
    print(
        f"and of the time of two workers {1 - cpu_of_two / (2 * two):.0%} is no work: starting, waiting, the last batch"
    )
    print("the same bytes" if files == others else "OTHER BYTES")
    return files == others and one / two >= LEAST_SPEEDUP


def flat(folder: Path) -> bool:
    """Whether each thousand rows of a corpus took what the others did."""
    found = thousands(entries(folder))
    if not found:
        print(f"{folder}: its log has less than {THOUSAND} seeds")
        return False
    for number, t in enumerate(found, 1):
        memory = f"{t.coordinator >> 20} MB, a worker {t.worker >> 20} MB"
        print(f"{number}: {t.seeds} seeds, {1000 * t.seconds:.0f} CPU ms each; coordinator {memory}")
    print(f"at most {off(found):.0%} off the mean")
    return off(found) <= MOST_OFF


def main() -> None:
    """Measure, and compare with the goals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--levels", default="cpp,cuda,ptx")
    parser.add_argument("--check", default="codegen")
    parser.add_argument("--log", type=Path, help="a corpus")
    options = parser.parse_args()
    sys.exit(0 if (compared(options) if options.log is None else flat(options.log)) else 1)


if __name__ == "__main__":
    main()
