"""``warpsmith tasks``: instances of a task, for training and evaluation."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("tasks")
@click.option("--task", required=True, help="The task; an unknown name lists them.")
@click.option("--count", type=click.IntRange(1), required=True, help="How many instances.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The first instance's seed.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="A folder.")
@click.option("--compute-eval", is_flag=True, help="Write them as problems of ComputeEval, too.")
def command(task: str, count: int, seed: int, out: Path, compute_eval: bool) -> None:
    """Write instances of a task with their right answers, for training and evaluation.

    There are two files for each split, JSON lines and Parquet, with the same rows. A row has prompt and completion, the
    same as messages, and the instance, which score takes and which holds the right answer.
    """
    from datetime import date

    from warpsmith.command.printing import bar
    from warpsmith.tasks.export import write
    from warpsmith.tasks.table import task_of

    asked = task_of(task)
    with bar(count, "instances") as progress:
        day = date.today().isoformat() if compute_eval else None
        written = write(asked, range(seed, seed + count), out, progress, compute_eval=day)
    for path in written:
        click.echo(str(path))
