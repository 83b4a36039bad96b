"""Rows that are like kernels that ship with Warp are flagged, and no others; the table of those is up to date."""

from __future__ import annotations

from pathlib import Path

import handwritten
import pyarrow.parquet as pq
import warp as wp
from making import make

from warpsmith.corpus import contamination
from warpsmith.corpus.contamination import PATH, compared, contaminated
from warpsmith.corpus.folder import Folder
from warpsmith.corpus.near import signature
from warpsmith.corpus.stats import statistics
from warpsmith.corpus.verify import verify
from warpsmith.corpus.views.card import Dataset, card

COPIED = "examples/core/example_dem.py:apply_forces"


def test_a_kernel_of_the_wheel_is_flagged_and_counted_on_the_card(tmp_path: Path) -> None:
    make(tmp_path / "corpus", handwritten.COPYING, 20)
    rows = pq.read_table(tmp_path / "corpus" / "data", columns=["source", "contaminated"]).to_pylist()
    copies = [row for row in rows if "contact_force" in row["source"]]
    assert 0 < len(copies) < len(rows)
    assert {row["contaminated"] for row in copies} == {COPIED}
    assert {row["contaminated"] for row in rows if row not in copies} == {None}
    assert verify(tmp_path / "corpus")["problems"] == []
    stats = statistics(tmp_path / "corpus")
    assert stats["contaminated"] == len(copies)
    text = card(
        Dataset(tmp_path / "corpus", Folder(tmp_path / "corpus").read(), stats, {"pairs": {"train": len(rows)}})
    )
    assert f"{len(copies)} of {len(rows)} rows are near-duplicates of a kernel in Warp's wheel" in text


def test_the_most_similar_kernel_is_named() -> None:
    table = pq.read_table(PATH).to_pylist()
    for row in table[:: len(table) // 20]:
        (found,) = contaminated(("cpp",), [row["minhash"]])
        assert found == row["kernel"]
    assert contaminated(("cpp",), [signature({"cpp_forward": "nothing of the kind"}, ("cpp",))]) == [None]


def test_rows_without_cpp_are_not_compared() -> None:
    assert compared(("ptx", "cpp"))
    assert not compared(("cuda", "ptx"))
    known = pq.read_table(PATH)["minhash"][0].as_py()
    assert contaminated(("cuda",), [known]) == [None] != contaminated(("cpp",), [known])


def test_the_table_is_of_the_installed_warp_and_the_normaliser() -> None:
    # If this fails: python -m warpsmith.corpus.contamination
    name = COPIED.partition(":")[0]
    shipped = {row["kernel"]: row["minhash"].hex() for row in pq.read_table(PATH).to_pylist()}
    rows = list(contamination._signatures(Path(wp.__file__).parent / name, name))
    assert {row["kernel"]: row["minhash"] for row in rows} == {k: m for k, m in shipped.items() if k.startswith(name)}
    assert len(rows) == 2
