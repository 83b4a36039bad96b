"""The programs that tasks are about could be answers, and most are like people's."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import libcst as cst
import pytest
import warp as wp

from warpsmith.grammar.chooser import SeededChooser
from warpsmith.grammar.profile import Profile, Rule
from warpsmith.grammar.program import Argument, Launch, Program, Step
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.profiling.kept import shipped
from warpsmith.tasks import programs as module
from warpsmith.tasks.programs import answerable, draw, profile, programs

KERNEL = "@wp.kernel\ndef kernel(x: wp.array(dtype=wp.float32)):\n    x[wp.tid()] = 1.0\n"
HEAD = "import warp as wp\n\n\n"
LAUNCH = Launch((4,), (Argument("x", Array(wp.float32, 1), (4,), written=True),))


def program(body: str, launch: Launch = LAUNCH) -> Program:
    return Program(cst.parse_module(HEAD + body), "kernel", launch, (), ())


def test_a_plain_kernel_could_be_an_answer() -> None:
    assert answerable(program(KERNEL))


@pytest.mark.parametrize(
    "found",
    [
        program("class Solver:\n" + "".join(f"    {line}\n" for line in KERNEL.splitlines())),
        program(KERNEL.replace("1.0", "wp.static(1.0)")),
        program(KERNEL.replace("1.0", "wp.vec3()")),
        program(KERNEL, replace(LAUNCH, block_dim=32)),
        program(KERNEL, replace(LAUNCH, steps=(Step("kernel", (4,), ("x",)),))),
        program(KERNEL, Launch((4,), (Argument("x", Array(wp.int32, 1), (4,)),))),
        program(KERNEL, Launch((4,), (Argument("x.y", Array(wp.float32, 1), (4,)),))),
    ],
    ids=["in a class", "static", "ill-typed", "blocks", "steps", "another type", "a field"],
)
def test_what_no_answer_may_be_is_no_program_of_a_task(found: Program) -> None:
    assert not answerable(found)


def _refused(found: Profile) -> set[str]:
    rules = {Rule.parse(text).head for counts in found.rules.values() for text in counts}
    return {head for head in rules if head.startswith(("check", "tile"))}


def test_the_profile_lacks_what_answers_may_not_hold() -> None:
    assert _refused(shipped())
    assert not _refused(profile())


def test_most_programs_are_like_people_s_and_could_be_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def share() -> float:
        return sum(answerable(draw(SeededChooser(f"share {n}"))) for n in range(40)) / 40

    known = {KERNELS.draw(SeededChooser(f"uniform {n}")).entry for n in range(10)}
    found = list(islice(programs("share", 1), 40))
    assert sum(p.entry not in known for p in found) >= 20
    assert share() >= 0.7
    monkeypatch.setattr(module, "profile", shipped)
    assert share() < 0.7


def test_the_stream_of_a_seed_is_its_own() -> None:
    first, again, other = ([p.source for p in islice(programs("lift", seed), 5)] for seed in (1, 1, 2))
    assert first == again
    assert not {*first} & {*other}
