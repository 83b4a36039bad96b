"""The known defects that generated programs may run into, and the predicates that recognise them.

A row's name is that of the folder in ``fuzz/findings/`` with its reproducer. Defects that the grammar leaves out (see
``grammar/ledger.py``) need no row: no program has them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from warpsmith.fuzz.known.known import Known
from warpsmith.grammar import types
from warpsmith.grammar.meanings import quaternion
from warpsmith.synthesizer.reference import Doubt, doubts
from warpsmith.synthesizer.reference.run import effects as reach
from warpsmith.synthesizer.reference.values.builtins import SETTERS

_VALUES = (("forward", "value"), ("options", "*"), ("rewrites", "value"))
_GRADIENT = (("gradient", "value"), ("rewrites", "gradient"))
_BOTH = (*_VALUES, ("gradient", "value"), ("rewrites", "gradient"))
_ASTRAY = (("accepted", "crash"), ("options", "crash"), ("rewrites", "crash"))
"""Where a wrong value is an index, a program may write anywhere."""
_ENDLESS = (("accepted", "timeout"), ("options", "timeout"), ("rewrites", "timeout"))
_ANYWHERE = (*_BOTH, *_ASTRAY, *_ENDLESS)
"""Where wrong values are of any kind: also what counts a loop's trips."""


def _calls(*names: str) -> Callable[[ast.Module], bool]:
    def matches(tree: ast.Module) -> bool:
        return any(isinstance(n, ast.Call) and _name(n.func) in names for n in ast.walk(tree))

    return matches


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _names_bound_to_names(tree: ast.Module) -> bool:
    """A tuple assignment of a bare name."""
    return any(_binds_a_name(node) for node in ast.walk(tree))


def _has_a_local_array_of_two_dimensions(tree: ast.Module) -> bool:
    shapes = [
        k.value for n in ast.walk(tree) if isinstance(n, ast.Call) and _name(n.func) == "zeros" for k in n.keywords
    ]
    return any(isinstance(shape, ast.Tuple) for shape in shapes)


def _changes_a_copy(tree: ast.Module) -> bool:
    """A function changes what it was given in place: a part of it, or all of it in a dynamic loop."""
    reach.index(tree)
    return any(changes for parameters in reach.handed(tree).values() for _, changes in parameters)


def _changes_an_argument(tree: ast.Module) -> bool:
    """A kernel changes a struct among its arguments."""
    reach.index(tree)
    return reach.changes_an_argument(tree)


def _keeps_a_tuple(tree: ast.Module) -> bool:
    """A name is bound to several results."""
    reach.index(tree)
    return bool(reach.kept(tree, reach.several(tree)))


def _takes_the_sign_of_an_angle(tree: ast.Module) -> bool:
    """``copysign``, and a conversion of angles, of whatever type."""
    return _calls("copysign")(tree) and _calls("radians", "degrees")(tree)


def _chains(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Compare) and len(node.ops) > 1 for node in ast.walk(tree))


def _splits_a_constant(tree: ast.Module) -> bool:
    around = (n for n in ast.walk(tree) if isinstance(n, (ast.For, ast.While, ast.If)))
    return any(reach.read_by_both_branches(n) & reach.constants(tree) for n in around)


def _widens_a_constant(tree: ast.Module) -> bool:
    """A name is converted to 64 bits that may be bound to a constant."""
    return bool(reach.widened(tree))


def _changes_its_condition(tree: ast.Module) -> bool:
    reach.index(tree)
    return any(reach.changes_its_condition(n, reach.numbers(tree)) for n in ast.walk(tree))


def _breaks(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Break) for node in ast.walk(tree))


def _goes_on(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Continue) for node in ast.walk(tree))


def _calls_lazily(tree: ast.Module) -> bool:
    return any(map(reach.calls_lazily, ast.walk(tree)))


def _returns_from_a_loop(tree: ast.Module) -> bool:
    loops = [n for n in ast.walk(tree) if isinstance(n, (ast.For, ast.While))]
    return any(isinstance(n, ast.Return) for loop in loops for n in ast.walk(loop))


def _read_behind_a_loop(tree: ast.Module) -> bool:
    """A name that a loop binds first, read behind it."""
    loops = [(f, n) for f in _functions(tree) for n in ast.walk(f) if isinstance(n, (ast.For, ast.While))]
    return any(_left_behind(loop, function) for function, loop in loops)


