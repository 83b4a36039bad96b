"""An integrand's source, run by CPython: expressions over NumPy values, and operators as functions that are given.

The meanings of builtins are those of :mod:`grammar.operations`. They compute in the precision of their operands, so
that one source has a value in float32, as Warp computes it, and one in float64, and the two tell how sure the value is.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

from warpsmith.grammar import types
from warpsmith.grammar.operations import record
from warpsmith.grammar.operations.operators import BINARY, UNARY

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "Eq": lambda a, b: a == b,
    "Lt": lambda a, b: a < b,
    "LtE": lambda a, b: a <= b,
    "Gt": lambda a, b: a > b,
    "GtE": lambda a, b: a >= b,
}
_AXES = "xyzw"


class _OperatorCalls(ast.NodeTransformer):
    """Operators and literals become calls; everything else keeps Python's meaning."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        return self._call("op", ast.Constant(BINARY[type(node.op)]), self.visit(node.left), self.visit(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        if isinstance(node.op, ast.Not):
            return self.generic_visit(node)
        return self._call("op", ast.Constant(UNARY[type(node.op)]), self.visit(node.operand))

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        signs: list[ast.expr] = [ast.Constant(type(op).__name__) for op in node.ops]
        values = [self.visit(v) for v in (node.left, *node.comparators)]
        return self._call("compare", ast.Tuple(signs, ast.Load()), *values)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        assert isinstance(node.target, ast.Name)
        old = ast.Name(node.target.id, ast.Load())
        value = self._call("op", ast.Constant(BINARY[type(node.op)]), old, self.visit(node.value))
        return ast.Assign([node.target], value)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return self._call("literal", node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if node.attr in _AXES and not (isinstance(node.value, ast.Name) and node.value.id in ("wp", "fem")):
            return ast.Subscript(self.visit(node.value), ast.Constant(_AXES.index(node.attr)), ast.Load())
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.decorator_list = []
        for argument in node.args.args:
            argument.annotation = None
        node.args.defaults = [self.visit(d) for d in node.args.defaults]
        node.body = [self.visit(s) for s in node.body]
        return node

    @staticmethod
    def _call(name: str, *arguments: ast.expr) -> ast.Call:
        return ast.Call(ast.Name(f"__{name}", ast.Load()), list(arguments), [])


@lru_cache(maxsize=64)
def _lowered(source: str) -> CodeType:
    tree = ast.parse(source)
    tree.body = [_OperatorCalls().visit(s) for s in tree.body if isinstance(s, ast.FunctionDef)]
    return compile(ast.fix_missing_locations(tree), "<integrand>", "exec")


class _Builtins:
    """What ``wp`` is in the source: builtins and types, for one precision."""

    def __init__(self, floating: type[Any]) -> None:
        self._floating = floating
        self.int32, self.float32, self.bool = _to_int, lambda x=0: floating(x), lambda x=False: np.bool_(bool(x))

    def __getattr__(self, name: str) -> Any:
        found = self._found(name)
        setattr(self, name, found)
        return found

    def _found(self, name: str) -> Callable[..., Any]:
        if name in ("vec2f", "vec3f", "mat22f", "mat33f"):
            return _filling(types.shape(types.by_name(name)), self._floating)
        if record(name).constant:
            return lambda n, dtype=None: np.eye(int(n), dtype=self._floating)
        return _meaning(name)


def _meaning(name: str) -> Callable[..., Any]:
    found = record(name).evaluate(())
    assert found is not None
    return found


def _compare(signs: tuple[str, ...], *values: Any) -> Any:
    """A chain of comparisons; composite values are equal where all their components are."""
    pairs = zip(signs, values[:-1], values[1:], strict=True)
    return np.bool_(all(bool(np.all(_COMPARE[s](a, b))) if s != "NotEq" else bool(np.any(a != b)) for s, a, b in pairs))


def _to_int(x: Any = 0) -> Any:
    if isinstance(x, np.floating) and not abs(float(x)) < 2**31:
        raise FloatingPointError("a conversion out of range")
    return np.int32(int(x))


def _filling(shape: tuple[int, ...], floating: type[Any]) -> Callable[..., Any]:
    def fill(*values: Any) -> Any:
        flat = np.concatenate([np.ravel(v) for v in values]).astype(floating) if values else np.zeros(1, floating)
        return np.broadcast_to(flat, shape).copy() if flat.size == 1 else flat.reshape(shape).copy()

    return fill


def run(source: str, entry: str, operators: Mapping[str, Any], floating: type[Any]) -> Callable[..., Any]:
    """The integrand as a Python function.

    Args:
        source: the program.
        entry: its integrand.
        operators: what ``fem.`` stands for, by name.
        floating: the NumPy type of its floating-point numbers, float32 or float64.
    """
    fem = type("fem", (), {name: staticmethod(f) for name, f in operators.items()})

    def literal(value: Any) -> Any:
        return value if isinstance(value, bool) else np.int32(value) if isinstance(value, int) else floating(value)

    def operation(name: str, *operands: Any) -> Any:
        return _meaning(name)(*operands)

    wp = _Builtins(floating)
    namespace: dict[str, Any] = {
        "wp": wp, "fem": fem, "__op": operation, "__compare": _compare, "__literal": literal,
        "int": wp.int32, "float": wp.float32, "bool": wp.bool, "len": lambda v: np.int32(len(v)),
    }  # fmt: skip
    exec(_lowered(source), namespace)
    return namespace[entry]  # type: ignore[no-any-return]
