"""The rows: one program each, with its provenance and its IR at every level, under an explicit schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import pyarrow as pa

from warpsmith.corpus.tensors import TENSOR
from warpsmith.corpus.tokens import count_tokens
from warpsmith.corpus.unit import Configuration
from warpsmith.grammar.program import Program

Record: TypeAlias = dict[str, Any]
"""One row, by column."""

DIGESTS = ("exact", "norm", "skeleton")
PARTS = ("forward", "backward")
"""The texts of a level."""
VERDICTS = ("checked", "codegen", "compiled", "executed")
"""What was asked of a program, in order. A verdict is true, false, or null where nobody asked."""

_PROVENANCE = [
    pa.field("id", pa.string(), nullable=False),
    pa.field("seed", pa.int64(), nullable=False),
    pa.field("family", pa.string(), nullable=False),
    pa.field("source", pa.string(), nullable=False),
    pa.field("entry", pa.string(), nullable=False),
    pa.field("launch", pa.string(), nullable=False),
    pa.field("lines", pa.int32(), nullable=False),
    pa.field("choices", pa.list_(pa.int64()), nullable=False),
    pa.field("productions", pa.list_(pa.string()), nullable=False),
    pa.field("family_version", pa.int32(), nullable=False),
    pa.field("warpsmith", pa.string(), nullable=False),
    pa.field("warp", pa.string(), nullable=False),
    pa.field("normaliser", pa.int32(), nullable=False),
    pa.field("tokenizer", pa.string(), nullable=False),
    pa.field("source_tokens", pa.int32(), nullable=False),
    pa.field("arch", pa.int32(), nullable=False),
    pa.field("configuration", pa.string(), nullable=False),
    *(pa.field(verdict, pa.bool_()) for verdict in VERDICTS),
]
EXECUTION = pa.struct(
    [
        pa.field("recipe", pa.string(), nullable=False),
        pa.field("dims", pa.list_(pa.list_(pa.int32())), nullable=False),
        *(pa.field(name, pa.list_(TENSOR), nullable=False) for name in ("inputs", "outputs", "adjoints", "gradients")),
    ]
)
"""One launch of a program: how its inputs were drawn, over how many threads each of its kernels was launched, with
what, and what a correct implementation makes of that. ``gradients`` are the derivatives, by the inputs, of the sum of
``adjoints`` times outputs."""
JUDGED = ("forward_verdict", "gradient_verdict")
"""What the fuzzer's oracles say of the launches: agree, disagree or inconclusive; null where they say nothing."""
_EXECUTED = [
    pa.field("execution_failure", pa.string()),
    *(pa.field(column, pa.string()) for column in ("forward_verdict", "forward_reason")),
    *(pa.field(column, pa.string()) for column in ("gradient_verdict", "gradient_reason")),
    pa.field("known_defects", pa.list_(pa.string())),
    pa.field("explained_by", pa.string()),
    pa.field("executions", pa.list_(EXECUTION)),
]
_PLACED = [
    pa.field("split", pa.string(), nullable=False),
    pa.field("cluster", pa.int64(), nullable=False),
    pa.field("held_out", pa.string()),
    pa.field("contaminated", pa.string()),
]
"""What the merge says of a row: its split; the lowest seed that near-duplicates connect it with, its own if there are
none; what it has that only ``test_ood`` has; and the published kernel that it is a near-duplicate of."""
_COMPARED = [pa.field("held_out", pa.string()), pa.field("minhash", pa.binary())]
"""What a row is placed by."""
PLACED = ("split", "cluster", "contaminated")
"""Columns that the merge adds, which do not depend on the row alone."""
_REFUSAL = [pa.field("refused", pa.string()), pa.field("reason", pa.string())]


def level_columns(levels: Sequence[str]) -> list[str]:
    """Columns that hold IR: ``cpp_forward``, ``cpp_backward``, ``cpp_exact``, ``cpp_norm``, ``cpp_skeleton``, ..."""
    return [f"{level}_{part}" for level in levels for part in (*PARTS, *DIGESTS)]


def token_columns(levels: Sequence[str]) -> list[str]:
    """Columns with the tokens of the texts: ``cpp_forward_tokens``, ``cpp_backward_tokens``, ..."""
    return [f"{level}_{part}_tokens" for level in levels for part in PARTS]


def text_columns(levels: Sequence[str]) -> list[str]:
    """Columns that hold a text at some level: ``cpp_forward``, ``cpp_backward``, ..."""
    return [f"{level}_{part}" for level in levels for part in PARTS]


def _line_map(levels: Sequence[str]) -> pa.DataType:
    """By text, for each of its lines, the line of ``source`` that it came from, from 1, or 0."""
    return pa.struct([pa.field(column, pa.list_(pa.int32())) for column in text_columns(levels)])


def row_schema(levels: Sequence[str]) -> pa.Schema:
    """Columns of the corpus itself.

    Args:
        levels: IR levels, in order.
    """
    digests = [pa.field(digest, pa.string(), nullable=False) for digest in DIGESTS]
    texts = [pa.field(column, pa.string(), nullable=False) for column in level_columns(levels)]
    tokens = [pa.field(column, pa.int32(), nullable=False) for column in token_columns(levels)]
    lines = pa.field("line_map", _line_map(levels), nullable=False)
    return pa.schema([*_PROVENANCE, *digests, *texts, *tokens, lines, *_EXECUTED, *_PLACED])


