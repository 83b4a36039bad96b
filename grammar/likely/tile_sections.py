"""What takes several statements on tiles, as the family ``tiles`` draws it, within a kernel like people's.

A section has arrays of its own, and stores what it makes. Its names become names of the kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import warp as wp

from warpsmith.grammar import spell
from warpsmith.grammar.likely.scope import Kind, LocalName, TileForm
from warpsmith.grammar.likely.tile_rules import SECTIONS
from warpsmith.grammar.program import Argument
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.tiles.body import TileBody
from warpsmith.grammar.tiles.table import Shapes
from warpsmith.grammar.types import Array

if TYPE_CHECKING:
    from warpsmith.grammar.likely.writer import Writer

_BY_NAME = {s.name: s for s in SECTIONS.values()}
_AXES = ("i", "j")
_EXTENT = "EXTENT"
"""What a section calls the constant that says how long tiles are."""


def fits(writer: Writer) -> bool:
    """Whether a section can be drawn here: where all threads come by once, and nobody asks what it costs."""
    return (
        writer.builder.budget is None
        and writer.kernel
        and not writer.branches
        and not writer.loops
        and len(writer.threads) <= len(_AXES)
    )


def drawn(writer: Writer, name: str) -> list[Stmt]:
    """The statements of the section of that name."""
    size, constant = writer.builder.tile_size()
    part = writer.chooser.choose((wp.float32, wp.float64), (75, 25))
    blocks = writer.builder.dim if writer.threads else (1,)
    body = TileBody(writer.chooser, Shapes(size, size, part, {size: _EXTENT} if constant else {}), blocks, [])
    _BY_NAME[name].draw(body)
    for variable in list(body.variables):
        if variable.unread:
            body.store(variable)
    writer.builder.used |= body.used
    renaming = _Renaming({**_names(writer, body), _EXTENT: writer.builder.tile_extent()})
    return [s.visit(renaming) for s in body.statements]  # type: ignore[misc]


def _names(writer: Writer, body: TileBody) -> dict[str, Expr]:
    """What the names of the section become."""
    found: dict[str, Expr] = {}
    for axis, name in enumerate(_AXES):
        thread = writer.threads[axis] if axis < len(writer.threads) else None
        found[name] = spell.integer(0) if thread is None else writer.read(thread).node
    for a in body.arguments:
        found[a.name] = spell.name(_parameter(writer, a).name)
    for name in sorted(_bound(body.statements) - found.keys()):
        kinds = {v.name: TileForm(v.type.dtype, len(v.type.shape)) for v in body.variables}
        t: Kind = kinds.get(name, wp.int32 if name == "k" else TileForm(wp.float32, 1))
        found[name] = spell.name(writer.builder.variable(t, "loop" if name == "k" else "local").name)
    return found


def _parameter(writer: Writer, a: Argument) -> LocalName:
    """The parameter of the kernel for an argument of the section."""
    v = writer.builder.variable(a.type, "param")
    v.reads = 1
    if isinstance(a.type, Array):
        v.mode = "tile_store" if a.written else "tile"
        v.reach = [[lambda n=n: (0.0, n - 1.0)] for n in a.shape]  # type: ignore[misc]
    writer.variables.append(v)
    return v


def _bound(statements: list[Stmt]) -> set[str]:
    """The names that statements bind."""
    collected = _Bound()
    for s in statements:
        s.visit(collected)
    return collected.names


class _Bound(cst.CSTVisitor):
    """Collects the names that are bound."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        """A name that is assigned to."""
        if isinstance(node.target, cst.Name):
            self.names.add(node.target.value)

    def visit_For(self, node: cst.For) -> None:
        """A loop's variable."""
        assert isinstance(node.target, cst.Name)
        self.names.add(node.target.value)


class _Renaming(cst.CSTTransformer):
    """Puts other names, or numbers, for names.

    Args:
        names: what each name becomes.
    """

    def __init__(self, names: dict[str, Expr]) -> None:
        self._names = names

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        """The name, as it is called here."""
        return self._names.get(original_node.value, updated_node)

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BaseExpression:
        """Nothing times an extent is nothing."""
        left = updated_node.left
        return left if isinstance(left, cst.Integer) and left.value == "0" else updated_node

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.BaseExpression:
        """An attribute keeps its name."""
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        """A keyword keeps its name."""
        return updated_node.with_changes(keyword=original_node.keyword)
