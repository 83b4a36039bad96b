"""Verification of a finished corpus.

Its files are as they were written, its rows as unique as they claim, and rows made again from their seeds are the same.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from warpsmith import ir
from warpsmith.corpus.contamination import contaminated
from warpsmith.corpus.execution import RECIPES, Examiner, contradiction
from warpsmith.corpus.folder import Folder, FolderError, Manifest, checksum
from warpsmith.corpus.make import Maker
from warpsmith.corpus.near import clusters, signature
from warpsmith.corpus.row import DIGESTS, PARTS, PLACED, Record, row_schema
from warpsmith.corpus.sources import QUARANTINE
from warpsmith.corpus.tensors import same
from warpsmith.corpus.unit import Configuration, batch_of, batches
from warpsmith.ir.digest import combine
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.judgement import Verdict


@dataclass(frozen=True)
class CorpusProblem:
    """Something that is wrong.

    Attributes:
        file: path of the file, relative to the corpus.
        seed: of the row, or ``None`` where the whole file is meant.
        problem: what, in words.
    """

    file: str
    seed: int | None
    problem: str

    def __str__(self) -> str:
        return f"{self.file}{'' if self.seed is None else f' (seed {self.seed})'}: {self.problem}"


def verify(path: Path, family: Family | None = None, installed: Configuration | None = None, sample: int = 0) -> Any:
    """Check a corpus.

    Args:
        path: a finished corpus.
        family: the family it was made with; needed for ``sample``.
        installed: what a corpus like it would have for its configuration today; needed for ``sample``.
        sample: how many rows to make again.

    Returns:
        A report for JSON: ``files`` and ``rows`` that were looked at, how many of them were ``checked`` by making them
        again, and the ``problems``.

    Raises:
        FolderError: there is no corpus, or its rows cannot be made again by what is installed.
        CorpusError: it is unfinished.
    """
    manifest = Folder(path).read_finished()
    if sample and (family is None or installed != manifest.request.configuration):
        raise FolderError(f"{path}: cannot make rows again: {_mismatch(manifest.request.configuration, installed)}")
    damaged = list(_damaged(path, manifest))
    problems, rows, checked = list(damaged), 0, 0
    if not damaged:
        # What a damaged file says about its rows is worth nothing.
        examiner = _Examiner(path, manifest)
        problems += examiner.problems()
        rows = examiner.rows
        if sample and family is not None:
            sampler = _Sampler(path, manifest, family, set(examiner.seeds), sample)
            checked = sampler.checked
            problems += sampler.problems()
    return {
        "files": len(manifest.files),
        "rows": rows,
        "checked": checked,
        "problems": [asdict(problem) for problem in problems],
    }


def _mismatch(made: Configuration, installed: Configuration | None) -> str:
    if installed is None:
        return f"there is no family {made.family!r}"
    there, here = asdict(made), asdict(installed)
    return "; ".join(f"{k} {there[k]} then, {here[k]} now" for k in there if there[k] != here[k])


def _damaged(path: Path, manifest: Manifest) -> Iterator[CorpusProblem]:
    for name, listed in manifest.files.items():
        file = path / name
        if not file.is_file():
            yield CorpusProblem(name, None, "is missing")
        elif file.stat().st_size != listed["bytes"]:
            yield CorpusProblem(name, None, f"has {file.stat().st_size} bytes, and the manifest says {listed['bytes']}")
        elif checksum(file) != listed["sha256"]:
            yield CorpusProblem(name, None, "has another checksum than the manifest says")
    for file in sorted((path / "data").glob("*")):
        if f"data/{file.name}" not in manifest.files:
            yield CorpusProblem(f"data/{file.name}", None, "is not in the manifest")


class _Compared(NamedTuple):
    """What a row says of its near-duplicates, and what they are found by."""

    file: str
    seed: int
    cluster: int
    contaminated: str | None
    signature: bytes


class _Examiner:
    """Reads every row once, a batch at a time."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path, self.manifest = path, manifest
        self.levels = manifest.request.configuration.levels
        self.seeds: list[int] = []
        self.last: dict[str, int] = {}
        self.splits: dict[str, str] = {}
        self.clusters: dict[int, str] = {}
        self.norms: dict[str, int] = {}
        self.skeletons: Counter[str] = Counter()
        self.compared: list[_Compared] = []

    @property
    def rows(self) -> int:
        return len(self.seeds)

    def problems(self) -> Iterator[CorpusProblem]:
        for name, listed in self.manifest.files.items():
            if name.startswith("data/"):
                with pq.ParquetFile(self.path / name) as file:
                    yield from self._file(name, file, listed["rows"])
        kept = self.manifest.funnel["kept"]
        if self.rows != kept:
            yield CorpusProblem("data", None, f"holds {self.rows} rows, and the funnel says {kept}")
        yield from self._near_duplicates()

    def _near_duplicates(self) -> Iterator[CorpusProblem]:
        """Rows that are said to be near-duplicates of others than they are, by their texts."""
        rows = sorted(self.compared, key=lambda row: row.seed)
        signatures = [row.signature for row in rows]
        found = [rows[position].seed for position in clusters(signatures)]
        published = contaminated(self.levels, signatures)
        for row, cluster, kernel in zip(rows, found, published, strict=True):
            if row.cluster != cluster:
                yield CorpusProblem(row.file, row.seed, f"is of cluster {cluster} by its text, and says {row.cluster}")
            if row.contaminated != kernel:
                yield CorpusProblem(row.file, row.seed, f"is like {kernel} by its text, and says {row.contaminated}")

    def _file(self, name: str, file: pq.ParquetFile, rows: int) -> Iterator[CorpusProblem]:
        if not file.schema_arrow.equals(row_schema(self.levels)):
            yield CorpusProblem(name, None, "has another schema than its configuration asks for")
            return
        if file.metadata.num_rows != rows:
            yield CorpusProblem(name, None, f"holds {file.metadata.num_rows} rows, and the manifest says {rows}")
        for batch in file.iter_batches(batch_size=100):
            for row in batch.to_pylist():
                for problem in (*self._texts(row), *self._place(row, split_of(name))):
                    yield CorpusProblem(name, row["seed"], problem)
                told = row["cluster"], row["contaminated"]
                self.compared.append(_Compared(name, row["seed"], *told, signature(row, self.levels)))

    def _texts(self, row: Record) -> Iterator[str]:
        # Another version of the normaliser has its own idea of all digests but the exact one.
        known = DIGESTS if row["normaliser"] == ir.NORMALISER_VERSION else ("exact",)
        for level in self.levels:
            digests = ir.digest(level, row[f"{level}_forward"], row[f"{level}_backward"])
            for digest in known:
                if getattr(digests, digest) != row[f"{level}_{digest}"]:
                    yield f"{level}_{digest} is not the digest of its text"
            for part in PARTS:
                if len(row["line_map"][f"{level}_{part}"]) != row[f"{level}_{part}"].count("\n"):
                    yield f"line_map.{level}_{part} has more or fewer lines than its text"
        for digest in DIGESTS:
            if combine(digest, {level: row[f"{level}_{digest}"] for level in self.levels}) != row[digest]:
                yield f"{digest} is not the digest of the levels' digests"
        if row["configuration"] != self.manifest.request.configuration.digest:
            yield "names another configuration than the manifest"

    def _place(self, row: Record, split: str) -> Iterator[str]:
        seed, skeleton = row["seed"], row["skeleton"]
        if (first := self.norms.setdefault(row["norm"], seed)) != seed:
            yield f"has the norm of seed {first}"
        if seed <= self.last.get(split, -1):
            yield "stands out of order"
        if (other := self.splits.setdefault(skeleton, split)) != split:
            yield f"has skeleton {skeleton}, which is in {other} as well as in {split}"
        if row["split"] != split:
            yield f"says that it is in {row['split']}, and stands in {split}"
        if (other := self.clusters.setdefault(row["cluster"], split)) != split:
            yield f"has a near-duplicate of cluster {row['cluster']} in {other}, and is in {split}"
        if (row["held_out"] is not None) > (split == "test_ood"):
            yield f"has {row['held_out']}, which is held out of {split}"
        self.last[split] = seed
        self.seeds.append(seed)
        self.skeletons[skeleton] += 1
        if self.skeletons[skeleton] == self.manifest.request.skeleton_cap + 1:
            yield f"is one more of skeleton {skeleton} than the cap allows"