def _left_behind(loop: ast.For | ast.While, function: ast.FunctionDef) -> bool:
    names = [n for n in ast.walk(function) if isinstance(n, ast.Name)]
    before = {n.id for n in names if n.lineno < loop.lineno and isinstance(n.ctx, ast.Store)}
    within = {n.id for s in loop.body for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    after = {n.id for n in names if n.lineno > (loop.end_lineno or 0) and isinstance(n.ctx, ast.Load)}
    return bool((within - before) & after)


def _bound_by_whiles(tree: ast.Module) -> bool:
    reach.index(tree)
    return any(reach.bound_by_whiles(f, reach.numbers(tree)) for f in _functions(tree))


def _changes_a_component(tree: ast.Module) -> bool:
    """A store into a part of what is no array parameter, or a builtin that stores into a part of its first operand."""
    return _calls(*SETTERS)(tree) or any(map(_stores_into_a_part, _functions(tree)))


def _stores_into_a_part(function: ast.FunctionDef) -> bool:
    arrays = {a.arg for a in function.args.args if isinstance(a.annotation, ast.Call)}
    parts = (n for n in ast.walk(function) if isinstance(n, (ast.Subscript, ast.Attribute)))
    return any(isinstance(n.ctx, ast.Store) and getattr(n.value, "id", "") not in arrays for n in parts)


def _changed_after_use(tree: ast.Module) -> bool:
    reach.index(tree)
    known = (reach.fields(tree), reach.numbers(tree))
    return any(reach.changed_after_use(f, *known) for f in _functions(tree))


def _functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [f for f in tree.body if isinstance(f, ast.FunctionDef)]


def _binds_a_name(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Tuple)
        and any(isinstance(value, ast.Name) for value in node.value.elts)
    )


def _remainder(tree: ast.Module) -> bool:
    return _operates(tree, ast.Mod)


def _operates(tree: ast.Module, *operators: type[ast.AST]) -> bool:
    """Whether the program has one of the operators, be it in place."""
    return any(isinstance(getattr(n, "op", None), operators) for n in ast.walk(tree))


def _component_of_a_field(tree: ast.Module) -> bool:
    """A store into a part of a field, where the field is not in an array's element."""
    return any(_is_part_of_a_field(n) for n in ast.walk(tree) if isinstance(getattr(n, "ctx", None), ast.Store))


def _is_part_of_a_field(node: ast.AST) -> bool:
    inner = node.value if isinstance(node, (ast.Subscript, ast.Attribute)) else None
    return isinstance(inner, ast.Attribute)


def _negates(tree: ast.Module) -> bool:
    return _operates(tree, ast.USub)


def _divides_integer_vectors(tree: ast.Module) -> bool:
    """A division, in a program that has vectors or matrices of integers."""
    names = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    return _operates(tree, ast.Div) and bool(names & _INTEGER_VECTORS)


def _divides(tree: ast.Module) -> bool:
    return _operates(tree, ast.Div) or _calls("div_approx", "cw_div")(tree)


def _square_is_lost(a: Any, b: Any) -> bool:
    """Whether the square of the number that divides a composite has other digits than it should have.

    Or the sum that is divided by it, of the composite times what flows back, may have: there may flow as much as the
    root of the largest number.
    """
    if not np.ndim(a) or np.ndim(b) or b.dtype.kind != "f" or not b or not np.isfinite(b):
        return False
    limits = np.finfo(b.dtype)
    most = float(limits.max) ** 0.5
    return not float(limits.tiny) ** 0.5 < abs(float(b)) < most or not float(np.abs(a).max()) * a.size < most


def _distance_is_lost(a: Any, b: Any, x: Any) -> bool:
    """Whether the fourth power of the distance of two edges has other digits than it should have."""
    limits = np.finfo(a.dtype)
    return not float(limits.tiny) ** 0.25 < abs(float(a) - float(b)) < float(limits.max) ** 0.25


def _squares_are_lost(y: Any, x: Any) -> bool:
    """Whether the sum of their squares has other digits than it should have."""
    limits, square = np.finfo(y.dtype), float(y) ** 2 + float(x) ** 2
    return not float(limits.tiny) < square < float(limits.max)


