"""Known defects: their reproducers exist and match their own predicate, and healthy programs do not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import fuzz
from fuzz.judgement import Judgement, Verdict
from fuzz.known import KNOWN, Known

FINDINGS = Path(fuzz.__file__).parent / "findings"
HEALTHY = """
@wp.kernel
def kernel(a: wp.array(dtype=float), b: wp.array(dtype=float)):
    x, y = a[0], a[1]
    for i in range(3):
        x = x + y
    b[0] = wp.sin(x)
"""


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_a_known_defect_has_a_reproducer_that_its_predicate_matches(known: Known) -> None:
    (test,) = (FINDINGS / known.name).glob("test_*.py")
    assert known.matches(ast.parse(test.read_text()))


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_a_healthy_program_has_none_of_them(known: Known) -> None:
    assert not known.matches(ast.parse(HEALTHY))


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_another_symptom_is_not_explained(known: Known) -> None:
    (test,) = (FINDINGS / known.name).glob("test_*.py")
    tree = ast.parse(test.read_text())
    assert not known.explains(Judgement("accepted", Verdict.DISAGREE, "compile"), tree)
    assert any(known.explains(Judgement(o, Verdict.DISAGREE, s.replace("*", "value")), tree) for o, s in known.symptoms)
