"""Input that is odd, broken or made to stop the checker: a line each, no crash, in time, with the next file read."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from warpsmith.synthesizer import check as face
from warpsmith.synthesizer.check import Report, check_file, check_paths, exit_code, summary

GOOD = """import warp as wp


@wp.kernel
def kernel(x: wp.array(dtype=float)):
    x[0] = 1.0
"""
SECONDS = 20.0


def written(folder: Path, text: str | bytes) -> Report:
    file = folder / "odd.py"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    began = time.process_time()
    report = check_file(file)
    assert time.process_time() - began < SECONDS
    return report


@pytest.mark.parametrize(
    "text",
    [
        "def f(:\n",
        b"\xff\xfe\x00import warp",
        GOOD.encode("utf-16"),
        "# -*- coding: no-such-codec -*-\nimport warp as wp\n",
        "import warp as wp\nx = " + "(" * 5000 + "1" + ")" * 5000 + "\n",
        "import warp as wp\nN = " + "9" * 5000 + "\n",
        b"\0" * 1000 + b"warp",
    ],
    ids=["syntax", "binary", "utf-16", "codec", "parentheses", "digits", "zeros"],
)
def test_what_does_not_parse_is_one_diagnostic(tmp_path: Path, text: str | bytes) -> None:
    assert [d.rule for d in written(tmp_path, text).diagnostics] == ["syntax-error"]


@pytest.mark.parametrize("text", [b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("\n", "\r\n").encode()])
def test_a_byte_order_mark_and_other_line_ends_are_read(tmp_path: Path, text: bytes) -> None:
    assert [v.verdict for v in written(tmp_path, text).verdicts] == ["accepted"]


def test_columns_count_characters(tmp_path: Path) -> None:
    (found,) = written(tmp_path, GOOD.replace("1.0", '1.0; s = "äöü"; x[1] = 1')).diagnostics
    assert (found.line, found.column) == (6, 28)


@pytest.mark.parametrize(
    "expression",
    ["10 ** 10 ** 9", "1 << 10 ** 12", "'a' * 10 ** 12", "[0] * 10 ** 12", "9 ** 9 ** 9 ** 9", "-(2 ** 2 ** 40)"],
)
def test_constants_that_explode_are_not_computed(tmp_path: Path, expression: str) -> None:
    text = GOOD.replace("@wp", f"N = {expression}\n\n\n@wp").replace("1.0", "float(N)")
    (verdict,) = written(tmp_path, text).verdicts
    assert verdict.verdict in ("unknown", "refused")


def test_a_long_sum_and_a_long_chain_of_branches_are_followed(tmp_path: Path) -> None:
    chain = "".join(f"    elif x[0] > {i}.0:\n        x[0] = 1.0\n" for i in range(300))
    text = GOOD + "    if x[0] < 0.0:\n        pass\n" + chain
    assert [v.verdict for v in written(tmp_path, text).verdicts] == ["accepted"]
    text = GOOD.replace("1.0", " + ".join(["1.0"] * 1000))
    assert [v.verdict for v in written(tmp_path, text).verdicts] == ["accepted"]


def test_functions_that_call_each_other_twice_are_checked_once(tmp_path: Path) -> None:
    text = "import warp as wp\nfrom typing import Any\n\n\n@wp.func\ndef f0(x: Any):\n    return x\n"
    for n in range(1, 40):
        text += f"\n\n@wp.func\ndef f{n}(x: Any):\n    return f{n - 1}(x) + f{n - 1}(x)\n"
    text += "\n\n@wp.kernel\ndef kernel(x: wp.array(dtype=float)):\n    x[0] = f39(x[0])\n"
    assert {v.verdict for v in written(tmp_path, text).verdicts} == {"accepted"}


def test_a_function_whose_types_grow_is_left(tmp_path: Path) -> None:
    text = """import warp as wp
from typing import Any


@wp.func
def grow(x: Any):
    return grow((x, x))


@wp.kernel
def kernel(x: wp.array(dtype=float)):
    grow(x[0])
"""
    assert {v.verdict for v in written(tmp_path, text).verdicts} <= {"unknown", "refused"}


def test_names_that_are_defined_by_themselves_are_unknown(tmp_path: Path) -> None:
    """Names that stand for each other end the search without a crash; Warp could not import the file at all."""
    text = """import warp as wp

A = B
B = A
T = wp.types.vector(length=T, dtype=T)


@wp.struct
class S:
    s: S
    n: "S"


@wp.kernel
def reads(s: S, t: T):
    x = s.s.s


@wp.kernel
def uses(x: wp.array(dtype=float)):
    x[0] = float(A)
"""
    assert [v.verdict for v in written(tmp_path, text).verdicts] == ["unknown", "unknown"]


def test_a_file_that_raises_when_it_is_imported_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "trap.py").write_text("raise SystemExit('it was run')\nSTEP = 0.5\n")
    text = GOOD.replace("@wp", "from trap import STEP\n\n\n@wp").replace("1.0", "STEP")
    assert [v.verdict for v in written(tmp_path, text).verdicts] == ["accepted"]


def test_files_that_import_each_other_end(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("from b import *\nfrom b import N\n" + GOOD.replace("1.0", "float(N)"))
    (tmp_path / "b.py").write_text("from a import *\nfrom a import N\nimport warp as wp\n")
    reports = check_paths([tmp_path])
    assert [v.verdict for v in reports[0].verdicts] == ["unknown"]


def test_a_folder_with_all_kinds_of_files_is_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "a_folder.py").mkdir()
    (tmp_path / "b_broken.py").symlink_to(tmp_path / "nothing")
    (tmp_path / "c_loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "d_fifo.py")
    (tmp_path / "e_large.py").write_text("import warp as wp\nx = [\n" + "1.0, 2.0,\n" * 1_000_000 + "]\n" + GOOD)
    (tmp_path / "z_good.py").write_text(GOOD)
    began = time.process_time()
    reports = check_paths([tmp_path])
    assert time.process_time() - began < SECONDS
    told = {Path(r.path).name: r.unread for r in reports if r.unread}
    assert told.keys() == {"b_broken.py", "d_fifo.py", "e_large.py"}
    assert [v.verdict for v in reports[-1].verdicts] == ["accepted"]
    assert exit_code(reports) == 0
    assert exit_code(reports, strict=True) == 1


def test_a_fault_of_ours_costs_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text(GOOD)
    checked = face.check_file

    def planted(path: Path, program: object = None) -> Report:
        if Path(path).name == "a.py":
            raise ZeroDivisionError("planted")
        return checked(path, program)  # type: ignore[arg-type]

    monkeypatch.setattr(face, "check_file", planted)
    first, second = check_paths([tmp_path])
    assert first.crash.startswith("ZeroDivisionError: planted")
    assert second.verdicts[0].verdict == "accepted"
    assert "1 files, which is a bug of ours" in summary([first, second])
    assert exit_code([first, second]) == 1


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_paths([tmp_path / "nothing.py"])
