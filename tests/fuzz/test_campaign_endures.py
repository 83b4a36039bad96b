"""What a campaign does when something goes wrong on our side, and how it treats many disagreements of one cause."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.mishaps import KILLED, MISHAPS, RAISING
from warpsmith.fuzz.bucket import bucket
from warpsmith.fuzz.campaign import Campaign, CampaignBudget, CampaignError
from warpsmith.fuzz.causes import CERTAIN, Causes
from warpsmith.fuzz.finding import Finding, whole
from warpsmith.fuzz.worker import Disagreement, Plan
from warpsmith.grammar.registry import warp_version
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_program_that_kills_its_worker_is_left_out_and_the_campaign_goes_on(tmp_path: Path) -> None:
    plan = Plan(MISHAPS, ("refused",), sys.executable, warp_version(), tmp_path)
    tally = Campaign(plan, seed=0, budget=CampaignBudget(examples=6), jobs=1).run()
    assert tally.programs == 4
    assert {failure.seed: failure.task for failure in tally.failures} == {KILLED: "judging", RAISING: "judging"}
    said = {failure.seed: failure.error for failure in tally.failures}
    assert "this seed gives no program" in said[RAISING]
    kept = json.loads((tmp_path / "campaign.json").read_text())
    raised = {failure["seed"]: failure["traceback"] for failure in kept["failures"]}
    assert "mishaps.py" in raised.pop(RAISING)
    assert raised == {KILLED: ""}


def test_a_campaign_that_can_judge_nothing_ends(tmp_path: Path) -> None:
    plan = Plan(MISHAPS, ("no such oracle",), sys.executable, warp_version(), tmp_path)
    with pytest.raises(CampaignError, match="judging seed 20: KeyError"):
        Campaign(plan, seed=20, budget=CampaignBudget(examples=200), jobs=1).run()


VALUE = Judgement("forward", Verdict.DISAGREE, Stage.VALUE, where="set 0, x[0]")
SPOKEN = Judgement("accepted", Verdict.DISAGREE, Stage.COMPILE, "no member named 'frob_7'")


def disagreement(seed: int, judgement: Judgement, *made_of: str) -> Disagreement:
    return Disagreement(seed, judgement, bucket(judgement, ""), "", frozenset(made_of))


def finding(name: str) -> Finding:
    return Finding(name, "forward", 0)


def test_many_disagreements_of_one_cause_are_shrunk_a_few_times_only() -> None:
    causes = Causes()
    first, other = disagreement(1, VALUE, "mod", "add", "for"), disagreement(2, VALUE, "sub", "for")
    for _ in range(CERTAIN):
        assert causes.of(first) is None
        assert causes.found(first, finding("a"), frozenset({"mod"}), True) == "a"
    assert causes.of(first) == "a"
    assert causes.of(other) is None
    assert causes.of(replace(first, judgement=replace(VALUE, oracle="gradient"))) is None


def test_what_no_bucket_explains_is_shrunk_first() -> None:
    causes = Causes()
    like, unlike = disagreement(1, VALUE, "mod", "add"), disagreement(2, SPOKEN, "mod")
    assert causes.next([like, unlike], ()) is like
    causes.found(like, finding("a"), frozenset({"mod"}), True)
    assert causes.next([like, unlike], ()) is unlike
    assert causes.next([like, unlike], {unlike.bucket}) is like
    assert causes.next([], ()) is None


def test_one_message_is_one_bucket_after_the_first() -> None:
    causes = Causes()
    first, second = (disagreement(seed, replace(SPOKEN, message=f"no member named 'x_{seed}'")) for seed in (1, 2))
    assert causes.of(first) is None
    causes.found(first, finding(first.bucket), frozenset({"mod"}), True)
    assert causes.of(second) == first.bucket


def test_what_time_ran_out_for_joins_the_bucket_whose_program_it_contains() -> None:
    causes, more = Causes(), frozenset({"mod", "sub"})
    seen = disagreement(1, VALUE, "mod", "sub", "for")
    causes.found(seen, finding("a"), frozenset({"mod"}), True)
    assert causes.found(seen, finding("b"), more, False) == "a"
    assert causes.found(seen, finding("b"), more, True) == "b"  # every part of it was seen to matter


def descendants(mark: str) -> Iterator[int]:
    """Processes whose environment holds the mark; it is inherited."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            environment = path.read_bytes()
        except OSError:  # gone, or somebody else's
            continue
        if mark.encode() in environment and int(path.parent.name) != os.getpid():
            yield int(path.parent.name)


