"""Draws loops: over ranges, and those that count by themselves."""

from __future__ import annotations

from collections.abc import Callable

import warp as wp

from warpsmith.grammar import spell
from warpsmith.grammar.likely.flow import FlowWriter
from warpsmith.grammar.likely.scope import Drawn, LocalName
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import Rule, RuleContext
from warpsmith.grammar.spell import Stmt

TRIPS, MANY_TRIPS = Interval(1, 8), Interval(1, 32)
"""Where the ends of inner and of outer loops lie."""
_WHOLE, _ENDLESS = 30, 8
"""Percent of the counters that are bound anew, and of the loops that only a ``break`` ends."""


class LoopWriter(FlowWriter):
    """The loops of one function.

    Attributes:
        whiles: how many loops enclose the place that count by themselves.
    """

    whiles = 0
    _ended = False

    def _block(self, block: str, depth: int) -> list[Stmt]:
        """The statements of a block."""
        raise NotImplementedError

    def _for(self, rule: Rule, place: RuleContext, depth: int) -> tuple[Stmt, str]:
        limits: list[Drawn] = []
        for n, t in enumerate(rule.operands):
            left = limits[-1].head if limits else ""
            needs = self.limit(n, len(rule.operands))
            drawn = self.writer.draw(t, RuleContext((f"{rule.head}#{n}", *place.above[1:]), left), 0, needs)
            limits.append(self.writer.require(drawn, needs))
        v = self.loop(limits)
        body = self._block("for", depth + 1)
        self.leave(v)
        loop = spell.for_loop(v.name, spell.call("range", *(x.node for x in limits)), body)
        return loop, f"for={len(limits)}"

    def limit(self, number: int, count: int) -> Interval:
        """Where a limit of a range lies: its beginning, its end, its step."""
        if number == 2:
            return Interval(1, 8)
        if number == 0 and count > 1:
            return Interval(-8, 8)
        return TRIPS if self.writer.loops else MANY_TRIPS

    def loop(self, limits: list[Drawn]) -> LocalName:
        """Begins a loop; its variable."""
        v = self.builder.variable(wp.int32, "loop", self.writer.loops + 1)
        v.bounds = _trips(limits)
        self.writer.loops += 1
        self.writer.copies.append(_copies(limits))
        self.writer.variables.append(v)
        return v

    def leave(self, v: LocalName) -> None:
        """Ends the loop of that variable."""
        self.writer.loops -= 1
        self.writer.copies.pop()
        self.writer.variables = [o for o in self.writer.variables if o is not v]
        self._ended = False

    def _while(self, block: str, before: tuple[str, ...], depth: int) -> tuple[list[Stmt], str]:
        """A loop that counts by itself, so that it ends: nothing else binds its counter, nothing skips the count."""
        limit = self.writer.draw("int32", RuleContext(("cmp:Lt#1", "while#0", block), "name:local"), 0, TRIPS)
        limit = self.writer.require(limit, TRIPS)
        v = self.loop([limit])
        name, one = spell.name(v.name), spell.integer(1)
        self.whiles += 1
        body = self._block("while", depth + 1)
        self.whiles -= 1
        self.leave(v)
        if not body or body[-1] is not spell.BREAK:
            whole = self.chooser.chance(_WHOLE)
            body.append(spell.assign(name, spell.binary("+", name, one)) if whole else spell.augment(name, "+", one))
        start = spell.assign(name, spell.call("int", spell.integer(0)))
        if self.chooser.chance(_ENDLESS):
            leave = spell.branch([(spell.compare(name, (">=", limit.node)), [spell.BREAK])], None)
            return [start, spell.while_loop(spell.boolean_literal(True), [leave, *body])], "while"
        return [start, spell.while_loop(spell.compare(name, ("<", limit.node)), body)], "while"


def _copies(limits: list[Drawn]) -> int:
    """How often a loop's body is there once it is unrolled; in the backward pass of another, about twice."""
    trips = _trips(limits)()
    if trips is None or not all(x.head.startswith(("const:", "un:")) for x in limits):
        return 2
    return max(1, int(trips[1] - trips[0]) + 1)


def _trips(limits: list[Drawn]) -> Callable[[], tuple[float, float] | None]:
    """Where a loop's variable lies."""
    first = limits[0] if len(limits) > 1 else None
    end = limits[1] if len(limits) > 1 else limits[0]

    def bounds() -> tuple[float, float] | None:
        low, high = (0.0, 0.0) if first is None else first.bounds(), end.bounds()
        return None if low is None or high is None else (low[0], max(low[0], high[1] - 1))

    return bounds
