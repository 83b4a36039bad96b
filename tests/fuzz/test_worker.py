"""What a worker writes down of a finding."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.synthesizer.reference_kernels import kernel
from warpsmith.fuzz import finding, worker
from warpsmith.fuzz.finding import REPRODUCER, Finding
from warpsmith.fuzz.oracles import ORACLES
from warpsmith.fuzz.plan import Plan
from warpsmith.fuzz.session import Session
from warpsmith.fuzz.worker import Worker
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.harness import Evidence
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.reference import evaluate

UNOPTIMISED = "wp.set_module_options({'optimization_level': 0})"


@pytest.mark.parametrize("fails_at", ["any level", "level 0", "none"])
def test_what_shows_without_optimisation_alone_is_reported_so(
    fails_at: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def confirm(path: Path, python: str, fails_with: str) -> tuple[bool, str]:
        assert fails_with == "AssertionError"
        fails = fails_at == "any level" or (fails_at == "level 0" and UNOPTIMISED in path.read_text())
        return fails, "AssertionError: off" if fails else "exit code 0"

    monkeypatch.setattr(finding, "confirm", confirm)
    data = (np.ones(1, np.float32), np.zeros(1, np.float32))
    program = kernel("b[0] = a[0]", {"a": data[0], "b": data[1]})
    evidence = Evidence(
        Case(program, (data,), (None, None)),
        Judgement("forward", Verdict.DISAGREE, Stage.VALUE),
        evaluate(program, list(data)),
    )
    found = Finding("a bucket", "forward", 0)
    found.write(Plan(KERNELS, ("forward",), sys.executable, "1.19.0", tmp_path), evidence)
    (folder,) = tmp_path.iterdir()
    assert found.confirmed == (fails_at != "none")
    assert found.reproducer == f"{folder.name}/{REPRODUCER}"
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", REPRODUCER]
    page = (folder / "README.md").read_text()
    assert (UNOPTIMISED in (folder / REPRODUCER).read_text()) == (fails_at == "level 0")
    assert ("optimization_level" in page) == (fails_at == "level 0")
    assert ("AssertionError: off" if found.confirmed else "exit code 0") in page


@pytest.mark.parametrize("wild", [(), ("other",), ("other", "first")])
def test_what_a_neighbour_may_have_written_is_no_disagreement(
    wild: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = (np.ones(1, np.float32), np.zeros(1, np.float32))
    named = {
        name: Case(kernel(body, {"a": data[0], "b": data[1]}), (data,), (None, None))
        for name, body in {"first": "b[0] = a[0]", "second": "b[0] = 3.0 * a[0]", "other": "b[0] = 2.0"}.items()
    }
    cases, victims = list(named.values()), [named["first"], named["second"]]
    monkeypatch.setattr(
        worker, "may_write_out_of_bounds", lambda case, session, oracle: case in [named[name] for name in wild]
    )
    apart = []

    @contextmanager
    def counted(session: Session) -> Iterator[None]:
        apart.append(session)
        with uncounted(session):
            yield

    uncounted = Session.apart
    monkeypatch.setattr(Session, "apart", counted)
    with Session() as session:
        for victim, right in zip(victims, session.run(victims), strict=True):
            session._results[victim] = replace(right, outputs=((None, data[1] + 7),))
        looker = Worker(Plan(KERNELS, ("forward",), sys.executable, "", Path()), session)
        judged = looker.judgements(ORACLES["forward"], cases)
    said = [judgement.verdict for judgement, _ in judged if judgement is not None]
    doubtful = Verdict.INCONCLUSIVE if wild else Verdict.DISAGREE
    assert said == [doubtful, doubtful, Verdict.AGREE]
    assert len(apart) == len(wild)  # those that cannot harm each other run together
