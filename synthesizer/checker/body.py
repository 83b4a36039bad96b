"""The state of one walk through a kernel's or function's body, and what every part of the walk uses."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from warpsmith.synthesizer.checker import overloads
from warpsmith.synthesizer.checker.foreign import erased
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
    MAYBE,
    UNKNOWN,
    PyObject,
    Special,
    TileType,
    Unresolved,
    Var,
    family,
    is_array,
    same,
    show,
)
from warpsmith.synthesizer.checker.objects import Function, FunctionSet, python_builtin
from warpsmith.synthesizer.checker.scope import MISSING, Scope

CONDITIONS = frozenset(("bool", "int"))
"""Families of what ``where`` takes for a condition, beside arrays."""

Symbols = dict[str, Any]


class Body:
    """One walk through one body, the way Warp's code generator takes it.

    Attributes:
        analysis: what is common to the files.
        function: whose body it is.
        scope: where its global names are looked up.
        symbols: what each name stands for at this point of the walk.
        constants: names in ``symbols`` that are constants from outside.
        loop_symbols: for each dynamic loop around this point, ``symbols`` at its start.
        loops: for each loop around this point, whether it is unrolled.
        iterators: names of unrolled loops' variables, which may change in a dynamic loop.
        returned: types of the values of the first return that has some.
        silent: how many reasons there are not to report anything: code that may be dead.
        faults: node, rule and message of what Warp would refuse.
        doubts: node and reason of what could not be known.
        callees: functions that are called, with what their walks found.
        references: parameters that are passed by reference.
        refers: whether something is passed by reference to a function that is called.
        either: how many loops around this point are taken as unrolled and as dynamic.
        untyped: whether parameters are open, so that a type that is not known is no doubt.
    """

    def __init__(self, analysis: Any, function: Function, parameters: dict[str, Any]) -> None:
        self.analysis = analysis
        self.function = function
        self.scope: Scope = function.scope
        self.symbols: Symbols = dict(parameters)
        self.constants: set[str] = set()
        self.loop_symbols: list[Symbols] = []
        self.loops: list[bool] = []
        self.iterators: set[str] = set()
        self.returned: tuple[Any, ...] | None = None
        self.silent = 0
        self.faults: list[tuple[Any, str, str]] = []
        self.doubts: list[tuple[Any, str]] = []
        self.callees: list[tuple[Any, Any]] = []
        self.untyped = False
        self.either = 0
        self.references: set[str] = set()
        self.refers = False

    def report(self, node: Any, rule: str, message: str) -> Var:
        """Report a fault; what it yields is unknown."""
        if not self.silent:
            self.faults.append((node, rule, message))
        return ANYTHING

    def doubt(self, node: Any, reason: str, constant: Any = None) -> Var:
        """Note what cannot be known; what it yields is unknown."""
        self.doubts.append((node, reason))
        return Var(UNKNOWN, constant)

    def outside(self, node: Any, found: Any) -> Any:
        """Something from outside the kernel, as an operand or an object of the compiler."""
        if isinstance(found, Unresolved):
            return self.doubt(node, found.reason, MAYBE)
        if isinstance(found, PyObject):
            if found.kind == "None":
                return self.report(node, "undefined-name", f"{_readable(node)} is None")
            return self.report(
                node, "outside-object", f"{_readable(node)} is of type {found.kind}, which kernels cannot use"
            )
        return found

    def expression(self, node: ast.expr) -> Any:
        """What an expression yields: a Var, a tuple of them, None, or an object of the compiler."""
        handler = EXPRESSIONS.get(type(node))
        if handler is None:
            return self.report(node, "unsupported-construct", f"{_readable(node)} is not supported in kernels")
        found = handler(self, node)
        if type(found) is Var and found.type is UNKNOWN and not (self.doubts or self.faults or self.untyped):
            self.doubt(node, found.reason or "a type that is not known")
        return found

    def value(self, node: ast.expr) -> Var:
        """What an expression yields, as one operand."""
        found = self.expression(node)
        return found if type(found) is Var else self.operand(node, found)

    def operand(self, node: Any, found: Any) -> Var:
        """What was found, as one operand."""
        if isinstance(found, Var):
            return found
        if found is None:
            return self.report(node, "no-value", "the call yields nothing")
        if isinstance(found, tuple):
            return self.report(node, "several-values", f"the call yields {len(found)} values; unpack them")
        if isinstance(found, (Unresolved, PyObject)):
            taken = self.outside(node, found)
            return taken if isinstance(taken, Var) else ANYTHING
        if isinstance(found, Special) and found.name.startswith("typing:"):
            return self.doubt(node, f"typing.{found.name[7:]}")
        return self.report(node, "not-a-value", f"{_readable(node)} is no value here")

    def statement(self, node: Any) -> None:
        """Walk through a statement."""
        handler = STATEMENTS.get(type(node))
        if handler is None:
            self.report(node, "unsupported-construct", f"{_readable(node)} is not supported in kernels")
        else:
            handler(self, node)

    def lookup(self, name: str) -> Any:
        """What a name stands for: a local, something of the file, of Warp's or of Python's; or MISSING."""
        found = self.symbols.get(name, MISSING)
        if found is MISSING:
            found = self.scope.lookup(name)
            if found is MISSING:
                found = python_builtin(name)
        return found

    def user_operator(self, name: str) -> FunctionSet | None:
        """The @wp.func of that name, which overloads an operator."""
        found = self.scope.lookup(name)
        return found if isinstance(found, FunctionSet) else None

    def operate(self, node: Any, name: str, *operands: Var) -> Var:
        """The result of an operator."""
        types = tuple(v.type for v in operands)
        user = self.user_operator(name)
        if user is not None:
            called = self.analysis.call_quietly(self, user, types)
            if called is not MISSING:
                return self.operand(node, called)
        if name == "unot" and is_array(types[0]):
            return Var(_BOOL)
        found = overloads.result(name, types)
        if found is overloads.NO_MATCH or found is overloads.NO_RECORDS:
            found = overloads.applied(name, list(operands), {})
        if not isinstance(found, overloads.No):
            return Var(found)
        differ = len(types) == 2 and not same(*types)
        return self.report(
            node,
            "operand-types-differ" if differ else "no-overload",
            f"{name} is not defined for {show(types)}",
        )

    def merge(self, node: Any, condition: Var, before: Symbols, first: Symbols, second: Symbols) -> None:
        """Join the names of two branches; where both give a name a version, Warp selects one by ``where``."""
        merged = dict(before)
        for name in dict.fromkeys((*first, *second)):
            previous = before.get(name)
            a, b = first.get(name, previous), second.get(name, previous)
            if a is b or a is None or b is None:
                merged[name] = b if a is None else a
            else:
                merged[name] = self.select(node, condition, name, a, b)
        self.symbols = merged

    def select(self, node: Any, condition: Var, name: str, a: Any, b: Any) -> Any:
        """What a name stands for after two branches that both assigned it."""
        if not (isinstance(a, Var) and isinstance(b, Var)):
            return ANYTHING
        if isinstance(a.type, TileType) and a.type is not b.type:
            return self.doubt(node, f"{name} is one tile or another")
        if not selectable(condition.type):
            self.report(node, "not-a-condition", f"{name} is assigned under a condition of type {show(condition.type)}")
        if same(erased(a.type), erased(b.type)) and a.type is not b.type and erased(a.type) is not a.type:
            return Var(erased(a.type))
        if same(a.type, b.type):
            return Var(b.type if a.type is UNKNOWN else a.type)
        return self.report(
            node,
            "arms-assign-different-types",
            f"{name} becomes {show(a.type)} in one arm and {show(b.type)} in the other",
        )

    def materialize(self, node: Any) -> None:
        """Carry every name of the loop's start that has another version now back to its first version."""
        if not self.loop_symbols:
            return
        for name, first in self.loop_symbols[-1].items():
            now = self.symbols.get(name, first)
            if now is first or not isinstance(first, Var):
                continue
            if first.constant is not None:
                if name in self.iterators:
                    continue
                if first.type is not UNKNOWN and first.constant is not MAYBE:
                    self.report(
                        node, "constant-mutated", f"{name} is bound to a constant and changes in a dynamic loop"
                    )
            self.symbols[name] = first


def selectable(t: Any) -> bool:
    """Whether ``where`` takes a value of the type for its condition."""
    return t is UNKNOWN or is_array(t) or family(t) in CONDITIONS


def _readable(node: Any) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_readable(node.value)}.{node.attr}"
    words = "".join(" " + c.lower() if c.isupper() else c for c in type(node).__name__)
    return words.strip()


_BOOL = python_builtin("bool").type

EXPRESSIONS: dict[type, Callable[[Body, Any], Any]] = {}
"""How each kind of expression is taken; filled by the modules that do it."""
STATEMENTS: dict[type, Callable[[Body, Any], None]] = {}
"""How each kind of statement is taken; filled by the modules that do it."""
