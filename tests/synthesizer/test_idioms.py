"""Idioms: what several functions have in common, learned and drawn."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.proofs.likeness import fault
from tests.synthesizer.learning import of_examples
from warpsmith.errors import UndefinedError
from warpsmith.grammar.likely import idioms, program
from warpsmith.grammar.likely.scope import Drawn
from warpsmith.grammar.likely.writer import Writer
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import IDIOM, Profile
from warpsmith.synthesizer.inputs import inputs
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.learn import learn
from warpsmith.synthesizer.reference import evaluate

HEAD = "import warp as wp\n\n"
GUARDED = """
@wp.kernel
def {name}({parameters}):
    tid = wp.tid()
    if tid >= {count}:
        return
    s = float(0.0)
    for k in range({count}):
        s += {source}[k] * {source}[tid]
    {target}[tid] = wp.clamp((s - {low}) / ({high} - {low}), 0.0, 1.0)
"""
PARAMETERS = (
    "{count}: int, {source}: wp.array(dtype=float), {low}: float, {high}: float, {target}: wp.array(dtype=float)"
)
COUNT = 40


def write(folder: Path, *spellings: dict[str, str]) -> Path:
    """A file of kernels that are alike but for their names."""
    kernels = (GUARDED.format(parameters=PARAMETERS.format(**s), **s) for s in spellings)
    (folder / "kernels.py").write_text(HEAD + "\n".join(kernels))
    return folder


ONE = {"name": "one", "count": "n", "source": "a", "low": "lo", "high": "hi", "target": "out"}
OTHER = {"name": "other", "count": "size", "source": "x", "low": "x0", "high": "x1", "target": "y"}


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return learn([write(tmp_path, ONE, OTHER)]).profile


def heads(profile: Profile) -> set[tuple[str, ...]]:
    return {tuple(f.head for f in idiom.forms) for idiom in profile.idioms.values()}


def test_fragments_of_two_functions_are_idioms_with_typed_holes(profile: Profile) -> None:
    assert ("tid:1", "if", "new", "for", "store:item") in heads(profile)
    assert ("if",) in heads(profile)  # a guard, and the return behind it
    assert ("tid:1",) not in heads(profile)  # too small to be one
    (lerp,) = (i for i in profile.idioms.values() if i.forms[0].head == "bin:Div")
    assert list(lerp.holes.values()) == ["float32", "float32", "float32"]
    assert [f.names for f in lerp.everything() if f.names] == [("0",), ("1",), ("2",), ("1",)]


def test_what_one_function_has_is_no_idiom(tmp_path: Path) -> None:
    assert learn([write(tmp_path, ONE)]).profile.idioms == {}


def test_figures_hold_no_idiom(profile: Profile) -> None:
    figures = profile.figures()
    assert figures.idioms == {}
    assert IDIOM not in figures.to_json()
    assert IDIOM in profile.to_json()


def test_a_kept_profile_draws_the_same_idioms(profile: Profile) -> None:
    kept = Profile.from_json(profile.to_json())
    assert kept == profile
    for seed in range(10):
        assert kernels_like(kept).synthesize(seed).source == kernels_like(profile).synthesize(seed).source


def test_programs_have_idioms(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "IDIOMATIC", 100)
    drawn = Counter(u for s in range(COUNT) for u in kernels_like(profile).synthesize(s).productions if IDIOM in u)
    assert len(drawn) >= 3


@pytest.mark.parametrize("learned", ["own", "examples"])
def test_programs_with_idioms_are_valid_and_defined(
    learned: str, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "IDIOMATIC", 100)
    family = kernels_like(profile if learned == "own" else of_examples())
    faults = [fault(family, family.synthesize(seed), seed) for seed in range(COUNT)]
    assert [f for f in faults if f] == []


def test_idioms_without_what_they_need_are_found_undefined(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    def unguarded(self: Writer, value: Drawn, needs: Interval) -> Drawn:
        return value

    monkeypatch.setattr(program, "IDIOMATIC", 100)
    monkeypatch.setattr(Writer, "require", unguarded)
    undefined = 0
    for seed in range(COUNT):
        drawn = kernels_like(profile).synthesize(seed)
        if any(IDIOM in u for u in drawn.productions):
            try:
                evaluate(drawn, inputs(drawn, seed), None)
            except UndefinedError:
                undefined += 1
    assert undefined


def test_the_same_hole_is_the_same_variable(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    name, lerp = next((k, i) for k, i in profile.idioms.items() if i.forms[0].head == "bin:Div")
    assert idioms.shape(name, lerp).uses == {"0": 1, "1": 2, "2": 1}
    monkeypatch.setattr(idioms, "_FREE", 0)
    monkeypatch.setattr(program, "IDIOMATIC", 100)
    sources = [kernels_like(profile).synthesize(seed).source for seed in range(COUNT)]
    assert any(re.search(r"\(\w+ - (\w+)\) / wp\.max\(\w+ - \1, 0\.001\)", source) for source in sources)
