"""The committed sample: a finished corpus, and a handful of its rows rendered for reading.

::

    warpsmith generate --count 128 --levels adjoint,cpp,cuda,ptx --max-tokens none --out corpus/samples
    python -m warpsmith.corpus.sample corpus/samples
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow.parquet as pq

from warpsmith.corpus.folder import Folder, write_text
from warpsmith.corpus.row import Record

_RENDERED = (0.0, 0.2, 0.4, 0.6)
"""Which rows are rendered, as fractions of all of them by length; the longest are no pleasure to read."""
_LANGUAGES = {"adjoint": "cpp", "cpp": "cpp", "cuda": "cuda", "llvm": "llvm", "ptx": "ptx"}


def render(path: Path) -> dict[str, str]:
    """Markdown of a handful of a corpus's rows, of different lengths, by file name.

    Args:
        path: a finished corpus.
    """
    levels = Folder(path).read_finished().request.configuration.levels
    lines = pq.read_table(path / "data", columns=["lines", "seed"]).to_pylist()
    ordered = [row["seed"] for row in sorted(lines, key=lambda row: (row["lines"], row["seed"]))]
    seeds = [ordered[int(fraction * len(ordered))] for fraction in _RENDERED] if ordered else []
    rows = pq.read_table(path / "data", filters=[("seed", "in", seeds)]).to_pylist() if seeds else []
    return {f"{row['id']}.md": _markdown(row, levels) for row in rows}


def _markdown(row: Record, levels: tuple[str, ...]) -> str:
    launch = json.loads(row["launch"])
    arguments = ", ".join(f"`{a['name']}`: {a['type']}{a['shape'] or ''}" for a in launch["arguments"])
    parts = [
        f"# {row['id']}",
        f"Launched over {launch['dim']} threads with {arguments}. Made by warpsmith {row['warpsmith']} "
        f"and Warp {row['warp']}; norm `{row['norm']}`, skeleton `{row['skeleton']}`.",
        _block("python", row["source"]),
    ]
    for level in levels:
        for part in ("forward", "backward"):
            if text := row[f"{level}_{part}"]:
                parts += [f"## {level}, {part}", _block(_LANGUAGES[level], text)]
    return "\n\n".join(parts) + "\n"


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def main() -> None:
    """Render the corpus whose folder the command line names, into that folder."""
    (path,) = map(Path, sys.argv[1:])
    for stale in path.glob("*.md"):
        stale.unlink()
    for name, text in render(path).items():
        write_text(path / name, text)


if __name__ == "__main__":
    main()
