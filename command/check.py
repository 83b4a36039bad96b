"""``warpsmith check``: whether Warp would take the kernels in files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from warpsmith.command.options import json_option
from warpsmith.errors import UsageError


@click.command("check")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@json_option
def command(paths: Sequence[Path], as_json: bool) -> int:
    """Type-check the kernels in Python files and folders, importing nothing.

    Exits with 1 if Warp would refuse any.
    """
    from warpsmith.synthesizer.check import check_paths

    try:
        reports = check_paths(paths)
    except OSError as error:
        raise UsageError(f"cannot read {error.filename}: {error.strerror}") from error
    found = [diagnostic for report in reports for diagnostic in report.diagnostics]
    if as_json:
        click.echo(json.dumps({"files": len(reports), "diagnostics": [asdict(d) for d in found]}, indent=2))
    else:
        for diagnostic in found:
            click.echo(diagnostic)
    return 1 if found else 0
