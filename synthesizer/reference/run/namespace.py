"""The namespace that lowered code runs in: what its names stand for, as lowering finds out."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

import numpy as np
import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.operations.conversion import cast_to
from warpsmith.grammar.types import Array, Type, Value
from warpsmith.synthesizer.reference.run.nodes import (
    bind,
    call,
    first_of,
    if_bound,
    name,
    runtime,
    set_name,
    unsupported,
)
from warpsmith.synthesizer.reference.run.tree import warp_name
from warpsmith.synthesizer.reference.unknown import At, Place, place
from warpsmith.synthesizer.reference.values.boxes import Box

PYTHON: dict[str, Value] = {"int": wp.int32, "float": wp.float32, "bool": wp.bool}
"""Types that have a name in Python."""


OPEN = frozenset(("Any", "Float", "Scalar", "Int", "Function"))
"""What an annotation calls a parameter that takes several types, or functions."""


def is_open(annotation: ast.expr) -> bool:
    """Whether a parameter with that annotation takes several types, or functions."""
    return any(getattr(n, "attr", getattr(n, "id", "")) in OPEN for n in ast.walk(annotation))


class Namespace:
    """The names of one program.

    Attributes:
        operations: name to the operation's name and option; its operands' types decide when it is first called.
        constants: name to value.
        structs: struct types by name.
        functions: names of the user functions.
        sizes: constants of the file that are integers, which shapes of tiles name.
        own: vector and matrix types of the file's own, by name.
        members: the numbers that its enumerations and other classes bind, by the class's name.
        texts: strings that the file binds to names.
        methods: kernels and functions in classes: ``Solver.step`` to the name that it has here.
        hosted: names that code on the host binds: parameters of factories, and what they make.
        many: the operations that are reached with operands of several types.
        polymorphic: whether what is lowered is reached so.
        values: what the host has at hand, by name.
        unknown: the sites of which nothing is known, in the order of their numbers.
    """

    def __init__(self, unknown: Iterable[At] = ()) -> None:
        self.operations: dict[str, tuple[str, Any]] = {}
        self.constants: dict[str, Box] = {}
        self.structs: dict[str, Value] = {}
        self.functions: list[str] = []
        self.sizes: dict[str, int] = {}
        self.own: dict[str, Value] = {}
        self.members: dict[str, dict[str, int | float]] = {}
        self.texts: dict[str, str] = {}
        self.methods: dict[str, str] = {}
        self.hosted: set[str] = set()
        self.many: set[str] = set()
        self.polymorphic = False
        self.values: dict[str, Any] = {}
        self.unknown = tuple(unknown)
        self._numbered: dict[Place, list[tuple[int, At]]] = {}
        for number, site in enumerate(self.unknown):
            self._numbered.setdefault(site.place, []).append((number, site))
        self._known: dict[tuple[Value, str], str] = {}
        self._temporaries = 0

    def apply(self, operation: str, option: Any, *operands: ast.expr) -> ast.expr:
        """A call that applies an operation to lowered operands."""
        slot = f"__s{len(self.operations)}"
        self.operations[slot] = (operation, option)
        if self.polymorphic:
            self.many.add(slot)
        return call(slot, *operands)

    def value(self, made: Any) -> ast.expr:
        """A name for what the host has at hand, such as a type."""
        slot = f"__h{len(self.values)}"
        self.values[slot] = made
        return name(slot)

    def temporary(self) -> str:
        """A name that nothing else has."""
        self._temporaries += 1
        return f"__t{self._temporaries}"

    def constant(self, t: Value, value: Any) -> ast.expr:
        """A typed constant: the literal's value goes straight to the type, so that a float64 keeps its digits."""
        key = (t, repr(value))
        if key not in self._known:
            self._known[key] = f"__c{len(self._known)}"
            with np.errstate(all="ignore"):
                self.constants[self._known[key]] = Box(t, cast_to(t)(value))
        return name(self._known[key])

    def type(self, node: ast.expr) -> Value:
        """The type that an annotation or an argument names."""
        if isinstance(node, ast.Name) and node.id in (known := {**PYTHON, **self.structs, **self.own}):
            return known[node.id]
        if (name := warp_name(node)) is not None and name in types.BY_NAME:
            return types.by_name(name)
        raise unsupported(node)

    def parameter(self, annotation: ast.expr | None) -> Type | None:
        """The type that a parameter's annotation names; ``None`` where it takes any."""
        if isinstance(annotation, ast.Call) and (head := warp_name(annotation.func) or "").startswith("array"):
            given = {k.arg: k.value for k in annotation.keywords}
            inner, ndim = self.parameter(given["dtype"]), given.get("ndim")
            count = ndim.value if isinstance(ndim, ast.Constant) else int(head[5:-1] or 1)
            return None if inner is None else Array(inner, count)  # type: ignore[arg-type]
        if isinstance(annotation, ast.Subscript) and (head := warp_name(annotation.value) or "").startswith("array"):
            inner = self.parameter(annotation.slice)
            return None if inner is None else Array(inner, int(head[5:-1] or 1))  # type: ignore[arg-type]
        if annotation is None or is_open(annotation):
            return None
        return self.type(annotation)

    # -- sites of which nothing is known -------------------------------------------------------------------------------

    def value_at(self, node: ast.expr, lowered: ast.expr) -> ast.expr:
        """The value of an expression, or what a target stores, without what is unknown there and of names behind it."""
        behind = []
        for number, site in self._at(node):
            if site.names:
                behind += [bind(n, runtime("unknown", name(n), ast.Constant(number))) for n in site.names]
            else:
                lowered = runtime("unknown", lowered, ast.Constant(number))
        return first_of(lowered, *behind) if behind else lowered

    def before(self, node: ast.stmt) -> list[ast.stmt]:
        """What is unknown once a statement is reached."""
        return [
            ast.Expr(runtime("unknown", ast.Constant(None), ast.Constant(number)))
            for number, site in self._at(node)
            if not site.names
        ]

    def after(self, node: ast.stmt) -> list[ast.stmt]:
        """What is unknown of names behind a statement."""
        return [
            if_bound(n, set_name(n, runtime("unknown", name(n), ast.Constant(number))))
            for number, site in self._at(node)
            for n in site.names
        ]

    def _at(self, node: ast.AST) -> Iterable[tuple[int, At]]:
        return self._numbered.get(place(node), ()) if self._numbered else ()
