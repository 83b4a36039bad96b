"""What goes wrong before a kernel's body is looked at: annotations, fields, options; and what a file makes known."""

from __future__ import annotations

import pytest

from tests.proofs.idioms import verdict
from tests.synthesizer.witness import refusal

POSTPONED = "from __future__ import annotations\n"
HEAD = """import random
from enum import IntEnum
from typing import Any, Optional

import warp as wp

RATES = {"slow": 0.5, "fast": 2.0}


class Level(IntEnum):
    LOW = 1
    HIGH = 2


@wp.func
def up(x: float):
    return x + 1.0


def pick(level):
    return up if level == Level.HIGH else wp.sqrt


"""
FACTORY = """def make(n):
    vec = wp.types.vector(length=n, dtype=float)

    @wp.kernel
    def kernel(x: wp.array(dtype=float), v: wp.array(dtype=vec)):
        i = wp.tid()
        x[i] = {}

    return kernel


kernel = make(4)
"""
STRUCT = """@wp.struct
class Bag:
    size: {}


@wp.kernel
def kernel(b: Bag):
    i = wp.tid()
"""
PARAMETER = """@wp.kernel
def kernel(x: wp.array(dtype=float), other: {}):
    i = wp.tid()
"""
BODY = """@wp.kernel
def kernel(x: wp.array(dtype=float), v: wp.array(dtype=wp.vec3), a: float):
    i = wp.tid()
    {}
"""
CLASS = """class Solver:
    def __init__(self, scale):
        @wp.kernel
        def kernel(x: wp.array(dtype=float)):
            i = wp.tid()
            x[i] = x[i] * scale

        self.kernel = kernel


kernel = Solver({}).kernel
"""
INSTANCE = """class Base:
    def _make_vector(self, length):
        return wp.types.vector(length=length, dtype=float)


class Solver(Base):
    order = 3

    def __init__(self):
        self.vec = self._make_vector(self.order)
        self.scale = self._make_scale()

    def _make_scale(self):
        @wp.func
        def scale(y: float):
            return y * 0.5

        return scale

    def build(self):
        @wp.kernel
        def kernel(x: wp.array(dtype=float), v: wp.array(dtype=self.vec)):
            i = wp.tid()
            x[i] = {}

        return kernel


"""
MADE = "kernel = Solver().build()\n"
DERIVED = """class Other(Solver):
    def _make_scale(self):
        return None


"""
KEPT = """_types = {{}}


def vector_of(length):
    key = (length, "float")
    if key not in _types:
        _types[key] = wp.types.vector(length=length, dtype=float)
    return _types[key]


@wp.kernel
def kernel(x: wp.array(dtype=float), v: wp.array(dtype=vector_of(5))):
    i = wp.tid()
    x[i] = {}
"""
ONES = "wp.tile_ones(shape=({}, {}), dtype=float)"
PROGRAMS = {
    # kind: (right, wrong)
    "a local type in an annotation": (HEAD + FACTORY.format("v[i][0]"), HEAD + FACTORY.format("v[i]")),
    "a local type in an annotation that is text": (
        POSTPONED + HEAD + FACTORY.format("vec(1.0)[0]"),
        POSTPONED + HEAD + FACTORY.format("v[i][0]"),
    ),
    "text as an annotation": (HEAD + PARAMETER.format("'int'"), POSTPONED + HEAD + PARAMETER.format("'int'")),
    "a name in an annotation": (HEAD + PARAMETER.format("wp.vec4"), HEAD + PARAMETER.format("vec4")),
    "a name of Warp's in an annotation": (HEAD + PARAMETER.format("wp.mat44"), HEAD + PARAMETER.format("wp.mat45")),
    "a union": (HEAD + PARAMETER.format("int"), HEAD + PARAMETER.format("Optional[int]")),
    "a list of something": (HEAD + PARAMETER.format("wp.array[int]"), HEAD + PARAMETER.format("list[int]")),
    "an array": (HEAD + PARAMETER.format("wp.array(dtype=float, ndim=7)"), HEAD + PARAMETER.format("wp.array(float)")),
    "a tuple": (HEAD + PARAMETER.format("str"), HEAD + PARAMETER.format("tuple")),
    "an open type": (
        HEAD + "@wp.func\ndef f(v: wp.types.vector(length=Any, dtype=wp.Scalar)):\n    return v[0]\n\n\n"
        + BODY.format("x[i] = f(v[i])"),
        HEAD + "@wp.func\ndef f(v: wp.types.vector(length=2, dtype=Any)):\n    return v[0]\n\n\n"
        + BODY.format("x[i] = f(v[i])"),
    ),
    "a field": (HEAD + STRUCT.format("wp.array(dtype=int)"), HEAD + STRUCT.format("tuple[int, int]")),
    "a field that is text": (HEAD + STRUCT.format("int"), HEAD + STRUCT.format("str")),
    "an option": (
        HEAD + BODY.format("x[i] = a").replace("wp.kernel", "wp.kernel(grid_stride=False)"),
        HEAD + BODY.format("x[i] = a").replace("wp.kernel", "wp.kernel(max_unroll=2)"),
    ),
    "a dictionary": (
        HEAD + BODY.format('x[i] = a * wp.static(RATES["fast"])'),
        HEAD + BODY.format('x[i] = 1 * wp.static(RATES["fast"])'),
    ),
    "what an enumeration decides": (
        HEAD + BODY.format("x[i] = wp.static(pick(Level.HIGH))(a)"),
        HEAD + BODY.format("x[i] = wp.static(pick(Level.HIGH))(a, a)"),
    ),
    "what static() cannot give": (
        HEAD + BODY.format("x[i] = wp.static(1.0 / 2.0)"),
        HEAD + BODY.format("x[i] = wp.static(1.0 / (2.0 - 2.0))"),
    ),
    "a method that makes a kernel": (HEAD + CLASS.format("0.5"), HEAD + CLASS.format("wp.vec3(1.0, 2.0, 3.0)")),
    "an attribute of an instance": (
        HEAD + INSTANCE.format("self.scale(v[i][2])") + MADE,
        HEAD + INSTANCE.format("self.scale(v[i])") + MADE,
    ),
    "a dictionary that keeps types": (HEAD + KEPT.format("v[i][4]"), HEAD + KEPT.format("v[i]")),
    "Python's library": (HEAD + BODY.format("x[i] = wp.exp(a)"), HEAD + BODY.format("x[i] = random.expovariate(a)")),
    "a module that is not there": (HEAD + BODY.format("x[i] = wp.exp(a)"), HEAD + BODY.format("x[i] = np.exp(a)")),
    "length as a method": (
        HEAD + BODY.format("x[i] = v[i].length(v[i])"), HEAD + BODY.format("x[i] = v[i].length(1)")
    ),
    "a method of an array": (HEAD + BODY.format("n = x.shape[0]"), HEAD + BODY.format("n = x.contiguous()")),
    "an attribute of a type": (
        HEAD + BODY.format("n = wp.Volume.CLOSEST"), HEAD + BODY.format("n = wp.Volume.SMOOTHEST")
    ),
    "a type where one is asked for": (
        HEAD + BODY.format("t = wp.tile_zeros(shape=3, dtype=int)"),
        HEAD + BODY.format("t = wp.tile_zeros(shape=3, dtype='int')"),
    ),
    "extents of a product": (
        HEAD + BODY.format(f"t = wp.tile_matmul({ONES.format(2, 3)}, {ONES.format(3, 2)})"),
        HEAD + BODY.format(f"t = wp.tile_matmul({ONES.format(2, 3)}, {ONES.format(2, 3)})"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", PROGRAMS)
def test_the_checker_tells_right_from_wrong_as_warp_does(kind: str) -> None:
    right, wrong = PROGRAMS[kind]
    assert (refusal(right), verdict(right)) == (None, "accepted")
    assert verdict(wrong) == "refused"
    assert refusal(wrong, native=True) is not None


def test_an_error_that_need_not_happen_refuses_nothing() -> None:
    guarded = "try:\n    vec4 = wp.vec44\nexcept AttributeError:\n    vec4 = wp.vec4\n\n\n"
    assert verdict(HEAD + guarded + PARAMETER.format("vec4")) == "unknown"


@pytest.mark.parametrize(
    "program",
    [
        INSTANCE.format("self.scale(v[i][2])") + DERIVED + MADE,
        INSTANCE.format("self.scale(v[i][2])").replace("order = 3", "order = 3\n    hooks = {'scale': None}") + MADE,
        INSTANCE.format("self.scale(v[i][2])").replace(
            "self.scale = self._make", "self.other = self.scale = self._make"
        ),
        KEPT.format("v[i][4]") + "\n\n_types[2] = wp.vec2\n",
    ],
)
def test_what_may_be_set_elsewhere_is_unknown(program: str) -> None:
    assert verdict(HEAD + program) == "unknown"
