"""Arrays of a kernel that stand for some elements of another one: ``wp.indexedarray``, as often as people have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import libcst as cst

from warpsmith.grammar import spell, types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.likely.placing import often
from warpsmith.grammar.likely.scope import LocalName
from warpsmith.grammar.profile import Table
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array

if TYPE_CHECKING:
    from warpsmith.grammar.likely.program import ProgramWriter

KINDS = ("array", "indexedarray")
"""The classes of array that a kernel's parameters have, by name."""


def choose(chooser: Chooser, sizes: Table, parameters: Sequence[LocalName], statements: Sequence[Stmt]) -> None:
    """Settles which of a kernel's arrays are indexed: some of those of which nothing but elements is read or written.

    What else is done to arrays either does not compile with ``wp.indexedarray`` (functions, ``atomic_max``, elements
    that are structs) or makes an array of another class (rows, tiles).
    """
    for v in parameters:
        plain = isinstance(v.type, Array) and not types.is_struct(v.type.dtype) and not (v.base or v.holder or v.open)
        if plain and often(chooser, sizes.get("kernel arrays", {}), KINDS) == "indexedarray":
            v.indexed = _by_element(v, statements)  # asked last: reading a whole tree takes as long as drawing it


def annotation(builder: ProgramWriter, v: LocalName) -> Expr:
    """The annotation of a kernel's parameter; Warp has no brackets for indexed arrays of several dimensions."""
    if not v.indexed:
        return builder.annotation(v.type, open_=v.open)
    assert isinstance(v.type, Array)
    array, dtype = f"wp.indexedarray{v.type.ndim}d".replace("1d", ""), builder.annotation(v.type.dtype)
    if builder.brackets and v.type.ndim == 1:
        return spell.subscript(spell.dotted(array), dtype)
    return spell.call(array, dtype=dtype)


def _by_element(v: LocalName, statements: Sequence[Stmt]) -> bool:
    assert isinstance(v.type, Array)
    uses = _Uses(v.name, v.type.ndim)
    for s in statements:
        s.visit(uses)
    return 0 < uses.elements == uses.all


class _Uses(cst.CSTVisitor):
    """How often a name of an array occurs, and how often to name an element or the shape."""

    def __init__(self, name: str, ndim: int) -> None:
        self.name, self.ndim = name, ndim
        self.all = self.elements = 0

    def visit_Name(self, node: cst.Name) -> None:
        self.all += node.value == self.name

    def visit_Subscript(self, node: cst.Subscript) -> None:
        whole = len(node.slice) == self.ndim and all(isinstance(e.slice, cst.Index) for e in node.slice)
        self.elements += whole and self._is(node.value)

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self.elements += node.attr.value == "shape" and self._is(node.value)

    def _is(self, node: cst.BaseExpression) -> bool:
        return isinstance(node, cst.Name) and node.value == self.name
