"""The ``warpsmith`` command, as a process: what it prints, what it leaves behind, how it ends."""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import warpsmith
from tests import forked
from warpsmith import synthesizer
from warpsmith.corpus.log import LOG

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "tests" / "corpus" / "handwritten_command.py"
COMMAND = [sys.executable, str(SCRIPT)]
ENVIRONMENT = os.environ | {"PYTHONPATH": f"{ROOT}:{SCRIPT.parent}"}
SMALL = ["generate", "--family", "handwritten", "--levels", "cpp", "--jobs", "2"]


def handwritten() -> None:
    """The handwritten families in place of the real ones, as the script has them."""
    sys.path.insert(0, str(SCRIPT.parent))
    synthesizer.FAMILIES = importlib.import_module("handwritten").FAMILIES  # type: ignore[attr-defined]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return forked.run(*arguments, before=handwritten)


def files(path: Path) -> list[str]:
    return sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())


def one_line(text: str) -> bool:
    return text.startswith("warpsmith: ") and text.count("\n") == 1 and text.endswith("\n")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("command") / "corpus"
    done = run(*SMALL, "--count", 20, "--out", path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.count("\n") == 1
    assert "20 kept" in done.stderr
    return path


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command in this process, which is quicker where nothing is to be run."""
    monkeypatch.setattr(synthesizer, "FAMILIES", {"handwritten": None}, raising=False)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--count", "-3"], "-3 is not in the range"),
        (["--count", "0"], "0 is not in the range"),
        (["--count", "many"], "'many' is not a valid integer"),
        (["--count", "5", "--seed", "-1"], "-1 is not in the range"),
        (["--count", "5", "--levels", "cpp,asm"], "unknown level 'asm': choose from adjoint, cpp"),
        (["--count", "5", "--levels", ""], "unknown level ''"),
        (["--count", "5", "--arch", "91"], "unknown architecture 91: choose from 75, 80"),
        (["--count", "5", "--family", "poems"], "unknown family 'poems'"),
        (["--count", "5", "--jobs", "0"], "0 is not in the range"),
        (["--count", "5", "--check", "prove"], "'prove' is not one of"),
        (["--count", "5", "--skeleton-cap", "0"], "0 is not in the range"),
        (["--count", "5", "--colour"], "No such option"),
        ([], "Missing option '--count'"),
    ],
)
def test_wrong_options_are_one_line_and_code_2_and_write_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], here: None, options: list[str], complaint: str
) -> None:
    # The defaults of SMALL come first: the last of an option wins.
    with pytest.raises(SystemExit) as ended:
        warpsmith.main([*SMALL, "--out", str(tmp_path / "corpus"), *options])
    output, errors = capsys.readouterr()
    assert (ended.value.code, output) == (2, "")
    assert one_line(errors)
    assert complaint in errors
    assert files(tmp_path) == []


def test_a_folder_that_is_not_ours_or_not_writable_is_code_2_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    for out, complaint in (
        (tmp_path, "is not empty"),
        (tmp_path / "thesis.txt" / "x", "cannot"),
        ("/proc/x", "cannot"),
    ):
        done = run(*SMALL, "--count", 10, "--out", out)
        assert (done.returncode, done.stdout) == (2, "")
        assert one_line(done.stderr)
        assert complaint in done.stderr
    assert files(tmp_path) == ["thesis.txt"]


def test_a_corpus_of_another_configuration_is_code_2_and_the_same_one_is_left_alone(corpus: Path) -> None:
    before = {name: (corpus / name).read_bytes() for name in files(corpus)}
    other = run(*SMALL, "--count", 20, "--out", corpus, "--levels", "cuda")
    assert other.returncode == 2
    assert one_line(other.stderr)
    assert "levels cpp there, cuda asked" in other.stderr
    same = run(*SMALL, "--count", 20, "--out", corpus)
    assert same.returncode == 0
    assert "nothing to do" in same.stderr
    assert {name: (corpus / name).read_bytes() for name in files(corpus)} == before


def limit_files() -> None:
    handwritten()
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))


def test_a_disk_that_fills_is_one_line_and_leaves_nothing_half_written_and_can_be_resumed(
    corpus: Path, tmp_path: Path
) -> None:
    # The limit lets the manifest through, and no shard.
    out = tmp_path / "corpus"
    done = forked.run(*SMALL, "--count", 20, "--out", out, before=limit_files)
    assert (done.returncode, done.stdout) == (1, "")
    assert one_line(done.stderr)
    assert "File too large" in done.stderr
    assert "again to resume" in done.stderr
    assert set(files(out)) <= {"corpus.json", "units/lock", "units/journal.jsonl"}
    assert run(*SMALL, "--count", 20, "--out", out).returncode == 0
    assert [(out / name).read_bytes() for name in files(out) if name != LOG] == [
        (corpus / name).read_bytes() for name in files(corpus) if name != LOG
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["starting", "working"])
def test_a_stopped_run_leaves_no_worker_and_nothing_half_written(
    tmp_path: Path, number: signal.Signals, moment: str
) -> None:
    out, count = tmp_path / "corpus", 2000
    environment = ENVIRONMENT | {"TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [*COMMAND, *SMALL, "--count", str(count), "--out", out],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    awaited = out / ("units/lock" if moment == "starting" else "units/journal.jsonl")
    wait_for(awaited.exists)
    if number == signal.SIGINT:
        # As a terminal does it: to the whole group.
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (128 + number, "")
    assert one_line(errors)
    assert "again to resume" in errors
    wait_for(lambda: not group(process.pid))
    assert all(name in ("corpus.json", LOG) or name.startswith("units/") for name in files(out))
    assert not list(tmp_path.rglob("*.partial"))
    assert {p.name for p in tmp_path.iterdir()} == {"corpus"}


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def group(leader: int) -> list[int]:
    """Processes of a process group that still exist, the dead that nobody has buried among them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == leader:
            found.append(int(entry.parent.name))
    return found


def test_a_bug_in_a_family_is_one_line_with_a_seed_and_code_1(tmp_path: Path) -> None:
    done = run("generate", "--family", "broken", "--count", 10, "--out", tmp_path / "corpus")
    assert (done.returncode, done.stdout) == (1, "")
    assert one_line(done.stderr)
    assert "broken seed 9: KeyError" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (["stats", "CORPUS"], {"rows", "unique", "levels", "lines", "funnel"}),
        (["verify", "CORPUS", "--sample", "5"], {"files", "rows", "checked", "problems"}),
        (["grammar"], {"registry", "productions"}),
        (["check", str(SCRIPT)], {"files", "diagnostics"}),
    ],
)
def test_json_is_one_object_on_standard_output_and_nothing_else(
    corpus: Path, arguments: Sequence[str], keys: set[str]
) -> None:
    done = run(*(str(corpus) if a == "CORPUS" else a for a in arguments), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert keys <= json.loads(done.stdout).keys()


def test_stats_and_grammar_have_the_figures_that_machines_read(corpus: Path) -> None:
    stats = json.loads(run("stats", corpus, "--json").stdout)
    assert stats["rows"] == 20
    assert stats["unique"].keys() == {"exact", "norm", "skeleton"}
    assert stats["lines"].keys() == {"median", "p90"}
    assert list(stats["levels"]) == ["cpp"]
    registry = json.loads(run("grammar", "--json").stdout)["registry"]
    assert registry.keys() == {"names", "derived", "written", "excluded", "missing"}


@pytest.mark.parametrize("arguments", [["stats", "CORPUS"], ["grammar"], ["--help"], ["generate", "--help"]])
def test_people_get_text(corpus: Path, arguments: Sequence[str]) -> None:
    done = run(*(str(corpus) if a == "CORPUS" else a for a in arguments))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_verify_finds_a_flipped_byte_and_says_where(corpus: Path, tmp_path: Path) -> None:
    subprocess.run(["cp", "-r", corpus, tmp_path / "copy"], check=True)
    file = tmp_path / "copy" / "data" / "train-00000-of-00001.parquet"
    data = bytearray(file.read_bytes())
    data[100] ^= 1
    file.write_bytes(bytes(data))
    done = run("verify", tmp_path / "copy")
    assert done.returncode == 1
    assert "data/train-00000-of-00001.parquet: has another checksum" in done.stdout


@pytest.mark.parametrize("command", ["stats", "verify"])
def test_a_folder_without_a_corpus_is_wrong_use(tmp_path: Path, command: str) -> None:
    done = run(command, tmp_path)
    assert done.returncode == 2
    assert one_line(done.stderr)
    assert "holds no corpus" in done.stderr


def test_show_prints_the_source_and_the_levels_asked_for() -> None:
    done = run("show", 3, "--family", "handwritten", "--level", "cuda", "--level", "ptx")
    assert done.returncode == 0
    assert done.stderr == ""
    titles = [line for line in done.stdout.splitlines() if line.startswith("==>")]
    names = ["source", "cuda forward", "cuda backward", "ptx forward", "ptx backward"]
    assert titles == [f"==> {name} <==" for name in names]
    assert "@wp.kernel\ndef entry(" in done.stdout


KERNELS = """import warp as wp


@wp.kernel
def double(x: wp.array(dtype=float)):
    i = wp.tid()
    x[i] = 2.0 * x[i]


@wp.kernel
def triple(x: wp.array(dtype=float)):
    i = wp.tid()
    x[i] = 3.0 * x[i]
"""


def test_capture_shows_one_kernel_or_all_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(KERNELS)
    every = run("capture", tmp_path / "mine.py", "--level", "cpp")
    assert (every.returncode, every.stderr) == (0, "")
    assert "==> double cpp forward <==" in every.stdout
    assert "==> triple cpp backward <==" in every.stdout
    one = run("capture", f"{tmp_path / 'mine.py'}:triple", "--level", "cpp")
    assert "double" not in one.stdout
    assert "==> triple cpp forward <==" in one.stdout


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("mine.py:quadruple", KERNELS, "has no kernel 'quadruple'; it has double, triple"),
        ("none.py", None, "no such file"),
        ("mine.py", "1 / 0", "ZeroDivisionError"),
    ],
)
def test_capturing_what_is_not_there_is_wrong_use(tmp_path: Path, name: str, text: str | None, complaint: str) -> None:
    if text is not None:
        (tmp_path / "mine.py").write_text(text)
    done = run("capture", tmp_path / name)
    assert (done.returncode, done.stdout) == (2, "")
    assert one_line(done.stderr)
    assert complaint in done.stderr


def test_a_kernel_that_warp_refuses_is_code_1(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(KERNELS.replace("3.0 * x[i]", "wp.dot(x[i], x[i])"))
    done = run("capture", f"{tmp_path / 'mine.py'}:triple")
    assert done.returncode == 1
    assert one_line(done.stderr)


def test_check_reports_file_line_and_column_and_imports_nothing(tmp_path: Path) -> None:
    bad = KERNELS.replace("3.0 * x[i]", "wp.dot(x[i], x[i])") + "\nraise SystemExit(7)\n"
    (tmp_path / "bad.py").write_text(bad)
    (tmp_path / "good.py").write_text(KERNELS)
    done = run("check", tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{tmp_path}/bad.py:13:")
    (found,) = json.loads(run("check", tmp_path, "--json").stdout)["diagnostics"]
    assert found["line"] == 13
    assert run("check", tmp_path / "good.py").returncode == 0
    assert run("check", tmp_path / "none.py").returncode == 2
