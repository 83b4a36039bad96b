"""Constants of a file: names bound outside its functions, which kernels and functions read."""

from __future__ import annotations

import libcst as cst
import warp as wp

from warpsmith.grammar import literals, spell, types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.grammar import Palette
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Value

ROLE = "module constant"
"""The role of variables that are constants of the file."""

_NAMES = ("SCALE", "LIMIT", "OFFSET", "AXIS")


def module_constant(chooser: Chooser, palette: Palette, index: int) -> tuple[Variable, Stmt]:
    """A constant of one of the program's types, and the statement that binds it.

    Args:
        chooser: answers the questions.
        palette: what the program is about.
        index: how many constants it has already.
    """
    t = chooser.choose([t for t in palette.types if types.kind(t) not in ("bool", "struct")])
    name = f"{chooser.choose(_NAMES)}{index}"
    value = (
        spell.integer(chooser.integer(2, 6)) if t is wp.int32 and chooser.chance(50) else _value(chooser, palette, t)
    )
    bound = None
    if t is wp.int32 and isinstance(value, cst.Integer):
        bound = int(value.value) + 1
    if chooser.chance(70):
        value = spell.call("wp.constant", value)
    variable = Variable(name, t, mutable=False, unread=False, bound=bound, constant=True, role=ROLE)
    return variable, spell.assign(variable.node, value)


def _value(chooser: Chooser, palette: Palette, t: Value) -> Expr:
    """Literals alone: a number, or a composite value made of numbers."""
    if types.is_scalar(t):
        return literals.literal(chooser, t)
    if types.kind(t) == "transform":
        parts = (types.the("vec", (3,), types.scalar(t)), types.the("quat", (4,), types.scalar(t)))
        return spell.call(types.spelling(t), *(_value(chooser, palette, p) for p in parts))
    count = 1 if types.kind(t) == "mat" else types.shape(t)[0]
    return spell.call(types.spelling(t), *(literals.literal(chooser, types.scalar(t)) for _ in range(count)))
