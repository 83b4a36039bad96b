"""Disagreements with one cause get one name, and different ones different names."""

from __future__ import annotations

import pytest

from warpsmith.fuzz.bucket import bucket, features, normalised, skeleton, slug
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict

KERNEL = """import warp as wp

@wp.kernel
def kernel(x: wp.array(dtype=wp.{t}), out: wp.array(dtype=wp.{t})):
    i = wp.tid()
    {name} = x[i]
    {name} += wp.{t}({constant})
    out[i] = wp.{builtin}({name})
"""


def kernel(t: str = "float32", name: str = "a", constant: str = "1.0", builtin: str = "sin") -> str:
    return KERNEL.format(t=t, name=name, constant=constant, builtin=builtin)


@pytest.mark.parametrize("change", [{"t": "float64"}, {"name": "total"}, {"constant": "2.5"}])
def test_names_constants_and_widths_make_no_other_bucket(change: dict[str, str]) -> None:
    judgement = Judgement("forward", Verdict.DISAGREE, Stage.VALUE)
    assert bucket(judgement, kernel()) == bucket(judgement, kernel(**change))


def test_another_builtin_oracle_or_stage_makes_another_bucket() -> None:
    judgement = Judgement("forward", Verdict.DISAGREE, Stage.VALUE)
    names = {
        bucket(judgement, kernel()),
        bucket(judgement, kernel(builtin="cos")),
        bucket(Judgement("gradient", Verdict.DISAGREE, Stage.VALUE), kernel()),
        bucket(Judgement("forward", Verdict.DISAGREE, Stage.CRASH, "exit code -11"), kernel()),
    }
    assert len(names) == 4


def test_features_are_what_the_program_does() -> None:
    assert features(kernel()) == {"add=", "float", "sin"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("error: no matching function for call to 'add_12'", "error: no matching function for call to 'mul_7'"),
        ("/tmp/a/b_1f2e3d4c.cpp:12:3: error: x", "/tmp/c/d_99aabbcc.cpp:7:44: error: x"),
        ("Couldn't find overload for vec3f, 3", "Couldn't find overload for vec2d, 17"),
    ],
)
def test_messages_lose_names_numbers_paths_and_types(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


def test_what_the_code_generator_quotes_is_no_cause() -> None:
    said = 'WarpCodegenError: Error while parsing function "{}" at {}:6:\n    {}\n;{}'
    one = normalised(said.format("f", "a.py", "x = y[:2]", "Construct `ast.Slice` not supported in kernels."))
    assert one == normalised(said.format("g", "b.py", "z = u[0:]", "Construct `ast.Slice` not supported in kernels."))
    assert one != normalised(said.format("f", "a.py", "x = y[:2]", "Error mutating a constant"))
    assert one.startswith("WarpCodegenError: Construct")


def test_messages_keep_their_words() -> None:
    assert normalised("RuntimeError: cannot mutate a constant") != normalised("RuntimeError: cannot call a kernel")


def test_skeletons_are_blind_to_names_and_constants_alone() -> None:
    assert skeleton(kernel()) == skeleton(kernel(name="b", constant="3.0")) != skeleton(kernel(builtin="cos"))


def test_slugs_are_short_and_apart() -> None:
    long = "forward/value: " + ", ".join(f"feature{i}" for i in range(40))
    assert len(slug(long)) < 70
    assert slug(long) != slug(long + ", more")
