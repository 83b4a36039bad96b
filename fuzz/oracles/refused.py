"""Warp refuses programs that are ill typed or without a meaning: mutants of programs that it accepts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import warp as wp

from warpsmith import ir
from warpsmith.errors import CodegenError, CompileError
from warpsmith.fuzz.mutants import MUTATIONS, Mutant, mutants
from warpsmith.fuzz.session import Session
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.family import launched
from warpsmith.synthesizer.harness import Evidence, Oracle
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict


def refused(cases: Sequence[Case], session: Session) -> list[Judgement | None]:
    """An ill-typed or meaningless mutant raises; one mutant of each program is tried.

    Kinds of which it is known that this release accepts them are left out; ``tests/fuzz/test_mutants.py`` holds that
    it does.
    """
    return [_refused(case) for case in cases]


def mutant_of(case: Case) -> Mutant | None:
    """The mutant that is tried: the first, in an order that the case's number decides, so that shrinking keeps it."""
    found = mutants(case.program, random.Random(case.number))
    return next((m for m in found if MUTATIONS[m.kind].accepted_by != wp.__version__), None)


def _refused(case: Case) -> Judgement | None:
    mutant = mutant_of(case)
    if mutant is None:
        return None
    try:
        loaded = ir.load(mutant.program.source)
    except Exception:  # noqa: BLE001  # decorators of Warp raise what they like, and raising is what is asked for
        return Judgement("refused", Verdict.AGREE, message=mutant.kind)
    try:
        ir.capture(launched(mutant.program, loaded), levels=("adjoint",))
        ir.capture(launched(mutant.program, loaded), levels=("llvm",))  # what Clang refuses raises as well
    except (CodegenError, CompileError):
        return Judgement("refused", Verdict.AGREE, message=mutant.kind)
    finally:
        loaded.unload()
    return Judgement("refused", Verdict.DISAGREE, Stage.ACCEPTED, mutant.kind)


def _as_mutated(evidence: Evidence) -> Evidence:
    """What Warp should have refused is the mutant; the sound program is the nearest that works."""
    case, mutant = evidence.case, mutant_of(evidence.case)
    if mutant is None:
        return evidence
    return Evidence(replace(case, program=mutant.program), evidence.judgement, neighbour=case.program.source)


ORACLE = Oracle("refused", refused, elsewhere=False, executes=False, shown=_as_mutated)
