"""What calls and subscripts outside kernels stand for: types that are made, plain functions of one return."""

from __future__ import annotations

import ast
import sys
from typing import Any

import warp as wp

from warpsmith.synthesizer.checker.annotations import read
from warpsmith.synthesizer.checker.arguments import Locals
from warpsmith.synthesizer.checker.constants import FUNCTIONS, PLAIN_TYPES, join, number_of, plain
from warpsmith.synthesizer.checker.model import (
    OPAQUE,
    UNKNOWN,
    Builtin,
    EnumRef,
    PyObject,
    Special,
    TypeRef,
    Unresolved,
    Var,
    family,
)
from warpsmith.synthesizer.checker.names import defaults_of, dotted, parameters_of
from warpsmith.synthesizer.checker.objects import (
    ClassRef,
    Function,
    FunctionSet,
    PyFunction,
    StructDef,
    constant,
    numpy_object,
)
from warpsmith.synthesizer.checker.scope import MISSING, Scope
from warpsmith.synthesizer.checker.static import HANDLERS, value_of

_DEPTH = 24
"""How many calls of plain functions are followed into each other."""
_LONGEST = 40
"""How many statements a plain function may have that is followed."""
_HARMLESS = ("staticmethod", "cache", "lru_cache")
"""Decorators that leave what a plain function returns as it is."""


def _subscript(node: ast.Subscript, scope: Any, depth: int) -> Any:
    base = value_of(node.value, scope, depth)
    if isinstance(base, PyObject) and base.items is not None:
        index = plain(value_of(node.slice, scope, depth))
        if isinstance(index, int) and -len(base.items) <= index < len(base.items):
            found = base.items[index]
            return Unresolved("an element of a list") if isinstance(found, PyObject) and base.kind == "list" else found
        return join(list(base.items), "an element of a table") if base.items else Unresolved("an empty table")
    if isinstance(base, PyObject) and base.entries and isinstance(node.slice, ast.Constant):
        # What is behind a key may be set again, with a value of its kind.
        found = dict(base.entries).get(node.slice.value, Unresolved("an element of a dictionary"))
        return Var(found.type, OPAQUE) if isinstance(found, Var) else found
    if isinstance(base, (Special, TypeRef)):
        return _type(node, scope)
    if isinstance(base, PyObject) and base.kind == "dict" and isinstance(node.value, ast.Name):
        return _kept(node, node.value.id, scope, depth)
    return base if isinstance(base, Unresolved) else Unresolved("an element of something computed")


def _kept(node: ast.Subscript, name: str, scope: Any, depth: int) -> Any:
    """An element of a dictionary that keeps what a function made: what the same function puts there, and no other."""
    stores = scope.file.stores(name)
    owner = getattr(scope, "node", None)
    here = [s for s in ast.walk(owner) if s in stores] if isinstance(owner, ast.FunctionDef) else []
    alike = all(ast.unparse(s.targets[0]) == ast.unparse(node) for s in stores)
    if not stores or len(here) != len(stores) or not alike or depth > _DEPTH:
        return Unresolved("an element of something computed")
    return join([value_of(s.value, scope, depth) for s in stores], "an element of something computed")


def _type(node: ast.expr, scope: Any) -> Any:
    found = read(node, scope)
    if found.type is UNKNOWN:
        return Unresolved(found.reason or found.wrong or "a type that is not known")
    return TypeRef(found.type)


def _call(node: ast.Call, scope: Any, depth: int) -> Any:
    called = value_of(node.func, scope, depth)
    if _is_library_class(node.func, scope):
        return PyObject("an instance")
    if isinstance(called, Unresolved):
        return called
    if isinstance(called, Special):
        return _call_special(node, called.name, scope, depth)
    if isinstance(called, TypeRef):
        return (
            Unresolved("a type that is not known")
            if called.type is UNKNOWN
            else _construct(node, called.type, scope, depth)
        )
    if isinstance(called, Builtin) and isinstance(node.func, ast.Name) and not node.keywords:
        return _python_number(node, called.name, scope, depth)
    if isinstance(called, Builtin):
        return PyObject("array") if f"python:wp.{called.name}" in _ARRAY_MAKERS else Unresolved("what a call yields")
    if isinstance(called, StructDef):
        return PyObject("an instance of a struct")
    if isinstance(called, (ClassRef, EnumRef)):
        return PyObject("an instance") if isinstance(called, ClassRef) else Var(wp.int32, OPAQUE)
    if isinstance(called, PyFunction):
        return _call_function(node, called, scope, depth)
    return Unresolved("what a call yields")


