"""Types and values as the checker sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.types import Array


class _Unknown:
    """The type of what cannot be known without running something: it agrees with every type."""

    __name__ = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


@dataclass(frozen=True, eq=False)
class StructType:
    """A ``@wp.struct``; two are the same type if they are the same object."""

    label: str
    fields: Mapping[str, Any]

    @property
    def __name__(self) -> str:
        return self.label


@dataclass(frozen=True)
class FixedArray:
    """What ``wp.zeros`` makes in a kernel: an array in registers whose shape is constant."""

    dtype: Any
    shape: tuple[int | None, ...]

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def __name__(self) -> str:
        return f"fixedarray[{types.name(self.dtype)}]"


@dataclass(frozen=True)
class TupleType:
    """A tuple that is held in one variable."""

    types: tuple[Any, ...]

    @property
    def __name__(self) -> str:
        return types.name(self.types)


@dataclass(frozen=True)
class _Plain:
    label: str

    @property
    def __name__(self) -> str:
        return self.label


@dataclass(frozen=True)
class OtherArray:
    """An array that Warp finds elements of otherwise: ``indexedarray``, ``fabricarray``, ``indexedfabricarray``."""

    dtype: Any
    ndim: int
    kind: str

    @property
    def __name__(self) -> str:
        return f"{self.kind}[{types.name(self.dtype)}, {self.ndim}]"


@dataclass(frozen=True, eq=False)
class TileType:
    """A tile; ``origin`` is Warp's own description, with shape, storage and layout."""

    dtype: Any
    shape: tuple[int, ...]
    origin: Any

    @property
    def __name__(self) -> str:
        return f"tile[{types.name(self.dtype)}, {self.shape}]"


@dataclass(frozen=True)
class Described:
    """Another type of Warp's that is described by an object, as a stack of tiles, with the types in it."""

    label: str
    origin: Any = field(compare=False)
    inner: tuple[Any, ...] = ()

    @property
    def __name__(self) -> str:
        return self.label


@dataclass(frozen=True)
class RefType:
    """``wp.ref[T]``: a parameter that is passed by reference."""

    type: Any

    @property
    def __name__(self) -> str:
        return f"ref[{types.name(self.type)}]"


@dataclass(frozen=True)
class OpenType:
    """A parameter's type that is open: ``Any``, ``Scalar``, ``Float``, ``Int``, ``Function``, or a vector of any size.

    Attributes:
        label: the name it goes by.
        taken: kinds of scalars that it stands for; empty for all types.
        shape: for a vector or a matrix its extents, 0 for any.
        kind: for a composite type its kind.
        inner: for a composite type its scalars, a type or an open one.
    """

    label: str
    taken: tuple[str, ...] = ()
    kind: str = ""
    shape: tuple[int, ...] = ()
    inner: Any = None

    @property
    def __name__(self) -> str:
        return self.label


ANY = OpenType("Any")
FUNCTION = OpenType("Function")
OPEN_SCALARS = {
    "Scalar": OpenType("Scalar", ("int", "float")),
    "Float": OpenType("Float", ("float",)),
    "Int": OpenType("Int", ("int",)),
}

STRING = _Plain("str")
SHAPE = _Plain("shape")
"""What ``array.shape`` is: four int32 values, no vector."""
SLICE = _Plain("slice")

CheckedType: TypeAlias = Any
"""A value type, an ``Array``, or one of the types above."""


class Var:
    """A value in a kernel: its type, and its constant where Warp holds it for one.

    ``constant`` is None for a run-time value, ``MAYBE`` where it cannot be known whether it is one, and ``OPAQUE`` for
    a constant whose value is not known. ``reference`` is set where Warp holds a reference to storage (an array element,
    a struct's field), not a value. ``elements`` are the values that a tuple was made of; ``reason`` says why a type is
    unknown.
    """

    __slots__ = ("constant", "elements", "reason", "reference", "type")

    def __init__(
        self,
        type: CheckedType,
        constant: Any = None,
        reference: bool = False,
        elements: tuple[Any, ...] | None = None,
        reason: str = "",
    ) -> None:
        self.type = type
        self.constant = constant
        self.reference = reference
        self.elements = elements
        self.reason = reason


class _Marker:
    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


MAYBE = _Marker("MAYBE")
OPAQUE = _Marker("OPAQUE")

ANYTHING = Var(UNKNOWN)
"""An unknown run-time value."""
OUTSIDE = Var(UNKNOWN, MAYBE)
"""An unknown object from outside the kernel, perhaps a constant."""


@dataclass(frozen=True)
class TypeRef:
    """A type as an object: ``wp.vec3`` in ``dtype=wp.vec3``, or what is called to construct one.

    ``origin`` is Python's own type where it is that which is named: a few builtins tell ``float`` from ``wp.float32``.
    """

    type: CheckedType
    origin: Any = field(default=None, compare=False)


@dataclass(frozen=True)
class Builtin:
    """A function of Warp's registry."""

    name: str


