"""``warpsmith score``: what an answer to a task is worth."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click

from warpsmith.command.options import json_option
from warpsmith.errors import UsageError

_file = click.Path(path_type=Path, allow_dash=True)


@click.command("score")
@click.option("--task", required=True, help="The task; an unknown name lists them.")
@click.argument("instance", type=_file)
@click.argument("answer", type=_file)
@json_option
def command(task: str, instance: Path, answer: Path, as_json: bool) -> int:
    """Score an answer to an instance of a task: 1 if it is right, 0 if not.

    INSTANCE is a file with the field of that name of a row that tasks wrote, ANSWER one with text; - is standard input.
    Exits with 1 if it is wrong. Code in an answer is never run in this process.
    """
    from warpsmith.tasks.grader import Grader
    from warpsmith.tasks.table import score, task_of
    from warpsmith.tasks.task import Instance

    asked, question = task_of(task), Instance.from_json(_text(instance))
    began = time.perf_counter()
    with Grader() as grader:
        found = score(asked, question, _text(answer), grader)
        for lacking in grader.lacking:
            click.echo(f"warpsmith: {lacking}", err=True)
    seconds = round(time.perf_counter() - began, 3)
    if as_json:
        row = {"task": task, "reward": found.reward, "passed": found.passed, "reasons": list(found.reasons)}
        click.echo(json.dumps({**row, "seconds": seconds}))
    else:
        click.echo(f"reward {found.reward:g}" + "".join(f"; {reason}" for reason in found.reasons))
    return int(not found.passed)


def _text(path: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return data.decode("utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not text: {error}") from error
