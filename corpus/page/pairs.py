"""Pairs for a page: a program with its texts and which lines belong together, packed as small as a browser can read."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from warpsmith.corpus.row import Record


@dataclass(frozen=True)
class Pair:
    """A program and its IR, ready for a page.

    Attributes:
        id: its name.
        about: a few words for a list.
        names: the productions in it and the builtins that they belong to.
        packed: everything that is shown of it: JSON, gzip, base64.
    """

    id: str
    about: str
    names: tuple[str, ...]
    packed: str


def pair_of(row: Record, levels: Sequence[str], builtins: Mapping[str, str]) -> Pair:
    """A row of a corpus as a pair.

    Args:
        row: with ``source``, ``productions``, ``launch``, the texts of the levels and ``line_map``.
        levels: what to show.
        builtins: production to builtin.
    """
    productions = sorted(row["productions"])
    lines = row["line_map"]
    shown = [
        {
            "name": level,
            **{part: row[f"{level}_{part}"] for part in ("forward", "backward")},
            **{f"{part}_lines": lines[f"{level}_{part}"] for part in ("forward", "backward")},
        }
        for level in levels
    ]
    launch = json.loads(row["launch"])
    facts = f"launched over {launch['dim']} · " if "dim" in launch else ""
    body = {"id": row["id"], "source": row["source"], "facts": facts + ", ".join(productions), "levels": shown}
    names = dict.fromkeys([*productions, *(builtins.get(p, p.partition("(")[0]) for p in productions)])
    lines_of_source = sum(1 for line in row["source"].splitlines() if line.strip())
    about = f"{lines_of_source} lines, {', '.join(sorted({n for n in names if '(' not in n}))}"
    return Pair(row["id"], about, tuple(names), _packed(body))


def _packed(body: Any) -> str:
    text = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def choose(programs: Iterable[tuple[int, Sequence[str]]]) -> list[int]:
    """All seeds, those first whose program has a production that none before it has.

    Args:
        programs: seed and productions of each.
    """
    seen: set[str] = set()
    news: list[int] = []
    others: list[int] = []
    for seed, productions in programs:
        (others if seen.issuperset(productions) else news).append(seed)
        seen.update(productions)
    return news + others


def fitting(pairs: Iterable[Pair], room: int) -> list[Pair]:
    """The first of the pairs, as many as ``room`` bytes of a page hold."""
    kept = []
    for pair in pairs:
        room -= len(pair.packed) + len(pair.about) + 8 * len(pair.names) + 100
        if room < 0:
            break
        kept.append(pair)
    return kept
