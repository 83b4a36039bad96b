"""``warpsmith capture`` shows every kernel that a file defines, wherever in it, and tells why it could not show one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.forked import run
from warpsmith.command.capture import diagnostics

EVERYWHERE = """
import warp as wp

@wp.func
def half(x: float):
    return 0.5 * x

def scaling(factor: float, label):
    @wp.kernel(enable_backward=False)
    def scale(x: wp.array(dtype=float)):
        i = wp.tid()
        x[i] = half(x[i]) * wp.static(factor)
    return scale

class Stepper:
    @wp.kernel
    def advance(x: wp.array(dtype=float), dt: float):
        i = wp.tid()
        x[i] = x[i] + dt

    class Inner:
        @wp.kernel(module="unique")
        def reset(x: wp.array(dtype=float)):
            x[wp.tid()] = 0.0

kernels = [scaling(factor, object()) for factor in (2.0, 3.0)]

def plain(x: wp.array(dtype=int)):
    x[wp.tid()] = 1

renamed = wp.kernel(plain)
"""

GENERIC = """
from typing import Any
import warp as wp

@wp.kernel
def copy(x: wp.array(dtype=Any), y: wp.array(dtype=Any)):
    i = wp.tid()
    y[i] = x[i]

for t in (wp.float32, wp.vec3):
    wp.overload(copy, [wp.array(dtype=t), wp.array(dtype=t)])

@wp.kernel
def never(x: wp.array(dtype=Any)):
    x[wp.tid()] = x[0]
"""

BAD = """
import warp as wp

@wp.kernel
def refused(x: wp.array(dtype=float)):
    x[wp.tid()] = 1

@wp.kernel
def uncompilable(a: wp.array(dtype=wp.mat22), out: wp.array(dtype=int)):
    if a[0] != a[1]:
        out[wp.tid()] = 1

@wp.kernel
def fine(out: wp.array(dtype=int)):
    out[wp.tid()] = 1
