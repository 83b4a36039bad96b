"""Gradient noise: Perlin, "Improving Noise" (2002), with hashed gradients; curl noise: Bridson et al. (2007).

One function serves all dimensions: noise is the sum over a cell's corners of the corner's gradient dotted with the
offset from it, weighted by a product of smootherstep weights. ``state`` selects the field and is not advanced.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from itertools import product
from typing import Any

import numpy as np

from warpsmith.errors import UndefinedError
from warpsmith.grammar.operations.bounds import comes_round
from warpsmith.grammar.operations.derivative import Gradients, Kink, OperationStep, untyped
from warpsmith.grammar.operations.operation import Interval, Operation, State, always
from warpsmith.grammar.operations.random import Stream, cube, rand_init
from warpsmith.grammar.operations.rounding import Rounding
from warpsmith.grammar.operations.values import dot
from warpsmith.grammar.operations.vector import normalize

# --- meanings --------------------------------------------------------------------------------------------------------

_F = np.float32
_PRIMES = (73856093, 19349663, 53471161, 10000019)
_TWO, _HALF = _F(2), _F(0.5)
_STREAMS = (10019689, 13112221)
_MOST_OCTAVES = 1024


@lru_cache(maxsize=1 << 10)  # a point is asked for again with the next one near it
def gradient_at(state: int, corner: tuple[int, ...]) -> Any:
    """The unit vector that the hash puts on a lattice point; in 1D a number in [-1, 1). Not to be changed."""
    words = [i * p for i, p in zip(corner, _PRIMES, strict=False)]
    words[-1] += state
    seed = 0
    for word in words:
        seed ^= word & 0xFFFFFFFF
    if len(corner) == 1:
        return np.array([Stream(seed).between(_F(-1), _F(1))], _F)
    return normalize(cube(Stream(seed), len(corner)))


def field(state: Any, x: Any, periods: tuple[int, ...] = (), *, sloped: bool = True) -> tuple[Any, Any]:
    """The value and the gradient (zeros, unless ``sloped``) of noise at ``x``, a vector of float32."""
    base = np.floor(x)
    if not np.isfinite(base).all():
        return _F(np.nan), np.full(len(x), np.nan, _F)
    d = x - base
    rise = d * d * d * (d * (d * _F(6) - _F(15)) + _F(10))  # smootherstep and its derivative
    slope = _F(30) * d * d * (d * (d - _F(2)) + _F(1))
    value, gradient = _F(0), np.zeros(len(x), _F)
    for corner in product((0, 1), repeat=len(x)):
        lattice = [int(b) + c for b, c in zip(base, corner, strict=True)]
        if periods:
            lattice = [i % p for i, p in zip(lattice, periods, strict=True)]
        g = gradient_at(int(state), tuple(lattice))
        at = np.array(corner, bool)
        weights, slopes = np.where(at, rise, _F(1) - rise), np.where(at, slope, -slope)
        corner_value = dot(g, d - at.astype(_F))
        value = value + np.prod(weights) * corner_value
        for axis in range(len(x)) if sloped else ():
            others = np.prod(np.delete(weights, axis))
            gradient[axis] += slopes[axis] * others * corner_value + np.prod(weights) * g[axis]
    return value, gradient


def noise(state: Any, x: Any) -> Any:
    """Noise in one to four dimensions."""
    return field(state, np.atleast_1d(x), sloped=False)[0]


def pnoise(state: Any, x: Any, *periods: Any) -> Any:
    """Noise that repeats; periods are positive, and Warp supports no negative coordinates."""
    return field(state, np.atleast_1d(x), tuple(map(int, periods)), sloped=False)[0]


def curlnoise(state: Any, x: Any, octaves: Any = 1, lacunarity: Any = _TWO, gain: Any = _HALF) -> Any:
    """The divergence-free curl of noise: of one field in 2D, of three in 3D and 4D."""
    fields = [np.zeros(len(x), _F) for _ in range(1 if len(x) == 2 else 3)]
    frequency = amplitude = _F(1)
    for _ in range(int(octaves)):
        for n, total in enumerate(fields):
            if n:
                state = rand_init(state, _STREAMS[n - 1])
            total += amplitude * field(state, frequency * x)[1]
        amplitude, frequency = amplitude * gain, frequency * lacunarity
    if len(x) == 2:
        return np.array([-fields[0][1], fields[0][0]], _F)
    a, b, c = fields
    return np.array([c[1] - b[2], a[2] - c[0], b[0] - a[1]], _F)


# --- what is undefined -----------------------------------------------------------------------------------------------


def _lattice(state: Any, x: Any, *rest: Any) -> None:
    # Lattice coordinates are cast to 32-bit integers.
    if not np.all(np.abs(x) < 2.0**31):
        raise UndefinedError(f"noise at {x}")


def _octaves(state: Any, x: Any, octaves: Any = 1, *rest: Any) -> None:
    _lattice(state, x)
    if octaves > _MOST_OCTAVES:
        raise UndefinedError(f"noise of {octaves} octaves, which does not end in time")


def _periods(state: Any, x: Any, *periods: Any) -> None:
    _lattice(state, x)
    if not all(p > 0 for p in periods):
        raise UndefinedError(f"noise of periods {', '.join(map(str, periods))}")


# --- derivatives -----------------------------------------------------------------------------------------------------


def _jet(state: int, x: Any, periods: tuple[int, ...] = ()) -> tuple[Any, Any]:
    """The gradient and the Hessian of noise: of the sum over a cell's corners of ``W(x) g·(x - corner)``."""
    if not np.isfinite(x).all():
        raise Kink("noise anywhere")
    base, n = np.floor(x), len(x)
    d, corners = x - base, list(np.ndindex((2,) * n))
    rise = np.array([d**3 * (d * (d * 6 - 15) + 10), 30 * (d * (d - 1)) ** 2, 60 * d * (d - 1) * (2 * d - 1)])
    ramps = np.stack((-rise, rise), 2)  # order of the derivative, axis, end of the cell
    ramps[0, :, 0] += 1
    lattice = [[int(b) + c for b, c in zip(base, corner, strict=True)] for corner in corners]
    if periods:
        lattice = [[i % p for i, p in zip(point, periods, strict=True)] for point in lattice]
    g = np.array([gradient_at(state, tuple(point)) for point in lattice], np.float64)
    value = np.sum(g * (d - np.array(corners)), 1)

    def weight(*by: int) -> Any:
        """W's derivative by those axes, at every corner."""
        return reduce(np.multiply.outer, [ramps[by.count(axis), axis] for axis in range(n)]).ravel()

    slopes = np.array([weight(i) for i in range(n)])
    bends = np.array([[weight(i, j) for j in range(n)] for i in range(n)])
    mixed = slopes @ g
    return slopes @ value + weight() @ g, bends @ value + mixed + mixed.T