@pytest.fixture
def shrinking(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path, dict[str, Any]]]:
    """A campaign over a Warp with a defect, once it has a finding and is shrinking again; its folder, its report."""
    plant, out = tmp_path / "plant", tmp_path / "out"
    plant.write_text("write-low-2d")
    command = [sys.executable, "-m", "tests.fuzz.planted", "fuzz", "--oracle", "forward", "--jobs", "1", "--json"]
    with subprocess.Popen(
        [*command, "--examples", "100000", "--seed", "100", "--shrink-seconds", "1", "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "WARPSMITH_PLANT": str(plant)},
        start_new_session=True,
    ) as campaign:
        report: dict[str, Any] = {}
        while campaign.poll() is None:
            if (out / "campaign.json").exists():
                report = json.loads((out / "campaign.json").read_text())
                if report["findings"] and any(d["fate"] == "shrinking" for d in report["disagreements"]):
                    break
            time.sleep(0.05)
        yield campaign, out, report
        campaign.kill()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
def test_ctrl_c_while_shrinking_keeps_what_was_found_and_leaves_nothing_running(
    shrinking: tuple[subprocess.Popen[str], Path, dict[str, Any]], tmp_path: Path
) -> None:
    campaign, out, before = shrinking
    assert campaign.poll() is None
    os.killpg(campaign.pid, signal.SIGINT)  # as a terminal does it: to the whole group
    printed, said = campaign.communicate(timeout=60)
    assert campaign.returncode == 128 + signal.SIGINT
    assert said.startswith("warpsmith: stopped after ")
    assert said.count("\n") == 1
    after = json.loads((out / "campaign.json").read_text())
    assert json.loads(printed) == {key: value for key, value in after.items() if key != "campaign"}
    assert {f["bucket"] for f in before["findings"]} <= {f["bucket"] for f in after["findings"]}
    assert all((out / finding["reproducer"]).is_file() for finding in after["findings"])
    assert not any(d["fate"] == "shrinking" for d in after["disagreements"])
    end = time.monotonic() + 30
    while time.monotonic() < end and (left := list(descendants(str(tmp_path)))):
        time.sleep(0.1)
    assert not left


def test_the_folder_of_a_finding_is_whole_or_not_there(tmp_path: Path) -> None:
    def interrupted() -> None:
        with whole(tmp_path / "found") as folder:
            (folder / "test_finding.py").write_text("")
            sys.exit(1)  # as a worker ends that is told to

    with pytest.raises(SystemExit):
        interrupted()
    assert not list(tmp_path.iterdir())
    for text in ("first", "second"):
        with whole(tmp_path / "found") as folder:
            (folder / "test_finding.py").write_text(text)
        assert (tmp_path / "found" / "test_finding.py").read_text() == text
    assert [path.name for path in tmp_path.iterdir()] == ["found"]


def test_a_worker_that_is_told_to_end_while_an_object_is_deleted_ends() -> None:
    script = """
import sys, time
from pathlib import Path
from warpsmith.fuzz.worker import Plan, start
from warpsmith.synthesizer.kernels import KERNELS

class Slow:
    def __del__(self):
        print("deleting", flush=True)
        time.sleep(5.0)

start(Plan(KERNELS, ("forward",), sys.executable, "", Path()))
Slow()
time.sleep(60.0)
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "deleting\n"
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (128 + signal.SIGTERM, "")
