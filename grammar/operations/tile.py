"""Builtins of tiles: what they mean on NumPy arrays.

A meaning takes arrays by the names of Warp's parameters. It computes with Python's operators and NumPy's ufuncs alone,
so the elements may be numbers, or values that carry their errors and derivatives along: those of a tile follow from
those of its elements. What a meaning leaves in place keeps its element.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, TypeAlias

import numpy as np

from warpsmith.grammar.operations.operation import Operation

Elements: TypeAlias = Any
"""A NumPy array, of numbers or of what computes like them."""

Extents: TypeAlias = "int | tuple[int, ...]"


def _one(value: Any) -> Elements:
    return np.array([value])


def _folded(by: Callable[[Any, Any], Any], a: Elements, axis: int | None = None) -> Elements:
    """The elements combined, all of them or along an axis."""
    if axis is None:
        return _one(reduce(by, a.ravel()))
    return np.asarray(reduce(by, np.moveaxis(a, axis, 0)))


def _sum(a: Elements, axis: int | None = None) -> Elements:
    return _folded(np.add, a, axis)


def _reduce(op: Callable[[Any, Any], Any], a: Elements, axis: int | None = None) -> Elements:
    return _folded(np.frompyfunc(op, 2, 1), a, axis)


def _map(op: Callable[..., Any], a: Elements, b: Any = None, args: tuple[Any, ...] = ()) -> Elements:
    operands = [a, *([] if b is None else [b]), *args]
    return np.asarray(np.frompyfunc(op, len(operands), 1)(*operands))


def _scan(by: Callable[[Any, Any], Any], a: Elements) -> Elements:
    found = a.copy().ravel()
    for i in range(1, found.size):
        found[i] = by(found[i - 1], found[i])
    return found.reshape(a.shape)


def _exclusive(a: Elements) -> Elements:
    found = np.zeros_like(a).ravel()
    found[1:] = _scan(np.add, a).ravel()[:-1]
    return found.reshape(a.shape)


def _product(a: Elements, b: Elements) -> Elements:
    found = np.empty((a.shape[0], b.shape[1]), a.dtype)
    for i, j in np.ndindex(found.shape):
        found[i, j] = reduce(np.add, a[i] * b[:, j])
    return found


def _matmul(a: Elements, b: Elements, out: Elements | None = None, alpha: Any = None, beta: Any = None) -> Elements:
    product = _product(a, b)
    scaled = product if alpha is None else alpha * product
    if out is None:
        return scaled
    return scaled + (out if beta is None else beta * out)


def _axpy(alpha: Any, src: Elements, dest: Elements) -> Elements:
    return dest + alpha * src


def _diag_add(a: Elements, d: Elements) -> Elements:
    found = a.copy()
    for i in range(len(d)):
        found[i, i] = a[i, i] + d[i]
    return found


def _view(t: Elements, offset: Any, shape: Extents | None = None) -> Elements:
    """A part of a tile; without a shape, what is at those indices."""
    start = _indices(offset)
    if shape is None:
        return np.asarray(t[start])
    extents = (shape,) if isinstance(shape, int) else shape
    return t[tuple(slice(i, i + n) for i, n in zip(start, extents, strict=True))]


def _indices(offset: Any) -> tuple[int, ...]:
    return tuple(int(i) for i in (offset if isinstance(offset, tuple) else (offset,)))


def _assign(dst: Elements, src: Elements, offset: Any = None) -> Elements:
    found = dst.copy()
    start = _indices(offset) if offset is not None else (0,) * src.ndim
    found[tuple(slice(i, i + n) for i, n in zip(start, src.shape, strict=True))] = src
    return found


def _squeeze(t: Elements, axis: tuple[int, ...] | None = None) -> Elements:
    return np.squeeze(t, axis)


def _broadcast(a: Elements, shape: Extents) -> Elements:
    return np.broadcast_to(a, shape)


def _scatter_add(a: Elements, i: Any, value: Any, has_value: Any, j: Any = None) -> Elements:
    return _scattered(a, i, j, has_value, lambda before: before + value)


def _scatter_masked(a: Elements, i: Any, value: Any, has_value: Any, j: Any = None) -> Elements:
    return _scattered(a, i, j, has_value, lambda before: value)


def _scattered(a: Elements, i: Any, j: Any, has_value: Any, change: Callable[[Any], Any]) -> Elements:
    found = a.copy()
    if has_value:
        at = (int(i),) if j is None else (int(i), int(j))
        found[at] = change(found[at])
    return found


def _cholesky(A: Elements, fill_mode: str = "lower") -> Elements:
    if fill_mode == "upper":
        return _cholesky(A.T).T
    L = np.zeros_like(A)
    for j in range(len(A)):
        L[j, j] = np.sqrt(reduce(np.subtract, L[j, :j] * L[j, :j], A[j, j]))
        for i in range(j + 1, len(A)):
            L[i, j] = reduce(np.subtract, L[i, :j] * L[j, :j], A[i, j]) / L[j, j]
    return L


def _lower_solve(L: Elements, y: Elements) -> Elements:
    x = y.copy()
    for i in range(len(L)):
        for k in range(i):
            x[i] = x[i] - L[i, k] * x[k]
        x[i] = x[i] / L[i, i]
    return x


def _upper_solve(U: Elements, z: Elements) -> Elements:
    return _lower_solve(U[::-1, ::-1], z[::-1])[::-1]


def _cholesky_solve(L: Elements, y: Elements, fill_mode: str = "lower") -> Elements:
    if fill_mode == "upper":
        return _upper_solve(L, _lower_solve(L.T, y))
    return _upper_solve(L.T, _lower_solve(L, y))


TILE = (
    Operation("tile_zeros", lambda shape, dtype=np.float32: np.zeros(shape, dtype)),
    Operation("tile_ones", lambda shape, dtype=np.float32: np.ones(shape, dtype)),
    Operation("tile_empty", lambda shape, dtype=np.float32: np.zeros(shape, dtype)),
    Operation("tile_full", lambda shape, value, dtype=None: np.full(shape, value)),
    Operation("tile", lambda x: _one(x)),
    Operation("untile", lambda a: a[0]),
    Operation("tile_from_thread", lambda shape, value, thread_idx: np.full(shape, value)),
    Operation("tile_arange", lambda args, dtype=np.float32: np.arange(*args, dtype=dtype)),
    Operation("tile_astype", lambda t, dtype: t.astype(dtype)),
    Operation("tile_map", _map),
    Operation("tile_transpose", np.transpose),
    Operation("tile_reshape", lambda t, shape: np.reshape(t, shape)),
    Operation("tile_broadcast", _broadcast),
    Operation("tile_squeeze", _squeeze),
    Operation("tile_view", _view),
    Operation("tile_extract", lambda a, i, j=None: a[int(i)] if j is None else a[int(i), int(j)]),
    Operation("tile_sum", _sum, reorders=True),
    Operation("tile_reduce", _reduce, reorders=True),
    Operation("tile_dot", lambda a, b: _sum(a * b), reorders=True),
    Operation("tile_min", lambda a: _folded(np.minimum, a)),
    Operation("tile_max", lambda a: _folded(np.maximum, a)),
    Operation("tile_argmin", lambda a: _one(np.int32(np.argmin(a))), orders=True),
    Operation("tile_argmax", lambda a: _one(np.int32(np.argmax(a))), orders=True),
    Operation("tile_sort", lambda keys, values: (np.sort(keys), values[np.argsort(keys)]), orders=True, changes=(0, 1)),
    Operation("tile_scan_inclusive", lambda a: _scan(np.add, a), reorders=True),
    Operation("tile_scan_exclusive", _exclusive, reorders=True),
    Operation("tile_scan_max_inclusive", lambda a: _scan(np.maximum, a)),
    Operation("tile_scan_min_inclusive", lambda a: _scan(np.minimum, a)),
    Operation("tile_matmul", _matmul, reorders=True, changes=(2,), apart=True),
    Operation("tile_axpy", _axpy, changes=(2,)),
    Operation("tile_diag_add", _diag_add),
    Operation("tile_assign", _assign, changes=(0,)),
    Operation("tile_scatter_add", _scatter_add, changes=(0,)),
    Operation("tile_scatter_masked", _scatter_masked, changes=(0,)),
    Operation("tile_cholesky", _cholesky),
    Operation("tile_cholesky_inplace", _cholesky, changes=(0,)),
    Operation("tile_cholesky_solve", _cholesky_solve),
    Operation("tile_cholesky_solve_inplace", _cholesky_solve, changes=(1,)),
    Operation("tile_lower_solve", _lower_solve),
    Operation("tile_lower_solve_inplace", _lower_solve, changes=(1,)),
    Operation("tile_upper_solve", _upper_solve),
    Operation("tile_upper_solve_inplace", _upper_solve, changes=(1,)),
)

TILES: dict[str, Operation] = {o.name: o for o in TILE}
"""By name."""

SYMMETRIC = ("tile_cholesky", "tile_cholesky_inplace")
"""Of a symmetric matrix, of which they read one triangle."""

WRITES = ("tile_store", "tile_store_indexed", "tile_atomic_add", "tile_atomic_add_indexed")
"""What moves tiles to arrays: it means a store or an atomic for each element."""

MEMORY = ("tile_load", "tile_load_indexed", *WRITES)
"""What moves tiles from and to arrays."""
