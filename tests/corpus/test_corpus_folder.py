from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path

import handwritten
import pytest
from making import configuration, contents

from warpsmith.corpus.folder import PARTIAL, Folder, FolderError, whole
from warpsmith.corpus.unit import Configuration, Request
from warpsmith.errors import CorpusError

REQUEST = Request(configuration(handwritten.FAMILY), 0, 10, 4)


def other_requests() -> dict[str, Request]:
    """Requests that differ in one thing each, by its name."""
    values = {"family": "fem", "levels": ("ptx",), "check": "compile", "warpsmith": "9", "warp": "9"}
    others = {}
    for field in fields(Configuration):
        changed = replace(REQUEST.configuration, **{field.name: values.get(field.name, 7)})  # type: ignore[arg-type]
        others[field.name.replace("_", " ")] = replace(REQUEST, configuration=changed)
    more = {"seed": replace(REQUEST, seed=1), "count": replace(REQUEST, count=9)}
    return others | more | {"skeleton cap": replace(REQUEST, skeleton_cap=5)}


@pytest.mark.parametrize("name", other_requests())
def test_a_corpus_of_another_configuration_is_refused_and_untouched(tmp_path: Path, name: str) -> None:
    Folder(tmp_path).claim(REQUEST)
    before = contents(tmp_path)
    with pytest.raises(FolderError, match=rf"another configuration: {name} .* there, .* asked"):
        Folder(tmp_path).claim(other_requests()[name])
    assert contents(tmp_path) == before
    assert Folder(tmp_path).claim(REQUEST).request == REQUEST


def test_a_folder_that_is_not_ours_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FolderError, match="not empty"):
        Folder(tmp_path).claim(REQUEST)
    assert contents(tmp_path) == {"thesis.txt": b"mine"}


@pytest.mark.parametrize("place", ["file", "below a file", "proc"])
def test_an_unwritable_place_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("mine")
    path = {"file": tmp_path / "file", "below a file": tmp_path / "file" / "x", "proc": Path("/proc/corpus")}[place]
    with pytest.raises(FolderError, match="cannot"):
        Folder(path).claim(REQUEST)
    assert contents(tmp_path) == {"file": b"mine"}


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(FolderError, match="cannot write"):
        Folder(tmp_path / "corpus").claim(REQUEST)
    tmp_path.chmod(0o700)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 99}', '{"format": 1}'])
def test_a_damaged_manifest_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "corpus.json").write_text(text)
    with pytest.raises(CorpusError, match=r"corpus\.json"):
        Folder(tmp_path).read()


def test_two_processes_do_not_work_in_one_folder(tmp_path: Path) -> None:
    Folder(tmp_path).claim(REQUEST)
    with (
        Folder(tmp_path).working(),
        pytest.raises(FolderError, match="another process"),
        Folder(tmp_path).working(),
    ):
        raise AssertionError("unreachable")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def write_half() -> None:
        with whole(path) as partial:
            partial.write_text("half of the n")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk"):
        write_half()
    assert path.read_text() == "old"
    with whole(path) as partial:
        partial.write_text("new")
        assert partial.name.endswith(PARTIAL)
    assert contents(tmp_path) == {"file": b"new"}
