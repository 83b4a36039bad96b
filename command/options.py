"""What several commands share: options, how a command is stopped, and the configuration of what is installed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from warpsmith import __version__
from warpsmith.corpus.unit import ARCHITECTURES, Configuration
from warpsmith.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from warpsmith.grammar.profile import Profile
    from warpsmith.synthesizer.family import Family

LEVELS = ("adjoint", "cpp", "cuda", "llvm", "ptx")
"""Those of ``ir``, which imports Warp; a test holds them equal."""


class Stopped(SystemExit):
    """A signal asked the process to end; the exit code is 128 plus the signal's number, as shells have it."""

    def __init__(self, code: int, message: str = "stopped") -> None:
        super().__init__(code)
        self.message = message


class _Levels(click.ParamType[tuple[str, ...]]):
    name = "levels"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        asked = str(value).split(",")
        if unknown := [level for level in asked if level not in LEVELS]:
            self.fail(f"unknown level {unknown[0]!r}: choose from {', '.join(LEVELS)}", param, ctx)
        return tuple(level for level in LEVELS if level in asked)


class _Family(click.ParamType["Family"]):
    name = "family"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Family:
        if value not in (known := families()):
            self.fail(f"unknown family {value!r}: choose from {', '.join(known)}", param, ctx)
        return known[value]


def families() -> dict[str, Family]:
    """Every family of programs, by the name that ``--family`` takes."""
    from warpsmith import synthesizer
    from warpsmith.fem.integrands.family import FEM

    return synthesizer.FAMILIES | {FEM.name: FEM}


def like_options(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--like`` and ``--profile``: which programs of the kernels' family are drawn."""
    like = click.option("--like", metavar="PATH", help="Draw programs like the kernels there; warp: Warp's examples.")
    profile = click.option(
        "--profile",
        metavar="FILE",
        default=default,
        show_default=True,
        help="A profile that learn wrote; people: the one that comes with warpsmith; or uniform.",
    )
    return lambda command: like(profile(command))


def drawn_like(family: Family, like: str | None, profile: str) -> Family:
    """The family with the profile; another family than the kernels', of which no profile was asked, as it is.

    Raises:
        UsageError: both were asked for, the family takes none, or there is nothing to learn from.
    """
    from warpsmith.synthesizer.kernels import KERNELS, kernels_like
    from warpsmith.synthesizer.learn import learn, located

    asked = was_given("profile")
    if like is not None and asked:
        raise UsageError("--like and --profile exclude each other")
    if like is None and (profile == "uniform" or (family is not KERNELS and not asked)):
        return family
    if family is not KERNELS:
        raise UsageError(f"programs of the {family.name} family are not drawn with a profile")
    if like is not None:
        return kernels_like(learn([located(like)]).profile)
    return kernels_like(read_profile(Path(profile)))


class _MaxTokens(click.ParamType[str]):
    name = "LEVEL=N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        level, _, tokens = str(value).partition("=")
        if value not in ("", "none") and (level not in BUDGETED or not tokens.isdecimal()):
            self.fail(f"{value!r} is no budget: none, or LEVEL=N with {', '.join(BUDGETED)} for LEVEL", param, ctx)
        return "" if value == "none" else str(value)


BUDGETED = ("cpp", "cuda", "ptx")
"""Levels at which programs can be drawn within a budget."""
MAX_TOKENS = "ptx=32000"
"""The budget of ``generate`` where none is given."""


def max_tokens_option(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--max-tokens``: within which budget programs are drawn."""
    return click.option(
        "--max-tokens",
        type=_MaxTokens(),
        default=default,
        show_default=True,
        help="Draw kernels whose source and forward or backward text at LEVEL have about N tokens at most; or none.",
    )


def was_given(option: str) -> bool:
    """Whether somebody gave the option of the present command; else it has its default."""
    return click.get_current_context().get_parameter_source(option) is not ParameterSource.DEFAULT


def within(family: Family, max_tokens: str, *, asked: bool = True) -> tuple[Family, str]:
    """The family with a budget, and the budget that it has.

    Args:
        family: of programs.
        max_tokens: ``"ptx=32000"``, or empty for none.
        asked: whether somebody asked for it; else a family that takes none is left without.

    Raises:
        UsageError: the family takes no budget, or no program is as small.
    """
    if not max_tokens or (family.limited is None and not asked):
        return family, ""
    level, _, tokens = max_tokens.partition("=")
    try:
        return family.within("cpp" if level == "cuda" else level, int(tokens)), max_tokens
    except ValueError as error:
        raise UsageError(f"--max-tokens {max_tokens}: {error}") from error


def read_profile(path: Path) -> Profile:
    """A profile from its file; that of the name ``people`` comes with warpsmith.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    from warpsmith.synthesizer.profiling.kept import read, shipped

    if str(path) == "people":
        return shipped()
    try:
        return read(path)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise UsageError(f"{path} is no profile: {error}") from error


def _known_arch(ctx: click.Context, param: click.Parameter, value: int) -> int:
    if value not in ARCHITECTURES:
        known = ", ".join(map(str, ARCHITECTURES))
        raise click.BadParameter(f"unknown architecture {value}: choose from {known}", ctx, param)
    return value


def save(path: Path, text: str) -> None:
    """Write a file, and say where.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    click.echo(f"{path}: {len(text.encode()):,} bytes")


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
family_option = click.option(
    "--family", type=_Family(), default="kernels", show_default=True, help="Family of programs."
)
arch_option = click.option(
    "--arch", type=int, default=90, show_default=True, callback=_known_arch, help="CUDA architecture."
)
html_option = click.option(
    "--html", metavar="FILE", type=click.Path(path_type=Path), help="Write one HTML file instead."
)
level_option = click.option("--level", "levels", multiple=True, type=click.Choice(LEVELS), help="IR level; repeatable.")
levels_option = click.option(
    "--levels", type=_Levels(), default="cpp,cuda,ptx", show_default=True, help="IR levels, comma-separated."
)
jobs_option = click.option(
    "--jobs", type=click.IntRange(1), default=cores, show_default="every core", help="Worker processes."
)
folder_argument = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


def configuration(
    family: Family, levels: tuple[str, ...], arch: int, how_far: str, max_tokens: str = ""
) -> Configuration:
    """What decides the rows of a corpus, with the versions that are installed."""
    from warpsmith.grammar.registry import warp_version
    from warpsmith.ir import NORMALISER_VERSION

    return Configuration(
        family=family.name,
        family_version=family.version,
        levels=levels,
        arch=arch,
        check=how_far,
        warpsmith=__version__,
        warp=warp_version(),
        normaliser=NORMALISER_VERSION,
        max_tokens=max_tokens,
    )
