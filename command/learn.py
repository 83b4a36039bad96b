"""``warpsmith learn``: a profile of the kernels that people write."""

from __future__ import annotations

import json
from pathlib import Path

import click

from warpsmith.command.options import json_option


@click.command("learn")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The profile's file.")
@json_option
def command(paths: tuple[str, ...], out: Path, as_json: bool) -> None:
    """A profile of the kernels in Python files and folders, importing nothing.

    PATH may be warp: Warp's own examples. The profile holds figures and single names, and none of their code.
    """
    from warpsmith.synthesizer.learn import examples, learn

    learned = learn([examples() if p == "warp" else Path(p) for p in paths])
    out.write_text(learned.profile.to_json(), encoding="utf-8")
    if as_json:
        report = {
            "digest": learned.profile.digest,
            "functions": learned.functions,
            "files": learned.files,
            "faulty": learned.faulty,
            "refused": learned.refused,
            "passed_over": learned.passed_over,
        }
        click.echo(json.dumps(report, indent=2))
        return
    for line in (*learned.faulty, *(f"{line}: ill typed, passed over" for line in learned.refused)):
        click.echo(line, err=True)
    passed = sum(learned.passed_over.values())
    click.echo(
        f"{out}: profile {learned.profile.digest} of {learned.functions} kernels and functions in {learned.files} "
        f"files; {passed} statements passed over{':' if passed else ''}"
    )
    for reason, count in list(learned.passed_over.items())[:_REASONS]:
        click.echo(f"  {count:,} {reason}")


_REASONS = 12
