"""What a statement of the kernel language is to the grammar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from warpsmith.grammar.body import Body
from warpsmith.grammar.spell import Stmt


def always(body: Body, budget: int) -> bool:
    """A construct that can be drawn anywhere."""
    return True


@dataclass(frozen=True)
class Construct:
    """One kind of statement.

    Attributes:
        name: the field's name for it; programs list it among their productions.
        draw: given the body and how many lines may be spent, the statements.
        weight: how often it is chosen, relative to the others.
        fits: whether it can be drawn at this point with so many lines.
        covers: builtins of Warp's registry that only this statement reaches.
    """

    name: str
    draw: Callable[[Body, int], list[Stmt]]
    weight: int = 10
    fits: Callable[[Body, int], bool] = always
    covers: tuple[str, ...] = ()
