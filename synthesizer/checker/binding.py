"""Arguments of calls of functions of the files: which parameters they go to, and whether they fit."""

from __future__ import annotations

import ast
from typing import Any

from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.arguments import Call
from warpsmith.synthesizer.checker.body import Body
from warpsmith.synthesizer.checker.calls import addressable
from warpsmith.synthesizer.checker.foreign import erased
from warpsmith.synthesizer.checker.model import (
    FUNCTION,
    MAYBE,
    UNKNOWN,
    FixedArray,
    FunctionValue,
    OtherArray,
    RefType,
    TupleType,
    Var,
    is_open,
)
from warpsmith.synthesizer.checker.objects import Function, fits_open
from warpsmith.synthesizer.checker.records import passes
from warpsmith.synthesizer.checker.scope import MISSING


def deeply_nested(t: Any, most: int) -> bool:
    """Whether tuples are nested in each other deeper than that: a function that wraps its argument never ends."""
    return isinstance(t, TupleType) and (most == 0 or any(deeply_nested(i, most - 1) for i in t.types))


def takes(found: Any, wanted: Any, erasing: bool) -> bool:
    """Whether a parameter takes an argument; ``erasing`` lets a literal's type go for the one that it erases to."""
    if isinstance(found, FunctionValue):
        return wanted == FUNCTION or wanted is UNKNOWN
    given = found.type
    if isinstance(wanted, RefType):
        return passes(given, wanted.type)
    if wanted == FUNCTION:
        return found.type is UNKNOWN
    if is_open(wanted):
        return given is UNKNOWN or _fits(given, wanted)
    return passes(given, wanted) or (erasing and erased(given) is wanted)


def _fits(given: Any, wanted: Any) -> bool:
    """Whether a type stands for an open one."""
    if isinstance(wanted, (Array, OtherArray)):
        alike = isinstance(given, (Array, FixedArray) if isinstance(wanted, Array) else OtherArray)
        if not alike or given.ndim != wanted.ndim:
            return False
        return _fits(given.dtype, wanted.dtype)
    if isinstance(wanted, TupleType):
        return isinstance(given, TupleType) and len(given.types) == len(wanted.types)
    return fits_open(given, wanted) if is_open(wanted) else passes(given, wanted)


def check_references(body: Body, made: Call, function: Function) -> None:
    """What is passed by reference is a variable, an element or a field, and no constant."""
    for (name, t, _), node, found in zip(function.parameters, made.node.args, made.positional, strict=False):
        if not isinstance(t, RefType):
            continue
        if not addressable(node):
            body.report(made.node, "bad-argument", f"{name} is passed by reference: a variable, an element or a field")
        elif isinstance(node, ast.Name) and isinstance(found, Var) and found.constant not in (None, MAYBE):
            body.report(made.node, "bad-argument", f"{node.id} is a constant, of which there is no reference")


def required(function: Function) -> int:
    """How many of a function's parameters have no default."""
    return sum(default is MISSING for _, _, default in function.parameters)


def bind_arguments(function: Function, values: list[Any], named: dict[str, Any]) -> dict[str, Any] | None:
    """Arguments by the names of their parameters, defaults filled in; None where they do not fit."""
    names = [n for n, _, _ in function.parameters]
    if len(values) > len(names):
        return None
    bound = dict(zip(names, values, strict=False))
    if not named.keys() <= set(names) or bound.keys() & named.keys():
        return None
    bound.update(named)
    for name, _, default in function.parameters:
        if name not in bound:
            if default is MISSING:
                return None
            bound[name] = default
    return bound
