"""The main job: what is missing of a corpus through workers, each unit journalled when it is done, and the merge."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from warpsmith.corpus.engines import Engine, LocalEngine
from warpsmith.corpus.folder import Folder, FolderError, Manifest
from warpsmith.corpus.log import Log
from warpsmith.corpus.merge import merge
from warpsmith.corpus.shard import UnitReport
from warpsmith.corpus.sources import Complete, Shards, missing, parts, sources_of
from warpsmith.corpus.unit import BATCH, Request, Unit, plan
from warpsmith.corpus.worker import Limits, Orders
from warpsmith.errors import CorpusError
from warpsmith.synthesizer.family import Family

_TOLERATED = 10
"""Seeds that a run may put into quarantine before their share counts."""
_SHARE = 0.01


@dataclass
class RunSummary:
    """How a run went.

    Attributes:
        manifest: of the finished corpus.
        resumed: seeds that an earlier run had done.
        made: seeds that this run did.
        tried: likewise, with those of the first and the last batch that nobody asked for.
        quarantined: how many of these gave no row.
        damaged: what was damaged and made again, in words.
        seconds: CPU seconds of the workers, by stage.
    """

    manifest: Manifest
    resumed: int = 0
    made: int = 0
    tried: int = 0
    quarantined: int = 0
    damaged: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, report: UnitReport, seeds: int) -> None:
        """Count a unit that this run has done.

        Raises:
            CorpusError: so many seeds went into quarantine that something else must be wrong.
        """
        self.made += seeds
        self.tried += report.done.count
        self.quarantined += len(report.done.quarantined)
        for stage, seconds in report.seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds
        if self.quarantined >= max(_TOLERATED, _SHARE * self.tried):
            last = report.done.quarantined[-1]
            raise CorpusError(
                f"{self.quarantined} of {self.tried} seeds end their worker process, which is too many: "
                f"the last is {last.seed}, in {last.stage}: {last.reason}"
            )


def generate(
    request: Request,
    family: Family,
    path: Path,
    engine: Callable[[], Engine] = LocalEngine,
    *,
    limits: Limits = Limits(),  # noqa: B008  # a value
    progress: Callable[[int], None] = lambda seeds: None,
    warn: Callable[[str], None] = lambda damage: None,
) -> RunSummary:
    """Make a corpus, or the rest of one, or make one larger.

    The same request gives the same bytes, whatever the number of workers and however often it was interrupted.

    Args:
        request: what to make.
        family: the family that the request names.
        path: the folder; absent, empty, or of the same request with as many seeds or fewer.
        engine: starts who makes the units, if there are any to make; by default, a worker process.
        limits: what a batch may cost before its seeds are suspected.
        progress: told how many more seeds are done.
        warn: told what is damaged, and will be made again.

    Raises:
        FolderError: the folder cannot be used.
        CorpusError: no worker could start, or too many seeds ended theirs.
        OSError: the disk is full, or failed otherwise; what was finished is kept.
    """
    folder = Folder(path)
    manifest = folder.claim(request)
    if manifest.finished and not Complete(path, manifest).damaged:
        return RunSummary(manifest)
    with folder.working():
        manifest = folder.read()
        if manifest.request != request:
            raise FolderError(f"another process has made the corpus in {path} larger")
        if manifest.finished:
            manifest = folder.reopen(manifest)
        folder.set_base_aside(manifest)
        return _complete(folder, manifest, Orders(family, request.configuration, limits), engine, progress, warn)


def _complete(
    folder: Folder,
    manifest: Manifest,
    orders: Orders,
    engine: Callable[[], Engine],
    progress: Callable[[int], None],
    warn: Callable[[str], None],
) -> RunSummary:
    request, log = manifest.request, Log(folder.path)
    sources, damaged = sources_of(folder, manifest)
    absent = missing(parts(sources, request.seeds), request.seeds)
    outcome = RunSummary(manifest, damaged=damaged)
    for damage in damaged:
        warn(damage)
    outcome.resumed = request.count - sum(_asked(Unit(first, BATCH), request) for first in absent)
    progress(outcome.resumed)
    folder.forget_shards_but({unit.file for source in sources if isinstance(source, Shards) for unit in source.units})
    if absent:
        started = engine()
        with closing(started.run(plan(absent, started.jobs), orders, folder.units)) as reports:
            for report in reports:
                outcome.add(report, _asked(report.done.unit, request))
                folder.journal.append(report.done)
                log.add(_asked(report.done.unit, request), report.seconds, report.memory)
                progress(_asked(report.done.unit, request))
    sources, again = sources_of(folder, manifest)
    done = parts(sources, request.seeds)
    if lost := missing(done, request.seeds):
        raise CorpusError(f"{folder.path}: {len(lost)} batches are lost: {'; '.join(again) or 'no unit has them'}")
    outcome.manifest = merge(folder, request, done)
    log.add(0, {}, 0)
    folder.finish(outcome.manifest)
    return outcome


def _asked(unit: Unit, request: Request) -> int:
    """How many seeds of a unit the request has: of the first and the last batch it may be a part."""
    return len(range(max(unit.first, request.seed), min(unit.first + unit.count, request.seeds.stop)))
