"""Expression productions written by hand: what the registry has only as generic records, and Python's own syntax.

Each is a row or a short comprehension over types; a contributor adds one here. ``builtin`` names the registry entry
that a production covers, and the construct itself where there is none.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np
import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.derive import call_of_variables
from warpsmith.grammar.operations import OPERATIONS, Interval
from warpsmith.grammar.production import Production
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.types import COMPOSITES, FLOATS, INTEGERS, SCALARS, VALUES, Array, Value

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
"""Python's comparisons, by their signs."""


@cache
def written() -> tuple[Production, ...]:
    """Every hand-written expression production."""
    return tuple(
        p
        for rows in (
            _comparisons(),
            _booleans(),
            _choices(),
            _constructors(),
            _parts_of_composites(),
            _components(),
            _slices(),
            _casts(),
            _norms(),
            _approximations(),
            _transforms(),
            _searches(),
        )
        for p in rows
    )


def _calling(path: str) -> Callable[..., Expr]:
    return partial(spell.call, path)


def _comparisons() -> Iterator[Production]:
    for op, function in COMPARE.items():
        # Composite values compare by == alone: Warp 1.19 generates code for != that its native headers do not define.
        for t in VALUES if op == "==" else SCALARS:
            yield Production(
                "compare",
                (t, t),
                wp.bool,
                lambda a, b, op=op: spell.compare(a, (op, b)),
                evaluate=lambda a, b, f=function: np.all(f(a, b)),
                spelling=f" {op}",
                weight=4 if types.is_scalar(t) else 1,
            )
    for first, second in (("<", "<"), ("<=", "<"), (">", ">="), ("<", "!=")):
        for t in SCALARS[:2] + FLOATS[1:] + INTEGERS[1:]:
            yield Production(
                "compare",
                (t, t, t),
                wp.bool,
                lambda a, b, c, one=first, two=second: spell.compare(
                    spell.loaded(a), (one, spell.loaded(b)), (two, spell.loaded(c))
                ),
                evaluate=lambda a, b, c, f=COMPARE[first], g=COMPARE[second]: f(a, b) and g(b, c),
                spelling=f" {first} {second}",
            )


def _booleans() -> Iterator[Production]:
    for op, function in (("and", np.logical_and), ("or", np.logical_or)):
        yield Production(op, (wp.bool, wp.bool), wp.bool, partial(spell.boolean, op), evaluate=function, weight=8)


def _choices() -> Iterator[Production]:
    for t in VALUES:
        yield Production("where", (wp.bool, t, t), t, _calling("wp.where"))
        yield Production(
            "conditional",
            (wp.bool, t, t),
            t,
            lambda test, a, b: spell.conditional(test, a, b),
            weight=2,
        )


CONSTRUCTORS = {o.makes: o.name for o in OPERATIONS.values() if o.makes}
"""The builtin that constructs each kind of composite type."""


def _constructors() -> Iterator[Production]:
    """Constructors of composite types from their components, from one value for all, and of zero."""
    for t in COMPOSITES:
        builtin, path, part = CONSTRUCTORS[types.kind(t)], types.spelling(t), types.scalar(t)
        count = int(np.prod(types.shape(t)))
        make = partial(_from_components, t)
        if types.kind(t) == "transform":
            continue
        if count <= 9:
            yield Production(builtin, (part,) * count, t, _calling(path), evaluate=make, spelling=f":{path}", weight=3)
        if types.kind(t) in ("vec", "mat"):
            yield Production(builtin, (part,), t, _calling(path), evaluate=make, spelling=f":{path}", weight=2)
            yield Production(builtin, (), t, _calling(path), evaluate=make, spelling=f":{path}")


def _from_components(t: Value, *parts: Any) -> Any:
    extent = types.shape(t)
    if len(parts) <= 1:
        return np.full(extent, parts[0] if parts else 0)
    return np.array(parts).reshape(extent)


