"""To how few lines planted defects come down, and how long that takes.

    python -m tests.proofs.shrinking [--plants NAME ...] [--seconds 60] [--lines 40] [--seed S] [--json]

A defect is an edit of the C++ that Warp generates (``plants.py``), planted into the first program of so many lines that
an oracle disagrees about with it, and agrees about without. That program is reduced as a campaign would do it, with
CPU seconds of all processes for a clock, so that what others do on the machine does not count. Then the shrunk program
must have the same symptom, be accepted by the type checker, and agree without the defect.

Exits with 1 if any is left with more than 8 lines of kernel body, takes longer, or breaks one of these promises.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from tests.proofs.planting import FORWARD, Plant
from tests.proofs.plants import PLANTS
from tests.proofs.power import generated
from warpsmith.fuzz.launched import LAUNCHED
from warpsmith.fuzz.oracles import ORACLES
from warpsmith.fuzz.report import body_lines
from warpsmith.fuzz.search import Search
from warpsmith.fuzz.session import Session
from warpsmith.fuzz.worker import cpu_seconds
from warpsmith.synthesizer.case import Case, make_case
from warpsmith.synthesizer.check import check
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict
from warpsmith.synthesizer.kernels import KERNELS

FEW = 8
"""Lines of kernel body that a program may have left."""
PROGRAMS = 40
"""Programs that a defect is looked for in, of those whose code it changes."""
CHOSEN = tuple(PLANTS)[::5]
"""Defects of all areas."""


@dataclass
class Shrinking:
    """What became of a program with a planted defect.

    Attributes:
        plant: name of the defect.
        oracle: who sees it.
        before: lines of the program, without blank ones.
        after: lines of kernel body that are left.
        total: lines of source that are left, without blank ones.
        cpu: CPU seconds of the reduction.
        wall: seconds of it.
        same: whether it still has the same symptom with the defect.
        clean: whether it agrees without the defect.
        accepted: whether the type checker has nothing to say.
        source: what is left.
    """

    plant: str
    oracle: str = ""
    before: int = 0
    after: int = 0
    total: int = 0
    cpu: float = 0.0
    wall: float = 0.0
    same: bool = False
    clean: bool = False
    accepted: bool = False
    source: str = ""

    def good(self, seconds: float) -> bool:
        """Whether it keeps all promises; the batch under way when time is up is finished."""
        return self.same and self.clean and self.accepted and self.after <= FEW and self.cpu <= seconds + 5


class Plot:
    """Two sessions: one whose Warp may have a defect, and one whose Warp has none."""

    def __init__(self, stack: ExitStack, folder: Path, seed: int, lines: int) -> None:
        self._choice = folder / "plant"
        os.environ["WARPSMITH_PLANT"] = str(self._choice)
        self.plant("")
        self.clean = stack.enter_context(Session())
        self.planted = stack.enter_context(Session(prelude=Path(__file__).with_name("prelude_plant.py")))
        self.long = cache(_Long(seed, lines))

    def plant(self, name: str) -> None:
        """Have this defect from now on, or none."""
        self._choice.write_text(name, encoding="utf-8")

    def sightings(self, plant: Plant) -> Iterator[tuple[Case, Judgement]]:
        """Long programs that an oracle disagrees about because of the defect, with what it says."""
        oracle = "forward" if plant.direction == FORWARD else "gradient"
        touched = (i for i in range(10 * PROGRAMS) if plant.edit(self.long(i)[1]) != self.long(i)[1])
        for _, number in zip(range(PROGRAMS), touched, strict=False):
            case = self.long(number)[0]
            judgement = self.ask(self.planted, oracle, case)
            if judgement is None or judgement.verdict is not Verdict.DISAGREE:
                continue
            if judgement.stage in (Stage.VALUE, Stage.GRADIENT) and self.agrees(oracle, case):
                yield case, judgement

    def ask(self, session: Session, oracle: str, case: Case) -> Judgement | None:
        """What an oracle says of one case; ``None`` where it has nothing to look at."""
        judgement = ORACLES[oracle].judge([case], session)[0]
        session.forget()
        return judgement

    def agrees(self, oracle: str, case: Case) -> bool:
        """Whether it agrees without the defect."""
        judgement = self.ask(self.clean, oracle, case)
        return judgement is not None and judgement.verdict is Verdict.AGREE


class _Long:
    """The programs of at least so many lines, and what Warp generates for them; asked for in order."""

    def __init__(self, seed: int, lines: int) -> None:
        self._next, self._lines = seed, lines

    def __call__(self, number: int) -> tuple[Case, str]:
        while True:
            seed, self._next = self._next, self._next + 1
            program = KERNELS.synthesize(seed)
            if count(program.source) >= self._lines:
                case = make_case(program, seed)
                return case, generated(case)


def count(source: str) -> int:
    """Lines that are not blank."""
    return sum(bool(line.strip()) for line in source.splitlines())


def shrunk(plant: Plant, plot: Plot, seconds: float) -> Shrinking:
    """Reduce the first program that shows the defect."""
    found = Shrinking(plant.name)
    plot.plant(plant.name)
    case, judgement = next(plot.sightings(plant), (None, None))
    if case is None or judgement is None:
        return found
    start, began = cpu_seconds(), time.monotonic()
    small = Search(LAUNCHED, plot.planted, judgement).run(case, seconds, cpu_seconds)
    found.cpu, found.wall = cpu_seconds() - start, time.monotonic() - began
    found.oracle, found.before = judgement.oracle, count(case.program.source)
    found.source = small.program.source
    found.after, found.total = body_lines(found.source, small.program.entry), count(found.source)
    after = plot.ask(plot.planted, judgement.oracle, small)
    found.same = after is not None and after.verdict is Verdict.DISAGREE and after.symptom == judgement.symptom
    found.clean = plot.agrees(judgement.oracle, small)
    found.accepted = not check(small.program.module).diagnostics
    return found


def row(found: Shrinking, seconds: float) -> str:
    """One line of the table."""
    if not found.oracle:
        return f"{found.plant:24} no program of that length shows it"
    promises = (("same", found.same), ("clean", found.clean), ("accepted", found.accepted))
    broken = [f"NOT {name.upper()}" for name, kept in promises if not kept]
    verdict = "good" if found.good(seconds) else "BAD"
    lines = f"{found.before:3} -> {found.after:2} of {found.total:2}"
    times = f"{found.cpu:5.1f} s CPU {found.wall:6.1f} s"
    return f"{found.plant:24} {found.oracle:8} {lines}  {times}  {verdict} {' '.join(broken)}"


def summary(found: Sequence[Shrinking], seconds: float) -> str:
    """How many keep the promises."""
    shown = [one for one in found if one.oracle]
    good = sum(one.good(seconds) for one in shown)
    return f"{good} of {len(shown)} come down to {FEW} lines or fewer within {seconds:g} CPU seconds"


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plants", nargs="+", choices=PLANTS, default=list(CHOSEN), metavar="NAME")
    parser.add_argument("--seconds", type=float, default=60.0, help="for one reduction, of CPU time")
    parser.add_argument("--lines", type=int, default=40, help="that a program has at least")
    parser.add_argument("--seed", type=int, default=1_000_000, help="where to look for programs first")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        plot = Plot(stack, Path(folder), options.seed, options.lines)
        for name in options.plants:
            found.append(shrunk(PLANTS[name], plot, options.seconds))
            if not options.json:
                print(row(found[-1], options.seconds), flush=True)
    if options.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    else:
        print(summary(found, options.seconds))
    return int(any(one.oracle and not one.good(options.seconds) for one in found))


if __name__ == "__main__":
    sys.exit(main())
