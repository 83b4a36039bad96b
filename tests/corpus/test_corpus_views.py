"""What people load: one data set with its configurations and its card, as others read it, without a network."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import handwritten
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from making import contents, make

import warpsmith
from warpsmith.command import options
from warpsmith.corpus import generate as making
from warpsmith.corpus.folder import Folder, checksum, signed
from warpsmith.corpus.row import row_schema
from warpsmith.corpus.unit import Request
from warpsmith.corpus.views.card import ABOUT, command_of
from warpsmith.corpus.views.columns import meaning
from warpsmith.corpus.views.prompts import TRANSLATE, Prompt, prompt_rows
from warpsmith.corpus.views.write import write_views
from warpsmith.errors import CorpusError
from warpsmith.ir import LEVELS
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.kernels import KERNELS, kernels_like
from warpsmith.synthesizer.profiling.kept import shipped

KNOWN = {"derived": {f"{name}(float32)": name for name in ("sin", "cos", "sqrt", "exp", "tanh")}}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of 20 programs that were launched, with its views; not to be changed."""
    path = tmp_path_factory.mktemp("views") / "corpus"
    make(path, handwritten.FAMILY, 20, levels=("adjoint", "cpp"), check="execute")
    write_views(path, (TRANSLATE,), KNOWN)
    return path


