"""Calls: what is called, with which arguments, and what that yields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker import overloads
from warpsmith.synthesizer.checker.annotations import as_type, constructed, struct_type
from warpsmith.synthesizer.checker.body import EXPRESSIONS, Body
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
    OUTSIDE,
    UNKNOWN,
    Builtin,
    ModuleRef,
    Special,
    TupleType,
    TypeRef,
    Var,
    dtype_of,
    family,
    is_array,
    same,
    shape_of,
    show,
)
from warpsmith.synthesizer.checker.scope import (
    MISSING,
    Alias,
    Function,
    FunctionSet,
    StructDef,
    constant,
    evaluate,
    warp_attribute,
)


@dataclass
class Call:
    """A call on its way to a type.

    Attributes:
        node: the call.
        positional: what the positional arguments are, starred ones unpacked.
        named: the keyword arguments.
        expects: how many names the results are unpacked to; 0 if they are not.
        unsure: whether there may be other arguments than these.
    """

    node: cst.Call
    expects: int = 0
    positional: list[Any] = field(default_factory=list)
    named: dict[str, Any] = field(default_factory=dict)
    unsure: bool = False

    @property
    def values(self) -> list[Any]:
        """All arguments, positional first."""
        return [*self.positional, *self.named.values()]

    @property
    def types(self) -> tuple[Any, ...]:
        """The arguments' types; UNKNOWN for what is no value."""
        return tuple([v.type if type(v) is Var else UNKNOWN for v in self.values])


def call(body: Body, node: cst.Call, expects: int = 0) -> Any:
    """What a call yields: a Var, a tuple of them for several results, or None."""
    target = _target(body, node.func)
    if isinstance(target, Special):
        return _special(body, target.name, Call(node, expects))
    made = Call(node, expects)
    _read_arguments(body, made)
    return apply(body, target, made)


def _target(body: Body, node: Any) -> Any:
    kind = type(node)
    if kind is cst.Name:
        found = body.lookup(node.value)
        return body.expression(node) if found is MISSING else found
    if kind is cst.Attribute:
        base = body.lookup(node.value.value) if type(node.value) is cst.Name else MISSING
        if isinstance(base, ModuleRef) and base.name == "warp":
            found = warp_attribute(node.attr.value)
            if found is MISSING:
                body.report(node, "unknown-function", f"there is no builtin {node.attr.value}")
                return OUTSIDE
            # A builtin goes before a type of its name: ``spatial_vector`` is both.
            both = isinstance(found, TypeRef) and node.attr.value in RULES_BY_NAME
            return Builtin(node.attr.value) if both else found
    return body.expression(node)


def apply(body: Body, target: Any, made: Call) -> Any:
    """Call what was found with arguments that are read."""
    if isinstance(target, Builtin):
        return _builtin(body, target.name, made)
    if isinstance(target, FunctionSet):
        return _user_function(body, target, made)
    if isinstance(target, Function):
        return body.report(made.node, "kernel-called", f"{target.name} is a kernel; it is launched, not called")
    if isinstance(target, StructDef):
        return _struct(body, target, made)
    if isinstance(target, (TypeRef, Alias)):
        return _construct(body, as_type(target), made)
    if isinstance(target, Var) and target.type is not UNKNOWN:
        return body.report(made.node, "unknown-function", f"a value of type {show(target.type)} is not called")
    return _unknown_results(made)


def _unknown_results(made: Call) -> Any:
    return tuple(ANYTHING for _ in range(made.expects)) if made.expects else ANYTHING


# --- arguments ------------------------------------------------------------------


def _read_arguments(body: Body, made: Call) -> None:
    for argument in made.node.args:
        if argument.star == "**":
            body.report(argument, "unsupported-construct", "**keywords are not supported in kernels")
            made.unsure = True
        elif argument.star:
            _unpack(body, argument, made)
        elif argument.keyword is not None:
            made.named[argument.keyword.value] = _argument(body, argument.value)
        else:
            made.positional.append(_argument(body, argument.value))


def _argument(body: Body, node: Any) -> Any:
    """An argument, which may be an object of the compiler: a type, a function."""
    if type(node) is cst.Name and node.value not in ("True", "False", "None"):
        found = body.lookup(node.value)
        if isinstance(found, (TypeRef, Builtin, Alias, Special, Function, FunctionSet, StructDef)):
            return found
    found = body.expression(node)
    if found is None or isinstance(found, tuple):
        return body.operand(node, found)
    return found


def _unpack(body: Body, argument: cst.Arg, made: Call) -> None:
    found = body.value(argument.value)
    sliced = isinstance(argument.value, cst.Subscript)
    t = found.type
    if family(t) in ("vec", "quat", "transform"):
        made.positional.extend(Var(dtype_of(t)) for _ in range(shape_of(t)[0]))
    elif family(t) == "mat":
        made.unsure = True
    elif isinstance(t, Array) and sliced:
        _unpack_slice(body, argument, made, t)
    elif t is UNKNOWN:
        made.unsure = True
    else:
        body.report(argument, "bad-star", f"a value of type {show(t)} cannot be unpacked into arguments")
        made.unsure = True


