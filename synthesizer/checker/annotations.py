"""What type annotations mean."""

from __future__ import annotations

import ast
from math import prod
from typing import Any, NamedTuple

import warp as wp

from warpsmith.grammar import registry
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.constants import plain
from warpsmith.synthesizer.checker.foreign import NotTold, from_warp, to_warp
from warpsmith.synthesizer.checker.model import (
    ANY,
    STRING,
    UNKNOWN,
    Builtin,
    EnumRef,
    FixedArray,
    OtherArray,
    PyObject,
    RefType,
    Special,
    StructType,
    TupleType,
    TypeRef,
    Unresolved,
    family,
    is_known,
    is_open,
    matrix,
    vector,
)
from warpsmith.synthesizer.checker.objects import ClassRef, OwnEnum, StructDef, open_composite
from warpsmith.synthesizer.checker.postponed import unseen
from warpsmith.synthesizer.checker.scope import Scope
from warpsmith.synthesizer.checker.static import number, value_of

LARGEST = 1 << 16
"""Components that a vector or matrix type may have here."""


_TUPLES = (Builtin("tuple"), Special("python:tuple"), Special("typing:Tuple"))


class Annotation(NamedTuple):
    """What an annotation means.

    Attributes:
        type: UNKNOWN where it cannot be told, None for ``None``.
        reason: why it is not known.
        wrong: what is wrong with it.
    """

    type: Any
    reason: str = ""
    wrong: str = ""

    def made(self, found: Any) -> Annotation:
        """A type that is made of this one."""
        return self._replace(type=found)

    def unknown(self, reason: str) -> Annotation:
        """Nothing known of what is made of this one, for its own reason first."""
        return Annotation(UNKNOWN, self.reason or reason, self.wrong)

    def mistaken(self, message: str) -> Annotation:
        """What is made of this one is wrong."""
        return Annotation(UNKNOWN, self.reason, self.wrong or message)


def _unknown(reason: str) -> Annotation:
    return Annotation(UNKNOWN, reason)


def _wrong(message: str) -> Annotation:
    return Annotation(UNKNOWN, "", message)


def annotated(node: ast.expr, scope: Any) -> Any:
    """The type that an annotation means: UNKNOWN where it cannot be told, None for ``None``."""
    return read(node, scope).type


def is_bare_tuple(node: ast.expr, scope: Any) -> bool:
    """Whether an annotation is ``tuple`` without its types, which functions may take and kernels may not."""
    return isinstance(node, (ast.Name, ast.Attribute)) and value_of(node, scope) in _TUPLES


def as_type(found: Any) -> Any:
    """The type that something stands for, or UNKNOWN."""
    return meaning(found).type


