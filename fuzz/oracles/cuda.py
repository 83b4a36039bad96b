"""NVRTC takes what Warp generates for CUDA, forward and backward."""

from __future__ import annotations

from collections.abc import Sequence

from warpsmith import ir
from warpsmith.errors import CodegenError, CompileError
from warpsmith.fuzz.session import Session
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.family import launched
from warpsmith.synthesizer.harness import Oracle
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict


def cuda(cases: Sequence[Case], session: Session) -> list[Judgement]:
    """A program that the code generator or NVRTC refuses disagrees. Nothing is launched, so no GPU is needed."""
    return [_compile(case) for case in cases]


def _compile(case: Case) -> Judgement:
    loaded = ir.load(case.program.source)
    try:
        ir.capture(launched(case.program, loaded), levels=("ptx",))
    except (CodegenError, CompileError) as error:
        stage = Stage.CODEGEN if isinstance(error, CodegenError) else Stage.NVRTC
        return Judgement("cuda", Verdict.DISAGREE, stage, str(error))
    finally:
        loaded.unload()
    return Judgement("cuda", Verdict.AGREE)


ORACLE = Oracle("cuda", cuda, every=16, elsewhere=False, executes=False)
