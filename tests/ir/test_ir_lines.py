"""Which line of Python a line of each level came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ir_programs import PROGRAM

from warpsmith.ir import IR, LEVELS, Level, Loaded, capture, capture_many, line_map, load, load_file
from warpsmith.ir.backend import compilers
from warpsmith.ir.compiled_lines import mark_ptx, unit_lines
from warpsmith.ir.lines import Marks, SourceLine, take_off
from warpsmith.synthesizer.kernels import KERNELS

ONE_OPERATION_A_LINE = """import warp as wp


@wp.func
def root(x: float):
    return wp.sqrt(x)


@wp.kernel
def run(xs: wp.array(dtype=float), ys: wp.array(dtype=float), n: int):
    i = wp.tid()
    a = root(xs[i])
    b = wp.floor(a)
    for k in range(n):
        b += xs[k] * float(k)
    if b > 7.0:
        wp.atomic_max(ys, i, b)
"""
SIGNS = {
    "adjoint": {"wp::sqrt(": 6, "root_0(": 12, "wp::floor(": 13, "wp::atomic_max(": 17, "adj_sqrt(": 6},
    "cpp": {"wp::sqrt(": 6, "root_0(": 12, "wp::floor(": 13, "wp::atomic_max(": 17, "adj_sqrt(": 6},
    "cuda": {"wp::sqrt(": 6, "= root_0(": 12, "wp::floor(": 13, "wp::atomic_max(": 17, "adj_sqrt(": 6},
    "llvm": {"@llvm.sqrt": 6, "@llvm.floor": 13, "call i32 @_wp_isnan": 17},
    "ptx": {"sqrt.rn.f32": 6, "cvt.rmi.f32.f32": 13, "atom.global.cas": 17},
}
"""What a line of a level has in it, and the line of Python that it must be from."""


@pytest.fixture(scope="module")
def captured() -> IR:
    return capture(load(ONE_OPERATION_A_LINE).kernels["run"], LEVELS)


def texts(captured: IR) -> Iterator[tuple[str, str, tuple[SourceLine | None, ...]]]:
    for name, level in captured.levels.items():
        yield f"{name}_forward", level.forward, level.forward_places
        yield f"{name}_backward", level.backward, level.backward_places


def mistaken(captured: IR, level: str, lines: dict[str, list[int]]) -> list[tuple[str, int]]:
    """Lines with one of the signs that are said to be from another line of Python than they are."""
    found = []
    for text in (f"{level}_forward", f"{level}_backward"):
        part = getattr(captured.levels[level], text.rpartition("_")[2]).splitlines()
        for line, number in zip(part, lines[text], strict=True):
            expected = {
                place for sign, place in SIGNS[level].items() if sign in line and not line.startswith("declare")
            }
            # What stands at the head of a function is from its definition.
            if expected and number not in expected | {0 if line.startswith(("func ", "static ")) else -1, 4}:
                found.append((line, number))
    return found


@pytest.mark.parametrize("level", LEVELS)
def test_a_line_is_from_the_python_that_says_it(captured: IR, level: str) -> None:
    lines = line_map(captured)
    assert mistaken(captured, level, lines) == []
    text = captured.levels[level].forward + captured.levels[level].backward
    assert sum(sign in text for sign in SIGNS[level]) == len(SIGNS[level])


@pytest.mark.parametrize("level", LEVELS)
def test_a_map_that_is_off_by_a_line_would_be_seen(captured: IR, level: str) -> None:
    shifted = {text: [0, *numbers[:-1]] for text, numbers in line_map(captured).items()}
    assert mistaken(captured, level, shifted) != []


def test_a_map_has_as_many_lines_as_its_text(captured: IR) -> None:
    for _, text, places in texts(captured):
        assert len(places) == len(text.splitlines())
        assert "\0" not in text
        assert "#line" not in text
        assert ".loc\t" not in text


def test_every_line_of_python_that_computes_is_found_at_every_level(captured: IR) -> None:
    for text, numbers in line_map(captured).items():
        if not text.startswith("llvm"):
            assert {6, 13, 15, 16, 17} <= set(numbers), text


_COMMENT = re.compile(r"\s*// (?P<adj>adj: )?.*<L (?P<line>\d+)>")


def commented(generated: str) -> Iterator[tuple[str, int]]:
    """Statements of forward passes with the line that the comment before them names: Warp's other word on lines."""
    current = None
    for line in generated.splitlines():
        if line.strip() == "// forward":
            current = 0
        elif line.strip() == "// reverse" or line.startswith("}"):
            current = None
        elif (comment := _COMMENT.fullmatch(line)) and current is not None:
            current = int(comment["line"])
        elif current and not line.lstrip().startswith(("#line", "//")):
            yield line, current


def test_lines_are_those_of_the_comments_that_warp_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    generated: list[str] = []
    put = Marks.put
    monkeypatch.setattr(Marks, "put", lambda marks, text: generated.append(text) or put(marks, text))
    statements = 0
    for seed in range(30):
        program = KERNELS.synthesize(seed)
        generated.clear()
        captured = capture(load(program.source).kernels[program.entry], ("cpp",))
        expected = [pair for text in generated if "// primal vars" in text for pair in commented(text)]
        told = dict(
            zip(captured.levels["cpp"].forward.splitlines(), captured.levels["cpp"].forward_places, strict=True)
        )
        for line, number in expected:
            place = told.get(line.replace("warpsmith_entry", captured.name))
            # A statement that stands in the text twice is from either line; declarations are in it, too.
            if place is not None and captured.levels["cpp"].forward.splitlines().count(line) == 1:
                assert place.line == number, (seed, line)
                statements += 1
    assert statements > 500


