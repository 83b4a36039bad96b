"""Sequences of statements, and what becomes of the values at the end of a block."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from warpsmith.grammar import spell, unread
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Stmt

_MAX_DEPTH = 3


def block(body: Body, budget: int, required: Sequence[Construct] = ()) -> list[Stmt]:
    """A sequence of statements of about ``budget`` lines.

    Args:
        body: what it is drawn in.
        budget: how many lines to spend.
        required: constructs that must occur, spread over the sequence.
    """
    due = list(required)
    statements: list[Stmt] = []
    spent = 0
    while (spent < budget and not body.exhausted) or due:
        left = budget - spent
        if due and (left <= 0 or body.exhausted or body.chooser.chance(min(100, 100 * len(due) // left))):
            construct = due.pop(0)
        else:
            fitting = [c for c in body.constructs if c.fits(body, left) and body.affords(c.name)]
            construct = body.chooser.choose(fitting, [c.weight for c in fitting])
        body.spend(construct.name)
        drawn = construct.draw(body, max(1, left))
        body.used.add(construct.name)
        statements += drawn
        spent += max(1, line_count(drawn))
    return statements


def nested(body: Body, budget: int, bound: Variable | None = None) -> list[Stmt]:
    """A nested block, and whatever it takes so that its values are not lost at its end.

    Args:
        body: what it is drawn in.
        budget: how many lines to spend.
        bound: a variable that it binds at its end, to what is unread by then.
    """
    body.scope.blocks.append([])
    body.depth += 1
    statements = block(body, budget)
    if bound is not None:
        value = unread.gather(body, bound.type, None)  # type: ignore[arg-type]
        statements.append(spell.assign(bound.node, body.nonconstant(bound.type, value)))  # type: ignore[arg-type]
    statements += unread.carry_all_out(body)
    body.depth -= 1
    body.scope.end_block()
    return statements


def may_nest(body: Body, budget: int) -> bool:
    """Whether another level of nesting is sensible here."""
    return body.depth < _MAX_DEPTH and budget >= 3


def line_count(statements: list[Stmt]) -> int:
    """How many source lines the statements take."""
    return sum(map(_lines_of, statements))


def _lines_of(node: Stmt) -> int:
    total = 1
    if isinstance(node, (cst.If, cst.For, cst.While)):
        total += line_count(node.body.body)  # type: ignore[arg-type]
        tail = node.orelse
        if isinstance(tail, cst.Else):
            total += 1 + line_count(tail.body.body)  # type: ignore[arg-type]
        elif isinstance(tail, cst.If):
            total += _lines_of(tail)
    return total
