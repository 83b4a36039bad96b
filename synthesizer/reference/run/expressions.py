"""Expressions, lowered: operators, comparisons and accesses become operations; short circuits stay."""

from __future__ import annotations

import ast
from collections.abc import Callable, Set

import warp as wp

from warpsmith.grammar.operations.operators import BINARY, UNARY
from warpsmith.grammar.operations.volumes import CLOSEST, LINEAR
from warpsmith.synthesizer.reference.run import nodes
from warpsmith.synthesizer.reference.run.calls import Calls
from warpsmith.synthesizer.reference.run.namespace import Namespace
from warpsmith.synthesizer.reference.run.tree import warp_name

_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


class Expressions:
    """Lowers the expressions of a program.

    Attributes:
        calls: lowers calls.
        tuples: the names of the present function that hold several values.
        locals: the names that the present function binds.
        unordered: names whose random state the present statement reads and advances.
    """

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self.calls = Calls(namespace, self.expr)
        self.tuples: Set[str] = frozenset()
        self.unordered: Set[str] = frozenset()
        self.locals: Set[str] = frozenset()
        self._Call = self.calls.call

    def expr(self, node: ast.expr) -> ast.expr:
        """The lowered expression: it evaluates to a box, an array, or a tuple of those."""
        literal = nodes.literal(node)
        if literal is not None:
            return self._namespace.constant({bool: wp.bool, int: wp.int32, float: wp.float32}[type(literal)], literal)
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            raise nodes.unsupported(node)
        return self._namespace.value_at(node, method(node))

    def whole(self, node: ast.expr) -> ast.expr:
        """What a part of is about to be changed: an element of an array is not read by that."""
        if isinstance(node, ast.Attribute):
            return self._namespace.apply("attribute", node.attr, self.whole(node.value))
        if isinstance(node, ast.Subscript):
            return self._namespace.apply("element", None, self.whole(node.value), *self.indices(node))
        return self.expr(node)

    def indices(self, node: ast.Subscript) -> list[ast.expr]:
        """What is in the brackets."""
        indices = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return [self._span(i) if isinstance(i, ast.Slice) else self.expr(i) for i in indices]

    def _apply(self, operation: str, *operands: ast.expr) -> ast.expr:
        return self._namespace.apply(operation, None, *map(self.expr, operands))

    def _Name(self, node: ast.Name) -> ast.expr:
        value = nodes.name(node.id)
        if node.id in self._namespace.hosted and node.id not in self.locals:
            return nodes.runtime("captured", value)
        return nodes.runtime("unordered", value) if node.id in self.unordered else value

    def _Starred(self, node: ast.Starred) -> ast.expr:
        return ast.Starred(nodes.runtime("spread", self.expr(node.value)), ast.Load())

    def _Tuple(self, node: ast.Tuple) -> ast.expr:
        return ast.Tuple([self.expr(e) for e in node.elts], ast.Load())

    def _UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        return self._apply(UNARY[type(node.op)], node.operand)

    def _BinOp(self, node: ast.BinOp) -> ast.expr:
        return self._apply(BINARY[type(node.op)], node.left, node.right)

    def _BoolOp(self, node: ast.BoolOp) -> ast.expr:
        result = self.expr(node.values[0])
        for value in node.values[1:]:
            result = self._short(isinstance(node.op, ast.And), result, value)
        return result

    def _short(self, conjunction: bool, left: ast.expr, right: ast.expr | Callable[[], ast.expr]) -> ast.expr:
        """``and`` or ``or``: the right operand is evaluated where the left one leaves it open."""
        first, before = self._namespace.temporary(), self.calls.effects
        second = right() if callable(right) else self.expr(right)
        arms = (second, ast.Constant(None)) if conjunction else (ast.Constant(None), second)
        lazy = ast.IfExp(nodes.number_of(first), *arms)
        effects = ast.Constant(self.calls.effects > before)
        return nodes.runtime("both" if conjunction else "either", nodes.bind(first, left), lazy, effects)

    def _IfExp(self, node: ast.IfExp) -> ast.expr:
        test, before = self._namespace.temporary(), self.calls.effects
        condition = nodes.bind(test, self.expr(node.test))
        chosen = ast.IfExp(nodes.number_of(test), self.expr(node.body), self.expr(node.orelse))
        return nodes.runtime("pick", condition, chosen, ast.Constant(self.calls.effects > before))

    def _Compare(self, node: ast.Compare) -> ast.expr:
        """A chain is the conjunction of its links; each operand is evaluated once."""
        left = self.expr(node.left)
        result: ast.expr | None = None
        for i, (op, operand) in enumerate(zip(node.ops, node.comparators, strict=True)):
            shared = self._namespace.temporary() if i + 1 < len(node.ops) else None

            def link(
                left: ast.expr = left, op: ast.cmpop = op, operand: ast.expr = operand, shared: str | None = shared
            ) -> ast.expr:
                right = self.expr(operand)
                bound = right if shared is None else nodes.bind(shared, right)
                return self._namespace.apply("compare", _COMPARE[type(op)], left, bound)

            result = link() if result is None else self._short(True, result, link)
            if shared is not None:
                left = nodes.name(shared)
        assert result is not None
        return result

    def _Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id in self._namespace.members:
            member = self._namespace.members[node.value.id][node.attr]
            return self._namespace.constant(wp.float32 if isinstance(member, float) else wp.int32, member)
        if (name := warp_name(node)) is not None:
            number = getattr(wp, name, None)
            if isinstance(number, float):  # wp.pi
                return self._namespace.constant(wp.float32, number)
            return self._namespace.value(name)  # a builtin as a value
        if warp_name(node.value) == "Volume":
            return self._namespace.constant(wp.int32, {"CLOSEST": CLOSEST, "LINEAR": LINEAR}[node.attr])
        return self._namespace.apply("attribute", node.attr, self.expr(node.value))

    def _span(self, node: ast.Slice) -> ast.expr:
        bounds = (node.lower, node.upper, node.step)
        return nodes.runtime("span", *(ast.Constant(None) if b is None else self.expr(b) for b in bounds))

    def _Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            return self._apply("shape", node.value.value, node.slice)
        if isinstance(node.value, ast.Name) and node.value.id in self.tuples:
            return ast.Subscript(nodes.name(node.value.id), node.slice, ast.Load())
        return self._namespace.apply("index", None, self.expr(node.value), *self.indices(node))
