"""Shapes of arrays, whose adjoint is written over that of the array."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from warpsmith.fuzz.known.known import CRASH, GRADIENT, Known
from warpsmith.synthesizer.reference import At, Unknown, place
from warpsmith.synthesizer.reference.run.tree import functions, loops, walk


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it, in Warp's order: an index before what it is an index of, a value before its target."""
    yield node
    below: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.Subscript):
        below = [node.slice, node.value]
    elif isinstance(node, (ast.Assign, ast.AugAssign)):
        below = [node.value, *(node.targets if isinstance(node, ast.Assign) else [node.target])]
    for child in below:
        yield from _evaluated(child)


def _shape_of(node: ast.AST) -> str | None:
    """The name whose shape is read."""
    read = isinstance(node, ast.Attribute) and node.attr == "shape" and isinstance(node.value, ast.Name)
    return node.value.id if read else None  # type: ignore[attr-defined]


def _asks_parameters(function: ast.FunctionDef) -> bool:
    """Whether what can be called reads the shape of one of its parameters."""
    if any("kernel" in ast.unparse(d) for d in function.decorator_list):
        return False
    names = {a.arg for a in (*function.args.args, *function.args.kwonlyargs)}
    return any(_shape_of(n) in names for n in walk(function))


def _passes(node: ast.AST) -> set[str]:
    """The names that a call of the program's own hands over."""
    if not isinstance(node, ast.Call) or ast.unparse(node.func).startswith("wp."):
        return set()
    return {n.id for n in (*node.args, *(k.value for k in node.keywords)) if isinstance(n, ast.Name)}


def _read_late(tree: ast.Module) -> Iterator[At]:
    """Reads of an array's shape after the array was used, or in a loop, where it may have been used before.

    What a function reads of a parameter is read where it is called.
    """
    asking = any(map(_asks_parameters, functions(tree)))
    for function in functions(tree):
        repeated = {id(n) for loop in loops(function) for n in walk(loop)}
        used = set[str]()
        shapes = set[int]()
        for node in _evaluated(function):
            name = _shape_of(node)
            read = {name} if name is not None else _passes(node) if asking else set()
            if read and (read & used or id(node) in repeated):
                yield At(place(node), Unknown.ADJOINT)
            if name is not None:
                shapes.add(id(node.value))  # type: ignore[attr-defined]
            elif isinstance(node, ast.Name) and id(node) not in shapes:
                used.add(node.id)


KNOWN = (Known("shape-read-after-an-element", (*GRADIENT, *CRASH), _read_late, ends=True, runs=False),)
"""In release builds, programs run unless an index is negative; in debug builds they end."""
