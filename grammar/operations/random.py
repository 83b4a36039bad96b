"""Random numbers: the PCG hash of Jarzynski & Olano, "Hash Functions for GPU Rendering" (JCGT 9(3), 2020).

In a kernel these builtins advance ``state`` in place. A meaning is pure: it returns ``(value, new_state)``;
``rand_init`` returns the state alone. Calling one from Python leaves the state as it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from warpsmith.errors import UndefinedError
from warpsmith.grammar.operations.operation import Interval, Operation, State, always
from warpsmith.grammar.operations.rounding import EXACT, FORMULA, Rounding
from warpsmith.grammar.operations.values import Meaning

_F = np.float32
_TURN = _F(2) * _F(math.pi)


def pcg(state: int) -> int:
    """One step of the hash, on 32-bit words."""
    b = (state * 747796405 + 2891336453) & 0xFFFFFFFF
    c = (((b >> ((b >> 28) + 4)) ^ b) * 277803737) & 0xFFFFFFFF
    return (c >> 22) ^ c


class Stream:
    """A state on its way through several draws."""

    def __init__(self, state: Any) -> None:
        self.state = int(state) & 0xFFFFFFFF

    def bits(self) -> int:
        """32 random bits."""
        self.state = pcg(self.state)
        return self.state

    def unit(self) -> Any:
        """A float32 in [0, 1): the upper 24 bits."""
        return _F(self.bits() >> 8) * _F(2.0**-24)

    def between(self, low: Any, high: Any) -> Any:
        """A float32 between two bounds."""
        return (high - low) * self.unit() + low


def drawing(draw: Callable[..., Any]) -> Meaning:
    """The meaning whose value ``draw(stream, *operands)`` is."""

    def evaluate(state: Any, *operands: Any) -> tuple[Any, Any]:
        stream = Stream(state)
        value = draw(stream, *operands)
        return value, np.uint32(stream.state)

    return evaluate


def rand_init(seed: Any, offset: Any = None) -> Any:
    """The state of a seed, or of one of its streams."""
    start = int(seed) if offset is None else int(seed) + pcg(int(offset) & 0xFFFFFFFF)
    return np.uint32(pcg(start & 0xFFFFFFFF))


def _modulo(s: Stream, low: Any, high: Any, kind: type[Any]) -> Any:
    extent = (int(high) - int(low)) & 0xFFFFFFFF
    word = (s.bits() % extent + int(low)) & 0xFFFFFFFF
    return np.uint32(word).astype(kind)


def randi(s: Stream, low: Any = None, high: Any = None) -> Any:
    """An int32: any, or in [low, high)."""
    return np.uint32(s.bits()).astype(np.int32) if low is None else _modulo(s, low, high, np.int32)


def randu(s: Stream, low: Any = None, high: Any = None) -> Any:
    """A uint32: any, or in [low, high)."""
    return np.uint32(s.bits()) if low is None else _modulo(s, low, high, np.uint32)


def randf(s: Stream, low: Any = None, high: Any = None) -> Any:
    """A float32 in [0, 1) or [low, high)."""
    return s.unit() if low is None else s.between(low, high)


def randn(s: Stream) -> Any:
    """A standard normal, by Box & Muller (1958)."""
    radius = np.sqrt(_F(-2) * np.log(s.unit() + _F(5.96e-8)))
    return radius * np.cos(_TURN * s.unit())


def triangle(s: Stream) -> Any:
    """Barycentric coordinates ``(1 - sqrt(u), v sqrt(u))``."""
    r = np.sqrt(s.unit())
    return np.array([_F(1) - r, s.unit() * r], _F)


def polar(s: Stream, disk: bool) -> Any:
    """On the unit circle, or in the disk."""
    r = np.sqrt(s.unit()) if disk else _F(1)
    angle = s.between(_F(0), _TURN)
    return np.array([r * np.cos(angle), r * np.sin(angle)], _F)


def spherical(s: Stream, height: int, solid: bool) -> Any:
    """On or in the sphere (``height`` 2) or the upper half of it (1)."""
    phi = np.arccos(_F(1) - _F(height) * s.unit())
    theta = s.between(_F(0), _TURN)
    r = np.power(s.unit(), _F(1) / _F(3)) if solid else _F(1)
    return np.array([np.cos(theta) * np.sin(phi), np.sin(theta) * np.sin(phi), np.cos(phi)], _F) * r


def cube(s: Stream, dimensions: int) -> Any:
    """In the cube of edge 1 about the origin."""
    return np.array([s.unit() - _F(0.5) for _ in range(dimensions)], _F)


def sample_cdf(s: Stream, cdf: Any) -> Any:
    """The index of the first entry of a cumulative distribution that is not below a uniform draw."""
    return np.int32(np.searchsorted(cdf, s.unit()))


def log_gamma(x: Any) -> Any:
    """Stirling's series for x >= 7, after the recurrence below it (Zhang & Jin 1996), in float32."""
    if x in (1, 2):
        return _F(0)
    shift = int(_F(7) - x) if x < 7 else 0
    x0 = _F(x) + _F(shift)
    inverse2 = (_F(1) / x0) * (_F(1) / x0)
    bernoulli = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
    series = _F(0)
    for c in reversed((*bernoulli, -3617 / 122400, 43867 / 244188, -174611 / 125400)):
        series = series * inverse2 + _F(c)
    value = series / x0 + _F(0.5 * math.log(2 * math.pi)) + (x0 - _F(0.5)) * np.log(x0) - x0
    for _ in range(shift):
        x0 = x0 - _F(1)
        value = value - np.log(x0)
    return value