def _is_library_class(node: ast.expr, scope: Any) -> bool:
    """Whether a class of Python's own library is called, by its name: no instance of one is anything in a kernel."""
    last = dotted(node).rpartition(".")[2]
    root = dotted(node).partition(".")[0]
    imported = [b.node[1].name for b in scope.file.scope.bindings.get(root, ()) if b.how == "from"]
    return of_library(node, scope) and all(n[:1].isupper() for n in (imported if last == root else [last]))


def of_library(node: ast.expr, scope: Any) -> bool:
    """Whether a name comes from a module of Python's own library, in which there is nothing of Warp's."""
    root = dotted(node).partition(".")[0]
    bindings = scope.file.scope.bindings.get(root, ())
    modules = [
        b.node[0].module or "" if b.how == "from" else b.node.name for b in bindings if b.how in ("from", "import")
    ]
    return bool(bindings) and len(modules) == len(bindings) and all(m.split(".")[0] in _LIBRARY for m in modules)


_LIBRARY = frozenset(sys.stdlib_module_names) - {"enum", "typing", "math"}


def _construct(node: ast.Call, t: Any, scope: Any, depth: int) -> Any:
    if family(t) in ("bool", "int", "float"):
        found = value_of(node.args[0], scope, depth) if len(node.args) == 1 else MISSING
        number = plain(found)
        if number is not MISSING and t in PLAIN_TYPES and isinstance(node.func, ast.Name):
            try:
                return constant({wp.int32: int, wp.float32: float, wp.bool: bool}[t](number))
            except (ValueError, OverflowError):
                return Unresolved("a number that cannot be converted")
    return Var(t, OPAQUE) if family(t) else Unresolved("what a call yields")


_MAKES = {
    "python:list": "list",
    "python:tuple": "tuple",
    "python:dict": "dict",
    "python:set": "set",
    "python:str": "str",
    "python:object": "object",
    "python:bytes": "bytes",
}


_ARRAY_MAKERS = frozenset(
    f"python:wp.{n}"
    for n in ("zeros", "empty", "ones", "full", "from_numpy", "from_torch", "clone", "zeros_like", "empty_like")
)


def _call_special(node: ast.Call, name: str, scope: Any, depth: int) -> Any:
    arguments = node.args
    if name == "constant" and len(arguments) == 1:
        return value_of(arguments[0], scope, depth)
    if name.startswith(("types.", "array:")):
        if name.startswith("array:") and (arguments or any(k.arg in ("data", "ptr", "shape") for k in node.keywords)):
            return PyObject("array")
        return _type(node, scope)
    if name in _MAKES:
        return PyObject(_MAKES[name])
    if name in _ARRAY_MAKERS:
        return PyObject("array")
    if name.startswith("numpy:"):
        return numpy_object(name.removeprefix("numpy:"))
    if name.startswith("math:"):
        return Var(
            wp.int32 if name[5:] in ("floor", "ceil", "gcd", "factorial", "comb", "isqrt") else wp.float32, OPAQUE
        )
    if name in ("kernel", "func", "Kernel"):
        return _wrapped(node, scope, depth)
    if name == "python:wp.dtype_from_numpy" and len(arguments) == 1:
        given = value_of(arguments[0], scope, depth)
        if isinstance(given, Special) and given.name.startswith("numpy:"):
            found = getattr(wp, given.name[6:].rstrip("_"), None)
            return TypeRef(found) if isinstance(found, type) else Unresolved("a type of NumPy's")
    return Unresolved(f"what {name.rpartition(':')[2]}() yields")


def _python_number(node: ast.Call, name: str, scope: Any, depth: int) -> Any:
    """What a function yields that Python and Warp both have, as ``len`` and ``max``; outside kernels it is Python's."""
    first = node.args[0] if len(node.args) == 1 else None
    if isinstance(first, ast.Name) and isinstance(scope, Locals) and FUNCTIONS.get(name) is len:
        length = scope.length(first.id)
        if length is not None:
            return constant(length)
    return number_of(name, [value_of(a, scope, depth) for a in node.args])


