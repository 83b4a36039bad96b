"""What the names of a file stand for: imports, constants, types, structs, kernels and functions."""

from __future__ import annotations

import builtins
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import libcst as cst
import warp as wp

from warpsmith.grammar import registry, types
from warpsmith.synthesizer.checker.model import (
    MAYBE,
    OPAQUE,
    OUTSIDE,
    UNKNOWN,
    Builtin,
    EnumRef,
    ModuleRef,
    Special,
    TypeRef,
    Var,
)
from warpsmith.synthesizer.checker.names import bound_names, dotted, parameter_names

MISSING: Any = object()

_SPECIAL = frozenset(("static", "grad", "address_of", "constant", "struct", "kernel", "func", "overload"))
_BUILTINS = frozenset(registry.names())
_PYTHON_TYPES = {"int": wp.int32, "float": wp.float32, "bool": wp.bool}
_ANNOTATION_NAMES = frozenset(("Any", "Scalar", "Float", "Int"))
_PYTHON = frozenset(dir(builtins))
_ARRAYS = {"array": 1, "array1d": 1, "array2d": 2, "array3d": 3, "array4d": 4}


@dataclass(eq=False)
class Function:
    """A kernel or function of the file.

    Attributes:
        name: its Python name.
        node: the definition.
        scope: where it is defined.
        is_kernel: whether it is a kernel.
        opaque: whether its body is native code or follows other rules, and is not checked.
        backward: whether it may be given a backward pass.
        parameters: name, type and default's value (or MISSING) of each parameter; filled by the analysis.
        returns: the annotated result (MISSING without annotation); filled by the analysis.
        generic: whether a parameter's type is open; filled by the analysis.
        template: whether it is open otherwise than by taking a function; filled by the analysis.
        resolved: whether the four above are filled.
        results: result types by parameter types.
    """

    name: str
    node: cst.FunctionDef
    scope: Scope
    is_kernel: bool = False
    opaque: bool = False
    backward: bool = True
    parameters: list[tuple[str, Any, Any]] = field(default_factory=list)
    returns: Any = MISSING
    generic: bool = False
    template: bool = False
    resolved: bool = False
    results: dict[tuple[Any, ...], Any] = field(default_factory=dict)


@dataclass(eq=False)
class FunctionSet:
    """All functions of one name, in order of definition: the overloads."""

    name: str
    overloads: list[Function]


@dataclass(eq=False)
class StructDef:
    """A struct whose fields are not read yet."""

    node: cst.ClassDef
    scope: Scope
    type: Any = None


@dataclass(eq=False)
class Scope:
    """Names and what they stand for; what is not found here may be in the enclosing scope.

    ``open`` says that names may come from where the checker cannot look (a star import).
    """

    parent: Scope | None = None
    names: dict[str, Any] = field(default_factory=dict)
    open: bool = False

    def lookup(self, name: str) -> Any:
        """What the name stands for, or MISSING."""
        scope: Scope | None = self
        open_ = False
        while scope is not None:
            found = scope.names.get(name, MISSING)
            if found is not MISSING:
                return found
            open_ |= scope.open
            scope = scope.parent
        if open_:
            found = python_builtin(name)
            return OUTSIDE if found is MISSING else found
        return MISSING


@cache
def warp_attribute(name: str) -> Any:
    """What ``wp.<name>`` stands for, or MISSING."""
    if name in _SPECIAL:
        return Special(name)
    if name in _ARRAYS:
        return Special(f"array:{_ARRAYS[name]}")
    found = getattr(wp, name, MISSING)
    if isinstance(found, type):
        try:
            return TypeRef(types.canonical(found))
        except TypeError:
            return OUTSIDE
    if name in _BUILTINS:
        return Builtin(name)
    if name == "types":
        return ModuleRef("warp.types")
    if found is MISSING:
        # A submodule is an attribute once somebody imports it; looking for its file imports nothing.
        return OUTSIDE if importlib.util.find_spec(f"warp.{name}") else MISSING
    if isinstance(found, (bool, int, float)):
        return constant(found)
    return OUTSIDE


@cache
def python_builtin(name: str) -> Any:
    """What a name stands for that no scope binds: a Python type, or a builtin of Warp's or Python's; else MISSING."""
    if name in _PYTHON_TYPES:
        return TypeRef(_PYTHON_TYPES[name])
    if name in ("type", "range"):
        return Special(name)
    found = warp_attribute(name) if hasattr(wp, name) else MISSING
    if found is not MISSING:
        return found
    if name in _PYTHON:
        return Builtin(name) if name in _BUILTINS else Special("python:" + name)
    return MISSING


def constant(value: bool | int | float) -> Var:
    """A Python number as a kernel sees it."""
    return Var(_PYTHON_TYPES[type(value).__name__], value)


