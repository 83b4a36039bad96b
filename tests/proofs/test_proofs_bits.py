"""The table of bits adds up to what the model says, and knows the kinds of lines."""

from __future__ import annotations

import pytest

from tests.proofs.bits import costs, kind_of_line, kinds_of_lines, seen
from warpsmith.corpus.likeness import NGram, functions_of, tokens

_SOURCE = """
@wp.kernel
def f(x: wp.array(dtype=float), n: int):
    i = wp.tid()
    if i >= n:
        return
    x[i] = 2.0 * x[i]
    x[i] += 1.0
    wp.atomic_add(x, 0, wp.sin(1.0))
"""
_TEXTS = [tokens(f) for f in functions_of(_SOURCE)]


def test_every_table_adds_up_to_the_bits_of_the_model() -> None:
    model = NGram([text[: len(text) // 2] for text in _TEXTS])
    for table in costs([model], _TEXTS).values():
        assert sum(bits for _, bits in table.values()) == pytest.approx(model.bits(_TEXTS))
        assert sum(count for count, _ in table.values()) == sum(len(text) + 1 for text in _TEXTS)


def test_lines_have_kinds() -> None:
    kinds = list(dict.fromkeys(kinds_of_lines(_TEXTS[0])))
    assert kinds == ["signature", "bind", "if", "return", "store", "augment", "call", "layout"]
    assert kind_of_line(["ID", "(", "ID", ",", "ID", "=", "F", ")", "<nl>"]) == "call"


def test_what_was_seen_is_told_by_its_longest_history() -> None:
    model = NGram([["a", "b", "c"]])
    assert seen(model, ["<s>", "<s>", "a", "b"], "c") == 4
    assert seen(model, ["x", "x", "x", "b"], "c") == 1
    assert seen(model, ["a", "b", "c", "c"], "a") == 0
    assert seen(model, ["a", "b", "c", "c"], "d") == -1
