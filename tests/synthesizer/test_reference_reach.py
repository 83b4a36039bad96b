"""What a program may do to its arrays, read off its source: through the functions that it calls, too."""

from __future__ import annotations

import ast

from warpsmith.grammar.types import Array
from warpsmith.synthesizer import KERNELS
from warpsmith.synthesizer.reference.run.effects import dynamic, numbers
from warpsmith.synthesizer.reference.run.tree import index
from warpsmith.synthesizer.reference.run.writes import parameters


def indexed(source: str) -> ast.Module:
    tree = ast.parse(source)
    index(tree)
    return tree


SOURCE = """
@wp.func
def put(i: int, out: wp.array(dtype=float), x: float):
    out[i] += x


@wp.func
def pass_on(x: float, i: int, j: int, a: wp.array(dtype=float), b: wp.array(dtype=float)):
    put(i, a, x)
    put(out=b, i=j, x=x)


@wp.kernel
def kernel(a: wp.array(dtype=float), b: wp.array(dtype=float), c: wp.array(dtype=float), n: int):
    i = wp.tid()
    pass_on(c[i], i, n, a, b)
"""


def test_writes_are_followed_through_functions_with_their_places() -> None:
    found = {p.name: (p.written, p.own) for p in parameters(indexed(SOURCE), "kernel")}
    assert found == {"a": (True, True), "b": (True, False), "c": (False, True), "n": (False, True)}


def test_what_generated_programs_write_is_what_their_launches_say() -> None:
    through = 0
    for seed in range(150):
        program = KERNELS.synthesize(seed)
        arrays = {a.name: a.written for a in program.launch.arguments if isinstance(a.type, Array)}
        found = {p.name: p.written for p in parameters(indexed(program.source), program.entry)}
        assert {name: found[name] for name in arrays} == arrays, program.source
        through += "device call" in program.productions
    assert through >= 5


def test_a_loop_up_to_a_constant_is_unrolled() -> None:
    tree = indexed("N = wp.constant(3)\nM = 40\nX = wp.constant(2.0)\nY = wp.float64(3)\n")
    known = numbers(tree)
    assert known == {"N": 3, "M": 40}
    loops = [indexed(f"for i in range({n}):\n    pass").body[0] for n in ("N", "-N", "M", "n", "2, N")]
    assert [dynamic(n, known) for n in loops if isinstance(n, ast.For)] == [False, False, True, True, False]
