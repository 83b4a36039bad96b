"""``warpsmith generate``: a corpus."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from warpsmith.command.options import (
    MAX_TOKENS,
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
from warpsmith.corpus.unit import CHECKS, Request, shard
from warpsmith.errors import CorpusError, UsageError

if TYPE_CHECKING:
    from warpsmith.corpus.engines import Engine
    from warpsmith.corpus.folder import Manifest
    from warpsmith.corpus.generate import RunSummary
    from warpsmith.synthesizer.family import Family


ENGINES = ("local", "ray")
_T = TypeVar("_T")


class _Shard(click.ParamType[tuple[int, int]]):
    name = "i/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        number, _, of = str(value).partition("/")
        if not (number.isdecimal() and of.isdecimal()):
            self.fail(f"{value!r} is no shard: write 3/8 for the third of eight", param, ctx)
        return int(number), int(of)


_how_far_option = click.option(
    "--check",
    "how_far",
    type=click.Choice(CHECKS),
    default="codegen",
    show_default=True,
    help="How far each program is followed.",
)


def _worker_options(command: Callable[..., _T]) -> Callable[..., _T]:
    """Who runs the workers, and how much one may use."""
    for option in reversed(
        (
            click.option(
                "--engine",
                type=click.Choice(ENGINES),
                default="local",
                show_default=True,
                help="Who runs the workers.",
            ),
            click.option("--address", help="Of a Ray cluster.  [default: one of this machine]"),
            click.option(
                "--time-limit",
                type=click.FloatRange(1),
                default=600.0,
                show_default=True,
                help="Most seconds of computing for a step of a batch.",
            ),
            click.option("--memory-limit", metavar="GIB", type=click.FloatRange(0.5), help="Most memory of a worker."),
        )
    ):
        command = option(command)
    return command


@click.command("generate")
@click.option("--count", type=click.IntRange(1), required=True, help="How many seeds: S to S + N - 1.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The corpus's folder.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The first seed.")
@family_option
@like_options("people")
@levels_option
@arch_option
@jobs_option
@_how_far_option
@max_tokens_option(MAX_TOKENS)
@click.option("--shard", "part", type=_Shard(), help="Only part I of N, in a folder of its own; merge joins them.")
@_worker_options
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
    how_far: str,
    max_tokens: str,
    skeleton_cap: int,
    part: tuple[int, int] | None,
    **running: Any,
) -> None:
    """Make a corpus of programs and their IR.

    The same command again resumes an interrupted one, and a larger N makes one larger. N seeds give at most N rows:
    duplicates, rows over the skeleton cap and refused programs are counted, not replaced. A seed whose program ends its
    worker, or goes beyond a limit, is put into quarantine.
    """
    family, max_tokens = _settled(drawn_like(family, like, profile), max_tokens, how_far)
    request = Request(configuration(family, levels, arch, how_far, max_tokens), seed, count, skeleton_cap)
    request = request if part is None else shard(request, *part)
    outcome = _run(request, family, out, **running)
    click.echo(_summary(outcome, out), err=True)


def _settled(family: Family, max_tokens: str, how_far: str) -> tuple[Family, str]:
    """The family within the limit on tokens, and that limit; refused if its programs cannot be followed so far."""
    family, max_tokens = within(family, max_tokens, asked=was_given("max_tokens"))
    if how_far == "execute" and not family.launchable:
        raise UsageError(f"programs of the {family.name} family are not launched: --check compile is as far as it goes")
    return family, max_tokens


def _run(
    request: Request,
    family: Family,
    out: Path,
    *,
    jobs: int,
    engine: str,
    address: str | None,
    time_limit: float,
    memory_limit: float | None,
) -> RunSummary:
    from warpsmith.command.printing import bar
    from warpsmith.corpus.generate import generate
    from warpsmith.corpus.worker import Limits

    limits = Limits(time_limit, None if memory_limit is None else int(memory_limit * 2**30))
    with bar(request.count, "programs") as progress:
        work = partial(generate, request, family, out, _engine(engine, address, jobs), limits=limits)
        return guarded(lambda: work(progress=progress, warn=partial(_warn, out)), out)


def _warn(out: Path, damage: str) -> None:
    click.echo(f"{out}: {damage}: made again from its seeds", err=True)


def _engine(name: str, address: str | None, jobs: int) -> Callable[[], Engine]:
    """What starts the engine; a cluster that somebody else runs is reached now, before anything is written."""
    if name == "local":
        from warpsmith.corpus.engines import LocalEngine

        return partial(LocalEngine, jobs)
    from warpsmith.corpus.ray_engine import Ray

    ray = Ray(address, jobs)
    if address is not None:
        ray.connect()
    return lambda: ray


def guarded(work: Callable[[], _T], out: Path) -> _T:
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


def funnel_line(manifest: Manifest) -> str:
    """The funnel in a line."""
    return ", ".join(f"{count} {stage}" for stage, count in manifest.funnel.items())


def _summary(outcome: RunSummary, out: Path) -> str:
    if not outcome.made and not outcome.resumed:
        return f"{out} holds this corpus already, complete: nothing to do"
    own = sum(s for stage, s in outcome.seconds.items() if not stage.startswith("warp "))
    total = sum(outcome.seconds.values())
    share = f"; ours {100 * own / total:.0f} % of {total:.0f} CPU seconds" if total else ""
    return f"{out}: {funnel_line(outcome.manifest)}{share}"
