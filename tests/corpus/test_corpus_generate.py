from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import duckdb
import handwritten
import pyarrow.parquet as pq
import pytest
from making import configuration, contents, make

from warpsmith.corpus.folder import PARTIAL, Folder
from warpsmith.corpus.generate import generate
from warpsmith.corpus.row import row_schema
from warpsmith.corpus.streams import even
from warpsmith.corpus.unit import Request
from warpsmith.corpus.worker import LIFETIME
from warpsmith.errors import CorpusError


class Interruption(Exception):
    pass


def interrupt_after(path: Path, units: int) -> None:
    """Make the corpus of the fixture ``plain``, and stop when so many units are done."""
    reports = 0

    def progress(seeds: int) -> None:
        nonlocal reports
        reports += seeds > 0
        if reports >= units:
            raise Interruption

    request = Request(configuration(handwritten.FAMILY, ("cpp", "cuda")), 5, 40, 1000)
    with pytest.raises(Interruption):
        generate(request, handwritten.FAMILY, path, progress=progress)


def test_two_workers_and_another_hash_seed_give_the_same_bytes(plain: Path, tmp_path: Path) -> None:
    script = (
        "import sys, handwritten, making; from pathlib import Path\n"
        "if __name__ == '__main__':\n"
        "    making.make(Path(sys.argv[1]), handwritten.FAMILY, levels=('cpp', 'cuda'), jobs=2)\n"
    )
    (tmp_path / "script.py").write_text(script)
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONHASHSEED": "1234", "PYTHONPATH": f"{here}:{here.parent.parent}"}
    subprocess.run([sys.executable, tmp_path / "script.py", tmp_path / "corpus"], env=environment, check=True)
    assert contents(tmp_path / "corpus") == contents(plain)


def test_workers_that_make_way_for_fresh_ones_give_the_same_bytes(
    plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIFETIME, "generated", 10)
    outcome = make(tmp_path / "corpus", handwritten.FAMILY, levels=("cpp", "cuda"), jobs=2)
    assert outcome.made == 40
    assert contents(tmp_path / "corpus") == contents(plain)


def test_an_interrupted_run_is_resumed_to_the_same_bytes(plain: Path, tmp_path: Path) -> None:
    path = tmp_path / "corpus"
    interrupt_after(path, units=2)
    assert not list(path.rglob(f"*{PARTIAL}"))
    assert not (path / "data").exists()
    outcome = make(path, handwritten.FAMILY, levels=("cpp", "cuda"))
    assert outcome.resumed == 15  # of the first batch, five were asked for
    assert outcome.made == 25
    assert contents(path) == contents(plain)


