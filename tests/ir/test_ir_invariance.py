"""What the digests are blind to, and what they see; every level, on programs by hand."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator

import pytest
from ir_programs import CONSTANT, DIFFERENT, PROGRAM, SAME

from warpsmith.errors import WarpsmithError
from warpsmith.ir import IR, LEVELS, capture_many, digest, load


def captured(sources: list[str], names: list[str | None] | None = None) -> list[IR]:
    loaded = [load(source, name=name) for source, name in zip(sources, names or [None] * len(sources), strict=True)]
    results = capture_many([next(iter(program.kernels.values())) for program in loaded], LEVELS)
    for program in loaded:
        program.unload()
    assert not [result for result in results if isinstance(result, WarpsmithError)]
    return [result for result in results if isinstance(result, IR)]


@pytest.fixture(scope="module")
def program() -> dict[str, IR]:
    sources = {"": PROGRAM, "constant": CONSTANT, **SAME, **DIFFERENT, "imported elsewhere": PROGRAM}
    names = ["somewhere_else" if kind == "imported elsewhere" else None for kind in sources]
    return dict(zip(sources, captured(list(sources.values()), names), strict=True))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("change", [*SAME, "imported elsewhere"])
def test_norm_is_blind_to_names_and_layout(program: dict[str, IR], change: str, level: str) -> None:
    assert program[change].levels[level].norm == program[""].levels[level].norm
    assert program[change].levels[level].skeleton == program[""].levels[level].skeleton


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("change", [*DIFFERENT, "constant"])
def test_norm_sees_a_change_of_meaning(program: dict[str, IR], change: str, level: str) -> None:
    assert program[change].levels[level].norm != program[""].levels[level].norm


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("change", DIFFERENT)
def test_skeleton_sees_a_change_of_structure(program: dict[str, IR], change: str, level: str) -> None:
    assert program[change].levels[level].skeleton != program[""].levels[level].skeleton


@pytest.mark.parametrize("level", LEVELS)
def test_skeleton_is_blind_to_constants(program: dict[str, IR], level: str) -> None:
    assert program["constant"].levels[level].skeleton == program[""].levels[level].skeleton


@pytest.mark.parametrize("level", LEVELS)
def test_digests_can_be_recomputed_from_the_stored_text(program: dict[str, IR], level: str) -> None:
    stored = program["renamed"].levels[level]
    again = digest(level, stored.forward, stored.backward)
    assert (again.exact, again.norm, again.skeleton) == (stored.exact, stored.norm, stored.skeleton)


@pytest.mark.parametrize("level", LEVELS)
def test_stored_text_keeps_the_names_and_no_trace_of_the_machine(program: dict[str, IR], level: str) -> None:
    text = program[""].levels[level].forward + program[""].levels[level].backward
    assert "run" in text
    assert "warpsmith_entry" not in text
    assert "/tmp" not in text
    assert "# why" not in program["commented"].levels[level].forward


def test_text_moved_between_forward_and_backward_is_another_text() -> None:
    assert digest("cpp", "static void f_0(\n", "") != digest("cpp", "", "static void f_0(\n")


@pytest.fixture
def restore_caches() -> Iterator[None]:
    yield
    normaliser = sys.modules["warpsmith.ir.normalise"]
    normaliser._parts.cache_clear()
    normaliser._line_without_constant.cache_clear()


DEFECTS: dict[str, tuple[str, Callable[[], object]]] = {
    "names of arguments": ("_number", lambda: lambda numbers, name: name),
    "names of fields": ("_path", lambda: lambda struct, members, fields: ".".join(members)),
    "names of functions": ("_FUNCTION", lambda: re.compile(r"(never)\(")),
}
"""Ways to break the normaliser: what it forgets, and the part of it to replace."""


@pytest.mark.usefixtures("restore_caches")
@pytest.mark.parametrize("defect", DEFECTS)
def test_a_normaliser_that_forgets_something_would_be_seen(
    program: dict[str, IR], defect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, broken = DEFECTS[defect]
    monkeypatch.setattr(sys.modules["warpsmith.ir.normalise"], name, broken())
    texts = [program[change].levels["cuda"] for change in ("", "renamed")]
    assert len({digest("cuda", text.forward, text.backward).norm for text in texts}) == 2


@pytest.mark.usefixtures("restore_caches")
def test_a_normaliser_that_drops_everything_would_be_seen(
    program: dict[str, IR], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["warpsmith.ir.digest"], "normalise", lambda *_: "")
    texts = [program[change].levels["cuda"] for change in ("", "operator")]
    assert len({digest("cuda", text.forward, text.backward).norm for text in texts}) == 1
