"""Instances on disk: JSON lines and Parquet, a row for each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from warpsmith.errors import UsageError
from warpsmith.tasks.task import Task

SCHEMA = pa.schema(
    [
        ("task", pa.string()),
        ("seed", pa.int64()),
        ("level", pa.string()),
        ("difficulty", pa.string()),
        ("prompt", pa.string()),
        ("completion", pa.string()),
        ("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        ("instance", pa.string()),
    ]
)


def row(task: Task, seed: int) -> dict[str, Any]:
    """An instance and its right answer; ``instance`` is what the scorer takes, and holds that answer, too."""
    instance = task.instance(seed)
    answer = task.perfect_answer(instance)
    turns = (("user", instance.prompt), ("assistant", answer))
    return {
        "task": task.name,
        "seed": seed,
        "level": instance.difficulty["level"],
        "difficulty": json.dumps(instance.difficulty),
        "prompt": instance.prompt,
        "completion": answer,
        "messages": [{"role": role, "content": content} for role, content in turns],
        "instance": instance.to_json(),
    }


def write(task: Task, seeds: Iterable[int], folder: Path, progress: Callable[[int], None]) -> tuple[Path, Path]:
    """Write ``{task}.jsonl`` and ``{task}.parquet``.

    Raises:
        UsageError: the folder cannot be written.
    """
    rows = []
    for seed in seeds:
        rows.append(row(task, seed))
        progress(1)
    lines, table = folder / f"{task.name}.jsonl", folder / f"{task.name}.parquet"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lines.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), table, compression="zstd")
    except OSError as error:
        raise UsageError(f"cannot write {folder}: {error.strerror}") from error
    return lines, table
