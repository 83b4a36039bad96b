"""The chooser: one integer a question, zero the simplest, and the same answers from a recording."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from warpsmith.grammar.chooser import Chooser, ReplayChooser, SeededChooser

questions = st.lists(
    st.one_of(
        st.tuples(st.just("integer"), st.integers(-5, 5), st.integers(-5, 50)),
        st.tuples(st.just("choose"), st.lists(st.integers(1, 9), min_size=1, max_size=6)),
        st.tuples(st.just("chance"), st.integers(0, 100)),
    )
)


def ask(chooser: Chooser, asked: list[tuple[object, ...]]) -> list[object]:
    answers: list[object] = []
    for kind, *rest in asked:
        if kind == "choose":
            weights = rest[0]
            answers.append(chooser.choose(range(len(weights)), weights))  # type: ignore[arg-type]
        else:
            answers.append(getattr(chooser, str(kind))(*rest))
    return answers


@given(questions, st.integers(0, 2**64))
def test_a_recording_replays_to_the_same_answers(asked: list[tuple[object, ...]], seed: int):
    first = SeededChooser(seed)
    answers = ask(first, asked)
    second = ReplayChooser(first.choices)
    assert ask(second, asked) == answers
    assert second.choices == first.choices


@given(questions)
def test_an_empty_recording_gives_the_simplest_answers(asked: list[tuple[object, ...]]):
    for question, answer in zip(asked, ask(ReplayChooser([]), asked), strict=True):
        simplest = {"integer": question[1], "choose": 0, "chance": question[1] == 100}[str(question[0])]
        assert answer == simplest


def test_weights_are_kept():
    chooser = SeededChooser(1)
    counts = Counter(chooser.choose("abc", (1, 3, 6)) for _ in range(10_000))
    assert abs(counts["a"] - 1000) < 150
    assert abs(counts["b"] - 3000) < 250


def test_seeds_give_the_same_choices_on_every_machine():
    chooser = SeededChooser("kernels:0")
    assert [chooser.integer(0, 99) for _ in range(6)] == EXPECTED


EXPECTED = [71, 24, 99, 10, 86, 51]
