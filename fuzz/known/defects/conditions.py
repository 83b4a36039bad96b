"""Conditions: conjunctions, chains of comparisons, and branches that change what they were chosen by."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set

from warpsmith.fuzz.known.known import ANYTHING, GRADIENT, Known
from warpsmith.fuzz.known.trees import called, dynamic_loops, is_own_call, names_given, statements
from warpsmith.synthesizer.reference import At, Unknown, place
from warpsmith.synthesizer.reference.run.effects import advances, numbers
from warpsmith.synthesizer.reference.run.tree import assigned, functions, names, walk
from warpsmith.synthesizer.reference.run.writes import stores_in_functions


def _calls_lazily(tree: ast.Module) -> Iterator[At]:
    """A conjunction or disjunction with a call of a user's function behind its first operand."""
    for function in functions(tree):
        for node in function.body:
            if any(_calls(o) for n in walk(node) if isinstance(n, ast.BoolOp) for o in n.values[1:]):
                yield At(place(node), Unknown.PATH)


def _calls(node: ast.AST) -> bool:
    """Whether a user's function is called, or a constructor of Python's."""
    return any(map(is_own_call, walk(node)))


def _changes_its_condition(tree: ast.Module) -> Iterator[At]:
    """An ``if`` whose branches change what it asks for."""
    known = numbers(tree)
    for function in functions(tree):
        for node in statements(function):
            if isinstance(node, ast.If) and changes_its_condition(node, known):
                yield At(place(node), Unknown.WRITES)
                if changed := tuple(assigned([node])):
                    yield At(place(node), Unknown.VALUE, changed)


def changes_its_condition(node: ast.If, known: Mapping[str, int]) -> bool:
    """Whether an ``if`` asks for a name which a dynamic loop within it changes.

    Or for a field or an element, of what changes within it: by a store, or in a function that it is given to.
    """
    if isinstance(node.test, ast.Name):
        return any(node.test.id in assigned(loop.body) for loop in dynamic_loops(node, known))
    if not isinstance(node.test, (ast.Attribute, ast.Subscript)):
        return False
    inside = [*node.body, *node.orelse]
    given = {name for s in inside for n in walk(s) if isinstance(n, ast.Call) for name in names_given(n)}
    return not {*assigned(inside), *given}.isdisjoint(names(node.test))


def _chains(tree: ast.Module) -> Iterator[At]:
    """Chains of comparisons all of whose operands Warp evaluates, whatever the first links say.

    Where one advances a random state, nothing is known of that behind the chain, and where one may write to an array,
    of anything that the thread writes. Other operands have no effects, so that it does not show.
    """
    storing = {f.name for f in functions(tree)} if stores_in_functions(tree) else set()
    for node in walk(tree):
        if isinstance(node, ast.Compare) and len(node.ops) > 1:
            behind = [n for operand in node.comparators[1:] for n in walk(operand)]
            if states := tuple(sorted({n.args[0].id for n in behind if advances(n)})):  # type: ignore[attr-defined]
                yield At(place(node), Unknown.VALUE, states)
            if any(_writes(n, storing) for n in behind):
                yield At(place(node), Unknown.WRITES)


def _writes(node: ast.AST, storing: Set[str]) -> bool:
    """Whether it calls an atomic, or one of the functions that may store."""
    return called(node) in storing or called(node).startswith("atomic_")


KNOWN = (
    Known("call-in-a-conjunction", GRADIENT, _calls_lazily),
    Known("condition-changed-in-a-branch", ANYTHING, _changes_its_condition),
    Known("chain-evaluated-to-its-end", ANYTHING, _chains),
)
