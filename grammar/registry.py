"""Reads Warp's builtin registry; with ``ir/backend/`` the only module that touches Warp's private parts.

Facts about the registry (Warp 1.19): a builtin is a ``Function`` whose ``overloads`` are records. Warp expands each
generic record by its (unstored) constraint into concrete records whose ``input_types`` are Warp classes and whose
``value_func(input_types, None)`` is the result type. A few builtins are written in Python and have no ``overloads``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp
from warp._src.context import builtin_functions

from warpsmith.grammar import types
from warpsmith.grammar.exceptions import NO_RESULT_TYPE
from warpsmith.grammar.types import Result, Value


@dataclass(frozen=True)
class Signature:
    """One concrete overload of a builtin: value types in, value types out.

    Attributes:
        name: the builtin's key in the registry, ``"dot"``.
        parameters: parameter names, in order.
        operands: their types.
        result: a value type, a tuple of them, or ``None`` where the builtin yields nothing.
        required: how many leading parameters have no default.
        group: Warp's own documentation group, ``"Vector Math"``.
        differentiable: whether Warp has an adjoint for it.
    """

    name: str
    parameters: tuple[str, ...]
    operands: tuple[Value, ...]
    result: Result
    required: int
    group: str
    differentiable: bool

    @property
    def key(self) -> str:
        """A stable spelling: ``dot(vec3f, vec3f)``."""
        return f"{self.name}({', '.join(map(types.name, self.operands))})"


@cache
def names() -> tuple[str, ...]:
    """Every builtin's name, in registry order."""
    return tuple(builtin_functions)


@cache
def signatures() -> tuple[Signature, ...]:
    """Every concrete, all-value-typed overload record, without repetitions, in registry order.

    A record is left out if it is generic or variadic, or a type of it is no predefined value type (arrays, tiles,
    handles' query objects, strings): those builtins are written by hand or excluded, see ``grammar/ledger.py``.
    """
    found: dict[str, Signature] = {}
    for key in names():
        for record in _records(key):
            signature = _signature(key, record)
            if signature is not None:
                found.setdefault(signature.key, signature)
    return tuple(found.values())


@cache
def by_name() -> dict[str, tuple[Signature, ...]]:
    """:func:`signatures` grouped by builtin."""
    table: dict[str, list[Signature]] = {}
    for s in signatures():
        table.setdefault(s.name, []).append(s)
    return {k: tuple(v) for k, v in table.items()}


@cache
def templates() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Parameter names of each builtin's visible records: what a keyword argument may be called."""
    return {key: tuple(tuple(r.input_types) for r in _records(key) if not r.hidden) for key in names()}


def hidden(key: str) -> bool:
    """Whether Warp hides every record of the builtin that is not the expansion of a visible one."""
    return all(r.hidden for r in _records(key))


def warp_version() -> str:
    """The installed Warp's version, ``"1.19.0"``."""
    return str(wp.config.version)


def _records(key: str) -> Iterator[Any]:
    function = builtin_functions[key]
    yield from getattr(function, "overloads", None) or (function,)


def _signature(key: str, record: Any) -> Signature | None:
    if record.generic or record.variadic or record.value_func is None or key in NO_RESULT_TYPE:
        return None
    if not all(_is_value(t) for t in record.input_types.values()):
        return None
    # Given concrete value types value_func is total (but for NO_RESULT_TYPE): no exception is caught.
    result = record.value_func(record.input_types, None)
    if isinstance(result, (tuple, list)):
        if not all(map(_is_value, result)):
            return None
        result = tuple(map(types.canonical, result))
    elif result is not None:
        if not _is_value(result):
            return None
        result = types.canonical(result)
    return Signature(
        name=key,
        parameters=tuple(record.input_types),
        operands=tuple(map(types.canonical, record.input_types.values())),
        result=result,
        required=len(record.input_types) - len(record.defaults),
        group=record.group,
        differentiable=record.is_differentiable,
    )


def _is_value(t: Any) -> bool:
    try:
        types.canonical(t)
    except TypeError:
        return False
    return True
