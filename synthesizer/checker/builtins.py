"""Typing rules of builtins that have no concrete record in the registry: where, len, tid, conversions, and others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import warp as wp

from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker import overloads
from warpsmith.synthesizer.checker.annotations import as_type
from warpsmith.synthesizer.checker.arguments import Call, unknown_results
from warpsmith.synthesizer.checker.body import Body, selectable
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
    MAYBE,
    STRING,
    UNKNOWN,
    Builtin,
    StructType,
    TileType,
    TupleType,
    Var,
    dtype_of,
    family,
    is_array,
    length_of,
    matrix,
    same,
    shape_of,
    show,
    vector,
)
from warpsmith.synthesizer.checker.objects import FunctionSet
from warpsmith.synthesizer.checker.records import (
    RULES_BY_NAME,
    builtin,
    by_generic_records,
    by_parameter,
    refuse,
    type_of,
)


def _where(body: Body, name: str, made: Call) -> Any:
    bound = by_parameter(body, name, made, "cond", "value_if_true", "value_if_false")
    if bound is None:
        return ANYTHING
    if any(isinstance(v, (Builtin, FunctionSet)) for v in bound.values()):
        return body.report(made.node, "not-a-value", "where selects values, not functions")
    condition, a, b = (type_of(bound[p]) for p in ("cond", "value_if_true", "value_if_false"))
    if not selectable(condition):
        return body.report(made.node, "not-a-condition", f"where takes a bool or an integer, not {show(condition)}")
    if isinstance(a, TileType) or isinstance(b, TileType):
        return by_generic_records(body, name, made)
    if not same(a, b):
        return body.report(made.node, "conditional-arms-differ", f"where selects of {show(a)} and {show(b)}")
    return Var(b if a is UNKNOWN else a)


def _tid(body: Body, name: str, made: Call) -> Any:
    if made.values:
        return body.report(made.node, "wrong-arity", "tid takes no arguments")
    if not body.function.is_kernel and not body.function.template:  # of a template, Warp has forgotten it
        body.report(made.node, "tid-in-function", "tid() is called in a function; pass the index to it")
    if made.expects > 4:
        return body.report(made.node, "bad-unpack", f"tid() yields at most four indices, not {made.expects}")
    return tuple(Var(wp.int32) for _ in range(made.expects)) if made.expects > 1 else _one(made, Var(wp.int32))


def _one(made: Call, var: Var) -> Any:
    return (var,) if made.expects == 1 else var


def _len(body: Body, name: str, made: Call) -> Any:
    bound = by_parameter(body, name, made, "a")
    t = UNKNOWN if bound is None else type_of(bound["a"])
    if t is UNKNOWN:
        return Var(wp.int32, MAYBE)
    if is_array(t):
        return Var(wp.int32)
    length = length_of(t)
    return body.report(made.node, "no-overload", f"len of {show(t)}") if length is None else Var(wp.int32, length)


def _cast(body: Body, name: str, made: Call) -> Any:
    bound = by_parameter(body, name, made, "a", "dtype")
    t = UNKNOWN if bound is None else as_type(bound["dtype"])
    return ANYTHING if t is UNKNOWN else Var(t)


def _identity(body: Body, name: str, made: Call) -> Any:
    bound = by_parameter(body, name, made, "n", "dtype")
    if bound is None or not isinstance(bound["n"], Var):
        return ANYTHING
    n, dtype = bound["n"].constant, as_type(bound["dtype"])
    if n is None and bound["n"].type is not UNKNOWN:
        return body.report(made.node, "bad-argument", "the size of identity() is constant")
    return Var(matrix(n, n, dtype)) if isinstance(n, int) and family(dtype) else ANYTHING


def _outer(body: Body, name: str, made: Call) -> Any:
    a, b = made.types if len(made.values) == 2 else (UNKNOWN, UNKNOWN)
    if family(a) == "vec" == family(b) and dtype_of(a) is dtype_of(b) and set(made.named) <= {"a", "b"}:
        return Var(matrix(shape_of(a)[0], shape_of(b)[0], dtype_of(a)))
    return ANYTHING if UNKNOWN in (a, b) and len(made.values) == 2 else refuse(body, name, made)


def _diag(body: Body, name: str, made: Call) -> Any:
    (t,) = made.types if len(made.values) == 1 else (None,)
    if family(t) == "vec":
        return Var(matrix(shape_of(t)[0], shape_of(t)[0], dtype_of(t)))
    return ANYTHING if t is UNKNOWN else refuse(body, name, made)


def _from_vectors(body: Body, name: str, made: Call) -> Any:
    types = made.types
    if UNKNOWN in types:
        return ANYTHING
    if not types or made.named or any(family(t) != "vec" for t in types) or any(t is not types[0] for t in types):
        return body.report(made.node, "bad-constructor", f"{name} takes vectors of one type, not {show(types)}")
    length, dtype = shape_of(types[0])[0], dtype_of(types[0])
    rows, columns = (length, len(types)) if name == "matrix_from_cols" else (len(types), length)
    return Var(matrix(rows, columns, dtype))


def _typed_identity(body: Body, name: str, made: Call) -> Any:
    bound = by_parameter(body, name, made, "dtype", optional=1)
    if bound is None:
        return ANYTHING
    dtype = as_type(bound["dtype"]) if "dtype" in bound else wp.float32
    table = _QUATERNIONS if name == "quat_identity" else _TRANSFORMS
    return Var(table.get(dtype, UNKNOWN))


_QUATERNIONS = {wp.float16: wp.quath, wp.float32: wp.quatf, wp.float64: wp.quatd}
_TRANSFORMS = {wp.float16: wp.transformh, wp.float32: wp.transformf, wp.float64: wp.transformd}


def _print(body: Body, name: str, made: Call) -> Any:
    if len(made.values) != 1:
        body.report(made.node, "wrong-arity", f"print takes one value, not {len(made.values)}")


def _printf(body: Body, name: str, made: Call) -> Any:
    if not made.positional or type_of(made.positional[0]) not in (STRING, UNKNOWN):
        body.report(made.node, "no-overload", "printf takes a format first")
    elif len(made.positional) > 33:
        body.report(made.node, "wrong-arity", "printf takes at most 32 values")


def _tuple(body: Body, name: str, made: Call) -> Any:
    return Var(TupleType(made.types))


def _norm(body: Body, name: str, made: Call) -> Any:
    t = made.types[0] if made.values else UNKNOWN
    if t is UNKNOWN or family(t) != "vec":
        return ANYTHING if t is UNKNOWN else body.report(made.node, "no-overload", f"{name} of {show(t)}")
    return Var(t if name == "smooth_normalize" else dtype_of(t))


def _select(body: Body, name: str, made: Call) -> Any:
    return body.report(made.node, "unknown-function", "select has been removed; use where(cond, if true, if false)")


_CONVERSIONS: dict[str, tuple[tuple[str, ...], Callable[[Any, Any, Any, Any], tuple[Any, Any]]]] = {
    "transform_to_matrix": (("xform",), lambda m, t, q, v: ((t,), m)),
    "transform_from_matrix": (("mat",), lambda m, t, q, v: ((m,), t)),
    "transform_compose": (("position", "rotation", "scale"), lambda m, t, q, v: ((v, q, v), m)),
    "transform_decompose": (("m",), lambda m, t, q, v: ((m,), (v, q, v))),
}


def _of_transform(body: Body, name: str, made: Call) -> Any:
    """The conversions between transforms and matrices, which Warp writes in its own language for every float type."""
    parameters, signature = _CONVERSIONS[name]
    bound = by_parameter(body, name, made, *parameters)
    given = tuple(type_of(bound[p]) for p in parameters) if bound is not None else (UNKNOWN,)
    if UNKNOWN in given:
        return unknown_results(made)
    for dtype, transform in _TRANSFORMS.items():
        operands, result = signature(matrix(4, 4, dtype), transform, _QUATERNIONS[dtype], vector(3, dtype))
        if given == operands:
            return tuple(map(Var, result)) if isinstance(result, tuple) else Var(result)
    return refuse(body, name, made)


def _approximate(body: Body, name: str, made: Call) -> Any:
    """An approximation takes what the exact operation takes, floats only."""
    exact = overloads.result(name.removesuffix("_approx"), made.types, made.expects, tuple(made.named))
    if exact is UNKNOWN:
        return ANYTHING
    if exact is overloads.NO_MATCH or any(family(dtype_of(t)) != "float" for t in made.types):
        return body.report(made.node, "no-overload", f"no overload of {name} takes {show(made.types)}")
    return Var(exact)


def _widen(body: Body, name: str, made: Call) -> Any:
    """A conversion to 64 bits, which takes over the very variable of a constant: a name bound to it is converted too.

    That is how Warp 1.19 keeps a literal's precision; after ``k = 3; y = wp.int64(k)``, ``k`` is an int64 and no
    constant any more.
    """
    if len(made.values) != 1 or made.types[0] is UNKNOWN:
        return builtin(body, name, made)
    found = made.values[0]
    numeric = family(found.type) in ("bool", "int", "float")
    if found.constant is None or found.constant is MAYBE or not numeric or found.constant != found.constant:
        return builtin(body, name, made)
    found.type, found.constant = getattr(wp, name), None
    return found


def _spatial_adjoint(body: Body, name: str, made: Call) -> Any:
    if UNKNOWN in made.types and len(made.values) == 2:
        return ANYTHING
    for dtype in _TRANSFORMS:
        if made.types == (matrix(3, 3, dtype),) * 2 and set(made.named) <= {"r", "s"}:
            return Var(matrix(6, 6, dtype))
    return refuse(body, name, made)


def _sample_cdf(body: Body, name: str, made: Call) -> Any:
    bound = by_parameter(body, name, made, "state", "cdf")
    if bound is None:
        return ANYTHING
    if not (same(type_of(bound["state"]), wp.uint32) and same(type_of(bound["cdf"]), Array(wp.float32))):
        return refuse(body, name, made)
    return Var(wp.int32)


def _expect(body: Body, name: str, made: Call) -> Any:
    """The assertions of Warp's own tests: the registry's rules compare what is given."""
    if UNKNOWN in made.types:
        return None
    a, b = (*made.types, None, None)[:2]
    if (is_array(a) or is_array(b)) or isinstance(a, StructType):
        return by_generic_records(body, name, made)
    if name != "expect_near" and not same(a, b):
        return body.report(made.node, "no-overload", f"{name} compares {show(a)} with {show(b)}")
    return by_generic_records(body, name, made) if family(a) else None


def _tile_matmul(body: Body, name: str, made: Call) -> Any:
    """A product of tiles: the registry's record does not compare the extents, the code generator does."""
    a, b = (*made.types, None, None)[:2]
    known = isinstance(a, TileType) and isinstance(b, TileType) and len(a.shape) == len(b.shape) == 2
    if known and a.shape[1] != b.shape[0]:
        return body.report(made.node, "no-overload", f"{name} of tiles of shapes {a.shape} and {b.shape}")
    return by_generic_records(body, name, made)


RULES_BY_NAME.update(
    {
        "where": _where,
        "select": _select,
        "tid": _tid,
        "len": _len,
        "cast": _cast,
        "identity": _identity,
        "outer": _outer,
        "diag": _diag,
        "matrix_from_cols": _from_vectors,
        "matrix_from_rows": _from_vectors,
        "quat_identity": _typed_identity,
        "transform_identity": _typed_identity,
        "print": _print,
        "printf": _printf,
        "spatial_adjoint": _spatial_adjoint,
        "sample_cdf": _sample_cdf,
        **dict.fromkeys(("float64", "int64", "uint64"), _widen),
        "inverse_approx": _approximate,
        "div_approx": _approximate,
        **dict.fromkeys(_CONVERSIONS, _of_transform),
        **dict.fromkeys(("expect_eq", "expect_neq", "expect_near"), _expect),
        "tuple": _tuple,
        "tile_matmul": _tile_matmul,
        **dict.fromkeys(("norm_l1", "norm_l2", "norm_huber", "norm_pseudo_huber", "smooth_normalize"), _norm),
    }
)
