"""Derivatives of single steps are those of the meanings at smooth points, and there is none anywhere else."""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import warp as wp

from warpsmith.grammar import registry, types
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.operations import OPERATIONS, noise
from warpsmith.grammar.operations.values import DTYPES
from warpsmith.grammar.production import Interval
from warpsmith.synthesizer.reference.derivatives import pullback as module
from warpsmith.synthesizer.reference.derivatives.pullback import Kink, OperationStep, derivatives, refined

RULES = {o.name: o.derivative for o in OPERATIONS.values() if o.derivative is not None and not o.observes}
"""What is observed of an object has none: see ``_no_derivative`` in its module."""
MEANINGS = {o.name: o for o in OPERATIONS.values() if o.meaning is not None and o.name in registry.names()}
F, D, H, B, N = wp.float32, wp.float64, wp.float16, wp.bfloat16, wp.int32
Gradients = tuple[Any, ...]


def pullback(step: OperationStep, adjoint: Any) -> Gradients:
    """The derivatives, without NumPy's warnings."""
    with np.errstate(all="ignore"):
        return derivatives(step, adjoint)


# --- cases: what the grammar can write, and what the registry has besides -------------------------------------------


@dataclass(frozen=True)
class Case:
    """An operation on operands of certain types."""

    name: str
    types: tuple[type, ...]
    f: Callable[..., Any]
    requires: tuple[Interval | None, ...]
    spelling: str = ""

    @property
    def key(self) -> str:
        return f"{self.name}{self.spelling}({', '.join(map(types.name, self.types))})"


def is_float(t: object) -> bool:
    return isinstance(t, type) and types.scalar(t) in types.FLOATS


def replaced(part: Any, whole: Any, *at: Any) -> Any:
    """A copy of ``whole`` with another part."""
    changed = whole.copy()
    changed[at] = part
    return changed


INDICES = (None, None, Interval(0, 2), Interval(0, 2))
CONSTRUCTS: tuple[tuple[str, tuple[type, ...], Callable[..., Any]], ...] = (
    ("store", (D, wp.vec3d, N), replaced),
    ("store", (wp.vec3d, wp.mat33d, N), replaced),
    ("store", (D, wp.mat33d, N, N), replaced),
    ("store attribute", (D, wp.quatd), lambda part, whole: replaced(part, whole, 2)),
    ("store attribute", (wp.quatd, wp.transformd), lambda part, whole: replaced(part, whole, slice(3, 7))),
    ("attribute", (wp.quatd,), lambda whole: whole[1]),
    ("attribute", (wp.transformd,), lambda whole: whole[:3]),
    ("construct", (D, D, D), lambda *parts: np.array(parts)),
    ("construct", (D,), lambda part: np.full((2, 2), part)),
)
"""What is no builtin; the types of results do not matter, as long as they are float."""


def cases() -> dict[str, Case]:
    """One case for each builtin and shape of its operands, in float64 where there is that."""
    found: dict[tuple[Any, ...], Case] = {}

    def add(name: str, operands: Any, result: Any, f: Any, requires: Any, spelling: str) -> None:
        results = result if isinstance(result, tuple) else (result or operands[0],)
        if f is None or not any(map(is_float, operands)) or not any(map(is_float, results)):
            return
        shapes = tuple((types.kind(t), types.shape(t)) for t in (*operands, *results))
        case = Case(name, operands, f, requires, spelling)
        if (name, spelling.partition(":")[0], shapes) not in found or types.scalar(results[0]) is D:
            found[name, spelling.partition(":")[0], shapes] = case

    for p in default_grammar().productions:
        add(p.builtin, p.operands, p.result, p.evaluate, p.requires, p.spelling)
    written = {key[0] for key in found}
    for s in registry.signatures():
        if s.name in MEANINGS and s.name not in written:
            add(s.name, s.operands, s.result, MEANINGS[s.name].evaluate(s.operands), (None,) * len(s.operands), "")
    for name, operands, f in CONSTRUCTS:
        add(name, operands, None, f, INDICES[: len(operands)], "")
    return {c.key: c for c in found.values()}


CASES = cases()
STAIRCASES = frozenset(("float16", "bfloat16", "float32", "float"))
"""Conversions whose meaning rounds float64 operands; their derivative is that of the number that is rounded."""

