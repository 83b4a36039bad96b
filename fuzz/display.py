"""A campaign on a terminal: one line that is alive while it runs, and a table at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from warpsmith.fuzz.tally import VERDICTS, Tally


@contextmanager
def live(console: Console) -> Iterator[Callable[[Tally], None]]:
    """Show a tally while a campaign runs; quiet where ``console`` is no terminal."""
    if not console.is_terminal:
        yield lambda tally: None
        return
    with Live(console=console, refresh_per_second=4, transient=True) as shown:
        yield lambda tally: shown.update(Text(line(tally)))


def line(tally: Tally) -> str:
    """Where a campaign stands, in one line."""
    totals = dict.fromkeys(VERDICTS, 0)
    for (_, verdict), count in tally.verdicts.items():
        totals[verdict] += count
    rate = tally.programs / tally.seconds if tally.seconds else 0.0
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in totals.items())
    waiting = f", {tally.waiting} not shrunk" if tally.waiting else ""
    failures = f"; {len(tally.failures)} programs left out" if tally.failures else ""
    return (
        f"{tally.programs} programs in {tally.seconds:.0f} s ({rate:.1f}/s): {verdicts}; "
        f"{len(tally.findings)} new buckets, {len(tally.known)} known{waiting}{failures}"
    )


def tables(tally: Tally) -> Iterator[Table]:
    """Verdicts by oracle; findings; known defects that were met."""
    verdicts = Table("oracle", "agree", "disagree", "inconclusive", title="verdicts")
    for oracle in dict.fromkeys(oracle for oracle, _ in tally.verdicts):
        counts = (str(tally.verdicts[oracle, v]) for v in VERDICTS)
        verdicts.add_row(oracle, *counts)
    yield verdicts
    if tally.findings:
        findings = Table("bucket", "programs", "lines", "confirmed", "first seed", "reproducer", title="findings")
        for f in sorted(tally.findings.values(), key=lambda f: -f.count):
            findings.add_row(
                f.bucket, str(f.count), str(f.lines), "yes" if f.confirmed else "no", str(f.seed), f.reproducer
            )
        yield findings
    if tally.known:
        known = Table("known defect", "programs", title="known")
        for name, count in tally.known.most_common():
            known.add_row(name, str(count))
        yield known
    if tally.failures:
        failures = Table("seed", "task", "error", title="left out")
        for failure in tally.failures:
            failures.add_row(str(failure.seed), failure.task, failure.error)
        yield failures
