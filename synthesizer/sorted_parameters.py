"""Which array parameters of a kernel must be sorted, because a builtin searches them, and how they are sorted."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from warpsmith.grammar.operations import OPERATIONS
from warpsmith.grammar.program import Program, Step

Sort = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]

_PLACES = {o.name: o.searches for o in OPERATIONS.values() if o.searches is not None}
"""The builtins that search, and the place of the array among their operands."""


def sorted_parameters(program: Program) -> dict[str, Sort]:
    """The kernel's array parameters that a builtin searches, in the kernel or in a function that is passed them.

    Returns:
        Parameter name to what makes sorted data of any other. Views of parameters are not followed.
    """
    if not any(name in program.source for name in _PLACES):
        return {}
    tree = ast.parse(program.source)
    functions = {f.name: f for f in tree.body if isinstance(f, ast.FunctionDef)}
    found: dict[tuple[str, str], str] = {}
    while True:  # ends: there are so many parameters at most, and each round finds another
        new = {key: value for key, value in _searched(functions, found) if key not in found}
        if not new:
            given = [(s.kernel, p.arg, a) for s in program.steps for p, a in _given(functions, s)]
            return {argument: _SORTS[found[f, p]] for f, p, argument in given if (f, p) in found}
        found |= new


def _given(functions: dict[str, ast.FunctionDef], step: Step) -> Iterator[tuple[ast.arg, str]]:
    """Each parameter of the step's kernel with the argument that it is given; none of one not defined at the top."""
    if step.kernel in functions:
        yield from zip(functions[step.kernel].args.args, step.arguments, strict=True)


def _searched(
    functions: dict[str, ast.FunctionDef], found: dict[tuple[str, str], str]
) -> Iterator[tuple[tuple[str, str], str]]:
    """For each operand that is searched and a bare name: the function that it stands in and the name, and by what."""
    for caller, function in functions.items():
        for call in ast.walk(function):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in _PLACES:
                operands = [(call.args[_PLACES[name]], name)]
            else:
                given = _bound(functions[name], call) if name in functions else {}
                operands = [(given[p], by) for (callee, p), by in found.items() if callee == name and p in given]
            yield from (((caller, x.id), by) for x, by in operands if isinstance(x, ast.Name))


def _bound(function: ast.FunctionDef, call: ast.Call) -> dict[str, ast.expr]:
    """The operands of a call by parameter."""
    parameters = [a.arg for a in function.args.args]
    return dict(zip(parameters, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg}


def _ascending(data: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Sorted along the last dimension; NaN, which has no place in an order, as infinity."""
    return np.sort(np.where(np.isnan(data), np.inf, data).astype(data.dtype) if data.dtype.kind == "f" else data)


def _distribution(data: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A cumulative distribution along the last dimension: from 0 on, ascending, the last is 1."""
    weights = np.minimum(_ascending(np.abs(data)), np.float32(1000))
    return np.asarray(weights / np.where(weights[..., -1:] == 0, weights.dtype.type(1), weights[..., -1:]))


_SORTS: dict[str, Sort] = {name: _distribution if OPERATIONS[name].advances else _ascending for name in _PLACES}
"""What the builtins want of the array that they search: one that draws takes a distribution."""