NOT_FLOAT = frozenset(
    (
        *("isfinite", "isnan", "isinf", "argmin", "argmax", "bit_count", "int", "bool"),
        *("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
        *("bit_and", "bit_or", "bit_xor", "lshift", "rshift", "invert", "unot", "len", "lower_bound"),
        *("rand_init", "randi", "randu", "randn", "poisson", "sample_cdf", "sample_triangle", "sample_unit_ring"),
        *("sample_unit_disk", "sample_unit_sphere_surface", "sample_unit_sphere", "sample_unit_hemisphere_surface"),
        *("sample_unit_hemisphere", "sample_unit_square", "sample_unit_cube", "intersect_tri_tri"),
        *("identity", "quat_identity", "transform_identity"),
    )
)
"""Meanings that take or yield no floating-point number."""


def test_every_meaning_from_floats_to_floats_is_a_case() -> None:
    assert {c.name for c in CASES.values()} & set(MEANINGS) == set(MEANINGS) - NOT_FLOAT


@pytest.fixture(autouse=True)
def _noise_in_float64(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The meaning of noise computes in float32, whatever its operands are: too coarse for differences."""
    noise.gradient_at.cache_clear()
    monkeypatch.setattr("warpsmith.grammar.operations.noise._F", np.float64)
    yield
    noise.gradient_at.cache_clear()


# --- smooth points -------------------------------------------------------------------------------------------------


def generator(key: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(key.encode()))


def rotation(rng: np.random.Generator) -> Any:
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.array([1, 1, np.linalg.det(q)])


def operand(rng: np.random.Generator, t: type, required: Interval | None) -> Any:
    kind, shape = DTYPES[types.scalar(t)], types.shape(t)
    low = 0.3 if required is None or required.low is None else required.low
    high = max(low, 0.0) + 2.0 if required is None or required.high is None else required.high
    if kind is np.bool_:
        return np.bool_(rng.integers(2))
    if issubclass(kind, np.integer):
        return kind(rng.integers(max(low, 0), high, endpoint=True))
    x = rng.uniform(low, high, shape) * (rng.choice([-1.0, 1.0], shape) if required is None else 1.0)
    if types.kind(t) in ("quat", "transform"):
        x[-4:] /= np.linalg.norm(x[-4:])
    return x if shape else np.float64(x)


def point(c: Case, rng: np.random.Generator) -> tuple[Any, ...]:
    """Random operands, of which hardly any lies near a corner."""
    xs = [operand(rng, t, r) for t, r in zip(c.types, c.requires, strict=True)]
    if c.name in ("quat_from_matrix", "transform_from_matrix", "transform_decompose"):
        xs[0][:3, :3] = rotation(rng) * (rng.uniform(0.5, 2, 3) if c.name == "transform_decompose" else 1.0)
    elif c.name in ("inverse", "inverse_approx"):
        xs[0] += 4 * np.eye(len(xs[0]))
    elif c.name == "svd2":  # its signs change where the columns are of one length
        xs[0] *= [[1.0, 0.1], [1.0, 0.1]]
    elif c.name == "curlnoise":
        xs[1] /= 50
    elif c.name in ("quat_to_euler", "quat_from_euler"):
        xs[1:] = map(np.int32, rng.choice(list(itertools.permutations(range(3)))))
    elif c.name in ("smoothstep", "clamp"):
        xs = [np.float64(x) for x in (-1.0 - rng.random(), 1.0 + rng.random(), rng.uniform(-1, 1))]
    return tuple(xs)


def step(c: Case, xs: tuple[Any, ...]) -> OperationStep:
    with np.errstate(all="ignore"):
        return OperationStep(c.name, c.types, c.f, xs, c.f(*xs))


def adjoint(rng: np.random.Generator, y: Any) -> Any:
    """A random adjoint of a result; none of a part that is not float."""
    if isinstance(y, tuple):
        return tuple(adjoint(rng, part) for part in y)
    if np.asarray(y).dtype.kind != "f":
        return None
    return rng.normal(size=np.shape(y)) if np.ndim(y) else float(rng.normal())


def steps(c: Case, count: int = 3) -> list[tuple[OperationStep, Any]]:
    rng = generator(c.key)
    found = [step(c, point(c, rng)) for _ in range(count)]
    return [(s, adjoint(rng, s.result)) for s in found]


# --- the derivative, found another way -----------------------------------------------------------------------------


def products(g: Any, y: Any) -> float:
    if isinstance(y, tuple):
        return sum(products(a, b) for a, b in zip(g, y, strict=True) if a is not None)
    return float(np.sum(np.asarray(g) * y))


def quotient(s: OperationStep, g: Any, n: int, i: tuple[int, ...]) -> float:
    """The derivative by one component of operand ``n``, from values at four points around it: of fourth order."""
    h = 1e-4

    def value(times: int) -> float:
        x = np.array(s.operands[n])
        x[i] += times * h
        return products(g, s.f(*s.operands[:n], x if i else x[()], *s.operands[n + 1 :]))

    with np.errstate(all="ignore"):
        return (8 * (value(1) - value(-1)) - (value(2) - value(-2))) / (12 * h)


def quotients(s: OperationStep, g: Any) -> Gradients:
    return tuple(
        np.reshape([quotient(s, g, n, i) for i in np.ndindex(np.shape(x))], np.shape(x)) if is_float(t) else None
        for n, (t, x) in enumerate(zip(s.types, s.operands, strict=True))
    )


def close(s: OperationStep, got: Gradients, want: Gradients) -> bool:
    if [a is None for a in got] != [b is None for b in want]:
        return False
    pairs = [(np.asarray(a), b) for a, b in zip(got, want, strict=True) if b is not None]
    size = max(1.0, *(float(np.abs(b).max()) for _, b in pairs))
    return all(a.shape == np.shape(b) and bool((np.abs(a - b) <= 1e-7 * size).all()) for a, b in pairs)


def faults(c: Case) -> list[str]:
    """Where the pullback is not what differences say."""
    return [
        f"{c.key} at {s.operands}, adjoint {g}: {got}, but differences {want}"
        for s, g in steps(c)
        if not close(s, got := pullback(s, g), want := quotients(s, g))
    ]


@pytest.mark.parametrize("name", sorted({c.name for c in CASES.values()} - STAIRCASES - {"cast"}))
def test_a_derivative_is_what_differences_say(name: str) -> None:
    assert not [f for c in CASES.values() if c.name == name for f in faults(c)]


@pytest.mark.parametrize(
    "name", sorted(set(RULES) & {c.name for c in CASES.values()} - STAIRCASES - {"cast", "curlnoise"})
)
def test_a_rule_agrees_with_the_general_way(name: str) -> None:
    for c in (c for c in CASES.values() if c.name == name):
        for s, g in steps(c):
            assert close(s, pullback(s, g), refined(s, g)), (c.key, s.operands, g)


def test_every_rule_is_tested() -> None:
    assert set(RULES) <= {c.name for c in CASES.values()}


@pytest.mark.parametrize("name", sorted(STAIRCASES))
def test_a_conversion_between_floats_passes_the_adjoint_on(name: str) -> None:
    for c in (c for c in CASES.values() if c.name == name):
        assert pullback(step(c, (np.float64(0.3),)), 1.7) == (1.7,)


def test_what_does_not_matter_has_zero_gradients_of_the_right_shapes() -> None:
    for c in (c for c in CASES.values() if c.name != "cast"):
        for s, _ in steps(c, 1):
            for x, t, g in zip(s.operands, s.types, pullback(s, None), strict=True):
                assert (g is None) == (not is_float(t))
                assert g is None or (np.shape(g) == np.shape(x) and not np.any(g))


def test_numbers_may_be_of_python() -> None:
    for c in (c for c in CASES.values() if c.name not in STAIRCASES | {"cast"}):
        for s, g in steps(c, 1):
            numbers = tuple(float(x) if isinstance(x, np.float64) else x for x in s.operands)
            result = float(s.result) if isinstance(s.result, np.float64) else s.result
            assert close(s, pullback(OperationStep(s.name, s.types, s.f, numbers, result), g), pullback(s, g)), c.key


def test_curl_noise_has_defaults() -> None:
    x, g = np.array([0.3, 0.6]), np.array([1.0, 2.0])
    for more in ((), (np.uint32(1),), (np.uint32(2), 2.0), (np.uint32(2), 2.0, 0.5)):
        operands = (wp.uint32, wp.vec2f, wp.uint32, F, F)[: 2 + len(more)]
        s = OperationStep("curlnoise", operands, MEANINGS["curlnoise"].meaning, (np.uint32(7), x, *more), np.zeros(2))
        assert close(s, pullback(s, g), quotients(s, g))


def test_an_operation_on_integers_has_no_gradients() -> None:
    assert pullback(OperationStep("mul", (N, N), np.multiply, (np.int32(2), np.int32(3)), np.int32(6)), None) == (
        None,
        None,
    )
    assert pullback(OperationStep("min", (N, N), np.minimum, (np.int32(2), np.int32(2)), np.int32(2)), 1.0) == (
        None,
        None,
    )


# --- where there is no derivative ----------------------------------------------------------------------------------

V, M, M2, M4, Q = wp.vec3f, wp.mat33f, wp.mat22f, wp.mat44f, wp.quatf
TURN = np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])  # by 120 degrees: its trace is 0
HALF = math.sqrt(0.5)


def at(name: str, operands: tuple[type, ...], *xs: Any) -> OperationStep:
    """A step of a builtin at a point."""
    f = MEANINGS[name].evaluate(operands)
    assert f is not None
    values = tuple(np.float64(x) if np.ndim(x) == 0 else np.array(x, np.float64) for x in xs)
    return OperationStep(name, operands, f, values, f(*values))


def ones(y: Any) -> Any:
    return tuple(map(ones, y)) if isinstance(y, tuple) else np.ones(np.shape(y)) if np.ndim(y) else 1.0


KINKS: tuple[OperationStep, ...] = (
    *(at("abs", (t,), x) for t, x in ((F, 0), (F, -5e-7), (D, 0), (H, 0.005), (B, 0.05))),
    *(at(n, (F, F), 3, 3 * (1 + 5e-7)) for n in ("min", "max")),
    *(at(n, (H, H), 1, 1.005) for n in ("min", "max")),
    at("min", (V, V), [1, 2, 3], [0, 2, 5]),
    at("max", (V,), [1, 3, 3]),
    at("max", (V,), [1, math.nan, 3]),
    *(at("clamp", (F, F, F), x, -1, 1) for x in (1, -1, 1 - 1e-7)),
    *(at(n, (F,), x) for n in ("floor", "ceil") for x in (0, 3, -2, 3 + 1e-6)),
    *(at(n, (F,), x) for n in ("trunc", "frac") for x in (3, -2)),
    *(at(n, (F,), x) for n in ("round", "rint") for x in (0.5, -2.5)),
    *(at(n, (F,), x) for n in ("sign", "step", "nonzero") for x in (0, 1e-7)),
    at("sign", (V,), [1, 0, 1]),
    *(at(n, (F,), x) for n in ("sqrt", "log", "log2", "log10") for x in (0, 1e-7, -1)),
    *(at(n, (F,), x) for n in ("acos", "asin") for x in (1, -1, 1 + 1e-7)),
    *(at("erfinv", (F,), x) for x in (1, -1)),
    *(at("erfcinv", (F,), x) for x in (0, 2)),
    at("cbrt", (F,), 0),
    at("tan", (F,), math.pi / 2),
    at("exp", (F,), 1000),
    at("sin", (F,), math.inf),
    at("pow", (F, F), 0, 0.5),
    at("pow", (F, F), -1, 2),
    at("atan2", (F, F), 0, 0),
    at("atan2", (F, F), 1e-8, -1),
    *(at(n, (F, F), a, b) for n in ("mod", "floordiv") for a, b in ((6, 3), (-6, 3), (1, 0))),
    *(at("div", (a, b), x, y) for a, b, x, y in ((F, F, 1, 0), (V, F, [1, 2, 3], 0), (F, V, 1, [1, 0, 2]))),
    at("cw_div", (V, V), [1, 2, 3], [1, 0, 2]),
    at("smoothstep", (F, F, F), 1, 1, 0),
    at("copysign", (F, F), 1, 0),
    *(at(n, (V,), [0, 1e-8, 0]) for n in ("length", "norm_l2", "normalize")),
    at("norm_l1", (V,), [1, 0, 1]),
    OperationStep("cast", (H,), float, (np.float64(1),), np.float64(1)),
    at("inverse", (M,), np.ones((3, 3))),
    at("inverse", (M,), np.diag([1, 1, 1e-8])),
    at("qr3", (M,), np.ones((3, 3))),
    *(at(n, (M,), np.eye(3)) for n in ("eig3", "svd3")),
    at("svd2", (M2,), np.eye(2)),
    at("svd2", (M2,), [[1, 1], [2, 2]]),
    at("svd2", (M2,), [[1, 0.5], [0.5, 1]]),
    at("quat_from_matrix", (M,), TURN),
    at("quat_from_matrix", (M,), np.diag([-1.0, -1, -1]) * 0.5),
    at("transform_decompose", (M4,), np.diag([1.0, 1, 0, 1])),
    *(at("quat_to_axis_angle", (Q,), q) for q in ([0, 0, 0, 1], [1, 0, 0, 0])),
    at("quat_slerp", (Q, Q, F), [0, 0, 0, 1], [0, 0, 0, 1], 0.5),
    at("quat_slerp", (Q, Q, F), [0, 0, 0, 1], [0, 0, 1, 0], 0.5),
    at("quat_twist_angle", (V, Q), [1, 0, 0], [0, HALF, 0, HALF]),
    at("quat_to_rpy", (Q,), [0, HALF, 0, HALF]),
)


@pytest.mark.parametrize("s", KINKS, ids=lambda s: f"{s.name} {[x.tolist() for x in s.operands]}")
def test_there_is_no_derivative_at_corners_jumps_and_singular_points(s: OperationStep) -> None:
    with pytest.raises(Kink):
        pullback(s, ones(s.result))


SMOOTH: tuple[tuple[OperationStep, Gradients], ...] = (
    (at("min", (D, D), 3, 3 * (1 + 5e-7)), (1, 0)),
    (at("max", (F, F), 3, 3 * (1 + 5e-6)), (0, 1)),
    (at("clamp", (F, F, F), 5, 1, 1 + 1e-8), (0, 0, 1)),
    (at("clamp", (F, F, F), 2, 2, -1), (0, 0, 1)),
    (at("abs", (F,), -1e-5), (-1,)),
    (at("trunc", (F,), 0), (0,)),
    (at("frac", (F,), 0), (1,)),
    (at("mod", (F, F), 0, 3), (1, 0)),
    (at("mod", (F, F), -7, 3), (1, 2)),
    (at("floor", (F,), 2.5), (0,)),
    (at("acos", (F,), 1.5), (0,)),
    (at("smoothstep", (F, F, F), 0, 1, 1), (0, 0, 0)),
    (at("determinant", (M2,), [[0, 0], [0, 2]]), ([[2, 0], [0, 0]],)),
    (at("atan2", (F, F), 0, 2), (0.5, 0)),
)


@pytest.mark.parametrize(
    ("s", "want"), SMOOTH, ids=lambda x: f"{x.name} {x.operands}" if isinstance(x, OperationStep) else ""
)
def test_there_is_a_derivative_next_to_them(s: OperationStep, want: Gradients) -> None:
    for got, expected in zip(pullback(s, 1.0), want, strict=True):
        np.testing.assert_array_equal(got, np.asarray(expected, np.float64))


@pytest.mark.parametrize("name", ["min", "abs", "sign"])
def test_a_corner_that_nothing_depends_on_is_none(name: str) -> None:
    s = at(name, (V, V), [0, 2, 1.5], [0, 1, 1]) if name == "min" else at(name, (V,), [0, 2.5, 1.5])
    assert not np.any(pullback(s, np.array([0.0, 0.0, 0.0])))
    with pytest.raises(Kink):
        pullback(s, np.array([1.0, 0.0, 0.0]))


def unknown(f: Callable[[Any], Any], x: float, t: type = F) -> OperationStep:
    """A step that has no rule."""
    with np.errstate(all="ignore"):
        return OperationStep("unknown", (t,), f, (np.float64(x),), f(np.float64(x)))


@pytest.mark.parametrize(
    "s",
    [
        unknown(abs, 0.0),
        unknown(lambda x: abs(x - 3e-7), 0.0),
        unknown(lambda x: max(x, 2.0), 2.0 + 1e-7),
        unknown(lambda x: abs(x - 0.004), 0.0, H),
        unknown(lambda x: 1e-5 * abs(x) + x, 0.0),
        unknown(lambda x: np.float64(x > 0), 0.0),
        unknown(lambda x: np.float64(x == 0), 0.0),
        unknown(np.floor, 1.0),
        unknown(np.sqrt, 0.0),
        unknown(np.cbrt, 0.0),
        unknown(np.arccos, 1.0),
        unknown(lambda x: np.sin(x) / x, 0.0),
        unknown(lambda x: np.sin(1e7 * x), 1.0),
        unknown(lambda x: 1e300 * x + (x - x), math.inf),
    ],
)
def test_the_general_way_finds_corners_jumps_and_singular_points(s: OperationStep) -> None:
    with pytest.raises(Kink):
        pullback(s, 1.0)


@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (lambda x: abs(x - 1e-3), 0.0, -1.0),
        (np.sqrt, 1e-3, 0.5 / math.sqrt(1e-3)),
        (lambda x: 1 / x, 1e-2, -1e4),
        (lambda x: np.sin(100 * x), 1.0, 100 * math.cos(100)),
        (lambda x: np.arccos(x), 0.9999, -1 / math.sqrt(1 - 0.9999**2)),
        (np.floor, 1.25, 0.0),
        (lambda x: x * abs(x), 1e-4, 2e-4),
    ],
)
def test_the_general_way_goes_on_until_it_is_past_them(f: Callable[[Any], Any], x: float, slope: float) -> None:
    (got,) = pullback(unknown(f, x, D), 1.0)
    assert got == pytest.approx(slope, rel=1e-7)


# --- the instrument itself -----------------------------------------------------------------------------------------

Rule = Callable[[OperationStep, Any], Gradients]


def right(s: OperationStep, g: Any) -> Gradients:
    return RULES[s.name](s.types)(s, g)


PLANTED: dict[str, Rule] = {
    "sub": lambda s, g: (g, g),
    "mul": lambda s, g: right(s, g)[::-1],
    "div": lambda s, g: (right(s, g)[0], -right(s, g)[1]),
    "sin": lambda s, g: (-right(s, g)[0],),
    "log2": lambda s, g: (g / s.operands[0],),
    "sqrt": lambda s, g: (g / s.result,),
    "pow": lambda s, g: (right(s, g)[0], 0.0),
    "atan2": lambda s, g: right(s, g)[::-1],
    "clamp": lambda s, g: (g * 0.5, 0.0, 0.0),
    "frac": lambda s, g: (0.0,),
    "where": lambda s, g: (None, g, g),
    "lerp": lambda s, g: (right(s, g)[1], right(s, g)[0], right(s, g)[2]),
    "smoothstep": lambda s, g: (0.0, 0.0, right(s, g)[2]),
    "index": lambda s, g: (np.ones(np.shape(s.operands[0])), *(None,) * (len(s.operands) - 1)),
    "vector": lambda s, g: right(s, g)[::-1],
    "normalize": lambda s, g: (g / np.linalg.norm(s.operands[0]),),
    "cross": lambda s, g: (-right(s, g)[0], right(s, g)[1]),
    "outer": lambda s, g: right(s, g)[::-1],
    "transpose": lambda s, g: (g,),
    "determinant": lambda s, g: (right(s, g)[0].T,),
    "inverse": lambda s, g: (-right(s, g)[0],),
    "eig3": lambda s, g: (right(s, g)[0].T,),
    "svd3": lambda s, g: right(s, (g[0], g[1], None)),
    "qr3": lambda s, g: right(s, (g[0], -g[1])),
    "quat_rotate": lambda s, g: (right(s, g)[0] * [1, 1, 1, 0.5], right(s, g)[1]),
    "quat_slerp": lambda s, g: (*right(s, g)[:2], 0.0),
    "transform_point": lambda s, g: (right(s, g)[0] * 0.5, right(s, g)[1]),
    "spatial_cross": lambda s, g: RULES["spatial_cross_dual"](s.types)(s, g),
    "noise": lambda s, g: (None, right(s, g)[1] * 1.0001),
    "curlnoise": lambda s, g: (*right(s, g)[:-1], right(s, g)[-1] * 2),
    "store": lambda s, g: (right(s, g)[0], g, *right(s, g)[2:]),
}
"""Wrong rules, each a slip that one could make."""


@pytest.mark.parametrize("name", PLANTED)
def test_a_wrong_rule_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_rule", lambda name, operands: PLANTED[name])
    assert any(faults(c) for c in CASES.values() if c.name == name)
