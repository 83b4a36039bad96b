"""``warpsmith tasks`` and ``warpsmith score``, as processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.forked import run
from tests.test_command import one_line
from warpsmith.tasks.table import TASKS

DOCUMENT = Path(__file__).parents[2] / "docs" / "tasks.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("tasks")
    made = run("tasks", "--task", "refuse", "--count", "2", "--seed", "5", "--out", out)
    assert made.returncode == 0, made.stderr
    row = rows_of(out)[0]
    (out / "instance.json").write_text(row["instance"])
    (out / "right.md").write_text(row["completion"])
    (out / "wrong.md").write_text("I do not know.")
    return out


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """Rows of all splits, by seed."""
    texts = [path.read_text() for path in folder.glob("refuse-*.jsonl")]
    rows = [json.loads(line) for text in texts for line in text.splitlines()]
    return sorted(rows, key=lambda row: int(row["seed"]))


def test_each_split_has_two_files_of_the_same_rows(folder: Path) -> None:
    for path in folder.glob("refuse-*.jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        assert pq.read_table(path.with_suffix(".parquet")).to_pylist() == rows
        assert {f"refuse-{row['split']}" for row in rows} == {path.stem}
    rows = rows_of(folder)
    assert [row["seed"] for row in rows] == [5, 6]
    for row in rows:
        assert [turn["content"] for turn in row["messages"]] == [row["prompt"], row["completion"]]
        assert json.loads(row["instance"])["prompt"] == row["prompt"]


def test_a_right_and_a_wrong_answer(folder: Path) -> None:
    right = run("score", "--task", "refuse", folder / "instance.json", folder / "right.md", "--json")
    assert right.returncode == 0
    found = json.loads(right.stdout)
    assert list(found) == ["task", "reward", "passed", "reasons", "seconds"]
    assert (found["task"], found["reward"], found["passed"], found["reasons"]) == ("refuse", 1.0, True, [])
    wrong = run("score", "--task", "refuse", folder / "instance.json", folder / "wrong.md")
    assert wrong.returncode == 1
    assert wrong.stdout.startswith("reward 0; the answer is no JSON")


def test_wrong_use_is_one_clear_line(folder: Path) -> None:
    instance, answer = folder / "instance.json", folder / "right.md"
    (folder / "bytes.md").write_bytes(b"\xff\xfe")
    old = json.loads(instance.read_text()) | {"version": "0"}
    (folder / "old.json").write_text(json.dumps(old))
    for arguments, message in (
        (("score", "--task", "guess", instance, answer), "unknown task 'guess': choose from predict"),
        (("score", "--task", "lift", instance, answer), "an instance of 'refuse' is no instance of 'lift'"),
        (("score", "--task", "refuse", answer, answer), "this is no instance"),
        (("score", "--task", "refuse", folder / "old.json", answer), "the instance is of version 0"),
        (("score", "--task", "refuse", instance, folder / "none"), "cannot read"),
        (("score", "--task", "refuse", instance, folder / "bytes.md"), "is not text"),
        (("tasks", "--task", "guess", "--count", "1", "--out", folder), "unknown task"),
        (("tasks", "--task", "refuse", "--count", "1", "--out", answer), "is a file"),
    ):
        done = run(*arguments)
        assert done.returncode == 2
        assert one_line(done.stderr)
        assert message in done.stderr


def test_the_document_has_every_task() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for task in TASKS.values():
        assert f"| `{task.name}` | {task.asks} | {task.perfect} |" in text
