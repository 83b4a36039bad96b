from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import handwritten
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from making import configuration

from warpsmith.corpus.folder import Folder, FolderError, describe, signed
from warpsmith.corpus.make import Maker
from warpsmith.corpus.row import row_schema, write_options
from warpsmith.corpus.unit import batch_of
from warpsmith.corpus.verify import verify
from warpsmith.errors import CorpusError

DATA = "data/train-00000-of-00001.parquet"


@pytest.fixture
def copy(plain: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "corpus"))


def installed() -> Any:
    return configuration(handwritten.FAMILY, ("cpp", "cuda"))


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def rewrite(
    path: Path, change: Callable[[list[dict[str, Any]]], None], levels: tuple[str, ...] = ("cpp", "cuda")
) -> None:
    """Change rows, and the manifest with them, as somebody would who covers their tracks."""
    schema = row_schema(levels)
    rows = pq.read_table(path / DATA).to_pylist()
    before = len(rows)
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema), path / DATA, **write_options(schema))
    manifest = json.loads((path / "corpus.json").read_text())
    manifest["files"][DATA] = describe(path / DATA, len(rows))
    manifest["funnel"]["kept"] += len(rows) - before
    (path / "corpus.json").write_text(signed(manifest))


def test_a_sound_corpus_has_no_findings_and_is_made_again_to_the_byte(plain: Path) -> None:
    report = verify(plain, handwritten.FAMILY, installed(), sample=12)
    files = len(Folder(plain).read().files)
    assert report == {"files": files, "rows": 40, "checked": 12, "problems": []}


@pytest.mark.parametrize("name", [DATA, "census.parquet", "quarantine.parquet", "refusals.parquet"])
def test_a_flipped_byte_is_found_and_its_file_named(copy: Path, name: str) -> None:
    flip(copy / name)
    (finding,) = verify(copy)["problems"]
    assert finding["file"] == name
    assert "checksum" in finding["problem"]


def test_a_flipped_byte_of_the_manifest_is_found(copy: Path) -> None:
    manifest = copy / "corpus.json"
    sound = manifest.read_bytes()
    for place in range(0, len(sound), 7):
        damaged = bytearray(sound)
        damaged[place] ^= 1 << place % 3
        manifest.write_bytes(bytes(damaged))
        with pytest.raises(CorpusError, match=r"corpus\.json"):
            verify(copy)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda path: (path / DATA).unlink(), "is missing"),
        (lambda path: (path / DATA).write_bytes(b"PAR1"), "has 4 bytes"),
        (lambda path: (path / "data" / "train-00001.parquet").touch(), "not in the manifest"),
    ],
)
def test_missing_short_and_foreign_files_are_found(copy: Path, damage: Callable[[Path], None], problem: str) -> None:
    damage(copy)
    (finding,) = verify(copy)["problems"]
    assert problem in finding["problem"]


def edit(column: str, value: Any) -> Callable[[list[dict[str, Any]]], None]:
    return lambda rows: rows[7].update({column: value})


def shorten(rows: list[dict[str, Any]]) -> None:
    rows[7]["line_map"]["cuda_backward"].pop()


def repeat(rows: list[dict[str, Any]]) -> None:
    rows.insert(8, dict(rows[7]))


def alias(rows: list[dict[str, Any]]) -> None:
    rows[8] = rows[7] | {"seed": rows[8]["seed"]}


def swap(rows: list[dict[str, Any]]) -> None:
    rows[7], rows[8] = rows[8], rows[7]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (edit("cpp_forward", "int main() {}"), "cpp_exact is not the digest of its text"),
        (edit("cpp_norm", "0" * 32), "cpp_norm is not the digest of its text"),
        (edit("norm", "0" * 32), "norm is not the digest of the levels' digests"),
        (edit("configuration", "0" * 64), "names another configuration"),
        (edit("cluster", 5), "says 5"),
        (edit("contaminated", "tests/test_spatial.py:kernel"), "is like None by its text, and says tests/"),
        (edit("split", "test"), "says that it is in test, and stands in train"),
        (shorten, "line_map.cuda_backward has more or fewer lines than its text"),
        (repeat, "stands out of order"),
        (alias, "has the norm of seed 13"),
        (swap, "stands out of order"),
    ],
)
def test_rows_that_belie_themselves_are_found_behind_a_right_checksum(
    copy: Path, change: Callable[[list[dict[str, Any]]], None], problem: str
) -> None:
    rewrite(copy, change)
    assert any(problem in finding["problem"] for finding in verify(copy)["problems"])


