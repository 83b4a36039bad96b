"""How much a program that is being drawn may cost: it is drawn until that is spent, and never drawn again.

Everything that is drawn is booked by its name in the table of costs (:mod:`~warpsmith.grammar.costs`), in an unrolled
loop as often as it is repeated. What costs more than a share of the whole is not among what can be drawn; a block ends,
and an expression becomes a leaf, where nothing is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from warpsmith.grammar import types
from warpsmith.grammar.costs import KERNEL, costs, entry, reading, storing
from warpsmith.grammar.grammar import Grammar, default_grammar
from warpsmith.grammar.production import Production
from warpsmith.grammar.types import Value

_SHARE = 3
"""No production costs more than one in so many parts of a budget."""
_SHARE_OF_READING = 5
"""No value costs more to read or to store than one in so many parts."""
_BASIC = 1_200
"""What costs no more may be drawn under any budget: comparisons, conversions, arithmetic of one number."""


class Budget:
    """What a program may still cost, in tokens at one level.

    Args:
        level: one of :data:`~warpsmith.grammar.costs.LEVELS`.
        tokens: of the whole program.

    Attributes:
        left: tokens that may still be spent; negative where something that had to be drawn cost more.
    """

    def __init__(self, level: str, tokens: int) -> None:
        self._costs: Mapping[str, int] = costs(level)
        self._functions: dict[str, float] = {}
        self.tokens = tokens
        self.left: float = tokens - self._costs[KERNEL]

    def cost(self, name: str) -> float:
        """What the table says that something costs, or what a function of the program was found to."""
        return self._functions.get(name.partition("(")[0], self._costs.get(name, 0))

    def spend(self, name: str, copies: int = 1) -> None:
        """Book something that was drawn."""
        self.left -= self.cost(name) * copies

    def affords(self, name: str, copies: int = 1) -> bool:
        """Whether something may still be drawn."""
        return self.cost(name) * copies <= self.left

    def begin_function(self) -> float:
        """A function of the program is drawn next: half of what is left is for it. Returns what was left."""
        before, self.left = self.left, self.left / 2
        return before

    def end_function(self, name: str, before: float) -> None:
        """The function is complete: whoever calls it books what it cost."""
        self._functions[name] = max(0.0, before / 2 - self.left)
        self.left = before


def least(level: str) -> int:
    """The tokens of the smallest program: one that stores what it reads."""
    table = costs(level)
    number = types.find("float", (), types.FLOATS[0]) or types.FLOATS[0]
    return table[KERNEL] + table[reading(number)] + table[storing(number)]


@cache
def affordable(level: str, tokens: int) -> Grammar:
    """The grammar of what a program of so many tokens may use."""
    table = costs(level)

    def kept(p: Production) -> bool:
        dear = max((_moving(table, t) for t in p.mentioned), default=0)
        return table.get(entry(p), 0) <= max(tokens // _SHARE, _BASIC) and dear <= max(
            tokens // _SHARE_OF_READING, 2_000
        )

    return default_grammar().only(kept)


def _moving(table: Mapping[str, int], t: Value) -> int:
    return max(table.get(reading(t), 0), table.get(storing(t), 0))