def attribute(base: Any, name: str) -> Any:
    """What an attribute of a module, type or enumeration stands for; MISSING if it has none."""
    if isinstance(base, ModuleRef):
        if base.name == "warp":
            return warp_attribute(name)
        if base.name == "warp.types":
            found = warp_attribute(name)
            return (
                Special("types." + name)
                if name in ("vector", "matrix", "quaternion", "transformation")
                else (found if isinstance(found, (TypeRef, Special)) else OUTSIDE)
            )
        return TypeRef(UNKNOWN) if name in _ANNOTATION_NAMES else OUTSIDE
    if isinstance(base, EnumRef):
        return Var(wp.int32, OPAQUE) if name in base.members else MISSING
    return OUTSIDE


# --- reading a file ------------------------------------------------------------------


def read_module(module: cst.Module) -> tuple[Scope, list[Function]]:
    """The scope of a file, and every kernel and function in it, nested ones too."""
    functions: list[Function] = []
    scope = Scope()
    _read_body(module.body, scope, functions, python=False)
    return scope, functions


def _read_body(body: Sequence[Any], scope: Scope, functions: list[Function], python: bool) -> None:
    for statement in body:
        if isinstance(statement, cst.FunctionDef):
            _read_function(statement, scope, functions)
        elif isinstance(statement, cst.ClassDef):
            _read_class(statement, scope, functions)
        elif isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                _read_small(small, scope, python)
        else:
            _read_compound(statement, scope, functions, python)


def _read_compound(statement: Any, scope: Scope, functions: list[Function], python: bool) -> None:
    # What a branch, loop or try binds depends on what happens: such names are unknown, the functions in it are read.
    before = dict(scope.names)
    for block in _blocks(statement):
        _read_body(block.body, scope, functions, python)
    for name in bound_names(statement):
        found = scope.names.get(name)
        if name in before or not isinstance(found, (FunctionSet, StructDef, Function, ModuleRef)):
            scope.names[name] = OUTSIDE


def _blocks(statement: Any) -> Iterator[Any]:
    for child in statement.children:
        if isinstance(child, (cst.IndentedBlock, cst.SimpleStatementSuite)):
            yield child
        elif isinstance(child, (cst.Else, cst.If, cst.ExceptHandler, cst.Finally, cst.MatchCase)):
            yield from _blocks(child)


def _read_function(node: cst.FunctionDef, scope: Scope, functions: list[Function]) -> None:
    name = node.name.value
    kind = _kind(node, scope)
    if kind == "python":
        inner = Scope(scope, dict.fromkeys(parameter_names(node), OUTSIDE))
        bind_unknown(node.body, inner)
        _read_body(node.body.body, inner, functions, python=True)
        scope.names[name] = OUTSIDE if node.decorators else Special("python:" + name)
        return
    function = Function(name, node, scope, kind == "kernel", opaque=kind == "opaque", backward=_has_backward(node))
    functions.append(function)
    existing = scope.names.get(name)
    if kind == "kernel":
        scope.names[name] = function
    elif isinstance(existing, FunctionSet):
        existing.overloads.append(function)
    elif kind != "adjoint":
        scope.names[name] = FunctionSet(name, [function])
    function.opaque |= kind == "adjoint"


def _kind(node: cst.FunctionDef, scope: Scope) -> str:
    """``kernel``, ``func``, ``opaque`` (a function whose body is not checked), ``adjoint`` or ``python``."""
    if len(node.decorators) != 1:
        return "python"
    decorator = node.decorators[0].decorator
    called = isinstance(decorator, cst.Call)
    target = decorator.func if isinstance(decorator, cst.Call) else decorator
    found = resolve(target, scope)
    if isinstance(found, Special) and found.name in ("kernel", "func"):
        return found.name
    if isinstance(target, cst.Attribute) and resolve(target.value, scope) == ModuleRef("warp"):
        if target.attr.value in ("func_grad", "func_replay") and called:
            return "adjoint"
        if target.attr.value == "func_native":
            return "opaque"
    return "python"


def _has_backward(node: cst.FunctionDef) -> bool:
    decorator = node.decorators[0].decorator
    if isinstance(decorator, cst.Call):
        # Any option that may turn the backward pass off counts as turning it off.
        return not any(a.keyword and a.keyword.value in ("enable_backward", "module_options") for a in decorator.args)
    return True


def _read_class(node: cst.ClassDef, scope: Scope, functions: list[Function]) -> None:
    name = node.name.value
    bases = [
        b.value.attr.value if isinstance(b.value, cst.Attribute) else getattr(b.value, "value", "") for b in node.bases
    ]
    if len(node.decorators) == 1 and resolve(_undecorated(node), scope) == Special("struct"):
        scope.names[name] = StructDef(node, scope)
    elif not node.decorators and any(b in ("IntEnum", "IntFlag") for b in bases):
        scope.names[name] = EnumRef(name, frozenset(bound_names(node.body)) | {"__members__"})
    else:
        inner = Scope(scope)
        bind_unknown(node.body, inner)
        _read_body(node.body.body, inner, functions, python=True)
        scope.names[name] = OUTSIDE


