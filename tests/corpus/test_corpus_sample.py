from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

import warpsmith
from warpsmith import ir, synthesizer
from warpsmith.corpus.folder import Folder
from warpsmith.corpus.sample import render
from warpsmith.corpus.unit import Configuration
from warpsmith.corpus.verify import verify
from warpsmith.grammar.registry import warp_version
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.profiling.kept import shipped

SAMPLES = Path(__file__).resolve().parents[2] / "corpus" / "samples"


def _families() -> dict[str, Family]:
    likely = kernels_like(shipped())
    return synthesizer.FAMILIES | {likely.name: likely}


@pytest.fixture(scope="module")
def made() -> Configuration:
    return Folder(SAMPLES).read().request.configuration


def test_the_committed_sample_is_sound_and_its_rows_are_made_again_to_the_byte(made: Configuration) -> None:
    family = _families()[made.family]
    installed = Configuration(
        family.name, family.version, made.levels, made.arch, made.check,
        warpsmith.__version__, warp_version(), ir.NORMALISER_VERSION,
    )  # fmt: skip
    report = verify(SAMPLES, family, installed, sample=8)
    assert report["problems"] == []
    assert report["rows"] == 128


def test_seeds_of_the_committed_sample_give_their_source_and_replay_from_their_choices(made: Configuration) -> None:
    family = _families()[made.family]
    for row in pq.read_table(SAMPLES / "data", columns=["seed", "source", "choices"]).to_pylist()[::4]:
        assert family.synthesize(row["seed"]).source == row["source"]
        assert family.replay(tuple(row["choices"])).source == row["source"]


def test_what_is_rendered_for_reading_is_what_the_sample_holds() -> None:
    assert {path.name: path.read_text() for path in SAMPLES.glob("*.md")} == render(SAMPLES)


def test_a_handful_is_rendered_with_source_and_every_level(plain: Path) -> None:
    pages = render(plain)
    assert len(pages) == 4
    for name, text in pages.items():
        assert text.startswith(f"# {name.removesuffix('.md')}\n")
        for title in ("cpp, forward", "cpp, backward", "cuda, forward", "cuda, backward"):
            assert f"## {title}\n" in text