def _unpack_slice(body: Body, argument: cst.Arg, made: Call, t: Array) -> None:
    indices = [element.slice for element in argument.value.slice]  # type: ignore[attr-defined]
    bounds = [evaluate(b, body.scope) if b is not None else None for i in indices for b in _bounds(i)]
    if len(bounds) != 3 or bounds[1] is None:
        body.report(argument, "bad-star", "an unpacked slice of an array has constant bounds")
    if len(bounds) == 3 and all(b is None or isinstance(b, int) for b in bounds) and bounds[1] is not None:
        count = len(range(bounds[0] or 0, bounds[1], bounds[2] or 1))
        made.positional.extend(Var(t.dtype, reference=True) for _ in range(count))
    else:
        made.unsure = True


def _bounds(index: Any) -> tuple[Any, ...]:
    return (index.lower, index.upper, index.step) if isinstance(index, cst.Slice) else ()


# --- builtins ------------------------------------------------------------------


def _builtin(body: Body, name: str, made: Call) -> Any:
    if made.unsure:
        return _unknown_results(made)
    rule = RULES_BY_NAME.get(name)
    if rule is not None:
        return rule(body, name, made)
    return builtin(body, name, made)


def builtin(body: Body, name: str, made: Call) -> Any:
    """What a builtin yields by its records in the registry."""
    found = overloads.result(name, made.types, made.expects, tuple(made.named))
    if found is overloads.NO_RECORDS or found is UNKNOWN:
        return _unknown_results(made)
    if found is overloads.NO_MATCH:
        return refuse(body, name, made)
    if isinstance(found, tuple):
        return tuple(map(Var, found))
    return None if found is None else Var(found)


def refuse(body: Body, name: str, made: Call) -> Any:
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
    return body.report(made.node, "no-overload", f"no overload of {name} takes {show(made.types)}")


# --- functions and structs of the file ------------------------------------------------------------------


def _user_function(body: Body, target: FunctionSet, made: Call) -> Any:
    if made.unsure:
        return _unknown_results(made)
    return body.program.call(body, target, made)


def _struct(body: Body, target: StructDef, made: Call) -> Any:
    t = struct_type(target)
    if t is UNKNOWN:
        return ANYTHING
    fields = dict(t.fields)
    given = dict(zip(fields, made.positional, strict=False)) | made.named
    if made.unsure or not made.values:
        return Var(t)
    for name, found in given.items():
        if name not in fields:
            return body.report(made.node, "unknown-field", f"{t.__name__} has no field {name}")
        if type(found) is Var and not passes(found.type, fields[name]):
            body.report(
                made.node, "no-overload", f"{t.__name__}.{name} is {show(fields[name])}, not {show(found.type)}"
            )
    if len(made.values) != len(fields):
        body.report(made.node, "wrong-arity", f"{t.__name__} has {len(fields)} fields, not {len(made.values)}")
    return Var(t)


def passes(argument: Any, parameter: Any) -> bool:
    """Whether an argument of one type may be passed for a parameter of another: a local array may, for an array."""
    if is_array(argument) and is_array(parameter):
        return same(argument.dtype, parameter.dtype)
    return same(argument, parameter)


# --- what the code generator treats apart ------------------------------------------------------------------


def _special(body: Body, name: str, made: Call) -> Any:
    if name == "static":
        return _static(body, made)
    if name.startswith("types."):
        return _type_call(body, name.removeprefix("types."), made)
    _read_arguments(body, made)
    if name == "type":
        first = made.positional[0] if made.positional else ANYTHING
        return TypeRef(first.type) if isinstance(first, Var) else ANYTHING
    if name == "address_of":
        return Var(warp_attribute("uint64").type)
    if name.startswith("array:"):
        return RULES_BY_NAME["array"](body, name, made)
    if name == "range" or name in ("grad", "constant"):
        return ANYTHING
    return body.report(made.node, "unknown-function", f"{name.removeprefix('python:')} is not known in kernels")


def _static(body: Body, made: Call) -> Any:
    if len(made.node.args) != 1:
        return body.report(made.node, "wrong-arity", "static takes one argument")
    value = evaluate(made.node.args[0].value, body.scope)
    return OUTSIDE if value is MISSING else constant(value)


def _type_call(body: Body, name: str, made: Call) -> Any:
    """A constructor with its type in keywords, ``wp.types.vector(1.0, 2.0, length=2, dtype=float)``."""
    named = {a.keyword.value: a.value for a in made.node.args if a.keyword is not None}
    t = constructed(name, named, [], body.scope)
    _read_arguments(body, made)
    if t is UNKNOWN:
        return ANYTHING
    made.named = {k: v for k, v in made.named.items() if k not in ("length", "shape", "dtype")}
    return _construct(body, t, made)


def _construct(body: Body, t: Any, made: Call) -> Any:
    if t is UNKNOWN or made.unsure:
        return ANYTHING
    kind = family(t)
    if kind in ("bool", "int", "float"):
        return _builtin(body, t.__name__, made)
    if kind:
        return CONSTRUCTORS[kind](body, t, made)
    return ANYTHING if not isinstance(t, TupleType) else body.report(made.node, "unknown-function", "tuple is no call")


RULES_BY_NAME: dict[str, Any] = {}
"""Rules of builtins without concrete records; filled by the modules that hold them."""
CONSTRUCTORS: dict[str, Any] = {}
"""Rules of constructors, by kind of value; filled by the module that holds them."""

EXPRESSIONS[cst.Call] = call
