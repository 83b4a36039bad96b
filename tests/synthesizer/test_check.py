"""The checker's face: positions, files and folders, purity, other people's code."""

from __future__ import annotations

import ast
from pathlib import Path

import libcst as cst
import warp as wp

from warpsmith.grammar.types import Array
from warpsmith.synthesizer import check as check_module
from warpsmith.synthesizer.check import RULES, Diagnostic, check, check_file, check_paths

WHEEL = Path(wp.__file__).parent
FAULTY = """import warp as wp


@wp.kernel
def kernel(x: float, out: wp.array(dtype=float)):
    i = wp.tid()
    out[i] = x + 1
"""


def test_a_diagnostic_names_file_line_column_rule_and_reason() -> None:
    (found,) = check(cst.parse_module(FAULTY), path="some.py").diagnostics
    assert found == Diagnostic("some.py", 7, 14, "operand-types-differ", "add is not defined for (float32, int32)")
    assert str(found).startswith("some.py:7:14: operand-types-differ: ")
    assert found.rule in RULES


def test_a_tree_with_shared_nodes_has_positions_too() -> None:
    module = cst.parse_module(FAULTY)
    kernel = module.body[-1]
    assert isinstance(kernel, cst.FunctionDef)
    line = kernel.body.body[-1]
    shared = module.with_deep_changes(kernel.body, body=[*kernel.body.body, line, line])
    assert [d.line for d in check(shared).diagnostics] == [7, 8, 9]


def test_locals_have_types_of_the_grammar() -> None:
    found = check(cst.parse_module(FAULTY.replace("+ 1", "+ 1.0")))
    assert found.diagnostics == ()
    assert found.locals == {"kernel": {"x": wp.float32, "out": Array(wp.float32, 1), "i": wp.int32}}


def test_an_unparsable_file_is_a_diagnostic(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty.py").write_text("")
    reports = check_paths([tmp_path])
    assert [[d.rule for d in r.diagnostics] for r in reports] == [["syntax-error"], ["syntax-error"], []]
    assert reports[0].diagnostics[0].line == 2 or reports[1].diagnostics[0].line == 1


def test_the_checked_code_is_neither_imported_nor_run(tmp_path: Path) -> None:
    file = tmp_path / "trap.py"
    file.write_text("import no_such_module\nraise SystemExit('it was run')\n" + FAULTY)
    assert [d.rule for d in check_file(file).diagnostics] == ["operand-types-differ"]


def test_the_checker_imports_types_and_registry_of_the_grammar_and_nothing_else_of_ours() -> None:
    room = Path(check_module.__file__).parent
    allowed = tuple(
        f"warpsmith.{name}" for name in ("synthesizer.check", "grammar.types", "grammar.registry", "grammar")
    )
    for file in (room / "check.py", *(room / "checker").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                if name.split(".")[0] == "warpsmith":
                    assert name.startswith("warpsmith.synthesizer.check") or name in allowed, f"{file.name}: {name}"
                if isinstance(node, ast.ImportFrom) and name == "warpsmith.grammar":
                    assert {a.name for a in node.names} <= {"types", "registry"}, file.name


def test_what_cannot_be_known_is_not_reported() -> None:
    source = """
import warp as wp
import other
from somewhere import helper, Thing

FLAG = other.flag()


@wp.kernel
def kernel(a: other.array_type, t: Thing, out: wp.array(dtype=float)):
    i = wp.tid()
    x = helper(a[i], t.field)
    y, z = other.deep.function(x)
    n = 0
    for j in range(other.COUNT):
        n += 1
    if FLAG:
        w = 1
    else:
        w = 2.0
    out[i] = x + y * z
"""
    assert check(cst.parse_module(source)).diagnostics == ()


def test_no_false_alarm_on_warps_own_examples() -> None:
    reports = check_paths([WHEEL / "examples" / "core", WHEEL / "examples" / "geometry", WHEEL / "_src" / "utils.py"])
    assert sum(r.functions for r in reports) > 30
    assert [str(d) for r in reports for d in r.diagnostics] == []
