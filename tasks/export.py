"""Instances on disk: JSON lines and Parquet, a row for each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from warpsmith.errors import UsageError
from warpsmith.ir.splits import SPLITS
from warpsmith.tasks.adapters.compute_eval import problem
from warpsmith.tasks.task import Task

SCHEMA = pa.schema(
    [
        ("task", pa.string()),
        ("seed", pa.int64()),
        ("split", pa.string()),
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
        "split": instance.split,
        "level": instance.difficulty["level"],
        "difficulty": json.dumps(instance.difficulty),
        "prompt": instance.prompt,
        "completion": answer,
        "messages": [{"role": role, "content": content} for role, content in turns],
        "instance": instance.to_json(),
    }


def write(
    task: Task, seeds: Iterable[int], folder: Path, progress: Callable[[int], None], *, compute_eval: str | None = None
) -> tuple[Path, ...]:
    """Write ``{task}-{split}.jsonl`` and ``{task}-{split}.parquet`` for every split that has instances.

    Args:
        task: of which.
        seeds: of the instances.
        folder: where the files go.
        progress: told how many more instances are made.
        compute_eval: a date; then the instances are written as ComputeEval's problems of that date, too.

    Raises:
        UsageError: the folder cannot be written.
    """
    rows = []
    for seed in seeds:
        rows.append(row(task, seed))
        progress(1)
    parts = {f"{task.name}-{split}": [r for r in rows if r["split"] == split] for split in SPLITS}
    parts = {name: some for name, some in parts.items() if some}
    texts = {folder / f"{name}.jsonl": some for name, some in parts.items()}
    tables = {folder / f"{name}.parquet": some for name, some in parts.items()}
    if compute_eval is not None:
        texts[folder / f"{task.name}.compute-eval.jsonl"] = [problem(made, compute_eval) for made in rows]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, some in texts.items():
            path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in some), encoding="utf-8")
        for path, some in tables.items():
            pq.write_table(pa.Table.from_pylist(some, SCHEMA), path, compression="zstd")
    except OSError as error:
        raise UsageError(f"cannot write {folder}: {error.strerror}") from error
    return *texts, *tables
