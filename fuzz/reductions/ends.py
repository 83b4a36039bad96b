"""Keeping loops that end: a reduction that takes a loop's counter or its bound away would be judged for a long time."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from warpsmith.fuzz.reductions.dead import statements
from warpsmith.fuzz.reductions.trees import names_in
from warpsmith.synthesizer.reading import functions, last_name, walk

_MOST = 1000


class Ends:
    """Whether candidates' loops end as surely as those of the program that the reduction starts from.

    Of a ``while``, it asks for a counter that the test reads and that goes up at the top of the body; of a range, for
    a bound that is a literal, cut to one, or the same as in the first program. Where the first program has a ``while``
    without such a counter, nothing is asked of any.
    """

    def __init__(self, start: cst.Module) -> None:
        self._spans = {text(a) for a in _bounds(start)}
        self._counted = all(map(_counts, _whiles(start)))

    def sure(self, module: cst.Module) -> bool:
        """Whether the loops of the module end, as far as can be seen."""
        counted = not self._counted or all(map(_counts, _whiles(module)))
        return counted and all(_bounded(a) or text(a) in self._spans for a in _bounds(module))


def text(node: cst.CSTNode) -> str:
    """How a part is spelled."""
    return _EMPTY.code_for_node(node)


_EMPTY = cst.Module([])


def _whiles(module: cst.Module) -> Iterator[cst.While]:
    for function in functions(module).values():
        yield from (node for node, _ in statements(function.body) if isinstance(node, cst.While))


def _bounds(module: cst.Module) -> Iterator[cst.BaseExpression]:
    for function in functions(module).values():
        spans = (node.iter for node, _ in statements(function.body) if isinstance(node, cst.For))
        calls = (n for span in spans for n in walk(span) if isinstance(n, cst.Call) and last_name(n.func) == "range")
        yield from (a.value for call in calls for a in call.args)


def _counts(node: cst.While) -> bool:
    """Whether the body begins by counting up, in a name that the test compares and nothing else in the body changes."""
    first = node.body.body[0]
    count = first.body[0] if isinstance(first, cst.SimpleStatementLine) else None
    if not (isinstance(count, cst.AugAssign) and isinstance(count.operator, cst.AddAssign) and _positive(count.value)):
        return False
    name = text(count.target)
    changes = sum(text(n.target) == name for n in walk(node.body) if isinstance(n, (cst.AssignTarget, cst.AugAssign)))
    return changes == 1 and any(n.value == name for n in names_in(node.test))


def _positive(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Integer) and int(node.value) > 0


def _bounded(node: cst.BaseExpression) -> bool:
    """Whether an integer cannot be greater than some literal in it."""
    if isinstance(node, cst.Integer):
        return int(node.value) <= _MOST
    if isinstance(node, cst.UnaryOperation):
        return isinstance(node.expression, cst.Integer)
    if isinstance(node, cst.BinaryOperation):
        sides = (_bounded(node.left), _bounded(node.right))
        return any(sides) if isinstance(node.operator, (cst.BitAnd, cst.Modulo)) else all(sides)
    if not isinstance(node, cst.Call) or not node.args:
        return False
    arguments = [_bounded(a.value) for a in node.args]
    bounded = {"min": any(arguments), "clamp": arguments[-1], "max": all(arguments), "int": all(arguments)}
    return bounded.get(last_name(node.func), False)
