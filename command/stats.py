"""``warpsmith stats``: what a corpus holds."""

from __future__ import annotations

import json
from pathlib import Path

import click

from warpsmith.command.options import folder_argument, html_option, json_option, save


@click.command("stats")
@folder_argument
@click.option("--against", metavar="PATH", help="How like the kernels there it is; warp: Warp's examples.")
@click.option("--missing", is_flag=True, help="What the kernels there have and the corpus never has.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write the most telling figures there, in 20 lines.")
@html_option
@json_option
def command(
    folder: Path, against: str | None, missing: bool, markdown: Path | None, html: Path | None, as_json: bool
) -> None:
    """The funnel, uniqueness, tokens, verdicts, coverage, diversity; likeness to the kernels people write.

    With --html, a page with plots, and pairs to look at: source and IR side by side, connected line by line.
    """
    if missing and against is None:
        raise click.UsageError("--missing needs --against PATH")
    if html is not None:
        from warpsmith.corpus.page.page import corpus_page

        save(html, corpus_page(folder, known_productions()))
        return
    if against is not None:
        (_missing if missing else _likeness)(folder, against, as_json)
        return
    from warpsmith.command.printing import print_tables
    from warpsmith.corpus.folder import write_text
    from warpsmith.corpus.report import statistics_page, statistics_tables
    from warpsmith.corpus.stats import statistics

    stats = statistics(folder, known_productions())
    if not stats["finished"]:
        click.echo(
            f"{folder} is unfinished: {stats['funnel']['seeds']:,} of {stats['asked']:,} seeds are done", err=True
        )
    if markdown is not None:
        write_text(markdown, statistics_page(stats))
    if as_json:
        click.echo(json.dumps(stats, indent=2))
    else:
        print_tables(statistics_tables(stats))


def _likeness(folder: Path, against: str, as_json: bool) -> None:
    from warpsmith.command.printing import print_tables
    from warpsmith.corpus.likeness import functions_in, functions_of, likeness
    from warpsmith.corpus.report import likeness_tables
    from warpsmith.corpus.stats import sources
    from warpsmith.errors import UsageError
    from warpsmith.synthesizer.learn import examples

    path = examples() if against == "warp" else Path(against)
    theirs = list(functions_in([path]))
    if not theirs:
        raise UsageError(f"no kernels or functions of Warp in {path}")
    found = likeness([f for source in sources(folder) for f in functions_of(source)], theirs)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        print_tables(likeness_tables(found))


def _missing(folder: Path, against: str, as_json: bool) -> None:
    from warpsmith.command.printing import print_tables
    from warpsmith.corpus import missing
    from warpsmith.corpus.report import missing_tables
    from warpsmith.corpus.stats import sources
    from warpsmith.synthesizer.learn import examples

    theirs = missing.of_paths([examples() if against == "warp" else Path(against)])
    ours = missing.of_sources(sources(folder))
    found = missing.as_json(missing.missing(ours, theirs), ours, theirs)
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        print_tables(missing_tables(found))


def known_productions() -> dict[str, dict[str, str]]:
    """What there could be in a program: productions and their builtins, by where they come from."""
    from warpsmith.grammar.derive import derived
    from warpsmith.grammar.written import written

    return {kind: {p.name: p.builtin for p in rows} for kind, rows in (("derived", derived()), ("written", written()))}
