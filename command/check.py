"""``warpsmith check``: whether Warp would take the kernels in files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from warpsmith.command.options import json_option
from warpsmith.errors import UsageError


@click.command("check")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--strict", is_flag=True, help="Exit with 1 also if anything is unknown or was not read.")
@click.option(
    "--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Processes that share the files."
)
@json_option
def command(paths: Sequence[Path], strict: bool, jobs: int, as_json: bool) -> int:
    """Type-check the kernels and functions in Python files and folders, importing nothing.

    Exits with 1 if Warp would refuse any.
    """
    from warpsmith.synthesizer.check import as_json as told
    from warpsmith.synthesizer.check import check_paths, exit_code, lines

    try:
        reports = check_paths(paths, jobs=jobs)
    except OSError as error:
        raise UsageError(f"cannot read {error.filename}: {error.strerror}") from error
    if as_json:
        click.echo(json.dumps(told(reports), indent=2))
    else:
        for line in lines(reports):
            click.echo(line)
    return exit_code(reports, strict=strict)
