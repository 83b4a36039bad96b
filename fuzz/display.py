"""A campaign on a terminal: one line that is alive while it runs, and a table at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from warpsmith.fuzz.statistics import VERDICTS, Statistics


@contextmanager
def live(console: Console) -> Iterator[Callable[[Statistics], None]]:
    """Show the statistics while a campaign runs; quiet where ``console`` is no terminal."""
    if not console.is_terminal:
        yield lambda statistics: None
        return
    with Live(console=console, refresh_per_second=4, transient=True) as shown:
        yield lambda statistics: shown.update(Text(line(statistics)))


def line(statistics: Statistics) -> str:
    """Where a campaign stands, in one line."""
    totals = dict.fromkeys(VERDICTS, 0)
    for (_, verdict), count in statistics.verdicts.items():
        totals[verdict] += count
    rate = statistics.programs / statistics.seconds if statistics.seconds else 0.0
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in totals.items())
    waiting = f", {statistics.waiting} not shrunk" if statistics.waiting else ""
    failures = f"; {len(statistics.failures)} programs left out" if statistics.failures else ""
    return (
        f"{statistics.programs} programs in {statistics.seconds:.0f} s ({rate:.1f}/s): {verdicts}; "
        f"{len(statistics.findings)} new buckets, {len(statistics.known)} known{waiting}{failures}"
    )


def tables(statistics: Statistics) -> Iterator[Table]:
    """Verdicts by oracle; findings; known defects that were met."""
    verdicts = Table("oracle", "agree", "disagree", "inconclusive", title="verdicts")
    for oracle in dict.fromkeys(oracle for oracle, _ in statistics.verdicts):
        counts = (str(statistics.verdicts[oracle, v]) for v in VERDICTS)
        verdicts.add_row(oracle, *counts)
    yield verdicts
    if statistics.findings:
        findings = Table("bucket", "programs", "lines", "confirmed", "first seed", "reproducer", title="findings")
        for f in sorted(statistics.findings.values(), key=lambda f: -f.count):
            findings.add_row(
                f.bucket, str(f.count), str(f.lines), "yes" if f.confirmed else "no", str(f.seed), f.reproducer
            )
        yield findings
    if statistics.known:
        known = Table("known defect", "programs", title="known")
        for name, count in statistics.known.most_common():
            known.add_row(name, str(count))
        yield known
    if statistics.failures:
        failures = Table("seed", "task", "error", title="left out")
        for failure in statistics.failures:
            failures.add_row(str(failure.seed), failure.task, failure.error)
        yield failures
