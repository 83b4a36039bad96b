"""Counting what people wrote: every rule in its contexts, names by role, annotations, sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from warpsmith.grammar.likely.forms import UNREAD, Form, FunctionForm
from warpsmith.grammar.profile import END, SAME, Rule, RuleContext, Tally, parameter_contexts, statement_contexts

_BOUND = {"new": "local", "for": "loop"}
"""What names are that a statement binds."""


def count(function: FunctionForm, tally: Tally) -> None:
    """Counts one function."""
    _note(tally.names, function.kind, function.name)
    before: tuple[str, ...] = ()
    for name, t, annotation in function.parameters:
        _note(tally.names, f"param {t}", name)
        _note(tally.styles, t, annotation)
        tally.count(parameter_contexts(function.kind, before), Rule(t))
        before = (t, *before)
    tally.count(parameter_contexts(function.kind, before), Rule(END))
    _note(tally.sizes, function.kind, str(function.statements))
    if function.kind == "func":
        _note(tally.sizes, "returns", str(function.annotated))
    _block(function.kind, "body", function.body, tally)
    below = [f for statement in function.body for f in statement.everything()]
    for name, t in sorted({(f.names[0], f.rule.result) for f in below if f.head == "name:constant"}):
        if name.removeprefix("wp.").isidentifier():
            _note(tally.names, f"constant {t}", name)


def _note(table: dict[str, Counter[str]], key: str, what: str) -> None:
    table.setdefault(key, Counter())[what] += 1


def _block(kind: str, block: str, statements: Sequence[Form], tally: Tally) -> None:
    before: tuple[str, ...] = ("first",)
    for statement in statements:
        if statement.head != UNREAD:
            tally.count(statement_contexts(kind, block, before), statement.rule)
            _names(statement, tally)
            _operands(statement, block, before[0], tally)
        for inner, below in statement.blocks:
            _block(kind, inner, below, tally)
        before = (statement.summary, *before)
    if statements:
        tally.count(statement_contexts(kind, block, before), Rule(END))


def _names(statement: Form, tally: Tally) -> None:
    kind = statement.head.partition(":")[0]
    for name in statement.names:
        if kind == "tid":
            _note(tally.names, "thread int32", name)
        elif kind in _BOUND:
            t = statement.operands[0].rule.result if kind == "new" else "int32"
            _note(tally.names, f"{_BOUND[kind]} {t}", name)


def _operands(statement: Form, block: str, before: str, tally: Tally) -> None:
    left = ""
    for number, operand in enumerate(statement.operands):
        place = RuleContext((f"{statement.head}#{number}", block, before), left)
        expression(operand, place, "" if statement.head == "new" else operand.rule.result, tally)
        left = operand.head


def expression(form: Form, place: RuleContext, wanted: str, tally: Tally) -> None:
    """Counts an expression and everything below in their contexts."""
    tally.count(place.contexts(wanted), form.rule)
    left = ""
    for number, operand in enumerate(form.operands):
        below = place.below(form.head, number, left)
        if number and operand == form.operands[number - 1] and not operand.head.startswith("const:"):
            tally.count(below.contexts(operand.rule.result), Rule(SAME, (), operand.rule.result))
            left = SAME
            continue
        expression(operand, below, operand.rule.result, tally)
        left = operand.head
