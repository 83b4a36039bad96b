"""The reducer finds small programs that are still interesting, in few judgements, and always the same ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import count, islice

import pytest

from tests.fuzz.reducing import HEADER, assert_consistent, candidate, text
from warpsmith.fuzz.reduce import Candidate, reduce
from warpsmith.fuzz.reductions.ends import Ends
from warpsmith.grammar.grammar import default_grammar
from warpsmith.synthesizer.inputs import inputs
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.reading import functions

PROGRAM = """@wp.func
def f(a: wp.float32):
    b = wp.cos(a)
    return a + 1.0


@wp.kernel
def kernel(x: wp.array(dtype=wp.float32), y: wp.float64, n: wp.int32, out: wp.array(dtype=wp.float32)):
    i = wp.tid()
    a = x[i] * 2.0
    dead = wp.sin(a)
    if a > 1.0:
        a = f(a)
    wp.atomic_add(out, i, a)
    out[i] = a + float(n)
"""


class Judge:
    """Calls a candidate interesting whose source has all the words, and writes down what it was asked."""

    def __init__(self, *words: str, also: Callable[[Candidate], bool] = lambda c: True) -> None:
        self.words = words
        self.also = also
        self.batches: list[list[Candidate]] = []

    def __call__(self, candidates: Sequence[Candidate]) -> list[bool]:
        self.batches.append(list(candidates))
        return [all(w in c.program.source for w in self.words) and self.also(c) for c in candidates]

    @property
    def asked(self) -> list[Candidate]:
        return [c for batch in self.batches for c in batch]


@cache
def generated(which: int) -> Candidate:
    """A generated program of more than 40 lines, with its data."""
    programs = (KERNELS.synthesize(seed) for seed in count())
    program = next(islice((p for p in programs if p.source.count("\n") > 40), which, None))
    return Candidate(program, tuple(inputs(program, which)))


def a_builtin(c: Candidate) -> str:
    """A builtin that the program calls once, as it is spelled in the call."""
    calls = re.findall(r"wp\.[a-z_0-9]+\(", c.program.source)
    known = {f"wp.{p.builtin}(" for p in default_grammar().productions}
    names = sorted(n for n in set(calls) & known if calls.count(n) == 1)
    return names[len(names) // 2]


def kernel_lines(c: Candidate) -> int:
    kernel = functions(c.module)[c.program.entry]
    return sum(bool(line.strip()) for line in c.module.code_for_node(kernel.body).splitlines())


@pytest.mark.parametrize("which", range(6))
def test_a_program_of_forty_lines_comes_down_to_a_few(which: int) -> None:
    start = generated(which)
    judge = Judge(a_builtin(start))
    found = reduce(start, judge, seconds=1e6)
    assert judge([found]) == [True]
    assert kernel_lines(found) <= 8, found.program
    assert len(judge.asked) < 300  # of the 900 that a minute is good for
    assert_consistent(found)


def test_the_same_start_gives_the_same_result() -> None:
    found = [reduce(generated(0), Judge(a_builtin(generated(0))), seconds=1e6) for _ in range(2)]
    assert found[0].key == found[1].key
    assert found[0].program.source == found[1].program.source


def test_what_is_judged_is_valid_new_and_no_more_than_a_batch() -> None:
    judge = Judge(a_builtin(generated(1)))
    reduce(generated(1), judge, seconds=1e6, batch=4)
    assert len(judge.asked) > 20
    assert max(map(len, judge.batches)) == 4
    assert len({c.key for c in judge.asked}) == len(judge.asked)
    for c in judge.asked:
        assert_consistent(c)


def test_the_search_ends_when_its_time_is_up() -> None:
    start = generated(2)
    judge = Judge(a_builtin(start))
    found = reduce(start, judge, seconds=3, clock=lambda: float(len(judge.batches)))  # a batch takes a second
    assert len(judge.batches) == 3
    assert judge([found]) == [True]
    assert found.size < start.size


def test_without_time_nothing_is_judged() -> None:
    start, judge = candidate(PROGRAM), Judge()
    assert reduce(start, judge, seconds=0) is start
    assert judge.asked == []


def test_the_start_is_the_result_if_nothing_smaller_is_interesting() -> None:
    start = candidate(PROGRAM)
    judge = Judge("nothing has these words")
    assert reduce(start, judge, seconds=1e6) is start
    assert judge.asked


def test_a_batch_holds_something() -> None:
    with pytest.raises(ValueError, match="at least one"):
        reduce(candidate(PROGRAM), Judge(), seconds=1, batch=0)


RESULTS = {
    ("wp.sin(",): "@wp.kernel\ndef kernel():\n    dead = wp.sin(1.0)\n",
    ("wp.cos(", "out["): (
        "@wp.func\ndef f():\n    b = wp.cos(1.0)\n    return 1.0\n\n\n@wp.kernel\n"
        "def kernel(out: wp.array(dtype=wp.float32)):\n    a = f()\n    out[0] = 1.0\n"
    ),
    ("y: wp.float64",): "@wp.kernel\ndef kernel(y: wp.float64):\n    pass\n",
    ("x[", "out["): (
        "@wp.kernel\ndef kernel(x: wp.array(dtype=wp.float32), out: wp.array(dtype=wp.float32)):\n    out[0] = x[0]\n"
    ),
    ("atomic_add",): ("@wp.kernel\ndef kernel(out: wp.array(dtype=wp.float32)):\n    wp.atomic_add(out, 1, 1.0)\n"),
}
"""What is left of the program above, where it must have these words."""


@pytest.mark.parametrize("words", RESULTS)
def test_nothing_is_left_but_what_matters(words: tuple[str, ...]) -> None:
    found = reduce(candidate(PROGRAM), Judge(*words), seconds=1e6)
    assert found.program.source == HEADER + RESULTS[words]
    assert_consistent(found)


def test_edits_that_succeed_alone_and_fail_together_are_told_apart() -> None:
    start = candidate(PROGRAM.replace("    dead = wp.sin(a)\n", ""))
    judge = Judge(also=lambda c: "atomic_add" in c.program.source or "out[" in c.program.source)
    found = text(reduce(start, judge, seconds=1e6))
    assert ("atomic_add" in found) != ("out[" in found)


def test_the_data_that_matters_is_kept() -> None:
    start = candidate(PROGRAM, x=[0.0, 1.0, 7.25, 3.0])
    found = reduce(start, Judge("x[", also=lambda c: any(7.25 in d for d in c.data)), seconds=1e6)
    (x,) = (d for a, d in found.arguments if a.name == "x")
    assert x.tolist() == [7.25]
    assert found.launch.dim == (1,)


def test_many_threads_are_kept_where_they_matter() -> None:
    found = reduce(candidate(PROGRAM, dim=(8,)), Judge("tid()", also=lambda c: c.launch.dim[0] > 1), seconds=1e6)
    assert found.launch.dim == (2,)


LOOP = """@wp.kernel
def kernel(x: wp.array(dtype=wp.int32), out: wp.array(dtype=wp.float32)):
    trip = int(0)
    while {test}:
        {first}
        out[0] += 1.0
    for k in range({span}):
        out[1] += 1.0