def test_more_rows_of_a_skeleton_than_the_cap_are_found(monotonous: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(monotonous, tmp_path / "corpus"))
    manifest = json.loads((copy / "corpus.json").read_text())
    (copy / "corpus.json").write_text(signed(manifest | {"skeleton_cap": manifest["skeleton_cap"] - 1}))
    findings = verify(copy)["problems"]
    assert len(findings) == 2
    assert all("than the cap allows" in finding["problem"] for finding in findings)


def test_a_row_that_its_seed_does_not_give_is_found_by_making_it_again(copy: Path) -> None:
    rewrite(copy, edit("source", "import warp as wp\n"))
    assert verify(copy)["problems"] == []
    (finding,) = verify(copy, handwritten.FAMILY, installed(), sample=40)["problems"]
    assert (finding["seed"], finding["problem"]) == (13, "made again, it differs in source")


def test_a_row_is_made_again_with_the_whole_batch_that_it_was_compiled_in(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[list[int]] = []
    records = Maker.records
    monkeypatch.setattr(Maker, "records", lambda maker, seeds: made.append(list(seeds)) or records(maker, seeds))
    assert verify(plain, handwritten.FAMILY, installed(), sample=3)["checked"] == 3
    (batch,) = made
    assert batch == list(batch_of(batch[0]))


def test_rows_are_not_made_again_by_another_version(plain: Path) -> None:
    with pytest.raises(FolderError, match=r"warp 1\.\S+ then, 2\.0\.0 now"):
        verify(plain, handwritten.FAMILY, replace(installed(), warp="2.0.0"), sample=1)


def test_a_skeleton_that_is_in_two_splits_is_found(monotonous: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(monotonous, tmp_path / "corpus"))
    rows = pq.read_table(copy / DATA).to_pylist()
    schema, manifest = row_schema(("cpp",)), json.loads((copy / "corpus.json").read_text())
    kept, moved = rows[:-1], rows[-1:]
    for name, some in ((DATA, kept), ("data/test-00000-of-00001.parquet", moved)):
        pq.write_table(pa.Table.from_pylist(some, schema), copy / name, **write_options(schema))
        manifest["files"][name] = describe(copy / name, len(some))
    (copy / "corpus.json").write_text(signed(manifest))
    problem = verify(copy)["problems"][0]
    assert problem["seed"] in {row["seed"] for row in rows}
    assert (
        "is in train as well as in test" in problem["problem"] or "is in test as well as in train" in problem["problem"]
    )


def test_an_output_that_execution_does_not_give_again_is_found(executed: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(executed, tmp_path / "corpus"))
    made = configuration(handwritten.FAMILY, ("cpp",), "execute")
    assert verify(copy, handwritten.FAMILY, made, sample=10)["problems"] == []
    changed: list[int] = []

    def plant(rows: list[dict[str, Any]]) -> None:
        row = next(row for row in rows if row["executions"])
        output = row["executions"][0]["outputs"][0]
        output["floats"][next(i for i, bound in enumerate(output["bounds"]) if bound < 1.0)] += 2.0
        changed.append(row["seed"])

    rewrite(copy, plant, ("cpp",))
    problems = verify(copy, handwritten.FAMILY, made, sample=10)["problems"]
    assert [problem["seed"] for problem in problems] == changed * 2
    assert problems[0]["problem"] == "made again, it differs in executions"
    assert problems[1]["problem"].startswith("launched again on tame inputs, x gives ")


def test_what_is_found_is_one_json_object(executed: Path) -> None:
    assert verify(executed).keys() == {"files", "rows", "checked", "problems"}
