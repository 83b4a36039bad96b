"""Functions as values, what kernels read of the host, and gradients that a program brings along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
import warp as wp

from warpsmith.errors import UndefinedError
from warpsmith.grammar import types
from warpsmith.grammar.operations import Operation
from warpsmith.grammar.operations.conversion import cast_to
from warpsmith.grammar.operations.derivative import Gradients, OperationStep
from warpsmith.grammar.operations.values import DTYPES
from warpsmith.grammar.types import Type, Value
from warpsmith.synthesizer.reference.derivatives.tape import FLOATING, NO_DERIVATIVE, Node, Tape
from warpsmith.synthesizer.reference.values.boxes import ACTIVE, Box, note, unsure

GRAD = "what wp.grad yields"
"""Documented: it "does NOT participate in automatic differentiation"; the reference has no value for it."""

_CUSTOM = Operation("custom gradient")


class Running(Protocol):
    """What this needs of the machine that runs a program."""

    tape: Tape | None
    _find: Callable[..., Any]
    _flows: dict[str, Any]


class HostedFunction:
    """A function of the program as its code calls it.

    Attributes:
        run: calls it.
        names: of its parameters.
        required: those of them that have no default.
        custom: what computes its gradient, if the program says so; ``None`` where there is none.
        customised: whether the program says so.
    """

    def __init__(self, run: Callable[..., Any], names: tuple[str, ...], optional: frozenset[str]) -> None:
        self.run = run
        self.names = names
        self.required = frozenset(names) - optional
        self.custom: HostedFunction | None = None
        self.customised = False

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Calls it."""
        return self.run(*arguments, **named)


class Hosted:
    """What lowered code calls of the host, for the machine."""

    def _captured(self: Running, value: Any) -> Any:
        """What the host has bound, as a kernel reads it: numbers are constants of Warp's."""
        return _boxed(value)

    def _plain(self: Running, value: Any) -> Any:
        """What the host makes of a value: of a constant of Warp's that is one number, Python's."""
        if isinstance(value, Box) and types.is_scalar(value.type):
            return value.value.item() if hasattr(value.value, "item") else value.value
        return value

    def _static(self: Running, value: Any) -> Any:
        """What the host has computed while the program was compiled."""
        return _boxed(value)

    def _call(self: Running, function: Any, *arguments: Any, **named: Any) -> Any:
        """Calls what is a value: a function of the program, or a builtin by its name."""
        if isinstance(function, str):
            return self._find(function, tuple([a.type for a in arguments]), None)(*arguments)
        return function(*arguments, **named)

    def _like(self: Running, how: str, value: Any, *operands: Any) -> Box:
        """A conversion to the type of a value; or, for ``dtype``, of its components or elements."""
        t = getattr(value.type, "dtype", value.type) if how == "dtype" else value.type
        if how == "dtype" and t is value.type:
            t = types.scalar(t)
        if types.is_scalar(t):
            (operand,) = operands
            if not isinstance(operand, Box):
                return Box(t, cast_to(t)(operand))
            found: Box = self._find(t.__name__, (operand.type,), None)(operand)
            return found
        boxes = [b if isinstance(b, Box) else _boxed(b) for b in operands]
        made: Box = self._find("construct", tuple([b.type for b in boxes]), t)(*boxes)
        return made

    def _spread(self: Running, value: Any) -> Iterator[Any]:
        """``*value``: several values, or the components of a vector."""
        if isinstance(value, tuple):
            yield from value
            return
        for i in range(len(value.value)):
            index = Box(wp.int32, np.int32(i))
            yield self._find("index", (value.type, index.type), None)(value, index)

    def _dispatch(self: Running, before: Any, function: Any, accepted: list[Type | None]) -> Any:
        """One of several functions of a name: the first that takes operands of these types."""
        return _Overloads(before, function, accepted)

    def _gradient(self: Running, function: HostedFunction, by: Any) -> None:
        """The program says how a function is differentiated; ``None`` for not at all."""
        function.custom, function.customised = by, True

    def _adjoint(self: Running, name: str, value: Box) -> None:
        """``wp.adjoint[name] += value``."""
        self._flows[name] = self._flows.get(name, 0.0) + np.asarray(value.value, np.float64)

    def _grad(self: Running, function: HostedFunction, *arguments: Box) -> Any:
        """The derivatives of a function by its operands, of which nothing is known but their types."""
        function(*arguments)
        note(GRAD)
        found = tuple([unsure(Box(b.type, b.value)) for b in arguments if b.type in FLOATING])
        return found[0] if len(found) == 1 else found


