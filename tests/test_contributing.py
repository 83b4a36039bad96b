"""CONTRIBUTING's worked examples, made in a copy of the tree and run there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.worked import blocks, changed, copy_tree, follow, is_script, prose, run
from warpsmith.grammar.production import Production

ROOT = Path(__file__).resolve().parent.parent
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def section(title: str) -> list[tuple[str, str]]:
    """Language and text of the code blocks under a heading, in order."""
    (found,) = [part for part in CONTRIBUTING.split("\n## ") if part.startswith(f"{title}\n")]
    return blocks(found)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return copy_tree(tmp_path)


@pytest.mark.parametrize(
    ("title", "languages"),
    [
        ("Adding an expression", ["diff", "python"]),
        ("Adding an operation", ["diff", "diff", "python"]),
        ("Adding a statement", ["python", "diff", "diff", "python"]),
    ],
)
def test_a_worked_example_works(title: str, languages: list[str], tree: Path) -> None:
    shown = section(title)
    assert [language for language, _ in shown] == languages
    assert "@wp.kernel" in follow(shown, tree)


@pytest.mark.parametrize("title", ["Adding an expression", "Adding an operation", "Adding a statement"])
def test_a_worked_example_fails_without_its_edits(title: str, tree: Path) -> None:
    with pytest.raises(AssertionError, match=r"StopIteration"):
        follow([block for block in section(title) if is_script(block)], tree)


def test_an_edit_of_lines_that_are_gone_is_noticed() -> None:
    with pytest.raises(AssertionError, match=r"not there"):
        changed("a\nb\n", " a\n+c\n d\n")
    assert changed("a\nb\n", " a\n+c\n b\n") == "a\nc\nb\n"


def test_the_new_production_means_what_warp_computes(tree: Path) -> None:
    follow(section("Adding an expression")[:1], tree)
    script = """
import warp as wp, numpy as np
from warpsmith.grammar.grammar import default_grammar
new = [p for p in default_grammar().productions if p.name.startswith("norm_") and "(vec3f, float32)" in p.name]
assert len(new) == 2
for p in new:
    for delta in (0.125, 1.0, 8.0):
        meant = p.evaluate(np.float32([1, -2, 3]), np.float32(delta))
        computed = getattr(wp, p.builtin)(wp.vec3f(1.0, -2.0, 3.0), wp.float32(delta))
        assert np.isclose(meant, computed), (p.name, delta, meant, computed)
"""
    run(script, tree)


SEEN = """
import libcst as cst, numpy as np
from warpsmith.grammar import types
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.reference import evaluate

source = '''import warp as wp


@wp.kernel
def kernel(x: wp.array(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = wp.expm1(x[i])
'''
f = Array(types.FLOATS[0], 1)
launch = Launch((3,), (Argument("x", f, (3,)), Argument("out", f, (3,))))
program = Program(cst.parse_module(source), "kernel", launch, (), ())
x, zeros, ones = np.float32([-1, 1e-3, 2]), np.zeros(3, np.float32), np.ones(3, np.float32)
outcome = evaluate(program, (x, zeros), (None, ones))
production = next(p for p in default_grammar().productions if p.name == "expm1(float32)")
meant = np.array([production.evaluate(v) for v in x])
assert np.array_equal(outcome.values[1], meant), outcome.values[1]
assert (abs(np.expm1(x.astype(float)) - meant) <= outcome.errors[1]).all(), f"the meaning: {meant}"
assert (outcome.errors[1] < 1e-5).all()
slopes, bounds = outcome.gradients[0], outcome.gradient_errors[0]
assert (abs(np.exp(x.astype(float)) - slopes) <= bounds).all(), f"the derivative: {slopes}"
assert (bounds < 1e-4).all()
"""


def test_a_new_record_is_what_production_reference_and_gradient_read(tree: Path) -> None:
    record, row, _ = section("Adding an operation")
    follow([record, row, ("python", SEEN)], tree)


@pytest.mark.parametrize(
    ("right", "wrong", "seen"),
    [
        ("lambda x, y: y + 1", "lambda x, y: y", "the derivative"),
        ("np.expm1", "np.exp", "the meaning"),
    ],
)
def test_a_wrong_record_is_seen(right: str, wrong: str, seen: str, tree: Path) -> None:
    (language, record), row, _ = section("Adding an operation")
    assert record.count(right) == 1
    with pytest.raises(AssertionError, match=seen):
        follow([(language, record.replace(right, wrong)), row, ("python", SEEN)], tree)


def test_a_new_builtin_without_a_record_is_missed(tree: Path) -> None:
    _, row, _ = section("Adding an operation")
    with pytest.raises(AssertionError, match=r"no meaning for expm1\(float32\)"):
        follow([row, ("python", SEEN)], tree)


def commands(text: str) -> set[str]:
    """Targets of make that a document names."""
    return set(re.findall(r"\bmake (\.?[a-z]+)\b", "\n".join(re.findall(r"`[^`]+`|^```.*?^```", text, re.M | re.S))))


def test_every_path_and_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert {".venv", "check", "test", "proofs", "bench"} <= commands(CONTRIBUTING)
    for target in commands(CONTRIBUTING):
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target
    text = prose(CONTRIBUTING)
    for path in re.findall(r"`((?:[\w.-]+/)+(?:[\w.-]+)?|\w+\.(?:py|md))`", text):
        assert (ROOT / path).exists(), path
    for module in re.findall(r"-m (tests[\w.]+)", text):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module


def test_the_import_table_is_the_one_that_is_held() -> None:
    from test_house import MAY_IMPORT

    rows = dict(re.findall(r"^  \| `(\w+)/` \| (.*) \|$", CONTRIBUTING, re.MULTILINE))
    rooms = {room for room in MAY_IMPORT if (ROOT / room / "__init__.py").exists()}
    assert rows.keys() == rooms
    for room, allowed in rows.items():
        assert set(re.findall(r"`(\w+)`", allowed)) == MAY_IMPORT[room] & rooms


def test_the_fields_of_a_production_that_are_named_are_there() -> None:
    named = {"spelling", "evaluate", "requires"}
    assert named <= set(Production.__dataclass_fields__)
    assert all(f"{name}=" in CONTRIBUTING for name in named)