def _parts_of_composites() -> Iterator[Production]:
    """Composite values made of smaller composites."""
    for part in FLOATS:
        vec3, quat, transform = (
            types.find(k, n, part) for k, n in (("vec", (3,)), ("quat", (4,)), ("transform", (7,)))
        )
        if vec3 is None or quat is None or transform is None:
            continue  # Warp predefines no composites of bfloat16
        dtype = spell.dotted(types.spelling(part))
        yield Production("quaternion", (vec3, part), quat, _calling(types.spelling(quat)), spelling=":vec")
        yield Production("transformation", (vec3, quat), transform, _calling(types.spelling(transform)), weight=3)
        yield Production("quat_identity", (), quat, partial(spell.call, "wp.quat_identity", dtype=dtype), spelling=":")
        yield Production(
            "transform_identity", (), transform, partial(spell.call, "wp.transform_identity", dtype=dtype), spelling=":"
        )
        for n in (2, 3, 4):
            vec, mat = types.the("vec", (n,), part), types.the("mat", (n, n), part)
            yield Production("matrix_from_rows", (vec,) * n, mat, _calling("wp.matrix_from_rows"))
            yield Production("matrix_from_cols", (vec,) * n, mat, _calling("wp.matrix_from_cols"))
        for n in (2, 3, 4, 6):
            mat = types.the("mat", (n, n), part)
            build = partial(spell.call, "wp.identity", n=spell.integer(n), dtype=dtype)
            yield Production("identity", (), mat, build, evaluate=partial(np.eye, n), spelling=f":{n}")
        for other in FLOATS:
            for n in (2, 3, 4):
                source, target = types.find("vec", (n,), other), types.find("vec", (n,), part)
                if source is not None and target is not None and source is not target:
                    yield Production(
                        "vector",
                        (source,),
                        target,
                        _calling(types.spelling(target)),
                        evaluate=np.asarray,
                        spelling=":convert",
                    )
    vec, mat = wp.vec3f, wp.spatial_vectorf
    yield Production("spatial_vector", (vec, vec), mat, _calling("wp.spatial_vector"))


_AXES = {"vec": "xyzw", "quat": "xyzw"}


def _components() -> Iterator[Production]:
    """Reading a component by index or by name, a row of a matrix, and the two parts of a transform."""
    for t in COMPOSITES:
        part, extent = types.scalar(t), types.shape(t)
        bounds = tuple(Interval(0, n - 1) for n in extent)
        yield Production(
            "index",
            (t, *(wp.int32,) * len(extent)),
            part,
            spell.subscript,
            requires=(None, *bounds),
            weight=2,
        )
        if len(extent) == 2:
            row = types.find("vec", extent[1:], part)
            yield Production("index", (t, wp.int32), row, spell.subscript, requires=(None, bounds[0]))
        for i, axis in enumerate(_AXES.get(types.kind(t), "")[: extent[0]] if extent[0] <= 4 else ""):
            yield Production(
                "index", (t,), part, partial(_attribute, axis), evaluate=lambda v, i=i: v[i], spelling=f".{axis}"
            )
        if types.kind(t) == "transform":
            for axis, kind, n, cut in (("p", "vec", 3, slice(0, 3)), ("q", "quat", 4, slice(3, 7))):
                found = types.find(kind, (n,), part)
                read = partial(_cut, cut)
                yield Production("index", (t,), found, partial(_attribute, axis), evaluate=read, spelling=f".{axis}")


def _attribute(axis: str, value: Expr) -> Expr:
    return spell.attribute(value, axis)


def _cut(part: Any, value: Any) -> Any:
    return value[part]


def _slices() -> Iterator[Production]:
    """Some components of a vector, some rows and columns of a matrix, at constant bounds."""
    for t in COMPOSITES:
        extent, part = types.shape(t), types.scalar(t)
        for spelled, at in _PARTS.get(types.kind(t), {}).items():
            shape = np.empty(extent)[at].shape
            result = types.find("vec" if len(shape) == 1 else "mat", shape, part)
            if result is not None and (shape != extent or spelled == "[::-1]"):
                yield Production(
                    "index", (t,), result, partial(_sliced, at), evaluate=partial(_cut, at), spelling=spelled
                )


