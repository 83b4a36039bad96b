"""``warpsmith verify``: whether a corpus is what it says."""

from __future__ import annotations

import json
from pathlib import Path

import click

from warpsmith.command.options import configuration, drawn_like, families, folder_argument, json_option, like_options


@click.command("verify")
@folder_argument
@click.option("--sample", type=click.IntRange(0), default=0, show_default=True, help="Rows to make again.")
@like_options
@json_option
def command(folder: Path, sample: int, like: str | None, profile: str, as_json: bool) -> int:
    """Checksums, uniqueness, and rows made again from their seeds.

    Exits with 1 if anything is wrong.
    """
    from warpsmith.corpus.folder import Folder
    from warpsmith.corpus.verify import Problem, verify
    from warpsmith.synthesizer.kernels import KERNELS

    made = Folder(folder).read().request.configuration
    asked = drawn_like(KERNELS, like, profile)
    family = ({asked.name: asked} | families()).get(made.family)
    installed = configuration(family, made.levels, made.arch, made.check) if family else None
    report = verify(folder, family, installed, sample)
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        for finding in report["findings"]:
            click.echo(Problem(**finding))
        click.echo(
            f"{report['files']} files, {report['rows']} rows, {report['sampled']} made again: "
            f"{len(report['findings']) or 'no'} problems"
        )
    return 1 if report["findings"] else 0
