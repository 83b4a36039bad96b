"""Comments above statements, as often as people have them there: what a statement is about, in words of its names."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.profile import Table
from warpsmith.grammar.spell import Stmt

KINDS = {
    "Assign": ("compute {}", "{}", "get {}"),
    "AugAssign": ("accumulate {}", "update {}"),
    "If": ("check {}", "handle {}", "depending on {}"),
    "For": ("loop over {}", "for each {}", "iterate over {}"),
    "While": ("repeat for {}", "count {}"),
    "Return": ("result", "done"),
    "Expr": ("update {}",),
}
"""What is said above each kind of statement, by the class of its node in Python's and in libcst's trees."""
_SHORTEST = 2
"""A name of so many letters is no word."""
_WARP = ("wp", "int", "float", "bool", "range")


def commented(chooser: Chooser, sizes: Table, statement: Stmt) -> Stmt:
    """The statement, with a comment above as often as people have one above its kind."""
    inner = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else statement
    kind = type(inner).__name__
    counts = sizes.get(f"comment {kind}", {})
    total = sum(counts.values())
    if not total or chooser.integer(0, total - 1) >= counts.get("True", 0):
        return statement
    words = next(_names(inner), "").replace("_", " ").strip()
    phrases = [p for p in KINDS[kind] if words or "{}" not in p]
    if not phrases:
        return statement
    text = chooser.choose(phrases).format(words)
    text = text[:1].upper() + text[1:] if chooser.chance(50) else text
    return statement.with_changes(leading_lines=[cst.EmptyLine(comment=cst.Comment(f"# {text}"))])


def _names(node: cst.CSTNode) -> Iterator[str]:
    """The names of a statement's own, in order."""
    if isinstance(node, cst.Name):
        if node.value not in _WARP and len(node.value) > _SHORTEST:
            yield node.value
    elif isinstance(node, cst.Attribute):
        yield from _names(node.value)
    elif not isinstance(node, cst.IndentedBlock):
        for child in node.children:
            yield from _names(child)
