"""Replacing parts of a tree, with the parentheses that the new text needs and no others.

A part is addressed by its identity, so edits of one tree compose in any order: an edit whose part is gone changes
nothing. A parsed tree holds each node once; a built one may not, so trees are parsed before they are edited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import libcst as cst

from warpsmith.grammar import spell
from warpsmith.synthesizer.reading import child_fields, walk

Replacement = Any
"""A node, a sequence of statements that take the place of one, or ``None`` to leave the part out."""

Node = TypeVar("Node", bound=cst.CSTNode)

_X = spell.name("x")


def _tokens(build: Any, tokens: str) -> dict[type, str]:
    return {type(build(token).operator): token for token in tokens.split()}


_BINARY = _tokens(lambda t: spell.binary(t, _X, _X), "| ^ & << >> + - * / // % @ **")
_UNARY = _tokens(lambda t: spell.unary(t, _X), "- + ~ not")
_BOOLEAN = _tokens(lambda t: spell.boolean(t, _X, _X), "or and")
_COMPARE = _tokens(
    lambda t: cst.ensure_type(spell.compare(_X, (t, _X)), cst.Comparison).comparisons[0], "< <= > >= == !="
)


def replaced(node: Node, new: Mapping[int, Replacement]) -> Node:
    """The tree with other parts in it; the same tree if it holds none of them.

    Args:
        node: a parsed tree.
        new: by the ``id`` of a part, what takes its place. Nothing inside a replaced part is looked at.
    """
    changes: dict[str, Any] = {}
    for name in child_fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            child = new[id(value)] if id(value) in new else replaced(value, new)
            if child is not value:
                changes[name] = _arm(child) if isinstance(child, list) else child
        elif isinstance(value, (tuple, list)) and value:
            children = _sequence(value, new)
            if children is not None:
                changes[name] = children
    return _changed(node, changes) if changes else node


def _arm(statements: list[cst.BaseStatement]) -> cst.CSTNode | None:
    """What takes the place of an ``elif``, the only statement outside a block: an ``else``."""
    return cst.ensure_type(spell.branch([(_X, [])], statements), cst.If).orelse


def _sequence(old: Sequence[Any], new: Mapping[int, Replacement]) -> list[Any] | None:
    children: list[Any] = []
    for value in old:
        child = new[id(value)] if id(value) in new else replaced(value, new)
        if isinstance(child, (tuple, list)):
            children.extend(child)
        elif child is not None:
            children.append(child)
    same = len(children) == len(old) and all(a is b for a, b in zip(children, old, strict=True))
    return None if same else children


def _changed(node: Any, changes: dict[str, Any]) -> Any:
    for name, value in changes.items():
        if isinstance(value, cst.BaseExpression):
            changes[name] = bare(value)
    if isinstance(node, cst.IndentedBlock):
        kept = [s for s in changes["body"] if not is_pass(s)]
        return node.with_changes(body=kept or [spell.PASS])
    if isinstance(node, (cst.Assign, cst.Return)) and isinstance(changes.get("value"), cst.Tuple):
        changes["value"] = spell.bare_tuple([e.value for e in changes["value"].elements])
    node = node.with_changes(**changes)
    rebuild = _RESPELLED.get(type(node))
    return rebuild(node) if rebuild is not None else node


def bare(node: cst.BaseExpression) -> cst.BaseExpression:
    """The expression without parentheses around it; a tuple keeps its own."""
    return node.with_changes(lpar=(), rpar=()) if node.lpar and not isinstance(node, cst.Tuple) else node


def is_pass(statement: cst.CSTNode) -> bool:
    """Whether it is a line that says ``pass`` and nothing else."""
    return isinstance(statement, cst.SimpleStatementLine) and all(isinstance(s, cst.Pass) for s in statement.body)


def _comparison(node: cst.Comparison) -> cst.BaseExpression:
    pairs = [(_COMPARE[type(t.operator)], bare(t.comparator)) for t in node.comparisons]
    return spell.compare(bare(node.left), *pairs)


def _call(node: cst.Call) -> cst.BaseExpression:
    if any(a.star for a in node.args):
        return node
    plain = [bare(a.value) for a in node.args if a.keyword is None]
    named = {a.keyword.value: bare(a.value) for a in node.args if a.keyword is not None}
    return spell.call(node.func, *plain, **named)


def _subscript(node: cst.Subscript) -> cst.BaseExpression:
    indices = [bare(e.slice.value) for e in node.slice if isinstance(e.slice, cst.Index)]
    if len(indices) < len(node.slice):  # slices are left as they are spelled
        return node
    return spell.subscript(bare(node.value), *indices)


_RESPELLED: dict[type, Any] = {
    cst.BinaryOperation: lambda n: spell.binary(_BINARY[type(n.operator)], bare(n.left), bare(n.right)),
    cst.UnaryOperation: lambda n: spell.unary(_UNARY[type(n.operator)], bare(n.expression)),
    cst.BooleanOperation: lambda n: spell.boolean(_BOOLEAN[type(n.operator)], bare(n.left), bare(n.right)),
    cst.IfExp: lambda n: spell.conditional(bare(n.test), bare(n.body), bare(n.orelse)),
    cst.Attribute: lambda n: spell.attribute(bare(n.value), n.attr.value),
    cst.Comparison: _comparison,
    cst.Call: _call,
    cst.Subscript: _subscript,
    cst.Parameters: lambda n: n.with_changes(params=_separated(n.params)),
}
"""How a node is spelled again whose operands have changed: what it says stays, its parentheses and commas follow."""


def _separated(parameters: Sequence[cst.Param]) -> list[cst.Param]:
    last = [p.with_changes(comma=cst.MaybeSentinel.DEFAULT) for p in parameters[-1:]]
    return [*parameters[:-1], *last]


def mentions(node: cst.CSTNode, name: str) -> int:
    """How often the name stands in the tree as a name of its own, not as a field or a keyword."""
    return sum(n.value == name for n in names_in(node))


def names_in(node: cst.CSTNode) -> list[cst.Name]:
    """Every name in the tree that is a name of its own, not a field or a keyword, in the order of the text."""
    found: list[cst.Name] = []
    skipped: set[int] = set()
    for part in walk(node):
        if isinstance(part, cst.Attribute):
            skipped.add(id(part.attr))
        elif isinstance(part, cst.Arg) and part.keyword is not None:
            skipped.add(id(part.keyword))
        elif isinstance(part, cst.Name) and id(part) not in skipped:
            found.append(part)
    return found


def substituted(node: Any, values: Mapping[str, cst.BaseExpression]) -> Any:
    """The tree with expressions in the place of names."""
    if isinstance(node, cst.Name):
        return values.get(node.value, node)
    return replaced(node, {id(n): values[n.value] for n in names_in(node) if n.value in values})
