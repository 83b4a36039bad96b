"""Arguments for a program's launch: drawn from a seed, by a named recipe.

Only ``PCG64``'s integers and arithmetic that IEEE 754 defines to the bit are used, so the same seed gives the same bits
on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from warpsmith.grammar import types
from warpsmith.grammar.program import Argument, Program
from warpsmith.grammar.types import Array, Value
from warpsmith.synthesizer.objects_data import object_data
from warpsmith.synthesizer.sorted_parameters import sorted_parameters

Data: TypeAlias = npt.NDArray[Any]
Recipe: TypeAlias = Callable[[np.random.Generator, Value, tuple[int, ...], Data], Data]
"""Components of values of one type: generator, value type, shape in components → float64 or integer data.

The last operand holds the categories of elements by their place, which are the same for all arguments of an input set.
"""


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
        comes as float32 whose values are exact in bfloat16. Structs are records, see :func:`layout`. The data
        of a handle are the numbers of its object, a record, too.

    Raises:
        ValueError: the seed is negative, or there is no such recipe.
    """
    if seed < 0:
        raise ValueError(f"the seed must not be negative, got {seed}")
    if recipe not in RECIPES:
        raise ValueError(f"no recipe {recipe!r}; there are {', '.join(RECIPES)}")
    rounds = _generator(seed).permuted(np.tile(_CATEGORIES, (_ROUNDS, 1)), axis=1).ravel()
    some = program.launch.arguments
    drawn = [_argument(a, _generator(seed, i), RECIPES[recipe], rounds) for i, a in enumerate(some)]
    sort = sorted_parameters(program)
    named = {a.name: data for a, data in zip(some, drawn, strict=True) if a.object is not None}
    return [
        np.array(named[a.part[0]][a.part[1]])
        if a.part and a.part[0] in named
        else sort[a.name](data)
        if a.name in sort
        else data
        for a, data in zip(some, drawn, strict=True)
    ]


def _generator(*key: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))


def _argument(argument: Argument, generator: np.random.Generator, recipe: Recipe, categories: Data) -> Data:
    """The data of one argument, drawn by the recipe from a stream of its own; an object's numbers, by none."""
    if argument.object is not None:
        return object_data(argument.object, generator)
    t = argument.type.dtype if isinstance(argument.type, Array) else argument.type
    if argument.range is not None:
        return _ranged(generator, t, argument.shape, argument.range)
    return _drawn(generator, t, argument.shape, recipe, categories)


def _ranged(generator: np.random.Generator, t: Value, extents: tuple[int, ...], within: tuple[float, float]) -> Data:
    """Numbers of a range, its ends among them: the same in every recipe, because the program needs them there."""
    if types.kind(t) == "struct":
        data = np.zeros(extents, layout(t))
        for name, field in types.fields(t).items():
            data[name] = _ranged(generator, field, extents, within)
        return data
    shape, part = extents + types.shape(t), types.scalar(t)
    low, high = within
    if part in types.INTEGERS:
        return _as(generator.integers(int(low), int(high) + 1, shape), part)
    return _as(low + (high - low) * (generator.integers(0, 257, shape) / 256.0), part)


def _drawn(
    generator: np.random.Generator, t: Value, extents: tuple[int, ...], recipe: Recipe, categories: Data
) -> Data:
    if types.kind(t) != "struct":
        with np.errstate(over="ignore"):
            return _as(recipe(generator, t, extents + types.shape(t), categories), types.scalar(t))
    data = np.zeros(extents, layout(t))
    for name, field in types.fields(t).items():
        data[name] = _drawn(generator, field, extents, recipe, categories)
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


def gradient_layout(t: Value) -> np.dtype[Any]:
    """How NumPy holds derivatives by values of a type, in float64: of a struct, by those of its fields that have any.

    Raises:
        ValueError: there is none.
    """
    if not types.differentiable(t):
        raise ValueError(f"a {types.name(t)} has no derivatives")
    if types.kind(t) != "struct":
        return np.dtype((np.dtype("float64"), types.shape(t)))
    return np.dtype(
        [(name, gradient_layout(field)) for name, field in types.fields(t).items() if types.differentiable(field)]
    )


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


def _mixed(generator: np.random.Generator, t: Value, shape: tuple[int, ...], categories: Data | None = None) -> Data:
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


def _tame(generator: np.random.Generator, t: Value, shape: tuple[int, ...], categories: Data) -> Data:
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


def _zeros(generator: np.random.Generator, t: Value, shape: tuple[int, ...], categories: Data) -> Data:
    """As tame as can be, but a third of the elements are zero, and a quarter of the components of the others.

    Who asks only whether something is zero is seen here. Rotations are units.
    """
    data = _tame(generator, t, shape, categories)
    extent = types.shape(t)
    extents = shape[: len(shape) - len(extent)]
    zero = (generator.integers(0, 3, extents) == 0).reshape((*extents, *(1,) * len(extent)))
    zero = zero | (generator.integers(0, 4, shape) == 0)
    if types.kind(t) in ("quat", "transform"):
        zero = zero & (np.arange(shape[-1]) < shape[-1] - 4)
    return np.where(zero, 0, data)


