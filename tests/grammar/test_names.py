"""How programs bind names: in every arm of a branch, again after a block has ended, parameters, whole tuples."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from warpsmith.grammar.program import Program
from warpsmith.synthesizer.kernels import KERNELS

SEEDS = 200


@pytest.fixture(scope="module")
def programs() -> list[Program]:
    return [KERNELS.synthesize(seed) for seed in range(SEEDS)]


def functions(program: Program) -> list[ast.FunctionDef]:
    return [n for n in ast.parse(program.source).body if isinstance(n, ast.FunctionDef)]


def bound(nodes: list[ast.stmt]) -> Iterator[str]:
    """Names that the statements themselves bind, in order; not those of blocks in them."""
    for s in nodes:
        if isinstance(s, ast.Assign):
            targets = s.targets[0].elts if isinstance(s.targets[0], ast.Tuple) else s.targets
            yield from (t.id for t in targets if isinstance(t, ast.Name))


def blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    for inner in ast.walk(node):
        for name in ("body", "orelse"):
            if isinstance(found := getattr(inner, name, None), list):
                yield found


def arms(branch: ast.If) -> list[list[ast.stmt]]:
    """The arms of a branch that has an ``else``; none of another."""
    if not branch.orelse:
        return []
    (first, *rest) = branch.orelse
    if not rest and isinstance(first, ast.If):
        others = arms(first)
        return [branch.body, *others] if others else []
    return [branch.body, branch.orelse]


def in_every_arm(function: ast.FunctionDef) -> set[str]:
    """Names that every arm of a branch binds at its end, and nothing before it."""
    found: set[str] = set()
    for branch in (n for n in ast.walk(function) if isinstance(n, ast.If)):
        before = {
            n.id
            for n in ast.walk(function)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store) and n.lineno < branch.lineno
        }
        common = [set(bound(arm)) for arm in arms(branch)]
        found |= set.intersection(*common) - before if common else set()
    return found


def again(function: ast.FunctionDef) -> set[str]:
    """Names that are bound in two blocks of which neither is in the other."""
    places = Counter(name for block in blocks(function) for name in set(bound(block)))
    return {name for name, count in places.items() if count > 1}


def changed_parameters(function: ast.FunctionDef) -> set[str]:
    stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return stored & {a.arg for a in function.args.args}


def tuples(function: ast.FunctionDef) -> set[str]:
    """Names that the grammar gives to tuples, to which a call is bound, and of which parts are read."""
    called = {
        s.targets[0].id
        for s in ast.walk(function)
        if isinstance(s, ast.Assign)
        and isinstance(s.targets[0], ast.Name)
        and isinstance(s.value, ast.Call)
        and s.targets[0].id.rstrip("0123456789") in ("pair", "both", "found")
    }
    read = {n.value.id for n in ast.walk(function) if isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name)}
    return called & read


@pytest.mark.parametrize("how", [in_every_arm, again, changed_parameters, tuples])
def test_programs_bind_names_so(how: Callable[[ast.FunctionDef], set[str]], programs: list[Program]) -> None:
    having = [p for p in programs if any(how(f) for f in functions(p))]
    assert len(having) > SEEDS / 50


def test_no_name_is_bound_to_a_tuple_twice(programs: list[Program]) -> None:
    for f in (f for p in programs for f in functions(p)):
        loops = [n for n in ast.walk(f) if isinstance(n, (ast.For, ast.While))]
        inside = {name for loop in loops for block in blocks(loop) for name in bound(block)}
        assert not tuples(f) & inside
