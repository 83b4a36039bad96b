from __future__ import annotations

import json
import statistics as python_statistics
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from warpsmith.corpus.report import statistics_page, statistics_tables
from warpsmith.corpus.stats import statistics
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
