"""Oracles that run nothing: the same text in a fresh process, and programs that Warp must refuse."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import zlib
from collections.abc import Sequence

import warp as wp

from warpsmith import ir
from warpsmith.errors import CodegenError, CompileError
from warpsmith.fuzz.case import Case
from warpsmith.fuzz.judgement import Judgement, Verdict
from warpsmith.fuzz.lab import Lab
from warpsmith.fuzz.mutants import MUTATIONS, Mutant, mutants

LEVELS = ("adjoint", "cpp", "cuda")


def digests(programs: Sequence[tuple[str, str]]) -> list[str]:
    """For each (source, kernel): one digest of everything that Warp generates for it, or how it refused."""
    answers = []
    for source, kernel in programs:
        loaded = ir.load(source)
        try:
            captured = ir.capture(loaded.kernels[kernel], levels=LEVELS)
            answers.append(" ".join(captured.levels[level].exact for level in LEVELS))
        except CodegenError as error:
            answers.append(str(error))
        finally:
            loaded.unload()
    return answers


def codegen(cases: Sequence[Case], lab: Lab) -> list[Judgement]:
    """A program gives the same code in a fresh process, under another seed of Python's string hashes."""
    programs = [(case.program.source, case.program.entry) for case in cases]
    here = digests(programs)
    elsewhere = subprocess.run(
        [sys.executable, "-m", "warpsmith.fuzz.oracles.text"],
        input=json.dumps(programs),
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": str(zlib.crc32(programs[0][0].encode()) % 1000 + 1)},
    ).stdout
    return [
        Judgement("codegen", Verdict.AGREE)
        if one == other
        else Judgement("codegen", Verdict.DISAGREE, "text", "another process generates other code")
        for one, other in zip(here, json.loads(elsewhere.splitlines()[-1]), strict=True)
    ]


def refused(cases: Sequence[Case], lab: Lab) -> list[Judgement | None]:
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
        ir.capture(loaded.kernels[mutant.program.entry], levels=("adjoint",))
        ir.capture(loaded.kernels[mutant.program.entry], levels=("llvm",))  # what Clang refuses raises as well
    except (CodegenError, CompileError):
        return Judgement("refused", Verdict.AGREE, message=mutant.kind)
    finally:
        loaded.unload()
    return Judgement("refused", Verdict.DISAGREE, "accepted", mutant.kind)


if __name__ == "__main__":
    print(json.dumps(digests(json.load(sys.stdin))))
