"""``warpsmith views``: a corpus as a data set that others load."""

from __future__ import annotations

from pathlib import Path

import click

from warpsmith.command.options import folder_argument


@click.command("views")
@folder_argument
def command(folder: Path) -> None:
    """Prompts, tests and a card beside the rows of a corpus, which make it one data set.

    Its configurations are pairs, the rows themselves; prompts, with the messages of a question and its answer; and
    tests, programs with inputs and what must come out, where --check execute launched them.
    """
    from warpsmith.command.stats import known_productions
    from warpsmith.corpus.views.prompts import TRANSLATE
    from warpsmith.corpus.views.write import write_views

    rows = write_views(folder, (TRANSLATE,), known_productions())
    click.echo(f"{folder}: " + ", ".join(f"{name} {count:,}" for name, count in rows.items()))