@dataclass(frozen=True)
class Special:
    """Something that the code generator treats apart: ``static``, ``grad``, ``address_of``, ``type``."""

    name: str


@dataclass(frozen=True)
class ModuleRef:
    """A module that is known by name: ``warp``, ``warp.types``, ``typing``, ``math``, ``numpy``."""

    name: str


@dataclass(frozen=True)
class EnumRef:
    """An IntEnum or IntFlag; ``scope`` has its members."""

    name: str
    members: frozenset[str]
    scope: Any = field(compare=False)


@dataclass(frozen=True)
class PyObject:
    """A Python object that is nothing in a kernel: a list, a string, a NumPy array, an instance.

    Attributes:
        kind: what it is, for a message.
        items: the elements of a tuple or list, as far as they are known.
        entries: what is behind each key of a dictionary, as far as it is known.
        of: the class of an instance, if it is one of the files'.
    """

    kind: str
    items: tuple[Any, ...] | None = None
    entries: tuple[tuple[Any, Any], ...] = ()
    of: Any = field(default=None, compare=False)


INSTANCE = PyObject("an instance")
LENGTH = "the length of a value's type"
"""Why it is not known what ``v.length`` is."""


@dataclass(frozen=True)
class Unresolved:
    """Something that cannot be known from the files alone, and why; or that Python raises an error of, if it is run."""

    reason: str
    raises: bool = False


def same(a: CheckedType, b: CheckedType) -> bool:
    """Whether Warp holds two types for equal.

    It compares arrays by element type only: an array of one dimension may stand for one of two (``types_equal``).
    """
    if a is b or a is UNKNOWN or b is UNKNOWN:
        return True
    if isinstance(a, (Array, FixedArray, TileType)):
        return type(a) is type(b) and same(a.dtype, b.dtype)
    if isinstance(a, OtherArray):
        return isinstance(b, OtherArray) and a.kind == b.kind and same(a.dtype, b.dtype)
    if isinstance(a, TupleType):
        return isinstance(b, TupleType) and len(a.types) == len(b.types) and all(map(same, a.types, b.types))
    return bool(a == b)


def is_array(t: CheckedType) -> bool:
    """Whether it is indexed as an array is."""
    return isinstance(t, (Array, FixedArray, OtherArray))


def is_known(t: CheckedType) -> bool:
    """Whether nothing in the type is unknown."""
    if t is UNKNOWN:
        return False
    if isinstance(t, (Array, FixedArray, OtherArray)):
        return is_known(t.dtype)
    return all(map(is_known, t.types)) if isinstance(t, TupleType) else True


@cache
def vector(length: int, dtype: Any) -> CheckedType:
    """The vector type: the predefined one if there is one."""
    return types.find("vec", (length,), dtype) or wp.types.vector(length=length, dtype=dtype)


@cache
def matrix(rows: int, columns: int, dtype: Any) -> CheckedType:
    """The matrix type: the predefined one if there is one."""
    return types.find("mat", (rows, columns), dtype) or wp.types.matrix(shape=(rows, columns), dtype=dtype)


@cache
def family(t: CheckedType) -> str:
    """``bool``, ``int``, ``float``, ``vec``, ``mat``, ``quat``, ``transform``; ``""`` for anything else."""
    try:
        return types.kind(t)
    except TypeError:
        return ""


@cache
def dtype_of(t: CheckedType) -> Any:
    """The scalar type of a value type."""
    return types.scalar(t)


@cache
def shape_of(t: CheckedType) -> tuple[int, ...]:
    """The component shape of a value type."""
    return types.shape(t)


def length_of(t: CheckedType) -> int | None:
    """How many elements a value has; None for what has no length that its type says."""
    if isinstance(t, TupleType):
        return len(t.types)
    if isinstance(t, TileType):
        return t.shape[0]
    return shape_of(t)[0] if family(t) in ("vec", "mat", "quat", "transform") else None


def show(t: Any) -> str:
    """A type, or several, for a message."""
    if isinstance(t, (tuple, list)):
        return "(" + ", ".join(map(show, t)) + ")"
    if isinstance(t, (Array, OtherArray)):
        return f"{t.kind if isinstance(t, OtherArray) else 'array'}{t.ndim}d[{show(t.dtype)}]"
    if getattr(t, "__name__", "") in ("vec_t", "mat_t"):
        return f"{family(t)}({', '.join(map(str, shape_of(t)))}, {types.name(dtype_of(t))})"
    return "nothing" if t is None else types.name(t)


def is_open(t: CheckedType) -> bool:
    """Whether a parameter's type is open, or that of its elements."""
    if isinstance(t, (Array, OtherArray)):
        return is_open(t.dtype)
    return isinstance(t, OpenType) or (isinstance(t, TupleType) and any(map(is_open, t.types)))


class FunctionValue(Var):
    """A function, type or other object of the compiler that is passed for an argument."""

    __slots__ = ("object",)

    def __init__(self, found: Any) -> None:
        super().__init__(UNKNOWN, MAYBE)
        self.object = found
