"""``warpsmith verify``: whether a corpus is what it says."""

from __future__ import annotations

import json
from pathlib import Path

import click

from warpsmith.command.options import (
    configuration,
    drawn_like,
    families,
    folder_argument,
    json_option,
    like_options,
    within,
)


@click.command("verify")
@folder_argument
@click.option("--sample", type=click.IntRange(0), default=0, show_default=True, help="Rows to make again.")
@like_options("people")
@json_option
def command(folder: Path, sample: int, like: str | None, profile: str, as_json: bool) -> int:
    """Checksums, uniqueness, and rows made again from their seeds.

    Exits with 1 if anything is wrong.
    """
    from warpsmith.corpus.folder import Folder
    from warpsmith.corpus.verify import CorpusProblem, verify
    from warpsmith.synthesizer.kernels import KERNELS

    made = Folder(folder).read().request.configuration
    asked = drawn_like(KERNELS, like, profile)
    family = ({asked.name: asked} | families()).get(made.family)
    installed = None
    if family is not None:
        family, max_tokens = within(family, made.max_tokens)
        installed = configuration(family, made.levels, made.arch, made.check, max_tokens)
    report = verify(folder, family, installed, sample)
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        for problem in report["problems"]:
            click.echo(CorpusProblem(**problem))
        click.echo(
            f"{report['files']} files, {report['rows']} rows, {report['checked']} made again: "
            f"{len(report['problems']) or 'no'} problems"
        )
    return 1 if report["problems"] else 0
