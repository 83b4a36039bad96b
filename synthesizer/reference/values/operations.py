"""Which operation a place of the lowered program stands for, given its operands' types."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from warpsmith.grammar.operations import record
from warpsmith.grammar.types import Tile, Type
from warpsmith.synthesizer.reference.values import tiles
from warpsmith.synthesizer.reference.values.builtins import BoxFunction, builtin
from warpsmith.synthesizer.reference.values.constructs import CONSTRUCTS, augment
from warpsmith.synthesizer.reference.values.objects import observed


@lru_cache(maxsize=1 << 13)  # structs are a program's own: not every operation is met again
def resolve(name: str, operands: tuple[Type, ...], option: Any = None) -> BoxFunction:
    """The operation of that name on operands of those types.

    Args:
        name: a key of Warp's registry, or one of the constructs of :data:`CONSTRUCTS`, or ``augment``.
        operands: types of the operands.
        option: what else the place fixes: the comparison's sign, the attribute's name, the constructor's type.

    Raises:
        NotImplementedError: there is no meaning for it.
    """
    if any(isinstance(t, Tile) for t in operands):
        return tiles.operator(name, operands, option, resolve)
    if name == "augment":
        return augment(operands, option, resolve)
    if record(name).observes:
        return observed(name, operands, option)
    if name in CONSTRUCTS:
        return CONSTRUCTS[name](operands, option)
    return builtin(name, operands)
