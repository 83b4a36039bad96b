"""What kernels take from Python code around them is known where all that may happen agrees, and else unknown."""

from __future__ import annotations

import pytest

from tests.synthesizer.witness import refusal
from warpsmith.synthesizer.check import check

HEAD = """import functools

import warp as wp

PAIR = (1.0, 2.0)
MORE = [1.0, 2.0]


def once(n):
    return n * 2


def agree(n: int):
    if n > 2:
        return n
    return n + 1


def differ(n: int):
    if n > 2:
        return 1.0
    return n


def promised(n) -> float:
    for _ in range(n):
        n = n.attribute
    return n


def changed(f):
    return lambda n: 0.5


@changed
def decorated(n) -> int:
    return 1


@functools.lru_cache
def cached(n):
    return 3


def generated(n):
    yield n
    return 1


def inner(n):
    def other():
        return 1.0

    return 3


"""
KERNEL = """@wp.kernel
def kernel(x: wp.array(dtype={}), v: wp.array(dtype=wp.vec3)):
    t = v[0]
    x[0] = {}
"""


def verdict(source: str) -> str:
    return check(source).verdicts[-1].verdict


@pytest.mark.parametrize(
    "text",
    ["once(3)", "agree(1)", "agree(4)", "cached(2)", "inner(2)", "len(PAIR)", "len(MORE)", "len(t)", "max(1, 2)"],
)
def test_an_integer_is_known(text: str) -> None:
    right, wrong = (HEAD + KERNEL.format(t, f"wp.static({text})") for t in ("int", "float"))
    assert (verdict(right), refusal(right)) == ("accepted", None)
    assert verdict(wrong) == "refused"
    assert refusal(wrong) is not None


def test_an_annotation_tells_what_a_body_does_not() -> None:
    verdicts = [verdict(HEAD + KERNEL.format(t, "wp.static(promised(3))")) for t in ("float", "int")]
    assert verdicts == ["accepted", "refused"]


@pytest.mark.parametrize("text", ["differ(1)", "differ(4)", "decorated(1)", "generated(1)", "round(PAIR[0] * t)"])
def test_what_may_be_one_or_another_is_unknown(text: str) -> None:
    assert verdict(HEAD + KERNEL.format("int", f"wp.static({text})")) in ("unknown", "refused")
    assert verdict(HEAD + KERNEL.format("float", f"wp.static({text})")) in ("unknown", "refused")


METHOD = """import warp as wp


class Solver:
    def make(self, n=3):
        @wp.kernel
        def kernel(x: wp.array(dtype={})):
            x[0] = n

        return kernel


made = Solver().make({})
"""


@pytest.mark.parametrize(("dtype", "given", "expected"), [("float", "0.5", "accepted"), ("int", "0.5", "refused")])
def test_the_arguments_of_a_method_begin_after_the_instance(dtype: str, given: str, expected: str) -> None:
    assert verdict(METHOD.format(dtype, given)) == expected
    assert verdict(METHOD.format(dtype, given).replace("make(self,", "make(this,")) == expected


REBOUND = """import warp as wp


def make(n=None):
    if n is None:
        n = 2
    @wp.kernel
    def kernel(x: wp.array(dtype={})):
        x[0] = n

    return kernel


made = make({})
"""


@pytest.mark.parametrize(
    ("dtype", "given", "expected"),
    [("float", "0.5", "accepted"), ("int", "", "accepted"), ("int", "0.5", "refused"), ("float", "", "refused")],
)
def test_a_parameter_with_a_late_default_is_what_is_passed(dtype: str, given: str, expected: str) -> None:
    assert verdict(REBOUND.format(dtype, given)) == expected
