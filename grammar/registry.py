"""Reads Warp's builtin registry; with ``ir/backend/`` the only module that touches Warp's private parts.

Facts about the registry (Warp 1.19): a builtin is a ``Function`` whose ``overloads`` are records. Warp expands each
generic record by its (unstored) constraint into concrete records whose ``input_types`` are Warp classes and whose
``value_func(input_types, None)`` is the result type. A few builtins are written in Python and have no ``overloads``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp
import warp._src.codegen as codegen
import warp._src.types as warp_types
from warp._src.context import Function, builtin_functions

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
    return _distinct(_signature)


@cache
def object_signatures() -> tuple[Signature, ...]:
    """Every visible record whose first parameter is the ``id`` of an object, and that yields something, in order.

    The result is a value type; or a struct with the fields of a query's result; or of a query that is iterated over, a
    type of :func:`grammar.types.query`.
    """
    return _distinct(_object_signature)


def _distinct(read: Callable[[str, Any], Signature | None]) -> tuple[Signature, ...]:
    """What is read of every record, the first of each key, in registry order."""
    found: dict[str, Signature] = {}
    for key in names():
        for record in _records(key):
            signature = read(key, record)
            if signature is not None:
                found.setdefault(signature.key, signature)
    return tuple(found.values())


def _object_signature(key: str, record: Any) -> Signature | None:
    first = next(iter(record.input_types), "")
    if first != "id" or record.hidden or not all(map(_is_value, record.input_types.values())):
        return None
    result = record.value_func(record.input_types, None)
    if result is None:
        return None
    fields = getattr(result, "vars", None)
    if fields is not None:
        parts = {name: part.type for name, part in fields.items()}
        if not all(map(_is_value, parts.values())):
            return None  # a struct of arrays: ``Mesh``
        result = types.struct(result.__name__, {name: types.canonical(t) for name, t in parts.items()})
    else:
        result = types.canonical(result) if _is_value(result) else types.query(result.__name__)
    return _made(key, record, result)


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


def in_group(group: str) -> tuple[str, ...]:
    """The builtins with a record in one of the groups of Warp's documentation."""
    return tuple(key for key in names() if any(r.group == group for r in _records(key)))


def has_derivative(key: str) -> bool:
    """Whether Warp has an adjoint for any record of the builtin."""
    return any(r.is_differentiable for r in _records(key))


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
    return _made(key, record, result)


def _made(key: str, record: Any, result: Result) -> Signature:
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


# --- calls that have no concrete record ------------------------------------------------------------------


class Refused(Exception):
    """Warp's own rules do not take such a call of a builtin."""


@dataclass(frozen=True)
class Parts:
    """A type of Warp's that is no value type, taken apart.

    Attributes:
        kind: ``array``, ``fixedarray``, ``indexedarray`` and the like, ``tile``, ``struct``, ``tuple``, ``reference``,
            ``shape``, ``slice`` or ``other``.
        inner: the types in it.
        extents: an array's number of dimensions, or the shape of a local array or a tile.
        label: for another type that is described by an object, what tells it from others.
        origin: the object itself; for a struct what :func:`struct_type` was given.
    """

    kind: str
    inner: tuple[Any, ...] = ()
    extents: tuple[int, ...] = ()
    origin: Any = None
    label: str = ""


_FAMILIES = {c.__name__: c for c in (wp.array, wp.indexedarray, wp.fabricarray, wp.indexedfabricarray)}


def array_type(dtype: Any, ndim: int, kind: str = "array") -> Any:
    """Warp's type of an array, as its code generator has it."""
    return warp_types._ARRAY_ANNOTATION_MAP[_FAMILIES[kind]](dtype, ndim)


def local_array_type(dtype: Any, shape: tuple[int, ...]) -> Any:
    """Warp's type of an array in registers."""
    return warp_types.fixedarray(dtype=dtype, shape=shape)


def tile_type(dtype: Any, shape: tuple[int, ...]) -> Any:
    """Warp's type of a tile, in registers unless it is said otherwise."""
    return warp_types.tile(dtype=dtype, shape=shape)


def struct_type(name: str, origin: Any) -> Any:
    """A stand-in for a struct that exists in a text only; ``origin`` comes back in :func:`parts`."""
    found: Any = object.__new__(codegen.Struct)
    found.key = found.native_name = name
    found.cls, found.vars, found.origin = type(name, (), {}), {}, origin
    return found


def tuple_type(operands: tuple[Any, ...]) -> Any:
    """Warp's type of a tuple of operands."""
    return warp_types.tuple_t(types=tuple(o.type for o in operands), values=operands)


