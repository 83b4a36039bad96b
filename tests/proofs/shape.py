"""What programs look like, how much of them is dead, and whether what they compute depends on their inputs.

    python -m tests.proofs.shape --count 300 [--seed S] [--jobs J] [--json]
        [--family NAME | --like PATH | --profile people]

With ``--like`` programs are drawn with a profile that is fitted to PATH, or to Warp's examples for ``warp``.

Every program is launched on the CPU with several sets of inputs. The arrays that it writes start with the same contents
each time, so a difference in what they hold afterwards comes from the inputs alone. The first set is launched twice: a
program whose outcomes differ then is not deterministic, and says nothing about its inputs. A program whose launch has
no arguments has nothing to depend on: it is counted by itself, as ``without inputs``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.proofs import drawn
from tests.proofs.analysis import Shape, dead, shape
from tests.proofs.pruning import pruned
from warpsmith.fuzz.session import program_job
from warpsmith.grammar.program import Program
from warpsmith.grammar.types import Array
from warpsmith.ir.execute import Executor, Failure, Job
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.inputs import columns, inputs
from warpsmith.synthesizer.kernels import KERNELS

Data = npt.NDArray[Any]
SETS = 8
"""Input sets a program is launched with, the first one twice; a launch costs nothing beside compilation."""


@dataclass
class Run:
    """What launching one program showed.

    Attributes:
        failure: why there is no outcome; empty where there is one.
        deterministic: the same inputs gave the same outputs twice.
        written: output arrays.
        depending: output arrays whose contents changed with the inputs.
        at_once: the first other inputs changed some output.
        changed: some output element is not what it was before the launch.
        finite: some output element that changed is a finite number.
        pruned: dead statements that were taken out for one more launch.
        prunable: that launch gave the same outputs.
    """

    failure: str = ""
    deterministic: bool = True
    written: int = 0
    depending: int = 0
    at_once: bool = False
    changed: bool = False
    finite: bool = False
    pruned: int = 0
    prunable: bool = True


def launch(executor: Executor, program: Program, seed: int) -> Run:
    """Launches a program on ``SETS`` sets of inputs, drawn from the seed, and compares what it wrote."""
    arguments = program.launch.arguments
    base = inputs(program, seed * SETS)
    sets = [base]
    for i in range(SETS):
        drawn = inputs(program, seed * SETS + i)
        sets.append([b if a.written else d for a, b, d in zip(arguments, base, drawn, strict=True)])
    without, pruned_count = pruned(program.source)
    jobs = [_job(program, program.source, sets)]
    if pruned_count:
        jobs.append(_job(program, without, sets[1:]))
    results = executor.run_many(jobs)
    for result in results:
        if result.failure is not None:
            return Run(failure=_brief(result.failure))
    outcomes, *bare = [[_arrays(outputs) for outputs in result.outputs] for result in results]
    run = Run(pruned=pruned_count)
    for one, other in zip(outcomes[1:], *bare, strict=True) if bare else ():
        run.prunable = run.prunable and all(map(_equal, one, other))
    arrays = [(a, b) for a, b in zip(arguments, base, strict=True) if isinstance(a.type, Array)]
    for i, (argument, before) in enumerate(arrays):
        if argument.written:
            _compare(run, before, [o[i] for o in outcomes])
    return run


def _job(program: Program, source: str, sets: list[list[Data]]) -> Job:
    return replace(program_job(program, tuple(map(tuple, sets))), source=source)


def _arrays(outputs: tuple[Data | None, ...]) -> list[Data]:
    return [contents for contents in outputs if contents is not None]


def _brief(failure: Failure) -> str:
    return " ".join(f"{failure.stage}: {failure.message}".split())[:400]


def _compare(run: Run, before: Data, outcomes: list[Data]) -> None:
    first, again, *others = outcomes
    run.written += 1
    run.deterministic = run.deterministic and _equal(first, again)
    run.at_once = run.at_once or not _equal(first, others[0])
    run.depending += any(not _equal(first, other) for other in others)
    for (_, old), (_, new) in zip(columns(before), columns(first), strict=True):
        changed = ~_same(new, old)
        run.changed = run.changed or bool(changed.any())
        run.finite = run.finite or bool((changed & np.isfinite(new)).any())


def _equal(a: Data, b: Data) -> bool:
    """Whether two arrays, which may be of structs, hold the same bits."""
    return all(bool(_same(x, y).all()) for (_, x), (_, y) in zip(columns(a), columns(b), strict=True))


def _same(a: Data, b: Data) -> Data:
    """Where two arrays hold the same bits; NaNs are all one."""
    if a.dtype.kind != "f":
        return np.asarray(a == b)
    bits = f"u{a.dtype.itemsize}"
    return np.asarray((a.view(bits) == b.view(bits)) | (np.isnan(a) & np.isnan(b)))


@dataclass
class Totals:
    """Sums over the programs looked at."""

    seeds: list[int] = field(default_factory=list)
    given: list[int] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    dims: Counter[int] = field(default_factory=Counter)
    statements: int = 0
    dead: int = 0
    dead_shares: list[float] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def add(self, seed: int, program: Program) -> None:
        """Looks at a program's text."""
        found = dead(program.module)
        self.seeds.append(seed)
        self.given.append(len(program.launch.arguments))
        self.shapes.append(shape(program.module))
        self.dims[len(program.launch.dim)] += 1
        self.statements += found.total
        self.dead += len(found.statements)
        self.dead_shares.append(found.share)

    def share(self, holds: list[bool]) -> float:
        """Programs of which it holds, per program."""
        return round(sum(map(bool, holds)) / max(1, len(holds)), 4)

    def seeds_where(self, holds: list[bool]) -> list[int]:
        """The seeds of the programs of which it holds."""
        return [s for s, h in zip(self.seeds, holds, strict=True) if h]