def _noise_rule(step: OperationStep, g: Any) -> Gradients:
    state, x, *periods = step.operands
    gradient, _ = _jet(int(state), np.atleast_1d(x), tuple(map(int, periods)))
    of_x = gradient * g if np.ndim(x) else float(gradient[0] * g)
    return None, of_x, *(None,) * len(periods)


def _curlnoise_rule(step: OperationStep, g: Any) -> Gradients:
    defaults: list[Any] = [1, 2.0, 0.5]
    state, x, *more = step.operands
    octaves, lacunarity, gain = map(np.float64, more + defaults[len(more) :])
    adjoints = np.zeros((1 if len(x) == 2 else 3, len(x)))  # of the gradients of the fields
    if len(x) == 2:
        adjoints[0] = g[1], -g[0]
    else:
        adjoints[:, :3] = [[0, -g[2], g[1]], [g[2], 0, -g[0]], [-g[1], g[0], 0]]
    of_x, of_lacunarity, of_gain = np.zeros(len(x)), 0.0, 0.0
    for k in range(int(octaves)):
        frequency, amplitude = lacunarity**k, gain**k
        for stream, h in zip((None, *_STREAMS), adjoints, strict=False):
            state = state if stream is None else rand_init(state, stream)
            slope, bend = _jet(int(state), frequency * x)
            of_x += amplitude * frequency * (bend @ h)
            if k:
                of_lacunarity += amplitude * k * lacunarity ** (k - 1) * float(x @ bend @ h)
                of_gain += k * gain ** (k - 1) * float(slope @ h)
    return (None, of_x, None, of_lacunarity, of_gain)[: len(step.operands)]


# --- records ---------------------------------------------------------------------------------------------------------

_COORDINATES = ("x", "xy", "xyz", "xyzt")


def _noisy(name: str, meaning: Any, rule: Any, **more: Any) -> Operation:
    return Operation(
        name,
        meaning,
        misses=comes_round(1, period=1.0),
        derivative=untyped(rule),
        cancels=True,  # between the points of a lattice
        state=State.READ,
        **more,
    )


NOISE = (
    # Lattice coordinates are cast to integers; a period is a divisor; octaves are a trip count. Terms are as large as
    # the distance from a corner of the lattice, with frequencies of the caller's.
    _noisy(
        "noise",
        noise,
        _noise_rule,
        requires={k: Interval(-100, 100) for k in _COORDINATES},
        undefined=always(_lattice),
        rounding=Rounding(least=4.0),
    ),
    _noisy(
        "pnoise",
        pnoise,
        _noise_rule,
        requires={  # documented: negative coordinates are not supported
            **{k: Interval(0, 100) for k in _COORDINATES},
            **{k: Interval(1, 16) for k in ("px", "py", "pz", "pt")},
        },
        undefined=always(_periods),
        rounding=Rounding(least=4.0),
    ),
    _noisy(
        "curlnoise",
        curlnoise,
        _curlnoise_rule,
        requires={
            **{k: Interval(-100, 100) for k in _COORDINATES[1:]},
            "octaves": Interval(1, 3),
            "lacunarity": Interval(1, 3),
        },
        undefined=always(_octaves),
        rounding=Rounding(least=32.0),
        without=(3, 4),  # documented: "``lacunarity`` and ``gain`` receive no gradient"
    ),
)
