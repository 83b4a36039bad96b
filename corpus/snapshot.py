"""What a corpus holds so far, finished or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from warpsmith.corpus.folder import Folder, Manifest
from warpsmith.corpus.merge import Merge
from warpsmith.corpus.row import census_schema
from warpsmith.corpus.sources import parts, sources_of


@dataclass(frozen=True)
class Snapshot:
    """An unfinished corpus, as if it were merged now.

    Attributes:
        manifest: with the funnel of the seeds that are done.
        census: what would become of them.
        files: of the rows that would be kept, and of others; a row is to be looked up by its seed.
    """

    manifest: Manifest
    census: pa.Table
    files: list[Path]


def snapshot(path: Path) -> Snapshot:
    """Look at an unfinished corpus; nothing is written.

    Raises:
        FolderError: there is no corpus.
    """
    folder = Folder(path)
    manifest = folder.read()
    sources, _ = sources_of(folder, manifest)
    merged = Merge(manifest.request, parts(sources, manifest.request.seeds))
    tables = list(merged.census())
    census = pa.concat_tables([census_schema(merged.levels).empty_table(), *tables])
    files = [file for source in sources for file in source.files]
    return Snapshot(replace(manifest, funnel=merged.stages()), census, files)
