"""Values that a call of their type makes. To rules every struct is one type, ``struct``, whatever its fields."""

from __future__ import annotations

import ast
from typing import Any

from warpsmith.grammar import types
from warpsmith.grammar.likely.scope import STRUCT, TileForm, name_of
from warpsmith.grammar.profile import Form, Rule
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.model import StructType
from warpsmith.synthesizer.checker.objects import StructDef
from warpsmith.synthesizer.profiling.kinds import constructible, drawn, told
from warpsmith.synthesizer.profiling.rules import Untold, floating
from warpsmith.synthesizer.profiling.typed import TypedFunction

_PLACES = ("name", "field", "item", "own", "struct")
"""What yields a struct, or takes a part of one."""
STRUCT_NAME = name_of(STRUCT)


def composite(result: Any, parts: list[Form]) -> list[Form]:
    """The operands of a constructor of a number, vector, matrix, rotation or transform.

    Raises:
        Untold: no program of ours makes such a value of such operands.
    """
    if isinstance(result, TileForm):
        raise Untold("a constructor of something else")
    whole = types.is_composite(result) and types.kind(types.scalar(result)) == "float"
    parts = [floating(p, types.scalar(result)) if whole else p for p in parts]
    if not constructible(result, tuple(p.rule.result for p in parts)):
        raise Untold("a constructor of other operands")
    return parts


def struct(e: ast.Call, called: Any) -> str | None:
    """How a call makes a struct: of nothing, of its fields in order, or of its fields by name; ``None`` otherwise."""
    if not isinstance(called, StructDef):
        return None
    return "struct:named" if e.keywords else "struct:given" if e.args else "struct:new"


def form(head: str, parts: list[Form]) -> Form:
    """A call that makes a struct. Which fields it has is no part of the rule."""
    return Form(Rule(head, (), STRUCT_NAME), tuple(parts))


def checked(head: str, operands: tuple[str, ...], result: str) -> None:
    """That a rule with structs is one that is drawn.

    Raises:
        Untold: it is not.
    """
    if any(STRUCT_NAME in t for t in (*operands, result)) and head.partition(":")[0] not in _PLACES:
        raise Untold("a struct in another expression")


def field(e: ast.Attribute, function: TypedFunction) -> Any:
    """The type of a field of a struct, as programs of ours have it; of one that is stored to, too.

    Raises:
        Untold: no program of ours has it.
    """
    t = _field(e, function)
    if (found := drawn(t)) is None:
        raise Untold("a type that is not known" if t is None else f"a type that is not drawn: {told(t)}")
    return found


def _field(e: ast.Attribute, function: TypedFunction) -> Any:
    whole = _type(e.value, function)
    return whole.fields.get(e.attr) if isinstance(whole, StructType) else None


def _type(e: ast.expr, function: TypedFunction) -> Any:
    """The type of a value, also where it is only a way to what is stored to: the checker does not read it there."""
    if (found := function.type(e)) is not None:
        return found
    if isinstance(e, ast.Name):
        names = (n for n in function.seen if isinstance(n, ast.Name) and n.id == e.id)
        return function.parameters.get(e.id) or next((t for n in names if (t := function.type(n)) is not None), None)
    if isinstance(e, ast.Subscript):
        array = _type(e.value, function)
        return array.dtype if isinstance(array, Array) else None
    return _field(e, function) if isinstance(e, ast.Attribute) else None
