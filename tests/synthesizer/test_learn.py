"""Profiles: what is learned from people's kernels, and that programs drawn with one hold what all programs hold."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.proofs.analysis import dead
from tests.proofs.likeness import fault
from tests.synthesizer.learning import of_examples
from warpsmith.errors import UndefinedError, UsageError
from warpsmith.grammar.likely.flow import FlowWriter
from warpsmith.grammar.likely.scope import Drawn
from warpsmith.grammar.likely.writer import Writer
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import Profile
from warpsmith.synthesizer.inputs import RECIPES, columns, inputs
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.learn import learn
from warpsmith.synthesizer.reference import evaluate

PEOPLE = Path(__file__).parent / "people"
COUNT = 40


@pytest.fixture(scope="module")
def profile() -> Profile:
    return learn([PEOPLE]).profile


@pytest.fixture(scope="module")
def sources() -> list[str]:
    family = kernels_like(of_examples())
    return [family.synthesize(seed).source for seed in range(2 * COUNT)]


def test_everything_in_plain_kernels_is_read(profile: Profile) -> None:
    assert learn([PEOPLE]).passed_over == {}
    assert profile.rules["s0|if"]["return\t"] == 1
    assert sum(profile.sizes["kernel"].values()) == 4


def test_a_profile_holds_single_names_and_no_code(profile: Profile) -> None:
    text = profile.to_json()
    assert all(fragment not in text for fragment in ("d * (", "x[tid]", "dt / m", "wp.dot(v"))


def test_a_kept_profile_draws_the_same_programs(profile: Profile) -> None:
    kept = Profile.from_json(profile.to_json())
    assert kept.digest == profile.digest
    for seed in range(10):
        assert kernels_like(kept).synthesize(seed).source == kernels_like(profile).synthesize(seed).source


def test_another_profile_is_another_family(profile: Profile) -> None:
    other = replace(profile, names={})
    assert kernels_like(other).name != kernels_like(profile).name


@pytest.mark.parametrize("learned", ["people", "examples"])
def test_programs_like_peoples_are_valid_and_defined(learned: str, profile: Profile) -> None:
    family = kernels_like(profile if learned == "people" else of_examples())
    faults = [fault(family, family.synthesize(seed), seed) for seed in range(COUNT)]
    assert [f for f in faults if f] == []


def test_programs_without_guards_are_found_undefined(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    def unguarded(self: Writer, value: Drawn, needs: Interval) -> Drawn:
        return value

    monkeypatch.setattr(Writer, "require", unguarded)
    family = kernels_like(profile)
    undefined = 0
    for seed in range(COUNT):
        program = family.synthesize(seed)
        try:
            evaluate(program, inputs(program, seed), None)
        except (UndefinedError, NotImplementedError) as error:
            undefined += isinstance(error, UndefinedError)
    assert undefined


def test_programs_use_what_people_use(profile: Profile) -> None:
    sources = [kernels_like(profile).synthesize(seed).source for seed in range(COUNT)]
    for text in ("wp.dot(", "wp.atomic_add(", "for k in range(", "wp.array(dtype=wp.vec3)", " += ", "@wp.func"):
        assert any(text in source for source in sources), text
    assert len(set(sources)) == COUNT


@pytest.mark.parametrize(
    "form",
    [
        r"def \w+\(.*: (Params|Args|Inputs|Model|Data)[,)]",
        r"@wp\.struct",
        r'^    """[A-Z].*\."""$',
        r"^    \w+, \w+ = (?!wp\.)\w+\(",
        r"^    .*(?<!wp\.)\b\w+\([^()]*\w+=\w",
        r"\bwp\.pi\b",
    ],
)
def test_people_s_forms_occur(form: str, sources: list[str]) -> None:
    assert any(re.search(form, source, re.MULTILINE) for source in sources)


@pytest.mark.parametrize("flowing", [True, False])
def test_no_value_is_left_unread(profile: Profile, monkeypatch: pytest.MonkeyPatch, *, flowing: bool) -> None:
    if not flowing:
        monkeypatch.setattr(FlowWriter, "carried_out", lambda *_: [])
    found = [dead(kernels_like(profile).synthesize(seed).module) for seed in range(COUNT)]
    assert (sum(len(d.statements) for d in found) < 0.1 * sum(d.total for d in found)) is flowing


def test_arguments_with_a_range_lie_in_it_in_every_recipe(profile: Profile) -> None:
    seen = 0
    for seed in range(COUNT):
        program = kernels_like(profile).synthesize(seed)
        for recipe in RECIPES:
            for a, data in zip(program.launch.arguments, inputs(program, seed, recipe), strict=True):
                if a.range is not None:
                    seen += 1
                    for _, column in columns(data):
                        assert np.all((column >= a.range[0]) & (column <= a.range[1]))
    assert seen


def test_programs_are_replayed_from_their_choices(profile: Profile) -> None:
    family = kernels_like(profile)
    for seed in range(10):
        program = family.synthesize(seed)
        assert family.replay(program.choices).source == program.source


def test_where_nothing_is_to_be_learned_there_is_a_clear_word(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no kernels or functions"):
        learn([tmp_path])
    (tmp_path / "broken.py").write_text("kernel = def (")
    with pytest.raises(UsageError, match=r"1 files cannot be read: .*broken\.py:1: no valid Python"):
        learn([tmp_path])
    with pytest.raises(UsageError, match="does not exist"):
        learn([tmp_path / "missing"])
    (tmp_path / "broken.py").unlink()
    (tmp_path / "wrong.py").write_text(_ILL_TYPED)
    with pytest.raises(UsageError, match=r"1 are ill typed: .*wrong\.py:7: stored-type-differs"):
        learn([tmp_path])


_ILL_TYPED = """import warp as wp


@wp.kernel
def wrong(x: wp.array(dtype=float)):
    i = wp.tid()
    x[i] = i
"""


def test_files_and_kernels_that_are_wrong_are_named_and_passed_over(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("kernel = def (")
    (tmp_path / "wrong.py").write_text(_ILL_TYPED)
    (tmp_path / "good.py").write_text((PEOPLE / "particles.py").read_text())
    learned = learn([tmp_path])
    assert learned.functions == 5
    assert [line.split(": ")[1] for line in learned.faulty] == ["no valid Python"]
    assert [line.split(": ")[1] for line in learned.refused] == ["stored-type-differs"]


def test_types_come_from_the_checker(tmp_path: Path) -> None:
    (tmp_path / "generic.py").write_text(_GENERIC)
    learned = learn([tmp_path])
    assert learned.passed_over == {}
    assert learned.profile.rules["s0|body"]["return\t\tvec3d"] == 1
    assert learned.profile.names["local vec3d"] == {"doubled": 1}


_GENERIC = """from typing import Any

import warp as wp


@wp.func
def twice(x: Any):
    doubled = x + x
    return doubled


@wp.kernel
def kernel(x: wp.array(dtype=wp.vec3d)):
    i = wp.tid()
    x[i] = twice(x[i])
"""


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 0}'])
def test_what_is_no_profile_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # JSON's own message, or ours
        Profile.from_json(text)