def _cube_is_lost(q: Any, *to: Any) -> bool:
    """Whether one over the cube of a rotation's vector part overflows; of a slerp, of the rotation between two."""
    between = quaternion.multiply(quaternion.conjugate(q), to[0]) if to else q
    return _overflows_cubed(between[:3])


def _cubed_length_is_lost(q: Any) -> bool:
    """Whether one over the cube of a quaternion's length overflows; it may be a vector, of which that is not asked."""
    return q.shape == (4,) and _overflows_cubed(q)


def _overflows_cubed(v: Any) -> bool:
    """Whether one over the cube of a vector's length overflows."""
    return bool(np.linalg.norm(v.astype(np.float64)) < 1.25 * float(np.finfo(v.dtype).max) ** (-1 / 3))


_INTEGER_VECTORS = {types.name(t) for t in types.COMPOSITES if types.scalar(t) in types.INTEGERS}


def _is_zero(x: Any) -> bool:
    return bool(np.ndim(x) == 0 and x == 0)


def _has_nan(x: Any) -> bool:
    return bool(np.isnan(x).any())


def _near_zero(x: Any) -> bool:
    return bool(abs(x) < _FEW_DIGITS)


_FEW_DIGITS = 0.01
"""Below, the loss of low bits in the argument costs more than what the reference allows for."""


def _norm(a: Any) -> tuple[Any, Any, float]:
    """The matrix in float64, its largest entry, which may overflow in powers, and the spacing of its own type at 1."""
    return a.astype(np.float64), np.float64(np.abs(a).max()), float(np.finfo(a.dtype).eps)


def _conformal(a: Any) -> bool:
    """Whether the columns are orthogonal and of one length, as far as the type can tell."""
    a, size, eps = _norm(a)
    square = a.T @ a
    return bool(np.abs(square - square[0, 0] * np.eye(2)).max() <= 8 * eps * size**2)


def _singular(a: Any) -> bool:
    """Whether the smaller value is so much smaller that the root of a difference of squares has too few digits."""
    a = a.astype(np.float64)
    return bool(abs(np.linalg.det(a)) <= np.linalg.norm(a) ** 2 / 16)


def _columns_are_as_long(a: Any) -> bool:
    """Whether the difference of their squared lengths is so small beside their product that rounding counts."""
    a = a.astype(np.float64)
    square = a.T @ a
    return bool(abs(square[0, 0] - square[1, 1]) <= abs(square[0, 1]) / 8)


def _fourth_power_overflows(a: Any) -> bool:
    limits, size = np.finfo(a.dtype), float(np.linalg.norm(a.astype(np.float64)))
    least, most = float(limits.tiny) / float(limits.eps), float(limits.max) / 8
    return not least**0.25 < size < most**0.25


def _rotates_little(a: Any) -> bool:
    """Whether one of the pairs that the rotations of a QR factorisation take is near what float16 squares to zero.

    They are the first two entries of the first column, that column, and what is left of the second one.
    """
    a = a.astype(np.float64)
    diagonal = np.abs(np.diag(np.linalg.qr(a)[1])) if np.isfinite(a).all() else np.zeros(1)
    return bool(min(np.hypot(a[0, 0], a[1, 0]), diagonal.min()) < 2.0**-5)


def _poor_for_qr3(a: Any) -> bool:
    return a.dtype == np.float16 and _rotates_little(a)


def _poor_for_svd3(a: Any) -> bool:
    """The same for ``U S``, which ``svd3`` takes apart so."""
    if a.dtype != np.float16:
        return False
    u, s, _ = np.linalg.svd(np.nan_to_num(a.astype(np.float64)))
    return _rotates_little(u * s)


def _is_small(a: Any) -> bool:
    """Whether a singular value is so small that a rotation may be left out for it."""
    if not np.isfinite(a).all():
        return False
    least = float(np.linalg.svd(a.astype(np.float64), compute_uv=False)[-1])
    return least <= (4e-12 if a.dtype == np.float64 else 4e-6)


def _computes_with_integers(tree: ast.Module) -> bool:
    """Arithmetic, in a program that names a type of signed integers of 32 or 64 bits."""
    named = (_name(n) for n in ast.walk(tree) if isinstance(n, (ast.Attribute, ast.Name)))
    computes = _operates(tree, ast.Add, ast.Sub, ast.Mult, ast.USub) or _calls(*_ARITHMETIC)(tree)
    return computes and not _SIGNED.isdisjoint(named)