def _wrapped(node: ast.Call, scope: Any, depth: int) -> Any:
    first = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in ("f", "func")), None)
    found = value_of(first, scope, depth) if first is not None else None
    if isinstance(found, PyFunction):
        made = found.inner.file.made_of(found, dotted(node.func))
        return made if made is not None else Unresolved("what a call yields")
    return found if isinstance(found, (Function, FunctionSet)) else Special(dotted(node.func).rpartition(".")[2])


def _call_function(node: ast.Call, called: PyFunction, scope: Any, depth: int) -> Any:
    """What a plain function returns: what all its returns agree on, else the number that its annotation promises."""
    reason = f"what {getattr(called.node, 'name', 'a function')}() yields"
    if depth > _DEPTH:
        return Unresolved(reason)
    inner = entered(called, node, scope, depth)
    found = [value_of(r, inner, depth + 1) for r in returned(called)]
    taken = join(found, reason) if found else Unresolved(reason)
    return _promised(called, taken) if isinstance(taken, Unresolved) else taken


def _promised(called: PyFunction, found: Unresolved) -> Any:
    """What the annotation of a plain function's result says, where it is a number or a value of Warp's."""
    node = called.node
    if not isinstance(node, ast.FunctionDef) or node.returns is None or node.decorator_list:
        return found
    t = read(node.returns, called.scope.before(node)).type
    return Var(t, OPAQUE) if family(t) else found


def entered(called: PyFunction, node: ast.Call, scope: Any, depth: int = 0) -> Scope:
    """The scope of a plain function as one call of it has it; calls with the same arguments share one."""
    given = bind(called.node, node, scope, depth, int(called.bound))
    key = tuple((n, _key(v)) for n, v in sorted(given.items()))
    base = called.inner
    found = base.entered.get(key)
    if found is None:
        found = Scope("function", base.file, base.parent, called.node, base.bindings, base.stars, given)
        found.parameters = base.parameters
        if len(base.entered) < 64:
            base.entered[key] = found
    return found


def _key(found: Any) -> Any:
    return (found.type, found.constant) if isinstance(found, Var) else found


def returned(called: PyFunction) -> list[ast.expr]:
    """The expressions that a plain function may return; none if it may end otherwise, or a decorator changes it."""
    node = called.node
    body = getattr(node, "body", [])
    if not isinstance(node, ast.FunctionDef) or not isinstance(body[-1], ast.Return) or len(body) > _LONGEST:
        return []
    if any(dotted(d).rpartition(".")[2] not in _HARMLESS for d in node.decorator_list):
        return []
    found: list[ast.expr] = []
    stack: list[ast.AST] = list(body)
    while stack:
        part = stack.pop()
        if isinstance(part, (ast.Yield, ast.YieldFrom)) or (isinstance(part, ast.Return) and part.value is None):
            return []
        if isinstance(part, ast.Return) and part.value is not None:
            found.append(part.value)
        if not isinstance(part, (ast.FunctionDef, ast.ClassDef, ast.Lambda)):
            stack.extend(ast.iter_child_nodes(part))
    return found


def bind(function: Any, node: ast.Call, scope: Any, depth: int, skipped: int = 0) -> dict[str, Any]:
    """What the parameters of a plain function stand for in a call, but for those that Python gives itself."""
    names = [a.arg for a in parameters_of(function)][skipped:]
    found = {n: value_of(d, scope, depth) for n, d in defaults_of(function).items()}
    for name, argument in zip(names, node.args, strict=False):
        if isinstance(argument, ast.Starred):
            return {n: Unresolved("a starred argument") for n in names}
        found[name] = value_of(argument, scope, depth)
    found |= {k.arg: value_of(k.value, scope, depth) for k in node.keywords if k.arg in names}
    # Names of a comprehension around the call are not seen, so nothing is certainly undefined.
    return {n: Unresolved(v.reason) if isinstance(v, Unresolved) else v for n, v in found.items()}


HANDLERS.update({ast.Call: _call, ast.Subscript: _subscript})
