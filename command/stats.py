"""``warpsmith stats``: what a corpus holds."""

from __future__ import annotations

import json
from pathlib import Path

import click

from warpsmith.command.options import folder_argument, json_option


@click.command("stats")
@folder_argument
@json_option
def command(folder: Path, as_json: bool) -> None:
    """The funnel, uniqueness at three digests, coverage, diversity."""
    from warpsmith.command.printing import print_tables
    from warpsmith.corpus.report import statistics_tables
    from warpsmith.corpus.stats import statistics

    stats = statistics(folder, _known_productions())
    if as_json:
        click.echo(json.dumps(stats, indent=2))
    else:
        print_tables(statistics_tables(stats))


def _known_productions() -> dict[str, dict[str, str]]:
    from warpsmith.grammar.derive import derived
    from warpsmith.grammar.written import written

    return {kind: {p.name: p.builtin for p in rows} for kind, rows in (("derived", derived()), ("written", written()))}
