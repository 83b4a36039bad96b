"""What launches show of programs: verdicts, and inputs with what a correct implementation makes of them, as columns.

Values are those of the reference (:mod:`warpsmith.synthesizer.reference`), each with the greatest distance that a
correct result may have from it. The verdicts say whether Warp's results, forward and backward, lie within.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from warpsmith.corpus.tensors import Tensor, leaves, tensor
from warpsmith.fuzz.known import KNOWN
from warpsmith.fuzz.plan import Plan
from warpsmith.fuzz.session import Session
from warpsmith.fuzz.worker import Worker
from warpsmith.grammar.program import Argument, Program
from warpsmith.grammar.registry import warp_version
from warpsmith.synthesizer.case import Case, Data, make_case
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.inputs import inputs
from warpsmith.synthesizer.judgement import Judgement, Verdict
from warpsmith.synthesizer.reference import Outcome
from warpsmith.synthesizer.reference.run.tree import parsed

RECIPES = ("tame", "mixed", "boundary")
"""How the inputs of a program's launches are drawn, in order; see :mod:`warpsmith.synthesizer.inputs`."""
ORACLES = ("forward", "gradient")
_LAUNCH = 2.0
"""Seconds of computing for a launch, which takes milliseconds. Who goes on is waited for twice: some that return from a
loop never end."""


class Examiner:
    """Launches programs, in a child process, and judges them; a context manager.

    Args:
        family: of the programs.
    """

    def __init__(self, family: Family) -> None:
        plan = Plan(family, ORACLES, sys.executable, warp_version(), Path())
        self._session = Session(launch_timeout=_LAUNCH)
        self._worker, self._oracles = Worker(plan, self._session), plan.harness.oracles

    def __enter__(self) -> Examiner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.__exit__(kind, error, trace)

    def examine(self, programs: Sequence[Program], seeds: Sequence[int]) -> list[dict[str, Any]]:
        """The columns of some programs, in order.

        Args:
            programs: they are compiled and launched together.
            seeds: of their inputs, one for each.
        """
        cases = [launches(program, seed) for program, seed in zip(programs, seeds, strict=True)]
        results = self._session.run(cases)
        references = self._session.reference(cases)
        judged = {name: self._worker.judgements(self._oracles[name], cases) for name in ORACLES}
        # Whoever is here is well typed, and accepted unless it failed.
        failed = [case for case, result in zip(cases, results, strict=True) if result.failure is not None]
        refused = dict(zip(failed, self._worker.judgements(self._oracles["accepted"], failed), strict=True))
        columns = []
        for i, case in enumerate(cases):
            failure = results[i].failure
            explained = [refused[case][1] if failure else "", *(rows[i][1] for rows in judged.values())]
            found: dict[str, Any] = {
                "executed": failure is None,
                "execution_failure": failure and f"{failure.stage}: {failure.message}",
                "known_defects": known_defects(case.program),
                "explained_by": next(filter(None, explained), None),
                "executions": executions(case, references[i]),
            }
            for name in ORACLES:
                found |= _verdict(name, judged[name][i][0])
            columns.append(found)
        self._session.forget()
        return columns

    def launched(self, programs: Sequence[Program], seeds: Sequence[int]) -> list[list[dict[str, Data]]]:
        """What Warp computes: per program and recipe, the numbers of every output by name; nothing where it fails."""
        cases = [launches(program, seed) for program, seed in zip(programs, seeds, strict=True)]
        results = self._session.run(cases)
        self._session.forget()
        return [[_named(case, outputs) for outputs in r.outputs] for case, r in zip(cases, results, strict=True)]


def _named(case: Case, outputs: Sequence[Data | None]) -> dict[str, Data]:
    pairs = zip(case.program.launch.arguments, outputs, strict=True)
    return {name: part for a, data in pairs if data is not None for name, part in leaves(a, data)}


def contradiction(stored: Tensor, results: Mapping[str, Data]) -> str:
    """What is wrong with a stored output, given what Warp computes; empty where it is within its bounds."""
    want = np.array(stored["floats"] if stored["integers"] is None else stored["integers"])
    got, bounds = results[stored["name"]].ravel(), np.array(stored["bounds"])
    with np.errstate(all="ignore"):
        got = got.astype(want.dtype)
        near = (want == got) | (np.isnan(want) & np.isnan(got)) | (np.abs(want - got) <= bounds) | np.isposinf(bounds)
    if near.all():
        return ""
    place = int(np.argmin(near))
    return f"{stored['name']} gives {got[place]}, and {want[place]} is stored (within {bounds[place]:.1e})"


def launches(program: Program, seed: int) -> Case:
    """A program with the inputs of its launches, each drawn by another recipe from a seed of its own."""
    case = make_case(program, seed, RECIPES[:1])
    more = (tuple(inputs(case.program, seed + (n << 48), recipe)) for n, recipe in enumerate(RECIPES[1:], 1))
    return replace(case, sets=(*case.sets, *more), graded=len(RECIPES))


