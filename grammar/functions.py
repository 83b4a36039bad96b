"""Kernels and user functions while their bodies are drawn: they make parameters when a body asks for them."""

from __future__ import annotations

from collections.abc import Sequence

import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.body import Body
from warpsmith.grammar.costs import reading, storing
from warpsmith.grammar.program import Argument
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.types import Array, Value

_MAX_PARAMETERS = 12
_MAX_FUNCTION_PARAMETERS = 6
_STEMS_IN = ("a", "src", "data", "table")
_STEMS_OUT = ("out", "dst", "result")


def launchable(t: Value) -> bool:
    """Whether values of a type are handed in from outside: NumPy has no fields of bfloat16."""
    if types.kind(t) != "struct":
        return True
    return all(launchable(f) and types.scalar(f) is not wp.bfloat16 for f in types.fields(t).values())


class _Parameters:
    """The parameters and results of a function that is being drawn.

    Attributes:
        parameters: in order.
        results: the types of what it returns.
        limit: how many parameters there may be before no more are made for values that are merely read.
    """

    def __init__(self, results: tuple[Value, ...], limit: int) -> None:
        self.parameters: list[Variable] = []
        self.results = results
        self.limit = limit

    def add(self, body: Body, parameter: Variable) -> Variable:
        """Adds a parameter, which the whole body sees from here on."""
        self.parameters.append(parameter)
        body.scope.blocks[0].append(parameter)
        return parameter


class PlainFunction(_Parameters):
    """A user function: its parameters are values and arrays that the caller hands in."""

    def __init__(self, results: tuple[Value, ...] = (), limit: int = _MAX_FUNCTION_PARAMETERS) -> None:
        super().__init__(results, limit)

    def input(self, body: Body, t: Value) -> Expr | None:
        """A new value parameter, up to the limit."""
        if len(self.parameters) >= self.limit:
            return None
        name = body.new_name(("x", "a", "b")) if types.is_scalar(t) else body.new_name(("v", "u", "w"))
        return self.add(body, Variable(name, t, unread=False)).node

    def array(self, body: Body, t: Array) -> Variable:
        """An array parameter; nothing is known of its extents, so only builtins that look them up take it."""
        for v in self.parameters:
            if v.type == t:
                return v
        return self.add(body, Variable(body.new_name(_STEMS_IN), t, mutable=False, unread=False))


