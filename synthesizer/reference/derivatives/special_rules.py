"""Exact derivatives of factorisations and noise; see :mod:`synthesizer.reference.derivatives.rules`.

Those of the factorisations follow from differentiating their defining equations, where the change of a rotation ``R``
is ``R W`` for an antisymmetric ``W``.
"""

from __future__ import annotations

from functools import partial, reduce
from typing import Any

import numpy as np

from warpsmith.grammar.meanings.noise import gradient_at
from warpsmith.grammar.meanings.random import rand_init
from warpsmith.grammar.types import Value
from warpsmith.synthesizer.reference.derivatives.rules import Gradients, Kink, Maker, Rule, Step, adjoints, near, plain

# --- factorisations --------------------------------------------------------------------------------------------------


def _gaps(values: Any, eps: float, what: str) -> Any:
    """``1 / (values[j] - values[i])``, 0 on the diagonal."""
    n = len(values)
    gaps = values[None, :] - values[:, None] + np.eye(n)
    if not (np.abs(gaps) > eps * np.abs(values).max()).all():
        raise Kink(f"{what} with values that repeat")
    return 1 / gaps - np.eye(n)


def _eigen(operands: tuple[Value, ...]) -> Rule:
    """``S = V diag(w) V'``; the meaning reads the lower triangle alone."""
    eps = near(operands)

    def rule(step: Step, g: Any) -> Gradients:
        (v, w), (of_v, of_w) = step.result, adjoints(step, g)
        s = v @ (np.diag(of_w) + _gaps(w, eps, "eig3") * (v.T @ of_v)) @ v.T
        return (np.tril(s, -1) + np.tril(s.T),)

    return rule


def _singular(name: str, operands: tuple[Value, ...]) -> Rule:
    """``A = U diag(s) V'``, ``dU = U X``, ``dV = V Y``: of ``U' dA V`` the diagonal is ``ds``, the rest gives X, Y."""
    eps = near(operands)

    def rule(step: Step, g: Any) -> Gradients:
        u, s, v = step.result
        of_u, of_s, of_v = adjoints(step, g)
        x, y = u.T @ of_u, v.T @ of_v
        gaps = _gaps(s * s, eps, name)
        if name == "svd2":  # its second value is never negative, and its signs depend on the difference of two entries
            square = step.operands[0].T @ step.operands[0]
            if not min(s[1] / s[0], abs(square[0, 0] - square[1, 1]) / s[0] ** 2) > eps:
                raise Kink("svd2 at a change of signs")
        return (u @ (np.diag(of_s) + gaps * ((x - x.T) * s + s[:, None] * (y - y.T))) @ v.T,)

    return rule


def _orthogonal(operands: tuple[Value, ...]) -> Rule:
    """``A = Q R``: ``dQ = Q W``, where W has the strict lower triangle of ``C = Q' dA R^-1``; ``dR = (C - W) R``."""
    eps = near(operands)

    def rule(step: Step, g: Any) -> Gradients:
        (q, r), (of_q, of_r) = step.result, adjoints(step, g)
        if not np.abs(np.diag(r)).min() > eps * np.abs(r).max():
            raise Kink("qr3 of a singular matrix")
        k = of_r @ r.T
        w = q.T @ of_q - k
        return (q @ np.linalg.solve(r, (np.tril(w - w.T, -1) + k).T).T,)

    return rule


# --- noise --------------------------------------------------------------------------------------------------------

_STREAMS = (None, 10019689, 13112221)
"""What the state is joined with before the second and the third field of curl noise (``grammar/meanings/noise.py``)."""


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


def _noise(step: Step, g: Any) -> Gradients:
    state, x, *periods = step.operands
    gradient, _ = _jet(int(state), np.atleast_1d(x), tuple(map(int, periods)))
    of_x = gradient * g if np.ndim(x) else float(gradient[0] * g)
    return None, of_x, *(None,) * len(periods)


def _curlnoise(step: Step, g: Any) -> Gradients:
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
        for stream, h in zip(_STREAMS, adjoints, strict=False):
            state = state if stream is None else rand_init(state, stream)
            slope, bend = _jet(int(state), frequency * x)
            of_x += amplitude * frequency * (bend @ h)
            if k:
                of_lacunarity += amplitude * k * lacunarity ** (k - 1) * float(x @ bend @ h)
                of_gain += k * gain ** (k - 1) * float(slope @ h)
    return (None, of_x, None, of_lacunarity, of_gain)[: len(step.operands)]


# ------------------------------------------------------------------------------------------------------------------

SPECIAL_RULES: dict[str, Maker] = {
    "eig3": _eigen,
    "svd2": partial(_singular, "svd2"),
    "svd3": partial(_singular, "svd3"),
    "qr3": _orthogonal,
    "noise": plain(_noise),
    "pnoise": plain(_noise),
    "curlnoise": plain(_curlnoise),
}
"""Rules by builtin."""
