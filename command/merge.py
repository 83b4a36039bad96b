"""``warpsmith merge``: one corpus out of several."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("merge")
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The new corpus's folder.")
def command(folders: tuple[Path, ...], out: Path) -> None:
    """One corpus out of several, as one run would have made it.

    They are finished, of one configuration, and their seeds adjoin, as those of generate --shard do. The result is the
    same to the byte: duplicates go, rows over the skeleton cap go, and splits are drawn over all rows.
    """
    from warpsmith.command.generate import funnel_line, guarded
    from warpsmith.corpus.join import join

    manifest = guarded(lambda: join(folders, out), out)
    click.echo(f"{out}: {funnel_line(manifest)}", err=True)
