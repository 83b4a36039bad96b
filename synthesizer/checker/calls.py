"""Calls: what is called, with which arguments, and what that yields."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from warpsmith.grammar import registry
from warpsmith.synthesizer.checker.annotations import as_type, constructed, struct_type
from warpsmith.synthesizer.checker.arguments import Call, Locals, read_arguments, unknown_results
from warpsmith.synthesizer.checker.body import EXPRESSIONS, Body
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
    INSTANCE,
    LENGTH,
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
    Unresolved,
    Var,
    dtype_of,
    family,
    is_array,
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
from warpsmith.synthesizer.checker.records import RULES_BY_NAME, builtin, by_generic_records, passes
from warpsmith.synthesizer.checker.scope import MISSING
from warpsmith.synthesizer.checker.static import attribute, value_of
from warpsmith.synthesizer.checker.static_calls import of_library


def call(body: Body, node: ast.Call, expects: int = 0) -> Any:
    """What a call yields: a Var, a tuple of them for several results, or None."""
    target = _target(body, node.func)
    last = dotted(node.func).rpartition(".")[2]
    python = isinstance(target, (PyFunction, ClassRef)) or (isinstance(target, Special) and ":" in target.name)
    if python and last in _BUILTINS and not target_is_type(target):
        # Warp looks up a Python function by the last part of its name: ``math.sin`` is its own ``sin``.
        target = Builtin(last)
    if isinstance(target, Unresolved) and of_library(node.func, body.scope) and last not in _BUILTINS:
        target = PyObject(dotted(node.func))
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
        return body.expression(node) if found is MISSING or isinstance(found, Unresolved) else found
    if kind is ast.Attribute:
        base = _module(body, node.value)
        if base is not None:
            found = attribute(base, node.attr)
            if isinstance(found, PyObject) or (found is MISSING and not isinstance(base, (ModuleRef, FileRef))):
                return Unresolved(f"an attribute of {node.attr}")
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
        if node.attr == "length":
            # Warp finds the number on a vector's type, and goes on with the builtin of that name.
            found = EXPRESSIONS[kind](body, node)
            return Builtin(node.attr) if isinstance(found, Var) and found.reason == LENGTH else found
    return body.expression(node)


def _module(body: Body, node: Any) -> Any:
    """A module, or a class, that is named in front of what is called."""
    root = dotted(node).partition(".")[0]
    if root and root not in body.symbols:
        found = value_of(node, body.scope)
        missing = isinstance(found, Unresolved) and found.raises
        if not missing and (isinstance(found, (ModuleRef, FileRef, ClassRef, Unresolved)) or found == INSTANCE):
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
    if isinstance(target, Unresolved):
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


# --- arguments ------------------------------------------------------------------


# --- builtins ------------------------------------------------------------------


def _builtin(body: Body, name: str, made: Call) -> Any:
    if made.unsure:
        return unknown_results(made)
    rule = RULES_BY_NAME.get(name)
    if rule is not None:
        return rule(body, name, made)
    return builtin(body, name, made)


# --- functions and structs of the file ------------------------------------------------------------------


def _user_function(body: Body, target: FunctionSet, made: Call) -> Any:
    if made.unsure:
        body.doubt(made.node, "starred arguments that are not known")
        return unknown_results(made)
    return body.analysis.call(body, target, made)


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
    found = value_of(argument, Locals(body))
    if isinstance(found, Unresolved) and found.raises:
        return body.report(node, "not-static", f"wp.static: {found.reason}")
    if isinstance(found, Unresolved):
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
    if isinstance(found, PyFunction) and not found.node.decorator_list:
        return body.report(node, "not-static", f"{found.node.name} is a Python function; decorate it with wp.func")
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
    t = constructed(name, named, [], body.scope).type
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
    if isinstance(t, TupleType) or is_array(t):
        return body.report(made.node, "unknown-function", f"{show(t)} is not called")
    if hasattr(t, "fields"):
        return body.doubt(made.node, "a struct by its type")
    return body.doubt(made.node, f"a call of {show(t)}")


CONSTRUCTORS: dict[str, Any] = {}
"""Rules of constructors, by kind of value; filled by the module that holds them."""

EXPRESSIONS[ast.Call] = call
