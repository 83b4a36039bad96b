"""Statements, lowered: they keep Python's own meaning, and a store into a part binds a name to the changed whole."""

from __future__ import annotations

import ast
from collections.abc import Callable

from warpsmith.grammar.operations import record
from warpsmith.grammar.operations.operators import BINARY
from warpsmith.synthesizer.reference.run import nodes
from warpsmith.synthesizer.reference.run.effects import (
    advanced_where_read,
    advances,
    bound_before,
    finds,
    goes_stale,
    kept,
    numbers,
    several,
    using_atomics,
)
from warpsmith.synthesizer.reference.run.expressions import Expressions
from warpsmith.synthesizer.reference.run.loops import Loops
from warpsmith.synthesizer.reference.run.namespace import Namespace
from warpsmith.synthesizer.reference.run.tiles import changed_tiles
from warpsmith.synthesizer.reference.run.tree import bound_in, functions, walk, warp_name


class Statements:
    """Lowers the statements of a program, function by function.

    Attributes:
        definitions: the names of the kernels and functions, one a definition.
        bodies: by such a name, the statements of the last definition as text.
    """

    def __init__(self, namespace: Namespace, tree: ast.Module) -> None:
        self._namespace = namespace
        self._expressions = Expressions(namespace)
        self._calls = self._expressions.calls
        self._expr = self._expressions.expr
        self._random = any(map(advances, walk(tree)))
        self._numbers = numbers(tree)
        self._using = using_atomics(tree)
        self._several = several(tree)
        self._loops = Loops({}, self._numbers)
        self.definitions = [f.name for f in functions(tree)]
        self.bodies = {f.name: [ast.unparse(s) for s in f.body] for f in functions(tree)}

    def function(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """The lowered definition of a function or a kernel."""
        self._loops = Loops(bound_before(node), self._numbers)
        self._expressions.tuples = kept(node, self._several)
        self._expressions.locals = self._calls.locals = frozenset(bound_in(node))
        args = node.args
        defaulting = args.args[len(args.args) - len(args.defaults) :]
        defaults = [self._default(a, value) for a, value in zip(defaulting, args.defaults, strict=True)]
        named = [self._default(a, v) if v else None for a, v in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
        only = [ast.arg(a.arg) for a in args.kwonlyargs]
        arguments = ast.arguments([], [ast.arg(a.arg) for a in args.args], None, only, named, None, defaults)
        body = self._block(node.body)
        if any(isinstance(n, ast.Return) and n.value is not None for n in walk(node)):
            body.append(ast.Expr(nodes.runtime("no_value")))
        self._expressions.locals = self._calls.locals = frozenset()
        return ast.copy_location(ast.FunctionDef(node.name, arguments, body, []), node)

    def computes_with(self, host: Callable[[ast.expr], ast.expr]) -> None:
        """What lowers expressions that are computed while the program is compiled."""
        self._calls.host = host

    def value(self, node: ast.expr) -> ast.expr:
        """The lowered expression."""
        return self._expr(node)

    def _default(self, parameter: ast.arg, value: ast.expr) -> ast.expr:
        """A parameter's default: a number of the parameter's type, or a name."""
        literal = nodes.literal(value)
        if literal is None or parameter.annotation is None:
            return self._expr(value)
        return self._namespace.constant(self._namespace.type(parameter.annotation), literal)

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        lowered: list[ast.stmt] = []
        for node in body:
            before = [*self._loops.before(node), *self._namespace.before(node)]
            after = [*self._loops.after(node), *self._namespace.after(node)]
            lowered += [ast.copy_location(s, node) for s in (*before, self.stmt(node), *after)]
            self._loops.passed(node)
        return lowered

    def stmt(self, node: ast.stmt) -> ast.stmt:
        """The lowered statement."""
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            raise nodes.unsupported(node)
        self._expressions.unordered = advanced_where_read(node) if self._random else frozenset()
        return method(node)  # type: ignore[no-any-return]

    def _Pass(self, node: ast.Pass) -> ast.stmt:
        return node

    _Break = _Continue = _Pass

    def _Assert(self, node: ast.Assert) -> ast.stmt:
        return ast.Expr(self._expr(node.test))  # without debugging, Warp compiles it to nothing

    def _Return(self, node: ast.Return) -> ast.stmt:
        return ast.Return(self._expr(node.value) if node.value is not None else None)

    def _Expr(self, node: ast.Expr) -> ast.stmt:
        call = node.value
        if isinstance(call, ast.Constant):
            return ast.Pass()  # a docstring
        if isinstance(call, ast.Call) and (looked_at := _looked_at(call)) is not None:
            return ast.Expr(ast.Tuple(list(map(self._expr, looked_at)), ast.Load()))
        if isinstance(call, ast.Call) and (name := warp_name(call.func)) is not None:
            if record(name).sets:
                return self._set(call.args[0], self._calls.apply(name, call))
            if (changed := changed_tiles(call)) is not None:
                return self._set(changed, self._expr(call))
            if record(name).combines:
                return ast.Expr(self._calls.atomic(name, call, used=False))
        return ast.Expr(self._expr(call))

    def _Assign(self, node: ast.Assign) -> ast.stmt:
        (target,) = node.targets
        return self._set(target, self._expr(node.value))

    def _set(self, target: ast.expr, value: ast.expr) -> ast.stmt:
        """The binding by which ``target`` becomes ``value``."""
        if isinstance(target, ast.Name):
            return nodes.set_name(target.id, _own(value))
        if isinstance(target, ast.Tuple):
            parts = ast.Tuple(list(map(_own, value.elts)), ast.Load()) if isinstance(value, ast.Tuple) else value
            return ast.Assign([target], parts)
        if isinstance(target, ast.Subscript):
            changed = self._namespace.apply(
                "store", None, value, self._expressions.whole(target.value), *self._expressions.indices(target)
            )
        elif isinstance(target, ast.Attribute):
            changed = self._namespace.apply(
                "store attribute", target.attr, value, self._expressions.whole(target.value)
            )
        else:
            raise nodes.unsupported(target)
        return self._set(target.value, self._namespace.value_at(target.value, changed))

    def _AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        name, target = BINARY[type(node.op)], node.target
        if isinstance(target, ast.Subscript) and warp_name(target.value) == "adjoint":
            return ast.Expr(nodes.runtime("adjoint", ast.Constant(ast.unparse(target.slice)), self._expr(node.value)))
        if isinstance(target, ast.Subscript):
            parts = (self._expressions.whole(target.value), *self._expressions.indices(target), self._expr(node.value))
            changed = self._namespace.apply("augment", name, *parts)
            return self._set(target.value, self._namespace.value_at(target.value, changed))
        # Warp adds to parts of elements by atomics; any other operator reads them.
        before = self._expressions.whole(target) if record(name).adds else self._expr(_loaded(target))
        return self._set(target, self._namespace.apply(name, None, before, self._expr(node.value)))

    def _If(self, node: ast.If) -> ast.stmt:
        test = nodes.runtime("branch", self._expr(node.test))
        return ast.If(test, self._block(node.body), self._block(node.orelse))

    def _While(self, node: ast.While) -> ast.stmt:
        if goes_stale(node, self._numbers, self._using):
            return ast.While(nodes.runtime("again", self._expr(node.test)), self._trip(node), [])
        first = self._namespace.temporary()
        test = nodes.runtime("again", self._expr(node.test), nodes.name(first))
        loop = ast.copy_location(ast.While(test, self._trip(node), []), node)
        needed = nodes.runtime("loop_needs", *self._loops.needed(node))
        return ast.If(nodes.bind(first, needed), [loop], [])  # which is true

    def _For(self, node: ast.For) -> ast.stmt:
        if finds(node.iter):
            return ast.For(node.target, nodes.runtime("found", self._expr(node.iter)), self._trip(node), [])
        call, reverse = node.iter, False
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "reversed":
            call, reverse = call.args[0], True
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"):
            raise nodes.unsupported(node.iter)
        trips = nodes.runtime("reversed" if reverse else "range", *map(self._expr, call.args))
        return ast.For(node.target, trips, self._trip(node), [])

    def _trip(self, node: ast.For | ast.While) -> list[ast.stmt]:
        """The body of a loop."""
        return [*self._loops.trip(node), *self._block(node.body)]


_LOOKING = ("expect_eq", "expect_neq", "expect_near", "printf")


def _looked_at(call: ast.Call) -> list[ast.expr] | None:
    """What an expectation compares, or a print prints: it changes nothing."""
    if warp_name(call.func) in _LOOKING or (isinstance(call.func, ast.Name) and call.func.id == "print"):
        return [a for a in call.args if not (isinstance(a, ast.Constant) and isinstance(a.value, str))]
    return None


def _own(value: ast.expr) -> ast.expr:
    """The value as a variable's own: not the box of a constant or of another variable."""
    return nodes.runtime("own", value) if isinstance(value, (ast.Name, ast.Subscript)) else value


def _loaded(target: ast.expr) -> ast.expr:
    """The target of an assignment as an expression; what is unknown at a target is unknown of what it stores."""
    if isinstance(target, ast.Attribute):
        return ast.Attribute(_loaded(target.value), target.attr, ast.Load())
    if isinstance(target, ast.Subscript):
        return ast.Subscript(_loaded(target.value), target.slice, ast.Load())
    return nodes.name(target.id) if isinstance(target, ast.Name) else target