class _Overloads:
    """Functions of one name, told apart by the types that they take."""

    def __init__(self, before: Any, function: Any, accepted: list[Type | None]) -> None:
        known = before.known if isinstance(before, _Overloads) else []
        self.known: list[tuple[Any, list[Type | None]]] = [*known, (function, accepted)]

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        for exact in (True, False):
            for function, accepted in reversed(self.known):
                if _fits(function, accepted, arguments, named, exact):
                    return function(*arguments, **named)
        raise UndefinedError(f"no function takes {', '.join(str(a.type) for a in arguments)}")


def _fits(
    function: HostedFunction,
    accepted: list[Type | None],
    arguments: tuple[Any, ...],
    named: dict[str, Any],
    exact: bool,
) -> bool:
    """Whether a call is one of the function: so many operands, of its types or, if not ``exact``, of any."""
    given = dict(zip(function.names, arguments, strict=False)) | named
    wanted = dict(zip(function.names, accepted, strict=True))
    if len(given) < len(arguments) + len(named) or not function.required <= given.keys() <= wanted.keys():
        return False
    return all(wanted[n] == a.type or (wanted[n] is None and not exact) for n, a in given.items())


def _boxed(value: Any) -> Any:
    """A number of Python's as a constant of Warp's; whatever else there is stays as it is."""
    kinds: dict[type, Value] = {bool: wp.bool, int: wp.int32, float: wp.float32}
    if type(value) not in kinds:
        return value
    t = kinds[type(value)]
    return Box(t, cast_to(t)(value))


def custom(machine: Running, function: HostedFunction, arguments: tuple[Any, ...], plain: Callable[..., Any]) -> Any:
    """A call of a function whose gradient the program computes itself.

    Args:
        machine: runs the program.
        function: the function.
        arguments: what it is given, in the order of its parameters.
        plain: calls it.
    """
    tape = machine.tape
    inactive = tuple([Box(b.type, b.value, b.error, b.marks & ~ACTIVE) for b in arguments])
    found: Box = plain(*inactive)
    marks = 0
    for b in arguments:
        marks |= b.marks
    if tape is None or not marks & ACTIVE or found.type not in FLOATING:
        return found
    result = Box(found.type, found.value, found.error, found.marks | ACTIVE)
    types_ = tuple([b.type for b in arguments])
    limit = f"{NO_DERIVATIVE}: a native function without an adjoint" if function.custom is None else None
    node = Node(_CUSTOM, types_, plain, arguments, (result,), limit)
    node.rule = _rule(machine, function)
    tape.nodes.append(node)
    return result


def _rule(machine: Running, function: HostedFunction) -> Callable[[OperationStep, Any], Gradients]:
    """How flows go back through the function: as its gradient says, or not at all."""
    by = function.custom

    def rule(step: OperationStep, adjoint: Any) -> Gradients:
        pairs = zip(step.types, step.operands, strict=True)
        if by is None:
            return tuple(np.ones_like(x)[()] if t in FLOATING else None for t, x in pairs)
        machine._flows = {}
        boxes = [_of(t, x) for t, x in zip(step.types, step.operands, strict=True)]
        by(*boxes, _of(types.by_name(types.name(_result(step))), adjoint))
        flows = [machine._flows.get(name) for name in function.names]
        return tuple(
            None if t not in FLOATING else np.zeros(types.shape(t))[()] if flow is None else _number(flow)
            for t, flow in zip(step.types, flows, strict=True)
        )

    return rule


def _result(step: OperationStep) -> Value:
    """The type of what the step yields, which is that of one of its operands."""
    shape = np.shape(step.result)
    return next(t for t in step.types if t in FLOATING and types.shape(t) == shape)


def _of(t: Value, value: Any) -> Box:
    """A value of a step as a box."""
    kind = DTYPES[types.scalar(t)]
    return Box(t, np.asarray(value).astype(kind) if types.shape(t) else kind(value))


def _number(flow: Any) -> Any:
    return float(flow) if np.ndim(flow) == 0 else flow
