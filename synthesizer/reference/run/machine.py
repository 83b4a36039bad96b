"""Runs the threads of a launch, one after the other, and knows how each one fares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import FunctionType
from typing import Any

import numpy as np
import warp as wp

from warpsmith.errors import UndefinedError
from warpsmith.grammar import types
from warpsmith.grammar.operations import Operation, record
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.derivatives.recording import no_derivative, recorder
from warpsmith.synthesizer.reference.derivatives.tape import FOUND, LOOP, NO_DERIVATIVE, ROUNDING
from warpsmith.synthesizer.reference.run.arguments import arrays_of
from warpsmith.synthesizer.reference.run.hosted import Hosted, HostedFunction, custom
from warpsmith.synthesizer.reference.run.lower import Lowered
from warpsmith.synthesizer.reference.run.nodes import RUNTIME
from warpsmith.synthesizer.reference.run.slots import Many, Once
from warpsmith.synthesizer.reference.run.writes import Parameter
from warpsmith.synthesizer.reference.unknown import (
    UNKNOWN_PATH,
    UNSURE_BRANCH,
    UNSURE_TRIPS,
    On,
    Unknown,
    found_without,
    without,
)
from warpsmith.synthesizer.reference.values import tiles
from warpsmith.synthesizer.reference.values.boxes import ACTIVE, STALE, Box, exact, note, unsure
from warpsmith.synthesizer.reference.values.builtins import on_boxes, unwrapped
from warpsmith.synthesizer.reference.values.memory import Memory
from warpsmith.synthesizer.reference.values.objects import advanced
from warpsmith.synthesizer.reference.values.operations import resolve
from warpsmith.synthesizer.reference.values.structs import leaves, of_fields
from warpsmith.synthesizer.reference.values.views import span

SEARCHED = "a derivative of a loop over what a query finds"

FORWARD_ONLY = "a derivative through a kernel without a backward pass"
"""Warp warns of it: the tape "may produce incorrect gradients"."""

LIMIT = 100_000
"""How many trips through loops one thread may make before its program is said not to end."""


class Machine(Hosted):
    """One program and the state of its launch.

    Attributes:
        thread: linear index of the thread that is running.
        loose: whether a decision of the present function depended on rounding.
        searched: whether it has iterated over what a query finds, in an order that nothing determines.
        generous: whether it iterates in the other order, and over what a query may find, not over what it finds surely.
        program: what it runs.
        tape: what the steps are recorded on, where gradients are asked for.

    Args:
        program: what it runs.
        unknown: operations of which nothing is known.
        records: whether gradients are asked for.
    """

    def __init__(self, program: Lowered, unknown: tuple[On, ...] = (), *, records: bool = False) -> None:
        self._recorder = recorder(unknown) if records else None
        self.tape = self._recorder.tape if self._recorder is not None else None
        self.thread = 0
        self.loose = False
        self.searched = self.generous = False
        self.program = program
        self._find = found_without(resolve, unknown) if self._recorder is None else self._recorder.find
        self._index: tuple[int, ...] = ()
        self._parameters: dict[str, Parameter] = {}
        self._flows: dict[str, Any] = {}
        self._steps = 0
        self._depth = 0
        self._atomics = False  # whether the present function used what an atomic found
        self._arrays: list[Memory] = []
        self._scope: dict[str, Any] = {f"__{name}": getattr(self, f"_{name}") for name in RUNTIME}
        self._scope.update(program.constants)
        self._scope.update(program.values)
        for slot, (name, option) in program.operations.items():
            kind = Many if slot in program.many else Once
            self._scope[slot] = kind(self._scope, slot, partial(self._find, name), option)
        for name, t in program.structs.items():
            self._scope[f"__{name}"] = partial(of_fields, t)
        exec(program.code, self._scope)

    def launch(self, kernel: str, dim: Sequence[int], arguments: list[Any]) -> None:
        """Runs every thread, the last index fastest, as Warp's launch on the CPU does.

        Another launch may have been there before, on the same arrays.

        Args:
            kernel: its name.
            dim: threads per dimension.
            arguments: boxes and arrays.

        Raises:
            UndefinedError: a thread does something that has no defined outcome.
        """
        run, parameters = self._scope[self.program.methods.get(kernel, kernel)], self.program.parameters[kernel]
        self._parameters = {p.name: p for each in parameters for p in (each, *each.arrays)}
        if self.tape is not None and kernel in self.program.forward_only:
            self.tape.unknown_path(FORWARD_ONLY)
        self._arrays = []
        for given, parameter in zip(arguments, parameters, strict=True):
            for array, p in arrays_of(given, parameter):
                array.enter(p.name, p.own, self.tape.kept if self.tape is not None else None)
                self._arrays.append(array)
        for self.thread, self._index in enumerate(np.ndindex(*dim)):
            self._steps = 0
            self.loose = self._atomics = False
            if self.tape is not None:
                self.tape.thread()
            run(*arguments)

    def clear(self) -> None:
        """Forgets the launches so far."""
        self._arrays = []
        self._depth = 0
        if self.tape is not None:
            self.tape.clear()

    # -- decisions that depend on rounding -----------------------------------------------------------------------------

    def unknown_writes(self, reason: str) -> None:
        """The running thread may have taken another path: nothing is known any more of what it writes.

        Within a user function that writes to no array, what is unknown is what the function returns.
        """
        note(reason)
        self.loose = True
        if self.tape is not None:
            self.tape.unknown_path(ROUNDING)
        if self._depth and not self.program.functions_store:
            return
        for array, parameter in self._written():
            array.set_unknown(self._index if parameter else None)

    def changed(self, array: Memory, k: int, how: str) -> None:
        """As :class:`~synthesizer.reference.values.memory.Launched` has it."""
        if self.tape is not None:
            self.tape.changed(array, k, how, in_function=self._depth > 0)

    def _written(self) -> Iterator[tuple[Memory, bool]]:
        known = self._parameters
        return ((a, known[a.name].own) for a in self._arrays if known[a.name].written)

    def _function(self, function: FunctionType) -> HostedFunction:
        """A user function as lowered code calls it."""
        code = function.__code__
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        optional = names[code.co_argcount - len(function.__defaults__ or ()) : code.co_argcount]
        made = HostedFunction(lambda *_: None, names, frozenset((*optional, *(function.__kwdefaults__ or ()))))
        confined = self._confined(function)

        def run(*arguments: Any, **named: Any) -> Any:
            if not made.customised:
                return confined(*arguments, **named)
            given = (*arguments, *(named[n] for n in made.names if n in named))
            return custom(self, made, given, confined)

        made.run = run
        return made

    def _confined(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            outer, self.loose = self.loose, False
            found, self._atomics = self._atomics, False
            begun = self.tape.begin((*arguments, *named.values())) if self.tape is not None else 0
            self._depth += 1
            result = function(*arguments, **named)
            self._depth -= 1
            if self.tape is not None:
                self.tape.end(begun)
            if self.loose:
                result = _each(unsure, result)
            # Another run of the function finds the same, unless it was an atomic that found it.
            if self.tape is not None and not self._atomics and not any(map(_stale, (*arguments, *named.values()))):
                result = _each(self.tape.replayed, result)
            self.loose = outer
            self._atomics |= found
            return result

        return run

    # -- what lowered code calls ---------------------------------------------------------------------------------------

    def _tid(self) -> Any:
        if len(self._index) == 1:
            return Box(wp.int32, np.int32(self.thread))
        return tuple([Box(wp.int32, np.int32(i)) for i in self._index])

    def _branch(self, box: Box) -> bool:
        if box.error:
            self.unknown_writes(UNSURE_BRANCH)
        if self.tape is not None:
            self.tape.decided(box)
        return bool(box.value)

    def _loop_needs(self, *values: Any) -> list[bool]:
        """Before a loop whose test depends on those values; ``None`` for one that is not there."""
        if self.tape is not None:
            for value in values:
                for _, part in leaves(value) if isinstance(value, Box) else ():
                    self.tape.needed(part)
        return [True]

    def _own(self, value: Any) -> Any:
        # What happens to a variable later on does not happen to others of its value; the tape tells floats apart.
        if self.tape is None or not isinstance(value, Box) or type(value.value) is dict:
            return value
        if value.marks & ACTIVE:
            return self.tape.copied(value, value.marks) if types.shape(value.type) else value
        return Box(value.type, value.value, value.error, value.marks)

    def _again(self, box: Box, first: list[bool] | None = None) -> bool:
        self._step()
        if box.error:
            self.unknown_writes(UNSURE_BRANCH)
        # What the test of a loop is made of may be stale later on: the loop itself brings it up to date again, unless
        # another loop within it changes that.
        if self.tape is not None and (first is None or (first and first.pop())):
            self.tape.decided(box)
        return bool(box.value)

    def _loop_changes(self, value: Any, bound: bool) -> None:
        if self.tape is None:
            return
        if isinstance(value, Memory) and bound:  # what was read by that name may be of another array by now
            self.tape.unknown_path(LOOP)
        self.tape.changes(value, LOOP)

    def _loop_begins(self, *values: Any) -> None:
        if self.tape is not None:
            self.tape.begin(values)

    def _loop_ends(self) -> None:
        if self.tape is not None:
            self.tape.end()

    def _stale(self, value: Any) -> Any:
        return value if self.tape is None else self.tape.stale(value)

    _span = staticmethod(span)

    def _unordered(self, box: Box) -> Box:
        note("the order of evaluation: a random state read where it is advanced")
        return unsure(box)

    def _loop_redecides(self) -> None:
        # What an earlier loop decided by is changed now: that loop decides again when it is reversed, after this one.
        if self.tape is not None:
            self.tape.unknown_path(LOOP)

    def _unknown(self, value: Any, number: int) -> Any:
        site = self.program.unknown[number]
        if site.when is not None and not (isinstance(value, Box) and site.when(value.value)):
            return value
        if Unknown.WRITES in site.what:
            self.unknown_writes(site.reason)
        if Unknown.PATH in site.what and self.tape is not None:
            self.tape.unknown_path(UNKNOWN_PATH)
        return without(value, site.what, site.reason, self.tape)

    def _no_value(self) -> None:
        raise UndefinedError("a function that ends without a value")

    def _step(self) -> None:
        self._steps += 1
        if self._steps > LIMIT:
            raise UndefinedError(f"a thread that makes more than {LIMIT} trips through loops")

    def _range(self, *bounds: Box) -> Iterator[Box]:
        return self._trips(range(*self._bounds(bounds)))

    def _reversed(self, *bounds: Box) -> Iterator[Box]:
        return self._trips(reversed(range(*self._bounds(bounds))))

    def _bounds(self, bounds: tuple[Box, ...]) -> list[int]:
        if any(b.error for b in bounds):
            self.unknown_writes(UNSURE_TRIPS)
        if self.tape is not None:
            for b in bounds:
                self.tape.decided(b)
        numbers = [int(b.value) for b in bounds]
        if numbers[2:] == [0]:
            raise UndefinedError("a range of step 0")
        return numbers

    def _trips(self, numbers: Any) -> Iterator[Box]:
        for i in numbers:
            self._step()
            yield Box(wp.int32, np.int32(i))

    def _found(self, query: Box) -> Iterator[Box]:
        """The numbers that a query yields."""
        while (step := self._next(query, query))[0].value:
            self._step()
            yield step[1]

    def _next(self, query: Box, index: Box) -> tuple[Box, Box]:
        self.searched = True
        if self.tape is not None:
            self.tape.unknown_path(SEARCHED)
        return advanced(query, index, self.generous)

    def _both(self, x: Box, y: Box | None, effects: bool) -> Box:
        return self._decided(x, y, effects, np.bool_(False))

    def _either(self, x: Box, y: Box | None, effects: bool) -> Box:
        return self._decided(x, y, effects, np.bool_(True))

    def _decided(self, x: Box, y: Box | None, effects: bool, absorbing: Any) -> Box:
        """``x and y`` or ``x or y``: one of them ``absorbing`` settles it; ``y`` is ``None`` where ``x`` did."""
        if x.error and effects:
            self.unknown_writes(UNSURE_BRANCH)
        last = x if y is None else y
        value = np.bool_(bool(last.value))
        settled = y is not None and exact(y) and value == absorbing
        if y is None:
            return Box(wp.bool, value, x.error, x.marks)
        return Box(wp.bool, value, 0.0 if settled else x.error + y.error, x.marks | y.marks)

    def _pick(self, test: Box, chosen: Box, effects: bool) -> Box:
        if self.tape is not None:
            self.tape.decided(test)
        if not test.error:
            return chosen
        if effects:
            self.unknown_writes(UNSURE_BRANCH)
        return unsure(chosen)

    def _atomic(self, name: str, used: bool, array: Memory, indices: tuple[Box, ...], operands: tuple[Box, ...]) -> Box:
        if self.tape is not None:
            for i in indices:
                self.tape.decided(i)
        self._atomics |= used
        found = array.atomic(name, self._combination(name, array.type.dtype), indices, operands, used)
        return self.tape.stale(self.tape.limited(found, FOUND), FOUND) if used and self.tape is not None else found

    def _tile(self, name: str, a: Any = None, **arguments: Any) -> Any:
        """A tile builtin; ``a`` is the array that it moves a tile from or to, or a tile as the others."""
        if isinstance(a, Memory):
            return tiles.moved(self._find, self._atomic, name, a, arguments)
        given = arguments if a is None else {"a": a, **arguments}
        if self.tape is not None and (reason := no_derivative(name)):
            given = {p: self._limited(value, reason) for p, value in given.items()}
        return tiles.apply(self._find, name, given)

    def _limited(self, value: Any, reason: str) -> Any:
        return self.tape.limited(value, reason) if self.tape is not None and isinstance(value, Box) else value

    def _combination(self, name: str, t: Value) -> Callable[..., Box]:
        atomic = record(name)
        if atomic.exchanges:
            return self._exchange(atomic, t)
        by = atomic.combines
        if atomic.rereads:  # minima and maxima, of matrices, too, for which there is no minimum and maximum
            f = unwrapped(by, (t, t))
            run = on_boxes(record(by), f, (t, t), (t,))
            return run if self._recorder is None else self._recorder.recording(record(by), (t, t), run, f)
        return self._find(by, (t, t), None)

    def _exchange(self, atomic: Operation, t: Value) -> Callable[..., Box]:
        exchanged: Callable[[Box, Box], Box] = lambda before, after: after  # noqa: E731
        if self.tape is not None:
            exchanged = partial(self.tape.exchanged, reason=f"{NO_DERIVATIVE}: {atomic.name}")
        if atomic.values == 1:
            return exchanged
        equal, where = self._find("compare", (t, t), "=="), self._find("where", (wp.bool, t, t), None)
        return lambda before, compare, value: exchanged(before, where(equal(before, compare), value, before))


def _each(change: Callable[[Box], Box], result: Any) -> Any:
    """The change of what a function returns: one value, several, or none."""
    if isinstance(result, tuple):
        return tuple(map(change, result))
    return change(result) if isinstance(result, Box) else result


def _stale(value: Any) -> bool:
    """Whether any part of the value is stale."""
    if isinstance(value, Box) and type(value.value) is dict:
        return any(map(_stale, value.value.values()))
    return isinstance(value, Box) and bool(value.marks & STALE)
