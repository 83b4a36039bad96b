"""Every program is well typed, and Warp takes it: the checker, the code generator, and the CPU's compiler."""

from __future__ import annotations

from collections.abc import Sequence

from warpsmith.fuzz.session import Session
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.check import check
from warpsmith.synthesizer.harness import Oracle
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict

_ABSENT = (
    *("Couldn't find function overload", "has no attribute", "Could not find function"),
    "not supported in kernels",
)
"""What another release says of a builtin, of a signature, or of a statement, that it has not got."""


def accepted(cases: Sequence[Case], session: Session) -> list[Judgement]:
    """A program that is refused anywhere, crashes or does not end disagrees; the stage says where."""
    session.run(cases)  # together; below they would be compiled one by one
    return [_judge(case, session) for case in cases]


def _judge(case: Case, session: Session) -> Judgement:
    report = check(case.program.module)
    if report.diagnostics:
        return Judgement("accepted", Verdict.DISAGREE, Stage.CHECK, str(report.diagnostics[0]))
    failure = session.run([case])[0].failure
    if failure is not None and session.elsewhere and any(words in failure.message for words in _ABSENT):
        return Judgement("accepted", Verdict.INCONCLUSIVE, message="not in that release")
    if failure is not None:
        return Judgement("accepted", Verdict.DISAGREE, Stage(failure.stage), failure.message)
    return Judgement("accepted", Verdict.AGREE)


ORACLE = Oracle("accepted", accepted)
