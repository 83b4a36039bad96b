"""Edits that take whole statements, branches and loops away."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import libcst as cst

from warpsmith.fuzz.reductions.candidate import Candidate, Edit, rewriting
from warpsmith.fuzz.reductions.dead import Compound, Leaf, leaves, sweep
from warpsmith.fuzz.reductions.trees import Replacement, is_pass, replaced, substituted
from warpsmith.fuzz.reductions.view import TypedView
from warpsmith.grammar import spell


def one_output(view: TypedView) -> list[Edit]:
    """Keep what flows into one array, or into one store, and nothing else."""
    found = [leaf for leaf in leaves(view.kernel, frozenset(view.functions)) if leaf.effects]
    arrays = list(dict.fromkeys(name for leaf in found for name in leaf.effects if name != "return"))
    several = [name for name in arrays if sum(name in leaf.effects for leaf in found) > 1]
    return [*map(_only_array, several), *map(_only_line, found)]


def _only_array(name: str) -> Edit:
    return lambda candidate: _observing(candidate, lambda leaf: name in leaf.effects)


def _only_line(kept: Leaf) -> Edit:
    return lambda candidate: _observing(candidate, lambda leaf: leaf.line is kept.line)


def _observing(candidate: Candidate, wanted: Callable[[Leaf], bool]) -> Candidate | None:
    module = sweep(candidate.module, wanted)
    return None if module is candidate.module else candidate.with_module(module)


def drop(view: TypedView) -> list[Edit]:
    """Leave out one statement, with everything in it."""
    return [rewriting({s: None}) for block in view.blocks() for s in block.body if not is_pass(s)]


def unwrap(view: TypedView) -> list[Edit]:
    """Put the statements of a branch or a loop in its place, or leave an arm out."""
    return [rewriting({node: new}) for node in view.compounds() for new in _unwrapped(node)]


def _unwrapped(node: Compound) -> Iterator[Replacement]:
    if isinstance(node, cst.If):
        yield from _arms(node)
    else:
        body = _without_jumps(node.body)
        if isinstance(node, cst.For) and isinstance(node.target, cst.Name):
            body = substituted(body, {node.target.value: _first(node.iter)})
        yield list(body.body)


def _arms(node: cst.If) -> Iterator[Replacement]:
    yield list(node.body.body)
    if isinstance(node.orelse, cst.If):
        yield node.orelse
    elif node.orelse is not None:
        yield list(node.orelse.body.body)
        if all(map(is_pass, node.body.body)):
            block = cst.ensure_type(node.orelse.body, cst.IndentedBlock)
            yield spell.branch([(spell.unary("not", node.test), block.body)], None)
    if node.orelse is not None:
        yield node.with_changes(orelse=None)


def _without_jumps(block: cst.BaseSuite) -> cst.BaseSuite:
    """The block without the ``break`` and ``continue`` of the loop whose body it is."""
    return replaced(block, {id(s): None for s in _jumps(block)})


def _jumps(block: cst.BaseSuite) -> Iterator[cst.CSTNode]:
    for statement in block.body:
        if isinstance(statement, cst.SimpleStatementLine):
            if any(isinstance(s, (cst.Break, cst.Continue)) for s in statement.body):
                yield statement
        elif isinstance(statement, cst.If):
            arm: cst.If | cst.Else | None = statement
            while arm is not None:
                yield from _jumps(arm.body)
                arm = arm.orelse if isinstance(arm, cst.If) else None


def _first(span: cst.BaseExpression) -> cst.BaseExpression:
    """The first value of a loop over that range, where it is easily said; 0 elsewhere."""
    arguments = [a.value for a in span.args] if isinstance(span, cst.Call) else []
    return arguments[0] if len(arguments) > 1 else spell.integer(0)


def fewer_trips(view: TypedView) -> list[Edit]:
    """Run a loop over a range once or twice: unrolled, and counted at run time."""
    spans = [node.iter for node in view.compounds() if isinstance(node, cst.For)]
    counts = [spell.integer(1), spell.integer(2), spell.call("int", spell.integer(2))]
    return [rewriting({span: spell.call("range", count)}) for count in counts for span in spans]
