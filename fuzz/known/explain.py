"""Which known defect a disagreement comes from, if any: the one without whose sites it is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import partial

from warpsmith.errors import UndefinedError
from warpsmith.fuzz.known.known import Known
from warpsmith.fuzz.known.table import KNOWN
from warpsmith.fuzz.oracles.rewrites import rewritten
from warpsmith.fuzz.session import Session
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict
from warpsmith.synthesizer.reference import UNKNOWN_INDEX, UNKNOWN_PATH, UNSURE_PATHS, Outcome, Site
from warpsmith.synthesizer.reference.run.tree import parsed

Judge = Callable[[Sequence[Case], Session], Sequence[Judgement | None]]
"""An oracle's."""


def explanation(judgement: Judgement, case: Case, session: Session, judge: Judge) -> str:
    """The names of the known defects that explain a disagreement, joined by " + "; ``""`` where they do not.

    That a program has what sets a defect off is not enough: the oracle looks once more, against a reference that knows
    nothing of the sites that the defect affects. If it still disagrees, something else is wrong as well. Where the
    program crashes, the defect must leave an index open, and where it does not end, or where the backward pass is what
    crashes, the path through the program; or that path depends on rounding, so that the sites may be reached or not.
    Where it is not even compiled, the predicate alone tells.
    """
    if judgement.oracle == "rewrites" and judgement.stage in _OPEN:
        case = rewritten(case)[1] or case  # which is what did not end well
    tree = parsed(case.program.source)
    suspects = [known for known in KNOWN if known.explains(judgement, tree)]
    for known in suspects:
        if not known.runs or _gone(judgement, [known], case, session, judge):
            return known.name
    if len(suspects) < 2 or not _gone(judgement, suspects, case, session, judge):
        return ""
    needed = suspects
    for known in suspects:
        others = [other for other in needed if other is not known]
        if others and _gone(judgement, others, case, session, judge):
            needed = others
    return " + ".join(known.name for known in needed)


def may_write_out_of_bounds(case: Case, session: Session, oracle: str = "accepted") -> bool:
    """Whether a known defect may leave an index of the case open, so that it writes anywhere in its process.

    Args:
        case: the case.
        session: the session.
        oracle: who has it run: an optimised program may do so where others do not.
    """
    tree = parsed(case.program.source)
    for known in KNOWN:
        crashes = not {("accepted", Stage.CRASH), (oracle, Stage.CRASH)}.isdisjoint(known.symptoms)
        if known.runs and crashes and known.matches(tree):
            with session.reference.without(partial(unknown_sites, suspects=[known])):
                if any(_is_open(outcome, {UNKNOWN_INDEX}) for outcome in session.reference([case])[0]):
                    return True
    return False


def unknown_sites(program: Program, suspects: Iterable[Known]) -> tuple[Site, ...]:
    """The sites of a program that the defects affect."""
    tree = parsed(program.source)
    return tuple(site for known in suspects if known.runs for site in known.sites(tree))


def _gone(judgement: Judgement, suspects: Sequence[Known], case: Case, session: Session, judge: Judge) -> bool:
    """Whether the oracle has nothing to say against the case once nothing is known of the defects' sites."""
    with session.reference.without(partial(unknown_sites, suspects=suspects)):
        if judgement.stage in _OPEN:
            backward = all(known.ends for known in suspects)
            open_ = {UNKNOWN_PATH if backward else _OPEN[judgement.stage], *UNSURE_PATHS}
            return any(_is_open(outcome, open_) for outcome in session.reference([case])[0])
        again = judge([case], session)[0]
    return again is None or again.verdict is not Verdict.DISAGREE


_OPEN = {Stage.CRASH: UNKNOWN_INDEX, Stage.TIMEOUT: UNKNOWN_PATH}
"""What a defect must leave open to have a program end, or not end, so."""


def _is_open(outcome: Outcome | UndefinedError, reasons: AbstractSet[str]) -> bool:
    return isinstance(outcome, UndefinedError) or not reasons.isdisjoint(outcome.reasons)
