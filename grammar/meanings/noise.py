"""Gradient noise: Perlin, "Improving Noise" (2002), with hashed gradients; curl noise: Bridson et al. (2007).

One function serves all dimensions: noise is the sum over a cell's corners of the corner's gradient dotted with the
offset from it, weighted by a product of smootherstep weights. ``state`` selects the field and is not advanced.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from warpsmith.grammar.meanings.random import Stream, cube, rand_init
from warpsmith.grammar.meanings.values import Meaning, dot
from warpsmith.grammar.meanings.vector import normalize

_F = np.float32
_PRIMES = (73856093, 19349663, 53471161, 10000019)
_TWO, _HALF = _F(2), _F(0.5)
_STREAMS = (10019689, 13112221)


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


NOISE: dict[str, Meaning] = {"noise": noise, "pnoise": pnoise, "curlnoise": curlnoise}
"""Meanings of the noise builtins, by name."""
