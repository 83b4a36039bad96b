"""Tuples of values: several names bound at once, and one name for all of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from warpsmith.fuzz.known.known import ANYTHING, GRADIENT, Known
from warpsmith.fuzz.known.trees import simple_statements
from warpsmith.synthesizer.reference import At, Unknown, place
from warpsmith.synthesizer.reference.run.effects import kept, several
from warpsmith.synthesizer.reference.run.tree import assigned, functions, walk


def _bound_to_names(tree: ast.Module) -> Iterator[At]:
    """Tuple assignments of bare names make names of one variable: what is stored into one is stored into the other."""
    for function in functions(tree):
        together = {name for n in walk(function) for name in _bound_together(n)}
        for node in simple_statements(function) if together else ():
            if together.intersection(assigned([node])):
                yield At(place(node), Unknown.PATH)
                yield At(place(node), Unknown.VALUE, tuple(sorted(together)))


def _bound_together(node: ast.AST) -> set[str]:
    """The names on both sides of a tuple assignment that has names in its tuple."""
    if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)):
        return set()
    sources = {e.id for e in node.value.elts if isinstance(e, ast.Name)}
    targets = {e.id for e in walk(node.targets[0]) if isinstance(e, ast.Name)}
    return sources | targets if sources else set()


def _taken_out(tree: ast.Module) -> Iterator[At]:
    """A value that is taken out of a tuple under a name."""
    returning = several(tree)
    for function in functions(tree):
        names = kept(function, returning)
        for node in walk(function) if names else ():
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in names:
                yield At(place(node), Unknown.DERIVATIVE)


KNOWN = (
    Known("tuple-without-a-derivative", GRADIENT, _taken_out),
    Known("tuple-assignment-without-a-copy", ANYTHING, _bound_to_names),
)
