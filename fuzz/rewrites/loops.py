"""Rewrites of loops: peeled, split, nested, counted by hand, with bounds that Warp knows or does not."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import libcst as cst
import warp as wp

from warpsmith.fuzz.rewrites.flow import Flow, jumps
from warpsmith.fuzz.rewrites.rewriter import Location, Rewriter, first
from warpsmith.grammar import spell
from warpsmith.grammar.exceptions import HEAVY
from warpsmith.grammar.program import Program
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.synthesizer.reading import last_name, walk

UNROLLED = 16
"""Trips of a loop that Warp unrolls, at most."""
_COPIES = 120
"""Statements that unrolling may make of one loop."""

Attempt = Callable[[Rewriter, Flow, Location, Any, Random], "Program | None"]


def _loops(program: Program, random: Random, kind: type[cst.CSTNode], attempt: Attempt) -> Program | None:
    rewriter = Rewriter(program)
    sites = [p for p in rewriter.locations() if isinstance(p.statement, kind)]
    return first(sites, random, lambda p: attempt(rewriter, Flow(rewriter, p.function), p, p.statement, random))


def _literal(node: cst.BaseExpression) -> int | None:
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        inner = _literal(node.expression)
        return None if inner is None else -inner
    return node.evaluated_value if isinstance(node, cst.Integer) else None


def _bounds(loop: cst.For) -> tuple[Expr, Expr, int] | None:
    """Start, stop and step of a loop over a range whose step is a literal."""
    call = loop.iter
    if not (isinstance(call, cst.Call) and last_name(call.func) == "range") or any(a.keyword for a in call.args):
        return None
    values = [a.value for a in call.args]
    step = _literal(values[2]) if len(values) == 3 else 1
    if not step:
        return None
    return (spell.integer(0), values[0], step) if len(values) == 1 else (values[0], values[1], step)


def _constants(loop: cst.For) -> range | None:
    """The range that a loop runs over, if its bounds are literals; reversed ones come as what they run over."""
    call = loop.iter
    if isinstance(call, cst.Call) and last_name(call.func) == "reversed":
        inner = _constants(loop.with_changes(iter=call.args[0].value))
        return None if inner is None else inner[::-1]
    found = _bounds(loop)
    if found is None:
        return None
    start, stop = _literal(found[0]), _literal(found[1])
    return None if start is None or stop is None else range(start, stop, found[2])


def _over(loop: cst.For, *bounds: Expr) -> Stmt:
    return loop.with_changes(iter=spell.call("range", *bounds))


def _over_range(loop: cst.For, values: range) -> Stmt:
    numbers = (values.start, values.stop, values.step)
    if values.step == 1:
        numbers = numbers[:2] if values.start else numbers[1:2]  # type: ignore[assignment]
    return _over(loop, *map(spell.integer, numbers))


def _counter_is_its_own(flow: Flow, location: Location, loop: cst.For) -> bool:
    """Whether nothing else knows the loop's variable, and the body does not change it."""
    counter = loop.target.value if isinstance(loop.target, cst.Name) else ""
    return bool(counter) and counter not in flow.later(location) | flow.summary(loop.body.body).assigned


def _may_unroll(loop: cst.For | cst.While, trips: int) -> bool:
    """Whether Warp unrolls a loop of so many trips, and native compilers take the result in reasonable time."""
    inner = list(walk(loop.body))
    heavy = any(isinstance(n, cst.Call) and last_name(n.func) in HEAVY for n in inner)
    count = sum(isinstance(n, (cst.SimpleStatementLine, cst.BaseCompoundStatement)) for n in inner)
    return not jumps(loop.body, cst.Break) and not heavy and trips * count <= _COPIES


# --- cut up -----------------------------------------------------------------------------------------------------------


