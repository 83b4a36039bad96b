"""Single expressions, with what is known of their values."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst
import warp as wp

from warpsmith.grammar import registry, spell, types
from warpsmith.grammar.likely.bounds import Range, hull, of_operation
from warpsmith.grammar.likely.scope import Drawn, Kind, LocalName, name_of
from warpsmith.grammar.operations.operators import SIGNS
from warpsmith.grammar.profile import SAME
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.types import Value

_COMPARISONS = {"Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Eq": "==", "NotEq": "!="}
SHORT = {wp.float32: "float", wp.int32: "int", wp.bool: "bool"}
"""Conversions that people write by Python's name."""

LONGEST_REPEATED = 30
"""Characters of an operand that is written twice."""


def operation(kind: str, what: str, nodes: list[Expr]) -> Expr:
    """The operation of a rule of that kind on its operands."""
    if kind == "bin":
        return spell.binary(SIGNS[what], *nodes)
    if kind == "un":
        return spell.unary(SIGNS[what], *nodes)
    if kind == "cmp":
        signs = [_COMPARISONS[operator] for operator in what.split(":")]
        given = nodes if len(signs) == 1 else list(map(spell.loaded, nodes))
        return spell.compare(given[0], *zip(signs, given[1:], strict=True))
    if kind == "bool":
        return spell.boolean(what.lower(), *nodes)
    if kind == "ifexp":
        return spell.conditional(*nodes)
    if kind == "item":
        return spell.subscript(*nodes)
    if kind == "attr":
        return spell.attribute(nodes[0], what)
    return spell.call(what, *nodes)


def literal(text: str, t: Kind) -> Drawn:
    """The literal of that text."""
    if t is wp.bool:
        return Drawn(spell.boolean_literal(text == "True"), wp.bool, f"const:{text}")
    value = float(text) if t is wp.float32 else int(text)
    node = spell.floating(float(value)) if t is wp.float32 else spell.integer(int(value))
    known = (float(value), float(value))
    return Drawn(node, t, f"const:{text}", lambda: known, zero=not value)


def fixed(value: Drawn) -> bool:
    """Whether Warp takes a name that is bound to the value for a constant, which no loop may change."""
    return value.head.startswith(("const:", "un:", "call:wp.len", "name:constant")) or spell.is_number(value.node)


def shortened(node: Expr) -> Expr:
    """A constructor, by the short name of its type that people write: ``wp.mat22`` for ``wp.mat22f``."""
    f = node.func if isinstance(node, cst.Call) else None
    if isinstance(f, cst.Attribute) and isinstance(f.value, cst.Name) and f.attr.value in _SHORT:
        return node.with_changes(func=spell.dotted(f"wp.{_SHORT[f.attr.value]}"))
    return node


_SHORT = {
    n: n[:-1]
    for n in map(types.name, types.COMPOSITES)
    if n.endswith("f") and getattr(wp, n[:-1], None) is getattr(wp, n) and n[:-1] not in registry.names()
}


def anywhere() -> Range:
    """Nothing is known of where the value lies."""
    return None


def sources_of(operands: list[Drawn]) -> frozenset[LocalName]:
    """The names that the operands read."""
    return frozenset().union(*(o.sources for o in operands))


def bounds_of(head: str, t: Value, operands: list[Drawn]) -> Callable[[], Range]:
    """Where the result lies: component by component, which products of matrices and rotations are not."""
    kinds = {types.kind(o.type) for o in operands if isinstance(o.type, type)}
    kind = head.partition(":")[0]
    if kind in ("item", "attr"):
        return operands[0].bounds
    if not kinds <= {"int", "float", "bool", "vec"}:
        return lambda: None
    if kind == "call" and types.kind(t) == "vec":
        if not operands:
            return lambda: (0.0, 0.0)
        if len(operands) in (1, types.shape(t)[0]) and kinds <= {"int", "float"}:
            return lambda: hull(*(o.bounds() for o in operands))
        return lambda: None
    integer = t in types.INTEGERS
    return lambda: of_operation(head, [o.bounds() for o in operands], integer=integer)


def repeated(head: str, left: Drawn, right: Drawn) -> bool:
    """Whether nobody would write the operand after the one before it: ``x - x``, ``1 + 1``."""
    if right.head == SAME or left.type != right.type or not isinstance(right.type, type):
        return False
    if right.head.startswith("const:"):
        return left.head.startswith("const:") and not head.startswith(("call:", "item:"))
    return any(right.node.deep_equals(node) for node in _parts(left.node))


def _parts(node: Expr) -> Iterator[Expr]:
    """What truth values are joined in the expression; itself where none are."""
    if isinstance(node, cst.BooleanOperation):
        yield from _parts(node.left)
        yield from _parts(node.right)
    else:
        yield node


def repeats(left: Drawn | None, wanted: str) -> bool:
    """Whether the operand before may stand there once more."""
    if left is None or left.type is None or name_of(left.type) != wanted or left.head.startswith(("own", "const")):
        return False
    return len(cst.Module([]).code_for_node(left.node)) <= LONGEST_REPEATED
