"""Leaving early: ``return``, ``break`` and ``continue`` under a condition, at any depth, after a few statements."""

from __future__ import annotations

from collections.abc import Sequence

from warpsmith.grammar import spell, unread
from warpsmith.grammar.blocks import block
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.functions import KernelFunction
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr, Stmt

_MAX_DEPTH = 3
_MAX_LINES = 3


def _jumps(body: Body) -> list[str]:
    """How the present point may be left.

    A loop that Warp unrolls has no ``break``, and statements alone have no ``return``. Nothing returns from a dynamic
    loop: Warp 1.19 generates a backward pass for that which may not end (``fuzz/findings/return-from-a-dynamic-loop``).
    """
    ways: list[str] = []
    if body.loops:
        ways += ("continue", "break") if body.loops[-1].dynamic else ("continue",)
    if not body.in_dynamic_loop and (isinstance(body.function, KernelFunction) or body.function.results):
        ways.append("return")
    return ways


def _fits(body: Body, budget: int) -> bool:
    return body.depth < _MAX_DEPTH and budget >= 3 and bool(_jumps(body))


def _leave(body: Body, budget: int) -> list[Stmt]:
    """``if test: ...; return``, or ``break``, or ``continue``; whoever goes on finds unread what was unread before."""
    way = body.chooser.choose(_jumps(body))
    test = body.condition(2)
    entry = [(v, v.unread) for v in body.scope.visible()]
    body.scope.blocks.append([])
    body.depth += 1
    statements = block(body, body.chooser.integer(0, min(budget - 2, _MAX_LINES)))
    changed = [v for v, before in entry if v.unread and not before]
    statements += _jump(body, way, [*changed, *body.scope.unread()])
    body.depth -= 1
    body.scope.end_block()
    for variable, before in entry:
        variable.unread = before or variable.unread
    return [spell.branch([(test, statements)], None)]


def _jump(body: Body, way: str, variables: list[Variable]) -> list[Stmt]:
    """The jump, after what carries unread values to where it leads."""
    if way == "return" and not body.function.results:
        body.used.add("bare return")
        return [*unread.store(body, variables), spell.returns(None)]
    if way == "return":
        body.used.add("early return")
        return [spell.returns(results(body, variables))]
    body.used.add(way)
    out: list[Stmt] = []
    for variable in body.scope.unread():
        out += unread.carry_out(body, variable, body.loops[-1].blocks)
    return [*out, spell.CONTINUE if way == "continue" else spell.BREAK]


def early_return(body: Body) -> Stmt:
    """``if test: return ...``, of a function that has hardly begun."""
    body.used.add("early return")
    test = body.condition(1)
    values = [body.expr(t, 1) for t in body.function.results]
    return spell.branch([(test, [spell.returns(_tuple(values))])], None)


def results(body: Body, given: Sequence[Variable] | None = None) -> Expr:
    """The values returned: every unread value of the block, or those given, flow into the first that can take it."""
    variables = body.scope.unread() if given is None else list(given)
    first = next(i for i, t in enumerate(body.function.results) if unread.addable(t))
    values: list[Expr] = []
    for i, t in enumerate(body.function.results):
        if i == first:
            base = next((v for v in variables if v.type is t), None)
            rest = [v for v in variables if v is not base]
            values.append(unread.gather(body, t, body.read(base) if base is not None else None, rest))
        else:
            values.append(body.leaf(t))
    return _tuple(values)


def _tuple(values: list[Expr]) -> Expr:
    return values[0] if len(values) == 1 else spell.bare_tuple(values)


LEAVE = Construct("leave", _leave, weight=4, fits=_fits)