def rows_of(path: Path, view: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(path / view).to_pylist()
    return rows


LOADING = """
import json, sys
import datasets

path, told = sys.argv[1], {"version": datasets.__version__}
names = datasets.get_dataset_config_names(path)
told["default"] = datasets.load_dataset(path, split="train").num_rows
for name in names:
    whole = datasets.load_dataset(path, name)
    streamed = datasets.load_dataset(path, name, streaming=True)
    told[name] = {split: [rows.num_rows, sum(1 for _ in streamed[split])] for split, rows in whole.items()}
    told[name + " first"] = whole["train"][0]["id"]
columns = ["id", "cpp_forward"]
alone = datasets.load_dataset("parquet", data_files=path + "/data/train-*.parquet", columns=columns, split="train")
told["columns"] = alone.column_names
print(json.dumps(told))
"""


def test_datasets_loads_every_configuration_without_a_network(dataset: Path, tmp_path: Path) -> None:
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-c", LOADING, str(dataset)]
    done = subprocess.run(command, env=os.environ | offline, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    for name, folder in (("pairs", "data"), ("prompts", "prompts"), ("tests", "tests")):
        counted = {"train": len(rows_of(dataset, folder))}
        assert told[name] == {split: [count, count] for split, count in counted.items()}
        assert told[f"{name} first"] == rows_of(dataset, folder)[0]["id"]
    assert told["default"] == told["pairs"]["train"][0]
    assert told["columns"] == ["id", "cpp_forward"]


@pytest.mark.parametrize("view", ["data", "prompts", "tests"])
def test_duckdb_polars_and_pandas_read_every_view(dataset: Path, view: str) -> None:
    rows, files = rows_of(dataset, view), str(dataset / view / "*.parquet")
    assert rows
    assert duckdb.sql(f"SELECT count(*), min(id) FROM '{files}'").fetchall() == [
        (len(rows), min(r["id"] for r in rows))
    ]
    assert pl.scan_parquet(files).select("id").collect()["id"].to_list() == [row["id"] for row in rows]
    assert list(pd.read_parquet(dataset / view, columns=["id"])["id"]) == [row["id"] for row in rows]


def test_duckdb_finds_the_lines_that_belong_together(dataset: Path) -> None:
    query = f"SELECT source, adjoint_forward, line_map.adjoint_forward FROM '{dataset}/data/*.parquet'"
    for source, text, lines in duckdb.sql(query).fetchall():
        for line, number in zip(text.splitlines(), lines, strict=True):
            if "wp::sqrt(" in line:
                assert "wp.sqrt(" in source.splitlines()[number - 1]


def test_there_is_a_prompt_for_every_program_and_level(dataset: Path) -> None:
    pairs = {row["id"]: row for row in rows_of(dataset, "data")}
    prompts = rows_of(dataset, "prompts")
    assert [row["id"] for row in prompts] == [f"{i}-translate-{level}" for i in pairs for level in ("adjoint", "cpp")]
    for row in prompts:
        pair = pairs[row["id"].rpartition("-translate-")[0]]
        assert pair["source"].strip() in row["prompt"][0]["content"]
        for part in ("forward", "backward"):
            assert pair[f"{row['level']}_{part}"].strip() in row["completion"][0]["content"]
            assert pair[f"{row['level']}_{part}"].strip() not in row["prompt"][0]["content"]


def test_prompts_are_conversations_as_trl_documents_them(dataset: Path) -> None:
    # https://huggingface.co/docs/trl/dataset_formats: "prompt-completion" and "language modeling", conversational.
    for row in rows_of(dataset, "prompts"):
        assert [message["role"] for message in row["prompt"]] == ["user"]
        assert [message["role"] for message in row["completion"]] == ["assistant"]
        assert row["messages"] == row["prompt"] + row["completion"]
        assert all(message.keys() == {"role", "content"} and message["content"] for message in row["messages"])


def test_another_prompt_is_asked_as_well(dataset: Path) -> None:
    row = rows_of(dataset, "data")[0]
    count = Prompt("count", lambda row, level: ("How many lines?", str(row["lines"])))
    asked = list(prompt_rows(row, ("cpp",), (TRANSLATE, count)))
    assert [(one["task"], one["completion"][0]["content"]) for one in asked][1] == ("count", str(row["lines"]))


def test_tests_are_the_programs_with_evidence(dataset: Path) -> None:
    stored = {row["id"]: row["executions"] for row in rows_of(dataset, "data") if row["executions"]}
    # As text, because what is not a number is not equal to itself.
    assert str({row["id"]: row["executions"] for row in rows_of(dataset, "tests")}) == str(stored)
    launch = next(iter(stored.values()))[0]
    assert launch["inputs"]
    assert launch["outputs"]


def test_a_corpus_that_was_not_launched_has_no_tests(plain: Path, tmp_path: Path) -> None:
    shutil.copytree(plain, tmp_path / "corpus")
    assert write_views(tmp_path / "corpus", (TRANSLATE,), KNOWN) == {"pairs": 40, "prompts": 80}
    assert not (tmp_path / "corpus" / "tests").exists()
    assert 'config_name": "tests' not in (tmp_path / "corpus" / "README.md").read_text()


def test_views_made_again_are_the_same_bytes_and_leave_nothing_behind(dataset: Path, tmp_path: Path) -> None:
    shutil.copytree(dataset, tmp_path / "corpus")
    (tmp_path / "corpus" / "prompts" / "stale.parquet").write_text("")
    write_views(tmp_path / "corpus", (TRANSLATE,), KNOWN)
    assert contents(tmp_path / "corpus") == contents(dataset)


def test_the_corpus_itself_is_left_as_it_was(dataset: Path) -> None:
    listed = {name: file["sha256"] for name, file in Folder(dataset).read().files.items()}
    assert {name: checksum(dataset / name) for name in listed} == listed
    assert {f"data/{file.name}" for file in (dataset / "data").iterdir()} < listed.keys()


def test_an_unfinished_corpus_has_no_views(plain: Path, tmp_path: Path) -> None:
    shutil.copytree(plain, tmp_path / "corpus")
    manifest = tmp_path / "corpus" / "corpus.json"
    manifest.write_text(signed(json.loads(manifest.read_text()) | {"files": {}, "finished": False}))
    with pytest.raises(CorpusError, match="unfinished"):
        write_views(tmp_path / "corpus", (TRANSLATE,), KNOWN)
    assert not (tmp_path / "corpus" / "prompts").exists()


def test_every_column_has_a_meaning() -> None:
    for column in row_schema(LEVELS).names:
        assert meaning(column)
    with pytest.raises(KeyError, match="the column flavour has no meaning"):
        meaning("flavour")


def test_the_card_says_what_is_there(dataset: Path) -> None:
    text = (dataset / "README.md").read_text()
    rows = len(rows_of(dataset, "data"))
    assert f"{rows:,} programs in [NVIDIA Warp]" in text
    assert f"| kept | {rows} |" in text
    assert "| name | what it holds | train | MB |" in text
    assert f"| `prompts` | {ABOUT['prompts']} | {2 * rows} | 0.0 |" in text
    verdicts = [row["forward_verdict"] for row in rows_of(dataset, "data")]
    assert f"| forward | {verdicts.count('agree')} | {verdicts.count('disagree')} |" in text
    assert "| derived | 5 of 5 | 5 of 5 |" in text
    for column in pq.read_schema(next((dataset / "data").iterdir())).names:
        assert f"| `{column}` |" in text


@pytest.mark.parametrize("family", [KERNELS, kernels_like(shipped())], ids=["uniform", "people"])
def test_the_command_on_the_card_asks_for_this_very_corpus(
    family: Family, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = options.configuration(family, ("adjoint", "ptx"), 75, "compile")
    request = Request(configuration, 7, 9, 3)
    asked: list[Request] = []

    def stop(request: Request, *_: object, **__: object) -> None:
        asked.append(request)
        raise CorpusError("far enough")

    monkeypatch.setattr(making, "generate", stop)
    with pytest.raises(CorpusError, match="far enough"):
        warpsmith.cli.main(shlex.split(command_of(request))[1:], standalone_mode=False)
    assert asked == [request]
    made = Folder(dataset).read().request
    assert f"--check execute --skeleton-cap {made.skeleton_cap}" in command_of(made)
