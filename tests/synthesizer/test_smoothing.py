"""What leaving files out says: files that agree are trusted, files that differ are not, and what is new is counted."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import warp as wp

from warpsmith.grammar.chooser import SeededChooser
from warpsmith.grammar.likely.program import ProgramWriter
from warpsmith.grammar.profile import SMOOTHING, TOPICAL, VERSION, Form, Profile, Rule, Topic
from warpsmith.synthesizer import kernels
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.learn import learn
from warpsmith.synthesizer.profiling.kinds import UNREAD, FunctionForm
from warpsmith.synthesizer.profiling.smoothing import concentrations, novelty

PEOPLE = Path(__file__).parent / "people"


def _events(*rules: str) -> Counter[tuple[tuple[str, ...], str]]:
    """Rules that stand in contexts of their own number, all of them within one."""
    return Counter({((f"2|{n}", "1|"), rule): 10 for n, rule in enumerate(rules)})


def test_contexts_are_trusted_where_files_agree() -> None:
    agreeing = concentrations([_events("a", "b", "c", "d")] * 4)
    differing = concentrations([_events(*("abcd"[n:] + "abcd"[:n])) for n in range(4)])
    assert agreeing["2"] < 100 < differing["2"]
    assert set(agreeing) == {"1", "2"}


def _file(*heads: str) -> list[FunctionForm]:
    body = tuple(Form(Rule("new"), (Form(Rule(head, (), "float32")),), names=("x",)) for head in heads)
    return [FunctionForm("kernel", "f", (), body, len(body), annotated=False)]


def test_what_no_other_file_has_is_new() -> None:
    assert novelty([_file("a", "b"), _file("a", "b")]) == 0
    assert novelty([_file("a", "b"), _file("c", "d")]) == 100
    assert novelty([_file("a", "b"), _file("a", "c")]) == 50
    assert novelty([_file("const:1.0"), _file("const:2.0")]) == 0
    unread = FunctionForm("kernel", "f", (), (Form(Rule(UNREAD)),), 1, annotated=False)
    assert novelty([[unread], [unread]]) == 100


def test_a_context_is_left_as_often_as_its_level_says() -> None:
    profile = Profile({}, smoothing={"5": 25})
    assert profile.wider("5|float32|bin:Add#0", 3) == 75
    assert profile.wider("4|float32", 3) == 3 * SMOOTHING


def test_programs_of_the_whole_language_come_as_often_as_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = learn([PEOPLE]).profile
    likely = []
    monkeypatch.setattr(kernels, "likely_program", lambda chooser, p: likely.append(p) or KERNELS.draw(chooser))
    for novel, least, most in ((0, 40, 40), (10, 30, 39), (100, 24, 38)):  # never more than a few: MOST_NOVEL
        likely.clear()
        for seed in range(40):
            kernels.kernels_like(replace(profile, novelty=novel)).synthesize(seed)
        assert least <= len(likely) <= most


def test_a_profile_of_another_version_is_refused_with_a_clear_line() -> None:
    data = json.loads(learn([PEOPLE]).profile.to_json())
    data["version"] = VERSION - 1
    with pytest.raises(ValueError, match=rf"of version {VERSION - 1}, not of version {VERSION}: learn it again"):
        Profile.from_json(json.dumps(data))
    with pytest.raises(ValueError, match="no profile"):
        Profile.from_json("[]")


def test_a_program_is_most_like_its_topic() -> None:
    sines, roots = Topic({"sin": 30, "END": 10}, {"kernel": {"wave": 1}}), Topic({"sqrt": 30, "END": 10}, {})
    profile = Profile({}, topics=(sines, roots))
    assert profile.favours(sines) == {"sin": 100 + TOPICAL, "sqrt": 100 - TOPICAL, "END": 100}
    assert profile.favours(roots)["END"] == 100
    assert profile.favours(None) == {}


def test_names_are_those_of_the_topic() -> None:
    topic = Topic({"x": 1}, {"local float32": {"wave": 1}})
    whole = Profile({}, {"local float32": {"wave": 1, "other": 9}}, topics=(topic,))

    def named(profile: Profile) -> Counter[str]:
        writers = (ProgramWriter(SeededChooser(seed), profile) for seed in range(50))
        return Counter(w.variable(wp.float32, "local").name for w in writers)

    assert named(whole)["wave"] > 30
    assert named(replace(whole, topics=()))["wave"] < 15


def test_no_function_has_the_name_of_a_builtin() -> None:
    """Within a function ``add`` that is generic, Warp's ``+`` would be that function."""
    profile = Profile({}, {"func": {"add": 9, "sub": 9, "helper": 1}})
    names = {ProgramWriter(SeededChooser(seed), profile)._fresh("func", "f") for seed in range(20)}
    assert names == {"helper"}