def poisson(s: Stream, lam: Any) -> Any:
    """Knuth's product of uniforms below 10, Hörmann's transformed rejection PTRS (1993) from there on."""
    if lam == 0:
        return np.uint32(0)
    if not lam >= 10:
        count, product, bound = 0, s.unit(), np.exp(-lam)
        while product > bound:
            count, product = count + 1, product * s.unit()
        return np.uint32(count)
    b = _F(0.931) + _F(2.53) * np.sqrt(lam)
    a = _F(-0.059) + _F(0.02483) * b
    log_lam, inverse_alpha = np.log(lam), _F(1.1239) + _F(1.1328) / (b - _F(3.4))
    accept = _F(0.9277) - _F(3.6224) / (b - _F(2))
    while True:
        u = s.unit() - _F(0.5)
        v = s.unit()
        us = _F(0.5) - abs(u)
        k = np.floor((_F(2) * a / us + b) * u + lam + _F(0.43))
        if us >= _F(0.07) and v <= accept:
            return np.uint32(k)
        if k < 0 or (us < _F(0.013) and v > us):
            continue
        left = np.log(v) + np.log(inverse_alpha) - np.log(a / (us * us) + b)
        if left <= -lam + k * log_lam - log_gamma(k + _F(1)):
            return np.uint32(k)


def _bounds(state: Any, low: Any = None, high: Any = None) -> None:
    if low is not None and not low < high:
        raise UndefinedError(f"random integer in [{low}, {high})")


def _mean(state: Any, lam: Any) -> None:
    if not 0 <= lam < 2.0**31:
        raise UndefinedError(f"poisson of mean {lam}")


# --- records ---------------------------------------------------------------------------------------------------------

_TURNS = Rounding(outer=1.0, inner=0.0, least=8.0)
"""Sines and cosines of angles up to a whole turn."""


def _draw(name: str, draw: Callable[..., Any], rounding: Rounding = FORMULA, **more: Any) -> Operation:
    return Operation(name, drawing(draw), rounding=rounding, state=State.ADVANCED, **more)


RANDOM = (
    Operation("rand_init", rand_init),
    # a remainder by high - low is taken
    _draw("randi", randi, requires={"low": Interval(-50, 0), "high": Interval(1, 100)}, undefined=always(_bounds)),
    _draw("randu", randu, requires={"low": Interval(0, 10), "high": Interval(11, 100)}, undefined=always(_bounds)),
    _draw("randf", randf),
    _draw("randn", randn, _TURNS),
    _draw("sample_cdf", sample_cdf, EXACT, searches=1),
    _draw("sample_triangle", triangle),
    _draw("sample_unit_ring", lambda s: polar(s, False), _TURNS),
    _draw("sample_unit_disk", lambda s: polar(s, True), _TURNS),
    _draw("sample_unit_sphere_surface", lambda s: spherical(s, 2, False), _TURNS),
    _draw("sample_unit_sphere", lambda s: spherical(s, 2, True), _TURNS),
    _draw("sample_unit_hemisphere_surface", lambda s: spherical(s, 1, False), _TURNS),
    _draw("sample_unit_hemisphere", lambda s: spherical(s, 1, True), _TURNS),
    _draw("sample_unit_square", lambda s: cube(s, 2), EXACT),
    _draw("sample_unit_cube", lambda s: cube(s, 3), EXACT),
    # work grows with the mean; a NaN mean would never end
    _draw("poisson", poisson, requires={"lam": Interval(0.125, 20)}, undefined=always(_mean)),
)