def peel(program: Program, random: Random) -> Program | None:
    """The first trip of a loop stands before it."""

    def attempt(rewriter: Rewriter, flow: Flow, location: Location, loop: Any, random: Random) -> Program | None:
        if jumps(loop.body, cst.Break, cst.Continue):
            return None
        body = list(loop.body.body)
        if isinstance(loop, cst.While):
            if not flow.effects(loop.test).none:
                return None  # where there is no trip, the condition is evaluated twice
            return rewriter.with_statements(location, [spell.branch([(loop.test, body)], None), loop])
        values = _constants(loop)
        if not values or not _counter_is_its_own(flow, location, loop):
            return None
        first_value = spell.assign(loop.target, spell.call("int", spell.integer(values[0])))
        rest = [_over_range(loop, values[1:])] if len(values) > 1 else []
        return rewriter.with_statements(location, [first_value, *body, *rest])

    return _loops(program, random, (cst.For, cst.While), attempt)  # type: ignore[arg-type]


def split(program: Program, random: Random) -> Program | None:
    """A loop over a range becomes one over its beginning and one over the rest."""

    def attempt(rewriter: Rewriter, flow: Flow, location: Location, loop: cst.For, random: Random) -> Program | None:
        if jumps(loop.body, cst.Break) or not _counter_is_its_own(flow, location, loop):
            return None
        values = _constants(loop)
        if values is not None:
            if len(values) < 2:
                return None
            cut = random.randrange(1, len(values))
            parts = [_over_range(loop, values[:cut]), _over_range(loop, values[cut:])]
            return rewriter.with_statements(location, parts)
        start, stop, step = _bounds(loop) or (None, None, 0)
        low = None if start is None else _literal(start)
        if start is None or stop is None or low is None or step != 1:
            return None
        limit, middle = spell.name(rewriter.fresh("limit")), spell.name(rewriter.fresh("middle"))
        least = spell.call("wp.min", limit, spell.integer(low + random.randint(1, 4)))
        before = [spell.assign(limit, spell.call("int", stop)), spell.assign(middle, least)]
        return rewriter.with_statements(location, [*before, _over(loop, start, middle), _over(loop, middle, limit)])

    return _loops(program, random, cst.For, attempt)


