"""Numbers and other objects outside kernels: computed, compared and joined where they are known."""

from __future__ import annotations

import ast
from typing import Any

import warp as wp

from warpsmith.synthesizer.checker.model import (
    OPAQUE,
    UNKNOWN,
    PyObject,
    TypeRef,
    Unresolved,
    Var,
    family,
)
from warpsmith.synthesizer.checker.objects import (
    constant,
)
from warpsmith.synthesizer.checker.scope import MISSING

BITS = 2048
"""Numbers with more bits are not computed: no number of Warp's is that large."""


_ARITHMETIC: dict[type, Any] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
    ast.LShift: lambda a, b: a << b,
    ast.RShift: lambda a, b: a >> b,
    ast.BitAnd: lambda a, b: a & b,
    ast.BitOr: lambda a, b: a | b,
    ast.BitXor: lambda a, b: a ^ b,
}


COMPARISONS: dict[type, Any] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}


NUMERIC = (bool, int, float)


def combine(operator: ast.operator, left: Any, right: Any) -> Any:
    """What an operator makes of two objects: a number where both are known, else a type or why it is not known."""
    a, b = plain(left), plain(right)
    if a is not MISSING and b is not MISSING:
        return computed(type(operator), a, b)
    for side in (left, right):
        if isinstance(side, Unresolved):
            return side
    if isinstance(left, Var) and isinstance(right, Var):
        return _typed(operator, left.type, right.type)
    if isinstance(left, PyObject) and isinstance(right, (PyObject, Var)):
        return PyObject(left.kind)
    return right if isinstance(right, PyObject) else Unresolved("a computed value")


def _typed(operator: ast.operator, a: Any, b: Any) -> Any:
    if {family(a), family(b)} <= {"bool", "int", "float"}:
        plain_types = {wp.int32, wp.float32, wp.bool}
        if a in plain_types and b in plain_types:
            floats = wp.float32 in (a, b) or isinstance(operator, ast.Div)
            power = isinstance(operator, ast.Pow)
            return (
                Unresolved("a computed value")
                if power and not floats
                else Var(wp.float32 if floats else wp.int32, OPAQUE)
            )
    return Var(a, OPAQUE) if a is b and isinstance(operator, (ast.Add, ast.Sub)) else Unresolved("a computed value")


def computed(operator: type, a: Any, b: Any) -> Any:
    """A number that is computed, unless it would be too large to keep."""
    if operator not in _ARITHMETIC:
        return Unresolved("a computed value")
    whole = isinstance(a, int) and isinstance(b, int)
    large = whole and (
        (operator is ast.Pow and (b < 0 or a.bit_length() * b > BITS))
        or (operator is ast.LShift and not 0 <= b <= BITS)
    )
    if large and not (operator is ast.Pow and b < 0 and b.bit_length() < 16):
        return Unresolved("a number too large")
    try:
        found = _ARITHMETIC[operator](a, b)
    except (ArithmeticError, ValueError, TypeError) as error:
        return Unresolved(f"it raises {type(error).__name__}", raises=True)
    if isinstance(found, int) and found.bit_length() > BITS:
        return Unresolved("a number too large")
    return constant(found) if isinstance(found, NUMERIC) else Unresolved("a computed value")


def truth_of(found: Any) -> bool | None:
    """Whether an object is true in Python; None if that cannot be known."""
    number = plain(found)
    if number is not MISSING:
        return bool(number)
    if isinstance(found, PyObject):
        if found.kind == "None":
            return False
        return None if found.items is None else bool(found.items)
    if isinstance(found, (Unresolved, Var)):
        return None
    return True


def identical(a: Any, b: Any) -> bool | None:
    """Whether two objects are one; None where that cannot be known."""
    if isinstance(a, TypeRef) and isinstance(b, TypeRef):
        return a.type is b.type
    none = [isinstance(x, PyObject) and x.kind == "None" for x in (a, b)]
    if any(none) and not any(isinstance(x, Unresolved) for x in (a, b)):
        return all(none)
    return None


def plain(found: Any) -> Any:
    """The Python number that an object is, or MISSING."""
    known = isinstance(found, Var) and isinstance(found.constant, NUMERIC) and found.type in PLAIN_TYPES
    return found.constant if known else MISSING


PLAIN_TYPES = frozenset((wp.int32, wp.float32, wp.bool))


def join(found: list[Any], reason: str) -> Any:
    """What a name stands for that several statements bind, of which one or another is run."""
    first = found[0]
    if all(f is first or (f == first and not isinstance(f, Unresolved)) for f in found):
        return first
    for one in found:
        if isinstance(one, Unresolved):
            return Unresolved(one.reason)
    if all(isinstance(f, Var) for f in found) and all(f.type is first.type for f in found):
        return Var(first.type, OPAQUE)
    if all(isinstance(f, PyObject) for f in found) and "None" not in [f.kind for f in found]:
        return PyObject(first.kind)
    return Unresolved(reason)


FUNCTIONS: dict[str, Any] = {f.__name__: f for f in (len, max, min, abs, round)}
"""Functions of Python's that yield a number which can be known."""


def number_of(name: str, found: list[Any]) -> Any:
    """What a function of Python's that yields a number makes of its arguments."""
    function = FUNCTIONS.get(name)
    if function is len:
        known = len(found) == 1 and isinstance(found[0], PyObject)
        if known and found[0].kind == "tuple" and found[0].items is not None:
            return constant(len(found[0].items))
        return Var(wp.int32, OPAQUE) if known else Unresolved("a length")
    numbers = [plain(f) for f in found]
    if function is not None and numbers and MISSING not in numbers:
        try:
            return constant(function(*numbers))
        except TypeError:
            return Unresolved("what a call yields")
    types = {f.type if isinstance(f, Var) else UNKNOWN for f in found}
    alike = function not in (None, round) and len(types) == 1 and types <= PLAIN_TYPES
    return Var(types.pop(), OPAQUE) if alike else Unresolved("what a call yields")
