"""To the Hub: what would be sent is listed, and nothing is sent unless somebody says so."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

import warpsmith
from warpsmith.corpus.views.prompts import TRANSLATE
from warpsmith.corpus.views.write import write_views
from warpsmith.errors import CorpusError, UsageError


@pytest.fixture
def dataset(plain: Path, tmp_path: Path) -> Path:
    shutil.copytree(plain, tmp_path / "corpus")
    write_views(tmp_path / "corpus", (TRANSLATE,), {})
    (tmp_path / "corpus" / "notes.txt").write_text("mine")
    return tmp_path / "corpus"


class Hub:
    """Stands for the Hub, and writes down what it is asked."""

    asked: list[tuple[str, dict[str, Any]]]

    def create_repo(self, repo_id: str, **options: Any) -> None:
        self.asked.append(("create", {"repo_id": repo_id, **options}))

    def upload_folder(self, **options: Any) -> str:
        self.asked.append(("upload", options))
        return "https://hub/somebody/corpus"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> type[Hub]:
    Hub.asked = []
    monkeypatch.setattr(huggingface_hub, "HfApi", Hub)
    return Hub


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def push(*arguments: object) -> None:
    warpsmith.cli.main(["push", *map(str, arguments)], standalone_mode=False)


def test_without_yes_files_are_listed_and_nothing_is_sent(
    dataset: Path, hub: type[Hub], capsys: pytest.CaptureFixture[str]
) -> None:
    push(dataset, "somebody/corpus")
    assert hub.asked == []
    told = capsys.readouterr().out
    sent = ("README.md", "corpus.json", "census.parquet", "data/train-00000-of-00001.parquet",
            "prompts/train-00000-of-00001.parquet")  # fmt: skip
    assert all(f"  {name}\n" in told for name in sent)
    assert "notes.txt" not in told
    assert "nothing was" in told


def test_with_yes_the_listed_files_are_sent(dataset: Path, hub: type[Hub]) -> None:
    push(dataset, "somebody/corpus", "--yes", "--private")
    (_, made), (_, sent) = hub.asked
    assert made == {"repo_id": "somebody/corpus", "repo_type": "dataset", "private": True, "exist_ok": True}
    assert sent["repo_id"] == "somebody/corpus"
    assert "data/train-00000-of-00001.parquet" in sent["allow_patterns"]
    assert all((dataset / name).is_file() for name in sent["allow_patterns"])
    assert "notes.txt" not in sent["allow_patterns"]


def test_what_is_sent_is_what_the_library_would_choose(dataset: Path, hub: type[Hub]) -> None:
    push(dataset, "somebody/corpus", "--yes")
    patterns = hub.asked[1][1]["allow_patterns"]
    everything = [path.relative_to(dataset).as_posix() for path in dataset.rglob("*") if path.is_file()]
    chosen = huggingface_hub.utils.filter_repo_objects(everything, allow_patterns=patterns)
    assert sorted(chosen) == sorted(patterns)


def test_a_damaged_corpus_is_not_sent(dataset: Path, hub: type[Hub]) -> None:
    file = next((dataset / "data").iterdir())
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(CorpusError, match=r"data/train-00000-of-00001.parquet is not as it was written"):
        push(dataset, "somebody/corpus", "--yes")
    assert hub.asked == []


@pytest.mark.parametrize("name", ["a/b/c", "-x/y", "some body/corpus", ""])
def test_a_name_that_the_hub_does_not_take_is_refused(dataset: Path, hub: type[Hub], name: str) -> None:
    with pytest.raises((UsageError, warpsmith.UsageError), match="no name of a repository"):
        push(dataset, "--yes", "--", name)
    assert hub.asked == []


def test_a_corpus_without_a_card_is_not_sent(plain: Path, hub: type[Hub]) -> None:
    with pytest.raises(UsageError, match="has no card: `warpsmith views"):
        push(plain, "somebody/corpus", "--yes")
    assert hub.asked == []


def test_what_the_hub_says_is_told(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing(Hub):
        asked: list[tuple[str, dict[str, Any]]] = []  # noqa: RUF012  # nothing is written there

        def create_repo(self, repo_id: str, **options: Any) -> None:
            raise huggingface_hub.errors.LocalTokenNotFoundError("log in first")

    monkeypatch.setattr(huggingface_hub, "HfApi", Refusing)
    with pytest.raises(CorpusError, match="the Hub did not take it: log in first"):
        push(dataset, "somebody/corpus", "--yes")
