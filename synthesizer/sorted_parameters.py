"""Which arguments of a program's kernel are searched: builtins that look something up in an array want it sorted."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from warpsmith.grammar.program import Program

_WHERE = {"lower_bound": 0, "sample_cdf": 1}
"""The builtins that search, and the place of the array among their operands."""


def sorted_parameters(program: Program) -> dict[str, str]:
    """The kernel's array parameters that a search looks in, itself or through functions that are handed them.

    Returns:
        Parameter name to the builtin that searches it. Views of parameters are not followed.
    """
    if not any(name in program.source for name in _WHERE):
        return {}
    tree = ast.parse(program.source)
    functions = {f.name: f for f in tree.body if isinstance(f, ast.FunctionDef)}
    found: dict[tuple[str, str], str] = {}
    while True:  # ends: there are so many parameters at most, and each round finds another
        new = {key: value for key, value in _handed(functions, found) if key not in found}
        if not new:
            return {name: builtin for (function, name), builtin in found.items() if function == program.entry}
        found |= new


def _handed(
    functions: dict[str, ast.FunctionDef], found: dict[tuple[str, str], str]
) -> Iterator[tuple[tuple[str, str], str]]:
    """For each operand that is searched and a bare name: the function that it stands in and the name, and by what."""
    for caller, function in functions.items():
        for call in ast.walk(function):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in _WHERE:
                operands = [(call.args[_WHERE[name]], name)]
            else:
                given = _bound(functions[name], call) if name in functions else {}
                operands = [(given[p], by) for (callee, p), by in found.items() if callee == name and p in given]
            yield from (((caller, x.id), by) for x, by in operands if isinstance(x, ast.Name))


def _bound(function: ast.FunctionDef, call: ast.Call) -> dict[str, ast.expr]:
    """The operands of a call by parameter."""
    parameters = [a.arg for a in function.args.args]
    return dict(zip(parameters, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg}