@pytest.mark.parametrize("damage", ["shard", "missing", "cut short", "leftover"])
def test_what_the_journal_cannot_vouch_for_is_made_again(plain: Path, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "corpus"
    interrupt_after(path, units=2)
    units = path / "units"
    shard = min(units.glob("unit-*.parquet"))
    if damage == "shard":
        shard.write_bytes(shard.read_bytes()[:-1] + b"?")
    elif damage == "missing":
        shard.unlink()
    elif damage == "cut short":
        journal = (units / "journal.jsonl").read_text()
        (units / "journal.jsonl").write_text(journal[: len(journal) * 3 // 4])
    else:
        (units / f"unit-000000000025-0010.parquet{PARTIAL}").write_text("half")
        (path / f"data{PARTIAL}").mkdir()
    outcome = make(path, handwritten.FAMILY, levels=("cpp", "cuda"))
    assert outcome.made == {"shard": 30, "missing": 30, "cut short": 35, "leftover": 25}[damage]
    assert len(outcome.damaged) == (damage != "leftover")
    assert contents(path) == contents(plain)


def test_a_finished_corpus_is_left_alone(plain: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in plain.rglob("*")}
    outcome = make(plain, handwritten.FAMILY, levels=("cpp", "cuda"))
    assert outcome.manifest.finished
    assert outcome.made == outcome.resumed == 0
    assert {p: p.stat().st_mtime_ns for p in plain.rglob("*")} == before


def test_the_lowest_seed_of_a_norm_is_kept_up_to_the_cap_of_its_skeleton(monotonous: Path) -> None:
    census = pq.read_table(monotonous / "census.parquet").to_pylist()
    norms: dict[str, int] = {}
    skeletons: dict[str, list[int]] = defaultdict(list)
    for row in census:
        if row["norm"] in norms:
            assert (row["fate"], row["like"]) == ("duplicate", norms[row["norm"]])
            continue
        norms[row["norm"]] = row["seed"]
        skeletons[row["skeleton"]].append(row["seed"])
        expected = ("kept", None) if len(skeletons[row["skeleton"]]) <= 3 else ("capped", skeletons[row["skeleton"]][0])
        assert (row["fate"], row["like"]) == expected
    assert 4 < len(norms) <= 20
    assert len(skeletons) == 2
    data = pq.read_table(monotonous / "data").to_pylist()
    assert sorted(row["seed"] for row in data) == [row["seed"] for row in census if row["fate"] == "kept"]
    assert len(data) == 6
    funnel = Folder(monotonous).read().funnel
    assert funnel == {"seeds": 60, "checked": 60, "codegen": 60, "unique": len(norms), "kept": 6}


def test_a_refused_program_is_kept_with_its_stage_and_reason(tmp_path: Path) -> None:
    make(tmp_path / "corpus", handwritten.REFUSED, 20)
    census = pq.read_table(tmp_path / "corpus" / "census.parquet").to_pylist()
    refusals = pq.read_table(tmp_path / "corpus" / "refusals.parquet").to_pylist()
    assert len(census) == 20
    refused = [row["seed"] for row in census if row["fate"] == "refused"]
    assert refused
    assert [row["seed"] for row in refusals] == refused
    for row in refusals:
        assert "wp.dot" in row["source"]
        assert row["refused"] in ("checked", "codegen")
        assert "dot" in row["reason"]
        assert row[row["refused"]] is False
    kept = pq.read_table(tmp_path / "corpus" / "data").num_rows
    assert kept + len(refused) + sum(row["fate"] == "duplicate" for row in census) == 20


def test_levels_are_columns_of_one_row_under_the_explicit_schema(plain: Path) -> None:
    file = plain / "data" / "train-00000-of-00001.parquet"
    assert pq.read_table(plain / "data").num_rows == 40
    metadata = pq.read_metadata(file)
    assert pq.read_schema(file).equals(row_schema(("cpp", "cuda")))
    assert 30 < metadata.num_rows <= 40
    assert metadata.num_row_groups == 1
    column = metadata.row_group(0).column(0)
    assert column.compression == "ZSTD"
    assert column.has_offset_index
    for row in pq.read_table(file).to_pylist():
        assert f"{row['entry']}_cpu_kernel_forward" in row["cpp_forward"]
        assert f"{row['entry']}_cuda_kernel_backward" in row["cuda_backward"]
        assert json.loads(row["launch"])["dim"] == [8]
        assert row["checked"] is row["codegen"] is True
        assert row["compiled"] is row["executed"] is None
        assert handwritten.FAMILY.replay(tuple(row["choices"])).source == row["source"]


def test_readers_that_know_nothing_of_us_load_it(plain: Path) -> None:
    polars = pytest.importorskip("polars")
    pattern = str(plain / "data" / "*.parquet")
    (row,) = duckdb.sql(f"SELECT count(*), count(DISTINCT norm) FROM '{pattern}'").fetchall()
    assert row[0] == polars.read_parquet(pattern).height == 40


def test_a_generator_that_is_broken_ends_the_run_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"10 of 10 seeds .* broken seed 9: KeyError: 'no such production'"):
        make(tmp_path / "corpus", handwritten.BROKEN, 15)
    assert sorted(contents(tmp_path / "corpus"))[:2] == ["corpus.json", "units/lock"]
    assert not (tmp_path / "corpus" / "units" / "journal.jsonl").exists()


def test_programs_that_are_followed_to_the_end_were_compiled_and_launched(tmp_path: Path) -> None:
    make(tmp_path / "corpus", handwritten.FAMILY, 10, levels=("cpp", "ptx"), check="execute")
    rows = pq.read_table(tmp_path / "corpus" / "data").to_pylist()
    assert all(row["compiled"] and row["executed"] and ".entry" in row["ptx_forward"] for row in rows)


@pytest.mark.parametrize(("total", "parts"), [(0, 0), (1, 0), (1999, 1), (2000, 2), (20_500, 2), (7, 3)])
def test_row_groups_and_files_are_of_even_size(total: int, parts: int) -> None:
    sizes = even(total, parts)
    assert sum(sizes) == total
    assert len(sizes) == max(1, parts)
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process alone")
def test_a_worker_s_memory_does_not_grow_with_the_number_of_programs() -> None:
    # Not ru_maxrss: that begins with the peak of whoever started the process, here of all tests before.
    script = """
import handwritten, making
from pathlib import Path
from warpsmith.corpus.make import Maker
maker = Maker(handwritten.FAMILY, making.configuration(handwritten.FAMILY, ("cpp", "cuda")))
for start in range(0, 600, 10):
    maker.records(range(start, start + 10))
    if start in (190, 590):
        print(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": f"{here}:{here.parent.parent}"}
    run = subprocess.run([sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True)
    early, late = (int(kib) / 1024 for kib in run.stdout.split()[-2:])
    assert late < 600
    assert late - early < 15


def test_workers_that_cannot_start_end_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(CorpusError, match="could not start: exit code 1"):
        make(tmp_path / "corpus", handwritten.FAMILY, 500, jobs=2)
    assert sorted(contents(tmp_path / "corpus")) == ["corpus.json", "units/lock"]