"""


def capture(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run("capture", *arguments, cwd=folder)


def listed(folder: Path, *arguments: str) -> list[str]:
    done = capture(folder, *arguments, "--list")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def titles(text: str) -> list[str]:
    return [line.removeprefix("==> ").removesuffix(" <==") for line in text.splitlines() if line.startswith("==> ")]


def test_kernels_are_found_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(EVERYWHERE)
    assert listed(tmp_path, "mine.py") == [
        "scaling.scale(factor=2.0)",
        "scaling.scale(factor=3.0)",
        "Stepper.advance",
        "Stepper.Inner.reset",
        "plain",
    ]
    assert listed(tmp_path, "mine.py:scaling.scale") == ["scaling.scale(factor=2.0)", "scaling.scale(factor=3.0)"]
    assert listed(tmp_path, "mine.py:Stepper.advance", "mine.py:plain") == ["Stepper.advance", "plain"]
    done = capture(tmp_path, "mine.py", "--level", "cpp")
    assert done.returncode == 0, done.stderr
    assert [t for t in titles(done.stdout) if "forward" in t][3] == "Stepper.Inner.reset cpp forward"


def test_overloads_go_by_their_types_and_a_generic_kernel_without_any_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(GENERIC)
    done = capture(tmp_path, "mine.py", "--level", "adjoint")
    assert [t for t in titles(done.stdout) if "forward" in t] == [
        "copy[array(1, float32), array(1, float32)] adjoint forward",
        "copy[array(1, vec(3, float32)), array(1, vec(3, float32))] adjoint forward",
    ]
    assert done.returncode == 1
    assert "warpsmith: never: " in done.stderr
    assert "wp.overload" in done.stderr
    assert done.stderr.splitlines()[-1] == "warpsmith: 1 of 3 kernels failed"


def test_all_are_tried_and_failures_are_told_with_what_the_compiler_said(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(BAD)
    done = capture(tmp_path, "mine.py", "--level", "llvm")
    assert done.returncode == 1
    assert titles(done.stdout)[0] == "fine llvm forward"
    assert "warpsmith: refused: " in done.stderr
    assert "warpsmith: uncompilable: cpu compiler: " in done.stderr
    assert "error: invalid operands to binary expression" in done.stderr
    assert "var_" in done.stderr
    assert "warpsmith.cpp" not in done.stderr  # which is gone
    assert done.stderr.splitlines()[-1] == "warpsmith: 2 of 3 kernels failed"


PACKAGE = {
    "outer/__init__.py": "",
    "outer/shapes.py": "import warp as wp\n\n@wp.func\ndef area(r: float):\n    return 3.0 * r * r\n",
    "outer/inner/__init__.py": "",
    "outer/inner/disc.py": (
        "import warp as wp\nfrom ..shapes import area\nfrom outer import shapes\n\nclass Disc:\n    @wp.kernel\n"
        "    def fill(x: wp.array(dtype=float)):\n        i = wp.tid()\n        x[i] = area(x[i]) + shapes.area(x[i])\n"
    ),
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name, text in PACKAGE.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize("folder", [".", "outer/inner"])
def test_a_file_of_a_package_is_imported_as_a_part_of_it(package: Path, folder: str) -> None:
    file = "outer/inner/disc.py" if folder == "." else "disc.py"
    assert listed(package / folder, file) == ["Disc.fill"]


def test_a_module_is_captured_by_its_name(package: Path) -> None:
    assert listed(package, "--from-module", "outer.inner.disc") == ["Disc.fill"]
    done = capture(package, "--from-module", "outer.nowhere")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_files_are_written_below_a_folder(package: Path) -> None:
    done = capture(package, "outer/inner/disc.py", "--level", "cuda", "--out", "kept")
    assert (done.returncode, done.stdout) == (0, "")
    assert sorted(p.name for p in (package / "kept" / "Disc.fill").iterdir()) == [
        "cuda.backward.cu",
        "cuda.forward.cu",
    ]
    assert "area_0" in (package / "kept" / "Disc.fill" / "cuda.forward.cu").read_text()


@pytest.mark.parametrize(
    ("text", "arguments", "code", "told"),
    [
        ("x = 1\n", ("mine.py",), 1, "no kernel is defined in mine.py"),
        ("raise SystemExit(3)\n", ("mine.py",), 2, "cannot import mine.py: SystemExit: 3"),
        ("import nowhere_at_all\n", ("mine.py",), 2, "cannot import mine.py: ModuleNotFoundError"),
        ("from warp.utils import x\n", ("mine.py",), 2, "cannot import mine.py: ImportError"),
        ("", ("other.py",), 2, "no such file: other.py"),
        ("", ("notes.txt",), 2, "not a Python file: notes.txt"),
        ("", (), 2, "name a file"),
        (EVERYWHERE, ("mine.py:nothing",), 2, "mine.py has no kernel 'nothing'; it has scaling.scale"),
    ],
)
def test_what_cannot_be_captured_is_one_line(
    tmp_path: Path, text: str, arguments: tuple[str, ...], code: int, told: str
) -> None:
    (tmp_path / "mine.py").write_text(text)
    done = capture(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_kernel_that_a_file_imports_is_shown_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(EVERYWHERE)
    (tmp_path / "user.py").write_text("from mine import renamed\n")
    assert capture(tmp_path, "user.py").returncode == 1
    assert listed(tmp_path, "user.py:renamed") == ["renamed"]


def test_diagnostics_keep_errors_once_and_no_name_of_a_file() -> None:
    once = "/tmp/x-1/warpsmith.cpp:7:2: error: no\n    7 |  a != b\n      |  ^\n1 error generated.\n"
    log = f"{once}Warp: Compilation with PCH failed, retrying without precompiled headers\n{once}"
    assert diagnostics(log) == "  generated code:7:2: error: no\n      7 |  a != b\n        |  ^"
    assert diagnostics("nothing that is known") == ""
