"""Shapes of arrays, whose adjoint is written over that of the array."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from warpsmith.fuzz.known.known import CRASH, GRADIENT, Known
from warpsmith.synthesizer.reference import At, Unknown, place
from warpsmith.synthesizer.reference.run.tree import functions, loops, walk


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it, in the order in which Warp evaluates them: an index before what it is an index of."""
    yield node
    below = [node.slice, node.value] if isinstance(node, ast.Subscript) else ast.iter_child_nodes(node)
    for child in below:
        yield from _evaluated(child)


def _read_late(tree: ast.Module) -> Iterator[At]:
    """Reads of an array's shape after the array was used, or in a loop, where it may have been used before."""
    for function in functions(tree):
        repeated = {id(n) for loop in loops(function) for n in walk(loop)}
        used = set[str]()
        shapes = dict[int, ast.Attribute]()
        for node in _evaluated(function):
            if isinstance(node, ast.Attribute) and node.attr == "shape" and isinstance(node.value, ast.Name):
                shapes[id(node.value)] = node
                if node.value.id in used or id(node) in repeated:
                    yield At(place(node), Unknown.ADJOINT)
            elif isinstance(node, ast.Name) and id(node) not in shapes:
                used.add(node.id)


KNOWN = (Known("shape-read-after-an-element", (*GRADIENT, *CRASH), _read_late, ends=True, runs=False),)
"""In release builds, programs run unless an index is negative; in debug builds they end."""
