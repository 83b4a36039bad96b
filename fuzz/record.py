"""The record of campaigns: a row of a CSV file for each, and the summary of them that ``docs/fuzzer.md`` shows.

    python -m warpsmith.fuzz.record [DIR/campaign.json ...] [--false-alarms N] [--remarks TEXT]

From the top of the repository. Appends a row for each report that ``warpsmith fuzz --out DIR`` wrote, and renders the
summary again; without a report it renders the summary alone.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from warpsmith.errors import WarpsmithError
from warpsmith.fuzz.oracles import ORACLES

CAMPAIGNS, PAGE = Path("docs/campaigns.csv"), Path("docs/fuzzer.md")
USUAL = tuple(name for name, oracle in ORACLES.items() if oracle.default)
"""The oracles that look where none is named."""
ALL = "all"
"""What a row calls them."""


@dataclass(frozen=True)
class Row:
    """One campaign. A cell is ``""`` where nobody knows.

    Attributes:
        date: when it ended, as ``YYYY-MM-DD``.
        family: name of the family of programs.
        version: version of the family.
        warp: version of the Warp that was judged.
        seed: the first seed.
        programs: how many were judged.
        verdicts: how many verdicts the oracles gave; the next three add up to it.
        agree: verdicts that agree.
        disagree: those that disagree.
        inconclusive: those that could not tell.
        known: disagreements that a known defect explains.
        buckets: new buckets.
        false_alarms: how many of these were our fault; somebody has to look.
        oracles: their names, or ``all``.
        seconds: wall-clock time.
        command: the command line, without ``--out`` and ``--json``.
        remarks: what else a reader has to know.
    """

    date: str = ""
    family: str = ""
    version: str = ""
    warp: str = ""
    seed: str = ""
    programs: str = ""
    verdicts: str = ""
    agree: str = ""
    disagree: str = ""
    inconclusive: str = ""
    known: str = ""
    buckets: str = ""
    false_alarms: str = ""
    oracles: str = ""
    seconds: str = ""
    command: str = ""
    remarks: str = ""


COLUMNS = tuple(field.name for field in fields(Row))


def row(report: Mapping[str, Any], *, false_alarms: int | None = None, remarks: str = "") -> Row:
    """The row of one campaign.

    Args:
        report: what the campaign wrote, ``campaign.json`` in its folder.
        false_alarms: how many of the new buckets were judged to be our fault.
        remarks: free text.

    Raises:
        WarpsmithError: the report does not say what the campaign was asked.
    """
    if "campaign" not in report:
        raise WarpsmithError("the report does not say what was asked; take campaign.json of the campaign's folder")
    asked, totals = report["campaign"], report["verdicts"]
    return Row(
        **{name: str(asked[name]) for name in ("date", "family", "version", "warp", "seed")},
        programs=str(report["programs"]),
        verdicts=str(sum(totals.values())),
        **{name: str(count) for name, count in totals.items()},
        known=str(sum(report["known"].values())),
        buckets=str(len(report["findings"])),
        false_alarms="" if false_alarms is None else str(false_alarms),
        oracles=ALL if _asks_all(asked) else " ".join(asked["oracles"]),
        seconds=str(round(report["seconds"])),
        command=command(asked),
        remarks=remarks,
    )


def command(asked: Mapping[str, Any]) -> str:
    """The command line that asks for such a campaign; options that have their usual value are left out."""
    words = ["warpsmith fuzz"]
    words += [f"--family {asked['family']}"] if asked["family"] != "kernels" else []
    words += [f"--{name} {asked[name]}" for name in ("seconds", "examples") if asked[name] is not None]
    words.append(f"--seed {asked['seed']}")
    words += [] if _asks_all(asked) else [f"--oracle {name}" for name in asked["oracles"]]
    words += ["--python EXE"] if asked["elsewhere"] else []
    return " ".join([*words, f"--jobs {asked['jobs']}"])


def _asks_all(asked: Mapping[str, Any]) -> bool:
    return asked["family"] == "kernels" and set(asked["oracles"]) == set(USUAL)


def read(path: Path) -> list[Row]:
    """The rows of a file of campaigns.

    Raises:
        WarpsmithError: its columns are others.
    """
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise WarpsmithError(f"{path} has other columns than {', '.join(COLUMNS)}")
        return [Row(**cells) for cells in reader]


def append(path: Path, rows: Iterable[Row]) -> None:
    """Add rows to a file of campaigns, which is made if it is not there.

    Raises:
        WarpsmithError: the file has other columns.
    """
    new = not path.exists()
    if not new:
        read(path)
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def summary(rows: Sequence[Row]) -> str:
    """A Markdown table: a line for every version of a family on a release of Warp, the newest first."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.family, row.version, row.warp), []).append(row)
    head = ("family", "Warp", "campaigns", "programs", "verdicts", "inconclusive", "new buckets", "false alarms")
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(_line(*key, groups[key]))} |" for key in sorted(groups, key=_newest_first)]
    return "\n".join(lines) + "\n"


def _newest_first(key: tuple[str, str, str]) -> tuple[bool, int, list[int]]:
    family, version, warp = key
    return family != "kernels", -int(version or 0), [-int(part) for part in warp.split(".")]


def _line(family: str, version: str, warp: str, rows: Sequence[Row]) -> list[str]:
    verdicts = sum(int(row.verdicts or 0) for row in rows)
    inconclusive = sum(int(row.inconclusive or 0) for row in rows)
    counts = [f"{sum(int(row.programs or 0) for row in rows):,}", f"{verdicts:,}" if verdicts else ""]
    share = f"{inconclusive / verdicts:.1%}" if verdicts else ""
    name = f"{family}, version {version or 'unknown'}"
    return [name, warp, str(len(rows)), *counts, share, _total(rows, "buckets"), _total(rows, "false_alarms")]


def _total(rows: Sequence[Row], column: str) -> str:
    """The sum of a column; a lower bound where cells are empty."""
    cells = [getattr(row, column) for row in rows]
    total = sum(int(cell) for cell in cells if cell)
    return f"{total}" if all(cells) else f"at least {total}" if any(cells) else ""


_SUMMARY = re.compile(r"(?<=<!-- campaigns -->\n).*?(?=<!-- /campaigns -->)", re.DOTALL)


def shown(page: str) -> str:
    """The table that a page has between its marks.

    Raises:
        WarpsmithError: the page has no marks.
    """
    if (found := _SUMMARY.search(page)) is None:
        raise WarpsmithError("the page has no marks <!-- campaigns --> and <!-- /campaigns -->")
    return found[0]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command; see the module."""
    parser = argparse.ArgumentParser(
        prog="python -m warpsmith.fuzz.record", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("reports", nargs="*", type=Path, help="campaign.json of a campaign's folder")
    parser.add_argument("--false-alarms", type=int, help="how many of the new buckets were our fault")
    parser.add_argument("--remarks", default="", help="free text for the rows")
    parser.add_argument("--campaigns", type=Path, default=CAMPAIGNS, help="the file of rows")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page that shows the summary")
    options = parser.parse_args(arguments)
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in options.reports]
    page = options.page.read_text(encoding="utf-8")
    shown(page)  # before anything is written
    made = [row(report, false_alarms=options.false_alarms, remarks=options.remarks) for report in reports]
    append(options.campaigns, made)
    rows = read(options.campaigns)
    options.page.write_text(_SUMMARY.sub(lambda _: summary(rows), page), encoding="utf-8")


if __name__ == "__main__":
    main()