def test_line_information_does_not_change_what_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    def programs() -> list[Any]:
        drawn = [KERNELS.synthesize(seed) for seed in range(40, 44)]
        return [load(program.source).kernels[program.entry] for program in drawn]

    with_lines = capture_many(programs(), ("ptx",))
    build: Callable[..., None] = compilers.warp_build.build_cuda
    monkeypatch.setattr(compilers.warp_build, "build_cuda", lambda *a, **k: build(*a, **{**k, "lineinfo": False}))
    without = capture_many(programs(), ("ptx",))
    assert with_lines == without
    assert [sum(place is not None for place in level(one).forward_places) for one in without] == [0] * 4
    assert all(sum(place is not None for place in level(one).forward_places) > 10 for one in with_lines)


def level(result: Any) -> Level:
    assert isinstance(result, IR)
    return result.levels["ptx"]


def test_a_frame_that_ptx_uses_is_declared() -> None:
    # 202 has one: it keeps a matrix in memory that is indexed by a variable.
    program = KERNELS.synthesize(202)
    captured = capture(load(program.source).kernels[program.entry], ("ptx",))
    text = captured.levels["ptx"].forward + captured.levels["ptx"].backward
    for function in re.findall(r"^\{\n.*?^\}", text, re.MULTILINE | re.DOTALL):
        assert ("__local_depot;" in function) == (".local .align" in function)


def test_a_function_in_another_file_is_told_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "far_away.py").write_text("import warp as wp\n\n\n@wp.func\ndef far(x: float):\n    return wp.sin(x)\n")
    (tmp_path / "near.py").write_text(
        "import warp as wp\nfrom far_away import far\n\n@wp.kernel\ndef k(x: wp.array(dtype=float)):\n"
        "    x[wp.tid()] = far(2.0)\n"
    )
    loaded: Loaded = load_file(tmp_path / "near.py")
    captured = capture(loaded.kernels["k"], ("cuda",))
    places = dict(
        zip(captured.levels["cuda"].forward.splitlines(), captured.levels["cuda"].forward_places, strict=True)
    )
    (sine,) = [place for line, place in places.items() if "wp::sin(" in line]
    (call,) = [place for line, place in places.items() if "= far_0(" in line]
    assert sine == SourceLine(str(tmp_path / "far_away.py"), 6)
    assert call == SourceLine(str(tmp_path / "near.py"), 6)
    numbers = dict(zip(captured.levels["cuda"].forward.splitlines(), line_map(captured)["cuda_forward"], strict=True))
    assert [number for line, number in numbers.items() if "wp::sin(" in line] == [0]


def test_the_same_program_alone_and_in_company_has_the_same_lines() -> None:
    company = [load(source).kernels["run"] for source in (PROGRAM, ONE_OPERATION_A_LINE)]
    (alone,) = capture_many([load(ONE_OPERATION_A_LINE).kernels["run"]], ("llvm", "ptx"))
    _, among = capture_many(company, ("llvm", "ptx"))
    assert isinstance(alone, IR)
    assert isinstance(among, IR)
    assert line_map(alone) == line_map(among)


def test_a_position_that_was_inlined_twice_is_of_the_statement_at_work() -> None:
    header = [
        "\t.loc\t2 7 1, function_name $a, inlined_at 1 11 1",
        "\tadd.f32 a;",
        "\t.loc\t2 7 1, function_name $a, inlined_at 1 12 1",
        "\tadd.f32 b;",
        "\t.loc\t1 11 1",
        "\tmul.f32 c;",
        "\t.loc\t3 1 1, function_name $b, inlined_at 2 7 1",
        "\tsub.f32 d;",
        "\t.loc\t1 99 1",
        "\tret;",
        "}",
        "\tnone;",
    ]
    text, numbers = take_off(mark_ptx("\n".join(header) + "\n", "1", 11, [0, 1]))
    assert dict(zip(text.splitlines(), numbers, strict=True)) == {
        "\tadd.f32 a;": 0, "\tadd.f32 b;": 1, "\tmul.f32 c;": 0, "\tsub.f32 d;": 0, "\tret;": None, "}": None,
        "\tnone;": None,
    }  # fmt: skip


def test_a_location_in_a_header_is_where_it_was_inlined() -> None:
    metadata = """
  !1 = !DIFile(filename: "/tmp/x/warpsmith.cpp", directory: "")
  !2 = !DIFile(filename: "/warp/native/vec.h", directory: "")
  !3 = distinct !DISubprogram(name: "k", scope: !1, file: !1, line: 4, unit: !9)
  !4 = distinct !DISubprogram(name: "dot", scope: !2, file: !2, line: 8, unit: !9)
  !5 = !DILocation(line: 40, column: 2, scope: !3)
  !6 = !DILocation(line: 9, column: 2, scope: !4, inlinedAt: !5)
  !7 = !DILocation(line: 10, column: 2, scope: !4)
"""
    assert unit_lines(metadata) == {"5": 40, "6": 40}


def test_kernels_that_are_captured_together_keep_their_lines() -> None:
    after = "\n\n@wp.kernel(enable_backward=False)\ndef after(xs: wp.array(dtype=float)):\n    xs[0] = wp.cos(xs[1])\n"
    kernels = load(ONE_OPERATION_A_LINE + after).kernels
    together = capture((kernels["run"], kernels["after"], kernels["run"]), ("cuda", "ptx"))
    for _, text, places in texts(together):
        assert len(places) == len(text.splitlines())
    cuda = zip(together.levels["cuda"].forward.splitlines(), line_map(together)["cuda_forward"], strict=True)
    assert {number for line, number in cuda if "wp::cos(" in line} == {22}
    assert mistaken(together, "cuda", line_map(together)) == []
