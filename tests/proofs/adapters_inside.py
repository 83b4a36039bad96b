"""What ``tests.proofs.adapters`` runs in the fresh environment, where this file and ``answerers.py`` stand alone."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from itertools import pairwise
from pathlib import Path

import datasets
import inspect_ai
import verifiers.v1 as vf
from answerers import ladder
from inspect_ai.model import ModelOutput, ModelUsage, get_model

import warpsmith
from warpsmith.tasks.adapters import inspect_ai as adapter
from warpsmith.tasks.adapters.trl import reward
from warpsmith.tasks.adapters.verifiers import WarpsmithConfig, WarpsmithTaskset
from warpsmith.tasks.export import write
from warpsmith.tasks.task import Instance

INSPECTED = "noise 0.01"
"""The answerer of the ladder whose answers Inspect scores: some are right, and some wrong."""
SHOWN = 5
"""Rows that are written and loaded."""


def _no_network(self: socket.socket, address: object) -> None:
    raise OSError(f"this is to work offline, and wants to reach {address}")


def traced(task: vf.Task, answer: str) -> float:
    """The reward that ``verifiers`` gives."""
    agent = vf.trace.AgentInfo(config=vf.AgentConfig())
    trace = vf.Trace(task=vf.trace.TraceTask(type="WarpsmithTask", data=task.data), agent=agent)
    trace.root_reply = answer
    asyncio.run(task.score(trace))
    return float(trace.reward)


def inspected(name: str, seed: int, answers: list[str]) -> list[float]:
    """The rewards that Inspect gives."""
    said = [ModelOutput.from_content("mockllm/model", text) for text in answers]
    for output in said:
        output.usage = ModelUsage()  # or its tokens are counted by what has to be downloaded
    model, asked = get_model("mockllm/model", custom_outputs=said), adapter.instances(name, len(answers), seed)
    (log,) = inspect_ai.eval(asked, model=model, max_samples=1, display="none", log_dir="logs")
    return [float(sample.scores["reward"].value) for sample in log.samples]


def faults(name: str, count: int, seed: int) -> list[str]:
    """What is not as it should be with a task."""
    task, found, columns = warpsmith.TASKS[name], list[str](), list[str]()
    made = list(WarpsmithTaskset(WarpsmithConfig(tasks=(name,), seed=seed)).take(count))
    instances = [Instance.from_json(one.data.instance) for one in made]
    rewards: dict[str, list[float]] = {}
    for answerer in ladder():
        answers = [answerer.answer(task, instance) for instance in instances]
        rewards[answerer.name] = [traced(one, answer) for one, answer in zip(made, answers, strict=True)]
        columns = [instance.to_json() for instance in instances]
        if reward(completions=answers, task=[name] * count, instance=columns) != rewards[answerer.name]:
            found.append(f"{name}: TRL's rewards of {answerer.name} are others")
        if answerer.name == INSPECTED and inspected(name, seed, answers) != rewards[answerer.name]:
            found.append(f"{name}: Inspect's rewards of {answerer.name} are others")
    means = {who: round(sum(some) / count, 3) for who, some in rewards.items()}
    print(json.dumps({"task": name, "instances": count, "mean rewards": means}), flush=True)
    found += [f"{name}: {low} has more than {high}" for low, high in pairwise(means) if means[low] > means[high]]
    written = write(task, range(seed, seed + SHOWN), Path(name), lambda more: None)
    texts = [str(path) for path in written if path.suffix == ".jsonl"]
    loaded = datasets.load_dataset("json", data_files=texts, split="train")
    if sorted(loaded["seed"]) != list(range(seed, seed + SHOWN)) or columns[0] not in loaded["instance"]:
        found.append(f"{name}: datasets loads other rows")
    return found


def main() -> int:
    """Look at every task; each takes a line of JSON."""
    socket.socket.connect = _no_network  # type: ignore[method-assign, assignment]
    count, seed, *names = sys.argv[1:]
    found = [fault for name in names for fault in faults(name, int(count), int(seed))]
    print("\n".join(found) or "everything is as it should be")
    return int(bool(found))