def report(t: Totals) -> dict[str, Any]:
    """The figures, ready for JSON."""
    return {"programs": len(t.seeds), **_shape_figures(t), **_dead_figures(t), **_run_figures(t)}


def _shape_figures(t: Totals) -> dict[str, Any]:
    lines = [s.lines for s in t.shapes]
    features = {
        "array loads": [s.loads > 0 for s in t.shapes],
        "array stores": [s.stores > 0 for s in t.shapes],
        "atomics": [s.atomics > 0 for s in t.shapes],
        "for loops": [s.loops > 0 for s in t.shapes],
        "while loops": [s.whiles > 0 for s in t.shapes],
        "branches": [s.branches > 0 for s in t.shapes],
        "any control flow": [s.loops + s.whiles + s.branches > 0 for s in t.shapes],
        "conditional expressions": [s.conditionals > 0 for s in t.shapes],
        "break, continue, early return": [s.jumps > 0 for s in t.shapes],
        "nesting of 2 and more": [s.depth > 1 for s in t.shapes],
        "component stores": [s.component_stores > 0 for s in t.shapes],
        "user functions": [s.functions > 0 for s in t.shapes],
        "structs": [s.structs > 0 for s in t.shapes],
    }
    return {
        "lines": {"median": float(np.median(lines)), "p90": float(np.percentile(lines, 90)), "max": max(lines)},
        "statements": {"median": float(np.median([s.statements for s in t.shapes]))},
        "with": {name: t.share(holds) for name, holds in features.items()},
        "launch dimensions": {str(d): round(n / len(t.seeds), 4) for d, n in sorted(t.dims.items())},
    }


def _dead_figures(t: Totals) -> dict[str, Any]:
    shares = np.array(t.dead_shares)
    worst = np.argsort(-shares, kind="stable")[:10]
    return {
        "dead": {
            "share": round(t.dead / max(1, t.statements), 4),
            "none": t.share([s == 0 for s in shares]),
            "p50": round(float(np.percentile(shares, 50)), 4),
            "p90": round(float(np.percentile(shares, 90)), 4),
            "above 0.2": t.share([s > 0.2 for s in shares]),
            "worst": {str(t.seeds[i]): round(float(shares[i]), 3) for i in worst if shares[i] > 0},
        }
    }


def _run_figures(t: Totals) -> dict[str, Any]:
    runs = t.runs
    good = [not r.failure for r in runs]
    depends = [not r.failure and r.deterministic and r.depending > 0 for r in runs]
    given = [g > 0 for g in t.given]
    return {
        "without inputs": len(runs) - sum(given),
        "depends on inputs": t.share([d for d, g in zip(depends, given, strict=True) if g]),
        "shows at the first other inputs": t.share([r.deterministic and r.at_once for r in runs]),
        "depending outputs": round(sum(r.depending for r in runs) / max(1, sum(r.written for r in runs)), 4),
        "independent": t.seeds_where([a and g and not d for a, g, d in zip(given, good, depends, strict=True)]),
        "not deterministic": t.seeds_where([not r.deterministic for r in runs]),
        "outputs unchanged": t.seeds_where([g and not r.changed for g, r in zip(good, runs, strict=True)]),
        "no finite output": t.seeds_where([g and r.changed and not r.finite for g, r in zip(good, runs, strict=True)]),
        "dead statements taken out": sum(r.pruned for r in runs),
        "not dead after all": t.seeds_where([g and not r.prunable for g, r in zip(good, runs, strict=True)]),
        "failures": {str(s): r.failure for s, r in zip(t.seeds, runs, strict=True) if r.failure},
    }


def measure(first: int, count: int, jobs: int, family: Family = KERNELS) -> Totals:
    """Looks at the programs of so many seeds, and launches each."""
    totals = Totals()
    local = threading.local()

    with contextlib.ExitStack() as stack, ThreadPoolExecutor(jobs) as pool:

        def work(seed: int) -> Run:
            if not hasattr(local, "executor"):
                local.executor = stack.enter_context(Executor(timeout=60))
            return launch(local.executor, family.synthesize(seed), seed)

        pending = pool.map(work, range(first, first + count))
        for seed in range(first, first + count):
            totals.add(seed, family.synthesize(seed))
        totals.runs = list(_watched(pending, count))
    return totals


def _watched(runs: Iterator[Run], count: int) -> Iterator[Run]:
    for i, run in enumerate(runs, 1):
        if sys.stderr.isatty():
            print(f"\r{i}/{count}", end="" if i < count else "\n", file=sys.stderr)
        yield run


def _holds(figures: dict[str, Any]) -> bool:
    """The figures that are promised."""
    return (
        15 <= figures["lines"]["median"] <= 30
        and figures["lines"]["p90"] >= 50
        and figures["depends on inputs"] >= 0.95
        and figures["dead"]["share"] < 0.2
    )


def main() -> int:
    """The command; 1 where a promised figure does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.shape", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1)
    drawn.add_options(parser)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = report(measure(options.seed, options.count, options.jobs, drawn.family_of(options)))
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name}: {value}")
        print("holds" if _holds(figures) else "does not hold")
    return 0 if _holds(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
