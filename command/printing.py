"""Tables, sources and IR on standard output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

if TYPE_CHECKING:
    from warpsmith.ir import IR

_LEXERS = {"source": "python", "adjoint": "cpp", "cpp": "cpp", "cuda": "cuda", "llvm": "llvm", "ptx": "ptx"}


@contextmanager
def bar(total: int, unit: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal, nothing in a pipe; what it yields is called with how many more are done."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(unit, total=total)
        yield lambda done: progress.advance(task, done)


def print_tables(tables: Iterable[Table]) -> None:
    """Print tables, as wide as the terminal."""
    console = Console()
    for table in tables:
        console.print(table)


def print_ir(captured: IR, prefix: str = "") -> None:
    """Print every level, forward and backward; ``prefix`` begins each title."""
    for name, level in captured.levels.items():
        print_text(name, level.forward, f"{prefix}{name} forward")
        if level.backward:
            print_text(name, level.backward, f"{prefix}{name} backward")


def print_text(kind: str, text: str, title: str = "source") -> None:
    """Coloured on a terminal; in a pipe, the text as it is."""
    click.echo(f"==> {title} <==")
    if (console := Console()).is_terminal:
        console.print(Syntax(text, _LEXERS[kind], background_color="default", word_wrap=True))
    else:
        click.echo(text if text.endswith("\n") else f"{text}\n", nl=False)
