"""Kernels on tiles: all that the table and the statements hold is drawn, the same for a seed, and Warp takes it."""

from __future__ import annotations

import re

import pytest
import warp as wp

from warpsmith import ir
from warpsmith.errors import CompileError
from warpsmith.grammar import exceptions
from warpsmith.grammar.ledger import ledger
from warpsmith.grammar.operations.tile import MEMORY, TILES
from warpsmith.grammar.tiles.statements import STATEMENTS, drawn
from warpsmith.grammar.tiles.table import Shapes, mappable, productions
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.profiling.kept import shipped
from warpsmith.synthesizer.tiles import TILES as FAMILY

_OPERATORS = {"add", "sub", "mul", "div", "neg", "bit_and", "bit_or", "bit_xor", "index", "assign"}
_IN_PLACE = {"tile_add_inplace", "tile_sub_inplace", "tile_bit_and_inplace", "tile_bit_or_inplace"}
_SPELLED_OTHERWISE = _OPERATORS | _IN_PLACE | {"tile_bit_xor_inplace", "tile_slice_indexed"}


def test_the_ledger_knows_what_of_the_group_is_drawn_and_why_the_rest_is_not() -> None:
    stock = ledger()
    assert len(stock.tiles) >= 77
    left_out = [name for name, there in stock.tiles.items() if not there]
    assert {name: exceptions.excluded(name) for name in left_out if exceptions.excluded(name) is None} == {}
    assert sum(stock.tiles.values()) >= 0.8 * len(stock.tiles)


def test_everything_that_is_counted_is_drawn() -> None:
    programs = [FAMILY.synthesize(seed) for seed in range(600)]
    called = {name for p in programs for name in re.findall(r"wp\.(\w+)\(", p.source)}
    listed = " ".join(name for p in programs for name in p.productions)
    missed = {n for n in drawn() - _SPELLED_OTHERWISE if n not in called}
    missed |= {n for n in _SPELLED_OTHERWISE - {"assign"} if f"{n}(" not in listed}
    missed |= {s.name for s in STATEMENTS if s.name not in listed}
    assert missed == set()


def test_every_builtin_of_tiles_that_is_drawn_has_a_meaning() -> None:
    assert {n for n in drawn() - _SPELLED_OTHERWISE if n not in TILES and n not in MEMORY} == set()


def test_a_seed_gives_the_same_program_and_its_choices_give_it_again() -> None:
    for seed in range(20):
        program = FAMILY.synthesize(seed)
        assert FAMILY.synthesize(seed).source == program.source
        again = FAMILY.replay(program.choices)
        assert (again.source, again.launch) == (program.source, program.launch)


def test_programs_are_launched_in_blocks_and_say_so() -> None:
    launch = FAMILY.synthesize(3).launch
    assert launch.block_dim in (32, 64, 128)
    assert launch.describe()["block_dim"] == launch.block_dim
    assert f"block_dim={launch.block_dim}" in str(launch)


def test_productions_have_distinct_names() -> None:
    names = [p.name for p in productions(Shapes(4, 8, wp.float32))]
    assert len(names) == len(set(names))


def test_what_is_mapped_comes_from_the_registry() -> None:
    assert {"sin", "exp", "abs"} <= set(mappable(wp.float32, 1))
    assert {"min", "max"} <= set(mappable(wp.float64, 2))
    assert "sqrt" not in mappable(wp.float32, 1)  # of a negative number it is not asked


def test_warp_generates_code_for_both_targets_and_clang_takes_it() -> None:
    kernels = [ir.load(FAMILY.synthesize(seed).source).kernels["kernel"] for seed in range(20)]
    captured = ir.capture_many(kernels, ("adjoint", "cpp", "cuda"), compile_cpu=True)
    assert [str(c) for c in captured if not isinstance(c, ir.IR)] == []


@pytest.mark.parametrize("name", exceptions.NOT_MAPPED)
def test_what_is_not_mapped_is_still_refused(name: str) -> None:
    source = (
        "import warp as wp\n\n\n@wp.kernel\ndef kernel(a: wp.array(dtype=float)):\n"
        "    t = wp.tile_load(a, shape=4)\n"
        f"    wp.tile_store(a, wp.tile_map(wp.{name}, t, t, t))\n"
    )
    with pytest.raises(CompileError):
        ir.capture(ir.load(source).kernels["kernel"], ("llvm",))


def test_threads_of_programs_with_a_profile_share_no_tiles() -> None:
    family = kernels_like(shipped())
    found = {("wp.tile_" in p.source, p.launch.block_dim) for p in map(family.synthesize, range(70_030, 70_060))}
    assert {(False, 0), (True, 1)} <= found
    assert all(tiles == (block_dim > 0) for tiles, block_dim in found)
