"""What a builtin yields by its records in Warp's registry."""

from __future__ import annotations

from typing import Any

from warpsmith.grammar import registry
from warpsmith.synthesizer.checker import overloads
from warpsmith.synthesizer.checker.annotations import struct_type
from warpsmith.synthesizer.checker.arguments import Call, unknown_results
from warpsmith.synthesizer.checker.body import Body
from warpsmith.synthesizer.checker.foreign import from_warp, to_warp
from warpsmith.synthesizer.checker.model import (
    UNKNOWN,
    TypeRef,
    Var,
    is_array,
    same,
    show,
)
from warpsmith.synthesizer.checker.objects import (
    FunctionSet,
    StructDef,
)
from warpsmith.synthesizer.checker.scope import MISSING


def builtin(body: Body, name: str, made: Call) -> Any:
    """What a builtin yields by its records in the registry."""
    values = all(type(v) is Var for v in made.values)
    found: Any = overloads.NO_RECORDS
    if values:
        found = overloads.result(name, made.types, made.expects, tuple(made.named))
    if found is overloads.NO_RECORDS or found is overloads.NO_MATCH:
        return by_generic_records(body, name, made)
    if found is UNKNOWN:
        return unknown_results(made)
    if isinstance(found, tuple):
        return tuple(map(Var, found))
    return None if found is None else Var(found)


def by_generic_records(body: Body, name: str, made: Call) -> Any:
    """What a builtin yields by Warp's generic records, where it has no concrete one for the operands."""
    if any(isinstance(v, Var) and v.type is UNKNOWN for v in made.values):
        return unknown_results(made)
    if isinstance(made.named.get("dtype"), Var):
        return body.report(made.node, "bad-argument", f"{name} takes a type for dtype")
    made.positional = [TypeRef(struct_type(v)) if isinstance(v, StructDef) else v for v in made.positional]
    made.named = {k: TypeRef(struct_type(v)) if isinstance(v, StructDef) else v for k, v in made.named.items()}
    if any(isinstance(v, FunctionSet) for v in made.values):
        return with_function(body, name, made)
    found = overloads.applied(name, made.positional, made.named, made.expects)
    if isinstance(found, overloads.No):
        return refuse(body, name, made, found.reason)
    if found is UNKNOWN:
        body.doubt(made.node, f"{name} of {show(made.types)}")
        return unknown_results(made)
    if isinstance(found, tuple):
        return tuple(map(Var, found))
    return None if found is None else Var(found)


def with_function(body: Body, name: str, made: Call) -> Any:
    """A builtin that is given a function of the files, as ``tile_map`` is."""

    def as_operand(found: Any) -> Any:
        if not isinstance(found, FunctionSet):
            return found
        key = (id(body.analysis), found)
        if key not in _operands:

            def yields(types: tuple[Any, ...]) -> Any:
                result = body.analysis.call_quietly(body, found, tuple(map(from_warp, types)))
                if result is MISSING or not isinstance(result, Var) or result.type is UNKNOWN:
                    return None
                return to_warp(result.type)

            _operands[key] = registry.function_operand(found.name, yields)
        return _operands[key]

    given = [as_operand(v) for v in made.positional]
    result = overloads.applied(name, given, {k: as_operand(v) for k, v in made.named.items()}, made.expects)
    if isinstance(result, overloads.No):
        return refuse(body, name, made, result.reason)
    if result is UNKNOWN:
        body.doubt(made.node, f"{name} of {show(made.types)}")
        return unknown_results(made)
    return tuple(map(Var, result)) if isinstance(result, tuple) else None if result is None else Var(result)


_operands: dict[Any, Any] = {}


def refuse(body: Body, name: str, made: Call, reason: str = "") -> Any:
    """Report that no overload of a builtin takes the arguments, with the closest reason."""
    count = len(made.values)
    arity = overloads.arities(name)
    unknown = set(made.named) - overloads.keywords(name)
    if unknown:
        return body.report(made.node, "unknown-keyword", f"{name} has no parameter {sorted(unknown)[0]}")
    if arity is not None and not arity[0] <= count <= arity[1]:
        return body.report(made.node, "wrong-arity", f"{name} takes {arity[0]} to {arity[1]} arguments, not {count}")
    unpacked = made.expects and overloads.result(name, made.types, 0, tuple(made.named)) is not overloads.NO_MATCH
    if unpacked:
        return body.report(made.node, "bad-unpack", f"{name}{show(made.types)} does not yield {made.expects} values")
    told = f"no overload of {name} takes {show(made.types)}"
    if reason and not reason.startswith("Couldn't find"):
        told = f"{name}: {reason}"
    return body.report(made.node, "no-overload", told)


def passes(argument: Any, parameter: Any) -> bool:
    """Whether an argument of one type may be passed for a parameter of another: a local array may, for an array."""
    if is_array(argument) and is_array(parameter):
        kinds = {getattr(t, "kind", "array") for t in (argument, parameter)}
        return len(kinds) == 1 and same(argument.dtype, parameter.dtype)
    return same(argument, parameter)


RULES_BY_NAME: dict[str, Any] = {}
"""Rules of builtins without concrete records; filled by the modules that hold them."""


def by_parameter(body: Body, name: str, made: Call, *parameters: str, optional: int = 0) -> dict[str, Any] | None:
    """Arguments by parameter name, or None after a report."""
    unknown = set(made.named) - set(parameters)
    if unknown:
        body.report(made.node, "unknown-keyword", f"{name} has no parameter {sorted(unknown)[0]}")
        return None
    bound = dict(zip(parameters, made.positional, strict=False))
    missing = [p for p in parameters[: len(parameters) - optional] if p not in bound and p not in made.named]
    if missing or len(made.positional) > len(parameters) or bound.keys() & made.named.keys():
        body.report(made.node, "wrong-arity", f"{name} takes {', '.join(parameters)}; {len(made.values)} are given")
        return None
    return bound | made.named


def type_of(found: Any) -> Any:
    """The type of an argument; UNKNOWN for what is no value."""
    return found.type if isinstance(found, Var) else UNKNOWN
