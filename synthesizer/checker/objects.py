"""What names stand for that the files define: kernels, functions, structs, classes, files, types made by a call."""

from __future__ import annotations

import ast
import builtins
import importlib.util
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import warp as wp

from warpsmith.grammar import registry, types
from warpsmith.synthesizer.checker.model import (
    ANY,
    FUNCTION,
    OPAQUE,
    OPEN_SCALARS,
    Builtin,
    ModuleRef,
    OpenType,
    PyObject,
    Special,
    TypeRef,
    Unresolved,
    Var,
    family,
)
from warpsmith.synthesizer.checker.scope import MISSING, Scope


@dataclass(eq=False)
class Function:
    """A kernel or function of a file.

    Attributes:
        name: its Python name.
        qualified: its name with the classes and functions around it.
        node: the definition.
        scope: where it is defined.
        is_kernel: whether it is a kernel.
        opaque: whether its body is native code or follows other rules, and is not checked.
        backward: whether it may be given a backward pass.
        parameters: name, type and default's value (or MISSING) of each parameter; filled by the analysis.
        returns: the annotated result (MISSING without annotation); filled by the analysis.
        generic: whether a parameter's type is open; filled by the analysis.
        template: whether it is open otherwise than by taking a function; filled by the analysis.
        resolved: whether the five above are filled.
        results: what each walk found, by parameter types.
        reasons: why a parameter's type is not known, by its name.
        faults: node, rule and message of what is wrong with its signature.
        doubts: node and reason of what in its signature is not known.
        variants: the same function for each way in which the file calls the factory that it is defined in.
        adjoint: whether it is a custom gradient or replay of another.
    """

    name: str
    node: ast.FunctionDef
    scope: Scope
    is_kernel: bool = False
    opaque: bool = False
    backward: bool = True
    qualified: str = ""
    parameters: list[tuple[str, Any, Any]] = field(default_factory=list)
    returns: Any = MISSING
    generic: bool = False
    template: bool = False
    resolved: bool = False
    results: dict[Any, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    faults: list[tuple[Any, str, str]] = field(default_factory=list)
    doubts: list[tuple[Any, str]] = field(default_factory=list)
    adjoint: bool = False
    variants: list[Any] = field(default_factory=list)


@dataclass(eq=False)
class FunctionSet:
    """All functions of one name, in order of definition: the overloads."""

    name: str
    overloads: list[Function]


@dataclass(eq=False)
class StructDef:
    """A struct; its type, and what is wrong with its fields, are found at the first need."""

    node: ast.ClassDef
    scope: Scope
    type: Any = None
    wrong: str = ""


@dataclass(eq=False)
class ClassRef:
    """A plain class."""

    node: ast.ClassDef
    scope: Scope
    inner: Scope


@dataclass(eq=False)
class PyFunction:
    """A plain Python function, a factory perhaps; ``bound`` is set where an instance gives its first parameter."""

    node: Any
    scope: Scope
    inner: Scope
    bound: bool = False


@dataclass(frozen=True, eq=False)
class FileRef:
    """A file that is imported as a module."""

    file: Any


_SPECIAL = frozenset(("static", "grad", "address_of", "constant", "struct", "kernel", "func", "overload", "Kernel")) | {
    *("func_grad", "func_replay", "func_native", "ref", "tile", "Function", "adjoint"),
}
_BUILTINS = frozenset(registry.names())
_PYTHON_TYPES = {"int": wp.int32, "float": wp.float32, "bool": wp.bool}
_PYTHON = frozenset(dir(builtins))
_ARRAYS = {"array": 1, "array1d": 1, "array2d": 2, "array3d": 3, "array4d": 4}
_OTHER_ARRAYS = ("indexedarray", "fabricarray", "indexedfabricarray", *(f"indexedarray{n}d" for n in (1, 2, 3, 4)))
_MAKERS = ("vector", "matrix", "quaternion", "transformation")
_NUMBERS: dict[str, float] = {
    "pi": 3.141592653589793,
    "e": 2.718281828459045,
    "tau": 6.283185307179586,
    "inf": float("inf"),
    "nan": float("nan"),
}
_NUMPY_SCALARS = frozenset(
    ("float32", "float64", "float16", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool_")
)


@cache
def warp_attribute(name: str) -> Any:
    """What ``wp.<name>`` stands for, or MISSING."""
    if name in OPEN_SCALARS:
        return TypeRef(OPEN_SCALARS[name])
    if name == "Function":
        return TypeRef(FUNCTION)
    if name == "handle":
        return TypeRef(wp.uint64)
    if name in _SPECIAL:
        return Special(name)
    if name in _ARRAYS:
        return Special(f"array:{_ARRAYS[name]}")
    if name in _OTHER_ARRAYS:
        return Special(f"array:{name}")
    found = getattr(wp, name, MISSING)
    if isinstance(found, type):
        return _warp_class(name, found)
    if name in _BUILTINS:
        return Builtin(name)
    if name == "types":
        return ModuleRef("warp.types")
    if found is MISSING or type(found).__name__ == "module":
        # A submodule is an attribute once somebody imports it; looking for its file imports nothing.
        return ModuleRef(f"warp.{name}") if importlib.util.find_spec(f"warp.{name}") else MISSING
    if isinstance(found, (bool, int, float)):
        return constant(found)
    if isinstance(found, str):
        return PyObject("str")
    return Special(f"python:wp.{name}") if callable(found) else Unresolved(f"wp.{name}")


def _warp_class(name: str, found: type) -> Any:
    try:
        return TypeRef(types.canonical(found))
    except TypeError:
        pass
    if name in _MAKERS or name == "fixedarray":
        return Special(f"types.{name}")
    if hasattr(found, "__members__"):
        return OwnEnum(found)
    if name in _BUILTINS:
        return Builtin(name)
    return TypeRef(found)


@dataclass(frozen=True)
class OwnEnum:
    """An enumeration of Warp's own."""

    origin: Any


def types_attribute(name: str) -> Any:
    """What ``wp.types.<name>`` stands for, or MISSING."""
    if name in _MAKERS:
        return Special("types." + name)
    if name in ("Any", "Callable"):
        return TypeRef(ANY if name == "Any" else FUNCTION)
    found = warp_attribute(name)
    if found is not MISSING:
        return found
    known = getattr(wp.types, name, MISSING)
    return (
        MISSING if known is MISSING else TypeRef(known) if isinstance(known, type) else Unresolved(f"wp.types.{name}")
    )


def module_attribute(module: str, name: str) -> Any:
    """What an attribute of a module that is known by name stands for; MISSING if it is looked for elsewhere."""
    if module == "warp":
        return warp_attribute(name)
    if module == "warp.types":
        return types_attribute(name)
    if module in ("typing", "typing_extensions", "collections.abc"):
        return typing_attribute(name)
    if module in ("math", "numpy", "cmath") and name in _NUMBERS:
        return constant(_NUMBERS[name])
    if module == "numpy":
        return Special(f"numpy:{name}")
    if module in ("math", "enum"):
        return Special(f"{module}:{name}")
    return MISSING


def typing_attribute(name: str) -> Any:
    """What ``typing.<name>`` stands for."""
    return {"Any": TypeRef(ANY), "Callable": TypeRef(FUNCTION)}.get(name, Special(f"typing:{name}"))


@cache
def python_builtin(name: str) -> Any:
    """What a name stands for that no scope binds: a Python type, or a builtin of Warp's or Python's; else MISSING."""
    if name in _PYTHON_TYPES:
        return TypeRef(_PYTHON_TYPES[name], getattr(builtins, name))
    if name in ("type", "range"):
        return Special(name)
    found = warp_attribute(name) if hasattr(wp, name) and not isinstance(getattr(wp, name), type(wp)) else MISSING
    if found is not MISSING and not (isinstance(found, Special) and found.name.startswith("python:")):
        return found
    if name in _PYTHON:
        return Builtin(name) if name in _BUILTINS else Special("python:" + name)
    return MISSING


def constant(value: bool | int | float) -> Var:
    """A Python number as a kernel sees it."""
    return Var(_PYTHON_TYPES[type(value).__name__], value)


def numpy_object(name: str) -> PyObject:
    """What a function or type of NumPy's yields."""
    return PyObject(f"numpy.{name}" if name in _NUMPY_SCALARS else "numpy.ndarray")


def open_composite(name: str, shape: tuple[int, ...], dtype: Any) -> OpenType:
    """A vector or matrix type whose scalars or extents are open."""
    kind = {"vector": "vec", "matrix": "mat", "quaternion": "quat", "transformation": "transform"}[name]
    return OpenType(f"{name}{shape}", (), kind, shape, dtype)


def fits_open(t: Any, wanted: Any) -> bool:
    """Whether a type may stand for an open one."""
    if not isinstance(wanted, OpenType) or wanted == ANY:
        return not isinstance(wanted, OpenType) or True
    if wanted.kind:
        if family(t) != wanted.kind:
            return False
        extents = tuple(getattr(t, "_shape_", ()))
        inner = types.scalar(t)
        fits = inner is wanted.inner or (isinstance(wanted.inner, OpenType) and fits_open(inner, wanted.inner))
        return fits and all(w in (0, e) for w, e in zip(wanted.shape, extents, strict=True))
    return family(t) in wanted.taken


OPAQUE_INT = Var(wp.int32, OPAQUE)