def known_defects(program: Program) -> list[str]:
    """Names of the known defects of Warp that the program may run into, whatever its inputs; see ``fuzz/findings``."""
    tree = parsed(program.source)
    return [known.name for known in KNOWN if not known.documented and known.matches(tree)]


def _verdict(oracle: str, judgement: Judgement | None) -> dict[str, str | None]:
    if judgement is None:
        return {f"{oracle}_verdict": None, f"{oracle}_reason": None}
    reason = None if judgement.verdict is Verdict.AGREE else judgement.said or str(judgement.stage)
    return {f"{oracle}_verdict": judgement.verdict.value, f"{oracle}_reason": reason}


def executions(case: Case, outcomes: Sequence[Outcome | Exception]) -> list[dict[str, Any]]:
    """The launches that show something, as values of the column ``executions``.

    An output that is the same in all launches shows nothing, whatever it is, and one of which the reference knows
    nothing neither; nor does a gradient that is zero or unknown everywhere. They are left out, and a launch without
    any output is, too.
    """
    defined = [(i, outcome) for i, outcome in enumerate(outcomes) if isinstance(outcome, Outcome)]
    changed = _changed(case, defined)
    arguments = case.program.launch.arguments
    found = []
    for index, outcome in defined:
        outputs = [t for t in _tensors(arguments, outcome.values, outcome.errors) if t["name"] in changed and _known(t)]
        if not outputs:
            continue
        gradients = _tensors(arguments, outcome.gradients, outcome.gradient_errors)
        written = [a.written for a in arguments]
        adjoints = [adjoint if w else None for adjoint, w in zip(case.adjoints, written, strict=True)]
        found.append(
            {
                "recipe": RECIPES[index],
                "dims": [list(step.dim) for step in case.program.steps],
                "inputs": _tensors(arguments, case.sets[index], None),
                "outputs": outputs,
                "adjoints": _tensors(arguments, adjoints, None),
                "gradients": [t for t in gradients if _known(t) and any(t["floats"] or ())],
            }
        )
    return found


def _tensors(
    arguments: Sequence[Argument], data: Sequence[Data | None] | None, bounds: Sequence[Data | None] | None
) -> list[Tensor]:
    found: list[Tensor] = []
    for index, argument in enumerate(arguments):
        part = None if data is None else data[index]
        if part is not None:
            found += tensor(argument, part, None if bounds is None else bounds[index])
    return found


def _known(t: Tensor) -> bool:
    return any(bound < np.inf for bound in t["bounds"])


@dataclass(frozen=True)
class _Seen:
    """An output of a launch: what it held before and afterwards, and how far it may be off."""

    before: Data
    after: Data
    bounds: Data

    def differs(self, other: _Seen) -> bool:
        """Whether a number is not the same as in another launch, for certain, and neither is what was added to it."""
        with np.errstate(all="ignore"):
            slack = self.bounds + other.bounds
            apart = _apart(self.after, other.after, slack)
            if self.after.dtype.kind == "f":
                size = sum(np.abs(x.astype(np.float64)) for x in (self.before, self.after, other.before, other.after))
                slack = slack + 2 * np.finfo(self.after.dtype).eps * size  # an addition rounds
            return bool((apart & _apart(self.added, other.added, slack)).any())

    @property
    def added(self) -> Data:
        if self.after.dtype.kind == "b":
            return self.after ^ self.before
        if self.after.dtype.kind == "f":
            return self.after.astype(np.float64) - self.before.astype(np.float64)
        return self.after - self.before  # of their type: they wrap as sums do


def _apart(one: Data, other: Data, slack: Data) -> Data:
    distance = np.abs(one.astype(np.float64) - other.astype(np.float64))
    return np.asarray((one != other) & np.isfinite(distance) & (distance > slack))


def _changed(case: Case, launched: Sequence[tuple[int, Outcome]]) -> set[str]:
    """Names of the outputs that inputs change.

    That an array holds something else is not enough: what nobody touched does, and so does what a constant was added
    to. The difference from what it held before must change, too.
    """
    seen: dict[str, list[_Seen]] = {}
    for index, outcome in launched:
        arguments = zip(case.program.launch.arguments, case.sets[index], outcome.values, outcome.errors, strict=True)
        for argument, data, values, errors in arguments:
            if argument.written and values is not None and errors is not None:
                before, bounds = dict(leaves(argument, data)), dict(leaves(argument, errors))
                for name, part in leaves(argument, values):
                    if name in bounds:
                        seen.setdefault(name, []).append(_Seen(before[name], part, bounds[name]))
    return {name for name, some in seen.items() if any(a.differs(b) for a, b in combinations(some, 2))}