_PARTS: dict[str, dict[str, tuple[slice | int, ...]]] = {
    "vec": {
        "[1:]": (slice(1, None),),
        "[:2]": (slice(None, 2),),
        "[::-1]": (slice(None, None, -1),),
    },
    "mat": {
        "[:, 1]": (slice(None), 1),
        "[-1, :2]": (-1, slice(None, 2)),
        "[0:2, 0:2]": (slice(0, 2), slice(0, 2)),
        "[1:, 0]": (slice(1, None), 0),
    },
}


def _sliced(at: tuple[slice | int, ...], value: Expr) -> Expr:
    return spell.subscript(value, *map(_spelled, at))


def _spelled(index: slice | int) -> Any:
    if isinstance(index, int):
        return spell.integer(index)
    return spell.slice_(*(None if b is None else spell.integer(b) for b in (index.start, index.stop, index.step)))


def _casts() -> Iterator[Production]:
    """Reinterpretation of the bits of a scalar as another type of the same width."""
    for source in INTEGERS + FLOATS:
        for target in INTEGERS + FLOATS:
            if source is target or types.BITS[source] != types.BITS[target]:
                continue
            if source in FLOATS or target in INTEGERS:  # bits as a float may be a signalling NaN, which is not portable
                dtype = spell.dotted(types.spelling(target))
                yield Production(
                    "cast", (source,), target, lambda a, d=dtype: spell.call("wp.cast", a, d), spelling=":bits"
                )


def _norms() -> Iterator[Production]:
    vectors = [t for t in COMPOSITES if types.kind(t) == "vec" and types.scalar(t) in FLOATS]
    for t in vectors:
        yield Production("norm_l2", (t,), types.scalar(t), _calling("wp.norm_l2"))
        if types.scalar(t) is wp.float32:  # their defaults are float32 literals
            for n in ("norm_l1", "norm_huber", "norm_pseudo_huber"):
                yield Production(n, (t,), wp.float32, _calling(f"wp.{n}"))
            yield Production("smooth_normalize", (t,), t, _calling("wp.smooth_normalize"))
    for t in COMPOSITES:
        yield Production("len", (t,), wp.int32, _calling("len"), traits=frozenset({"constant"}), spelling=":value")


def _approximations() -> Iterator[Production]:
    denominator = Interval(0.5, None, negatives=True)
    for t in FLOATS:
        yield Production("div_approx", (t, t), t, _calling("wp.div_approx"), requires=(None, denominator))
        for n in (2, 3, 4):
            mat = types.find("mat", (n, n), t)
            if mat is not None:
                yield Production("inverse_approx", (mat,), mat, _calling("wp.inverse_approx"))


def _transforms() -> Iterator[Production]:
    for part in (wp.float32, wp.float64, wp.float16):
        v, q, t = types.the("vec", (3,), part), types.the("quat", (4,), part), types.the("transform", (7,), part)
        m3, m, m6 = (types.the("mat", (n, n), part) for n in (3, 4, 6))
        yield Production("transform_compose", (v, q, v), m, _calling("wp.transform_compose"))
        yield Production("transform_decompose", (m,), (v, q, v), _calling("wp.transform_decompose"))
        if part is not wp.float32:  # those two records are concrete
            yield Production("transform_from_matrix", (m,), t, _calling("wp.transform_from_matrix"))
            yield Production("transform_to_matrix", (t,), m, _calling("wp.transform_to_matrix"))
        yield Production("spatial_adjoint", (m3, m3), m6, _calling("wp.spatial_adjoint"))


def _searches() -> Iterator[Production]:
    for t in (*INTEGERS, *FLOATS):
        yield Production("lower_bound", (Array(t), t), wp.int32, _calling("wp.lower_bound"))
    yield Production(
        "sample_cdf",
        (wp.uint32, Array(wp.float32)),
        wp.int32,
        partial(call_of_variables, "wp.sample_cdf"),  # as of derived ones: the state goes by a reference
        traits=frozenset({"random"}),
    )
