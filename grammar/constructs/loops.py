"""Loops: ``for`` over ranges, unrolled and dynamic, and bounded ``while``, with ``break`` and ``continue``.

Warp unrolls a loop over a ``range`` of literals, of at most 16 trips, without ``break``; every other loop is dynamic,
one over a ``reversed`` range among them. In a dynamic loop a name that is bound to a constant may not change.
"""

from __future__ import annotations

import warp as wp

from warpsmith.grammar import constants, spell, types, unread
from warpsmith.grammar.blocks import may_nest, nested
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.production import Interval
from warpsmith.grammar.scope import Loop, Variable
from warpsmith.grammar.spell import Expr, Stmt

_MAX_UNROLLED = 16  # trips that Warp unrolls
_MAX_COPIES = 8  # of a statement in nested unrolled loops
_COPY = 4_000  # tokens of a budget that each copy of an unrolled block is taken to need


def _counter(body: Body, bound: int, *, constant: bool) -> Variable:
    name = body.new_name(("i", "j", "c", "step"))
    return Variable(name, wp.int32, mutable=False, unread=True, bound=bound, constant=constant)


def _loop_block(body: Body, counter: Variable | None, budget: int, *, dynamic: bool, trips: int = 1) -> list[Stmt]:
    """The loop's block: it sees the counter, and may leave early or skip.

    Args:
        body: what it is drawn in.
        counter: the loop's variable, if it has one.
        budget: how many lines to spend.
        dynamic: whether Warp keeps it as a loop.
        trips: how often Warp repeats its block, if it unrolls the loop.
    """
    loop = Loop(dynamic, len(body.scope.blocks), trips)
    body.loops.append(loop)
    body.scope.blocks.append([counter] if counter is not None else [])
    share = max(1, body.chooser.integer(1, max(1, min(budget - 1, 12))))
    statements: list[Stmt] = []
    if body.chooser.chance(14):
        body.used.add("continue")
        statements.append(spell.branch([(body.condition(1), [spell.CONTINUE])], None))
    statements += nested(body, share)
    if dynamic and body.chooser.chance(16):
        body.used.add("break")
        statements.append(spell.branch([(body.condition(1), [spell.BREAK])], None))
    body.scope.end_block()
    body.loops.pop()
    for variable in loop.carried:
        body.mark_changed(variable)
    return statements


def _unrollable(body: Body, budget: int) -> bool:
    return may_nest(body, budget) and body.copies * 2 <= _most_copies(body)


def _most_copies(body: Body) -> int:
    """How often a statement may be repeated: as often as a few small ones leave something of a budget."""
    return _MAX_COPIES if body.budget is None else int(min(_MAX_COPIES, body.budget.left // _COPY))


def _static(body: Body, budget: int) -> list[Stmt]:
    """A loop over literal bounds: Warp unrolls it."""
    before = unread.ensure_accumulator(body)
    most = max(2, min(6, _most_copies(body) // body.copies))
    limits = [v for v in body.scope.of(wp.int32) if v.role == constants.ROLE and 2 < (v.bound or 0) <= most + 1]
    if limits and body.chooser.chance(60):
        limit = body.chooser.choose(limits)
        trips = (limit.bound or 1) - 1
        body.used.add("range constant")
        span, last = spell.call("range", limit.node), trips - 1
    else:
        trips = body.chooser.integer(2, most)
        span, last = _literal_range(body, trips)
    return [*before, unrolled(body, span, trips, budget, last)]


def unrolled(body: Body, span: Expr, trips: int, budget: int, last: int | None = None) -> Stmt:
    """A loop over a range of so many trips, which Warp unrolls; its counter reaches ``last``, if not one less."""
    counter = _counter(body, trips if last is None else last + 1, constant=True)
    block = _loop_block(body, counter, budget, dynamic=False, trips=trips)
    return spell.for_loop(counter.name, span, block)


def _literal_range(body: Body, trips: int) -> tuple[Expr, int]:
    """A range of that many trips, and the greatest value it takes; all of them are non-negative."""
    form = body.chooser.choose(("stop", "start", "step", "down"), (54, 20, 13, 13))
    body.used.add(f"range {form}")
    start = body.chooser.integer(1, 3)
    numbers = {
        "stop": (trips,),
        "start": (start, start + trips),
        "step": (start, start + 2 * trips, 2),
        "down": (trips - 1, -1, -1),
    }[form]
    span = spell.call("range", *map(spell.integer, numbers))
    values = range(*numbers)
    return span, max(values[0], values[-1])


def _dynamic(body: Body, budget: int) -> list[Stmt]:
    """A loop whose trip count the kernel computes, at most eight; or one that Warp does not unroll."""
    before = unread.ensure_accumulator(body)
    most = body.chooser.choose((4, 8, 3, 6))
    stop = _not_literal(body, body.within(wp.int32, Interval(1, most), 1))
    form = body.chooser.choose(("stop", "start", "step", "down", "long", "reversed"), (42, 14, 11, 12, 13, 8))
    body.used.add(f"range {form}")
    if form == "stop":
        span, last = spell.call("range", stop), most
    elif form == "start":
        span, last = spell.call("range", spell.integer(1), spell.binary("+", stop, spell.integer(1))), most + 1
    elif form == "step":
        span, last = spell.call("range", spell.integer(0), stop, spell.integer(2)), most
    elif form == "down":
        span, last = spell.call("range", stop, spell.integer(0), spell.integer(-1)), most + 1
    elif form == "reversed":
        bounds = (stop,) if body.chooser.chance(50) else (spell.integer(body.chooser.integer(1, 6)),)
        span, last = spell.call("reversed", spell.call("range", *bounds)), max(most, 6)
    else:  # more trips than Warp unrolls
        trips = body.chooser.integer(_MAX_UNROLLED + 1, 24)
        span, last = spell.call("range", spell.integer(trips)), trips
    counter = _counter(body, last, constant=False)
    block = _loop_block(body, counter, budget, dynamic=True)
    return [*before, spell.for_loop(counter.name, span, block)]


def _not_literal(body: Body, stop: Expr) -> Expr:
    """The trip count through a conversion, so that the loop is dynamic even if it is a literal."""
    return spell.call("int", stop)


def _while(body: Body, budget: int) -> list[Stmt]:
    """A loop that counts its trips before anything in it may skip, so that it ends."""
    before = unread.ensure_accumulator(body)
    counter = Variable(body.new_name(("it", "trip", "iter")), wp.int32, mutable=False, unread=False)
    body.scope.add(counter)
    most = body.chooser.integer(2, 8)
    test = spell.compare(counter.node, ("<", spell.integer(most)))
    if body.chooser.chance(50):
        body.used.add(types.signature("and", wp.bool, wp.bool))
        test = spell.boolean("and", test, body.condition(1))
    block = _loop_block(body, None, budget, dynamic=True)
    start = spell.assign(counter.node, spell.call("int", spell.integer(0)))
    count = spell.augment(counter.node, "+", spell.integer(1))
    return [*before, start, spell.while_loop(test, [count, *block])]


FOR_STATIC = Construct("for static", _static, weight=5, fits=_unrollable, covers=("range",))
FOR_DYNAMIC = Construct("for dynamic", _dynamic, weight=6, fits=may_nest, covers=("iter_next", "reversed"))
WHILE = Construct("while", _while, weight=4, fits=may_nest)
