"""How many planted defects the oracles see, and after how many programs.

    python -m tests.proofs.power [--plants NAME ...] [--programs 200] [--seed S] [--json]

A defect is an edit of the C++ that Warp generates: those of ``plants.py``, those that others wrote
(``unseen.py``), and those to which nothing was fitted (``fresh.py``). It is caught by the first program about which an
oracle disagrees that agrees without the defect; so what is wrong with Warp by itself counts for nothing, and neither
does a program that no longer compiles. Programs whose code the defect leaves alone are counted and not executed.

Exits with 1 if fewer than 95 % of the defects are caught, or if one of them makes code that does not compile.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tests.proofs.fresh import FRESH
from tests.proofs.planting import FORWARD, Plant
from tests.proofs.plants import PLANTS
from tests.proofs.unseen import UNSEEN
from warpsmith.fuzz.oracles import ORACLES
from warpsmith.fuzz.session import Session
from warpsmith.ir import backend, load
from warpsmith.ir.execute import Result
from warpsmith.synthesizer.case import Case, Data, make_case
from warpsmith.synthesizer.inputs import columns
from warpsmith.synthesizer.judgement import Verdict
from warpsmith.synthesizer.kernels import KERNELS

LOOKING = ("accepted", "forward", "gradient")
BATCH = 10
SHARE = 0.95
UNFAIR = ("load", "codegen", "compile")
"""Stages at which a program with a planted defect must not fail."""


@dataclass(frozen=True)
class Baseline:
    """A program, and what the oracles say of it without a defect.

    Attributes:
        case: the program and its inputs.
        body: what Warp generates for it.
        result: what it gave.
        agreed: the oracles that agree.
    """

    case: Case
    body: str
    result: Result
    agreed: frozenset[str]


class Trials:
    """Programs of consecutive seeds, drawn and judged ``batch`` at a time when they are first asked for."""

    def __init__(self, session: Session, seed: int, batch: int = BATCH) -> None:
        self._session, self._seed, self._batch, self._made = session, seed, batch, list[Baseline]()

    def __getitem__(self, number: int) -> Baseline:
        while number >= len(self._made):
            start = self._seed + len(self._made)
            cases = [make_case(KERNELS.synthesize(seed), seed) for seed in range(start, start + self._batch)]
            agreed = [
                frozenset(n for n, v in row.items() if v[0] is Verdict.AGREE) for row in judged(cases, self._session)
            ]
            bodies = map(generated, cases)
            self._made += map(Baseline, cases, bodies, self._session.run(cases), agreed)
        return self._made[number]


class PlantedSession(Session):
    """A session whose Warp has a defect. What programs should give is asked of another one, which remembers it."""

    def __init__(self, folder: Path, clean: Session) -> None:
        super().__init__(prelude=Path(__file__).with_name("prelude_plant.py"))
        self.reference = clean.reference
        self._choice = folder / "plant"
        os.environ["WARPSMITH_PLANT"] = str(self._choice)
        self.plant("")

    def __enter__(self) -> PlantedSession:
        super().__enter__()
        return self

    def plant(self, name: str) -> None:
        """Have this defect from now on, or none."""
        self._choice.write_text(name, encoding="utf-8")
        self.forget()

    def forget(self) -> None:
        """Drop what is remembered of runs; what programs should give the other session remembers."""
        self._results.clear()


@dataclass
class Sighting:
    """What became of one planted defect.

    Attributes:
        plant: its name.
        direction: of the defect.
        area: of the language.
        caught: after how many programs, the ones that it leaves alone included; ``None`` if never.
        oracle: which one saw it, and at which stage.
        place: what it said.
        touched: programs with other code, of those executed.
        changed: programs with other results, of the touched.
        unfair: programs that did not compile.
    """

    plant: str
    direction: str
    area: str
    caught: int | None = None
    oracle: str = ""
    place: str = ""
    touched: int = 0
    changed: int = 0
    unfair: int = 0


def generated(case: Case) -> str:
    """What Warp generates for a program on the CPU."""
    loaded = load(case.program.source)
    try:
        return backend.emit(loaded.kernels[case.program.entry], arch=90, targets=("cpu",)).native["cpu"].body
    finally:
        loaded.unload()


def judged(cases: Sequence[Case], session: Session) -> list[dict[str, tuple[Verdict, str, str]]]:
    """Per case, what each oracle says: verdict, stage and place."""
    session.run(cases)  # together; the oracles would ask for them one by one
    rows: list[dict[str, tuple[Verdict, str, str]]] = [{} for _ in cases]
    for name in LOOKING:
        for row, judgement in zip(rows, ORACLES[name].judge(cases, session), strict=True):
            if judgement is not None:
                row[name] = judgement.verdict, judgement.stage, judgement.where or judgement.message
    return rows


def hunt(plant: Plant, trials: Trials, session: PlantedSession, programs: int) -> Sighting:
    """Look for one defect in that many programs, and stop at the first that shows it."""
    sighting = Sighting(plant.name, plant.direction, plant.area)
    session.plant(plant.name)
    waiting: list[int] = []
    for number in range(programs):
        body = trials[number].body
        if plant.edit(body) != body:
            waiting.append(number)
        if len(waiting) == BATCH or (waiting and number == programs - 1):
            _look(sighting, waiting, trials, session)
            if sighting.caught is not None:
                break
            waiting = []
    session.plant("")
    return sighting


def _look(sighting: Sighting, numbers: Sequence[int], trials: Trials, session: PlantedSession) -> None:
    cases = [trials[number].case for number in numbers]
    results = session.run(cases)
    for number, row, result in zip(numbers, judged(cases, session), results, strict=True):
        sighting.touched += 1
        sighting.changed += not same(result, trials[number].result)
        if result.failure is not None and result.failure.stage in UNFAIR:
            sighting.unfair += 1
            sighting.place = sighting.place or result.failure.message
            continue
        for name, (verdict, stage, place) in row.items():
            if verdict is Verdict.DISAGREE and name in trials[number].agreed and sighting.caught is None:
                sighting.caught, sighting.place = number + 1, place
                sighting.oracle = f"{name} ({stage})"


def same(one: Result, other: Result) -> bool:
    """Whether two runs gave the same, to the bit but for the payload of NaN."""
    if one.failure is not None or other.failure is not None:
        return one.failure == other.failure
    rows = [*zip(one.outputs, other.outputs, strict=True)]
    rows += zip(one.gradients or (), other.gradients or (), strict=True)
    pairs = [(a, b) for row in rows for a, b in zip(*row, strict=True) if a is not None and b is not None]
    return all(_equal(a, b) for a, b in pairs)


def _equal(a: Data, b: Data) -> bool:
    pairs = zip(columns(a), columns(b), strict=True)
    return all(np.array_equal(x, y, equal_nan=x.dtype.kind == "f") for (_, x), (_, y) in pairs)


@contextmanager
def sessions(seed: int, batch: int = BATCH) -> Iterator[tuple[Trials, PlantedSession]]:
    """Trials of a Warp without defects, and a session to plant some in."""
    with tempfile.TemporaryDirectory() as folder, Session() as clean, PlantedSession(Path(folder), clean) as planted:
        yield Trials(clean, seed, batch), planted


def row(sighting: Sighting) -> str:
    """A sighting as a line of the table."""
    after = "survived" if sighting.caught is None else str(sighting.caught)
    unfair = f"  {sighting.unfair} DID NOT COMPILE" if sighting.unfair else ""
    counts = f"{sighting.changed}/{sighting.touched}"
    what = f"{sighting.plant:24} {sighting.direction:8} {sighting.area:31}"
    return f"{what} {after:>8}  {sighting.oracle:18} {counts:>7}{unfair}"


def summary(sightings: Sequence[Sighting]) -> str:
    """How many were caught, in all and by direction."""
    parts = []
    for name, some in (
        ("all", sightings),
        ("forward", [s for s in sightings if s.direction == FORWARD]),
        ("reverse", [s for s in sightings if s.direction != FORWARD]),
    ):
        caught = sum(s.caught is not None for s in some)
        parts.append(f"{name} {caught} of {len(some)}" + (f" ({caught / len(some):.1%})" if some else ""))
    return "caught: " + ", ".join(parts)


_ALL = PLANTS | UNSEEN | FRESH


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plants", nargs="+", choices=_ALL, default=list(_ALL), metavar="NAME")
    parser.add_argument("--programs", type=int, default=200, help="how many each defect is looked for in")
    parser.add_argument("--seed", type=int, default=1_000_000, help="of the first program")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    sightings = []
    with sessions(options.seed) as (trials, session):
        for name in options.plants:
            sightings.append(hunt(_ALL[name], trials, session, options.programs))
            if not options.json:
                print(row(sightings[-1]), flush=True)
    share = sum(s.caught is not None for s in sightings) / len(sightings)
    if options.json:
        print(json.dumps({"share": share, "plants": [asdict(s) for s in sightings]}, indent=2))
    else:
        for named, table in (("", PLANTS), ("by others, ", UNSEEN), ("unseen, ", FRESH)):
            if some := [s for s in sightings if s.plant in table]:
                print(named + summary(some))
    return int(share < SHARE or any(s.unfair for s in sightings))


if __name__ == "__main__":
    sys.exit(main())
