"""One corpus out of several: the shards of a request that several machines have made, or runs of seeds that adjoin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from warpsmith.corpus.folder import Folder, FolderError, Manifest, differences
from warpsmith.corpus.merge import merge
from warpsmith.corpus.sources import Complete, Part
from warpsmith.corpus.unit import Request
from warpsmith.errors import CorpusError


def join(paths: Sequence[Path], out: Path) -> Manifest:
    """Merge corpora into the one that a single run would have made, to the byte.

    Args:
        paths: complete corpora of one configuration, whose seeds adjoin.
        out: the new corpus's folder; absent or empty, or of an interrupted merge of the same.

    Raises:
        FolderError: they do not belong together, or the folder cannot be used.
        CorpusError: one of them is unfinished or damaged.
    """
    held = sorted(((Folder(path).read_finished(), path) for path in paths), key=lambda pair: pair[0].request.seed)
    request = _joined(held)
    _apart_from(paths, out, request)
    parts = [_whole(manifest, path) for manifest, path in held]
    folder = Folder(out)
    manifest = folder.claim(request)
    if manifest.finished:
        return manifest
    with folder.working():
        manifest = merge(folder, request, parts)
        folder.finish(manifest)
    return manifest


def _joined(held: Sequence[tuple[Manifest, Path]]) -> Request:
    """The request that all of them are parts of."""
    (first, there), *_ = held
    for manifest, path in held[1:]:
        alike = replace(manifest.request, seed=first.request.seed, count=first.request.count)
        if different := differences(first.request, alike, (f"in {there}", f"in {path}")):
            raise FolderError(f"corpora of different configurations: {different}")
    for (one, there), (other, path) in pairwise(held):
        stop, start = one.request.seeds.stop, other.request.seed
        if start < stop:
            raise FolderError(
                f"{there} and {path} both have seeds {start} to {min(stop, other.request.seeds.stop) - 1}"
            )
        if start > stop:
            raise FolderError(f"seeds {stop} to {start - 1} are missing, between {there} and {path}")
    return replace(first.request, count=held[-1][0].request.seeds.stop - first.request.seed)


def _apart_from(paths: Sequence[Path], out: Path, request: Request) -> None:
    if out.resolve() in [path.resolve() for path in paths]:
        raise FolderError(f"{out} is one of those to merge: choose another folder")
    if (out / "corpus.json").exists() and Folder(out).read().request != request:
        raise FolderError(f"{out} holds another corpus: choose another folder")


def _whole(manifest: Manifest, path: Path) -> Part:
    source = Complete(path, manifest)
    if source.damaged:
        again = "the command that made it makes it again"
        raise CorpusError(f"{path}: {', '.join(source.damaged)} is damaged or missing; {again}")
    return Part(source, source.batches(manifest.request.seeds), manifest.request.seeds)
