"""Draws the statements of one function, block by block, as often as the profile says after what came before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.likely.needs import guardable
from warpsmith.grammar.likely.scope import Drawn, Kind, LocalName, TileForm, name_of, type_of
from warpsmith.grammar.likely.stores import StoreWriter
from warpsmith.grammar.likely.writer import Writer
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import END, Rule, RuleContext, statement_contexts
from warpsmith.grammar.spell import Stmt
from warpsmith.grammar.types import Array, Value

TRIPS, MANY_TRIPS = Interval(-64, 8), Interval(-64, 32)
"""Where the ends of inner and of outer loops lie."""
DEEPEST = 3
MOST = 60
"""Statements of the longest functions."""
ACCUMULATED = {
    "float32": ("float", (spell.floating(0.0),)),
    "int32": ("int", (spell.integer(0),)),
    "vec3f": ("wp.vec3", ()),
}
"""What loops add to, and what it starts from: a call, because Warp lets no loop change a literal."""
_CALLED: dict[Kind | None, str] = {wp.float32: "float", wp.int32: "int", wp.bool: "bool"}
_BRANCHES = ("if", "ifelse", "elif")
_JUMPS = ("return", "break", "continue")


class BodyWriter(StoreWriter):
    """The statements of one function.

    Args:
        writer: of its expressions.
        kind: ``kernel`` or ``func``.

    Attributes:
        results: types that a function returns.
    """

    def __init__(self, writer: Writer, kind: str) -> None:
        super().__init__(writer, kind)
        self.builder = writer.builder
        self.results: tuple[Value, ...] = ()
        self.count = 0
        self.whiles = 0
        self.hoisted: list[LocalName] = []
        self.pending: list[Stmt] = []
        sizes = {n: count for n, count in self.builder.profile.sizes.get(kind, {"8": 1}).items() if int(n) <= MOST}
        self.most = int(self.chooser.choose(list(sizes), list(sizes.values())))

    def kernel(self) -> list[Stmt]:
        """The body of a kernel; one that stores nothing stores something at its end."""
        statements = self._block("body", 0)
        for callee in self.builder.callees:
            if callee.name not in self.builder.called:
                statements += [self._call(callee.result), self._last_store()]
        if not any(v.mode not in ("", "read") for v in self.writer.variables):
            statements.append(self._last_store())
        return statements

    def function(self) -> list[Stmt]:
        """The body of a function, which ends with its result."""
        rules = self.builder.profile.rules.get("s0|body", {})
        returns = [r for text in rules if _one_value(r := Rule.parse(text))]
        weights = [rules[str(r)] for r in returns]
        chosen = self.chooser.choose(returns, weights).operands[0] if returns else "float32"
        self.results = (type_of(chosen),)  # type: ignore[assignment]
        statements = self._block("body", 0)
        if not statements or not self._ended:
            statements.append(self._return(("first",)))
        return statements

    # -- blocks --------------------------------------------------------------------------------------------------------

    def _block(self, block: str, depth: int, only: tuple[str, ...] = ()) -> list[Stmt]:
        """The statements of a block; what it declares is gone at its end."""
        declared = len(self.writer.variables) if depth else None
        before: tuple[str, ...] = ("first",)
        statements: list[Stmt] = []
        self._ended = False
        while True:
            known = self.writer.obtainable()
            first = before[0] == "first"
            rule = self.writer.choose(
                statement_contexts(self.kind, block, before),
                lambda r: self._feasible(r, block, depth, first, known, only),  # noqa: B023
            )
            if rule is None and first and block != "else":
                rule = Rule("new")
            if rule is None or rule.head == END:
                break
            self.count += 1
            if rule.head == "while":
                drawn, summary = self._while(block, before, depth)
            else:
                statement, summary = self._statement(rule, block, before, depth)
                drawn = [statement]
            if not depth:
                statements += self.pending
                self.pending.clear()
            statements += drawn
            before = (summary, *before)
            if rule.head in _JUMPS or only:
                self._ended = rule.head == "return"
                break
            self._ended = False
        if declared is not None:
            kept = [v for v in self.writer.variables[declared:] if v.origin == "param" or v in self.hoisted]
            self.writer.variables[declared:] = kept
        return statements

    def _feasible(
        self, rule: Rule, block: str, depth: int, first: bool, known: set[str], only: tuple[str, ...]
    ) -> bool:
        kind = rule.head.partition(":")[0]
        if only:
            return kind in only
        if kind == END:
            return not first or block == "else"
        if self.count >= self.most and not first:
            return False
        if kind == "tid":
            return self.kind == "kernel" and depth == 0 and first
        if kind in _BRANCHES or kind in ("for", "while"):
            return depth < DEEPEST and (kind in _BRANCHES or self.writer.loops < 2)
        if kind in ("break", "continue"):
            return self.writer.loops > 0 and block in ("if", "else") and not (kind == "continue" and self.whiles)
        if kind == "return":
            wanted = tuple(map(types.name, self.results))
            return rule.operands == wanted and (self.kind == "func" or depth > 0)
        if kind == "pass":
            return False
        if kind == "expr":
            return self.kind == "kernel"
        if not guardable(rule):
            return False
        if kind == "old" and rule.operands[0].startswith("tile"):
            return False
        if kind == "old" or rule.head.endswith(":name"):
            t = rule.operands[0]
            hoisted = kind == "aug" and self.writer.loops > 0 and t in ACCUMULATED
            return (hoisted or bool(self._rebindable(t))) and known.issuperset(rule.operands[1:])
        if kind in ("store", "aug"):
            return (self.kind == "kernel" or bool(self._vectors(rule.operands[0]))) and known.issuperset(rule.operands)
        return True

    # -- statements ----------------------------------------------------------------------------------------------------

    def _statement(self, rule: Rule, block: str, before: tuple[str, ...], depth: int) -> tuple[Stmt, str]:
        kind, _, what = rule.head.partition(":")
        place = RuleContext((f"{rule.head}#0", block, before[0]))
        if kind == "tid":
            return self._threads(int(what)), "tid"
        if kind in _BRANCHES:
            return self._branch(rule, place, depth)
        if kind == "for":
            return self._for(rule, place, depth)
        if kind == "return":
            return self._return(before) if self.kind == "func" else spell.returns(None), "return"
        if kind in ("break", "continue"):
            return (spell.BREAK if kind == "break" else spell.CONTINUE), kind
        if kind == "expr":
            return self._atomic(place)
        if kind == "new":
            value = self._variable_value(self.writer.draw("", place))
            return self._declare(value), f"new={value.head}"
        if kind == "old" or rule.head.endswith(":name"):
            return self._rebind(rule, place)
        return self._store(rule, place)

    def _threads(self, count: int) -> Stmt:
        self.builder.threads(count)
        for n in range(count):
            v = self.builder.variable(self.writer, wp.int32, "thread")
            last = float(self.builder.dim[n] - 1)
            v.bounds = lambda last=last: (0.0, last)  # type: ignore[misc]
            self.writer.variables.append(v)
            self.writer.threads.append(v)
        nodes = [spell.name(v.name) for v in self.writer.threads]
        return spell.assign(spell.bare_tuple(nodes) if count > 1 else nodes[0], spell.call("wp.tid"))

    def _declare(self, value: Drawn) -> Stmt:
        assert value.type is not None
        v = self.builder.variable(self.writer, value.type, "local")
        v.literal = value.head.startswith("const:") or value.head.startswith("un:")
        accumulator = (
            value.head in ("call:float", "call:int")
            or isinstance(value.type, TileForm)
            or types.is_composite(value.type)
        )
        if not accumulator:  # those change, mostly in loops
            v.bounds, v.sources = value.bounds, value.sources
        self.writer.variables.append(v)
        return spell.assign(spell.name(v.name), value.node)

    def _variable_value(self, value: Drawn) -> Drawn:
        """The value; in a loop within a loop no literal, because an outer loop that Warp unrolls binds it again."""
        literal = value.head.startswith(("const:", "un:", "name:")) and value.type in _CALLED
        if self.writer.loops < 2 or not literal:
            return value
        name = _CALLED[value.type]
        return replace(value, node=spell.call(name, value.node), head=f"call:{name}")

    def _call(self, t: Value) -> Stmt:
        """A call of the one function that nothing has called."""
        callee = next(c for c in self.builder.callees if c.name not in self.builder.called)
        self.builder.called.add(callee.name)
        operands = self.writer.arguments(callee, [self._simple(p) for p in callee.parameters])
        node = spell.call(callee.name, *(o.node for o in operands))
        return self._declare(Drawn(node, t, "own"))

    def _simple(self, t: Kind) -> Drawn:
        return self.writer.handed(t) if isinstance(t, Array) else self.writer.fallback(t)

    def _return(self, before: tuple[str, ...]) -> Stmt:
        values = [
            self.writer.draw(name_of(t), RuleContext((f"return#{n}", "body", before[0])))
            for n, t in enumerate(self.results)
        ]
        nodes = [v.node for v in values]
        return spell.returns(nodes[0] if len(nodes) == 1 else spell.bare_tuple(nodes))

    def _branch(self, rule: Rule, place: RuleContext, depth: int) -> tuple[Stmt, str]:
        test = self.writer.draw("bool", place)
        self.writer.branches += 1
        body = self._block("if", depth + 1)
        otherwise = None
        if rule.head != "if":
            otherwise = self._block("else", depth + 1, _BRANCHES if rule.head == "elif" else ())
        self.writer.branches -= 1
        self._ended = False
        return spell.branch([(test.node, body)], otherwise or None), f"{rule.head}={test.head}"

    def _for(self, rule: Rule, place: RuleContext, depth: int) -> tuple[Stmt, str]:
        limits: list[Drawn] = []
        for n, t in enumerate(rule.operands):
            left = limits[-1].head if limits else ""
            needs = (
                Interval(1, 8)
                if n == 2
                else Interval(-8, 8)
                if n == 0 and len(rule.operands) > 1
                else TRIPS
                if self.writer.loops
                else MANY_TRIPS
            )
            drawn = self.writer.draw(t, RuleContext((f"{rule.head}#{n}", *place.above[1:]), left), 0, needs)
            limits.append(self.writer.require(drawn, needs))
        v = self.builder.variable(self.writer, wp.int32, "loop")
        v.bounds = _trips(limits)
        self.writer.loops += 1
        v.loops = self.writer.loops
        self.writer.variables.append(v)
        body = self._block("for", depth + 1)
        self.writer.loops -= 1
        self.writer.variables.remove(v)
        self._ended = False
        loop = spell.for_loop(v.name, spell.call("range", *(x.node for x in limits)), body)
        return loop, f"for={len(limits)}"

    def _while(self, block: str, before: tuple[str, ...], depth: int) -> tuple[list[Stmt], str]:
        """A loop that counts by itself, so that it ends: nothing else binds its counter, nothing skips the count."""
        limit = self.writer.draw("int32", RuleContext(("cmp:Lt#1", "while#0", block), "name:local"), 0, TRIPS)
        limit = self.writer.require(limit, TRIPS)
        v = self.builder.variable(self.writer, wp.int32, "loop")
        v.bounds = _trips([limit])
        name = spell.name(v.name)
        self.writer.loops += 1
        self.whiles += 1
        v.loops = self.writer.loops
        self.writer.variables.append(v)
        body = self._block("while", depth + 1)
        self.whiles -= 1
        self.writer.loops -= 1
        self.writer.variables.remove(v)
        self._ended = False
        if not body or body[-1] is not spell.BREAK:
            body.append(spell.augment(name, "+", spell.integer(1)))
        start = spell.assign(name, spell.call("int", spell.integer(0)))
        return [start, spell.while_loop(spell.compare(name, ("<", limit.node)), body)], "while"

    def _accumulator(self, t: str) -> LocalName:
        """A new local that a loop adds to; it is declared before the statement of the body that we are in."""
        start, zero = ACCUMULATED[t]
        v = self.builder.variable(self.writer, type_of(t), "local")
        v.loops = 0
        self.hoisted.append(v)
        self.writer.variables.append(v)
        self.pending.append(spell.assign(spell.name(v.name), spell.call(start, *zero)))
        return v

    # -- what is written to --------------------------------------------------------------------------------------------

    def _rebindable(self, t: str) -> list[LocalName]:
        """Locals of the type that may be bound again here: within a loop those of which nothing is known."""
        return [
            v
            for v in self.writer.variables
            if v.origin == "local"
            and name_of(v.type) == t
            and (v.loops == self.writer.loops or (not v.literal and v.bounds() is None and not v.sources))
        ]

    def _rebind(self, rule: Rule, place: RuleContext) -> tuple[Stmt, str]:
        v = self.chooser.choose(self._rebindable(rule.operands[0]) or [self._accumulator(rule.operands[0])])
        target = spell.name(v.name)
        if rule.head == "old":
            value = self._variable_value(self.writer.draw(rule.operands[0], place))
            statement = spell.assign(target, value.node)
            v.literal |= value.head.startswith("const:")
        else:
            value, operator = self._augmenting(rule, place, "name:local")
            statement = spell.augment(target, operator, value.node)
        v.bounds, v.sources, v.reads = (lambda: None), frozenset(), 0
        return statement, f"{rule.head}={value.head}"


def _trips(limits: list[Drawn]) -> Callable[[], tuple[float, float] | None]:
    """Where a loop's variable lies."""
    first = limits[0] if len(limits) > 1 else None
    end = limits[1] if len(limits) > 1 else limits[0]

    def bounds() -> tuple[float, float] | None:
        low, high = (0.0, 0.0) if first is None else first.bounds(), end.bounds()
        return None if low is None or high is None else (low[0], max(low[0], high[1] - 1))

    return bounds


def _one_value(rule: Rule) -> bool:
    """Whether the rule returns one value."""
    return rule.head == "return" and len(rule.operands) == 1 and not rule.operands[0].startswith(("array", "tile"))
