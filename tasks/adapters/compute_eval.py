"""The tasks as problems of ComputeEval, NVIDIA's benchmark: its schema, version 2.

A problem's test scores the answer's file with this package, which has to be installed where the test runs; it needs no
GPU. The schema is that of ``compute_eval/data/data_model.py`` in github.com/NVIDIA/compute-eval.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SCHEMA_VERSION = 2
ANSWER, INSTANCE, TEST = "answer.txt", "instance.json", "test_answer.py"

_TEST = f"""\
import pathlib
import sys

from warpsmith import Instance, score

instance = Instance.from_json(pathlib.Path("{INSTANCE}").read_text())
found = score(instance.task, instance, pathlib.Path("{ANSWER}").read_text())
print("; ".join(found.reasons) or "right")
sys.exit(not found.passed)
"""


def problem(row: Mapping[str, Any], date: str) -> dict[str, Any]:
    """An instance as a problem, with the oracle's answer as its baseline.

    Args:
        row: see :func:`warpsmith.tasks.export.row`.
        date: of the problem, as ISO 8601 has it.
    """
    name = f"warpsmith/{row['task']}/{row['seed']}"
    answer = {"path": ANSWER, "content": row["completion"]}
    return {
        "type": "cuda_python",
        "schema_version": SCHEMA_VERSION,
        "task_id": name,
        "date": date,
        "prompt": f"{row['prompt']}\n\nWrite the answer to the file `{ANSWER}`.",
        "metadata": {"difficulty": row["level"], "tags": ["warp", row["task"]], "releases": []},
        "group": "cuda-kernels",
        "context_files": [],
        "test_files": [{"path": INSTANCE, "content": row["instance"]}, {"path": TEST, "content": _TEST}],
        "build_command": None,
        "test_command": f"python {TEST}",
        "timeout_seconds": 300.0,
        "baseline_solution": {"schema_version": 1, "type": "file", "task_id": name, "files": [answer]},
    }
