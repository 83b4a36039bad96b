"""A case: a program, and what it is launched with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from warpsmith.grammar import types
from warpsmith.grammar.program import Argument, Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.inputs import columns, gradient_layout, inputs

Data: TypeAlias = npt.NDArray[Any]

RECIPES = ("tame", "boundary")
"""The recipes of a case's input sets, in order; gradients are asked for on the first."""

THREADS = 4
"""How many threads a case is launched with at most, if it has one or two dimensions: the reference runs them one after
the other, and more programs find more than more threads of one."""


@dataclass(frozen=True, eq=False)
class Case:
    """One program and its inputs; compared by identity, so that results can be remembered for it.

    Attributes:
        program: the program; :func:`make_case` leaves it the threads that :func:`first_threads` keeps.
        sets: input sets, each one array per launch argument.
        adjoints: per argument, the adjoint that its contents have after the launch, for the gradient:
            the derivative asked for is that of the sum of adjoints times contents. ``None`` where the argument is not
            an array of floats that the kernel writes.
        number: decides what an oracle with a choice does with it, and is kept when it is made smaller.
        graded: on how many of the sets, from the first, the gradient is asked for.
    """

    program: Program
    sets: tuple[tuple[Data, ...], ...]
    adjoints: tuple[Data | None, ...]
    number: int = 0
    graded: int = 1

    def pruned(self, program: Program, data: tuple[Data, ...]) -> Case:
        """The case of a smaller program that was made of this one's.

        What is asked of the gradient of an argument is asked of what is left of it.
        """
        names = (argument.name for argument in self.program.launch.arguments)
        before = dict(zip(names, self.adjoints, strict=True))
        cropped = tuple(_cropped(before.get(a.name), a) for a in program.launch.arguments)
        return Case(program, (data,), cropped, self.number)


def make_case(program: Program, seed: int, recipes: Sequence[str] = RECIPES) -> Case:
    """The case of a program: one input set per recipe, and adjoints, all drawn from ``seed``.

    The case's program is launched with the first threads of the given one's grid: what the others would do, these do.
    Arrays keep their shapes.
    """
    launch = program.launch
    dim, steps = first_threads(launch.dim), tuple(replace(s, dim=first_threads(s.dim)) for s in launch.steps)
    if (dim, steps) != (launch.dim, launch.steps):
        program = program.launched(replace(launch, dim=dim, steps=steps))
    sets = tuple(tuple(inputs(program, seed, recipe)) for recipe in recipes)
    return Case(program, sets, adjoints(program, seed), seed)


def first_threads(dim: tuple[int, ...]) -> tuple[int, ...]:
    """A part of a grid, of as many dimensions, that has :data:`THREADS` threads at most: the longest extents are cut.

    An extent above 1 stays above 1, so that three dimensions have 8 threads at most, and four 16.
    """
    extents = list(dim)
    while math.prod(extents) > THREADS and max(extents) > 2:
        extents[extents.index(max(extents))] -= 1
    return tuple(extents)


def adjoints(program: Program, seed: int) -> tuple[Data | None, ...]:
    """Adjoints of what a program writes: halves from -2 to 2 without zero, so that no output goes unweighted.

    There are none where an array is indexed: Warp knows no way back then.
    """
    if any(a.indexed for a in program.launch.arguments):
        return (None,) * len(program.launch.arguments)
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 1 << 16))))
    return tuple(_adjoint(argument, generator) for argument in program.launch.arguments)


def _adjoint(argument: Argument, generator: np.random.Generator) -> Data | None:
    if not (argument.written and isinstance(argument.type, Array) and types.differentiable(argument.type.dtype)):
        return None
    made = np.zeros(argument.shape, gradient_layout(argument.type.dtype))
    for _, part in columns(made):
        part[...] = generator.integers(1, 5, part.shape) * generator.choice((-0.5, 0.5), part.shape)
    return made


def _cropped(adjoint: Data | None, argument: Argument) -> Data | None:
    """What is left of an adjoint for what is left of an argument; ones where nothing is."""
    if adjoint is None:
        return None
    assert isinstance(argument.type, Array)
    if not types.differentiable(argument.type.dtype):
        return None
    made, known = np.zeros(argument.shape, gradient_layout(argument.type.dtype)), dict(columns(adjoint))
    for path, part in columns(made):
        before = known.get(path, np.ones(0))
        fits = before.ndim == part.ndim and all(a >= b for a, b in zip(before.shape, part.shape, strict=True))
        part[...] = before[tuple(slice(0, extent) for extent in part.shape)] if fits else 1.0
    return made
