"""What code reads, changes and surely assigns: by names, and on the safe side.

An array's name stands for its elements: who may write one of them changes the name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import libcst as cst
import warp as wp

from warpsmith.fuzz.rewrites.rewriter import Location, Rewriter
from warpsmith.grammar import types
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.operations import record
from warpsmith.synthesizer.reading import arrays_of, last_name, root, structs, walk

Names = frozenset[str]
NOTHING: Names = frozenset()

_VALUES = frozenset(("bool", "float", "int", "len", "range", "reversed", "tid"))


@dataclass(frozen=True)
class Effects:
    """What evaluating an expression does beside yielding a value.

    Attributes:
        reads: the names in it.
        changes: names whose value or elements it may change.
        known: whether that is all that it does; ``False`` where something unknown is called.
    """

    reads: Names
    changes: Names = NOTHING
    known: bool = True

    @property
    def none(self) -> bool:
        """Whether it does nothing."""
        return self.known and not self.changes


@dataclass(frozen=True)
class Summary:
    """What a sequence of statements does.

    Attributes:
        exposed: names that it may read before it has assigned them.
        assigned: names that it may assign or change, as a whole or in part.
        definite: names that it has assigned whenever its end is reached.
        leaves: whether it may break out of a loop around it, continue it, or return.
    """

    exposed: Names = NOTHING
    assigned: Names = NOTHING
    definite: Names = NOTHING
    leaves: bool = False

    def then(self, other: Summary) -> Summary:
        """This, followed by the other."""
        return Summary(
            self.exposed | (other.exposed - self.definite),
            self.assigned | other.assigned,
            self.definite | other.definite,
            self.leaves or other.leaves,
        )


class Flow:
    """Reads the bodies of one kernel or function of a rewriter."""

    def __init__(self, rewriter: Rewriter, function: cst.FunctionDef) -> None:
        self.function = function
        self._defined = frozenset(rewriter.functions)
        self._structs = frozenset(structs(rewriter.module))
        self._arrays = frozenset(arrays_of(function))

    def effects(self, *nodes: cst.CSTNode) -> Effects:
        """What evaluating the expressions does."""
        changes: set[str] = set()
        known = True
        for node in nodes:
            for call in walk(node):
                if isinstance(call, cst.Call):
                    found = self._called(call)
                    known = known and found is not None
                    changes |= found or NOTHING
        return Effects(frozenset(n for node in nodes for n in names(node)), frozenset(changes), known)

    def _called(self, call: cst.Call) -> Names | None:
        """What a call may change; ``None`` if it may do anything."""
        name = last_name(call.func)
        if name in self._defined:  # it may write to every array that it is given, and to nothing else
            return frozenset(root(a.value)[0] for a in call.args) & self._arrays
        if _changes_first(name):
            return frozenset((root(call.args[0].value)[0],)) - {""}
        return NOTHING if name in self._structs or _only_yields(name) else None

    def summary(self, statements: Sequence[cst.CSTNode]) -> Summary:
        """What a sequence of statements does."""
        result = Summary()
        for statement in statements:
            small = statement.body if isinstance(statement, cst.SimpleStatementLine) else (statement,)
            for s in small:
                result = result.then(self._one(s))
        return result

    def _one(self, s: Any) -> Summary:
        if isinstance(s, cst.Assign):
            result = self._evaluated(s.value)
            target = s.targets[0].target
            for t in [e.value for e in target.elements] if isinstance(target, cst.Tuple) else [target]:
                result = result.then(self._stored(t))
            return result
        if isinstance(s, cst.AugAssign):
            return self._evaluated(s.value, s.target).then(self._stored(s.target))
        if isinstance(s, cst.If):
            return self._branch(s)
        if isinstance(s, cst.For):
            counter = frozenset(names(s.target))
            inside = self.summary(s.body.body)
            repeated = Summary(inside.exposed - counter, inside.assigned | counter, leaves=self._returns(s))
            return self._evaluated(s.iter).then(repeated)
        if isinstance(s, cst.While):
            inside = self._evaluated(s.test).then(self.summary(s.body.body))
            return Summary(inside.exposed, inside.assigned, leaves=self._returns(s))
        leaves = isinstance(s, (cst.Break, cst.Continue, cst.Return))
        return Summary(leaves=leaves).then(self._evaluated(s))

    def _branch(self, s: cst.If) -> Summary:
        first = self.summary(s.body.body)
        second = Summary()
        if isinstance(s.orelse, cst.If):
            second = self._branch(s.orelse)
        elif s.orelse is not None:
            second = self.summary(s.orelse.body.body)
        either = Summary(
            first.exposed | second.exposed,
            first.assigned | second.assigned,
            first.definite & second.definite,
            first.leaves or second.leaves,
        )
        return self._evaluated(s.test).then(either)

    def _evaluated(self, *nodes: cst.CSTNode) -> Summary:
        found = self.effects(*nodes)
        return Summary(found.reads, found.changes)

    def _stored(self, target: cst.BaseExpression) -> Summary:
        if isinstance(target, cst.Name):
            return Summary(NOTHING, frozenset((target.value,)), frozenset((target.value,)))
        return self._evaluated(target).then(Summary(NOTHING, frozenset((root(target)[0],))))

    @staticmethod
    def _returns(loop: cst.CSTNode) -> bool:
        return any(isinstance(n, cst.Return) for n in walk(loop))

    def before(self, location: Location) -> Names:
        """Names that are surely assigned when a place is reached."""
        found = {p.name.value for p in self.function.params.params}
        for block, index in location.path:
            found |= self.summary(block.body[:index]).definite
        for statement in location.around:
            if isinstance(statement, cst.For):
                found |= set(names(statement.target))
        return frozenset(found)

    def later(self, location: Location, count: int = 1) -> Names:
        """Names that occur in what may run after some statements that follow each other."""
        inside = {id(s) for s in location.block.body[location.index : location.index + count]}
        found: set[str] = set()
        for block, index in location.path:
            skipped = count if block is location.block else 1
            found.update(n for s in block.body[index + skipped :] for n in names(s))
        for statement in location.around:
            if isinstance(statement, (cst.For, cst.While)):
                found.update(_outside(statement, inside))
        return frozenset(found)


def names(node: cst.CSTNode) -> Iterator[str]:
    """Every name in an expression or statement; neither attributes nor keywords."""
    if isinstance(node, cst.Name):
        yield node.value
    elif isinstance(node, (cst.Attribute, cst.Arg)):
        yield from names(node.value)
    else:
        for child in node.children:
            yield from names(child)


def jumps(block: cst.CSTNode, *kinds: type[cst.CSTNode]) -> bool:
    """Whether a loop's body has a ``break`` or ``continue`` of those kinds that is the loop's own."""
    if isinstance(block, kinds):
        return True
    return any(jumps(c, *kinds) for c in block.children if not isinstance(c, (cst.For, cst.While)))


def _outside(node: cst.CSTNode, inside: set[int]) -> Iterator[str]:
    """Every name in a statement or block, but for some statements in it."""
    if isinstance(node, (cst.BaseCompoundStatement, cst.BaseSuite, cst.Else)):
        for child in node.children:
            if id(child) not in inside:
                yield from _outside(child, inside)
    else:
        yield from names(node)


@cache
def _traits() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for p in default_grammar().productions:
        found[p.builtin] = found.get(p.builtin, frozenset()) | p.traits
    return found


def _changes_first(builtin: str) -> bool:
    """Whether a builtin changes its first argument: a random state, a transform, an element of an array."""
    operation = record(builtin)
    random = bool(_traits().get(builtin, NOTHING) & {"random", "mutates"})
    return random or operation.sets or bool(operation.combines)


def _only_yields(function: str) -> bool:
    """Whether calling it does nothing but yield a value: an expression of the grammar, or a type."""
    return function in _VALUES or function in _traits() or getattr(wp, function, None) in types.VALUES
