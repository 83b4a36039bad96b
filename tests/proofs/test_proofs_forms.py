"""The table of forms sees what is there, and tells what is neither drawn nor has a reason."""

from __future__ import annotations

import ast

import pytest

from tests.proofs import forms

SOURCE = """
class Solver:
    @wp.kernel(module="unique")
    def step(a: wp.array2d(dtype=State), f: wp.Function):
        i, j = wp.tid()
        a[i][j].x = x.dtype(2.0) if not b else f(*v)
"""


def test_forms_are_seen_where_they_are_and_nowhere_else() -> None:
    found = forms.count([SOURCE, "pass"])
    seen = {name for name, number in found.items() if number == 1}
    assert seen >= {
        *("kernel in a class", '`module="unique"`', "array of structs", "function as an argument", "`a[i][j]`"),
        *("`a[i].x = ...`", "`x.dtype(...)`", "conditional expression", "unary `not`", "`f(*v)`", "`pass`"),
        "assignment to several names",
    }
    assert not seen & {"kernel in a factory", "`launch_bounds`", "`wp.static(...)`", "`while`", "several kernels"}


def test_reasons_are_of_forms() -> None:
    assert forms.REASONS.keys() <= forms.FORMS.keys()


@pytest.mark.parametrize(
    ("there", "reasons", "told"),
    [
        (False, {}, "**no reason**"),
        (True, {"planted": "none"}, "**drawn, and has a reason**"),
        (False, {"planted": "none"}, "| none |"),
    ],
)
def test_what_needs_a_reason_is_told(
    monkeypatch: pytest.MonkeyPatch, there: bool, reasons: dict[str, str], told: str
) -> None:
    monkeypatch.setattr(forms, "FORMS", {"planted": lambda node: there and isinstance(node, ast.Module)})
    monkeypatch.setattr(forms, "REASONS", reasons)
    *_, last = forms.table(1)
    assert told in last


def test_what_is_rare_is_looked_for_in_more_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def planted(node: ast.AST) -> bool:
        looked.append(1)
        return len(looked) > 3000 and isinstance(node, ast.Module)

    monkeypatch.setattr(forms, "FORMS", {"planted": planted})
    monkeypatch.setattr(forms, "REASONS", {})
    *_, last = forms.table(1, 12)
    assert "rare: first in seed " in last
    looked.clear()
    *_, last = forms.table(1, 1)
    assert "**no reason**" in last
