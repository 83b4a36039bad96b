"""Edits of the launch and its data: fewer threads and dimensions, shorter arrays, simpler numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import libcst as cst
import numpy as np

from warpsmith.fuzz.reductions.candidate import Candidate, Data, Edit, quantised
from warpsmith.fuzz.reductions.expressions import thread_line, thread_names
from warpsmith.fuzz.reductions.trees import Replacement, mentions, names_in, replaced
from warpsmith.fuzz.reductions.view import TypedView
from warpsmith.grammar import spell
from warpsmith.grammar.kernels import annotation
from warpsmith.grammar.program import Argument, Step
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.reading import functions, last_name, root, walk

_THREADS = 16
"""How many threads of a launch are tried for the only one."""


def fewer_steps(view: TypedView) -> list[Edit]:
    """Leave out one launch of several, but for the last."""
    return [_without_step(step) for step in view.candidate.launch.steps[:-1]]


def _without_step(gone: Step) -> Edit:
    def edit(candidate: Candidate) -> Candidate | None:
        steps = tuple(step for step in candidate.launch.steps if step is not gone)
        if len(steps) == len(candidate.launch.steps):
            return None
        left = {name for step in steps for name in step.arguments}
        kept = [(a, data) for a, data in candidate.arguments if a.parameter in left]
        return candidate.with_launch(candidate.launch.dim, kept, steps)

    return edit


def one_thread(view: TypedView) -> list[Edit]:
    """Launch one thread, with the data that some thread of the launch has at its own cells."""
    dim = view.candidate.launch.dim
    threads = list(np.ndindex(*dim))
    return [_one_thread(thread) for thread in threads[:: -(-len(threads) // _THREADS)]] if prod(dim) > 1 else []


def _one_thread(thread: tuple[int, ...]) -> Edit:
    def edit(candidate: Candidate) -> Candidate | None:
        dim = candidate.launch.dim
        if len(dim) != len(thread):
            return None
        moved = [(a, _first_cell(a, data, dim, thread)) for a, data in candidate.arguments]
        return candidate.with_launch([1] * len(dim), moved)

    return edit


def _first_cell(argument: Argument, data: Data, dim: tuple[int, ...], thread: tuple[int, ...]) -> Data:
    """An array that has a cell per thread, with this thread's cell moved to the first place."""
    if not isinstance(argument.type, Array) or data.shape[: len(dim)] != dim or argument.type.ndim < len(dim):
        return data
    return np.roll(data, [-i for i in thread], axis=tuple(range(len(dim))))


