"""Taking out what nothing observable depends on, so that an edit takes with it whatever it leaves without a use.

Names are followed without regard to order or branches: if anything that stays mentions a name, every statement that
defines it stays too. So what is left is always well formed; what it keeps needlessly goes statement by statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import libcst as cst

from warpsmith.fuzz.reductions.trees import Replacement, is_pass, names_in, replaced
from warpsmith.synthesizer.reading import arrays_of, functions, last_name, root, walk

Compound: TypeAlias = "cst.If | cst.For | cst.While"
COMPOUND = (cst.If, cst.For, cst.While)


@dataclass(frozen=True, eq=False)
class Leaf:
    """A simple statement: the line, what stands around it, and what it does.

    Attributes:
        line: the statement's line.
        around: the branches and loops it stands in, the outermost first; an ``elif`` comes after its ``if``.
        defines: locals that it binds or changes.
        effects: arrays that it writes; ``"return"`` for what leaves the function or speaks.
        names: all names in it.
    """

    line: cst.SimpleStatementLine
    around: tuple[Compound, ...]
    defines: frozenset[str]
    effects: tuple[str, ...]
    names: frozenset[str]

    @property
    def jump(self) -> bool:
        """Whether it is a ``break`` or ``continue``."""
        return any(isinstance(s, (cst.Break, cst.Continue)) for s in self.line.body)


def leaves(function: cst.FunctionDef, user: frozenset[str] = frozenset()) -> list[Leaf]:
    """The simple statements of a function in the order of the text, ``pass`` left out.

    Args:
        function: the function.
        user: names of the module's functions, which may write to arrays handed to them.
    """
    arrays = frozenset(arrays_of(function))
    return [
        Leaf(line, around, *_facts(line, arrays, user))
        for line, around in statements(function.body)
        if isinstance(line, cst.SimpleStatementLine) and not is_pass(line)
    ]


def statements(
    block: cst.BaseSuite, around: tuple[Compound, ...] = ()
) -> Iterator[tuple[cst.SimpleStatementLine | Compound, tuple[Compound, ...]]]:
    """Every statement of a block, nested ones too, in the order of the text, each with what stands around it."""
    for statement in block.body:
        if isinstance(statement, COMPOUND):
            yield from _arms(statement, around)
        elif isinstance(statement, cst.SimpleStatementLine):
            yield statement, around


def _arms(
    node: Compound, around: tuple[Compound, ...]
) -> Iterator[tuple[cst.SimpleStatementLine | Compound, tuple[Compound, ...]]]:
    yield node, around
    inside = (*around, node)
    yield from statements(node.body, inside)
    if isinstance(node.orelse, cst.If):
        yield from _arms(node.orelse, inside)
    elif node.orelse is not None:
        yield from statements(node.orelse.body, inside)


@lru_cache(maxsize=4096)  # candidates share most of their statements
def _facts(
    line: cst.SimpleStatementLine, arrays: frozenset[str], user: frozenset[str]
) -> tuple[frozenset[str], tuple[str, ...], frozenset[str]]:
    """What a line defines, its effects, and the names in it; see :class:`Leaf`."""
    defines: set[str] = set()
    effects: list[str] = []
    for part in walk(line):
        if isinstance(part, (cst.AssignTarget, cst.AugAssign)):
            for target in _targets(part.target):
                name = root(target)[0]
                if name in arrays and not isinstance(target, cst.Name):
                    effects.append(name)
                else:
                    defines.add(name)
        elif isinstance(part, cst.Call) and (
            last_name(part.func).startswith("atomic_") or last_name(part.func) in user
        ):
            effects += [a.value.value for a in part.args if isinstance(a.value, cst.Name) and a.value.value in arrays]
        elif isinstance(part, (cst.Return, cst.Assert)):
            effects.append("return")
        elif isinstance(part, cst.Expr) and isinstance(part.value, cst.Call):
            first = part.value.args[0].value if part.value.args else None
            if isinstance(first, cst.Name) and first.value not in arrays:
                defines.add(first.value)  # a builtin that changes its first argument
            elif not last_name(part.value.func).startswith("atomic_"):
                effects.append("return")
    return frozenset(defines), tuple(effects), frozenset(n.value for n in names_in(line))


def _targets(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    return [e.value for e in node.elements] if isinstance(node, cst.Tuple) else [node]


def sweep(module: cst.Module, wanted: Callable[[Leaf], bool] = lambda leaf: True) -> cst.Module:
    """The module without statements that nothing observable depends on; the same module if there are none.

    Args:
        module: a parsed tree.
        wanted: of the statements that write to arrays, those that count as observable.
    """
    defined = functions(module)
    gone: dict[int, Replacement] = {}
    for function in defined.values():
        found = leaves(function, frozenset(defined))
        gone.update(_gone(function, found, _Needed(found, wanted)))
    return replaced(module, gone) if gone else module


class _Needed:
    """What stays of a function: statements, branches and loops, by identity, and names."""

    def __init__(self, found: list[Leaf], wanted: Callable[[Leaf], bool]) -> None:
        self.nodes: set[int] = set()
        self.names: set[str] = set()
        before = -1
        while before < len(self.nodes):
            before = len(self.nodes)
            for leaf in found:
                if id(leaf.line) not in self.nodes and self._stays(leaf, wanted):
                    self._keep(leaf)

    def _stays(self, leaf: Leaf, wanted: Callable[[Leaf], bool]) -> bool:
        if leaf.jump:
            loop = next((c for c in reversed(leaf.around) if not isinstance(c, cst.If)), None)
            return id(loop) in self.nodes
        observable = "return" in leaf.effects or (bool(leaf.effects) and wanted(leaf))
        return observable or not leaf.defines.isdisjoint(self.names)

    def _keep(self, leaf: Leaf) -> None:
        self.nodes.add(id(leaf.line))
        self.names |= leaf.names
        for node in leaf.around:
            self.nodes.add(id(node))
            header = node.iter if isinstance(node, cst.For) else node.test
            self.names.update(n.value for n in names_in(header))


def _gone(function: cst.FunctionDef, found: list[Leaf], needed: _Needed) -> dict[int, Replacement]:
    gone: dict[int, Replacement] = {id(f.line): None for f in found if id(f.line) not in needed.nodes}
    for node, _ in statements(function.body):
        if isinstance(node, COMPOUND):
            if id(node) not in needed.nodes:
                gone[id(node)] = None
            elif isinstance(node.orelse, cst.Else) and not _any(node.orelse.body, needed):
                gone[id(node.orelse)] = None
    return gone


def _any(block: cst.BaseSuite, needed: _Needed) -> bool:
    return any(id(statement) in needed.nodes for statement, _ in statements(block))
