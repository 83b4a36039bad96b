"""``warpsmith push``: a data set to the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path

import click

from warpsmith.command.options import folder_argument


@click.command("push")
@folder_argument
@click.argument("repo")
@click.option("--yes", is_flag=True, help="Send it. Without this, the files are listed and nothing leaves the machine.")
@click.option("--private", is_flag=True, help="Make a private repository, if there is none.")
def command(folder: Path, repo: str, yes: bool, private: bool) -> None:
    """A corpus with its views to the Hugging Face Hub; only lists the files without --yes."""
    from warpsmith.corpus.push import prepare, send

    upload = prepare(folder, repo)
    for name, size in upload.files.items():
        click.echo(f"{size:>14,}  {name}")
    total = f"{len(upload.files)} files, {sum(upload.files.values()):,} bytes"
    if yes:
        click.echo(f"{total}: sent to {send(upload, private=private)}")
    else:
        click.echo(f"{total} would be sent to the dataset {repo}: nothing was. --yes sends them")