def operand(t: Any, constant: Any = None) -> Any:
    """An operand as Warp's code generator has it; ``t`` is a type of Warp's, ``constant`` its value if it has one."""
    return codegen.Var("operand", type=t, constant=constant)


def slice_operand(start: int | None, stop: int | None, step: int | None) -> Any:
    """A slice with constant bounds, None for an open one."""
    bounds = (
        warp_types.SLICE_BEGIN if start is None else start,
        warp_types.SLICE_END if stop is None else stop,
        1 if step is None else step,
    )
    found = warp_types.slice_t(*bounds)
    found.start_omitted, found.stop_omitted = start is None, stop is None
    return codegen.Var("operand", type=found)


def function_operand(name: str, yields: Callable[[tuple[Any, ...]], Any]) -> Any:
    """A function that exists in a text only, for an operand.

    Args:
        name: what messages call it.
        yields: the type of its result for types of Warp's, or None where it does not take them.
    """
    found: Any = object.__new__(Function)
    found.key = found.native_func = name
    found.func, found.input_types, found.module, found.defaults = yields, {}, None, {}

    def overload(given: Any, _named: Any) -> Any:
        result = yields(tuple(given))
        if result is None:
            return None
        chosen: Any = object.__new__(Function)
        chosen.key, chosen.func = name, yields
        chosen.input_types = {f"x{i}": t for i, t in enumerate(given)}
        chosen.value_func = lambda *_: result
        return chosen

    found.get_overload = overload
    return found


def is_operand(found: Any) -> bool:
    """Whether it is one that was made here."""
    return isinstance(found, (codegen.Var, Function))


def function(name: str) -> Any:
    """The builtin itself, for an operand."""
    return builtin_functions[name]


def apply(
    name: str, positional: list[Any], named: dict[str, Any], expects: int = 0, fixed: dict[str, Any] | None = None
) -> Any:
    """The type of what a call of a builtin yields by Warp's own overloads, generic ones too.

    Args:
        name: the builtin.
        positional: operands, types and builtins.
        named: the same by keyword.
        expects: how many names the results are unpacked to; 0 if they are not.
        fixed: what a type that is called says of its result, as the length of a vector.

    Returns:
        A type of Warp's, a tuple of them, or None.

    Raises:
        Refused: Warp does not take the call.
    """
    adjoint: Any = object.__new__(codegen.Adjoint)
    before = codegen.options
    codegen.options = {**before, "block_dim": 256}  # Warp's default, whatever the last build had; rules of tiles look
    try:
        chosen, bound, _ = adjoint.resolve_call(builtin_functions[name], positional, named, fixed, expects or None)
        of_types = {k: warp_types.strip_reference(codegen.get_arg_type(v)) for k, v in bound.items()}
        result = chosen.value_func(of_types, {k: codegen.get_arg_value(v) for k, v in bound.items()})
        if chosen.dispatch_func is not None:
            chosen.dispatch_func(chosen.input_types, result, bound)
    except Exception as error:  # Warp's rules raise what they like
        raise Refused(str(error).strip().partition("\n")[0] or type(error).__name__) from error
    finally:
        codegen.options = before
    return tuple(result) if isinstance(result, list) else result


def parts(t: Any) -> Parts:
    """What a type of Warp's consists of."""
    if isinstance(t, codegen.Var):
        return parts(t.type)
    if isinstance(t, warp_types.Reference):
        return Parts("reference", (t.value_type,))
    if isinstance(t, codegen.Struct):
        return Parts("struct", origin=getattr(t, "origin", t))
    if isinstance(t, warp_types.tuple_t):
        return Parts("tuple", tuple(t.types))
    if isinstance(t, warp_types.tile):
        return Parts("tile", (t.dtype,), tuple(t.shape), t)
    if isinstance(t, warp_types.fixedarray):
        return Parts("fixedarray", (t.dtype,), tuple(t.shape))
    if warp_types.is_array(t):
        return Parts(warp_types.concrete_array_type(t).__name__, (t.dtype,), (t.ndim,))
    if isinstance(t, warp_types.slice_t):
        return Parts("slice", origin=t)
    if isinstance(t, warp_types.tile_stack):
        return Parts("other", (t.dtype,), origin=t, label=f"tile_stack[{codegen.type_repr(t.dtype)}, {t.capacity}]")
    return Parts("shape" if t is warp_types.shape_t else "other", origin=t)


def members(t: Any) -> dict[str, Any]:
    """Attributes of an opaque type of Warp's, such as a query's result, with their types."""
    found = getattr(t, "vars", None)
    return {k: v.type for k, v in found.items()} if isinstance(found, dict) else {}


def erased(t: Any) -> Any:
    """What a kind of query is once it is not known which it is; the type itself for any other."""
    return warp_types.type_erased_parent(t) or t
