"""Programs by hand for the tests of ir/: one program, versions of it that mean the same, and versions that do not."""

from __future__ import annotations

import re

PROGRAM = """import warp as wp

@wp.struct
class Part:
    place: wp.vec3
    mass: float

@wp.struct
class Pair:
    first: Part
    weight: float

@wp.func
def bend(a: float, b: float):
    if a > b:
        return a * 2.5 + wp.sin(a)
    return (a - b) - 0.25

@wp.func
def spread(v: wp.vec3, p: Part):
    return v * p.mass, bend(v[0], 3.0)

@wp.kernel
def run(xs: wp.array(dtype=float), vs: wp.array(dtype=wp.vec3), pair: Pair, n: int, out: wp.array(dtype=float)):
    i = wp.tid()
    acc = float(0.0)
    for k in range(n):
        acc += xs[i] * float(k)
    q, r = spread(vs[i], pair.first)
    total = bend(acc, 7.0) + r
    vs[i] = q
    pair.weight = total
    out[i] = total + pair.first.place[1] + pair.weight + pair.first.mass
"""

NAMES = {
    "Part": "Stueck", "place": "mass_", "mass": "data", "Pair": "var_2", "first": "x", "weight": "size",
    "bend": "adj_f", "spread": "sin", "run": "kernel", "xs": "dim", "vs": "i_", "pair": "ret", "n": "label0",
    "out": "sin_", "i": "tid", "acc": "var_0", "k": "a", "q": "b", "r": "c", "total": "d", "a": "mass2", "b": "f0",
    "v": "out", "p": "bend",
}  # fmt: skip
"""Old name → new name, chosen to collide with whatever the generated code calls its own things."""


def renamed(source: str, names: dict[str, str]) -> str:
    """Replace identifiers all at once; names after ``wp.`` are Warp's."""
    return re.sub(r"(?<!wp\.)\b[A-Za-z_]\w*", lambda match: names.get(match[0], match[0]), source)


def moved(source: str) -> str:
    """Change the order of definitions, with unused ones in between."""
    head, part, pair, bend, spread, run = re.split(r"\n(?=@wp)", source)
    spare = bend.replace("def bend", "def spare")
    return "\n".join((head, spare, part, bend, pair, spare.replace("spare", "another"), spread, run))


SAME = {
    "renamed": renamed(PROGRAM, NAMES),
    "reformatted": PROGRAM.replace("(a - b) - 0.25", "(\n        (a - b)\n        - 0.2_5)").replace("    ", "  "),
    "commented": "# a head\n"
    + PROGRAM.replace(":\n", ":  # why\n").replace("\n    acc =", "\n    # {brace\n    acc ="),
    "moved": moved(PROGRAM),
    "with a docstring": PROGRAM.replace("b: float):\n", 'b: float):\n    """What bends."""\n'),
}
"""The same program to the code generator."""

DIFFERENT = {
    "operator": PROGRAM.replace("a * 2.5", "a / 2.5"),
    "comparison": PROGRAM.replace("a > b", "a >= b"),
    "builtin": PROGRAM.replace("wp.sin", "wp.cos"),
    "type of an argument": PROGRAM.replace("n: int", "n: wp.int64").replace("in range(n)", "in range(int(n))"),
    "type of a field": PROGRAM.replace("place: wp.vec3", "place: wp.vec4"),
    "field": PROGRAM.replace("pair.first.place[1]", "pair.first.mass"),
    "order of arguments": PROGRAM.replace("bend(acc, 7.0)", "bend(7.0, acc)"),
    "order of evaluation": PROGRAM.replace("(a - b) - 0.25", "a - (b - 0.25)"),
    "order of statements": PROGRAM.replace("    vs[i] = q\n", "").replace(
        "    q, r = spread", "    vs[i] = vs[i] * acc\n    q, r = spread"
    ),
}
"""Programs that differ from it in one thing."""

CONSTANT = PROGRAM.replace("a * 2.5", "a * 2.75").replace("7.0", "9.0")
"""The program with other constants."""

REFUSED_BY_COMPILERS = """import warp as wp

@wp.kernel
def refused(xs: wp.array(dtype=float)):
    assert (xs[0] >
        0.0)
    xs[0] = 1.0
"""
"""Warp quotes an assertion's source in a C string, line break and all, which no C++ compiler takes."""

REFUSED_BY_WARP = """import warp as wp

@wp.kernel
def mixed(xs: wp.array(dtype=float)):
    xs[0] = 1.0 + 1
"""