"""
KINDS = {"test": "trip < 5 and x[0] > 1", "first": "trip += 1", "span": "int(wp.clamp(x[0], 1, 8))"}


@pytest.mark.parametrize(
    ("change", "sure"),
    [
        ({}, True),
        ({"test": "trip < 1"}, True),
        ({"test": "x[0] > 1"}, False),
        ({"first": "pass"}, False),
        ({"first": "trip += 0"}, False),
        ({"first": "trip = 1"}, False),
        ({"first": "trip += 1\n        trip = 0"}, False),
        ({"span": "int(wp.clamp(3, 1, 8))"}, True),
        ({"span": "int(2)"}, True),
        ({"span": "wp.max(wp.min(x[0], 3), 1)"}, True),
        ({"span": "(x[0] & 7) + 1"}, True),
        ({"span": "int(x[0])"}, False),
        ({"span": "wp.max(x[0], 1)"}, False),
    ],
    ids=str,
)
def test_loops_are_not_known_to_end_without_a_counter_or_a_bound(change: dict[str, str], sure: bool) -> None:
    start = candidate(LOOP.format(**KINDS))
    assert Ends(start.module).sure(candidate(LOOP.format(**KINDS | change)).module) is sure


def test_loops_may_end_in_the_way_they_did_at_the_start() -> None:
    start = candidate(LOOP.format(test="x[0] > 1", first="x[0] -= 1", span="x[0]"))
    assert Ends(start.module).sure(start.module)


def test_no_loop_that_may_not_end_is_judged() -> None:
    start = candidate(LOOP.format(**KINDS))
    judge = Judge("while")
    found = reduce(start, judge, seconds=1e6)
    assert kernel_lines(found) <= 4
    assert all(Ends(start.module).sure(c.module) for c in judge.asked)
