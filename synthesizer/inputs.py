"""Arguments for a program's launch: drawn from a seed, by a named recipe.

Only ``PCG64``'s integers and arithmetic that IEEE 754 defines to the bit are used, so the same seed gives the same bits
on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from grammar import types
from grammar.program import Argument, Program
from grammar.types import Array, Value

Data: TypeAlias = npt.NDArray[Any]
Recipe: TypeAlias = Callable[[np.random.Generator, Value, tuple[int, ...]], Data]
"""Components of values of one type: generator, value type, shape in components → float64 or integer data."""


def inputs(program: Program, seed: int, recipe: str = "mixed") -> list[Data]:
    """One NumPy array per argument of the program's launch, in order.

    Args:
        program: whose launch it is.
        seed: a non-negative integer; the same one gives the same arrays. Arguments do not disturb each other: the data
            of the third argument depends on the seed, its position, its type and its shape alone.
        recipe: a key of :data:`RECIPES`.

    Returns:
        Arrays with the extents of the argument followed by the components of its type: ``(n, 3)`` for n ``vec3f``,
        ``(2, 2)`` for one ``mat22f``. The dtype is NumPy's for the component type; ``bfloat16``, which NumPy lacks,
        comes as float32 whose values are exact in bfloat16. Structs are records, see :func:`layout`.

    Raises:
        ValueError: the seed is negative, or there is no such recipe.
    """
    if seed < 0:
        raise ValueError(f"the seed must not be negative, got {seed}")
    if recipe not in RECIPES:
        raise ValueError(f"no recipe {recipe!r}; there are {', '.join(RECIPES)}")
    return [argument_data(a, (seed, i), RECIPES[recipe]) for i, a in enumerate(program.launch.arguments)]


def argument_data(argument: Argument, key: tuple[int, ...], recipe: Recipe) -> Data:
    """The data of one argument, drawn by the recipe from a stream of its own that ``key`` names."""
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
    t = argument.type.dtype if isinstance(argument.type, Array) else argument.type
    return _drawn(generator, t, argument.shape, recipe)


def _drawn(generator: np.random.Generator, t: Value, extents: tuple[int, ...], recipe: Recipe) -> Data:
    if types.kind(t) != "struct":
        return _as(recipe(generator, t, extents + types.shape(t)), types.scalar(t))
    data = np.zeros(extents, layout(t))
    for name, field in types.fields(t).items():
        data[name] = _drawn(generator, field, extents, recipe)
    return data


def layout(t: Value, scalar: str | None = None) -> np.dtype[Any]:
    """How NumPy holds values of a type: a struct has a field for each of its own.

    Args:
        t: a value type.
        scalar: NumPy's name for the type of every component; without, that of the component's own type.
    """
    if types.kind(t) == "struct":
        return np.dtype([(name, layout(field, scalar)) for name, field in types.fields(t).items()])
    part = scalar or types.name(types.scalar(t)).replace("bfloat16", "float32")
    return np.dtype((np.dtype(part), types.shape(t)))


def columns(data: Data, path: str = "") -> Iterator[tuple[str, Data]]:
    """The plain arrays that data consists of, with the fields that lead to each: ``".inner.x"``."""
    if data.dtype.names is None:
        yield path, data
        return
    for name in data.dtype.names:
        yield from columns(data[name], f"{path}.{name}")


def _as(data: Data, scalar: Value) -> Data:
    """The data in the component type, out of range values wrapped (integers) or infinite (floats)."""
    name = types.name(scalar)
    if name == "bfloat16":
        bits = data.astype(np.float32).view(np.uint32)
        return np.asarray((bits & np.uint32(0xFFFF0000)).view(np.float32))
    return np.asarray(data.astype(np.dtype(name)))


def _mixed(generator: np.random.Generator, t: Value, shape: tuple[int, ...]) -> Data:
    kind, part = types.kind(t), types.kind(types.scalar(t))
    if part == "bool":
        return generator.integers(0, 2, shape)
    if part == "int":
        return _integers(generator, shape, types.BITS[types.scalar(t)])
    data = _floats(generator, shape)
    if kind == "quat":
        _normalise(generator, data)
    elif kind == "transform":
        _normalise(generator, data[..., 3:])
    return data


def _tame(generator: np.random.Generator, t: Value, shape: tuple[int, ...]) -> Data:
    """Floats from 1/4 to 2 in size, of both signs, unit rotations, integers from 0 to 8: nothing overflows soon."""
    part = types.kind(types.scalar(t))
    if part == "bool":
        return generator.integers(0, 2, shape)
    if part == "int":
        return generator.integers(0, 9, shape)
    data = generator.integers(1 << 17, 1 << 20, shape) / float(1 << 19)
    data = np.where(generator.integers(0, 2, shape) > 0, data, -data)
    if types.kind(t) in ("quat", "transform"):
        _scale_to_units(data[..., -4:])
    return data


def _extreme(generator: np.random.Generator, t: Value, shape: tuple[int, ...]) -> Data:
    """Like mixed, with a third of the floats among what rounds, overflows or vanishes: huge, tiny, denormal."""
    data = _mixed(generator, t, shape)
    scalar = types.scalar(t)
    if types.kind(scalar) != "float":
        return data
    edge = {2: (6e4, 6.1e-5, 6e-8, 1e3), 4: (3e38, 1.2e-38, 1e-42, 1e19), 8: (1e308, 2.3e-308, 5e-322, 1e154)}
    sizes = np.array(edge[types.BITS[scalar] // 8])[generator.integers(0, 4, shape)]
    signed = np.where(generator.integers(0, 2, shape) > 0, sizes, -sizes)
    return np.where(generator.integers(0, 3, shape) > 0, data, signed)


def _floats(generator: np.random.Generator, shape: tuple[int, ...]) -> Data:
    """About half in (-2, 2), else halves from -4 to 4, thousandths to thousands, and what sits on a branch."""
    near = generator.integers(-(1 << 20), 1 << 20, shape) / float(1 << 19)
    halves = generator.integers(-8, 9, shape) / 2.0
    wide = np.ldexp(near, generator.integers(-10, 10, shape))
    special = np.array([0.0, -0.0, 1.0, -1.0, 0.5, 100.0])[generator.integers(0, 6, shape)]
    pick = generator.integers(0, 20, shape)
    return np.select([pick < 11, pick < 14, pick < 18], [near, halves, wide], special)


def _integers(generator: np.random.Generator, shape: tuple[int, ...], bits: int) -> Data:
    """Mostly from 0 to 8, then -8 to -1, tens, powers of two and their neighbours, and any bits at all."""
    small = generator.integers(0, 9, shape)
    negative = generator.integers(-8, 0, shape)
    tens = generator.integers(9, 100, shape)
    edge = np.left_shift(np.int64(1), generator.integers(0, bits - 1, shape)) + generator.integers(-1, 2, shape)
    anything = generator.integers(-(1 << 63), (1 << 63) - 1, shape)
    pick = generator.integers(0, 20, shape)
    return np.select([pick < 9, pick < 13, pick < 17, pick < 19], [small, negative, tens, edge], anything)


def _normalise(generator: np.random.Generator, quaternions: Data) -> None:
    """Makes four of five rotations units; one that is zero becomes the identity. Changes them in place."""
    zero = ~quaternions.any(axis=-1)
    quaternions[..., 3] = np.where(zero, 1.0, quaternions[..., 3])
    kept = generator.integers(0, 5, (*quaternions.shape[:-1], 1)) == 0
    before = quaternions.copy()
    _scale_to_units(quaternions)
    quaternions[...] = np.where(kept, before, quaternions)


def _scale_to_units(quaternions: Data) -> None:
    x, y, z, w = np.moveaxis(quaternions, -1, 0)
    quaternions /= np.sqrt(x * x + y * y + z * z + w * w)[..., None]  # spelled out: a sum may go in any order


RECIPES: dict[str, Recipe] = {"mixed": _mixed, "tame": _tame, "extreme": _extreme}
"""How data is drawn, by name."""