def nest(program: Program, random: Random) -> Program | None:
    """A loop over a constant range becomes two, one in the other, which Warp unrolls."""

    def attempt(rewriter: Rewriter, flow: Flow, location: Location, loop: cst.For, random: Random) -> Program | None:
        values = _constants(loop)
        if values is None or jumps(loop.body, cst.Break) or not _may_unroll(loop, len(values)):
            return None
        factors = [n for n in range(2, UNROLLED + 1) if len(values) % n == 0 and 1 < len(values) // n <= UNROLLED]
        if not factors or not _counter_is_its_own(flow, location, loop):
            return None
        inner = random.choice(factors)
        row, column = spell.name(rewriter.fresh("row")), spell.name(rewriter.fresh("column"))
        trip = spell.binary("+", spell.binary("*", row, spell.integer(inner)), column)
        value = spell.binary("+", spell.integer(values.start), spell.binary("*", trip, spell.integer(values.step)))
        body = [spell.assign(loop.target, value), *loop.body.body]
        within = spell.for_loop(column.value, spell.call("range", spell.integer(inner)), body)
        outer = spell.call("range", spell.integer(len(values) // inner))
        return rewriter.with_statements(location, [spell.for_loop(row.value, outer, [within])])

    return _loops(program, random, cst.For, attempt)


# --- counted another way ----------------------------------------------------------------------------------------------


def unknown_bound(program: Program, random: Random) -> Program | None:
    """A loop over a constant range gets a bound that Warp does not know, so that it is not unrolled."""

    def attempt(rewriter: Rewriter, flow: Flow, location: Location, loop: cst.For, random: Random) -> Program | None:
        values = _constants(loop)
        if not values or not _counter_is_its_own(flow, location, loop):
            return None
        bounds = [values.start, values.stop, values.step]
        hidden = random.choice((0, 1))
        bound = spell.name(rewriter.fresh("bound"))
        given = [bound if i == hidden else spell.integer(b) for i, b in enumerate(bounds)]
        if bounds[2] == 1:
            given.pop()
        before = spell.assign(bound, spell.call("int", spell.integer(bounds[hidden])))
        return rewriter.with_statements(location, [before, _over(loop, *given)])

    return _loops(program, random, cst.For, attempt)


def while_loop(program: Program, random: Random) -> Program | None:
    """A loop over a range becomes one that counts by hand."""

    def attempt(rewriter: Rewriter, flow: Flow, location: Location, loop: cst.For, random: Random) -> Program | None:
        values, bounds = _constants(loop), _bounds(loop)
        if not _counter_is_its_own(flow, location, loop) or (values is None and bounds is None):
            return None
        if values is not None:
            start, stop, step = spell.integer(values.start), spell.integer(values.stop), values.step
        else:
            assert bounds is not None
            start, stop, step = bounds
        following, limit = spell.name(rewriter.fresh("following")), spell.name(rewriter.fresh("limit"))
        before = [spell.assign(following, spell.call("int", start)), spell.assign(limit, spell.call("int", stop))]
        test = spell.compare(following, ("<" if step > 0 else ">", limit))
        # Counted before anything may skip the rest of the trip.
        count = [spell.assign(loop.target, following), spell.augment(following, "+", spell.integer(step))]
        return rewriter.with_statements(location, [*before, spell.while_loop(test, [*count, *loop.body.body])])

    return _loops(program, random, cst.For, attempt)


def for_loop(program: Program, random: Random) -> Program | None:
    """A while loop that counts its trips becomes one over a range, unrolled where that can be."""

    def attempt(rewriter: Rewriter, flow: Flow, location: Location, loop: cst.While, random: Random) -> Program | None:
        counted = _counted(flow, location, loop)
        if counted is None:
            return None
        trips, rest = counted
        body = list(loop.body.body)
        if rest is not None:
            if rewriter.type_of(location, rest) is not wp.bool:
                return None
            body.insert(0, spell.branch([(spell.unary("not", rest), [spell.BREAK])], None))
        elif not _may_unroll(loop, trips):
            return None
        made = spell.for_loop(rewriter.fresh("turn"), spell.call("range", spell.integer(trips)), body)  # type: ignore[arg-type]
        return rewriter.with_statements(location, [made])

    return _loops(program, random, cst.While, attempt)


def _counted(flow: Flow, location: Location, loop: cst.While) -> tuple[int, Expr | None] | None:
    """Trips of ``x = int(a)``, ``while x < b and rest:``, ``x += 1``, and the rest of the condition."""
    test: Expr = loop.test
    rest: Expr | None = None
    if isinstance(loop.test, cst.BooleanOperation) and isinstance(loop.test.operator, cst.And):
        test, rest = loop.test.left, loop.test.right
    before = location.block.body[location.index - 1] if location.index else None
    head = loop.body.body[0]
    if not (isinstance(test, cst.Comparison) and len(test.comparisons) == 1 and isinstance(test.left, cst.Name)):
        return None
    target, counter = test.comparisons[0], test.left.value
    start, stop = _set_to(before, counter), _literal(target.comparator)
    if start is None or stop is None or not isinstance(target.operator, cst.LessThan) or not _is_step(head, counter):
        return None
    if counter in flow.summary(loop.body.body[1:]).assigned:
        return None
    return max(0, stop - start), rest


def _set_to(line: Any, counter: str) -> int | None:
    """The literal in ``counter = int(literal)``."""
    code = cst.Module([]).code_for_node(line).strip() if isinstance(line, cst.SimpleStatementLine) else ""
    head, _, number = code.rstrip(")").partition(" = int(")
    return int(number) if head == counter and number.lstrip("-").isdigit() else None


def _is_step(line: Any, counter: str) -> bool:
    """Whether the statement is ``counter += 1``."""
    return isinstance(line, cst.SimpleStatementLine) and (
        cst.Module([]).code_for_node(line).strip() == f"{counter} += 1"
    )
