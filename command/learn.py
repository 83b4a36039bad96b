"""``warpsmith learn``: a profile of the kernels that people write."""

from __future__ import annotations

import json
from pathlib import Path

import click

from warpsmith.command.options import json_option


@click.command("learn")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The profile's file.")
@click.option("--figures", is_flag=True, help="Leave out idioms: keep figures and single names, and no code.")
@json_option
def command(paths: tuple[str, ...], out: Path, figures: bool, as_json: bool) -> None:
    """A profile of the kernels in Python files and folders, importing nothing.

    PATH may be warp, for Warp's examples, or wheel, for all of its kernels. What is kept as FILE.gz is compressed.
    """
    from warpsmith.synthesizer.learn import learn, located
    from warpsmith.synthesizer.profiling.kept import write

    learned = learn(map(located, paths))
    profile = learned.profile.figures() if figures else learned.profile
    write(profile, out)
    if as_json:
        report = {
            "digest": profile.digest,
            "idioms": len(profile.idioms),
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
        f"{out}: profile {profile.digest} of {learned.functions:,} kernels and functions in {learned.files:,} files, "
        f"{len(profile.idioms):,} idioms; {passed:,} statements passed over{':' if passed else ''}"
    )
    for reason, count in list(learned.passed_over.items())[:_REASONS]:
        click.echo(f"  {count:,} {reason}")


_REASONS = 12
