"""Making corpora in tests."""

from __future__ import annotations

from pathlib import Path

from warpsmith import ir
from warpsmith.corpus.engines import LocalEngine
from warpsmith.corpus.generate import RunSummary, generate
from warpsmith.corpus.log import LOG
from warpsmith.corpus.unit import Configuration, Request
from warpsmith.corpus.worker import Limits
from warpsmith.grammar.registry import warp_version
from warpsmith.synthesizer.family import Family


def configuration(family: Family, levels: tuple[str, ...] = ("cpp",), check: str = "codegen") -> Configuration:
    return Configuration(family.name, family.version, levels, 90, check, "0", warp_version(), ir.NORMALISER_VERSION)


def make(
    path: Path,
    family: Family,
    count: int = 40,
    *,
    cap: int = 1000,
    jobs: int = 1,
    limits: Limits | None = None,
    **more: object,
) -> RunSummary:
    request = Request(configuration(family, **more), 5, count, cap)  # type: ignore[arg-type]
    return generate(request, family, path, lambda: LocalEngine(jobs), limits=limits or Limits())


def contents(path: Path) -> dict[str, bytes]:
    """Every file below a folder, but for the log, which has times in it."""
    files = (p for p in sorted(path.rglob("*")) if p.is_file() and p.name != LOG)
    return {p.relative_to(path).as_posix(): p.read_bytes() for p in files}
