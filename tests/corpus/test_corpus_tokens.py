from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mistral_common.tokens.tokenizers.tekken import Tekkenizer

from warpsmith.corpus.stats import statistics
from warpsmith.corpus.tokens import TOKENIZER, count_tokens


def test_tokens_are_those_of_a_fixed_tokenizer_of_a_package() -> None:
    assert count_tokens("") == 0
    assert count_tokens("ld.param.u64 \t%rd65, [kernel_param_8];") == 18
    assert count_tokens("import warp as wp\n") == 5


PIECES = ("\n", "\n\n", "\n \n", "\r\n", " ", "\t", "/", "//", "a", "B", "1", "23", ";", "}", "é", "\x0b", "\u2028")
"""What decides where tokens end."""


@pytest.fixture(scope="module")
def tekken() -> Tekkenizer:
    with as_file(files("mistral_common") / "data" / f"{TOKENIZER}.json") as path:
        return Tekkenizer.from_file(path)


def test_tokens_are_those_that_the_package_itself_counts(plain: Path, tekken: Tekkenizer) -> None:
    texts = [row["cuda_backward"] for row in pq.read_table(plain / "data").to_pylist()[:5]]
    for text in (*texts, "ä é ∂x/∂y \r\n\r\n\t// <s>[INST] 12345", "\n \n\t\n//\n"):
        assert count_tokens(text) == len(tekken.encode(text, bos=False, eos=False))


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=20).map("".join))
def test_counting_by_line_is_counting(tekken: Tekkenizer, text: str) -> None:
    assert count_tokens(text) == len(tekken.encode(text, bos=False, eos=False))


def test_every_text_of_a_row_has_its_tokens(plain: Path) -> None:
    for row in pq.read_table(plain / "data").to_pylist():
        assert row["tokenizer"] == TOKENIZER
        for column in ("source", "cpp_forward", "cpp_backward", "cuda_forward", "cuda_backward"):
            assert row[f"{column}_tokens"] == count_tokens(row[column])


def test_statistics_have_the_tokens_of_a_pair(plain: Path) -> None:
    rows = pq.read_table(plain / "data").to_pylist()
    passes = ("cpp_forward_tokens", "cpp_backward_tokens")
    pairs = sorted(row["source_tokens"] + row[column] for row in rows for column in passes)
    tokens = statistics(plain)["tokens"]
    assert tokens.keys() == {"source", "cpp", "cuda"}
    assert tokens["cpp"] == {"median": pairs[39], "p95": pairs[75]}
