"""``warpsmith generate``: a corpus."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from warpsmith.command.options import (
    Stopped,
    arch_option,
    configuration,
    drawn_like,
    family_option,
    jobs_option,
    levels_option,
    like_options,
    max_tokens_option,
    was_given,
    within,
)
from warpsmith.corpus.unit import CHECKS, Request
from warpsmith.errors import CorpusError, UsageError

if TYPE_CHECKING:
    from warpsmith.corpus.generate import RunSummary
    from warpsmith.synthesizer.family import Family


_how_far_option = click.option(
    "--check",
    "how_far",
    type=click.Choice(CHECKS),
    default="codegen",
    show_default=True,
    help="How far each program is followed.",
)


@click.command("generate")
@click.option("--count", type=click.IntRange(1), required=True, help="How many seeds: S to S + N - 1.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The corpus's folder.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The first seed.")
@family_option
@like_options
@levels_option
@arch_option
@jobs_option
@_how_far_option
@max_tokens_option
@click.option("--skeleton-cap", type=click.IntRange(1), default=4, show_default=True, help="Most rows of one skeleton.")
def command(
    count: int,
    out: Path,
    seed: int,
    family: Family,
    like: str | None,
    profile: str,
    levels: tuple[str, ...],
    arch: int,
    jobs: int,
    how_far: str,
    max_tokens: str,
    skeleton_cap: int,
) -> None:
    """Make a corpus of programs and their IR.

    The same command again resumes an interrupted one. N seeds give at most N rows: duplicates, rows over the skeleton
    cap and refused programs are counted, not replaced.
    """
    from warpsmith.command.printing import bar
    from warpsmith.corpus.generate import generate

    family = drawn_like(family, like, profile)
    family, max_tokens = within(family, max_tokens, asked=was_given("max_tokens"))
    if how_far == "execute" and not family.launchable:
        raise UsageError(f"programs of the {family.name} family are not launched: --check compile is as far as it goes")
    with bar(count, "programs") as progress:
        request = Request(configuration(family, levels, arch, how_far, max_tokens), seed, count, skeleton_cap)
        outcome = _guarded(lambda: generate(request, family, out, jobs=jobs, progress=progress), out)
    click.echo(_summary(outcome, out), err=True)


def _guarded(work: Callable[[], RunSummary], out: Path) -> RunSummary:
    """Say where a run stands when something from outside ends it."""
    again = "what was finished is kept: run the same command again to resume"
    try:
        return work()
    except Stopped as error:
        error.message = f"stopped; {again}"
        raise
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CorpusError(f"{out}: {reason}; {again}") from error


def _summary(outcome: RunSummary, out: Path) -> str:
    if not outcome.made and not outcome.resumed:
        return f"{out} holds this corpus already, complete: nothing to do"
    funnel = ", ".join(f"{count} {stage}" for stage, count in outcome.manifest.funnel.items())
    own = sum(s for stage, s in outcome.seconds.items() if not stage.startswith("warp "))
    total = sum(outcome.seconds.values())
    share = f"; ours {100 * own / total:.0f} % of {total:.0f} CPU seconds" if total else ""
    return f"{out}: {funnel}{share}"
