"""What a program's text looks like, and how much of it matters, on libcst trees.

Nothing here knows how a tree was drawn, so parsed files are as welcome as built ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from tests.proofs.definitions import definitions, dotted
from tests.proofs.liveness import Dead, DeadStatement, dead
from tests.proofs.uses import is_nothing
from warpsmith.synthesizer.reading import (
    arrays_of,
    decorated,
    last_name,
    remaining,
    root,
    walk,
)

__all__ = ["Dead", "DeadStatement", "Shape", "dead", "shape"]


@dataclass
class Shape:
    """Counts over a whole module.

    Attributes:
        lines: source lines that are not blank.
        statements: statements of kernels and functions; an ``elif`` is one, an ``else`` none.
        loops: ``for`` loops.
        whiles: ``while`` loops.
        branches: ``if`` and ``elif``.
        conditionals: conditional expressions.
        jumps: ``break``, ``continue``, and ``return`` inside a branch or loop.
        loads: reads of array elements.
        stores: writes of array elements, compound ones included.
        atomics: calls of atomics.
        component_stores: writes of components of local values.
        functions: user functions defined.
        structs: structs defined.
        calls: calls of them.
        depth: greatest nesting of branches and loops.
        builtins: distinct builtins called.
    """

    lines: int = 0
    statements: int = 0
    loops: int = 0
    whiles: int = 0
    branches: int = 0
    conditionals: int = 0
    jumps: int = 0
    loads: int = 0
    stores: int = 0
    atomics: int = 0
    component_stores: int = 0
    functions: int = 0
    structs: int = 0
    calls: int = 0
    depth: int = 0
    builtins: set[str] = field(default_factory=set)


def shape(module: cst.Module) -> Shape:
    """Counts what a module is made of."""
    result = Shape(lines=sum(bool(line.strip()) for line in module.code.splitlines()))
    defined = definitions(module)
    classes = {s.name.value for s in module.body if isinstance(s, cst.ClassDef) and decorated(s, "struct")}
    result.structs = len(classes)
    for node in defined.values():
        result.functions += not decorated(node, "kernel")
        arrays = arrays_of(node)
        _count_block(result, node.body, 0)
        for inner in walk(node.body):
            _count(result, inner, arrays, set(defined))
    result.builtins -= classes
    result.loads -= result.stores  # a store's target was counted as a read first
    return result


def _count_block(result: Shape, block: cst.BaseSuite, depth: int) -> None:
    result.depth = max(result.depth, depth)
    for statement in block.body:
        if isinstance(statement, cst.SimpleStatementLine):
            small = [s for s in statement.body if not is_nothing(s)]
            result.statements += len(small)
            result.jumps += sum(isinstance(s, (cst.Break, cst.Continue)) for s in small)
            result.jumps += depth > 0 and any(isinstance(s, cst.Return) for s in small)
        elif isinstance(statement, (cst.If, cst.For, cst.While)):
            _count_compound(result, statement, depth)


def _count_compound(result: Shape, node: cst.If | cst.For | cst.While, depth: int) -> None:
    result.statements += 1
    result.branches += isinstance(node, cst.If)
    result.loops += isinstance(node, cst.For)
    result.whiles += isinstance(node, cst.While)
    _count_block(result, node.body, depth + 1)
    if isinstance(node.orelse, cst.If):
        _count_compound(result, node.orelse, depth)
    elif node.orelse is not None:
        _count_block(result, node.orelse.body, depth + 1)


def _count(result: Shape, node: cst.CSTNode, arrays: dict[str, int], defined: set[str]) -> None:
    if isinstance(node, cst.Call):
        name = last_name(node.func)
        if dotted(node.func) in defined:
            result.calls += 1
        elif name:
            result.builtins.add(name)
            result.atomics += name.startswith("atomic_")
    elif isinstance(node, cst.IfExp):
        result.conditionals += 1
    elif isinstance(node, cst.Subscript):
        result.loads += bool(remaining(node.value, arrays)) and not remaining(node, arrays)
    elif isinstance(node, (cst.AssignTarget, cst.AugAssign)) and isinstance(
        node.target, (cst.Subscript, cst.Attribute)
    ):
        if root(node.target)[0] in arrays:
            result.stores += 1
        else:
            result.component_stores += 1
