"""Kernels of programs with a profile end as people's do."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import warp as wp

from warpsmith.grammar import spell
from warpsmith.grammar.chooser import SeededChooser
from warpsmith.grammar.likely import endings, statements
from warpsmith.grammar.likely.drawing import fixed
from warpsmith.grammar.likely.naming import ProgramNames
from warpsmith.grammar.likely.placing import Placement, placed
from warpsmith.grammar.likely.program import likely_program
from warpsmith.grammar.likely.scope import Drawn
from warpsmith.grammar.profile import Profile
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.learn import learn
from warpsmith.synthesizer.profiling.kept import shipped

_COUNT = 60


def _programs() -> list[Program]:
    profile = shipped()
    return [likely_program(SeededChooser(f"endings {seed}"), profile) for seed in range(_COUNT)]


@pytest.fixture(scope="module")
def programs() -> list[Program]:
    return _programs()


def _defined(programs: list[Program], decorator: str) -> Iterator[tuple[ast.FunctionDef, ast.Module]]:
    for program in programs:
        tree = ast.parse(program.source)
        for f in ast.walk(tree):
            if isinstance(f, ast.FunctionDef) and any(decorator in ast.unparse(d) for d in f.decorator_list):
                yield f, tree


def _blocks(programs: list[Program]) -> int:
    """How many kernels end with a loop or branch."""
    return sum(isinstance(f.body[-1], (ast.If, ast.For, ast.While)) for f, _ in _defined(programs, "kernel"))


def _procedures(programs: list[Program]) -> int:
    """How many kernels end with a call of a function of the file."""
    found = 0
    for f, tree in _defined(programs, "kernel"):
        own = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        own |= {n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        last = f.body[-1]
        if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
            found += ast.unparse(last.value.func).partition(".")[0] in own
    return found


def _expectations(programs: list[Program]) -> int:
    """How many kernels with parameters end with an expectation."""
    kernels = [f for f, _ in _defined(programs, "kernel") if f.args.args]
    return sum(ast.unparse(f.body[-1]).startswith("wp.expect_") for f in kernels)


@pytest.mark.parametrize(
    ("count", "least", "name", "planted"),
    [
        (_blocks, 3, "closes", lambda _: False),
        (_procedures, 1, "held", lambda _: None),
        (_expectations, 2, "expected", lambda _: []),
    ],
)
def test_they_end_as_people_s_do(
    programs: list[Program],
    monkeypatch: pytest.MonkeyPatch,
    count: Callable[[list[Program]], int],
    least: int,
    name: str,
    planted: Callable[..., object],
) -> None:
    assert count(programs) >= least
    monkeypatch.setattr(endings, name, planted)
    assert count(_programs()) < least


# --- chains -----------------------------------------------------------------------------------------------------------


def _chain(node: ast.If) -> int:
    """How many tests follow each other in an ``if`` and what it has beside."""
    rest = node.orelse
    return 1 + (_chain(rest[0]) if len(rest) == 1 and isinstance(rest[0], ast.If) else 0)


def _longest(profile: Profile) -> tuple[int, bool]:
    """The longest chain of 30 programs, and whether one is written with ``elif``."""
    sources = [likely_program(SeededChooser(f"chains {seed}"), profile).source for seed in range(30)]
    chains = [_chain(n) for s in sources for n in ast.walk(ast.parse(s)) if isinstance(n, ast.If)]
    return max(chains), any(re.search(r"^ +elif ", s, re.M) for s in sources)


def test_chains_of_tests_are_written_with_elif_and_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arms = "".join(f"    elif n == {i}:\n        a[i] = {i}\n" for i in range(1, 30))
    text = "import warp as wp\n\n\n@wp.kernel\ndef f(a: wp.array(dtype=int), n: int):\n    i = wp.tid()\n"
    (tmp_path / "chain.py").write_text(f"{text}    if n == 0:\n        a[i] = 0\n{arms}")
    profile = learn([tmp_path]).profile
    longest, written = _longest(profile)
    assert 2 < longest <= 10
    assert written
    monkeypatch.setattr(statements, "_LONGEST_CHAIN", 20)
    assert _longest(profile)[0] > 10


# --- names ------------------------------------------------------------------------------------------------------------


def test_no_function_is_called_like_a_test() -> None:
    known = {"kernel": {"test_add": 5, "slot_atomic_add_overflow_value_kernel": 5, "add_values_kernel": 1}}
    names = ProgramNames(SeededChooser("names"), Profile({}, known), None)
    drawn = {names.function("kernel", frozenset({"add", "values"}), "own", ()) for _ in range(20)}
    assert drawn == {"add_values_kernel"}


def test_what_a_factory_makes_is_no_kernel_kernel() -> None:
    made = {}
    for name in ("add", "add_kernel"):
        definition = spell.function("wp.kernel", name, [], [spell.PASS])
        made[name] = placed(SeededChooser("placed"), Placement("kernel", around="function"), definition, ())[1]
    assert made == {"add": "add_kernel", "add_kernel": "bound_add_kernel"}


# --- constants --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "known"), [("const:2", True), ("name:constant", True), ("name:local", False), ("bin:Add", False)]
)
def test_warp_takes_a_name_of_a_constant_s_value_for_a_constant(head: str, known: bool) -> None:
    assert fixed(Drawn(spell.name("N"), wp.int32, head)) is known
