"""What the kernels of a launch are given: boxes, arrays, and structs of those."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from warpsmith.grammar import types
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.reference.run.writes import Parameter
from warpsmith.synthesizer.reference.values.boxes import ACTIVE, Box
from warpsmith.synthesizer.reference.values.memory import Launched, Memory
from warpsmith.synthesizer.reference.values.structs import boxed


def argument(launch: Launched, name: str, t: Any, data: Any, *, written: bool, recorded: bool) -> Any:
    """An argument of the program from its data.

    Args:
        launch: which thread runs.
        name: of the argument.
        t: its type.
        data: its data.
        written: of an array: whether some kernel may write to it.
        recorded: whether derivatives by it are asked for.
    """
    if isinstance(t, Array):
        active = recorded and not written and types.differentiable(t.dtype)
        return Memory(launch, name, t, data, watched=written, marks=ACTIVE if active else 0)
    return boxed(t, data) if types.kind(t) == "struct" else Box(t, data[()] if not types.shape(t) else data)


def arrays_of(given: Any, parameter: Parameter) -> Iterator[tuple[Memory, Parameter]]:
    """The array that a kernel's parameter is, or the arrays that it holds."""
    if isinstance(given, Memory):
        yield given, parameter
    for p in parameter.arrays:
        found = given
        for name in p.name.split(".")[1:]:
            found = found.value[name]
        if found is not None:
            yield found, p
