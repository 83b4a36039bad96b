"""``evaluate``: what a program does to its arguments, how sure that is, and the derivatives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from warpsmith.errors import UndefinedError
from warpsmith.grammar.program import Program, Step
from warpsmith.synthesizer.inputs import columns
from warpsmith.synthesizer.reference.derivatives.gradient import gradients
from warpsmith.synthesizer.reference.run.arguments import argument
from warpsmith.synthesizer.reference.run.lower import FILE, Lowered, lower
from warpsmith.synthesizer.reference.run.machine import Machine
from warpsmith.synthesizer.reference.unknown import UNKNOWN_PATH, At, On, Site
from warpsmith.synthesizer.reference.values.boxes import note, start_notes
from warpsmith.synthesizer.reference.values.memory import UNKNOWN_INDEX, Memory
from warpsmith.synthesizer.reference.values.probing import closely
from warpsmith.synthesizer.reference.values.structs import assembled

Data: TypeAlias = npt.NDArray[np.generic]
_Pair: TypeAlias = tuple[Data | None, Data | None] | None


ORDER = "the order of what a query finds, or whether it finds it"


@dataclass(frozen=True)
class Outcome:
    """What a launch does, one entry for each of its arguments.

    Attributes:
        values: an array's contents afterwards, in its component type (float32 for bfloat16); ``None`` for a value.
        errors: in the same shapes, float64: how far a correct result may be from ``values``, component by component. 0
            where it must be equal, infinite where the program settles nothing: inconclusive.
        gradients: of an array of floats that the kernel does not write: the derivative of the seeded sum of outputs,
            float64. ``None`` where there is none, or none was asked for.
        gradient_errors: their absolute error bounds.
        reasons: why anything is inconclusive, and why the path through the program or an index is open, be it that no
            result depends on it.
    """

    values: list[Data | None]
    errors: list[Data | None]
    gradients: list[Data | None] | None
    gradient_errors: list[Data | None] | None
    reasons: tuple[str, ...]


def evaluate(
    program: Program,
    data: Sequence[Data],
    adjoints: Sequence[Data | None] | None = None,
    *,
    looks: int = 1,
    unknown: tuple[Site, ...] = (),
) -> Outcome:
    """What the program does.

    Args:
        program: its source is lowered and run; nothing else that it knows of itself is used, but for its launch.
        data: one array per launch argument, as :func:`synthesizer.inputs.inputs` makes them. They are left as they are.
        adjoints: one per launch argument: the derivatives of some number by the contents of that array afterwards,
            shaped as the data; ``None`` for zeros. Without, no gradients are computed.
        looks: how often the backward pass is repeated at values moved by their rounding, for the gradients' bounds. If
            more than once, values are looked at closely, too (:func:`synthesizer.reference.values.probing.closely`).
        unknown: sites of which nothing is to be known: what depends on them is inconclusive.

    Raises:
        UndefinedError: the program does something that has no defined outcome: an index out of range, a division of
            integers by zero, a shift too far, a conversion out of range, a name without a value, a data race, no end.
        NotImplementedError: the program has something that the grammar does not write.
    """
    notes = start_notes()
    kernels = tuple(dict.fromkeys(step.kernel for step in program.steps))
    machine = _prepared(program.source, kernels, adjoints is not None, unknown)
    tape = machine.tape
    made = partial(_arguments, machine, program, data)
    arguments, machine.searched = made(), False
    with np.errstate(all="ignore"), closely() if looks > 1 else nullcontext():
        _launch(machine, program, arguments)
        results = [a.contents() if isinstance(a, Memory) else (None, None) for a in arguments]
        slopes = None if tape is None or adjoints is None else gradients(tape, arguments, list(adjoints), looks)
        if machine.searched:
            results = _in_any_order(machine, program, made(), results)
    machine.clear()
    return _outcome(results, slopes, notes)


def _outcome(results: Sequence[_Pair], slopes: Sequence[_Pair] | None, notes: Iterable[str]) -> Outcome:
    """The outcome of values and gradients with their bounds; reasons are given if any of these is infinite.

    Where the path or an index is open, that is said in any case: the program may end otherwise, or nowhere.
    """
    values, errors = _unzipped(results)
    by, bounds = (None, None) if slopes is None else _unzipped(slopes)
    open_ = any(np.isinf(part).any() for e in (*errors, *(bounds or ())) if e is not None for _, part in columns(e))
    return Outcome(values, errors, by, bounds, tuple(n for n in notes if open_ or n in (UNKNOWN_PATH, UNKNOWN_INDEX)))


def _arguments(machine: Machine, program: Program, data: Sequence[Data]) -> list[Any]:
    written: dict[str, bool] = {}
    for step in program.steps:
        for name, parameter in zip(step.arguments, machine.program.parameters[step.kernel], strict=True):
            for p in (parameter, *parameter.arrays):
                path = name + p.name.removeprefix(parameter.name)
                written[path] = written.get(path, False) or p.written
    return [
        argument(
            machine,
            a.name,
            a.type,
            np.asarray(d),
            written=written.get(a.name, False),
            recorded=machine.tape is not None,
        )
        for a, d in zip(program.launch.arguments, data, strict=True)
    ]


def _in_any_order(machine: Machine, program: Program, arguments: list[Any], results: list[Any]) -> list[Any]:
    """The results, nothing being known of what another order of what queries find changes, or what they may find.

    Documented: the order of what a query yields is not specified, and the query of a grid yields points beyond the
    radius, too.
    """
    machine.generous = True
    try:
        _launch(machine, program, arguments)
    finally:
        machine.generous = False
    others = [a.contents() if isinstance(a, Memory) else (None, None) for a in arguments]
    return [_of_either(*one, *other) for one, other in zip(results, others, strict=True)]


def _of_either(value: Any, error: Any, other: Any, error_of_other: Any) -> tuple[Any, Any]:
    """A value and a bound that are true of two runs; infinite where they differ by more than rounding."""
    if value is None:
        return None, None
    wider = error.copy()
    seconds, bounds = dict(columns(other)), dict(columns(error_of_other))
    for path, bound in columns(wider):
        first = dict(columns(value))[path].astype(np.float64)
        apart = np.abs(first - seconds[path].astype(np.float64))
        apart[(first == seconds[path]) | (np.isnan(first) & np.isnan(seconds[path]))] = 0.0
        unclear = ~(apart <= bound + bounds[path])
        if unclear.any():
            note(ORDER)
        bound[...] = np.where(unclear, np.inf, np.maximum(bound, bounds[path]) + apart)
    return value, wider


def _launch(machine: Machine, program: Program, arguments: list[Any]) -> None:
    """Runs the threads of every launch; an error says in which line of the program it is."""
    machine.clear()
    try:
        for step in program.steps:
            machine.launch(step.kernel, step.dim, list(_given(machine, program, step, arguments)))
    except UndefinedError as error:
        raise UndefinedError(f"{error}{_where(error, machine.program)}") from None
    except UnboundLocalError as error:
        raise UndefinedError(f"a name without a value: {error}{_where(error, machine.program)}") from None


def _given(machine: Machine, program: Program, step: Step, arguments: list[Any]) -> Iterator[Any]:
    """What a kernel's parameters are given, structs that are launched field by field as a whole."""
    for name, parameter in zip(step.arguments, machine.program.parameters[step.kernel], strict=True):
        parts = {path: arguments[i] for path, i in program.launch.parts(name).items()}
        yield parts[""] if "" in parts else assembled(machine.program.structs[parameter.struct], parts)


def _unzipped(pairs: Sequence[_Pair]) -> tuple[list[Data | None], list[Data | None]]:
    return [None if p is None else p[0] for p in pairs], [None if p is None else p[1] for p in pairs]


@lru_cache(maxsize=64)
def _prepared(source: str, kernels: tuple[str, ...], records: bool, unknown: tuple[Site, ...]) -> Machine:
    """The machine of a program, kept for other data."""
    places = tuple(site for site in unknown if isinstance(site, At))
    operations = tuple(site for site in unknown if isinstance(site, On))
    return Machine(_lowered(source, kernels, places), operations, records=records)


_lowered = lru_cache(maxsize=64)(lower)


def _where(error: BaseException, program: Lowered) -> str:
    """The line of the program that raised the error."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f" (line {line}: {program.lines[line - 1].strip()})" if line else ""
