"""The order in which things reach the disk, on which it depends what a power failure leaves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import handwritten
import pytest
from making import make

from warpsmith.corpus import folder
from warpsmith.corpus.folder import PARTIAL
from warpsmith.corpus.journal import Done, Journal


def journalled_too_early(events: list[tuple[str, str]]) -> list[str]:
    """Shards that the journal named before they were on the disk under their name, contents and name."""
    early = []
    for at, (what, name) in enumerate(events):
        if what == "journal":
            wanted = [("sync", name + PARTIAL), ("rename", name), ("sync", "units")]
            before = iter(events[:at])
            if not all(event in before for event in wanted):  # in this order
                early.append(name)
    return early


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is synced, renamed and journalled in this process, in order."""
    seen: list[tuple[str, str]] = []
    fsync, replace, append = os.fsync, Path.replace, Journal.append

    def synced(descriptor: int) -> None:
        fsync(descriptor)
        seen.append(("sync", Path(f"/proc/self/fd/{descriptor}").readlink().name))

    def renamed(path: Path, target: Any) -> Path:
        seen.append(("rename", Path(target).name))
        return replace(path, target)

    def appended(journal: Journal, done: Done) -> None:
        seen.append(("journal", done.unit.file))
        append(journal, done)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    monkeypatch.setattr(Journal, "append", appended)
    return seen


def test_the_journal_names_a_shard_only_when_it_is_on_the_disk(events: list[tuple[str, str]], tmp_path: Path) -> None:
    make(tmp_path / "corpus", handwritten.FAMILY, 20)
    assert len([name for what, name in events if what == "journal"]) == 3
    assert journalled_too_early(events) == []
    # The corpus is called complete when its files are on the disk, too.
    assert events.index(("rename", "corpus.json")) < events.index(("sync", "census.parquet" + PARTIAL))
    last = len(events) - 1 - events[::-1].index(("rename", "corpus.json"))
    for name in ("census.parquet", "quarantine.parquet", "refusals.parquet", "data"):
        assert events.index(("rename", name)) < last


def test_a_shard_that_is_not_synced_is_noticed(
    events: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "sync", lambda path: None)
    make(tmp_path / "corpus", handwritten.FAMILY, 10)
    assert len(journalled_too_early(events)) == 2
