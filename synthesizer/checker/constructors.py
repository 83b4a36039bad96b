"""Constructors of vectors, matrices, quaternions and transforms, with their keyword forms."""

from __future__ import annotations

from typing import Any

import warp as wp

from warpsmith.synthesizer.checker.annotations import as_type
from warpsmith.synthesizer.checker.arguments import Call
from warpsmith.synthesizer.checker.body import Body
from warpsmith.synthesizer.checker.calls import CONSTRUCTORS
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
    UNKNOWN,
    Var,
    dtype_of,
    family,
    shape_of,
    show,
    vector,
)
from warpsmith.synthesizer.checker.records import RULES_BY_NAME, by_generic_records


def _reject(body: Body, made: Call, t: Any) -> Var:
    return body.report(made.node, "bad-constructor", f"{show(t)} cannot be made of {show(made.types)}")


def _fits(found: Any, dtype: Any) -> bool:
    """Whether a component may be given so: constants are converted, run-time values have the dtype."""
    if not isinstance(found, Var):
        return False
    converted = found.constant is not None and family(found.type) in ("int", "float")
    return found.type is UNKNOWN or converted or found.type is dtype


def _without(made: Call, **redundant: Any) -> bool:
    """Drop keyword arguments that repeat what the type says; whether no other keyword is left."""
    for key, expected in redundant.items():
        if key not in made.named:
            continue
        found = made.named.pop(key)
        given = as_type(found) if key == "dtype" else getattr(found, "constant", None)
        if not (given is UNKNOWN or given == expected or not isinstance(given, (int, type))):
            return False
    return not made.named


def _vector(body: Body, t: Any, made: Call) -> Var:
    (length,), dtype = shape_of(t), dtype_of(t)
    if not _without(made, length=length, dtype=dtype):
        return _unknown_keyword(body, made, t)
    values = made.positional
    if len(values) == 1 and _copies(values[0], t, "vec"):
        return Var(t)
    right_count = len(values) in (0, 1, length)
    if not right_count or not all(_fits(v, dtype) for v in values):
        return _reject(body, made, t)
    return Var(t)


def _copies(found: Any, t: Any, kind: str) -> bool:
    same_kind = isinstance(found, Var) and family(found.type) == kind
    return same_kind and shape_of(found.type) == shape_of(t)


def _unknown_keyword(body: Body, made: Call, t: Any) -> Var:
    if not made.named:
        return _reject(body, made, t)
    return body.report(made.node, "unknown-keyword", f"the constructor of {show(t)} has no {next(iter(made.named))}")


def _matrix(body: Body, t: Any, made: Call) -> Var:
    (rows, columns), dtype = shape_of(t), dtype_of(t)
    if not _without(made, shape=(rows, columns), dtype=dtype):
        return _unknown_keyword(body, made, t)
    values = made.positional
    if len(values) == 1 and _copies(values[0], t, "mat"):
        return Var(t)
    if len(values) not in (0, 1, rows * columns) or not all(_fits(v, dtype) for v in values):
        return _reject(body, made, t)
    return Var(t)


def _quaternion(body: Body, t: Any, made: Call) -> Var:
    dtype = dtype_of(t)
    made.named.pop("dtype", None)
    if set(made.named) <= {"x", "y", "z", "w"} and len(made.values) == 4:
        if all(_floating(v, dtype) for v in made.values):
            return Var(t)
    elif set(made.named) <= {"ijk", "real"} and len(made.values) == 2:
        found = dict(zip(("ijk", "real"), made.positional, strict=False)) | made.named
        ijk, real = found.get("ijk"), found.get("real")
        if _is(ijk, vector(3, dtype)) and _floating(real, dtype):
            return Var(t)
    elif not made.values or (
        len(made.values) == 1 and set(made.named) <= {"quat"} and _copies(made.values[0], t, "quat")
    ):
        return Var(t)
    if any(isinstance(v, Var) and v.type is UNKNOWN for v in made.values):
        return Var(t)
    unknown = set(made.named) - {"x", "y", "z", "w", "ijk", "real", "quat"}
    return _unknown_keyword(body, made, t) if unknown else _reject(body, made, t)


