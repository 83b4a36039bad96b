"""Corpora that are made larger, repaired, made in parts and put together: always to the bytes of a single run."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import handwritten
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import configuration, contents, make

from warpsmith.corpus.folder import Folder, FolderError
from warpsmith.corpus.generate import generate
from warpsmith.corpus.join import join
from warpsmith.corpus.sources import missing, parts, sources_of
from warpsmith.corpus.unit import BATCH, Request, batches, shard
from warpsmith.errors import CorpusError, UsageError

REQUEST = Request(configuration(handwritten.FAMILY, ("cpp", "cuda")), 5, 40, 1000)


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The corpus ``plain`` in two parts; not to be changed."""
    paths = [tmp_path_factory.mktemp("shards") / f"{number}-of-2" for number in (1, 2)]
    for number, path in enumerate(paths, 1):
        generate(shard(REQUEST, number, 2), handwritten.FAMILY, path)
    return paths


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def test_a_larger_count_makes_a_finished_corpus_larger(plain: Path, shards: list[Path], tmp_path: Path) -> None:
    path = Path(shutil.copytree(shards[0], tmp_path / "corpus"))
    before = Folder(path).read().request.count
    outcome = make(path, handwritten.FAMILY, 40, levels=("cpp", "cuda"))
    assert (outcome.resumed, outcome.made) == (before, 40 - before)
    assert contents(path) == contents(plain)


def test_making_it_larger_can_be_interrupted(plain: Path, shards: list[Path], tmp_path: Path) -> None:
    path = Path(shutil.copytree(shards[0], tmp_path / "corpus"))
    count = Folder(path).read().request.count

    def interrupt(seeds: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(REQUEST, handwritten.FAMILY, path, progress=interrupt)
    manifest = Folder(path).read()
    assert not manifest.finished
    assert manifest.request == REQUEST
    sources, damaged = sources_of(Folder(path), manifest)
    assert not damaged
    assert missing(parts(sources, REQUEST.seeds), REQUEST.seeds) == [
        s for s in batches(REQUEST.seeds) if s >= REQUEST.seed + count
    ]
    make(path, handwritten.FAMILY, 40, levels=("cpp", "cuda"))
    assert contents(path) == contents(plain)


@pytest.mark.parametrize("name", ["data/train-00000-of-00001.parquet", "census.parquet"])
def test_damage_to_a_finished_corpus_is_named_and_repaired(plain: Path, tmp_path: Path, name: str) -> None:
    path = Path(shutil.copytree(plain, tmp_path / "corpus"))
    flip(path / name)
    outcome = make(path, handwritten.FAMILY, 40, levels=("cpp", "cuda"))
    assert any(name in damage for damage in outcome.damaged)
    assert contents(path) == contents(plain)


def test_parts_are_joined_to_the_bytes_of_a_single_run(plain: Path, shards: list[Path], tmp_path: Path) -> None:
    join(list(reversed(shards)), tmp_path / "corpus")
    assert contents(tmp_path / "corpus") == contents(plain)
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "corpus").rglob("*")}
    join(shards, tmp_path / "corpus")
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "corpus").rglob("*")} == before


def other(path: Path, tmp_path: Path) -> Path:
    """A copy that says it is of another version."""
    copy = Path(shutil.copytree(path, tmp_path / "other"))
    manifest = Folder(copy).read()
    newer = replace(manifest.request.configuration, warp="9.9")
    (copy / "corpus.json").write_text(replace(manifest, request=replace(manifest.request, configuration=newer)).dump())
    return copy


def test_what_does_not_belong_together_is_not_joined(plain: Path, shards: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "corpus"
    one, two = shards
    with pytest.raises(FolderError, match="both have seeds 5 to"):
        join([one, plain], out)
    with pytest.raises(FolderError, match=r"warp 1\S+ in .*, 9\.9 in "):
        join([one, other(two, tmp_path)], out)
    with pytest.raises(FolderError, match="is one of those to merge"):
        join([one, two], one)
    with pytest.raises(FolderError, match="holds another corpus"):
        join([one], two)
    damaged = Path(shutil.copytree(two, tmp_path / "damaged"))
    flip(damaged / "census.parquet")
    with pytest.raises(CorpusError, match=r"census\.parquet is damaged"):
        join([one, damaged], out)
    assert not out.exists()


@given(st.integers(0, 10**6), st.integers(1, 400), st.integers(1, 40))
def test_shards_cover_the_seeds_once_and_cut_no_batch(seed: int, count: int, of: int) -> None:
    request = replace(REQUEST, seed=seed, count=count)
    try:
        parts = [shard(request, number, of) for number in range(1, of + 1)]
    except UsageError:
        assert count // BATCH < of
        return
    assert [s for part in parts for s in part.seeds] == list(request.seeds)
    assert all(part.seed % BATCH == 0 for part in parts[1:])


@pytest.mark.parametrize(("number", "of"), [(0, 3), (4, 3), (1, 0)])
def test_a_shard_out_of_range_is_refused(number: int, of: int) -> None:
    with pytest.raises(UsageError, match="out of range"):
        shard(REQUEST, number, of)