def _undecorated(node: cst.ClassDef) -> cst.BaseExpression:
    decorator = node.decorators[0].decorator
    return decorator.func if isinstance(decorator, cst.Call) else decorator


def _read_small(node: Any, scope: Scope, python: bool) -> None:
    if isinstance(node, cst.Import):
        for alias in node.names:
            _read_import(alias, scope)
    elif isinstance(node, cst.ImportFrom):
        _read_import_from(node, scope)
    elif isinstance(node, cst.Assign) and len(node.targets) == 1 and isinstance(node.targets[0].target, cst.Name):
        name = node.targets[0].target.value
        rebound = name in scope.names
        scope.names[name] = OUTSIDE if rebound or python else _static_value(node.value, scope)
    else:
        for name in bound_names(node):
            scope.names[name] = OUTSIDE


def _read_import(alias: cst.ImportAlias, scope: Scope) -> None:
    path = dotted(alias.name)
    if alias.asname is not None:
        name = alias.asname.name.value  # type: ignore[union-attr]
        scope.names[name] = ModuleRef(path) if path in _KNOWN_MODULES else OUTSIDE
    else:
        root = path.split(".")[0]
        scope.names[root] = ModuleRef(root) if root in _KNOWN_MODULES else OUTSIDE


_KNOWN_MODULES = frozenset(("warp", "warp.types", "typing"))


def _read_import_from(node: cst.ImportFrom, scope: Scope) -> None:
    path = "" if node.relative or node.module is None else dotted(node.module)
    if isinstance(node.names, cst.ImportStar):
        scope.open = True
        return
    for alias in node.names:
        name = alias.asname.name.value if alias.asname else dotted(alias.name)  # type: ignore[union-attr]
        found = attribute(ModuleRef(path), dotted(alias.name)) if path in _KNOWN_MODULES else OUTSIDE
        scope.names[str(name)] = OUTSIDE if found is MISSING else found


def _static_value(node: cst.BaseExpression, scope: Scope) -> Any:
    """What an expression at module level stands for; OUTSIDE where that takes more than reading."""
    if isinstance(node, cst.Call):
        called = resolve(node.func, scope)
        if called == Special("constant") and len(node.args) == 1:
            return _static_value(node.args[0].value, scope)
        if isinstance(called, TypeRef) and called.type is not UNKNOWN:
            return Var(called.type, OPAQUE)
        return Alias(node, scope) if isinstance(called, Special) and called.name.startswith("types.") else OUTSIDE
    found = resolve(node, scope)
    if isinstance(found, (TypeRef, Builtin, FunctionSet, StructDef, EnumRef, ModuleRef)):
        return found
    value = evaluate(node, scope)
    return OUTSIDE if value is MISSING else constant(value)


@dataclass(eq=False)
class Alias:
    """A name for a type that is made by a call: ``vec5 = wp.types.vector(length=5, dtype=float)``."""

    node: cst.Call
    scope: Scope


def resolve(node: cst.BaseExpression, scope: Scope) -> Any:
    """What a name or a dotted name stands for; MISSING if it is neither, or bound to nothing."""
    kind = type(node)
    if kind is cst.Name:
        return scope.lookup(node.value)  # type: ignore[attr-defined]
    if kind is cst.Attribute:
        base = resolve(node.value, scope)  # type: ignore[attr-defined]
        return MISSING if base is MISSING else attribute(base, node.attr.value)  # type: ignore[attr-defined]
    return MISSING


_ARITHMETIC: dict[type, Any] = {
    cst.Add: lambda a, b: a + b,
    cst.Subtract: lambda a, b: a - b,
    cst.Multiply: lambda a, b: a * b,
    cst.Divide: lambda a, b: a / b if b else MISSING,
    cst.FloorDivide: lambda a, b: a // b if b else MISSING,
    cst.Modulo: lambda a, b: a % b if b else MISSING,
}


def evaluate(node: cst.BaseExpression, scope: Scope) -> Any:
    """The Python number that an expression over literals and constants is, or MISSING."""
    if isinstance(node, cst.Integer):
        return int(node.value.replace("_", ""), 0)
    if isinstance(node, cst.Float):
        return float(node.value.replace("_", ""))
    if isinstance(node, cst.Name) and node.value in ("True", "False"):
        return node.value == "True"
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        value = evaluate(node.expression, scope)
        return MISSING if value is MISSING else -value
    if isinstance(node, cst.BinaryOperation) and type(node.operator) in _ARITHMETIC:
        left, right = evaluate(node.left, scope), evaluate(node.right, scope)
        return MISSING if left is MISSING or right is MISSING else _ARITHMETIC[type(node.operator)](left, right)
    found = resolve(node, scope)
    known = (
        isinstance(found, Var) and found.constant not in (None, MAYBE, OPAQUE) and not isinstance(found.constant, str)
    )
    return found.constant if known else MISSING


def bind_unknown(body: cst.CSTNode, scope: Scope) -> None:
    """Bind every name that a body of Python code binds to something unknown."""
    for name in bound_names(body):
        scope.names.setdefault(name, OUTSIDE)
