"""Calls: what is called, with which arguments, and what that yields."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from warpsmith.grammar import registry
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker import overloads
from warpsmith.synthesizer.checker.annotations import as_type, constructed, struct_type
from warpsmith.synthesizer.checker.body import EXPRESSIONS, Body
from warpsmith.synthesizer.checker.foreign import from_warp, to_warp
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
    INSTANCE,
    MAYBE,
    OPAQUE,
    STRING,
    UNKNOWN,
    Builtin,
    EnumRef,
    ModuleRef,
    PyObject,
    Special,
    TupleType,
    TypeRef,
    Unknown,
    Var,
    dtype_of,
    family,
    is_array,
    same,
    shape_of,
    show,
)
from warpsmith.synthesizer.checker.names import dotted
from warpsmith.synthesizer.checker.objects import (
    ClassRef,
    FileRef,
    Function,
    FunctionSet,
    PyFunction,
    StructDef,
    warp_attribute,
)
from warpsmith.synthesizer.checker.scope import MISSING
from warpsmith.synthesizer.checker.static import attribute, number, value_of


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

    node: ast.Call
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


def call(body: Body, node: ast.Call, expects: int = 0) -> Any:
    """What a call yields: a Var, a tuple of them for several results, or None."""
    target = _target(body, node.func)
    last = dotted(node.func).rpartition(".")[2]
    python = isinstance(target, (PyFunction, ClassRef)) or (isinstance(target, Special) and ":" in target.name)
    if python and last in _BUILTINS and not target_is_type(target):
        # Warp looks up a Python function by the last part of its name: ``math.sin`` is its own ``sin``.
        target = Builtin(last)
    if isinstance(target, Special):
        return _special(body, target.name, Call(node, expects))
    made = Call(node, expects)
    read_arguments(body, made)
    return apply(body, target, made)


_BUILTINS = frozenset(registry.names())


def target_is_type(target: Any) -> bool:
    """Whether it is an array or a type that is called."""
    return isinstance(target, Special) and target.name.startswith(("array:", "types.", "typing:"))


def _target(body: Body, node: Any) -> Any:
    kind = type(node)
    if kind is ast.Name:
        found = body.lookup(node.id)
        return body.expression(node) if found is MISSING or isinstance(found, Unknown) else found
    if kind is ast.Attribute:
        base = _module(body, node.value)
        if base is not None:
            found = attribute(base, node.attr)
            if isinstance(found, PyObject) or (found is MISSING and not isinstance(base, (ModuleRef, FileRef))):
                return Unknown(f"an attribute of {node.attr}")
            if found is MISSING:
                if isinstance(base, FileRef) and base.file.has_open_scopes:
                    return body.doubt(node, f"{node.attr} may be bound where it cannot be seen")
                if body.scope.file.adds_builtins:
                    return body.doubt(node, "a builtin that the file adds to Warp")
                body.report(node, "unknown-function", f"there is no builtin {node.attr}")
                return ANYTHING
            # A builtin goes before a type of its name: ``spatial_vector`` is both.
            both = isinstance(found, TypeRef) and node.attr in RULES_BY_NAME and base == ModuleRef("warp")
            return Builtin(node.attr) if both else found
    return body.expression(node)


def _module(body: Body, node: Any) -> Any:
    """A module, or a class, that is named in front of what is called."""
    root = dotted(node).partition(".")[0]
    if root and root not in body.symbols:
        found = value_of(node, body.scope)
        if isinstance(found, (ModuleRef, FileRef, ClassRef, Unknown)) or found == INSTANCE:
            return found
    return None


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
    if isinstance(target, TypeRef):
        return _construct(body, as_type(target), made)
    if isinstance(target, Gradient):
        return _gradient(body, target, made)
    if isinstance(target, Special):
        return _special(body, target.name, made, read=True)
    if isinstance(target, (PyFunction, ClassRef, EnumRef)):
        return _python(body, target, made)
    if isinstance(target, PyObject):
        return body.report(made.node, "unknown-function", f"{target.kind} is not called in kernels")
    if isinstance(target, Unknown):
        body.doubt(made.node, target.reason)
        return unknown_results(made)
    if isinstance(target, Var) and target.type is not UNKNOWN:
        return body.report(made.node, "unknown-function", f"a value of type {show(target.type)} is not called")
    return unknown_results(made)


def _python(body: Body, target: Any, made: Call) -> Any:
    name = target.name if isinstance(target, EnumRef) else target.node.name
    if isinstance(target, PyFunction) and target.node.decorator_list:
        body.doubt(made.node, f"{name} is a Python function that is decorated")
        return unknown_results(made)
    return body.report(made.node, "unknown-function", f"{name} is a Python function; decorate it with wp.func")


def unknown_results(made: Call) -> Any:
    """Results of which nothing is known."""
    return tuple(ANYTHING for _ in range(made.expects)) if made.expects else ANYTHING


# --- arguments ------------------------------------------------------------------


def read_arguments(body: Body, made: Call) -> None:
    """Read the arguments of a call in Warp's order."""
    for argument in made.node.args:
        if isinstance(argument, ast.Starred):
            _unpack(body, argument, made)
        else:
            made.positional.append(_argument(body, argument))
    for keyword in made.node.keywords:
        if keyword.arg is None:
            body.report(keyword, "unsupported-construct", "**keywords are not supported in kernels")
            made.unsure = True
        else:
            made.named[keyword.arg] = _argument(body, keyword.value)


