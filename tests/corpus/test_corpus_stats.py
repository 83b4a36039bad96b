from __future__ import annotations

import json
import shutil
import statistics as python_statistics
from collections import Counter
from pathlib import Path

import handwritten
import pyarrow.parquet as pq
import pytest
from making import configuration, contents, make

from warpsmith.corpus.folder import Folder
from warpsmith.corpus.generate import generate
from warpsmith.corpus.log import costs
from warpsmith.corpus.report import statistics_page, statistics_tables
from warpsmith.corpus.stats import statistics
from warpsmith.corpus.unit import Request
from warpsmith.errors import CorpusError


def test_statistics_are_what_a_plain_count_gives(monotonous: Path) -> None:
    stats = statistics(monotonous)
    census = pq.read_table(monotonous / "census.parquet").to_pylist()
    assert stats["rows"] == pq.read_table(monotonous / "data").num_rows == 6
    assert stats["programs"] == len(census) == 60
    for digest in ("exact", "norm", "skeleton"):
        assert stats["unique"][digest] == len({row[digest] for row in census})
    assert stats["largest_skeleton"] == max(Counter(row["skeleton"] for row in census).values())
    assert stats["lines"]["median"] == python_statistics.median_low(row["lines"] for row in census)
    assert stats["funnel"]["seeds"] == 60
    assert stats["levels"].keys() == {"cpp"}
    assert stats["levels"]["cpp"]["rows"] == stats["levels"]["cpp"]["with_backward"] == 6
    assert stats["productions"]["programs_with"] == {"kernel": 60}
    json.dumps(stats)


def test_coverage_is_counted_against_what_there_could_be(plain: Path) -> None:
    known = {"derived": {"sin(float32)": "sin", "sin(float64)": "sin", "dot(vec3f, vec3f)": "dot"}}
    coverage = statistics(plain, known)["coverage"]["derived"]
    assert (coverage["known"], coverage["covered"]) == (3, 1)
    assert coverage["builtins"] == {"known": 2, "covered": 1}
    assert coverage["missing"] == ["dot(vec3f, vec3f)", "sin(float64)"]
    assert coverage["missing_builtins"] == ["dot"]


def test_every_table_for_people_can_be_drawn(plain: Path) -> None:
    titles = [table.title for table in statistics_tables(statistics(plain, {"derived": {"sin(float32)": "sin"}}))]
    assert titles[0] == "Funnel"
    assert len(titles) == 5


def test_near_duplicates_and_splits_are_those_of_the_rows(monotonous: Path, tmp_path: Path) -> None:
    make(tmp_path / "corpus", handwritten.FAMILY, 30)
    for path in (monotonous, tmp_path / "corpus"):
        stats, rows = statistics(path), pq.read_table(path / "data").to_pylist()
        sizes = Counter(row["cluster"] for row in rows)
        groups = [size for size in sizes.values() if size > 1]
        assert stats["near_duplicates"] == {"rows": sum(groups), "groups": len(groups)}
        splits = Counter(row["split"] for row in rows)
        assert stats["splits"] == {split: splits[split] for split in ("train", "validation", "test", "test_ood")}
    assert statistics(monotonous)["near_duplicates"]["rows"] > 0, "nothing is seen if there are none"


def test_an_unfinished_corpus_has_statistics_of_what_is_done(tmp_path: Path) -> None:
    class Interrupted(Exception):
        pass

    def stop(seeds: int) -> None:
        done.append(seeds)
        if sum(done) >= 20:
            raise Interrupted

    done: list[int] = []
    request = Request(configuration(handwritten.FAMILY), 0, 200, 1000)
    with pytest.raises(Interrupted):
        generate(request, handwritten.FAMILY, tmp_path / "corpus", progress=stop)
    before = contents(tmp_path / "corpus")
    stats = statistics(tmp_path / "corpus")
    assert (stats["finished"], stats["asked"]) == (False, 200)
    assert stats["rows"] == stats["funnel"]["seeds"] == sum(done) < 200
    assert f"# {sum(done)} pairs of {sum(done)} seeds, unfinished: 200 are asked for\n" in statistics_page(stats)
    assert contents(tmp_path / "corpus") == before, "nothing of the corpus is touched"
    resumed = generate(request, handwritten.FAMILY, tmp_path / "corpus")
    assert resumed.resumed == sum(done)
    assert statistics(tmp_path / "corpus")["finished"]


def test_nothing_done_is_said(tmp_path: Path) -> None:
    Folder(tmp_path).claim(Request(configuration(handwritten.FAMILY), 0, 200, 1000))
    with pytest.raises(CorpusError, match="no unit of it is done"):
        statistics(tmp_path)


def test_what_runs_took_is_logged(tmp_path: Path) -> None:
    path = tmp_path / "corpus"
    make(path, handwritten.FAMILY, 25)  # whole batches: they begin at seed 5
    first = costs(path)
    make(path, handwritten.FAMILY, 40)
    both = costs(path)
    assert (first["runs"], both["runs"]) == (1, 2)
    assert (first["seeds"], both["seeds"]) == (25, 40)
    assert both["wall_seconds"] > first["wall_seconds"] > 0
    assert both["cpu_seconds"]["own"] > first["cpu_seconds"]["own"] > 0
    assert first["peak_bytes"]["worker"] > 50_000_000, "it has Warp in memory"
    assert first["peak_bytes"]["coordinator"] > 50_000_000
    with (path / "log.jsonl").open("a") as log:
        log.write('{"run": "cut sh')
    assert costs(path) == both
    assert statistics(path)["costs"] == both


def test_a_corpus_without_its_log_has_statistics(plain: Path, tmp_path: Path) -> None:
    shutil.copytree(plain, tmp_path / "corpus")
    (tmp_path / "corpus" / "log.jsonl").unlink()
    stats = statistics(tmp_path / "corpus")
    assert stats["costs"]["runs"] == 0
    assert statistics_page(stats).endswith("no log says what making it took.\n")


def test_a_damaged_corpus_is_one_clear_error(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "corpus.json").write_bytes((plain / "corpus.json").read_bytes())
    (tmp_path / "census.parquet").write_bytes(b"not parquet")
    with pytest.raises(CorpusError, match="warpsmith verify"):
        statistics(tmp_path)


def test_what_launches_have_shown_is_counted(executed: Path) -> None:
    rows = pq.read_table(executed / "data").to_pylist()
    shown = statistics(executed)["executed"]
    assert shown["rows"] == shown["ran"] == len(rows)
    assert shown["forward"] == {"agree": len(rows)}
    assert shown["gradient"] == {"none": len(rows)}
    assert shown["with_evidence"] == sum(bool(row["executions"]) for row in rows)
    assert shown["launches"] == sum(len(row["executions"]) for row in rows)


def test_the_page_has_twenty_lines_at_most(executed: Path) -> None:
    page = statistics_page(statistics(executed, {"derived": {"sin(float32)": "sin"}}))
    assert 8 < len(page.splitlines()) <= 20
    assert page.startswith("# 10 pairs of 10 seeds\n")
    assert "10 of 10 ran to their end" in page
