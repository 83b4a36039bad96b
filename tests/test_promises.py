"""The promises, by their names, each over a few seeds; ``tests/proofs`` measures them over thousands."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import numpy as np
import pytest

from tests.sound import sound_seeds
from tests.synthesizer.witness import disagreements, local_types
from warpsmith.errors import ExecutionError
from warpsmith.grammar.program import Program
from warpsmith.grammar.types import Array
from warpsmith.ir import IR, capture_many, load
from warpsmith.ir.execute import Executor
from warpsmith.synthesizer import KERNELS
from warpsmith.synthesizer.check import check
from warpsmith.synthesizer.inputs import inputs

ROOT = Path(__file__).resolve().parent.parent
SEEDS = sound_seeds(6)
LEVELS = ("adjoint", "cpp", "cuda", "ptx")


@pytest.fixture(scope="module")
def programs() -> list[Program]:
    return [KERNELS.synthesize(seed) for seed in SEEDS]


def test_always_valid(programs: list[Program]) -> None:
    """One program a seed, none filtered: the checker accepts it, so does Warp, so do Clang and NVRTC."""
    loaded = [load(p.source) for p in programs]
    try:
        kernels = [m.kernels[p.entry] for m, p in zip(loaded, programs, strict=True)]
        captured = capture_many(kernels, LEVELS, compile_cpu=True)
    finally:
        for module in loaded:
            module.unload()
    for program, result in zip(programs, captured, strict=True):
        assert check(program.module).diagnostics == (), program.source
        assert isinstance(result, IR), (result, program.source)
        assert set(result.levels) == set(LEVELS)


TRAPPED = "integer-divide-by-zero,shift-exponent,float-cast-overflow"
STRICT = f"""import warp as wp
wp.set_module_options({{"mode": "debug", "cpu_compiler_flags": "-fsanitize={TRAPPED} -fsanitize-trap={TRAPPED}"}})
"""
"""Clang traps what C++ leaves undefined, and Warp asserts, in debug mode, that every index is in bounds."""


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Executor(timeout=120) as opened:
        yield opened


def strict(source: str) -> str:
    return source.replace("import warp as wp\n", STRICT, 1)


def test_defined(executor: Executor, programs: list[Program]) -> None:
    """Every launch ends, traps set: in bounds, no division by zero, no undefined shift or cast, no endless loop."""
    for seed, program in enumerate(programs):
        data = inputs(program, seed)
        executor.run(strict(program.source), program.entry, program.launch.dim, data)


@pytest.mark.parametrize(
    "statement",
    [
        "x[i + 4] = 1",
        "x[i] = y[x[i] + 100]",
        "x[i] = y[i] // x[i]",
        "x[i] = y[i] % x[i]",
        "x[i] = y[i] << (x[i] + 40)",
        "x[i] = int(wp.float64(y[i] + 1) * wp.float64(1.0e30))",
        "while x[i] == 0:\n        x[i] = 0",
    ],
)
def test_what_is_not_defined_would_be_seen(statement: str) -> None:
    source = (
        "import warp as wp\n\n\n@wp.kernel\ndef kernel(x: wp.array(dtype=wp.int32), y: wp.array(dtype=wp.int32)):\n"
        f"    i = wp.tid()\n    {statement}\n"
    )
    assert check(cst.parse_module(source)).diagnostics == ()
    data = [np.zeros(4, np.int32), np.arange(4, dtype=np.int32)]
    with Executor(timeout=10) as fresh, pytest.raises(ExecutionError, match=r"crashed its process|ran past"):
        fresh.run(strict(source), "kernel", 4, data)


def races(program: Program) -> list[str]:
    """Written arrays whose elements another thread may be at, and thread indices that do not stay what they are.

    Each thread may touch its own cell of an array that is written, which is indexed by the names that ``tid()`` was
    bound to in the kernel's first line, or by the parameters that they were passed for. Any other element is for
    atomics alone, and nobody may use what they return.
    """
    definitions = [n for n in ast.parse(program.source).body if isinstance(n, ast.FunctionDef)]
    (kernel,) = [n for n in definitions if n.name == program.entry]
    first = kernel.body[0]
    assert isinstance(first, ast.Assign)
    assert ast.unparse(first.value) == "wp.tid()"
    own = tuple(ast.unparse(first.targets[0]).strip("()").split(", "))
    found = []
    for array in (a.name for a in program.launch.arguments if isinstance(a.type, Array) and a.written):
        uses = list(_uses(definitions, kernel, own, array))
        if not (all(cell for cell, _ in uses) or all(unused for _, unused in uses)):
            found.append(array)
    stored = [n.id for n in ast.walk(kernel) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    return found + [name for name in own if stored.count(name) != 1]


def _uses(
    definitions: list[ast.FunctionDef],
    function: ast.FunctionDef,
    own: tuple[str, ...],
    array: str,
    path: tuple[str, ...] = (),
) -> Iterator[tuple[bool, bool]]:
    """For each use of the array: whether it is of the thread's own cell, and whether an atomic's whose result is lost.

    Args:
        definitions: the program's functions.
        function: the one that is looked at.
        own: the names of the thread's indices in it.
        array: the array's name in it, or that of a view.
        path: the indices that the view was taken with.
    """
    above = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
    for node in (n for n in above if isinstance(n, ast.Name) and n.id == array and isinstance(n.ctx, ast.Load)):
        part: ast.AST = node
        at = path
        while isinstance(user := above[part], ast.Subscript) and part is user.value:
            part, at = user, (*at, *_indices(user))
        call = above[user] if isinstance(user, ast.keyword) else user
        if at[: len(own)] == own:
            yield True, False
        elif isinstance(user, ast.Assign) and part is user.value and isinstance(user.targets[0], ast.Name):
            yield from _uses(definitions, function, own, user.targets[0].id, at)
        elif isinstance(user, ast.Call) and ast.unparse(user.func).startswith("wp.atomic_"):
            yield (*at, *map(ast.unparse, user.args[1:]))[: len(own)] == own, isinstance(above[user], ast.Expr)
        elif (called := _parameter(definitions, call, part)) is not None:
            callee, name, given = called
            theirs = tuple(next((n for n in given if ast.unparse(given[n]) == o), "") for o in own)
            yield from _uses(definitions, callee, theirs, name, at)
        else:
            yield False, False


def _indices(node: ast.Subscript) -> list[str]:
    return [ast.unparse(i) for i in (node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice])]


def _parameter(
    definitions: list[ast.FunctionDef], call: ast.AST, part: ast.AST
) -> tuple[ast.FunctionDef, str, dict[str, ast.expr]] | None:
    """The function that is called with that part, the parameter it is passed for, and all that is passed."""
    if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
        return None
    for callee in (d for d in definitions if d.name == call.func.id):
        names = [a.arg for a in callee.args.args]
        given = dict(zip(names, call.args, strict=False)) | {str(k.arg): k.value for k in call.keywords}
        return callee, next(n for n, value in given.items() if value is part), given
    return None


def test_defined_without_data_races() -> None:
    for seed in range(300):
        program = KERNELS.synthesize(seed)
        assert races(program) == [], program.source


def test_a_data_race_would_be_seen(programs: list[Program]) -> None:
    program = next(p for p in programs if any(a.written and a.shape == p.launch.dim for a in p.launch.arguments))
    assert races(program) == []
    out = next(a.name for a in program.launch.arguments if a.written and a.shape == program.launch.dim)
    others = ", ".join("0" for _ in program.launch.dim)
    racing = cst.parse_module(program.source + f"    {out}[{others}] = {out}[{others}]\n")
    assert races(Program(racing, program.entry, program.launch, (), ())) == [out]


DIGESTS = """
import json, sys
from warpsmith.ir import capture_many, load
from warpsmith.synthesizer import KERNELS
programs = {seed: KERNELS.synthesize(seed) for seed in map(int, sys.argv[1:])}
loaded = {seed: load(p.source) for seed, p in programs.items()}
kernels = [loaded[seed].kernels[p.entry] for seed, p in programs.items()]
irs = zip(programs, capture_many(kernels, ("adjoint", "cpp", "cuda")))
found = {seed: {name: level.exact for name, level in made.levels.items()} for seed, made in irs}
print(json.dumps({seed: [programs[seed].source, found[seed]] for seed in sorted(programs)}))
"""


def test_deterministic() -> None:
    """Another process, another hash seed, another order: the same programs and the same IR, to the byte."""
    seeds = [str(seed) for seed in SEEDS]
    made = []
    for hash_seed, order in (("0", seeds), ("1", seeds[::-1])):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        run = [sys.executable, "-c", DIGESTS, *order]
        done = subprocess.run(run, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
        made.append(json.loads(done.stdout.splitlines()[-1]))
    assert made[0] == made[1]
    assert len({digests["cpp"] for _, digests in made[0].values()}) == len(SEEDS)


def test_deterministic_from_the_choices(programs: list[Program]) -> None:
    for program in programs:
        again = KERNELS.replay(program.choices)
        assert (again.source, again.launch, again.choices) == (program.source, program.launch, program.choices)


def test_checked_by_somebody_else(programs: list[Program]) -> None:
    """The checker, which is not told how a program was drawn, infers for every local the type that Warp infers."""
    for program in programs:
        report = check(cst.parse_module(program.source))
        assert report.diagnostics == ()
        assert disagreements(report, local_types(program.source)) == [], program.source
