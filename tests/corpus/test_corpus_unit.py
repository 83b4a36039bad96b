from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from warpsmith import ir
from warpsmith.corpus.unit import ARCHITECTURES, BATCH, LARGEST_UNIT, Configuration, plan
from warpsmith.errors import CompileError

CONFIGURATION = Configuration("kernels", 1, ("cpp",), 90, "codegen", "0.1.0", "1.19.0", 1)


@given(st.integers(0, 10**9), st.integers(1, 50_000))
def test_units_cover_the_seeds_once_and_in_order(seed: int, count: int) -> None:
    units = plan(seed, count)
    assert units[0].first == seed
    assert all(a.first + a.count == b.first for a, b in pairwise(units))
    assert units[-1].first + units[-1].count == seed + count
    assert all(0 < u.count <= LARGEST_UNIT for u in units)
    assert len({u.file for u in units}) == len(units)


@given(st.integers(1, 50_000))
def test_a_unit_s_batches_are_its_seeds_and_only_the_last_of_all_is_short(count: int) -> None:
    units = plan(0, count)
    assert all([s for batch in u.batches() for s in batch] == list(u.seeds) for u in units)
    sizes = [len(batch) for u in units for batch in u.batches()]
    assert set(sizes[:-1]) <= {BATCH}


def test_a_small_count_makes_enough_units_for_many_workers() -> None:
    assert len(plan(0, 1000)) >= 16
    assert len(plan(0, 100)) == 10
    assert {u.count for u in plan(0, 100_000)} == {LARGEST_UNIT}


def test_every_field_of_a_configuration_changes_its_digest() -> None:
    changed = {"family": "fem", "levels": ("ptx",), "check": "compile", "warpsmith": "9", "warp": "9"}
    digests = {CONFIGURATION.digest}
    for field in fields(CONFIGURATION):
        digests.add(replace(CONFIGURATION, **{field.name: changed.get(field.name, 7)}).digest)  # type: ignore[arg-type]
    assert len(digests) == 1 + len(fields(CONFIGURATION))


KERNEL = """import warp as wp


@wp.kernel
def kernel(x: wp.array(dtype=wp.float32)):
    x[wp.tid()] = 1.0
"""


def test_the_compiler_takes_the_listed_architectures_and_no_neighbours_of_theirs() -> None:
    loaded = ir.load(KERNEL)
    (kernel,) = loaded.kernels.values()
    taken = {
        arch
        for arch in (*ARCHITECTURES, 70, 74, 91, 101, 122)
        if not isinstance(ir.capture_many([kernel], ("ptx",), arch=arch)[0], CompileError)
    }
    loaded.unload()
    assert taken == set(ARCHITECTURES)
