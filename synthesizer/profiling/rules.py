"""Rules made of the rules of their operands, and what is raised where there is none."""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.likely.found import HEAD as FOUND
from warpsmith.grammar.likely.scope import BOTH, RETURNING, name_of
from warpsmith.grammar.profile import Form, Rule
from warpsmith.synthesizer.profiling.kinds import drawn, element
from warpsmith.synthesizer.profiling.spelled import spelled
from warpsmith.synthesizer.profiling.typed import TypedFunction


class Untold(Exception):  # it is no error: something stands there that no rule says
    """No rule says this; the text is the reason."""


def statement(head: str, operands: list[Form], names: tuple[str, ...] = ()) -> Form:
    """A statement that has the operands."""
    return Form(Rule(head, tuple(o.rule.result for o in operands)), tuple(operands), names=names)


def of_parts(result: Any, *operands: Form) -> Any:
    """The type, if its components are those of the operands: a generic function was perhaps read for several types."""
    parts = {types.scalar(types.BY_NAME[o.rule.result]) for o in operands if o.rule.result in types.BY_NAME}
    if isinstance(result, type) and parts != {types.scalar(result)}:
        raise Untold("an operator on several types")
    return result


def floating(form: Form, t: Any) -> Form:
    """A literal integer among a vector's components, as the number that it stands for."""
    if t is wp.float32 and form.head.startswith("const:") and form.rule.result == "int32":
        return Form(Rule(f"const:{float(form.head[6:])!r}", (), "float32"))
    return form


def atomic(text: str, parts: list[Form]) -> Form:
    """A call of an atomic."""
    operands = tuple(p.rule.result for p in parts)
    t = element(operands[0], operands[1:-1])
    if not operands[0].startswith("array") or t is None or name_of(t) != operands[-1]:
        raise Untold("an atomic of other operands")
    return Form(Rule(f"call:{text}", operands, "None"), tuple(parts))


def found(form: Form) -> Form:
    """A call that yields nothing where a value is needed: of an atomic what it finds.

    Raises:
        Untold: it is no atomic.
    """
    if not form.head.startswith("call:wp.atomic_"):
        raise Untold("a call without a value where one is needed")
    rule = Rule(f"{FOUND}:{form.head.partition(':')[2]}", form.rule.operands, form.rule.operands[-1])
    return Form(rule, form.operands)


_CHECKS = ("expect_eq", "expect_neq", "expect_near", "printf", "print")


def checked(s: ast.stmt) -> str | None:
    """What an expectation, an assertion or a print is, whatever it looks at; ``None`` of any other statement."""
    if isinstance(s, ast.Assert):
        return "assert"
    name = (
        spelled(s.value.func).removeprefix("wp.") if isinstance(s, ast.Expr) and isinstance(s.value, ast.Call) else ""
    )
    return name if name in _CHECKS else None


def branch(s: ast.If, typed: TypedFunction, kind: str, known: Collection[str]) -> Rule:
    """Which ``if`` a statement is.

    Args:
        s: the statement.
        typed: the function that it is in.
        kind: ``kernel`` or ``func``.
        known: the names that are bound before.
    """
    if len(s.orelse) == 1 and isinstance(s.orelse[0], ast.If):
        return Rule("elif")
    if not s.orelse:
        return Rule("if")
    if kind == "func" and isinstance(s.body[-1], ast.Return) and isinstance(s.orelse[-1], ast.Return):
        return Rule(RETURNING)
    first, second = _assigned(s.body), _assigned(s.orelse)
    both = [drawn(typed.type(value)) for name, value in first.items() if name in second and name not in known]
    values = [t for t in both if isinstance(t, type) and not types.is_struct(t)]
    return Rule(BOTH, (name_of(values[0]),)) if values else Rule("ifelse")


def _assigned(statements: list[ast.stmt]) -> dict[str, ast.expr]:
    """The names that the statements of a block itself assign to, with the first value of each."""
    found: dict[str, ast.expr] = {}
    for s in statements:
        if isinstance(s, ast.Assign) and isinstance(s.targets[0], ast.Name):
            found.setdefault(s.targets[0].id, s.value)
    return found