_PLAIN, _TIED, _HALF, _EDGE, _OPEN = range(5)
"""Categories of the elements of the recipe ``boundary``; the last admits what is not finite."""
_CATEGORIES = np.array((_PLAIN, _PLAIN, _TIED, _TIED, _HALF, _HALF, _EDGE, _OPEN))
"""One round of categories: so many elements in a row have each so often."""
_ROUNDS = 8
"""After so many rounds they repeat."""


def _boundary(generator: np.random.Generator, t: Value, shape: tuple[int, ...], categories: Data) -> Data:
    """Values at which something changes: ties, halves, limits of the type, denormals, signed zeros, infinities, NaN.

    Each element has a *category*, and elements at the same place of different arguments have the same one: operands are
    often equal there, and what is not finite comes together in few threads and leaves the others clean. A lone value,
    which all threads see, has a category of its own.
    """
    data = _mixed(generator, t, shape)
    part, extent = types.scalar(t), types.shape(t)
    if types.kind(part) == "bool":
        return data
    extents = shape[: len(shape) - len(extent)]
    count = int(np.prod(extents))
    places = np.arange(count) if extents else generator.integers(0, len(categories), 1)
    category = categories[places % len(categories)].reshape((*extents, *(1,) * len(extent)))
    values, starts, lengths = special_values(part)
    pick = generator.integers(0, 1 << 32, shape)
    special = values[starts[category] + (pick >> 2) % lengths[category]]
    seldom = (category == _OPEN) & bool(extent)
    chosen = (category != _PLAIN) & (pick & 3 > seldom)  # three of four components, or two
    if types.kind(t) in ("quat", "transform"):  # rotations stay units, but for those at the edges
        chosen &= (category >= _EDGE) | (np.arange(shape[-1]) < shape[-1] - 4)
    return np.where(chosen, special, data)


@cache
def special_values(part: Value) -> tuple[Data, Data, Data]:
    """The values of a scalar type but bool at which something changes, which the recipe ``boundary`` draws from.

    Returns:
        The values as float64 or int64, those of uint64 wrapped; where those of each category start, and how many they
        are.
    """
    rows = _special_floats(*_FORMATS[types.name(part)]) if part in types.FLOATS else _special_integers(part)
    lengths = np.array([1, *map(len, rows)])
    first: Data = np.zeros(1, rows[0].dtype)
    return np.concatenate((first, *rows)), np.cumsum(lengths) - lengths, lengths


def _special_integers(part: Value) -> list[Data]:
    """For each category but the plain one, integers as int64; those of uint64 wrapped."""
    bits = types.BITS[part]
    least, most = (-1 << bits - 1, (1 << bits - 1) - 1) if part in types.SIGNED else (0, (1 << bits) - 1)
    ends = [least, least + 1, most - 1, most, -1, 0, 1]
    powers = [(1 << k) + d for k in range(bits) for d in (-1, 0, 1)]
    rows: list[list[int]] = [[-1, 0, 1, 2, 3], list(range(-8, 9)), powers, ends]
    return [np.array([n & (1 << 64) - 1 for n in row], np.uint64).view(np.int64) for row in rows]


def _special_floats(digits: int, least: int, most: int) -> list[Data]:
    """For each category but the plain one, floats: digits of the significand, least and greatest exponent."""
    ulp, whole = np.ldexp(1.0, 1 - digits), np.ldexp(1.0, digits)
    edges = np.array(
        (
            *np.ldexp([ulp, 3 * ulp, 0.5, 1.0], least),  # three of them are denormal
            *np.ldexp(1.0, [least // 2, most // 2]),  # their squares are about to leave the range
            *(whole / 2 - 0.5, whole - 1, whole, whole + 2),  # the last half, and the last odd number
            np.ldexp(2.0 - ulp, most),
        )
    )
    ties, halves = np.array((1.0, -1.0, 0.5, 2.0, 0.0, -0.0)), np.arange(-8, 8) + 0.5
    return [ties, halves, np.concatenate((edges, -edges)), np.array((np.inf, -np.inf, np.nan))]


_FORMATS = {
    "float16": (11, -14, 15),
    "bfloat16": (8, -126, 127),
    "float32": (24, -126, 127),
    "float64": (53, -1022, 1023),
}
"""Digits, least and greatest exponent of each float type (IEEE 754-2019, table 3.5; bfloat16: those of float32)."""


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


RECIPES: dict[str, Recipe] = {"mixed": _mixed, "tame": _tame, "boundary": _boundary, "zeros": _zeros}
"""How data is drawn, by name."""
