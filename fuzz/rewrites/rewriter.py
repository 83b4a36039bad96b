"""A program being rewritten: where its statements are, what type its names and expressions have, and the result.

A built tree may hold one node in several places. A rewriter works on a copy of its own, where every node is at one
place and may be replaced by identity.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

import libcst as cst

from warpsmith.errors import IllTypedError
from warpsmith.grammar import spell, types
from warpsmith.grammar.program import Program
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.check import check
from warpsmith.synthesizer.checker.model import StructType
from warpsmith.synthesizer.reading import functions, walk

T = TypeVar("T")

_PROBE = "warpsmith_probe"


@dataclass(frozen=True, eq=False)
class Location:
    """One statement, or where a few that follow each other begin.

    Attributes:
        function: the kernel or function it is in.
        path: the blocks around it, the function's own first, each with the position in it that leads here.
    """

    function: cst.FunctionDef
    path: tuple[tuple[cst.IndentedBlock, int], ...]

    @property
    def block(self) -> cst.IndentedBlock:
        """The innermost block."""
        return self.path[-1][0]

    @property
    def index(self) -> int:
        """The position in it."""
        return self.path[-1][1]

    @property
    def statement(self) -> Any:
        """The statement itself."""
        return self.block.body[self.index]

    @property
    def small(self) -> Any:
        """The simple statement, if it is one that has its line for itself; else ``None``."""
        line = self.statement
        return line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None

    @property
    def around(self) -> list[Any]:
        """The compound statements around it, the outermost first."""
        return [block.body[index] for block, index in self.path[:-1]]


class Rewriter:
    """A program being rewritten.

    Attributes:
        program: the program as it was.
        module: a copy of its tree.
        functions: its kernels and functions by name, but for those of several types: generic ones, and overloads.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.module = cst.ensure_type(program.module.deep_clone(), cst.Module)
        self._taken = {n.value for n in walk(self.module) if isinstance(n, cst.Name)}
        self._locals = check(self.module).locals
        self.functions = {name: f for name, f in functions(self.module).items() if f"{name}#1" not in self._locals}

    def locations(self) -> list[Location]:
        """Every statement of every kernel and function."""
        return [p for f in self.functions.values() for p in _locations(f, f.body, ())]

    def fresh(self, stem: str) -> str:
        """An identifier that the program does not use yet."""
        name, count = stem, 0
        while name in self._taken:
            count += 1
            name = f"{stem}{count}"
        self._taken.add(name)
        return name

    def annotation(self, function: cst.FunctionDef, name: str) -> Expr | None:
        """How the type of a local is spelled; ``None`` if it is no local, or of a type that cannot be spelled."""
        return spelled(self._locals.get(function.name.value, {}).get(name))

    def type_of_local(self, function: cst.FunctionDef, name: str) -> Any:
        """The type of a local; ``None`` if it is none or its type is not known."""
        return self._locals.get(function.name.value, {}).get(name)

    def type_of(self, location: Location, value: Expr) -> Any:
        """The type that an expression has at a place; ``None`` if it is no value that a local could hold."""
        probe = spell.assign(spell.name(_PROBE), value)
        body = [*location.block.body[: location.index], probe, *location.block.body[location.index :]]
        report = check(_changed(self.module, location.block, location.block.with_changes(body=body)))
        found = report.locals.get(location.function.name.value, {}).get(_PROBE)
        return None if report.diagnostics or spelled(found) is None else found

    def with_statements(
        self, location: Location, statements: Sequence[Stmt], *, instead_of: int = 1, definitions: Sequence[Stmt] = ()
    ) -> Program | None:
        """The program with other statements at a place.

        Args:
            place: where.
            statements: what stands there from now on.
            instead_of: how many statements they replace.
            definitions: structs and functions that they need, to be defined before the function they are in.

        Returns:
            The new program; ``None`` if it would change a constant in a dynamic loop, which Warp forbids.

        Raises:
            IllTypedError: the new program is ill typed otherwise: a rewrite is wrong.
        """
        old = location.block
        body = [*old.body[: location.index], *statements, *old.body[location.index + instead_of :]]
        module = _changed(self.module, old, old.with_changes(body=body))
        return self._finished(module, location.function, definitions)

    def _finished(self, module: cst.Module, function: cst.FunctionDef, definitions: Sequence[Stmt]) -> Program | None:
        names = [getattr(getattr(s, "name", None), "value", "") for s in module.body]
        at = names.index(function.name.value)
        module = module.with_changes(body=[*module.body[:at], *definitions, *module.body[at:]])
        found = check(module).diagnostics
        if any(d.rule != "constant-mutated" for d in found):
            raise IllTypedError(f"a rewrite made an ill-typed program: {found[0]}\n{module.code}")
        # Its choices would draw the program that it was.
        return None if found else dataclasses.replace(self.program, module=module, choices=())


def spelled(t: Any) -> Expr | None:
    """How a program spells a type that the checker inferred; ``None`` if it cannot."""
    if isinstance(t, StructType):
        return spell.name(t.label)
    if isinstance(t, Array):
        inner = spelled(t.dtype)
        head = "wp.array" if t.ndim == 1 else f"wp.array{t.ndim}d"
        return None if inner is None else spell.call(head, dtype=inner)
    return spell.dotted(types.spelling(t)) if t in types.VALUES else None


def first(sites: Iterable[T], random: Random, attempt: Callable[[T], Program | None]) -> Program | None:
    """What ``attempt`` makes of the first site, in random order, of which it makes anything."""
    ordered = list(sites)
    random.shuffle(ordered)
    return next((made for site in ordered if (made := attempt(site)) is not None), None)


def _changed(module: cst.Module, old: cst.CSTNode, new: cst.CSTNode) -> cst.Module:
    return cst.ensure_type(module.deep_replace(old, new), cst.Module)


def _locations(
    function: cst.FunctionDef, block: cst.BaseSuite, path: tuple[tuple[cst.IndentedBlock, int], ...]
) -> Iterator[Location]:
    if not isinstance(block, cst.IndentedBlock):
        return
    for index, statement in enumerate(block.body):
        here = (*path, (block, index))
        yield Location(function, here)
        for inner in blocks_of(statement):
            yield from _locations(function, inner, here)


def blocks_of(statement: cst.CSTNode) -> Iterator[cst.BaseSuite]:
    """The blocks directly inside a compound statement, those of its ``elif`` and ``else`` too."""
    if isinstance(statement, (cst.If, cst.For, cst.While)):
        yield statement.body
        if isinstance(statement.orelse, cst.If):
            yield from blocks_of(statement.orelse)
        elif statement.orelse is not None:
            yield statement.orelse.body
