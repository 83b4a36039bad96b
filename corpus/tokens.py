"""How many tokens a text has, for a fixed public tokenizer whose file a package brings along."""

from __future__ import annotations

import json
from base64 import b64decode
from functools import cache
from importlib.resources import files

import tiktoken

TOKENIZER = "tekken_240911"
"""Mistral's Tekken of September 2024: 131,072 tokens, byte-level BPE, Apache-2.0; in the package ``mistral_common``."""


def count_tokens(text: str) -> int:
    """Tokens of a text, without any that begin or end it."""
    return len(_encoding().encode_ordinary(text))


@cache
def _encoding() -> tiktoken.Encoding:
    # The package's own class takes a second to import, and several times as long to count.
    tokenizer = json.loads((files("mistral_common") / "data" / f"{TOKENIZER}.json").read_bytes())
    size = tokenizer["config"]["default_vocab_size"] - tokenizer["config"]["default_num_special_tokens"]
    ranks = {b64decode(token["token_bytes"]): token["rank"] for token in tokenizer["vocab"][:size]}
    return tiktoken.Encoding(
        TOKENIZER, pat_str=tokenizer["config"]["pattern"], mergeable_ranks=ranks, special_tokens={}
    )
