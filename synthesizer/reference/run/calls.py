"""Calls, lowered: of user functions, of struct constructors, and of Warp's builtins."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Set
from typing import Any

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.operations import record
from warpsmith.grammar.operations.tile import MEMORY, TILES
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.run import nodes
from warpsmith.synthesizer.reference.run.namespace import PYTHON, Namespace
from warpsmith.synthesizer.reference.run.tiles import Tiles
from warpsmith.synthesizer.reference.run.tree import warp_name
from warpsmith.synthesizer.reference.values.boxes import Box
from warpsmith.synthesizer.reference.values.builtins import unwrapped


class Calls:
    """Lowers the calls of a program.

    Attributes:
        effects: how many of them so far may do more than yield a value.
        locals: the names that the present function binds.
    """

    def __init__(self, namespace: Namespace, expr: Callable[[ast.expr], ast.expr]) -> None:
        self._namespace = namespace
        self._expr = expr
        self._tiles = Tiles(namespace, expr)
        self.effects = 0
        self.locals: Set[str] = frozenset()
        self.host: Callable[[ast.expr], ast.expr] = expr

    def apply(self, operation: str, node: ast.Call) -> ast.expr:
        """The operation on the arguments of the call."""
        return self._namespace.apply(operation, None, *map(self._expr, node.args))

    def call(self, node: ast.Call) -> ast.expr:
        """The lowered call."""
        name = warp_name(node.func)
        if name == "static":
            return nodes.runtime("static", self.host(node.args[0]))
        if name is not None:
            return self._builtin(name, node)
        if not isinstance(node.func, ast.Name):
            return self._computed(node.func, node)
        known = node.func.id
        if known in self.locals or known in self._namespace.hosted:
            return self._dynamic(self._expr(node.func), node)
        if known in self._namespace.functions:
            return self._user(known, node)
        if known in self._namespace.own:
            t = self._namespace.own[known]
            return self._namespace.apply("construct", t, *map(self._expr, node.args))
        if known in self._namespace.structs:
            keywords = [ast.keyword(k.arg, self._expr(k.value)) for k in node.keywords]
            return ast.Call(nodes.name(f"__{known}"), list(map(self._expr, node.args)), keywords)
        if known in PYTHON:
            return self._convert(PYTHON[known], node)
        if hasattr(builtins, known):  # Python's own name for it: ``abs(x)``
            return self._builtin(known, node)
        raise nodes.unsupported(node)

    def _user(self, known: str, node: ast.Call) -> ast.expr:
        """A call of a function of the program."""
        self.effects += 1
        keywords = [ast.keyword(k.arg, self._expr(k.value)) for k in node.keywords]
        return ast.Call(nodes.name(known), list(map(self._expr, node.args)), keywords)

    def _dynamic(self, function: ast.expr, node: ast.Call) -> ast.expr:
        """A call of a function that the program has as a value."""
        self.effects += 1
        keywords = [ast.keyword(k.arg, self._expr(k.value)) for k in node.keywords]
        return ast.Call(nodes.name("__call"), [function, *map(self._expr, node.args)], keywords)

    def _computed(self, function: ast.expr, node: ast.Call) -> ast.expr:
        """A call of what is no name: ``type(x)(y)``, ``x.dtype(y)``, ``wp.static(f)(x)``, ``wp.grad(f)(x)``."""
        if isinstance(function, ast.Attribute):
            if function.attr == "dtype":
                return self._like("dtype", function.value, node)
            if (method := self._namespace.methods.get(ast.unparse(function))) is not None:
                return self._user(method, node)
        elif isinstance(function, ast.Call) and isinstance(function.func, ast.Name) and function.func.id == "type":
            return self._like("type", function.args[0], node)
        elif isinstance(function, ast.Call) and warp_name(function.func) == "static":
            return self._dynamic(self.call(function), node)
        elif isinstance(function, ast.Call) and warp_name(function.func) == "grad":
            of = [self._expr(function.args[0]), *map(self._expr, node.args)]
            return nodes.runtime("grad", *of)
        raise nodes.unsupported(node)

    def _like(self, how: str, value: ast.expr, node: ast.Call) -> ast.expr:
        """A conversion to the type of a value, or to that of its components: literals keep their digits."""
        given = [nodes.literal(a) for a in node.args]
        operands = [self._expr(a) if n is None else ast.Constant(n) for a, n in zip(node.args, given, strict=True)]
        return nodes.runtime("like", ast.Constant(how), self._expr(value), *operands)

    def _convert(self, t: Value, node: ast.Call) -> ast.expr:
        (operand,) = node.args
        literal = nodes.literal(operand)
        if literal is not None and not (isinstance(literal, float) and types.kind(t) == "int"):
            return self._namespace.constant(t, literal)
        return self._namespace.apply(t.__name__, None, self._expr(operand))

    def _builtin(self, name: str, node: ast.Call) -> ast.expr:
        if name == "tid":
            return nodes.runtime("tid")
        if name in TILES or name in MEMORY:
            return self._tiles.call(name, node)
        operation = record(name)
        if operation.observes:
            return self._observation(name, node)
        if operation.combines:
            return self.atomic(name, node, used=True)
        if operation.constant:
            return self._identity(name, node)
        if name == "zeros":
            return self._zeros(node)
        if name == "cast":
            return self._namespace.apply("cast", self._namespace.type(node.args[1]), self._expr(node.args[0]))
        if operation.advances:
            return self._stateful(name, node)
        if name == "constant":
            return self._expr(node.args[0])
        if node.keywords or operation.sets:
            raise nodes.unsupported(node)
        if name in _TYPES:
            t = _TYPES[name]
            if types.is_scalar(t):
                return self._convert(t, node)
            return self._namespace.apply("construct", t, *map(self._expr, node.args))
        return self.apply(name, node)

    def atomic(self, name: str, node: ast.Call, *, used: bool) -> ast.expr:
        """The lowered atomic; whether the program looks at what it finds is ``used``."""
        self.effects += 1
        count = record(name).values
        array, *rest = map(self._expr, node.args)
        indices, operands = rest[:-count], rest[-count:]
        parts = (ast.Tuple(indices, ast.Load()), ast.Tuple(operands, ast.Load()))
        return nodes.runtime("atomic", ast.Constant(name), ast.Constant(used), array, *parts)

    def _observation(self, name: str, node: ast.Call) -> ast.expr:
        """What reads an object; a query that is asked for the next number changes the name that holds the last."""
        if record(name).observes != "query":
            option = next((self._namespace.type(k.value) for k in node.keywords if k.arg == "dtype"), None)
            return self._namespace.apply(name, option, *map(self._expr, node.args))
        query, index = node.args
        self.effects += 1
        if not isinstance(index, ast.Name):  # nobody sees the number
            return nodes.item(nodes.runtime("next", self._expr(query), self._expr(index)), 0)
        pair = self._namespace.temporary()
        advance = nodes.bind(index.id, nodes.item(nodes.name(pair), 1))
        step = nodes.runtime("next", self._expr(query), nodes.name(index.id))
        return nodes.item(nodes.first_of(nodes.bind(pair, step), advance), 0)

    def _identity(self, name: str, node: ast.Call) -> ast.expr:
        given = {k.arg: k.value for k in node.keywords}
        dtype = self._namespace.type(given["dtype"]) if "dtype" in given else wp.float32
        options: dict[str, Any] = {"dtype": dtype}
        if "n" in given:
            options["n"] = nodes.literal(given["n"])
        value = unwrapped(name, ())(**options)
        found = types.of_structure(_KINDS.get(value.shape, "mat"), value.shape, dtype)
        if found is None:
            raise nodes.unsupported(node)
        slot = f"__c{name}{options.get('n', '')}{types.name(options['dtype'])}"
        self._namespace.constants[slot] = Box(found, value)
        return nodes.name(slot)

    def _zeros(self, node: ast.Call) -> ast.expr:
        """An array local to the thread."""
        given = {k.arg: k.value for k in node.keywords}
        shape = given["shape"]
        extents = map(nodes.literal, shape.elts if isinstance(shape, ast.Tuple) else [shape])
        return self._namespace.apply("zeros", types.Local(self._namespace.type(given["dtype"]), tuple(extents)))

    def _stateful(self, name: str, node: ast.Call) -> ast.expr:
        """The value that is drawn; a name that holds the state is bound to the new one, another operand is a copy."""
        drawn = self.apply(name, node)
        state = node.args[0]
        if not isinstance(state, ast.Name):
            return nodes.item(drawn, 0)
        self.effects += 1
        pair = self._namespace.temporary()
        advance = nodes.bind(state.id, nodes.item(nodes.name(pair), 1))
        return nodes.item(nodes.first_of(nodes.bind(pair, drawn), advance), 0)


_TYPES = {types.name(t): t for t in types.VALUES}
_KINDS = {types.shape(t): types.kind(t) for t in types.COMPOSITES if types.kind(t) in ("quat", "transform")}
