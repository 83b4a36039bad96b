"""How hard a program is, from its measured shape."""

from __future__ import annotations

import ast
from typing import Any

from warpsmith.grammar import types
from warpsmith.grammar.program import Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.check import check

LEVELS = ((20, "easy"), (40, "medium"), (80, "hard"))
"""Below these scores; ``extreme`` above. A score is lines, and five for each branch, loop and function, and two for
each type, and ten for a gradient."""


def difficulty(program: Program, *, gradient: bool) -> dict[str, Any]:
    """The shape of a program: ``lines`` of bodies, ``functions``, ``branches``, ``loops``, ``types`` of values,
    ``arguments``, whether a ``gradient`` is asked for; and the ``level`` that follows.
    """
    nodes = list(ast.walk(ast.parse(program.source)))
    functions = [n for n in nodes if isinstance(n, ast.FunctionDef)]
    found = {types.name(t) for by_name in check(program.source).locals.values() for t in by_name.values()}
    counts: dict[str, Any] = {
        "lines": sum(isinstance(n, ast.stmt) for f in functions for n in ast.walk(f)) - len(functions),
        "functions": len(functions) - 1,
        "branches": sum(isinstance(n, (ast.If, ast.IfExp)) for n in nodes),
        "loops": sum(isinstance(n, (ast.For, ast.While)) for n in nodes),
        "types": len(found | {types.name(_element(a.type)) for a in program.launch.arguments}),
        "arguments": len(program.launch.arguments),
        "gradient": gradient,
    }
    return {**counts, "level": level(counts)}


def level(counts: dict[str, Any]) -> str:
    """The level of a shape."""
    steps = counts["branches"] + counts["loops"] + counts["functions"]
    score = counts["lines"] + 5 * steps + 2 * counts["types"] + 10 * counts["gradient"]
    return next((name for most, name in LEVELS if score < most), "extreme")


def _element(t: Any) -> Any:
    return t.dtype if isinstance(t, Array) else t
