"""Which known defect a disagreement comes from, if any: the one without whose operations it is gone."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from fuzz.case import Case
from fuzz.judgement import Judgement, Verdict
from fuzz.known.known import Known
from fuzz.known.table import TABLE
from fuzz.lab import Lab

Judge = Callable[[Sequence[Case], Lab], Sequence[Judgement | None]]
"""An oracle's."""


def explanation(judgement: Judgement, case: Case, lab: Lab, judge: Judge) -> str:
    """The names of the known defects that explain a disagreement, joined by " + "; ``""`` where they do not.

    That a program has what sets a defect off is not enough: the oracle looks once more, against a reference that knows
    nothing of what the defect's operations yield. If it still disagrees, something else is wrong as well. Where a
    program does not run, there is nothing to look at: the predicate alone tells.
    """
    tree = ast.parse(case.program.source)
    suspects = [known for known in TABLE if known.explains(judgement, tree)]
    for known in suspects:
        if not known.doubts or _gone([known], case, lab, judge):
            return known.name
    return (
        " + ".join(known.name for known in suspects) if len(suspects) > 1 and _gone(suspects, case, lab, judge) else ""
    )


def _gone(suspects: Sequence[Known], case: Case, lab: Lab, judge: Judge) -> bool:
    """Whether the oracle has nothing to say against the case once the defects' operations are in doubt."""
    with lab.doubting(tuple(doubt for known in suspects for doubt in known.doubts)):
        again = judge([case], lab)[0]
    return again is None or again.verdict is not Verdict.DISAGREE