def read(node: ast.expr, scope: Any) -> Annotation:
    """What an annotation means."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return _text(node.value, scope)
        return Annotation(None) if node.value is None else _wrong(f"{node.value!r} is no type")
    if isinstance(node, ast.Call):
        return _call(node, scope)
    if isinstance(node, ast.Subscript):
        return _subscript(node, scope)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _wrong("a union is no type of kernels")
    return meaning(value_of(node, scope))


def _text(text: str, scope: Any) -> Annotation:
    try:
        return read(ast.parse(text.strip(), mode="eval").body, scope)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _wrong("the annotation is no expression")


def meaning(found: Any) -> Annotation:
    """What something means as an annotation."""
    if isinstance(found, TypeRef):
        return Annotation(found.type)
    if isinstance(found, StructDef):
        return Annotation(struct_type(found), wrong=found.wrong)
    if isinstance(found, (EnumRef, OwnEnum)):
        return _unknown("an enumeration as a type")
    if isinstance(found, PyObject) and found.kind == "None":
        return Annotation(None)
    if isinstance(found, (Special, Builtin)) and found in _TUPLES:
        return Annotation(ANY)
    if isinstance(found, Special):
        return _special(found.name)
    if isinstance(found, Unresolved):
        return _wrong(found.reason) if found.raises else _unknown(found.reason)
    if isinstance(found, ClassRef):
        if found.node.bases or found.node.decorator_list:
            return _unknown(f"the class {found.node.name}")
        return _wrong(f"{found.node.name} is a plain class")
    if isinstance(found, Builtin):
        return _wrong(f"{found.name} is a function")
    return _unknown("an annotation that is no type")


_NO_TYPES = ("list", "dict", "set", "bytes", "complex", "object", "frozenset", "bytearray")


def _special(name: str) -> Annotation:
    if name == "python:str":
        return Annotation(STRING)
    if name.startswith("python:") and name[7:] in _NO_TYPES:
        return _wrong(f"{name[7:]} is no type of kernels")
    if name in ("typing:Union", "typing:Optional"):
        return _wrong("a union is no type of kernels")
    if name == "numpy:ndarray":
        return _wrong("numpy.ndarray is no type of kernels")
    if name.startswith("array:"):
        return _wrong("an array has an element type, as in wp.array(dtype=float)")
    if name == "tile":
        return _unknown("a tile of any shape")
    return _unknown(name.replace(":", "."))


def struct_type(definition: StructDef) -> Any:
    """The type of a struct; its fields are read at the first need."""
    if definition.type is None:
        fields: dict[str, Any] = {}
        definition.type = StructType(definition.node.name, fields)
        for statement in definition.node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                name = statement.target.id
                found, _, wrong = read(statement.annotation, definition.scope)
                wrong = wrong or unseen(statement.annotation, definition.scope, [])
                if wrong or found is None or found is STRING or isinstance(found, TupleType) or is_open(found):
                    definition.wrong = (
                        definition.wrong or f"{definition.node.name}.{name}: {wrong or 'no type of a field'}"
                    )
                # A struct is no field of itself: its name is not bound yet.
                fields[name] = UNKNOWN if found is definition.type else found
    return definition.type


# --- arrays ------------------------------------------------------------------


def _array_kind(node: ast.expr, scope: Any) -> str | None:
    found = value_of(node, scope)
    return found.name.removeprefix("array:") if isinstance(found, Special) and found.name.startswith("array:") else None


def _array(kind: str, dtype: Annotation, ndim: Any) -> Annotation:
    if ndim is None and kind.isdigit():
        ndim = int(kind)
    if kind.endswith("d"):  # indexedarray2d
        kind, ndim = kind[:-2], int(kind[-2]) if ndim is None else ndim
    if ndim is None:
        ndim = 1
    if not isinstance(ndim, int):
        return dtype.unknown("the number of an array's dimensions")
    if kind.isdigit() and ndim < 0:
        return dtype.mistaken("an array has no negative number of dimensions")
    ndim = ndim or 1
    return dtype.made(Array(dtype.type, ndim) if kind.isdigit() else OtherArray(dtype.type, ndim, kind))


def _call(node: ast.Call, scope: Any) -> Annotation:
    arguments = {k.arg: k.value for k in node.keywords if k.arg is not None}
    positional = [a for a in node.args if not isinstance(a, ast.Starred)]
    kind = _array_kind(node.func, scope)
    if kind is not None:
        dtype = arguments.get("dtype") or (positional[0] if len(positional) == 1 else None)
        if positional and kind.isdigit():
            return _wrong("the first argument of an array is its data; its element type is given as dtype")
        if dtype is None and not kind.isdigit():
            return _wrong("an array has an element type, as in dtype=float")
        if arguments.keys() - {"dtype", "ndim"}:
            return _unknown("an array that is made here")
        ndim = number(arguments["ndim"], scope) if "ndim" in arguments else None
        return _array(kind, Annotation(ANY) if dtype is None else element(dtype, scope), ndim)
    found = value_of(node.func, scope)
    if isinstance(found, Special) and found.name.startswith("types."):
        return constructed(found.name.removeprefix("types."), arguments, positional, scope)
    if found == Special("tile"):
        return _tile(arguments, positional, scope)
    return meaning(value_of(node, scope))


_ORDER = {
    "vector": ("length", "dtype"),
    "matrix": ("shape", "dtype"),
    "quaternion": ("dtype",),
    "transformation": ("dtype",),
    "fixedarray": ("dtype", "shape"),
}


def constructed(name: str, arguments: dict[str, Any], positional: list[Any], scope: Any) -> Annotation:
    """The type that ``wp.types.vector(length=…, dtype=…)`` and its like make."""
    named = dict(zip(_ORDER[name], positional, strict=False)) | arguments
    if "dtype" not in named:
        return _unknown("the scalars of a type")
    dtype = element(named["dtype"], scope)
    if dtype.type is UNKNOWN:
        return dtype.unknown("the scalars of a type")
    if dtype.type == ANY and name != "fixedarray":
        return dtype.mistaken("the scalars of an open type are Scalar, Float or Int")
    if name in ("quaternion", "transformation"):
        return _by_scalar(name, dtype)
    extents = _extents(named.get("length") if name == "vector" else named.get("shape"), scope)
    if isinstance(extents, str):
        return dtype.unknown(extents)
    if len(extents) != (2 if name == "matrix" else 1 if name == "vector" else len(extents)):
        return dtype.unknown("the size of a type")
    if name == "fixedarray":
        return dtype.made(FixedArray(dtype.type, extents))
    if is_open(dtype.type) or 0 in extents:
        return dtype.made(open_composite(name, extents, dtype.type))
    if family(dtype.type) not in ("int", "float", "bool"):
        return dtype.mistaken("the components of a vector or matrix are scalars")
    if not all(0 < extent <= LARGEST for extent in extents) or prod(extents) > LARGEST:
        return dtype.unknown("the size of a type")
    make = vector if name == "vector" else matrix
    return dtype.made(make(*extents, dtype.type))


_QUATERNIONS = {wp.float16: wp.quath, wp.float32: wp.quatf, wp.float64: wp.quatd}
_TRANSFORMS = {wp.float16: wp.transformh, wp.float32: wp.transformf, wp.float64: wp.transformd}


def _by_scalar(name: str, dtype: Annotation) -> Annotation:
    if is_open(dtype.type):
        return dtype.made(open_composite(name, (4,) if name == "quaternion" else (7,), dtype.type))
    table = _QUATERNIONS if name == "quaternion" else _TRANSFORMS
    found = table.get(dtype.type)
    return dtype.unknown("the scalars of a type") if found is None else dtype.made(found)


def _extents(node: Any, scope: Any) -> tuple[int, ...] | str:
    """Sizes as numbers, 0 for any; or why they are not known."""
    if node is None:
        return "the size of a type"
    found = value_of(node, scope)
    items = found.items if isinstance(found, PyObject) and found.kind in ("tuple", "list") else (found,)
    extents = []
    for item in items or ():
        extent = 0 if isinstance(item, TypeRef) and item.type == ANY else plain(item)
        if not isinstance(extent, int):
            return item.reason if isinstance(item, Unresolved) else "the size of a type"
        extents.append(extent)
    return "the size of a type" if items is None else tuple(extents)


def element(node: ast.expr, scope: Any) -> Annotation:
    """The element type of an array annotation."""
    found = read(node, scope)
    if found.type is None or isinstance(found.type, (Array, TupleType)):
        return found.unknown("an element type that is none")
    return found


def _subscript(node: ast.Subscript, scope: Scope) -> Annotation:
    items = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
    kind = _array_kind(node.value, scope)
    if kind is not None:
        return _array(kind, element(items[0], scope), _literal(items[1], scope) if len(items) > 1 else None)
    found = value_of(node.value, scope)
    if isinstance(found, (Special, Builtin)) and found in _TUPLES:
        if any(isinstance(i, ast.Constant) and i.value is ... for i in items):
            return Annotation(ANY)
        return _tuple([read(i, scope) for i in items])
    if found == Special("ref"):
        inner = read(items[0], scope)
        return inner.made(RefType(inner.type) if is_known(inner.type) else UNKNOWN)
    if found == Special("tile"):
        return _tile({}, items, scope)
    if found == Special("types.fixedarray"):
        return constructed("fixedarray", {}, items, scope)
    if isinstance(found, TypeRef) and isinstance(found.type, type) and hasattr(found.type, "__class_getitem__"):
        return _of_warp(found.type, items, scope)
    if isinstance(found, Special) and found.name == "typing:Annotated":
        return read(items[0], scope)
    if isinstance(found, Special) and found.name.startswith(("python:", "typing:Union", "typing:Optional")):
        return _special(found.name)
    return meaning(found) if isinstance(found, Unresolved) else _unknown("a subscript of a type")


def _tuple(parts: list[Annotation]) -> Annotation:
    reason = next((p.reason for p in parts if p.reason), "")
    wrong = next((p.wrong for p in parts if p.wrong), "")
    return Annotation(TupleType(tuple(p.type for p in parts)), reason, wrong)


def _literal(node: ast.expr, scope: Any) -> Any:
    inner = node.slice if isinstance(node, ast.Subscript) else node
    return number(inner, scope)


def _of_warp(base: Any, items: list[ast.expr], scope: Any) -> Annotation:
    if len(items) != 1:
        return _unknown("a type of Warp")
    inner = read(items[0], scope)
    try:
        return inner.made(from_warp(base[to_warp(inner.type)]))
    except (NotTold, TypeError, KeyError):
        return inner.unknown("a type of Warp")


def _tile(arguments: dict[str, Any], positional: list[Any], scope: Any) -> Annotation:
    """``wp.tile[float, 4, 4]`` and ``wp.tile(dtype=float, shape=(4, 4))``."""
    first = arguments.get("dtype") or (positional[0] if positional else None)
    if first is None:
        return _unknown("a tile")
    dtype = read(first, scope)
    rest = [arguments["shape"]] if "shape" in arguments else positional[1:]
    extents: list[int] = []
    for node in rest:
        found = _extents(node.slice if isinstance(node, ast.Subscript) else node, scope)
        if isinstance(found, str):
            return dtype.unknown(found)
        extents += found
    if not extents or 0 in extents or not is_known(dtype.type) or is_open(dtype.type):
        return dtype.unknown("a tile of any shape")
    try:
        return dtype.made(from_warp(registry.tile_type(to_warp(dtype.type), tuple(extents))))
    except NotTold:
        return dtype.unknown("a tile")