def fewer_threads(view: TypedView) -> list[Edit]:
    """Launch fewer threads along one dimension."""
    return [_threads(axis, extent) for axis, n in enumerate(view.candidate.launch.dim) for extent in (1, n // 2)]


def _threads(axis: int, extent: int) -> Edit:
    def edit(candidate: Candidate) -> Candidate | None:
        dim = list(candidate.launch.dim)
        if axis >= len(dim) or not 0 < extent < dim[axis]:
            return None
        dim[axis] = extent
        return candidate.with_launch(dim, candidate.arguments)

    return edit


def fewer_dimensions(view: TypedView) -> list[Edit]:
    """Launch along fewer dimensions; the index that goes is 0 everywhere."""
    return [_without(name) for name in thread_names(view.kernel)] or [_one_dimension]


def _one_dimension(candidate: Candidate) -> Candidate | None:
    """A launch along the first dimension alone, of a kernel that does not ask which thread it is."""
    kernel = functions(candidate.module)[candidate.program.entry]
    asks = any(isinstance(n, cst.Call) and last_name(n.func) == "tid" for n in walk(kernel.body))
    dim = candidate.launch.dim
    return None if asks or len(dim) == 1 else candidate.with_launch(dim[:1], candidate.arguments)


def _without(name: str) -> Edit:
    def edit(candidate: Candidate) -> Candidate | None:
        kernel = functions(candidate.module)[candidate.program.entry]
        line, names, dim = thread_line(kernel), thread_names(kernel), list(candidate.launch.dim)
        if line is None or name not in names or len(names) != len(dim):
            return None
        left = [spell.name(n) for n in names if n != name]
        new: dict[int, Replacement] = {id(n): spell.integer(0) for n in names_in(kernel.body) if n.value == name}
        if left:
            target = left[0] if len(left) == 1 else spell.bare_tuple(left)
            new[id(line)] = spell.assign(target, line.value).body[0]  # type: ignore[attr-defined]
            del dim[names.index(name)]
        elif dim == [1]:
            new[id(kernel.body.body[0])] = None
        else:
            return None
        return candidate.with_module(replaced(candidate.module, new)).with_launch(dim, candidate.arguments)

    return edit


def shorter_arrays(view: TypedView) -> list[Edit]:
    """Cut an array along one dimension: to its first or its first two elements, or to either half."""
    axes = [(a.name, axis, n) for a in view.candidate.launch.arguments for axis, n in enumerate(a.shape) if n > 1]
    first = [_cut(name, axis, slice(extent)) for extent in (1, 2) for name, axis, _ in axes]
    halves = [(name, axis, half) for name, axis, n in axes for half in (slice(n // 2), slice(n // 2, n))]
    return first + [_cut(*half) for half in halves]


def _cut(name: str, axis: int, kept: slice) -> Edit:
    return _changing(name, lambda _, data: data[(slice(None),) * axis + (kept,)])


def fewer_axes(view: TypedView) -> list[Edit]:
    """Take a dimension of one element from an array that is only ever read and written element by element."""
    found = [a for a in view.candidate.launch.arguments if isinstance(a.type, Array) and a.type.ndim > 1]
    return [_without_axis(a.name, axis) for a in found for axis in reversed(range(len(a.shape)))]


def _without_axis(name: str, axis: int) -> Edit:
    def edit(candidate: Candidate) -> Candidate | None:
        found = next((a for a in candidate.launch.arguments if a.name == name and isinstance(a.type, Array)), None)
        if found is None or len(found.shape) < 2 or found.shape[axis : axis + 1] != (1,):
            return None
        kernel = functions(candidate.module)[candidate.program.entry]
        t = Array(found.type.dtype, found.type.ndim - 1)  # type: ignore[union-attr]
        new = _narrowed(kernel, name, t, axis)
        changed = [(replace(a, type=t), d.squeeze(axis)) if a is found else (a, d) for a, d in candidate.arguments]
        module = replaced(candidate.module, new)
        return candidate.with_module(module).with_launch(candidate.launch.dim, changed) if new else None

    return edit


def _narrowed(kernel: cst.FunctionDef, name: str, t: Array, axis: int) -> dict[int, Replacement]:
    """The array's annotation and elements without that axis; nothing where it is used otherwise."""
    uses = [n for n in walk(kernel.body) if isinstance(n, cst.Subscript) and root(n) == (name, frozenset())]
    new: dict[int, Replacement] = {}
    for n in uses:
        indices = [e.slice.value for i, e in enumerate(n.slice) if isinstance(e.slice, cst.Index) and i != axis]
        if len(n.slice) != t.ndim + 1 or len(indices) != t.ndim:
            return {}
        new[id(n)] = spell.subscript(spell.name(name), *indices)
    if len(new) != mentions(kernel.body, name):
        return {}
    parameters = (p for p in kernel.params.params if p.name.value == name and p.annotation is not None)
    return new | {id(p.annotation.annotation): annotation(t) for p in parameters if p.annotation is not None}


def simpler_data(view: TypedView) -> list[Edit]:
    """Simplify the numbers of one argument: ones, zeros, small integers, few digits."""
    names = [a.name for a in view.candidate.launch.arguments if _plain(a)]
    return [_changing(name, _quantising(simplify)) for simplify in _SIMPLER for name in names]


def simpler_elements(view: TypedView) -> list[Edit]:
    """Simplify one number of an argument's data."""
    places = [(a.name, i) for a, data in view.candidate.arguments if _plain(a) for i in range(min(data.size, 16))]
    return [_changing(n, _placed(i, simplify)) for simplify in _SIMPLER for n, i in places]


def _plain(argument: Argument) -> bool:
    """Whether its numbers may be any: not those of objects, whose triangles and boxes may not collapse."""
    return argument.object is None and argument.part is None


def _changing(name: str, change: Callable[[Argument, Data], Data]) -> Edit:
    def edit(candidate: Candidate) -> Candidate | None:
        changed = [(a, change(a, data) if a.name == name else data) for a, data in candidate.arguments]
        # Of two ways to simplify the same numbers, the second has nothing to add to the first.
        simpler = candidate.with_launch(candidate.launch.dim, changed)
        return simpler if simpler.is_smaller(candidate) else None

    return edit


def _quantising(simplify: Callable[[Data], Data]) -> Callable[[Argument, Data], Data]:
    return lambda argument, data: quantised(argument, _leafwise(simplify, data), data)


def _leafwise(simplify: Callable[[Data], Data], data: Data) -> Data:
    """The data simplified; records field by field."""
    if data.dtype.names is None:
        return simplify(data)
    made: Data = data.copy()
    for name in data.dtype.names:
        made[name] = _leafwise(simplify, data[name])
    return made


def _placed(place: int, simplify: Callable[[Data], Data]) -> Callable[[Argument, Data], Data]:
    return lambda argument, data: quantised(argument, _at(place, simplify)(data), data)


def _at(place: int, simplify: Callable[[Data], Data]) -> Callable[[Data], Data]:
    def change(data: Data) -> Data:
        flat = data.ravel().copy()
        if place < flat.size:
            flat[place : place + 1] = _leafwise(simplify, flat[place : place + 1])
        return np.reshape(flat, data.shape)

    return change


def _rounded(places: int) -> Callable[[Data], Data]:
    """Rounded to so many digits behind the point; integers to so few bits."""

    def change(data: Data) -> Data:
        if data.dtype.kind != "f":
            return np.bitwise_and(data, (8 << places) - 1)
        with np.errstate(over="ignore"):
            rounded = np.round(data, places)
        return np.where(np.isfinite(rounded), rounded, data)

    return change


def _half(data: Data) -> Data:
    return np.full_like(data, 0.5)


_SIMPLER: tuple[Callable[[Data], Data], ...] = (
    np.ones_like,
    np.zeros_like,
    _half,
    _rounded(0),
    _rounded(1),
    _rounded(3),
)
"""Ways to simplify numbers; the best first."""