def _floating(found: Any, dtype: Any) -> bool:
    # Unlike a vector's, a quaternion's constants must be floats already.
    return _fits(found, dtype) and (found.type is UNKNOWN or family(found.type) == "float")


def _is(found: Any, t: Any) -> bool:
    return isinstance(found, Var) and found.type in (t, UNKNOWN)


def _transform(body: Body, t: Any, made: Call) -> Var:
    dtype = dtype_of(t)
    made.named.pop("dtype", None)
    if set(made.named) - {"p", "q"}:
        return _unknown_keyword(body, made, t)
    values = made.values
    bound = dict(zip(("p", "q"), made.positional, strict=False)) | made.named
    if len(values) in (1, 2) and _is(bound.get("p"), vector(3, dtype)):
        if "q" not in bound or _is(bound["q"], _QUATERNIONS.get(dtype)):
            return Var(t)
    elif not made.named and len(values) in (0, 1, 7):
        copied = len(values) == 1 and _is(values[0], t)
        if copied or all(_fits(v, dtype) and family(v.type) in ("", "bool", "int", "float") for v in values):
            return Var(t)
    return _reject(body, made, t)


_QUATERNIONS = {wp.float16: wp.quath, wp.float32: wp.quatf, wp.float64: wp.quatd}


def _open_vector(body: Body, name: str, made: Call) -> Any:
    """``wp.vector(…)``: length and dtype come from the keywords, or else from the values."""
    length, dtype = _constant(made.named.get("length")), made.named.get("dtype")
    types = made.types[: len(made.positional)]
    if UNKNOWN in types:
        return ANYTHING
    if made.named.keys() - {"length", "dtype"}:
        return body.report(
            made.node, "unknown-keyword", f"vector has no {sorted(made.named.keys() - {'length', 'dtype'})[0]}"
        )
    if len(types) == 1 and family(types[0]) == "vec":
        length = length or shape_of(types[0])[0]
    found = as_type(dtype) if dtype is not None else (dtype_of(types[0]) if types and family(types[0]) else wp.float32)
    length = length or (len(types) if len(types) > 1 else None)
    if found is UNKNOWN or not isinstance(length, int):
        return by_generic_records(body, name, made)
    if dtype is None and any(family(t) and dtype_of(t) is not found for t in types):
        return body.report(made.node, "bad-constructor", f"a vector of {show(types)}")
    made.named.clear()
    return _vector(body, vector(length, found), made)


def _constant(found: Any) -> Any:
    return found.constant if isinstance(found, Var) else None


def _spatial_vector(body: Body, name: str, made: Call) -> Any:
    made.named.pop("dtype", None)
    types = made.types
    if UNKNOWN in types or not types:
        return ANYTHING if types else Var(wp.spatial_vectorf)
    dtype = dtype_of(types[0]) if family(types[0]) else None
    halves = len(types) == 2 and types[0] is types[1] and family(types[0]) == "vec" and shape_of(types[0]) == (3,)
    if halves or (len(types) == 6 and family(dtype) == "float" and all(t is dtype for t in types)):
        return Var(vector(6, dtype))
    return body.report(made.node, "bad-constructor", f"a spatial vector cannot be made of {show(types)}")


CONSTRUCTORS.update({"vec": _vector, "mat": _matrix, "quat": _quaternion, "transform": _transform})


def _open_matrix(body: Body, name: str, made: Call) -> Any:
    """``wp.matrix(…, shape=(2, 3), dtype=float)``: by Warp's own records, which want the shape's values."""
    return by_generic_records(body, name, made)


RULES_BY_NAME.update({"vector": _open_vector, "matrix": _open_matrix, "spatial_vector": _spatial_vector})