def refusal_schema() -> pa.Schema:
    """Columns of the table of refusals: the program, which stage refused it, and why."""
    return pa.schema([*_PROVENANCE, *_REFUSAL])


def quarantine_schema() -> pa.Schema:
    """Columns of the quarantine table: seeds whose programs end the process that makes them."""
    required = [("seed", pa.int64()), ("stage", pa.string()), ("reason", pa.string())]
    return pa.schema([*(pa.field(*column, nullable=False) for column in required), pa.field("source", pa.string())])


def shard_schema(levels: Sequence[str]) -> pa.Schema:
    """Columns of a unit's shard: rows and refusals together, one per seed."""
    optional = [pa.field(column, pa.string()) for column in (*DIGESTS, *level_columns(levels))]
    tokens = [pa.field(column, pa.int32()) for column in token_columns(levels)]
    lines = pa.field("line_map", _line_map(levels))
    return pa.schema([*_PROVENANCE, *optional, *tokens, lines, *_EXECUTED, *_REFUSAL, *_COMPARED])


def census_schema(levels: Sequence[str]) -> pa.Schema:
    """Columns of the census: what became of every seed, with all that statistics need but the texts.

    ``fate`` is ``kept``, ``refused``, ``duplicate`` (of the seed ``like``, by ``norm``), ``capped`` (``like`` is the
    first seed with the same skeleton), or ``quarantined``; then nothing else is known.
    """
    digests = [*DIGESTS, *(f"{level}_{digest}" for level in levels for digest in DIGESTS)]
    return pa.schema(
        [
            pa.field("seed", pa.int64(), nullable=False),
            pa.field("fate", pa.string(), nullable=False),
            pa.field("like", pa.int64()),
            pa.field("split", pa.string()),
            pa.field("cluster", pa.int64()),
            pa.field("contaminated", pa.string()),
            *_COMPARED,
            pa.field("lines", pa.int32()),
            pa.field("productions", pa.list_(pa.string())),
            *(pa.field(verdict, pa.bool_()) for verdict in VERDICTS),
            pa.field("refused", pa.string()),
            *(pa.field(column, pa.string()) for column in (*JUDGED, "explained_by")),
            pa.field("source_tokens", pa.int32()),
            *(pa.field(column, pa.int32()) for column in token_columns(levels)),
            *(pa.field(digest, pa.string()) for digest in digests),
        ]
    )


_LEVEL = 9
"""Of zstd: a fifth smaller than its default, for one or two milliseconds a row."""


def write_options(schema: pa.Schema) -> dict[str, Any]:
    """Options of every Parquet file: zstd, a page index, and neither dictionary nor statistics where texts are long.

    Floats of launches are written byte by byte, all first bytes and so on: most are of shorter types, so that half of
    their bytes are zero, and they become a seventh to a quarter smaller.
    """
    texts = {"source", "launch", "minhash", *(c for c in schema.names if c.endswith(("_forward", "_backward")))}
    # Nested columns go by the path of their leaf.
    leaf = {"choices": "choices.list.element", "productions": "productions.list.element"}
    leaf["known_defects"] = "known_defects.list.element"
    left_out = {*texts, "choices", "executions", "line_map"}
    short = [leaf.get(column, column) for column in schema.names if column not in left_out]
    if "line_map" in schema.names:
        short += [f"line_map.{field.name}.list.element" for field in schema.field("line_map").type]
    options = {
        "compression": "zstd",
        "compression_level": _LEVEL,
        "write_page_index": True,
        "use_dictionary": short,
        "write_statistics": short,
    }
    if "executions" in schema.names:
        launched = "executions.list.element.{}.list.element.{}.list.element"
        groups = ("inputs", "outputs", "adjoints", "gradients")
        options["use_byte_stream_split"] = [launched.format(group, "floats") for group in groups]
        options["use_dictionary"] = [
            *short,
            *(launched.format(group, numbers) for group in groups for numbers in ("integers", "bounds")),
        ]
    return options


def count_lines(source: str) -> int:
    """Lines of source that are not blank."""
    return sum(1 for line in source.splitlines() if line.strip())


def describe_launch(program: Program) -> str:
    """How the program is launched, as JSON; the family's launch says what that is."""
    return json.dumps(program.launch.describe(), separators=(",", ":"))


def provenance(program: Program, source: str, seed: int, configuration: Configuration) -> Record:
    """The columns that say what a program is and where it came from; verdicts are still open."""
    return {
        "id": f"{configuration.family}-{seed}",
        "seed": seed,
        "family": configuration.family,
        "source": source,
        "entry": program.entry,
        "launch": describe_launch(program),
        "lines": count_lines(source),
        "choices": program.choices,
        "productions": program.productions,
        "family_version": configuration.family_version,
        "warpsmith": configuration.warpsmith,
        "warp": configuration.warp,
        "normaliser": configuration.normaliser,
        "tokenizer": configuration.tokenizer,
        "source_tokens": count_tokens(source),
        "arch": configuration.arch,
        "configuration": configuration.digest,
    }