def split_of(file: str) -> str:
    """The split that a file belongs to: ``data/train-00000-of-00001.parquet`` to ``train``."""
    return Path(file).name.partition("-")[0]


class _Sampler:
    """Makes some rows again, and compares them with those that are stored."""

    def __init__(self, path: Path, manifest: Manifest, family: Family, seeds: set[int], count: int) -> None:
        self.path, self.manifest, self.family = path, manifest, family
        self.picked = self._pick(seeds, count)
        self.checked = sum(map(len, self.picked.values()))

    def _pick(self, seeds: set[int], count: int) -> dict[Sequence[int], list[int]]:
        """So many of the seeds, and the batches that they are in: a native compiler looks at all kernels of a batch."""
        lost = set(pq.read_table(self.path / QUARANTINE, columns=["seed"])["seed"].to_pylist())
        firsts = batches(self.manifest.request.seeds)
        whole = [[seed for seed in batch_of(first) if seed not in lost] for first in firsts]
        random.Random(0).shuffle(whole)
        picked: dict[Sequence[int], list[int]] = {}
        for batch in whole:
            some = [seed for seed in batch if seed in seeds][:count]
            count -= len(some)
            if some:
                picked[tuple(batch)] = some
        return picked

    def problems(self) -> Iterator[CorpusProblem]:
        configuration = self.manifest.request.configuration
        for batch, seeds in sorted(self.picked.items(), key=lambda pair: pair[0][0]):
            stored = {row["seed"]: (name, row) for name, row in self._stored(seeds)}
            with Maker(self.family, configuration) as maker:
                records = maker.records(batch)
            for record in records:
                if record["seed"] in stored:
                    name, row = stored[record["seed"]]
                    yield from (CorpusProblem(name, row["seed"], problem) for problem in self._again(row, record))
            for name, seed, problem in self._launched(list(stored.values())):
                yield CorpusProblem(name, seed, problem)

    def _again(self, row: Record, record: Record) -> Iterator[str]:
        """How a row that was made again differs from the one that is stored."""
        schema = row_schema(self.manifest.request.configuration.levels)
        if record["refused"] is not None:
            yield f"made again, it is refused: {record['reason']}"
            return
        # Through Arrow, so that both sides have the same Python types.
        merged = {column: row[column] for column in PLACED}
        (again,) = pa.Table.from_pylist([record | merged], schema).to_pylist()
        columns = (column for column in schema.names if not same(again[column], row[column]))
        if different := ", ".join(columns):
            yield f"made again, it differs in {different}"

    def _launched(self, stored: list[tuple[str, Record]]) -> Iterator[tuple[str, int, str]]:
        """What Warp, asked again, computes otherwise than rows say on which it agreed."""
        asked = [(name, row) for name, row in stored if row["forward_verdict"] == Verdict.AGREE.value]
        if not asked:
            return
        seeds = [row["seed"] for _, row in asked]
        with Examiner(self.family) as examiner:
            launched = examiner.launched([self.family.synthesize(seed) for seed in seeds], seeds)
        for (name, row), results in zip(asked, launched, strict=True):
            if not results:
                yield name, row["seed"], "launched again, it fails"
                continue
            for execution in row["executions"]:
                for output in execution["outputs"]:
                    if problem := contradiction(output, results[RECIPES.index(execution["recipe"])]):
                        yield name, row["seed"], f"launched again on {execution['recipe']} inputs, {problem}"

    def _stored(self, seeds: list[int]) -> Iterator[tuple[str, Record]]:
        for name in self.manifest.files:
            if name.startswith("data/"):
                table = pq.read_table(self.path / name, filters=[("seed", "in", seeds)])
                yield from ((name, row) for row in table.to_pylist())