class KernelFunction(_Parameters):
    """The kernel: its parameters are values and arrays, its threads are numbered by ``tid()``.

    A read-only array may be read anywhere. An array that is written is touched by each thread at the thread's own cell
    only, or by atomics whose results are not used: no data race.

    Attributes:
        dim: threads per dimension.
        threads: the variables that ``tid()`` is bound to.
    """

    def __init__(self, dim: tuple[int, ...], results: tuple[Value, ...] = (), limit: int = _MAX_PARAMETERS) -> None:
        super().__init__(results, limit)
        self.dim = dim
        self.threads: list[Variable] = []

    def input(self, body: Body, t: Value) -> Expr | None:
        """An element of an input array, or a value parameter."""
        if not launchable(t):
            return None
        inputs = [
            v for v in body.scope.visible() if isinstance(v.type, Array) and v.type.dtype is t and v.role == "input"
        ]
        if t is wp.int32 and inputs and body.chooser.chance(8):
            return self._extent(body, body.chooser.choose(inputs))
        if not body.affords(reading(t)):
            return None
        full = len(self.parameters) >= self.limit
        if inputs and (full or body.chooser.chance(45)):
            return self.element(body, body.chooser.choose(inputs))
        if full:
            return None
        # Derivatives are compared for arrays, not for value parameters.
        if body.chooser.chance(15 if types.differentiable(t) else 35):
            stems = ("scale", "alpha", "eps") if types.kind(t) == "float" else ("size", "mode", "param")
            return self.add(body, Variable(body.new_name(stems), t, unread=False)).node
        return self.element(body, self.new_input(body, t))

    def array(self, body: Body, t: Array) -> Variable:
        """An input array of that element type and number of dimensions, or a view."""
        for v in body.scope.visible():
            if v.type == t and v.role == "input":
                return v
        extents = tuple(body.chooser.choose((8, 4, 16)) for _ in range(t.ndim))
        return self._new_array(body, t.dtype, extents, "input")

    def output(self, body: Body, t: Value) -> Variable:
        """An array with one cell per thread."""
        for v in self.parameters:
            if (
                isinstance(v.type, Array)
                and v.type.dtype is t
                and v.role == "output"
                and (len(self.parameters) >= self.limit or body.chooser.chance(50))
            ):
                return v
        return self.new_output(body, t)

    def new_output(self, body: Body, t: Value) -> Variable:
        """A new array with one cell per thread."""
        return self._new_array(body, t, self.dim, "output")

    def accumulator(self, body: Body, t: Value) -> Variable:
        """An array that threads add to by atomics, at any element, and none reads."""
        for v in self.parameters:
            if isinstance(v.type, Array) and v.type.dtype is t and v.role == "accumulator":
                return v
        return self._new_array(body, t, (body.chooser.choose((1, 4, 8)),), "accumulator")

    def cell(self, body: Body, array: Variable) -> Expr:
        """The thread's own element of an array with one cell per thread."""
        return self._at(body, array, [body.read(v) for v in self.threads])

    def element(self, body: Body, array: Variable) -> Expr:
        """Any element of an input array."""
        return self._at(body, array, self.indices(body, array))

    def _at(self, body: Body, array: Variable, indices: list[Expr]) -> Expr:
        """``a[i, j]``, or now and then ``a[i][j]``."""
        assert isinstance(array.type, Array)
        body.spend((reading if array.role == "input" else storing)(array.type.dtype))
        if len(indices) > 1 and body.chooser.chance(10):
            count = body.chooser.integer(1, len(indices) - 1)
            body.used.add("view")
            return spell.subscript(spell.subscript(array.node, *indices[:count]), *indices[count:])
        return spell.subscript(array.node, *indices)

    def _extent(self, body: Body, array: Variable) -> Expr:
        """How many elements an input has along a dimension."""
        assert isinstance(array.type, Array)
        if body.chooser.chance(30):
            body.used.add("len")
            return spell.call("len", array.node)
        body.used.add("shape")
        axis = body.chooser.integer(0, array.type.ndim - 1)
        return spell.subscript(spell.attribute(array.node, "shape"), spell.integer(axis))

    def indices(self, body: Body, array: Variable) -> list[Expr]:
        """One in-range index per dimension of the array, the thread's own where it fits."""
        free = list(self.threads)
        result = []
        for extent in array.extents:
            own = next((v for v in free if v.bound is not None and v.bound <= extent), None)
            if own is not None and not body.chooser.chance(25):
                free.remove(own)
                result.append(body.read(own))
            elif body.chooser.chance(10):
                result.append(spell.integer(-body.chooser.integer(1, extent)))  # counted from the end
            else:
                result.append(body.index(extent))
        return result

    def argument_for(self, body: Body, wanted: Variable, taken: Sequence[Variable]) -> Variable:
        """An array of this function for an array parameter of a function: of its type, extents and role.

        Args:
            body: what calls the function.
            wanted: the function's parameter.
            taken: arrays that the call passes already. One that the function writes is passed once, and, as long as
                there may be more arrays, only if its cells have not been written before: another plain store would
                overwrite what is there.
        """
        same = [
            v for v in body.scope.visible() if (v.type, v.extents, v.role) == (wanted.type, wanted.extents, wanted.role)
        ]
        if wanted.role == "output":
            full = len(self.parameters) >= self.limit
            same = [v for v in same if (full or not v.stored) and v not in taken]
        found = body.chooser.choose(same) if same else None
        if found is None:
            assert isinstance(wanted.type, Array)
            found = self._new_array(body, wanted.type.dtype, wanted.extents, wanted.role)
        found.stored = found.stored or wanted.stored
        return found

    def new_input(self, body: Body, t: Value, dimensions: int | None = None) -> Variable:
        """A new input array, of as many dimensions as said; else a cell for each thread, a table, or both."""
        shape = body.chooser.choose(("cell", "table", "deep"), (70, 20, 10)) if dimensions is None else ""
        if dimensions is not None:
            extents = tuple(body.chooser.choose((4, 3, 8, 2)) for _ in range(dimensions))
        elif shape == "table":
            extents = (body.chooser.choose((8, 4, 16, 3)),)
        elif shape == "deep" and len(self.dim) < 4:
            extents = (*self.dim, body.chooser.choose((2, 3, 4)))
        else:
            extents = self.dim
        return self._new_array(body, t, extents, "input")

    def _new_array(self, body: Body, t: Value, extents: tuple[int, ...], role: str) -> Variable:
        name = body.new_name(_STEMS_IN if role == "input" else _STEMS_OUT)
        array = Array(t, len(extents))
        return self.add(body, Variable(name, array, mutable=False, unread=False, extents=extents, role=role))

    def declare_threads(self, body: Body) -> None:
        """Declares the variables that say which thread this is."""
        names = [body.new_name((stem,)) for stem in "ijkl"[: len(self.dim)]]
        self.threads = [
            Variable(n, wp.int32, mutable=False, unread=False, bound=d, axis=axis)
            for axis, (n, d) in enumerate(zip(names, self.dim, strict=True))
        ]
        body.scope.blocks[0] += self.threads

    def launch_arguments(self) -> tuple[Argument, ...]:
        """The launch's description of the parameters."""
        return tuple(Argument(v.name, v.type, v.extents, v.role != "input") for v in self.parameters)


class ThreadFunction(KernelFunction):
    """A user function that is told which thread runs it: it may touch elements of arrays as the kernel does.

    Its first parameters are the thread's indices; arrays are handed in with the extents that the function counts on.
    """

    def __init__(self, dim: tuple[int, ...], results: tuple[Value, ...]) -> None:
        super().__init__(dim, results, len(dim) + _MAX_FUNCTION_PARAMETERS)

    def declare_threads(self, body: Body) -> None:
        """Declares the parameters that say which thread this is."""
        super().declare_threads(body)
        self.parameters += self.threads

    def input(self, body: Body, t: Value) -> Expr | None:
        """As in a kernel; a struct is a parameter."""
        if types.kind(t) != "struct" or len(self.parameters) >= self.limit:
            return super().input(body, t)
        return self.add(body, Variable(body.new_name(("p", "q")), t, unread=False)).node


def in_kernel(body: Body, budget: int) -> bool:
    """Whether the body knows its thread: where constructs fit that touch elements of arrays."""
    return isinstance(body.function, KernelFunction)
