"""Edits that put something simpler of the same type in the place of an expression."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

from warpsmith.fuzz.reductions.candidate import Edit, rewriting
from warpsmith.fuzz.reductions.trees import names_in
from warpsmith.fuzz.reductions.view import TypedView, is_array
from warpsmith.grammar import literals, spell, types
from warpsmith.grammar.spell import Expr
from warpsmith.synthesizer.checker.model import StructType
from warpsmith.synthesizer.reading import walk

_OPERANDS = 4
"""How many operands are tried in the place of an expression: the smallest."""


def to_operand(view: TypedView) -> list[Edit]:
    """Replace an expression by one of its operands, or theirs, of its own type; the smallest first."""
    return _in_turn([(e, _operands(view, e)) for _, e in view.expressions()])


def to_input(view: TypedView) -> list[Edit]:
    """Replace an expression by a parameter of its type, or by an element of an array parameter."""
    return _in_turn([(e, _inputs(view, function, e)) for function, e in view.expressions()])


def to_constant(view: TypedView) -> list[Edit]:
    """Replace an expression by a constant of its type; a literal becomes a simpler one."""
    indices = {id(n.value) for f in view.functions.values() for n in walk(f) if isinstance(n, cst.Index)}
    return _in_turn([(e, _constants(view.types[id(e)], e, id(e) in indices)) for _, e in view.expressions()])


def _in_turn(found: list[tuple[Expr, list[Expr]]]) -> list[Edit]:
    """The first alternative of every expression, then the second of each, and so on."""
    most = max((len(alternatives) for _, alternatives in found), default=0)
    return [rewriting({e: alternatives[i]}) for i in range(most) for e, alternatives in found if i < len(alternatives)]


def _operands(view: TypedView, expression: Expr) -> list[Expr]:
    t = view.types[id(expression)]
    inside = [n for n in walk(expression) if n is not expression and isinstance(n, cst.BaseExpression)]
    same = {view.candidate.module.code_for_node(n): n for n in inside if view.types.get(id(n)) == t}
    return [same[text] for text in sorted(same, key=lambda text: (_is_constant(same[text]), len(text)))][:_OPERANDS]


def _is_constant(node: cst.CSTNode) -> bool:
    return all(n.value in ("wp", "True", "False") for n in names_in(node))


def _inputs(view: TypedView, function: cst.FunctionDef, expression: Expr) -> list[Expr]:
    if isinstance(expression, (cst.Name, cst.Integer, cst.Float)):
        return []
    known, t = view.locals[function.name.value], view.types[id(expression)]
    parameters = {p.name.value: known[p.name.value] for p in function.params.params if p.name.value in known}
    written = {a.name for a in view.candidate.launch.arguments if a.written}
    values = [spell.name(name) for name, of in parameters.items() if of == t]
    arrays = [(name, of) for name, of in parameters.items() if is_array(of) and of.dtype == t and name not in written]
    return [*values[:2], *(_element(view, name, of.ndim) for name, of in arrays)][:3]


def _element(view: TypedView, array: str, ndim: int) -> Expr:
    """The thread's own element of an array; where it has more dimensions than there are threads, the first there."""
    threads = thread_names(view.kernel)
    return spell.subscript(spell.name(array), *[*map(spell.name, threads), *[spell.integer(0)] * ndim][:ndim])


def thread_names(kernel: cst.FunctionDef) -> list[str]:
    """What the kernel calls its thread indices, if it asks for them in its first statement."""
    found = thread_line(kernel)
    return [] if found is None else [n.value for n in names_in(found.targets[0])]


def thread_line(kernel: cst.FunctionDef) -> cst.Assign | None:
    """The first statement of a kernel, if it is ``i, j = wp.tid()``."""
    first = kernel.body.body[0]
    assign = first.body[0] if isinstance(first, cst.SimpleStatementLine) else None
    called = assign.value.func if isinstance(assign, cst.Assign) and isinstance(assign.value, cst.Call) else None
    return assign if isinstance(called, cst.Attribute) and called.attr.value == "tid" else None  # type: ignore[return-value]


def _constants(t: Any, expression: Expr, index: bool) -> list[Expr]:
    if index or isinstance(expression, cst.Integer):
        return [spell.integer(n) for n in ((0, 1) if index else (1, 0, 2))]
    if isinstance(expression, cst.Float):
        near = float(f"{float(expression.value):.1g}")
        return [spell.floating(x) for x in (1.0, 0.0, 0.5, 2.0, near)]
    return list(constants(t))


def constants(t: Any) -> Iterator[Expr]:
    """Simple constants of a type: as literals, and where these are no run-time values, as values too."""
    if isinstance(t, StructType):
        yield spell.call(t.label)
    elif types.is_composite(t):
        yield from (spell.call(types.spelling(t)), literals.constant(t, 1))
    elif types.kind(t) == "bool":
        yield from (spell.boolean_literal(True), spell.boolean_literal(False))
    else:
        yield from (literals.constant(t, 1), literals.constant(t, 0), literals.constant(t, 2))
        if types.name(t) in ("int32", "float32"):  # Warp does not change a name bound to a literal in a dynamic loop
            yield spell.call({"int32": "int", "float32": "float"}[types.name(t)], literals.constant(t, 1))
