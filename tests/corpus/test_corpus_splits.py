from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from warpsmith.corpus.fates import decide
from warpsmith.corpus.near import clusters, shingles, signature, similarity
from warpsmith.corpus.splits import assign, place
from warpsmith.ir.splits import SPLITS, by_skeleton, held_out, split_of
from warpsmith.synthesizer import KERNELS

Keys: TypeAlias = "list[tuple[int, int] | None]"
KEYS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)) | st.none(), max_size=60)
"""Of every seed, its norm and its skeleton, which follows from the norm; or nothing."""


def digest(kind: str, number: int) -> str:
    # The first half is the same for all: chance collisions of 64 bits are looked through.
    return f"{kind}{'0' * 15}{number:016x}"


def table(keys: Keys, first: int) -> pa.Table:
    norms = [None if key is None else digest("a", 100 * key[1] + key[0]) for key in keys]
    skeletons = [None if key is None else digest("b", key[1]) for key in keys]
    seeds = pa.array(range(first, first + len(keys)), pa.int64())
    return pa.table({"seed": seeds, "norm": pa.array(norms, pa.string()), "skeleton": pa.array(skeletons, pa.string())})


@given(KEYS, st.integers(1, 3), st.integers(0, 60))
def test_the_lowest_seed_of_a_norm_is_kept_up_to_the_cap(keys: Keys, cap: int, cut: int) -> None:
    fates = decide([table(keys[cut:], cut), table(keys[:cut], 0)], cap)
    norms: dict[tuple[int, int], int] = {}
    skeletons: dict[int, list[int]] = defaultdict(list)
    expected = []
    for seed, key in enumerate(keys):
        if key is None:
            expected.append((1, -1))
        elif key in norms:
            expected.append((2, norms[key]))
        else:
            norms[key] = seed
            skeletons[key[1]].append(seed)
            expected.append((0, -1) if len(skeletons[key[1]]) <= cap else (3, skeletons[key[1]][0]))
    assert list(zip(fates.fates.tolist(), fates.like.tolist(), strict=True)) == expected
    kept = fates.kept.tolist()
    assert [kept[g] for g in fates.groups] == [skeletons[keys[seed][1]][0] for seed in kept]  # type: ignore[index]


@given(KEYS, st.integers(1, 3), st.integers(0, 60))
def test_what_is_kept_of_a_whole_is_kept_of_its_parts(keys: Keys, cap: int, cut: int) -> None:
    parts = [decide([table(keys[:cut], 0)], cap), decide([table(keys[cut:], cut)], cap)]
    whole = decide([table(keys, 0)], cap)
    assert set(whole.kept.tolist()) <= {seed for part in parts for seed in part.kept.tolist()}


def test_groups_go_whole_and_in_proportion() -> None:
    numbers = np.random.default_rng(0).integers(0, 2**64, 20_000, np.uint64)
    groups = np.arange(20_000) // 2 * 2
    split = assign(groups, numbers, np.zeros(20_000, bool))
    assert (split[0::2] == split[1::2]).all()
    shares = np.bincount(split, minlength=4) / len(split)
    assert shares == pytest.approx([0.9, 0.05, 0.05, 0.0], abs=0.006)


def test_what_is_held_out_takes_its_group_along() -> None:
    held = np.array([False, False, True, False])
    split = assign(np.array([0, 0, 0, 3]), np.zeros(4, np.uint64), held)
    assert [SPLITS[s] for s in split[:3]] == ["test_ood"] * 3
    assert SPLITS[split[3]] != "test_ood"


def test_builtins_and_pairs_are_held_out_whatever_else_there_is() -> None:
    held = {seed: held_out(KERNELS.synthesize(seed).productions) for seed in range(60)}
    reasons = {reason for reason in held.values() if reason}
    assert reasons
    assert len([r for r in held.values() if r]) < 12
    for reason in reasons:
        names = [f"{reason}(float32)"] if "&" not in reason else reason.split(" & ")
        assert held_out([*names, "assign", "tid"]) == reason
        assert held_out([*reversed(names)]) == reason
    assert held_out(["quat_rotate(quatf, vec3f)"]) == "quat_rotate"
    assert held_out(["assign", "branch"]) is held_out([]) is None


def test_a_task_goes_by_the_same_as_a_corpus() -> None:
    skeletons = [f"{i * 0x9E3779B97F4A7C15 % 2**64:016x}{'0' * 16}" for i in range(400)]
    firsts = np.array([int(skeleton[:16], 16) for skeleton in skeletons], np.uint64)
    split = assign(np.arange(400), firsts, np.zeros(400, bool))
    assert [SPLITS[s] for s in split] == [split_of(skeleton, ()) for skeleton in skeletons]
    assert {SPLITS[s] for s in by_skeleton(firsts)} == {"train", "validation", "test"}
    assert split_of(skeletons[0], ["quat_rotate(quatf, vec3f)"]) == "test_ood"


def record(words: list[int]) -> dict[str, str]:
    return {"cpp_forward": " ".join(f"w{word};" for word in words)}


def jaccard(one: str, other: str) -> float:
    a, b = shingles(one), shingles(other)
    return len(a & b) / len(a | b)


def test_near_duplicates_are_put_together_and_what_is_not_stays_apart() -> None:
    source = np.random.default_rng(1)
    texts = [source.integers(0, 10_000, 400).tolist() for _ in range(60)]
    for index in range(0, 60, 3):  # of each third, a copy with a few words changed, and one with many
        for offset, changes in ((1, 3), (2, 60)):
            texts[index + offset] = list(texts[index])
            for at in source.integers(0, 400, changes):
                texts[index + offset][at] = -1
    signatures = [signature(record(words), ("cpp",)) for words in texts]
    found = clusters(signatures)
    words = [" ".join(f"w{word};" for word in text) for text in texts]
    for one, other in combinations(range(60), 2):
        same = jaccard(words[one], words[other])
        assert (found[one] == found[other]) == (same >= 0.85), (one, other, same)
        assert similarity(signatures[one], signatures[other]) == pytest.approx(same, abs=0.15)
    assert [found[i] for i in range(3)] == [0, 0, 2]


def test_no_near_duplicate_of_another_skeleton_is_in_another_split() -> None:
    rows = 400
    keys: Keys = [(0, i) for i in range(rows)]
    fates = decide([table(keys, 0)], 1)
    twins = [signature(record([i // 2, *range(i // 2, 50 + i // 2)]), ("cpp",)) for i in range(rows)]
    fates = type(fates)(
        fates.seeds, fates.fates, fates.like, np.random.default_rng(2).integers(0, 2**64, rows, np.uint64), fates.groups
    )
    apart, _ = place(fates, np.zeros(rows, bool), [bytes(np.full(128, i, "<u4")) for i in range(rows)])
    split, cluster = place(fates, np.zeros(rows, bool), twins)
    assert (apart[0::2] != apart[1::2]).any()
    assert (split[0::2] == split[1::2]).all()
    assert (cluster[1::2] <= cluster[0::2]).all()
