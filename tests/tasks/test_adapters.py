"""The tasks in the hands of other libraries."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from warpsmith.errors import UsageError
from warpsmith.tasks.adapters.compute_eval import ANSWER, problem
from warpsmith.tasks.adapters.trl import reward
from warpsmith.tasks.export import row
from warpsmith.tasks.table import task_of


def test_trl_gets_a_reward_for_each_completion() -> None:
    rows = [row(task_of(name), 0) for name in ("refuse", "predict")]
    columns = {name: [r[name] for r in rows] for name in ("task", "instance", "level")}
    right = [r["completion"] for r in rows]
    assert reward(completions=right, **columns) == [1.0, 1.0]
    messages = [[{"role": "assistant", "content": text}] for text in (right[0], "")]
    assert reward(prompts=["", ""], completions=messages, **columns) == [1.0, 0.0]
    with pytest.raises(UsageError, match="unknown task"):
        reward(completions=[""], task=["sort"], instance=columns["instance"][:1])


def test_verifiers_scores_a_trace() -> None:
    vf = pytest.importorskip("verifiers.v1", reason="takes the extra: pip install warpsmith[verifiers]")
    from warpsmith.tasks.adapters.verifiers import WarpsmithConfig, WarpsmithTaskset

    config = WarpsmithConfig(tasks=("refuse", "predict"), seed=3)
    for task in WarpsmithTaskset(config).take(3):
        oracle = task_of(task.data.task)
        instance = oracle.instance(int(task.data.name.partition("#")[2]))
        for answer, worth in ((oracle.perfect_answer(instance), 1.0), ("", 0.0)):
            agent = vf.trace.AgentInfo(config=vf.AgentConfig())
            trace = vf.Trace(task=vf.trace.TraceTask(type="WarpsmithTask", data=task.data), agent=agent)
            trace.root_reply = answer
            asyncio.run(task.score(trace))
            assert trace.reward == worth


def test_inspect_scores_answers(tmp_path: Path) -> None:
    inspect_ai = pytest.importorskip("inspect_ai", reason="takes the extra: pip install warpsmith[inspect]")
    from warpsmith.tasks.adapters.inspect_ai import instances

    right = task_of("refuse").perfect_answer(task_of("refuse").instance(3))
    said = [inspect_ai.model.ModelOutput.from_content("mockllm/model", text) for text in (right, "")]
    for output in said:
        output.usage = inspect_ai.model.ModelUsage()  # or its tokens are counted by what has to be downloaded
    model = inspect_ai.model.get_model("mockllm/model", custom_outputs=said)
    (log,) = inspect_ai.eval(
        instances("refuse", 2, 3), model=model, max_samples=1, display="none", log_dir=str(tmp_path)
    )
    assert [(s.id, s.scores["reward"].value, s.scores["reward"].explanation) for s in log.samples] == [
        ("refuse#3", 1.0, ""),
        ("refuse#4", 0.0, "the answer is empty"),
    ]


def test_compute_eval_tests_the_baseline_and_the_empty_answer(tmp_path: Path) -> None:
    made = problem(row(task_of("refuse"), 1), "2026-11-30")
    files = [*made["test_files"], *made["baseline_solution"]["files"]]
    for file in files:
        (tmp_path / file["path"]).write_text(file["content"])
    command = [sys.executable, *made["test_command"].split()[1:]]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / ANSWER).write_text("")
    wrong = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stdout) == (1, "the answer is empty\n")
