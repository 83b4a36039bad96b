"""Counting what people wrote: every rule in its contexts, names by role, annotations, sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from warpsmith.grammar.profile import END, SAME, Form, Rule, RuleContext, parameter_contexts, statement_contexts
from warpsmith.synthesizer.profiling.idioms import Idioms
from warpsmith.synthesizer.profiling.kinds import UNREAD, FunctionForm
from warpsmith.synthesizer.profiling.tally import Tally

_BOUND = {"new": "local", "for": "loop"}
"""What names are that a statement binds."""


CAPTURES = (".attribute", "static()")
"""What is read from outside of a function by no plain name."""


def count(function: FunctionForm, idioms: Idioms, tally: Tally) -> None:
    """Counts one function, with the idioms in it."""
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
    _Counting(function.kind, idioms, tally).block("body", function.body)
    below = [f for statement in function.body for f in statement.everything()]
    for key, what in function.definition:
        _note(tally.sizes, key, what)
    for name, t in sorted({(f.names[0], f.rule.result) for f in below if f.head == "name:constant"}):
        _note(tally.sizes, "constants", name if name in CAPTURES else "name")
        if name.removeprefix("wp.").isidentifier():
            _note(tally.names, f"constant {t}", name)


def _note(table: dict[str, Counter[str]], key: str, what: str) -> None:
    table.setdefault(key, Counter())[what] += 1


class _Counting:
    """Counts the statements of one function.

    Args:
        kind: ``kernel`` or ``func``.
        idioms: what is an idiom.
        tally: where rules are counted.
    """

    def __init__(self, kind: str, idioms: Idioms, tally: Tally) -> None:
        self.kind = kind
        self.idioms = idioms
        self.tally = tally

    def block(self, block: str, statements: Sequence[Form]) -> None:
        """Counts the statements of a block, each as itself and as the beginning of an idiom."""
        before: tuple[str, ...] = ("first",)
        covered = 0
        for number, statement in enumerate(statements):
            if statement.head != UNREAD:
                contexts = statement_contexts(self.kind, block, before)
                self.tally.count(contexts, statement.rule)
                if number >= covered:
                    idiom, covered = self.idioms.longest(statements, number)
                    if idiom is not None:
                        self.tally.count(contexts, idiom)
                _names(statement, self.tally)
                self._operands(statement, block, before[0])
            for inner, below in statement.blocks:
                self.block(inner, below)
            before = (statement.summary, *before)
        if statements:
            self.tally.count(statement_contexts(self.kind, block, before), Rule(END))

    def _operands(self, statement: Form, block: str, before: str) -> None:
        left = ""
        for number, operand in enumerate(statement.operands):
            place = RuleContext((f"{statement.head}#{number}", block, before), left)
            self._expression(operand, place, "" if statement.head == "new" else operand.rule.result)
            left = operand.head

    def _expression(self, form: Form, place: RuleContext, wanted: str, *, covered: bool = False) -> None:
        """Counts an expression and everything below in their contexts."""
        contexts = place.contexts(wanted)
        self.tally.count(contexts, form.rule)
        idiom = None if covered else self.idioms.rule((form,))
        if idiom is not None:
            self.tally.count(contexts, idiom)
            covered = True
        left = ""
        for number, operand in enumerate(form.operands):
            below = place.below(form.head, number, left)
            if number and operand == form.operands[number - 1] and not operand.head.startswith("const:"):
                self.tally.count(below.contexts(operand.rule.result), Rule(SAME, (), operand.rule.result))
                left = SAME
                continue
            self._expression(operand, below, operand.rule.result, covered=covered)
            left = operand.head


def _names(statement: Form, tally: Tally) -> None:
    kind = statement.head.partition(":")[0]
    for name in statement.names:
        if kind == "tid":
            _note(tally.names, "thread int32", name)
        elif kind in _BOUND:
            t = statement.operands[0].rule.result if kind == "new" else "int32"
            _note(tally.names, f"{_BOUND[kind]} {t}", name)
            if kind == "new" and statement.operands[0].head.startswith("call:"):
                _note(tally.names, f"local {t}={statement.operands[0].head}", name)