_SIGNED = {"int", "int32", "int64"}
_SIGNED |= {types.name(t) for t in types.COMPOSITES if types.name(types.scalar(t)) in _SIGNED}
_SUMS: dict[str, Callable[..., int]] = {
    "add": lambda a, b: _most(a + b),
    "sub": lambda a, b: _most(a - b),
    "neg": lambda a: _most(-a),
    "abs": lambda a: _most(-a),
    "mul": lambda a, b: _most(a) * _most(b) * (a.shape[-1] if a.ndim and b.ndim else 1),
    "cw_mul": lambda a, b: _most(a) * _most(b),
    "outer": lambda a, b: _most(a) * _most(b),
    "cross": lambda a, b: 2 * _most(a) * _most(b),
    "dot": lambda a, b: _most(a) * _most(b) * a.size,
    "length_sq": lambda a: _most(a) ** 2 * a.size,
    "trace": lambda a: _most(a) * a.shape[0],
}
"""How large the results of operations may become on the way, by the operands as arrays of Python's integers."""
_ARITHMETIC = {*_SUMS, "atomic_add", "atomic_sub"}


def _most(a: Any) -> int:
    sizes: list[int] = [abs(x) for x in np.ravel(np.asarray(a, object)).tolist()]
    return max(sizes)


def _overflows(operation: str) -> Callable[..., bool]:
    def when(*operands: Any) -> bool:
        dtypes = {np.asarray(x).dtype for x in operands}
        if not dtypes <= {np.dtype(np.int32), np.dtype(np.int64)}:
            return False
        limit = min(int(np.iinfo(dtype).max) for dtype in dtypes)
        return _SUMS[operation](*(np.asarray(x).astype(object) for x in operands)) > limit

    return when


def _is_no_struct(x: Any) -> bool:
    return not isinstance(x, dict)


