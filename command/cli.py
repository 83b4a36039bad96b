"""The group of commands, which knows their names and summaries, and how the process ends."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from types import FrameType

import click

from warpsmith import __version__
from warpsmith.command.options import Stopped
from warpsmith.errors import UsageError, WarpsmithError

SUMMARIES = {
    "bench": "Throughput per stage, beside the time Warp itself takes.",
    "capture": "The IR of the kernels in files of yours, which are imported.",
    "check": "Type-check the kernels and functions in Python files and folders, importing nothing.",
    "fuzz": "Look for defects of Warp's compiler.",
    "generate": "Make a corpus of programs and their IR.",
    "grammar": "Productions, exclusions with their reasons, and coverage of Warp's registry.",
    "learn": "A profile of the kernels in Python files and folders, importing nothing.",
    "merge": "One corpus out of several, as one run would have made it.",
    "poisson": "Solve a Poisson problem whose solution is known, and measure the error.",
    "push": "A corpus with its views to the Hugging Face Hub; only lists the files without --yes.",
    "score": "Score an answer to an instance of a task: 1 if it is right, 0 if not.",
    "show": "One program, and its IR at the levels asked for.",
    "stats": "The funnel, uniqueness, tokens, verdicts, coverage, diversity; likeness to the kernels people write.",
    "tasks": "Write instances of a task with their right answers, for training and evaluation.",
    "verify": "Checksums, uniqueness, and rows made again from their seeds.",
    "views": "Prompts, tests and a card beside the rows of a corpus, which make it one data set.",
}
"""Every command, with the line that ``--help`` prints: printing it imports none of them."""


class Commands(Mapping[str, click.Command]):
    """The commands by name; each is imported when it is asked for."""

    def __getitem__(self, name: str) -> click.Command:
        if name not in SUMMARIES:
            raise KeyError(name)
        command: click.Command = import_module(f"warpsmith.command.{name}").command
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(SUMMARIES)

    def __len__(self) -> int:
        return len(SUMMARIES)


class _Group(click.Group):
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
@click.version_option(__version__, prog_name="warpsmith")
def cli() -> None:
    """Synthesize well-typed NVIDIA Warp programs, and keep what Warp's compiler makes of them."""


cli.commands = Commands()  # type: ignore[assignment]  # click reads it only


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped(128 + number)


def main(arguments: Sequence[str] | None = None) -> None:
    """The ``warpsmith`` command.

    Args:
        arguments: of the command line; those of the process by default.

    Raises:
        SystemExit: always, with the exit code.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        code = cli.main(args=arguments, prog_name="warpsmith", standalone_mode=False)
    except Stopped as error:
        code, message = error.code, error.message
    except click.ClickException as error:
        code, message = 2, error.format_message()
    except UsageError as error:
        code, message = 2, str(error)
    except WarpsmithError as error:
        code, message = 1, str(error)
    else:
        sys.exit(code or 0)
    # One line, whatever the compilers said.
    click.echo(f"warpsmith: {' '.join(message.split())}", err=True)
    sys.exit(code)
