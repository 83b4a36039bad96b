"""A campaign becomes a row of a file, and ``docs/fuzzer.md`` shows what the file holds."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from warpsmith.errors import WarpsmithError
from warpsmith.fuzz.campaign import Campaign, CampaignBudget
from warpsmith.fuzz.record import COLUMNS, Row, append, command, main, read, row, shown, summary
from warpsmith.fuzz.worker import Plan
from warpsmith.synthesizer import KERNELS

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGNS, PAGE = ROOT / "docs" / "campaigns.csv", ROOT / "docs" / "fuzzer.md"
COUNTS = ("seed", "programs", "verdicts", "agree", "disagree", "inconclusive", "known", "buckets", "false_alarms")


@pytest.fixture
def report(tmp_path: Path) -> dict[str, Any]:
    """What a campaign writes that has judged three programs."""
    plan = Plan(KERNELS, ("accepted", "forward"), sys.executable, "1.19.0", tmp_path)
    campaign = Campaign(plan, seed=7, budget=CampaignBudget(examples=1_000_000), jobs=2)
    campaign.statistics.programs, campaign.statistics.seconds = 3, 1.6
    campaign.statistics.verdicts.update({("accepted", "agree"): 3, ("forward", "agree"): 1, ("forward", "disagree"): 2})
    campaign.statistics.known["tuple-assignment-without-a-copy"] = 2
    report: dict[str, Any] = json.loads(json.dumps(campaign.report()))
    return report


def test_a_row_says_what_the_report_says(report: dict[str, Any]) -> None:
    made = row(report, false_alarms=0, remarks="beside other work")
    assert made == Row(
        date=report["campaign"]["date"],
        family="kernels",
        version=str(KERNELS.version),
        warp="1.19.0",
        seed="7",
        programs="3",
        verdicts="6",
        agree="4",
        disagree="2",
        inconclusive="0",
        known="2",
        buckets="0",
        false_alarms="0",
        oracles="accepted forward",
        seconds="2",
        command="warpsmith fuzz --examples 1000000 --seed 7 --oracle accepted --oracle forward --jobs 2",
        remarks="beside other work",
    )
    assert row(report).false_alarms == ""


def test_what_is_usual_is_left_out_of_a_command_line(report: dict[str, Any]) -> None:
    asked = report["campaign"]
    usual = ["accepted", "forward", "gradient", "options", "rewrites", "refused", "codegen", "cuda"]
    assert command(asked | {"oracles": usual}) == "warpsmith fuzz --examples 1000000 --seed 7 --jobs 2"
    assert command(asked | {"elsewhere": True}).endswith(" --oracle forward --python EXE --jobs 2")
    fem = asked | {"family": "fem", "oracles": ["value"], "seconds": 2.5, "examples": None}
    assert command(fem) == "warpsmith fuzz --family fem --seconds 2.5 --seed 7 --oracle value --jobs 2"


def test_a_report_that_does_not_say_what_was_asked_is_refused(report: dict[str, Any]) -> None:
    del report["campaign"]
    with pytest.raises(WarpsmithError, match=r"campaign\.json"):
        row(report)


def test_rows_survive_the_file(tmp_path: Path) -> None:
    path, rows = tmp_path / "campaigns.csv", [Row(seed="1", remarks='a "quoted", comma'), Row(seed="2")]
    append(path, rows[:1])
    append(path, rows[1:])
    assert read(path) == rows


def test_a_file_with_other_columns_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "campaigns.csv"
    path.write_text("date,programs\n2026-11-30,1\n")
    with pytest.raises(WarpsmithError, match="other columns"):
        append(path, [Row()])
    assert path.read_text() == "date,programs\n2026-11-30,1\n"


def test_a_summary_adds_up_and_says_where_it_cannot() -> None:
    known = Row(family="kernels", version="6", warp="1.19.0", programs="10", buckets="2", false_alarms="1")
    judged = replace(known, verdicts="200", inconclusive="3", false_alarms="0")
    open_ = replace(known, version="10", false_alarms="")
    last = replace(open_, family="fem", buckets="")
    lines = summary([known, judged, last, open_, replace(open_, false_alarms="4")]).splitlines()[2:]
    assert lines == [
        "| kernels, version 10 | 1.19.0 | 2 | 20 |  |  | 4 | at least 4 |",
        "| kernels, version 6 | 1.19.0 | 2 | 20 | 200 | 1.5% | 4 | 1 |",
        "| fem, version 10 | 1.19.0 | 1 | 10 |  |  |  |  |",
    ]


@pytest.mark.parametrize("old", ["", "old\n"])
def test_the_command_appends_rows_and_renders_the_page(report: dict[str, Any], tmp_path: Path, old: str) -> None:
    path, page = tmp_path / "campaigns.csv", tmp_path / "page.md"
    page.write_text(f"before\n<!-- campaigns -->\n{old}<!-- /campaigns -->\nafter\n")
    (tmp_path / "campaign.json").write_text(json.dumps(report))
    main([str(tmp_path / "campaign.json"), "--false-alarms", "0", "--campaigns", str(path), "--page", str(page)])
    assert read(path) == [row(report, false_alarms=0)]
    whole = f"before\n<!-- campaigns -->\n{summary(read(path))}<!-- /campaigns -->\nafter\n"
    assert page.read_text() == whole
    main(["--campaigns", str(path), "--page", str(page)])
    assert page.read_text() == whole


def test_a_page_without_marks_leaves_the_file_alone(report: dict[str, Any], tmp_path: Path) -> None:
    path, page = tmp_path / "campaigns.csv", tmp_path / "page.md"
    page.write_text("no marks\n")
    (tmp_path / "campaign.json").write_text(json.dumps(report))
    with pytest.raises(WarpsmithError, match="marks"):
        main([str(tmp_path / "campaign.json"), "--campaigns", str(path), "--page", str(page)])
    assert not path.exists()


def test_the_document_shows_what_the_file_gives() -> None:
    assert shown(PAGE.read_text()) == summary(read(CAMPAIGNS)), "render it again: python -m warpsmith.fuzz.record"


def test_the_file_is_consistent() -> None:
    for number, kept in enumerate(read(CAMPAIGNS), 2):
        counts = {name: int(getattr(kept, name) or 0) for name in COUNTS}
        assert counts["verdicts"] == counts["agree"] + counts["disagree"] + counts["inconclusive"], number
        assert counts["known"] <= counts["disagree"], number
        assert counts["false_alarms"] <= counts["buckets"], number
        assert all(getattr(kept, name) for name in ("family", "warp", "programs")), number


def test_columns_are_those_of_the_file() -> None:
    assert CAMPAIGNS.read_text().partition("\n")[0] == ",".join(COLUMNS)
