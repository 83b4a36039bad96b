"""Programs that use another release's names alone."""

from __future__ import annotations

from warpsmith.grammar import types
from warpsmith.grammar.registry import names
from warpsmith.synthesizer.kernels import KERNELS, kernels_with

OURS = frozenset(names()) | set(map(types.name, types.VALUES))


def test_a_type_that_is_missing_there_occurs_nowhere() -> None:
    family = kernels_with(frozenset(n for n in OURS if "bfloat16" not in n and not n.endswith("bf16")))
    assert not any("bfloat16" in family.synthesize(seed).source for seed in range(150))
    assert any("bfloat16" in KERNELS.synthesize(seed).source for seed in range(150))


def test_where_nothing_is_missing_the_programs_are_those_of_the_family() -> None:
    family = kernels_with(OURS)
    assert all(family.synthesize(seed).source == KERNELS.synthesize(seed).source for seed in range(10))