def _argument(body: Body, node: Any) -> Any:
    """An argument, which may be an object of the compiler: a type, a function."""
    if type(node) is ast.Name:
        found = body.lookup(node.id)
        if isinstance(found, (TypeRef, Builtin, Special, Function, FunctionSet, StructDef)):
            return found
    found = body.expression(node)
    if found is None or isinstance(found, tuple):
        return body.operand(node, found)
    return found


def _unpack(body: Body, argument: ast.Starred, made: Call) -> None:
    found = body.value(argument.value)
    sliced = isinstance(argument.value, ast.Subscript)
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


def _unpack_slice(body: Body, argument: ast.Starred, made: Call, t: Array) -> None:
    index = argument.value.slice  # type: ignore[attr-defined]
    bounds = [_bound(body, b) for b in _bounds(index)]
    if len(bounds) != 3 or bounds[1] is None:
        body.report(argument, "bad-star", "an unpacked slice of an array has constant bounds")
    if len(bounds) == 3 and all(b is None or isinstance(b, int) for b in bounds) and bounds[1] is not None:
        if any(b is not None and b < 0 for b in bounds):
            body.report(argument, "bad-star", "an unpacked slice of an array has bounds that are not negative")
            return
        count = len(range(bounds[0] or 0, bounds[1], bounds[2] or 1))
        if not count:
            body.report(argument, "bad-star", "an unpacked slice is not empty")
        made.positional.extend(Var(t.dtype, reference=True) for _ in range(count))
    else:
        made.unsure = True


def _bound(body: Body, node: ast.expr | None) -> Any:
    if node is None:
        return None
    found = number(node, _Locals(body))
    return found if found is not MISSING else body.value(node).constant


