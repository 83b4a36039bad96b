"""How many tokens a text has, for a fixed public tokenizer whose file a package brings along."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files
from typing import Any

TOKENIZER = "tekken_240911"
"""Mistral's Tekken of September 2024: 131,072 tokens, byte-level BPE, Apache-2.0; in the package ``mistral_common``."""


def count_tokens(text: str) -> int:
    """Tokens of a text, without any that begin or end it."""
    return len(_encoding().encode(text, bos=False, eos=False))


@cache
def _encoding() -> Any:
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer  # a second to import and to read

    with as_file(files("mistral_common") / "data" / f"{TOKENIZER}.json") as path:
        return Tekkenizer.from_file(path)
