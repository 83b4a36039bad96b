"""Branches: ``if``, ``elif``, ``else``."""

from __future__ import annotations

from warpsmith.grammar import spell, unread
from warpsmith.grammar.blocks import may_nest, nested
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.constructs import assign
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr, Stmt


def _branch(body: Body, budget: int) -> list[Stmt]:
    bound = _bound(body) if body.chooser.chance(25) else None
    before = unread.ensure_accumulator(body)
    arms = body.chooser.choose((1, 2, 3), (70, 22, 8))
    share = max(1, body.chooser.integer(1, max(1, min(budget - 1, 12))) // arms)
    if bound is not None and body.chooser.chance(30):
        share = 0  # a choice between values, and nothing else
    drawn: list[tuple[Expr, list[Stmt]]] = []
    left: set[Variable] = set()  # what some way through the branch leaves unread
    for _ in range(arms):
        test = body.condition(2)  # what a test reads is read on every way from here on
        drawn.append((test, _arm(body, share, left, bound)))
    otherwise = None
    if bound is not None or body.chooser.chance(45):
        otherwise = _arm(body, share, left, bound)
    for variable in body.scope.visible():
        variable.unread = variable.unread or variable in left
    if bound is not None:
        body.scope.add(bound)
    return [*before, spell.branch(drawn, otherwise)]


def _bound(body: Body) -> Variable:
    """A variable that no arm sees and every arm binds."""
    body.used.add("bound in every arm")
    t = assign.wanted_type(body)
    if not unread.addable(t):
        t = body.chooser.choose([t for t in body.palette.types if unread.addable(t)])
    return body.variable(t)


def _arm(body: Body, budget: int, left: set[Variable], bound: Variable | None) -> list[Stmt]:
    """One arm: it adds to ``left`` what it leaves unread, and what it reads stays unread for the other arms."""
    entry = [(v, v.unread) for v in body.scope.visible()]
    statements = nested(body, budget, bound)
    left.update(v for v, _ in entry if v.unread)
    for variable, before in entry:
        variable.unread = before
    return statements


BRANCH = Construct("branch", _branch, weight=9, fits=may_nest)
