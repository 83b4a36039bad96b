"""Forms of statements and kernels that programs have because people do: each is drawn, and every program is valid."""

from __future__ import annotations

import ast
import ctypes
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import warp as wp

from tests.proofs.likeness import fault
from tests.synthesizer.learning import faults
from warpsmith import ir
from warpsmith.grammar.likely import comments, probes
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.case import make_case
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.learn import learn
from warpsmith.synthesizer.profiling.definitions import comment_lines
from warpsmith.synthesizer.reference import evaluate

HERE = Path(__file__).parent / "forms"
COUNT = 200


@pytest.fixture(scope="module")
def flowing() -> Family:
    return kernels_like(learn([HERE / "flow.py"]).profile)


@pytest.fixture(scope="module")
def alone() -> Family:
    return kernels_like(learn([HERE / "alone.py"]).profile)


@pytest.fixture(scope="module")
def programs(flowing: Family) -> list[Program]:
    looping = kernels_like(learn([HERE / "loops.py"]).profile)
    return [family.synthesize(seed) for seed in range(COUNT) for family in (flowing, looping)]


def _assigned(block: list[ast.stmt]) -> set[str]:
    return {s.targets[0].id for s in block if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name)}


def _kernels(tree: ast.Module) -> list[ast.FunctionDef]:
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
    return [f for f in functions if any("wp.kernel" in ast.unparse(d) for d in f.decorator_list)]


def _both(n: ast.AST) -> bool:
    return isinstance(n, ast.If) and bool(_assigned(n.body) & _assigned(n.orelse))


def _returning(n: ast.AST) -> bool:
    return isinstance(n, ast.FunctionDef) and isinstance(last := n.body[-1], ast.If) and len(last.orelse) > 0


def _part_of_element(n: ast.AST) -> bool:
    stored = isinstance(n, (ast.Attribute, ast.Subscript)) and isinstance(n.ctx, ast.Store)
    return stored and isinstance(n.value, ast.Subscript)  # type: ignore[attr-defined]


FORMS: dict[str, Callable[[ast.AST], bool]] = {
    "a name first bound in both arms": _both,
    "an if that returns from both arms, at the end": _returning,
    "a chain of comparisons": lambda n: isinstance(n, ast.Compare) and len(n.ops) > 1,
    "a power": lambda n: isinstance(n, ast.BinOp) and isinstance(n.op, ast.Pow),
    "an endless loop with a break": lambda n: isinstance(n, ast.While) and ast.unparse(n.test) == "True",
    "a counter that is bound anew": lambda n: isinstance(n, ast.While) and isinstance(n.body[-1], ast.Assign),
    "pass": lambda n: isinstance(n, ast.Pass),
    "a call for its effect": lambda n: isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)
    and isinstance(n.value.func, ast.Name),
    "an atomic on bits": lambda n: isinstance(n, ast.Attribute) and n.attr == "atomic_or",
    "the thread within an expression": lambda n: isinstance(n, ast.Subscript) and "wp.tid()" in ast.unparse(n.slice),
    "a component of an element": _part_of_element,
    "a kernel of one statement": lambda n: isinstance(n, ast.Module)
    and any(len(list(ast.walk(k))) > 1 and sum(isinstance(s, ast.stmt) for s in ast.walk(k)) == 2 for k in _kernels(n)),
    "a constant truth value": lambda n: isinstance(n, ast.Module)
    and any(isinstance(s, ast.Assign) and ast.unparse(s.value) in ("True", "wp.constant(True)") for s in n.body),
    "a constant vector": lambda n: isinstance(n, ast.Module)
    and any(isinstance(s, ast.Assign) and "wp.vec3(" in ast.unparse(s.value) for s in n.body),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_people_write_it_and_so_do_programs(programs: list[Program], form: str) -> None:
    assert any(any(map(FORMS[form], ast.walk(ast.parse(p.source)))) for p in programs)


def test_everything_of_them_is_read() -> None:
    assert learn([HERE]).passed_over == {}


def test_programs_with_these_forms_are_valid(flowing: Family, programs: list[Program]) -> None:
    assert faults(flowing, programs[:80]) == []


# --- comments ---------------------------------------------------------------------------------------------------------


def test_comments_stand_where_people_have_them(programs: list[Program]) -> None:
    lines = [line.strip() for p in programs for line in p.source.splitlines()]
    after = {lines[n + 1].split()[0] for n, line in enumerate(lines[:-1]) if line.startswith("# ")}
    assert "if" in after
    assert not after & {"while", "for", "return"}


def test_the_lines_of_comments_alone() -> None:
    assert comment_lines(b'# a\nx = 1  # b\ny = """\n# no\n"""\n  # c\n') == {1, 6}


def test_every_kind_of_statement_with_comments_has_words() -> None:
    assert all(hasattr(ast, kind) and texts for kind, texts in comments.KINDS.items())


# --- kernels without parameters ---------------------------------------------------------------------------------------


def _parameterless(family: Family) -> list[tuple[int, Program]]:
    return [(s, p) for s in range(COUNT) if not (p := family.synthesize(s)).launch.arguments]


def test_kernels_without_parameters_are_valid_and_say_what_holds(
    alone: Family, capfd: pytest.CaptureFixture[str]
) -> None:
    found = _parameterless(alone)
    assert len(found) > 20
    assert [f for seed, p in found if (f := fault(alone, p, seed))] == []
    texts = "".join(p.source for _, p in found)
    assert "wp.expect_eq(" in texts
    assert "wp.expect_near(" in texts
    capfd.readouterr()
    for _, program in found[:5]:
        case = make_case(program, 0)
        evaluate(case.program, case.sets[0], case.adjoints)
        wp.launch(ir.load(program.source).bound(program.entry), program.launch.dim, [], device="cpu")
    ctypes.CDLL(None).fflush(None)
    out, err = capfd.readouterr()
    assert "Error" not in out + err


def test_what_builtins_make_of_literals_is_what_their_records_say() -> None:
    rows = probes._rows()
    assert len(rows) > 30
    for p, operands, result in (row for group in rows.values() for row in group):
        assert p.evaluate is not None
        again = p.evaluate(
            *(np.float32(x) if t is wp.float32 else np.int32(x) for x, t in zip(operands, p.operands, strict=True))
        )
        assert abs(float(again) - result) < 0.001
