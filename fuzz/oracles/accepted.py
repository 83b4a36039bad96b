"""Every program is well typed, and Warp takes it: the checker, the code generator, and both native compilers."""

from __future__ import annotations

from collections.abc import Sequence

from warpsmith import ir
from warpsmith.errors import CodegenError, CompileError
from warpsmith.fuzz.case import Case
from warpsmith.fuzz.judgement import Judgement, Verdict
from warpsmith.fuzz.lab import Lab
from warpsmith.ir import load
from warpsmith.synthesizer.check import check

NAME = "accepted"

_ABSENT = (
    *("Couldn't find function overload", "has no attribute", "Could not find function"),
    "not supported in kernels",
)
"""What another release says of a builtin, of a signature, or of a statement, that it has not got."""


def accepted(cases: Sequence[Case], lab: Lab) -> list[Judgement]:
    """A program that is refused anywhere, crashes or does not end disagrees; the stage says where."""
    lab.run(cases)  # together; below they would be compiled one by one
    return [_judge(case, lab) for case in cases]


def _judge(case: Case, lab: Lab) -> Judgement:
    report = check(case.program.module)
    if report.diagnostics:
        return Judgement(NAME, Verdict.DISAGREE, "check", str(report.diagnostics[0]))
    failure = lab.run([case])[0].failure
    if failure is not None and lab.elsewhere and any(words in failure.message for words in _ABSENT):
        return Judgement(NAME, Verdict.INCONCLUSIVE, message="not in that release")
    if failure is not None:
        return Judgement(NAME, Verdict.DISAGREE, failure.stage, failure.message)
    return Judgement(NAME, Verdict.AGREE)


def accepted_by_cuda(cases: Sequence[Case], lab: Lab) -> list[Judgement]:
    """NVRTC takes what Warp generates for CUDA, forward and backward."""
    return [_compile(case) for case in cases]


def _compile(case: Case) -> Judgement:
    loaded = load(case.program.source)
    try:
        ir.capture(loaded.kernels[case.program.entry], levels=("ptx",))
    except (CodegenError, CompileError) as error:
        stage = "codegen" if isinstance(error, CodegenError) else "nvrtc"
        return Judgement("cuda", Verdict.DISAGREE, stage, str(error))
    finally:
        loaded.unload()
    return Judgement("cuda", Verdict.AGREE)
