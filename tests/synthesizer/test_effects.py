"""What people's statements do beside computing: they say what holds, print, add up, and share tiles."""

from __future__ import annotations

import ast
import ctypes
from pathlib import Path

import pytest
import warp as wp

from tests.proofs.likeness import fault
from warpsmith import ir
from warpsmith.grammar import spell, types
from warpsmith.grammar.likely import checks, tiles
from warpsmith.grammar.program import Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.inputs import inputs
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.learn import learn

HERE = Path(__file__).parent / "effects"
COUNT = 80


@pytest.fixture(scope="module")
def looking() -> Family:
    return kernels_like(learn([HERE / "looking.py"]).profile)


def test_everything_of_them_is_read() -> None:
    assert learn([HERE]).passed_over == {}


@pytest.mark.parametrize(
    "what", ["wp.expect_eq(", "wp.expect_near(", "wp.expect_neq(", "assert ", "print(", "wp.printf("]
)
def test_programs_say_what_holds_and_print(looking: Family, what: str) -> None:
    assert any(f"    {what}" in looking.synthesize(seed).source for seed in range(COUNT))


def test_programs_that_look_at_values_are_valid(looking: Family) -> None:
    assert [f for seed in range(COUNT) if (f := fault(looking, looking.synthesize(seed), seed))] == []


def _printed(program: Program, capfd: pytest.CaptureFixture[str]) -> str:
    """What a launch of the program prints."""
    data = inputs(program, 0, "tame")
    given = [
        wp.array(d, dtype=a.type.dtype, device="cpu") if isinstance(a.type, Array) else a.type(d)
        for a, d in zip(program.launch.arguments, data, strict=True)
    ]
    wp.launch(ir.load(program.source).bound(program.entry), program.launch.dim, given, device="cpu")
    ctypes.CDLL(None).fflush(None)
    return "".join(capfd.readouterr())


def _expecting(family: Family, count: int) -> list[Program]:
    found = (p for seed in range(10 * COUNT) if "wp.expect_" in (p := family.synthesize(seed)).source)
    plain = (
        p
        for p in found
        if all(types.scalar(getattr(a.type, "dtype", a.type)) in types.SCALARS for a in p.launch.arguments)
        and all(isinstance(a.type, Array) or a.type in (wp.int32, wp.float32) for a in p.launch.arguments)
    )
    return [p for p, _ in zip(plain, range(count), strict=False)]


def test_expectations_hold(looking: Family, capfd: pytest.CaptureFixture[str]) -> None:
    for program in _expecting(looking, 4):
        assert "Error" not in _printed(program, capfd), program


def test_an_expectation_of_what_does_not_hold_is_seen(
    looking: Family, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "steady", lambda _, value: spell.integer(77) if value.type is wp.int32 else None)
    assert any("Error" in _printed(program, capfd) for program in _expecting(looking, 4))


@pytest.fixture(scope="module")
def tiling() -> Family:
    return kernels_like(learn([HERE / "tiling.py"]).profile)


@pytest.mark.parametrize(
    "what",
    [
        *("= wp.tile_load(", "wp.tile_store(", "wp.tile_sum(", "wp.tile_map(", "wp.tile_extract(", 'storage="shared"'),
        *("wp.tile_matmul(", "wp.tile_transpose(", "wp.tile_sort(", "shape=(8, 8)", " += "),
    ],
)
def test_programs_use_tiles_as_people_do(tiling: Family, what: str) -> None:
    assert any(what in tiling.synthesize(seed).source for seed in range(4 * COUNT))


def test_programs_with_tiles_are_valid(tiling: Family) -> None:
    assert [f for seed in range(COUNT) if (f := fault(tiling, tiling.synthesize(seed), seed))] == []


def _idle(source: str) -> list[str]:
    """Names that are bound to a tile and never read."""
    nodes = list(ast.walk(ast.parse(source)))
    read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    tiles = [n for n in nodes if isinstance(n, ast.Assign) and "wp.tile_" in ast.unparse(n.value)]
    return [n.targets[0].id for n in tiles if isinstance(n.targets[0], ast.Name) and n.targets[0].id not in read]


@pytest.mark.parametrize("stored", [True, False])
def test_a_tile_that_is_made_is_used(tiling: Family, monkeypatch: pytest.MonkeyPatch, *, stored: bool) -> None:
    if not stored:
        monkeypatch.setattr(tiles, "stored", lambda *_: [])
    assert (sum(len(_idle(tiling.synthesize(seed).source)) for seed in range(COUNT)) == 0) is stored
