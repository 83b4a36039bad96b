"""Another process generates the same code. Run as a program, this module is that other process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Sequence

from warpsmith import ir
from warpsmith.errors import CodegenError
from warpsmith.fuzz.session import Session
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.harness import Oracle
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict

LEVELS = ("adjoint", "cpp", "cuda")


def codegen(cases: Sequence[Case], session: Session) -> list[Judgement]:
    """A program gives the same code in a fresh process, under another seed of Python's string hashes."""
    programs = [(c.program.source, [s.kernel for s in c.program.steps]) for c in cases]
    here = digests(programs)
    elsewhere = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(programs),
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONHASHSEED": str(zlib.crc32(programs[0][0].encode()) % 1000 + 1)},
    ).stdout
    return [
        Judgement("codegen", Verdict.AGREE)
        if one == other
        else Judgement("codegen", Verdict.DISAGREE, Stage.TEXT, "another process generates other code")
        for one, other in zip(here, json.loads(elsewhere.splitlines()[-1]), strict=True)
    ]


def digests(programs: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """For each (source, kernels): one digest of everything that Warp generates for it, or how it refused."""
    answers = []
    for source, kernels in programs:
        loaded = ir.load(source)
        try:
            captured = ir.capture(tuple(map(loaded.bound, kernels)), levels=LEVELS)
            answers.append(" ".join(captured.levels[level].exact for level in LEVELS))
        except CodegenError as error:
            answers.append(str(error))
        finally:
            loaded.unload()
    return answers


ORACLE = Oracle("codegen", codegen, every=16, elsewhere=False, executes=False)

if __name__ == "__main__":
    print(json.dumps(digests(json.load(sys.stdin))))
