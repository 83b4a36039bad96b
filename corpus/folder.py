"""A corpus on disk: where its files are, what it was made with, and how a file comes to be there whole or not at all.

::

    corpus.json            configuration, request, and once finished: the funnel and the checksum of every file
    data/{split}-*.parquet the rows
    census.parquet         what became of every seed
    refusals.parquet       the programs that were refused, with stage and reason
    quarantine.parquet     the seeds whose programs end the process that makes them
    log.jsonl              what making it took; no other file depends on it
    units/                 only while it is being made: shards, and the journal of those that are done
    units/base/            the files of a smaller corpus, while it is made larger
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from warpsmith.corpus.journal import Journal
from warpsmith.corpus.unit import Configuration, Request
from warpsmith.errors import CorpusError, UsageError

FORMAT = 4
_UNSIGNED = 3
"""A format that is read still: its manifests have no checksum."""
MANIFEST = "corpus.json"
CHECKSUM = "sha256"
"""The manifest's own, of all else that it says."""
PARTIAL = ".partial"
"""Suffix of what is still being written. Whatever bears it is nobody's: the next run removes it."""


class FolderError(CorpusError, UsageError):
    """The folder is no place for what was asked; nothing was written."""


@dataclass
class Manifest:
    """What ``corpus.json`` says.

    Attributes:
        request: what was asked for.
        files: of a finished corpus, every file with its ``sha256``, ``bytes`` and ``rows``. Of one that is made larger,
            those of the smaller one; else empty.
        funnel: likewise, how many programs reached each stage.
        finished: whether the corpus is complete.
    """

    request: Request
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    funnel: dict[str, int] = field(default_factory=dict)
    finished: bool = False

    def dump(self) -> str:
        """The manifest as JSON."""
        request = asdict(self.request)
        body = {
            "format": FORMAT,
            "finished": self.finished,
            "configuration_digest": self.request.configuration.digest,
            **request,
            "funnel": self.funnel,
            "files": self.files,
        }
        return signed(body)

    @classmethod
    def parse(cls, text: str, path: Path) -> Manifest:
        """Read JSON back.

        Raises:
            FolderError: it is of another format.
            CorpusError: it is damaged.
        """
        try:
            body = json.loads(text)
            if body["format"] not in (_UNSIGNED, FORMAT):
                raise FolderError(
                    f"{path} was made by another version of warpsmith: it has format {body['format']}, this one reads "
                    f"format {FORMAT}"
                )
            if body["format"] != _UNSIGNED and body.pop(CHECKSUM) != _checksum(body):
                raise ValueError("it has another checksum than it says")
            fields = body["configuration"] | {"levels": tuple(body["configuration"]["levels"])}
            request = Request(Configuration(**fields), body["seed"], body["count"], body["skeleton_cap"])
            return cls(request, body["files"], body["funnel"], body["finished"])
        except (ValueError, KeyError, TypeError) as error:
            raise CorpusError(f"{path} is damaged ({error}): make the corpus again in an empty folder") from error


def signed(body: Mapping[str, Any]) -> str:
    """What a manifest says, as JSON with a checksum."""
    plain = {key: value for key, value in body.items() if key != CHECKSUM}
    return json.dumps(plain | {CHECKSUM: _checksum(plain)}, indent=2) + "\n"