class _Locals:
    """A kernel's constants in front of the names around it, for what is computed before the kernel runs."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.file = body.scope.file
        self.node = body.scope.node

    def lookup(self, name: str) -> Any:
        """What a name stands for, or MISSING."""
        found = self.body.symbols.get(name, MISSING)
        if isinstance(found, Var) and found.constant is None and found.type is not UNKNOWN:
            found = MISSING
        if isinstance(found, Var) and found.type is UNKNOWN:
            return Unknown(found.reason or f"{name} is not known")
        return self.body.scope.lookup(name) if found is MISSING else found


def _bounds(index: Any) -> tuple[Any, ...]:
    return (index.lower, index.upper, index.step) if isinstance(index, ast.Slice) else ()


# --- builtins ------------------------------------------------------------------


def _builtin(body: Body, name: str, made: Call) -> Any:
    if made.unsure:
        return unknown_results(made)
    rule = RULES_BY_NAME.get(name)
    if rule is not None:
        return rule(body, name, made)
    return builtin(body, name, made)


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
        key = (id(body.program), found)
        if key not in _operands:

            def yields(types: tuple[Any, ...]) -> Any:
                result = body.program.call_quietly(body, found, tuple(map(from_warp, types)))
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


# --- functions and structs of the file ------------------------------------------------------------------


def _user_function(body: Body, target: FunctionSet, made: Call) -> Any:
    if made.unsure:
        body.doubt(made.node, "starred arguments that are not known")
        return unknown_results(made)
    return body.program.call(body, target, made)


def _struct(body: Body, target: StructDef, made: Call) -> Any:
    t = struct_type(target)
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
        kinds = {getattr(t, "kind", "array") for t in (argument, parameter)}
        return len(kinds) == 1 and same(argument.dtype, parameter.dtype)
    return same(argument, parameter)


# --- what the code generator treats apart ------------------------------------------------------------------


@dataclass(frozen=True)
class Gradient:
    """What ``wp.grad(f)`` yields."""

    function: Any


def _special(body: Body, name: str, made: Call, read: bool = False) -> Any:
    if name == "static":
        return _static(body, made)
    if name.startswith("types."):
        return _type_call(body, name.removeprefix("types."), made)
    if not read:
        read_arguments(body, made)
    if name == "type":
        first = made.positional[0] if made.positional else ANYTHING
        return TypeRef(first.type) if isinstance(first, Var) and first.type is not UNKNOWN else ANYTHING
    if name == "tile":
        return _builtin(body, name, made)
    if name == "address_of":
        return _address_of(body, made)
    if name.startswith("array:"):
        return RULES_BY_NAME["array"](body, name, made)
    if name == "grad":
        return Gradient(made.positional[0]) if len(made.positional) == 1 else ANYTHING
    if name == "range":
        return body.doubt(made.node, "a range as a value")
    if name == "constant":
        return body.report(made.node, "unknown-function", "wp.constant() belongs outside of kernels")
    if name.startswith("typing:"):
        return body.doubt(made.node, f"typing.{name[7:]}")
    return body.report(made.node, "unknown-function", f"{name.rpartition(':')[2]} is not known in kernels")


def _address_of(body: Body, made: Call) -> Any:
    argument = made.node.args[0] if len(made.node.args) == 1 and not made.node.keywords else None
    if argument is None or not addressable(argument):
        return body.report(made.node, "bad-argument", "address_of() takes a variable, an element or a field")
    found = made.positional[0]
    if isinstance(argument, ast.Name) and isinstance(found, Var) and found.constant not in (None, MAYBE):
        return body.report(made.node, "bad-argument", f"{argument.id} is a constant, which has no address")
    return Var(warp_attribute("uint64").type)


def addressable(node: ast.expr) -> bool:
    """Whether an expression names storage: a variable, or an element or a field of one."""
    if not isinstance(node, (ast.Name, ast.Subscript, ast.Attribute)):
        return False
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return isinstance(node, ast.Name)


def _gradient(body: Body, target: Gradient, made: Call) -> Any:
    """``wp.grad(f)(x)``: a derivative for each argument that has one."""
    found = apply(body, target.function, Call(made.node, 0, made.positional, made.named, made.unsure))
    types = [v.type for v in made.values if isinstance(v, Var)]
    if found is ANYTHING or UNKNOWN in types or len(types) != len(made.values):
        return unknown_results(made)
    results = [Var(t) for t in types if family(t) and family(dtype_of(t)) == "float"]
    if len(results) == 1:
        return (results[0],) if made.expects == 1 else results[0]
    return tuple(results) if len(results) == made.expects else unknown_results(made)


def _static(body: Body, made: Call) -> Any:
    node = made.node
    if len(node.args) + len(node.keywords) != 1:
        return body.report(node, "wrong-arity", "static takes one argument")
    argument = node.args[0] if node.args else node.keywords[0].value
    for part in ast.walk(argument):
        if isinstance(part, ast.Name) and not _is_static(body, part, argument):
            return body.report(node, "not-static", f"{part.id} has no value before the kernel runs")
    found = value_of(argument, _Locals(body))
    if isinstance(found, Unknown):
        body.doubt(node, f"wp.static: {found.reason}")
        return Var(UNKNOWN, MAYBE)
    if isinstance(found, PyObject):
        if found.kind == "str":
            return Var(STRING, OPAQUE)
        if found.kind == "an instance of a struct":
            return body.doubt(node, "wp.static of a struct", MAYBE)
        if found.kind == "None" and not isinstance(argument, ast.Constant):
            return body.doubt(node, "wp.static: an element that may be set later", MAYBE)
        return body.report(node, "not-static", f"wp.static() yields {found.kind}, which kernels cannot use")
    if isinstance(found, (Var, FunctionSet, Builtin)):
        return Var(found.type, found.constant) if isinstance(found, Var) else found
    return body.doubt(node, "wp.static of something else", MAYBE)


def _is_static(body: Body, part: ast.Name, argument: ast.expr) -> bool:
    """Whether a name has a value when a static expression is evaluated: it is no run-time value of the kernel."""
    found = body.symbols.get(part.id, MISSING)
    if not isinstance(found, Var) or found.constant is not None or found.type is UNKNOWN:
        return True
    bound = {n.id for n in ast.walk(argument) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    bound |= {a.arg for n in ast.walk(argument) if isinstance(n, ast.Lambda) for a in n.args.args}
    sized = any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in ("len", "type") and part in n.args
        for n in ast.walk(argument)
    )
    return part.id in bound or sized or body.scope.lookup(part.id) is not MISSING


def _type_call(body: Body, name: str, made: Call) -> Any:
    """A constructor with its type in keywords, ``wp.types.vector(1.0, 2.0, length=2, dtype=float)``."""
    named = {k.arg: k.value for k in made.node.keywords if k.arg is not None}
    if name == "fixedarray":
        return body.doubt(made.node, "a local array by its type")
    if name in ("vector", "matrix") and name in RULES_BY_NAME:
        read_arguments(body, made)
        return RULES_BY_NAME[name](body, name, made)
    t = constructed(name, named, [], body.scope)
    read_arguments(body, made)
    if t is UNKNOWN:
        return by_generic_records(body, name, made)
    made.named = {k: v for k, v in made.named.items() if k not in ("length", "shape", "dtype")}
    return _construct(body, t, made)


def _construct(body: Body, t: Any, made: Call) -> Any:
    if t is UNKNOWN or made.unsure:
        return ANYTHING if t is UNKNOWN or not family(t) else Var(t)
    kind = family(t)
    if kind in ("bool", "int", "float"):
        return _builtin(body, t.__name__, made)
    if kind:
        return CONSTRUCTORS[kind](body, t, made)
    if isinstance(t, TupleType):
        return body.report(made.node, "unknown-function", "tuple is no call")
    if hasattr(t, "fields"):
        return body.doubt(made.node, "a struct by its type")
    return body.doubt(made.node, f"a call of {show(t)}")


RULES_BY_NAME: dict[str, Any] = {}
"""Rules of builtins without concrete records; filled by the modules that hold them."""
CONSTRUCTORS: dict[str, Any] = {}
"""Rules of constructors, by kind of value; filled by the module that holds them."""

EXPRESSIONS[ast.Call] = call
