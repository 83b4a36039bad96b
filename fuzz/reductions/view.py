"""What edits need to know of a candidate: its functions, blocks, expressions and their types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from warpsmith.fuzz.reductions.candidate import Candidate
from warpsmith.fuzz.reductions.dead import COMPOUND, Compound
from warpsmith.grammar import spell, types
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.check import Place, check, typed_expressions
from warpsmith.synthesizer.checker.model import StructType
from warpsmith.synthesizer.reading import functions, walk


def is_well_typed(module: cst.Module) -> bool:
    """Whether the type checker has nothing to say."""
    return not check(module).diagnostics


class TypedView:
    """A candidate whose tree has been parsed anew, so that each node of it stands in one place.

    Attributes:
        candidate: the candidate.
        functions: its kernel and functions by name.
        kernel: the entry; an empty one where it is none of the module's functions.
        types: the type of each expression that is a value, by identity.
        locals: the types of each function's parameters and locals, by its name and theirs.
    """

    def __init__(self, candidate: Candidate) -> None:
        module = cst.parse_module(candidate.program.source)
        self.candidate = candidate.with_module(module)
        self.functions = functions(module)
        self.kernel = self.functions.get(candidate.program.entry) or spell.function("wp.kernel", "kernel", [], [])
        source = candidate.program.source
        self.locals: dict[str, dict[str, Any]] = check(source).locals
        self.types: dict[int, Any] = _by_node(module, typed_expressions(source))

    def blocks(self) -> Iterator[cst.IndentedBlock]:
        """Every block of every function, the outer before the inner."""
        for function in self.functions.values():
            yield from (n for n in walk(function) if isinstance(n, cst.IndentedBlock))

    def compounds(self) -> list[Compound]:
        """Branches and loops, those with most text first; an ``elif`` is one."""
        found = [n for f in self.functions.values() for n in walk(f) if isinstance(n, COMPOUND)]
        return sorted(found, key=self.length, reverse=True)

    def lines(self) -> Iterator[tuple[cst.FunctionDef, cst.SimpleStatementLine]]:
        """Every simple statement with its function."""
        for function in self.functions.values():
            yield from ((function, n) for n in walk(function.body) if isinstance(n, cst.SimpleStatementLine))

    def expressions(self) -> list[tuple[cst.FunctionDef, cst.BaseExpression]]:
        """Every expression with a value type, with its function; those with most text first.

        What is assigned to is none; nor is ``wp.tid()``, which goes with a dimension of the launch, nor what a builtin
        is given by keyword, which decides a type.
        """
        found = []
        for function in self.functions.values():
            others = {id(n) for part in walk(function.body) for n in _fixed(part)}
            inner = (n for n in walk(function.body) if isinstance(n, cst.BaseExpression) and id(n) not in others)
            found += [(function, n) for n in inner if is_value(self.types.get(id(n)))]
        return sorted(found, key=lambda pair: self.length(pair[1]), reverse=True)

    def length(self, node: cst.CSTNode) -> int:
        """How many characters a part is spelled with."""
        return len(self.candidate.module.code_for_node(node))


def _by_node(module: cst.Module, typed: dict[Place, Any]) -> dict[int, Any]:
    """The types of a module's expressions by identity, from those by their place in its text."""
    found = {}
    for node, where in MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider).items():
        if isinstance(node, cst.BaseExpression) and isinstance(where, CodeRange):
            place = (where.start.line, where.start.column, where.end.line, where.end.column)
            if place in typed:
                found[id(node)] = typed[place]
    return found


def is_value(t: Any) -> bool:
    """Whether it is the type of a value: a scalar, a composite, or a struct."""
    return isinstance(t, StructType) or t in types.VALUES


def is_array(t: Any) -> bool:
    """Whether it is the type of an array."""
    return isinstance(t, Array)


def _fixed(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What an assignment writes to, and what that is a part of, but not the indices, which are only read."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        yield from (a.value for a in node.args if a.keyword is not None)
        if node.func.attr.value == "tid":
            yield node
    elif isinstance(node, (cst.AssignTarget, cst.AugAssign, cst.For)):
        target: Any = node.target
        while isinstance(target, (cst.Attribute, cst.Subscript)):
            yield target
            target = target.value
        yield target
