"""What builtins yield for vectors and matrices of a program's own: Warp's registry has generic records alone."""

from __future__ import annotations

from warpsmith.grammar import types
from warpsmith.grammar.types import Value

_SAME = frozenset(("add", "sub", "neg", "pos", "cw_mul", "cw_div", "normalize", "abs", "sign", "where"))
_EXTREMES = frozenset(("min", "max"))
_NUMBERS = frozenset(("dot", "length", "length_sq", "ddot", "norm_l2", "trace"))


def result_of_own(name: str, operands: tuple[Value, ...]) -> Value | None:
    """The type of the result, by the rules of linear algebra; ``None`` where they do not say."""
    first, last = operands[0], operands[-1]
    part = types.scalar(first)
    if name in _NUMBERS or (name in _EXTREMES and len(operands) == 1):
        return part
    if name in _SAME or (name in _EXTREMES and first is last):
        return last
    if name in ("mul", "div") and types.is_scalar(last):
        return first
    if name == "mul" and types.is_scalar(first):
        return last
    rows, columns = types.shape(first), types.shape(last)
    if name == "transpose":
        return types.of_structure("mat", rows[::-1], part)
    if name == "outer":
        return types.of_structure("mat", (*rows, *columns), part)
    if name == "mul" and rows[-1] == columns[0]:
        shape = (*rows[:-1], *columns[1:])
        return types.of_structure("vec" if len(shape) == 1 else "mat", shape, part)
    return None
