"""The journal: which units are done. A line each, appended when the unit's shard is in place, that vouches for both."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from warpsmith.corpus.quarantine import Quarantined
from warpsmith.corpus.unit import Unit


@dataclass(frozen=True)
class Done:
    """A finished unit, as its worker reports it and the journal keeps it.

    Attributes:
        first: its first seed.
        count: its number of seeds.
        sha256: of its shard.
        quarantined: seeds that have no row in the shard.
    """

    first: int
    count: int
    sha256: str
    quarantined: tuple[Quarantined, ...] = ()

    @property
    def unit(self) -> Unit:
        """The unit."""
        return Unit(self.first, self.count)


@dataclass(frozen=True)
class Journal:
    """A file of lines.

    Attributes:
        path: it need not exist.
    """

    path: Path

    def append(self, done: Done) -> None:
        """Add a unit, whose shard is in place already."""
        body = asdict(done)
        with self.path.open("a") as journal:
            # A line that was cut short by a crash must not swallow this one.
            journal.write("" if self._ends_well() else "\n")
            journal.write(json.dumps({"check": _check(body), **body}) + "\n")
            journal.flush()
            os.fsync(journal.fileno())

    def _ends_well(self) -> bool:
        with self.path.open("rb") as journal:
            if not journal.seek(0, os.SEEK_END):
                return True
            journal.seek(-1, os.SEEK_END)
            return journal.read() == b"\n"

    def entries(self) -> Iterator[Done | int]:
        """The units, and the numbers of lines that say nothing that can be trusted."""
        if not self.path.exists():
            return
        for number, line in enumerate(self.path.read_bytes().splitlines(), 1):
            if line:
                yield _parse(line) or number


def _parse(line: bytes) -> Done | None:
    try:
        body = json.loads(line)
        check = body.pop("check")
        if check != _check(body):
            return None
        return Done(**body | {"quarantined": tuple(Quarantined(**q) for q in body["quarantined"])})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _check(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
