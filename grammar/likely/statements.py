"""Draws the statements of one function, block by block, as often as the profile says after what came before."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import libcst as cst
import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.likely import calling, checks, comments, endings, instances, sequences, tile_sections
from warpsmith.grammar.likely.drawing import fixed
from warpsmith.grammar.likely.flow import ACCUMULATED, AT_ONCE, MOST_EFFECTS
from warpsmith.grammar.likely.loops import LoopWriter
from warpsmith.grammar.likely.needs import guardable
from warpsmith.grammar.likely.scope import BOTH, RETURNING, STRUCT, Drawn, LocalName, TileForm, name_of, type_of
from warpsmith.grammar.likely.varying import VAGUELY, depends, starts
from warpsmith.grammar.likely.writer import Writer
from warpsmith.grammar.profile import END, IDIOM, Rule, RuleContext, statement_contexts
from warpsmith.grammar.spell import Stmt
from warpsmith.grammar.types import Array, Value

DEEPEST = 3
_LONGEST_CHAIN = 8
"""So many blocks may enclose an ``elif``."""
_SEVERAL, _RETURNED = 4, ("float32", "int32", "vec3f", "bool")
"""Percent of the functions that return two or three values, whatever the profile says; and of which types."""
MOST_UNREAD = 5
"""More values than that do not wait to be read."""
MOST = 60
"""Statements of the longest functions."""
_END = RuleContext(("store:item#0", "body", ""))
_BRANCHES = ("if", "ifelse", "elif", BOTH, RETURNING)
_NESTING = (*_BRANCHES, "for", "while")
_JUMPS = ("return", "break", "continue")
Ending: TypeAlias = "Callable[[str, tuple[str, ...], int], list[Stmt]]"
"""Draws the last statements of a block, given what the block is, what came before, and how deep it is."""
_LAST = (*_JUMPS, "pass")
"""Summaries of what nothing follows in its block."""


class BodyWriter(LoopWriter):
    """The statements of one function.

    Args:
        writer: of its expressions.
        kind: ``kernel`` or ``func``.

    Attributes:
        results: types that a function returns.
        ending: what the block has to end with, if it is an arm of an ``if`` whose arms end alike.
        open: whether it returns values whose types are not settled.
        varies: what its outcome changes with.
        yielded: what it returned last.
        closing: whether the statement of the body that is drawn is its last one, which takes all that is unread.
    """

    deepest = DEEPEST

    def __init__(self, writer: Writer, kind: str) -> None:
        super().__init__(writer, kind)
        self.results: tuple[Value, ...] = ()
        self.ending: Ending | None = None
        self.open = False
        self.yielded: Drawn | None = None
        self.closing = False
        self.varies: frozenset[LocalName] = frozenset()
        self.count = 0
        self.most = endings.length(self, MOST)

    def kernel(self) -> list[Stmt]:
        """The body of a kernel; one whose outputs depend on no input stores something of one near its end."""
        held = endings.held(self)
        alone = self.most == 1 and self.storing and all(c.name in self.builder.called for c in self.builder.callees)
        statements: list[Stmt] = []
        if not alone:
            statements = self._block("body", 0)
        elif held is None:
            statements.append(self._single())
        if held is not None:
            statements.insert(len(statements) - self._ended, calling.call(self, held))
        if self.storing and not depends(self.writer.written):
            self.fed(statements, self._ended + (held is not None))
        return statements if not self.storing or self._ended or held else [*statements, *endings.expected(self)]

    def _single(self) -> Stmt:
        """The one statement of a kernel that has no other."""
        known = self.writer.obtainable()
        rule = self.writer.choose(
            statement_contexts(self.kind, "body", ("first",)),
            lambda r: r.head in ("store:item", "expr") and self._feasible(r, "body", 0, True, known, ()),
        )
        self.outwards = True
        return self._statement(rule or Rule("store:item", ("float32",)), "body", ("first",), 0)[0]

    def function(self) -> list[Stmt]:
        """The body of a function, which ends with its result."""
        self.open = True
        if self.chooser.chance(_SEVERAL):
            self.returning(tuple(self.chooser.choose(_RETURNED) for _ in range(self.chooser.choose((2, 3)))))
        statements = self._block("body", 0) if self.most > 1 else []
        if not statements or not self._ended:
            statements += [*self.added(0), *self.gathered(AT_ONCE)]
            self.returning(endings.results(self))
            statements.append(self._return(("first",), 0))
        return statements

    def returning(self, names: tuple[str, ...]) -> None:
        """Settles the types of what the function returns, if they are not."""
        if self.open:
            kinds = map(type_of, names)
            self.results = tuple(self.builder.records.element() if t is STRUCT else t for t in kinds)  # type: ignore[misc]
            self.open = False

    def procedure(self) -> list[Stmt]:
        """The body of a function that returns nothing, and updates an array at its end."""
        statements = self._block("body", 0) if self.most > 1 else []
        statements += [*self.added(0), *self.gathered(AT_ONCE)]
        self.flowing = self.writer.unread() or [self.writer.parameter(wp.float32)]
        statements.append(self._atomic(_END)[0])
        self.varies = frozenset().union(*(value.varies for value in self.writer.written))
        return statements

    # -- blocks --------------------------------------------------------------------------------------------------------

    def _block(self, block: str, depth: int, only: tuple[str, ...] = (), ending: Ending | None = None) -> list[Stmt]:
        """The statements of a block; what it declares is gone at its end."""
        outer, self.ending = self.ending, ending
        self.writer.level = depth
        before: tuple[str, ...] = ("first",)
        statements: list[Stmt] = []
        self._ended, self.written = False, None
        while (rule := self._next(block, depth, before, only)) is not None:
            self.count += 1
            if not rule.head.startswith("check"):
                self.written = None
            if rule.head in _JUMPS and (rule.head != "return" or self.kind == "kernel"):
                statements += self.carried_out(depth, block, before)
            last = rule.kind in _NESTING and endings.closing(self, depth, statements)
            if rule.head.startswith(IDIOM):
                drawn, before = sequences.drawn(self, rule, block, before, depth)
            else:
                drawn, summary = self._drawn(rule, block, before, depth)
                before = (summary, *before)
            self.writer.level = depth
            if not depth:
                statements += self.pending
                self.pending.clear()
            if not only:
                drawn = [comments.commented(self.chooser, self.builder.profile.sizes, drawn[0]), *drawn[1:]]
            statements += drawn
            if before[0] in _LAST or only or last:
                self._ended = before[0] == "return"
                break
            if len(self.writer.unread()) > MOST_UNREAD:
                statements += self.gathered(MOST_UNREAD - AT_ONCE)
            self._ended = False
        if ending is not None:
            statements += ending(block, before, depth)
        if not self._ended and (depth or self.kind == "kernel"):
            statements = self._rounded_off(statements, block, before, depth)
        self.writer.variables = [v for v in self.writer.variables if not depth or v.level < depth]
        self.written, self.ending = None, outer
        return statements

    def _rounded_off(self, statements: list[Stmt], block: str, before: tuple[str, ...], depth: int) -> list[Stmt]:
        """The block with what its end owes: calls of what nothing has called, and where values go that nothing read."""
        statements += [] if depth else [calling.call(self, c) for c in calling.uncalled(self)]
        statements += self.carried_out(0 if self.closing and depth == 1 else depth, block, before)
        return statements if depth else [*self.pending, *statements]

    def _settled(self, v: LocalName, block: str, before: tuple[str, ...], depth: int) -> list[Stmt]:
        """The statement at the end of an arm that binds the name which both arms bind."""
        self.flowing = self.writer.unread(depth)[:AT_ONCE]
        value = self.unfolded(self._value(name_of(v.type), RuleContext(("new#0", block, before[0]))))
        return [spell.assign(spell.name(v.name), value.node)]

    def _returned(self, block: str, before: tuple[str, ...], depth: int) -> list[Stmt]:
        """The statements at the end of an arm that returns."""
        statements = [*self.added(depth), *self.gathered(AT_ONCE)]
        self.returning(endings.results(self))
        statements.append(self._return(before, 0))
        self._ended = True
        return statements

    def _next(self, block: str, depth: int, before: tuple[str, ...], only: tuple[str, ...]) -> Rule | None:
        """The rule of the next statement; ``None`` at the end of the block."""
        known = self.writer.obtainable()
        first = before[0] == "first"
        if not depth and self.kind == "kernel" and not first and calling.owed(self):
            return Rule("own")
        rule = self.writer.choose(
            statement_contexts(self.kind, block, before),
            lambda r: self._feasible(r, block, depth, first, known, only) and not _monotonous(r, before),
        )
        if rule is None and first and block != "else" and self.ending is None:
            return Rule("new")
        return None if rule is None or rule.head == END else rule

    def _drawn(self, rule: Rule, block: str, before: tuple[str, ...], depth: int) -> tuple[list[Stmt], str]:
        if rule.head == "while":
            return self._while(block, before, depth)
        if rule.head == "own":
            return [calling.call(self, calling.uncalled(self)[0])], "new=own"
        if rule.head == calling.SEVERAL:
            return [calling.call(self, self.chooser.choose(calling.several(self)))], calling.SEVERAL
        if rule.head.startswith("tiles:"):
            return tile_sections.drawn(self.writer, rule.head[6:]), "tiles"
        if rule.head == RETURNING:
            place = RuleContext((f"{rule.head}#0", block, before[0]))
            return [*self.added(0), *self.gathered(AT_ONCE), self._branch(rule, place, depth)[0]], "return"
        if rule.head == "return":
            if self.kind == "kernel" or not (self.results or self.open):
                return [spell.returns(None)], "return"
            gathered = [*self.added(depth), *([] if depth else self.gathered(AT_ONCE))]
            self.returning(rule.operands)
            return [*gathered, self._return(before, depth)], "return"
        statement, summary = self._statement(rule, block, before, depth)
        needed, self.writer.before = self.writer.before, []
        return [*needed, statement], summary

    def _feasible(
        self, rule: Rule, block: str, depth: int, first: bool, known: set[str], only: tuple[str, ...]
    ) -> bool:
        kind = rule.kind
        if only:
            return kind in only and (kind != "elif" or depth < _LONGEST_CHAIN)
        spent = self.count >= self.most or self.builder.exhausted
        long_enough = bool(depth) or spent or 4 * (self.count + 1) > 3 * self.most
        if kind == END:
            return long_enough and (not first or block == "else" or self.ending is not None)
        if spent and not first:
            return False
        if kind == "idiom":
            return self.ending is None and sequences.fits(self, rule, block, depth, known, first=first)
        if kind == "tid":
            return self.kind == "kernel" and depth == 0 and first and self._addresses(int(rule.head[4:]))
        if kind == RETURNING:
            return depth == 0 and long_enough and (self.open or bool(self.results))
        if kind in _NESTING:
            return depth < DEEPEST and (kind in _BRANCHES or self.writer.loops < 2) and known.issuperset(rule.operands)
        if kind in ("break", "continue"):
            inside = self.writer.loops > 0 and block in ("if", "else") and self.ending is None
            return inside and not (kind == "continue" and self.whiles)
        if kind == "return":
            return self._returnable(rule, depth, first=first, long_enough=long_enough)
        if kind == calling.SEVERAL:
            return bool(calling.several(self))
        if kind == "check":
            return checks.fits(self, rule)
        if kind == "tiles":
            return not self.writer.closed and tile_sections.fits(self.writer)
        if kind == "pass":
            return first and depth > 0 and block in ("if", "else") and self.ending is None
        if kind == "expr":
            return self.storing and self.effects < MOST_EFFECTS
        if kind == "new" and self.storing and not depth and self.count + 1 >= self.most:
            return False  # or a store of it would have to follow
        return guardable(rule) and self._bindable(rule, depth, known)

    def _returnable(self, rule: Rule, depth: int, *, first: bool, long_enough: bool) -> bool:
        """Whether the function may return such values here."""
        wanted = tuple(map(name_of, self.results))
        yields = bool(self.results) or self.open
        guard = self.kind == "kernel" or yields or (first and not self.writer.loops)
        here = depth > 0 or (long_enough and not first and (self.kind == "kernel" or yields))
        fits = endings.returns_values(rule) if self.open else rule.operands == wanted
        return fits and here and guard and self.ending is None

    def _bindable(self, rule: Rule, depth: int, known: set[str]) -> bool:
        """Whether there is something that such a statement can bind, or store to."""
        kind = rule.kind
        if kind in ("old", "aug") and rule.operands[0].startswith("tile"):
            return self._accumulable(rule)
        if kind == "old" or rule.head.endswith(":name"):
            t = rule.operands[0]
            hoisted = kind == "aug" and depth > 0 and t in ACCUMULATED
            return (hoisted or bool(self.rebindable(t, 0, rule.head))) and known.issuperset(rule.operands[1:])
        if kind == "store" and rule.operands[0] == instances.NAME:
            return rule.head == "store:item" and self.storing and len(self.writer.threads) < 2
        if rule.head.endswith(":field"):
            return instances.storable(self, rule.head, type_of(rule.operands[0])) and known.issuperset(rule.operands)
        if kind in ("store", "aug"):
            return (self.storing or bool(self.vectors(rule.operands[0]))) and known.issuperset(rule.operands)
        return True

    def _accumulable(self, rule: Rule) -> bool:
        """Whether a tile can be added to another one here."""
        whole = rule.head in ("aug:Add:name", "aug:Sub:name") and rule.operands[0] == rule.operands[1]
        return whole and not self.writer.branches and bool(self.rebindable(rule.operands[0]))

    # -- statements ----------------------------------------------------------------------------------------------------

    def _statement(self, rule: Rule, block: str, before: tuple[str, ...], depth: int) -> tuple[Stmt, str]:
        kind, what = rule.kind, rule.what
        place = RuleContext((f"{rule.head}#0", block, before[0]))
        if kind == "check":
            return checks.drawn(self, rule), "check"
        if kind == "tid":
            return self.threads(int(what)), "tid"
        if kind in _BRANCHES:
            return self._branch(rule, place, depth)
        if kind == "for":
            return self._for(rule, place, depth)
        if kind in _LAST:
            return {"break": spell.BREAK, "continue": spell.CONTINUE, "pass": spell.PASS}[kind], kind
        if kind == "expr":
            return self._atomic(place)
        if kind == "new":
            rare = bool(self.builder.featured) and self.chooser.chance(40)
            drawn = self.writer.rare(self.builder.featured.pop(), place, 0) if rare else self.writer.draw("", place)
            value = self.unfolded(drawn)
            return self.declared(value), f"new={value.head}"
        if kind == "old" or rule.head.endswith(":name"):
            return self._rebind(rule, place)
        return self._store(rule, place)

    def _addresses(self, count: int) -> bool:
        """Whether so many thread indices are what the arrays at hand are indexed by."""
        axes = {v.type.ndim for v in self.writer.variables if isinstance(v.type, Array)}
        return not axes or count in axes

    def threads(self, count: int) -> Stmt:
        """The statement that binds so many indices of the thread."""
        self.builder.threads(count)
        for n in range(count):
            v = self.builder.variable(wp.int32, "thread")
            last = float(self.builder.dim[n] - 1)
            v.bounds = lambda last=last: (0.0, last)  # type: ignore[misc]
            self.writer.variables.append(v)
            self.writer.threads.append(v)
        nodes = [spell.name(v.name) for v in self.writer.threads]
        return spell.assign(spell.bare_tuple(nodes) if count > 1 else nodes[0], spell.call("wp.tid"))

    def declared(self, value: Drawn) -> Stmt:
        """A new local of that value."""
        assert value.type is not None
        if types.is_struct(value.type):
            return instances.declared(self.writer, value)
        text = cst.Module([]).code_for_node(value.node) if value.head.startswith("item:") else ""
        array = next((v.name for v in value.varies if text.startswith(f"{v.name}[")), "")
        v = self.builder.variable(value.type, "local", self.writer.loops, self.writer.level, value.head, array)
        v.literal = fixed(value)
        accumulator = (
            value.head in ("call:float", "call:int")
            or isinstance(value.type, TileForm)
            or types.is_composite(value.type)
        )
        if not accumulator:  # those change, mostly in loops
            v.bounds, v.sources = value.bounds, value.sources
        v.unread, v.equal = True, checks.steady(self.writer, value)
        v.varies, v.start = value.varies, starts(value)
        v.element = text if array else ""
        self.writer.variables.append(v)
        return spell.assign(spell.name(v.name), value.node)

    def _return(self, before: tuple[str, ...], depth: int) -> Stmt:
        values = [
            self.writer.draw(name_of(t), RuleContext((f"return#{n}", "body", before[0])), vary=not depth and not n)
            for n, t in enumerate(self.results)
        ]
        self.yielded = values[0]
        values[-1] = self.result(values[-1], depth)
        self.varies = self.varies.union(*(v.varies for v in values))
        nodes = [v.node for v in values]
        return spell.returns(nodes[0] if len(nodes) == 1 else spell.bare_tuple(nodes))

    def _branch(self, rule: Rule, place: RuleContext, depth: int) -> tuple[Stmt, str]:
        test = self.writer.draw("bool", place, vary=True)
        self.writer.branches += 1
        bound = self._unbound(rule) if rule.head == BOTH else None
        ending: Ending | None = self._returned if rule.head == RETURNING else None
        if bound is not None:
            ending = partial(self._settled, bound)
        body = self._block("if", depth + 1, ending=ending)
        otherwise = None
        if rule.head != "if":
            otherwise = self._block("else", depth + 1, _BRANCHES if rule.head == "elif" else (), ending)
        if bound is not None:
            self.writer.variables.append(bound)
        self.writer.branches -= 1
        self._ended = False
        self.leaves(test, body, otherwise or [])
        first = otherwise[0] if rule.head == "elif" and otherwise and len(otherwise) == 1 else None
        rest = first if isinstance(first, cst.If) else otherwise or None
        return spell.branch([(test.node, body)], rest), f"{rule.head}={test.head}"

    def _unbound(self, rule: Rule) -> LocalName:
        """What the two arms of an ``if`` bind."""
        v = self.builder.variable(type_of(rule.operands[0]), "local", self.writer.loops, self.writer.level)
        v.unread, v.varies = True, VAGUELY
        return v


def _monotonous(rule: Rule, before: tuple[str, ...]) -> bool:
    """Whether the last statements were all of this kind, and nobody would write one more."""
    return rule.head in ("expr", "store:item") and len(before) > 2 and all(b.startswith(rule.head) for b in before[:2])
