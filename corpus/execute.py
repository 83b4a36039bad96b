"""The last verdict: a program is launched on the CPU, on inputs drawn from its seed, in a process that may crash."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from grammar import types
from grammar.program import Argument, Launch
from grammar.types import Array
from ir.execute import Executor

_SMALL = 8


def inputs(launch: Launch, seed: int) -> list[npt.NDArray[Any]]:
    """Arguments of a launch: floats in (-2, 2), integers from 0 to 7, coins; the same for the same seed."""
    generator = np.random.default_rng(seed)
    return [_value(argument, generator) for argument in launch.arguments]


def _value(argument: Argument, generator: np.random.Generator) -> npt.NDArray[Any]:
    dtype = argument.type.dtype if isinstance(argument.type, Array) else argument.type
    shape = argument.shape + types.shape(dtype)
    scalar = types.scalar(dtype)
    if scalar in types.FLOATS:
        return np.asarray(generator.uniform(-2.0, 2.0, shape))
    high = _SMALL if scalar in types.INTEGERS else 2
    return np.asarray(generator.integers(0, high, shape))


def launch(executor: Executor, source: str, entry: str, how: Launch, seed: int) -> None:
    """Launch a program.

    Raises:
        ExecutionError: it crashed its process, ran too long, or could not be launched.
    """
    executor.run(source, entry, how.dim, inputs(how, seed))
