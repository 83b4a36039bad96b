"""Draws the statements of one function, block by block, as often as the profile says after what came before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.likely import tiles
from warpsmith.grammar.likely.needs import guardable, operator_needs
from warpsmith.grammar.likely.scope import Drawn, Kind, Tile, Variable, name_of, type_of
from warpsmith.grammar.likely.writer import BINARY, INDEX, Writer
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import END, Place, Rule, statement_contexts
from warpsmith.grammar.spell import Expr, Stmt
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


class Statements:
    """The statements of one function.

    Args:
        writer: of its expressions.
        kind: ``kernel`` or ``func``.

    Attributes:
        results: types that a function returns.
    """

    def __init__(self, writer: Writer, kind: str) -> None:
        self.writer = writer
        self.builder = writer.builder
        self.chooser = writer.chooser
        self.kind = kind
        self.results: tuple[Value, ...] = ()
        self.count = 0
        self.whiles = 0
        self.hoisted: list[Variable] = []
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
        place = Place((f"{rule.head}#0", block, before[0]))
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
            value.head in ("call:float", "call:int") or isinstance(value.type, Tile) or types.is_composite(value.type)
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
            self.writer.draw(name_of(t), Place((f"return#{n}", "body", before[0]))) for n, t in enumerate(self.results)
        ]
        nodes = [v.node for v in values]
        return spell.returns(nodes[0] if len(nodes) == 1 else spell.bare_tuple(nodes))

    def _branch(self, rule: Rule, place: Place, depth: int) -> tuple[Stmt, str]:
        test = self.writer.draw("bool", place)
        self.writer.branches += 1
        body = self._block("if", depth + 1)
        otherwise = None
        if rule.head != "if":
            otherwise = self._block("else", depth + 1, _BRANCHES if rule.head == "elif" else ())
        self.writer.branches -= 1
        self._ended = False
        return spell.branch([(test.node, body)], otherwise or None), f"{rule.head}={test.head}"

    def _for(self, rule: Rule, place: Place, depth: int) -> tuple[Stmt, str]:
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
            drawn = self.writer.draw(t, Place((f"{rule.head}#{n}", *place.above[1:]), left), 0, needs)
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
        limit = self.writer.draw("int32", Place(("cmp:Lt#1", "while#0", block), "name:local"), 0, TRIPS)
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

    def _accumulator(self, t: str) -> Variable:
        """A new local that a loop adds to; it is declared before the statement of the body that we are in."""
        start, zero = ACCUMULATED[t]
        v = self.builder.variable(self.writer, type_of(t), "local")
        v.loops = 0
        self.hoisted.append(v)
        self.writer.variables.append(v)
        self.pending.append(spell.assign(spell.name(v.name), spell.call(start, *zero)))
        return v

    # -- what is written to --------------------------------------------------------------------------------------------

    def _rebindable(self, t: str) -> list[Variable]:
        """Locals of the type that may be bound again here: within a loop those of which nothing is known."""
        return [
            v
            for v in self.writer.variables
            if v.origin == "local"
            and name_of(v.type) == t
            and (v.loops == self.writer.loops or (not v.literal and v.bounds() is None and not v.sources))
        ]

    def _rebind(self, rule: Rule, place: Place) -> tuple[Stmt, str]:
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

    def _augmenting(self, rule: Rule, place: Place, left: str) -> tuple[Drawn, str]:
        operator = rule.head.split(":")[1]
        needs = operator_needs(operator, type_of(rule.operands[1]))
        value = self.writer.draw(rule.operands[1], Place((f"{rule.head}#1", *place.above[1:]), left), 0, needs)
        return (value if needs is None else self.writer.require(value, needs)), BINARY[operator]

    def _vectors(self, component: str) -> list[Variable]:
        return [
            v
            for v in self.writer.variables
            if v.origin == "local"
            and isinstance(v.type, type)
            and types.kind(v.type) == "vec"
            and name_of(types.scalar(v.type)) == component
        ]

    def _store(self, rule: Rule, place: Place) -> tuple[Stmt, str]:
        target, left = self._target(rule, place)
        if rule.head.startswith("aug"):
            value, operator = self._augmenting(rule, place, left)
            return spell.augment(target, operator, value.node), f"{rule.head}={value.head}"
        value = self.writer.draw(rule.operands[0], Place((f"{rule.head}#1", *place.above[1:]), left))
        return spell.assign(target, value.node), f"{rule.head}={value.head}"

    def _target(self, rule: Rule, place: Place) -> tuple[Expr, str]:
        """An element of an array that is the thread's own, or a component of a local vector."""
        t = rule.operands[0]
        vectors = self._vectors(t)
        arrays = [v for v in self.writer.variables if self._storable(v) and name_of(v.type.dtype) == t]  # type: ignore[union-attr]
        known = {name_of(v.type) for v in (*vectors, *arrays)}
        kind = rule.head.rpartition(":")[2]
        drawn = self.writer.choose(
            place.contexts(t), lambda r: r.head.startswith(kind) and r.operands[:1] != () and r.operands[0] in known
        )
        if drawn is not None and not drawn.operands[0].startswith("array"):
            options = [v for v in vectors if name_of(v.type) == drawn.operands[0]]
            return self._component(drawn, self.chooser.choose(options), place)
        if drawn is None:
            if vectors and not self.writer.kernel:
                v = vectors[0]
                return spell.subscript(spell.name(v.name), spell.integer(0)), "item:1"
            array = self._output(type_of(t), arrays)
            drawn = Rule(f"item:{array.type.ndim}", (name_of(array.type), *("int32",) * array.type.ndim), t)  # type: ignore[union-attr]
        else:
            array = self.chooser.choose([v for v in arrays if name_of(v.type) == drawn.operands[0]])
        return self._cell(drawn, array, place), drawn.head

    def _component(self, drawn: Rule, v: Variable, place: Place) -> tuple[Expr, str]:
        kind, _, what = drawn.head.partition(":")
        v.bounds, v.sources = (lambda: None), frozenset()
        if kind == "attr":
            return spell.attribute(spell.name(v.name), what), drawn.head
        needs = Interval(0, types.shape(v.type)[0] - 1)
        index = self.writer.draw("int32", place.below(drawn.head, 1, "name:local"), 1, needs)
        index = self.writer.require(index, needs)
        return spell.subscript(spell.name(v.name), index.node), drawn.head

    def _storable(self, v: Variable) -> bool:
        """Whether each thread can have elements of the array to itself, in all accesses so far too."""
        if (
            self.kind != "kernel"
            or not isinstance(v.type, Array)
            or v.range is not None
            or v.mode not in ("", "read", "store")
        ):
            return False
        return v.mode == "store" or self._own_axes(v) is not None

    def _own_axes(self, v: Variable) -> tuple[str, ...] | None:
        """The thread's index on each axis, as all accesses had them; of an unread array the first axes."""
        assert isinstance(v.type, Array)
        threads = [t.name for t in self.writer.threads]
        if not v.accesses:
            return (*threads, *("",) * (v.type.ndim - len(threads))) if len(threads) <= v.type.ndim else None
        common = tuple(a[0] if len(set(a)) == 1 else "" for a in zip(*v.accesses, strict=True))
        return common if set(threads) <= set(common) else None

    def _output(self, t: Kind, arrays: list[Variable]) -> Variable:
        if arrays:
            return self.chooser.choose(arrays)
        assert isinstance(t, type)
        return self.writer.parameter(Array(t, max(1, len(self.writer.threads))))

    def _cell(self, rule: Rule, array: Variable, place: Place) -> Expr:
        if array.mode != "store":
            axes = self._own_axes(array)
            assert axes is not None
            array.axes, array.mode = axes, "store"
        indices = self.writer._indices(rule, array, place, 0)
        self.writer.reached(array, indices)
        return spell.subscript(spell.name(array.name), *(i.node for i in indices))

    def _atomic(self, place: Place) -> tuple[Stmt, str]:
        """An atomic update of an array that nothing else reads or writes."""
        options = {name_of(v.type): v for v in self.writer.variables if self._updatable(v, "")}
        rule = self.writer.choose(
            place.contexts("None"),
            lambda r: (
                r.operands[0] in options
                if "atomic:" in r.head.replace("_", ":") and r.head.startswith("call:")
                else r.head.startswith("tile_") and tiles.feasible(self.writer, r)
            ),
        )
        if rule is not None and rule.head.startswith("tile_"):
            return spell.expression(tiles.draw(self.writer, rule).node), f"expr={rule.head}"
        if rule is None:
            rule = Rule("call:wp.atomic_add", ("array1d[float32]", "int32", "float32"), "None")
        arrays = [v for v in self.writer.variables if name_of(v.type) == rule.operands[0]]
        known = [v for v in arrays if self._updatable(v, rule.head)]
        array = self.chooser.choose(known) if known else self.writer.parameter(type_of(rule.operands[0]))
        array.mode = rule.head
        indices: list[Drawn] = []
        left = "name:param"
        for n, t in enumerate(rule.operands[1:-1], 1):
            drawn = self.writer.draw(t, place.below(rule.head, n, left), 1, INDEX)
            indices.append(self.writer.require(drawn, INDEX))
            left = indices[-1].head
        self.writer.reached(array, indices)
        value = self.writer.draw(rule.operands[-1], place.below(rule.head, len(rule.operands) - 1, left), 1)
        nodes = [spell.name(array.name), *(i.node for i in indices), value.node]
        return spell.expression(spell.call(rule.head.removeprefix("call:"), *nodes)), f"expr={rule.head}"

    def _updatable(self, v: Variable, head: str) -> bool:
        return isinstance(v.type, Array) and (
            v.mode == "" or (v.mode == head or (not head and v.mode.startswith("call:")))
        )

    def _last_store(self) -> Stmt:
        """A store of the last value that nothing has read, or of any."""
        values = [v for v in self.writer.variables if v.origin in ("local", "param") and isinstance(v.type, type)]
        unread = [v for v in values if v.origin == "local" and v.reads == 0]
        value = self.writer.read((unread or values or [self.writer.parameter(wp.float32)])[-1])
        known = [v for v in self.writer.variables if self._storable(v) and v.type.dtype is value.type]  # type: ignore[union-attr]
        assert value.type is not None
        array = self._output(value.type, known)
        rule = Rule(f"item:{array.type.ndim}", (name_of(array.type), *("int32",) * array.type.ndim))  # type: ignore[union-attr]
        return spell.assign(self._cell(rule, array, Place(("store:item#0", "body", ""))), value.node)


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
    return rule.head == "return" and len(rule.operands) == 1 and not rule.operands[0].startswith("array")
