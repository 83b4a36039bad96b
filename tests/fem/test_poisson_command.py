"""``warpsmith poisson``: what it prints, draws and refuses."""

from __future__ import annotations

import importlib.util
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import warpsmith
from warpsmith.errors import ProblemError


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def run(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        warpsmith.main(["poisson", *map(str, arguments)])
    output, errors = capfd.readouterr()
    return int(ended.value.code or 0), output, errors


def test_json_is_one_object_with_the_figures(capfd: pytest.CaptureFixture[str]) -> None:
    code, output, errors = run(capfd, "--resolution", "16", "--json")
    assert (code, errors) == (0, "")
    found = json.loads(output)
    assert found.keys() == {"dofs", "l2_error", "h1_error", "iterations", "residual"}
    assert found["dofs"] == 17 * 17
    assert 0 < found["l2_error"] < 0.01 < found["h1_error"] < 1
    assert found["residual"] < 1e-9


def test_convergence_adds_the_rates(capfd: pytest.CaptureFixture[str]) -> None:
    code, output, _ = run(capfd, "--resolution", "16", "--convergence", "--json")
    found = json.loads(output)
    assert code == 0
    assert found["rates"] == pytest.approx({"l2": 2.0, "h1": 1.0}, abs=0.1)
    assert found["expected_rates"] == {"l2": 2.0, "h1": 1.0}
    assert [level["resolution"] for level in found["levels"]] == [2, 4, 8, 16]


def test_people_get_a_table(capfd: pytest.CaptureFixture[str]) -> None:
    code, output, errors = run(capfd, "--resolution", "8")
    assert (code, errors) == (0, "")
    assert "81" in output
    assert "L2 error" in output


@pytest.mark.parametrize("ending", [".png", ".svg"])
def test_the_same_command_draws_the_same_picture(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], ending: str
) -> None:
    for name in ("first", "second"):
        assert run(capfd, "--resolution", "8", "--plot", tmp_path / f"{name}{ending}")[0] == 0
    first, second = ((tmp_path / f"{name}{ending}").read_bytes() for name in ("first", "second"))
    assert first == second
    assert first.startswith(b"\x89PNG" if ending == ".png" else b"<?xml")


WRONG = [
    (["--dim", "4"], "4 is not in the range"),
    (["--degree", "0"], "0 is not in the range"),
    (["--degree", "4"], "4 is not in the range"),
    (["--resolution", "0"], "0 is not in the range"),
    (["--geometry", "tet"], "no geometry 'tet' in 2D: choose from grid, tri, quad"),
    (["--geometry", "circle"], "'circle' is not one of"),
    (["--solution", "nice"], "'nice' is not one of"),
    (["--dtype", "float16"], "'float16' is not one of"),
    (["--boundary", "periodic"], "'periodic' is not one of"),
    (["--distortion", "0.1"], "a grid cannot be distorted"),
    (["--geometry", "tri", "--distortion", "nan"], "distortion nan is not between"),
    (["--tolerance", "nan"], "tolerance nan is not between"),
    (["--tolerance", "2"], "tolerance 2 is not between"),
    (["--dtype", "float32", "--tolerance", "1e-9"], "is beyond float32"),
    (["--dim", "3", "--geometry", "adaptive", "--dtype", "float32"], "do not conform"),
    (["--dim", "3", "--geometry", "adaptive", "--discontinuous"], "use --dtype float32"),
    (
        ["--dim", "3", "--geometry", "adaptive", "--resolution", "3", "--discontinuous", "--dtype", "float32"],
        "resolution 3 is odd",
    ),
    (["--convergence", "--resolution", "7"], "resolution 7 cannot be halved"),
    (["--plot", "picture.doc"], "its name has to end in .png, .pdf, .svg"),
    (["--plot", "no/such/folder/picture.png"], "there is no folder"),
]


@pytest.mark.parametrize(("options", "complaint"), WRONG)
def test_wrong_use_is_one_line_and_code_2_and_writes_nothing(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, output, errors = run(capfd, "--plot", "picture.png", *options)
    assert (code, output) == (2, "")
    assert errors.startswith("warpsmith: ")
    assert errors.count("\n") == 1
    assert complaint in errors
    assert list(tmp_path.iterdir()) == []


def test_a_solver_that_does_not_converge_is_code_1_and_draws_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ("--iterations", "3", "--coefficient", "variable", "--plot", tmp_path / "picture.png")
    code, output, errors = run(capfd, *options)
    assert (code, output) == (1, "")
    assert errors.count("\n") == 1
    assert "in 3 iterations" in errors
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_only_plots_are_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    code, _, errors = run(capfd, "--resolution", "4", "--plot", tmp_path / "picture.png")
    assert code == 2
    assert "pip install 'warpsmith[plot]'" in errors
    assert run(capfd, "--resolution", "4")[0] == 0


def test_problems_of_the_library_are_warpsmith_errors() -> None:
    assert issubclass(ProblemError, warpsmith.WarpsmithError)
    assert issubclass(warpsmith.ConvergenceError, warpsmith.WarpsmithError)
