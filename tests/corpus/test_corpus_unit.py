from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from warpsmith import ir
from warpsmith.corpus.unit import ARCHITECTURES, BATCH, LARGEST_UNIT, Configuration, batch_of, batches, plan
from warpsmith.errors import CompileError

CONFIGURATION = Configuration("kernels", 1, ("cpp",), 90, "codegen", "0.1.0", "1.19.0", 1)


@given(st.sets(st.integers(0, 500)), st.integers(1, 64))
def test_units_cover_what_is_missing_once_and_in_order(numbers: set[int], jobs: int) -> None:
    missing = [number * BATCH for number in sorted(numbers)]
    units = plan(missing, jobs)
    assert [batch.start for unit in units for batch in unit.batches()] == missing
    assert all(0 < unit.count <= LARGEST_UNIT for unit in units)
    assert all(len(batch) == BATCH for unit in units for batch in unit.batches())


@given(st.integers(0, 10**9), st.integers(1, 500))
def test_a_batch_depends_on_its_seeds_alone(first: int, count: int) -> None:
    seeds = range(first, first + count)
    found = [batch_of(start) for start in batches(seeds)]
    assert {seed for batch in found for seed in batch} >= set(seeds)
    assert all(batch_of(seed) == batch for batch in found for seed in batch)
    assert found[0].start <= first < found[0].stop
    assert found[-1].start < seeds.stop <= found[-1].stop


def test_the_last_units_are_single_batches_so_that_no_worker_waits_long() -> None:
    units = plan(range(0, 10_000, BATCH), 2)
    assert units[0].count == LARGEST_UNIT
    assert [unit.count for unit in units[-8:]] == [BATCH] * 8
    assert len(units) < 100


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