TABLE = (
    # And three others of such arrays.
    Known("local-array-replayed", _GRADIENT, _calls("zeros"), (Doubt(doubts.LOCAL, slope=True),)),
    Known("local-array-of-two-dimensions", (("options", "crash"),), _has_a_local_array_of_two_dimensions, ()),  # debug
    Known(
        "copysign-of-a-converted-half",
        (("options", "launch"),),  # optimised
        _takes_the_sign_of_an_angle,
        (),
        first="1.18.0",
    ),
    Known(
        "component-of-a-field", _GRADIENT, _component_of_a_field, (Doubt(doubts.FIELD, slope=True, when=_is_no_struct),)
    ),
    Known("break-from-a-dynamic-loop", _GRADIENT, _breaks, (Doubt(doubts.BREAK, slope=True),)),
    Known("continue-in-a-dynamic-loop", _GRADIENT, _goes_on, (Doubt(doubts.CONTINUE, slope=True),)),
    Known(
        "return-from-a-dynamic-loop", (*_GRADIENT, *_ENDLESS), _returns_from_a_loop, (Doubt(doubts.BREAK, slope=True),)
    ),
    Known("tuple-without-a-derivative", _GRADIENT, _keeps_a_tuple, (Doubt(doubts.KEPT, slope=True),)),
    Known("call-in-a-conjunction", _GRADIENT, _calls_lazily, (Doubt(doubts.LAZY, slope=True),)),
    Known("name-bound-in-a-dynamic-loop", _GRADIENT, _read_behind_a_loop, (Doubt(doubts.INNER, slope=True),)),
    Known("name-bound-in-two-while-loops", _GRADIENT, _bound_by_whiles, (Doubt(doubts.WHILES, slope=True),)),
    Known("field-changed-in-a-function", _GRADIENT, _changes_a_copy, (Doubt(doubts.HANDED, slope=True),)),
    Known("field-of-an-argument-changed", _GRADIENT, _changes_an_argument, (Doubt(doubts.ARGUMENT, slope=True),)),
    Known("argument-changed-after-a-call", _GRADIENT, _changed_after_use, (Doubt(doubts.USED),)),
    Known("component-changed-after-its-use", _GRADIENT, _changes_a_component, (Doubt(doubts.UPDATED, slope=True),)),
    Known("tuple-assignment-in-a-loop", _ANYWHERE, _names_bound_to_names, (Doubt(doubts.TUPLES),)),
    Known("constant-read-in-both-branches", _ANYWHERE, _splits_a_constant, (Doubt(doubts.CONSTANT),)),
    Known("widening-a-constant-name", _ANYWHERE, _widens_a_constant, (Doubt(doubts.WIDENED),)),
    Known("condition-changed-in-a-branch", _ANYWHERE, _changes_its_condition, (Doubt(doubts.SWAYED),)),
    Known("chain-evaluated-to-its-end", _ANYWHERE, _chains, (Doubt(doubts.CHAIN),)),
    Known("svd2-of-a-rotation", _BOTH, _calls("svd2"), (Doubt("svd2", when=_conformal),)),
    Known("svd2-of-a-singular-matrix", _BOTH, _calls("svd2"), (Doubt("svd2", when=_singular, spreads=True),)),
    Known("svd2-of-equally-long-columns", _BOTH, _calls("svd2"), (Doubt("svd2", when=_columns_are_as_long),)),
    Known("svd2-overflow", _BOTH, _calls("svd2"), (Doubt("svd2", when=_fourth_power_overflows, spreads=True),)),
    Known("svd3-overflow", _BOTH, _calls("svd3"), (Doubt("svd3", when=_fourth_power_overflows, spreads=True),)),
    Known(
        "qr3-of-halves",
        _BOTH,
        _calls("qr3", "svd3"),
        (Doubt("qr3", when=_poor_for_qr3, spreads=True), Doubt("svd3", when=_poor_for_svd3, spreads=True)),
    ),
    Known(
        "qr3-of-small-numbers",
        _BOTH,
        _calls("qr3", "svd3"),
        (Doubt("qr3", when=_is_small, spreads=True), Doubt("svd3", when=_is_small, spreads=True)),
    ),
    Known("erfinv-near-zero", _BOTH, _calls("erfinv"), (Doubt("erfinv", when=_near_zero),)),
    Known(
        "search-of-a-strided-array",
        (("options", "value"), ("options", "gradient")),
        _calls("lower_bound", "sample_cdf"),
        (Doubt("lower_bound"), Doubt("sample_cdf")),
    ),
    Known(
        "overflow-when-optimised",
        (("options", "value"), ("options", "gradient"), ("options", "crash"), ("options", "timeout")),
        _computes_with_integers,
        tuple(Doubt(name, when=_overflows(name)) for name in _SUMS),
    ),
    Known("remainder-gradient", (("gradient", "value"),), _remainder, (Doubt("mod", slope=True),)),
    Known(
        "smoothstep-gradient-overflow",
        _GRADIENT,
        _calls("smoothstep"),
        (Doubt("smoothstep", slope=True, when=_distance_is_lost),),
    ),
    Known(
        "atan2-gradient-overflow",
        _GRADIENT,
        _calls("atan2"),
        (Doubt("atan2", slope=True, when=_squares_are_lost),),
    ),
    Known(
        "axis-angle-gradient-overflow",
        _GRADIENT,
        _calls("quat_to_axis_angle", "quat_slerp"),
        tuple(
            Doubt(name, slope=True, when=_cube_is_lost, spreads=True) for name in ("quat_to_axis_angle", "quat_slerp")
        ),
    ),
    Known(
        "normalize-gradient-overflow",
        _GRADIENT,
        _calls("normalize"),
        (Doubt("normalize", slope=True, when=_cubed_length_is_lost, spreads=True),),
    ),
    Known("negation-of-zero", _BOTH, _negates, (Doubt("neg", when=_is_zero),)),
    Known("normalize-of-nan", _BOTH, _calls("normalize"), (Doubt("normalize", when=_has_nan),)),
    Known("division-of-integer-vectors", (("accepted", "crash"),), _divides_integer_vectors, ()),
    Known(
        "division-of-integer-vectors",  # the same line, of floats
        _GRADIENT,
        _divides,
        tuple(Doubt(name, slope=True, when=_square_is_lost) for name in ("div", "div_approx", "cw_div")),
    ),
)
"""Every known defect; the first that explains a disagreement is counted."""