def _checksum(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


class Folder:
    """One corpus folder.

    Args:
        path: it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest_path = path / MANIFEST
        self.units = path / "units"
        self.base = self.units / "base"
        self.journal = Journal(self.units / "journal.jsonl")

    def read(self) -> Manifest:
        """The manifest.

        Raises:
            FolderError: there is no corpus here.
            CorpusError: the manifest is damaged.
        """
        try:
            text = self.manifest_path.read_text()
        except FileNotFoundError as error:
            raise FolderError(f"{self.path} holds no corpus: there is no {MANIFEST} in it") from error
        except OSError as error:
            raise FolderError(f"cannot read {self.manifest_path}: {error.strerror}") from error
        return Manifest.parse(text, self.manifest_path)

    def read_finished(self) -> Manifest:
        """The manifest of a corpus that must be complete.

        Raises:
            CorpusError: it is not complete.
        """
        manifest = self.read()
        if not manifest.finished:
            raise CorpusError(f"{self.path} is unfinished: run the same `warpsmith generate` again to complete it")
        return manifest

    def claim(self, request: Request) -> Manifest:
        """Make the folder ours for this request, or find it to be so already.

        A corpus of fewer seeds, and the same otherwise, is made larger.

        Raises:
            FolderError: it holds something else, or cannot be written.
        """
        try:
            if not self.manifest_path.exists():
                return self._found(Manifest(request))
            manifest = self.read()
            if different := differences(manifest.request, request):
                raise FolderError(f"{self.path} holds a corpus of another configuration: {different}")
            if request.count > manifest.request.count:
                with self.working():
                    return self.reopen(replace(self.read(), request=request))
            return manifest
        except OSError as error:
            raise FolderError(f"cannot write to {self.path}: {error.strerror}") from error

    def _found(self, manifest: Manifest) -> Manifest:
        self.path.mkdir(parents=True, exist_ok=True)
        if any(p for p in self.path.iterdir() if p.name != MANIFEST + PARTIAL):
            raise FolderError(f"{self.path} is not empty and holds no corpus: choose another folder")
        write_text(self.manifest_path, manifest.dump())
        return manifest

    def reopen(self, manifest: Manifest) -> Manifest:
        """Say that the corpus is no longer complete; what it holds is its base."""
        opened = replace(manifest, finished=False)
        write_text(self.manifest_path, opened.dump())
        return opened

    def set_base_aside(self, manifest: Manifest) -> None:
        """Move the files of the smaller corpus out of the way, those that an earlier run has not moved."""
        for name in {name.partition("/")[0] for name in manifest.files}:
            if not (self.base / name).exists() and (self.path / name).exists():
                self.base.mkdir(exist_ok=True)
                (self.path / name).rename(self.base / name)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Hold the folder against a second process, and leave nothing half-written behind.

        Raises:
            FolderError: another process is at work in it.
        """
        with self._locked():
            self._sweep()
            try:
                yield
            finally:
                self._sweep()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        path = self.units / "lock"
        try:
            self.units.mkdir(exist_ok=True)
            lock = path.open("w")
        except OSError as error:
            raise FolderError(f"cannot write to {self.path}: {error.strerror}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                ours = path.exists() and path.stat().st_ino == os.fstat(lock.fileno()).st_ino
            except BlockingIOError:
                ours = False
            if not ours:  # or whoever held it has finished the corpus, and removed the lock
                raise FolderError(f"another process is making the corpus in {self.path}")
            yield

    def finish(self, manifest: Manifest) -> None:
        """Say that the corpus is complete, and let go of the shards it was made from."""
        write_text(self.manifest_path, manifest.dump())
        shutil.rmtree(self.units)

    def forget_shards_but(self, names: set[str]) -> None:
        """Remove shards that nobody vouches for."""
        for shard in self.units.glob("unit-*.parquet"):
            if shard.name not in names:
                shard.unlink()

    def _sweep(self) -> None:
        for leftover in (*self.path.glob(f"*{PARTIAL}"), *self.units.glob(f"*{PARTIAL}")):
            if leftover.is_dir():
                shutil.rmtree(leftover)
            else:
                leftover.unlink()


def differences(held: Request, asked: Request, names: tuple[str, str] = ("there", "asked")) -> str:
    """What differs, in words: ``levels cpp,cuda there, cpp asked``; more seeds are no difference."""
    there, here = _flat(held), _flat(asked)
    if asked.count > held.count:
        del there["count"]
    one, other = names
    return "; ".join(f"{key} {there[key]} {one}, {here[key]} {other}" for key in there if there[key] != here[key])


def _flat(request: Request) -> dict[str, str]:
    fields = asdict(request)
    fields |= fields.pop("configuration")
    fields["levels"] = ",".join(fields["levels"])
    return {key.replace("_", " "): str(value) for key, value in fields.items()}


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def describe(path: Path, rows: int) -> dict[str, Any]:
    """A file as the manifest lists it."""
    return {"sha256": checksum(path), "bytes": path.stat().st_size, "rows": rows}


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A name to write a file under; it becomes ``path`` when the body ends well, and vanishes when it does not."""
    partial = path.with_name(path.name + PARTIAL)
    try:
        yield partial
        sync(partial)
        partial.replace(path)
        sync(path.parent)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Replace a file's contents, whole or not at all."""
    with whole(path) as partial:
        partial.write_text(text)


def sync(path: Path) -> None:
    """Have the system put a file or a folder's entries on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
