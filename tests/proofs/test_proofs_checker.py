"""The proofs of the checker see a defect that is planted in it, and none where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import warp as wp

from tests.proofs import idioms, wheel
from tests.proofs.truths import collect
from warpsmith.synthesizer.check import check_paths
from warpsmith.synthesizer.checker.body import Body
from warpsmith.synthesizer.checker.model import Var

FILE = """import warp as wp


@wp.func
def area(x: float):
    y = x * x
    return y


@wp.kernel
def kernel(x: wp.array(dtype=float), v: wp.array(dtype=wp.vec3)):
    i = wp.tid()
    a = area(x[i]) + 1.0
    v[i] = v[i] * a


@wp.kernel
def wrong(x: wp.array(dtype=float)):
    x[0] = x[1] + 1
"""
SAMPLE = 31
"""Of the idioms, one in so many."""


def silent(self: Body, node: Any, rule: str, message: str) -> Var:
    """A checker that refuses nothing."""
    return Var(wp.float32)


def strict(self: Body, node: Any, name: str, *operands: Var) -> Var:
    """A checker that refuses every operator."""
    return self.report(node, "operand-types-differ", "planted")


def double(self: Body, node: Any, name: str, *operands: Var) -> Var:
    """A checker that takes every operator for one of float64."""
    return Var(wp.float64)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A folder with a file, and what Warp says of it."""
    folder = tmp_path_factory.mktemp("people")
    (folder / "file.py").write_text(FILE)
    return folder, collect([folder / "file.py"], folder / "truth.jsonl", jobs=1, run=False)


def test_the_comparison_with_warp_holds(people: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, told = people
    comparison = wheel.compared(told, check_paths([folder]))
    assert comparison.holds(), comparison.causes
    assert comparison.verdicts == {("accepted", "accepted"): 2, ("refused", "refused"): 1}
    assert comparison.locals >= 3


@pytest.mark.parametrize(
    ("method", "planted", "seen"),
    [
        ("report", silent, ("refused", "accepted")),
        ("operate", strict, ("accepted", "refused")),
        ("operate", double, None),
    ],
)
def test_the_comparison_with_warp_sees_a_defect(
    people: tuple[Path, list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    planted: Any,
    seen: tuple[str, str] | None,
) -> None:
    folder, told = people
    monkeypatch.setattr(Body, method, planted)
    comparison = wheel.compared(told, check_paths([folder]))
    assert not comparison.holds()
    assert comparison.verdicts[seen] if seen is not None else comparison.unlike


def test_a_sample_of_the_idioms_has_no_difference() -> None:
    figures, told = idioms.compare(list(idioms.programs())[::SAMPLE])
    assert told == []
    assert 5 < figures["refused by Warp"] < figures["kernels"] - 5


@pytest.mark.parametrize(("method", "planted"), [("report", silent), ("operate", strict), ("operate", double)])
def test_the_idioms_see_a_defect(monkeypatch: pytest.MonkeyPatch, method: str, planted: Any) -> None:
    monkeypatch.setattr(Body, method, planted)
    assert idioms.compare(list(idioms.programs())[::SAMPLE])[0]["different"]
