"""A grammar: an immutable set of productions, indexed for drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from math import inf

from warpsmith.grammar import types
from warpsmith.grammar.derive import derived
from warpsmith.grammar.exceptions import HEAVY, PRECISION_DEPENDENT
from warpsmith.grammar.production import Production
from warpsmith.grammar.types import Array, Type, Value
from warpsmith.grammar.written import written

Menu = tuple[tuple[tuple[Production, ...], ...], tuple[int, ...]]
"""Productions grouped by builtin, and each group's weight."""


class Grammar:
    """An immutable set of expression productions.

    Attributes:
        productions: them all, in a fixed order.
        types: those of its operands and results, and of the elements of arrays among them.
        differentiable: those through which derivatives lead, grouped by builtin.
        several: those with several results.
        heights: least derivation height of each value type; a literal has height 0.
        shortest: for each composite type, the productions that reach its least height.
    """

    def __init__(self, productions: Iterable[Production]) -> None:
        """Keeps the productions whose operands can be derived at all.

        Literals derive every scalar type; what a composite type takes is found as a least fixpoint.
        """
        candidates = tuple(productions)
        self.heights = _heights(candidates)
        self.productions = tuple(p for p in candidates if _height(p, self.heights) < inf)
        self.shortest: dict[Value, tuple[Production, ...]] = {
            t: tuple(p for p in self.productions if p.result is t and _height(p, self.heights) == h)
            for t, h in self.heights.items()
            if h > 0
        }
        self._bits = {t: 1 << i for i, t in enumerate(types.VALUES)}
        self._masks = {p: self._mask(p) for p in self.productions}
        self.types = frozenset(t for p in self.productions for t in p.mentioned)
        grouped: dict[str, list[Production]] = {}
        for p in self.productions:
            if p.carries:
                grouped.setdefault(p.builtin, []).append(p)
        self.differentiable = tuple(map(tuple, grouped.values()))
        self._by_result: dict[Type, list[Production]] = {}
        self._by_operand: dict[Type, list[Production]] = {}
        self.several: tuple[Production, ...] = tuple(p for p in self.productions if isinstance(p.result, tuple))
        for p in self.productions:
            if isinstance(p.result, type):
                self._by_result.setdefault(p.result, []).append(p)
            for t in dict.fromkeys(p.operands):
                if p.result is not None:
                    self._by_operand.setdefault(t, []).append(p)

    def only(self, keep: Callable[[Production], bool]) -> Grammar:
        """The grammar of those productions that satisfy ``keep``."""
        return Grammar(filter(keep, self.productions))

    def palette(self, allowed: Iterable[Value], own: Iterable[Production] = ()) -> Palette:
        """This grammar, restricted to productions over the ``allowed`` types.

        Args:
            allowed: the types.
            own: productions of the program's own, in addition: those of its structs.
        """
        return Palette(self, tuple(dict.fromkeys(allowed)), tuple(own))

    def _mask(self, p: Production) -> int:
        mask = 0
        for t in p.mentioned:
            mask |= self._bits.get(t, 0)
        return mask


class Palette:
    """A grammar seen through the few types that one program is about: menus made on demand and kept.

    Attributes:
        grammar: the whole.
        types: what the program is about.
        own: productions of the program's own, in addition.
    """

    def __init__(self, grammar: Grammar, allowed: tuple[Value, ...], own: tuple[Production, ...]) -> None:
        self.grammar = grammar
        self.types = allowed
        self.own = own
        self._outside = ~sum(grammar._bits.get(t, 0) for t in allowed)
        self._results: dict[tuple[Type, bool], Menu] = {}
        self._operands: dict[tuple[Type, bool], Menu] = {}

    def yielding(self, t: Value, *, light: bool = False) -> Menu:
        """Productions whose result is ``t``; none of the heavy ones where it should be light."""
        menu = self._results.get((t, light))
        if menu is None:
            own = [p for p in self.own if p.result is t]
            menu = self._results[t, light] = self._menu(self.grammar._by_result.get(t, ()), own, light)
        return menu

    def taking(self, t: Type, *, light: bool = False) -> Menu:
        """Productions that take an operand of type ``t``; none of the heavy ones where it should be light."""
        menu = self._operands.get((t, light))
        if menu is None:
            own = [p for p in self.own if t in p.operands]
            menu = self._operands[t, light] = self._menu(self.grammar._by_operand.get(t, ()), own, light)
        return menu

    def shortest(self, t: Value) -> tuple[Production, ...]:
        """The productions of the composite or struct type ``t`` that are nearest to literals."""
        found = self.grammar.shortest.get(t)
        return found if found is not None else tuple(p for p in self.own if p.result is t and p.builtin in _MADE)

    def _menu(self, productions: Iterable[Production], own: Iterable[Production], light: bool) -> Menu:
        masks, outside = self.grammar._masks, self._outside
        groups: dict[str, list[Production]] = {}
        for p in productions:
            if not masks[p] & outside and not (light and p.builtin in HEAVY):
                groups.setdefault(p.builtin, []).append(p)
        for p in own:
            groups.setdefault(p.builtin, []).append(p)
        return tuple(map(tuple, groups.values())), tuple(max(p.weight for p in g) for g in groups.values())


_MADE = ("struct", "vector", "matrix")
"""What makes values of types of a program's own."""


def _height(p: Production, heights: dict[Value, float]) -> float:
    values = (t for t in p.operands if not isinstance(t, Array))  # an array is a parameter: height 0
    return 1 + max((heights.get(t, inf) for t in values), default=0)


def _heights(productions: tuple[Production, ...]) -> dict[Value, float]:
    heights: dict[Value, float] = dict.fromkeys(types.SCALARS, 0)
    changed = True
    while changed:
        changed = False
        for p in productions:
            h = _height(p, heights)
            if isinstance(p.result, type) and h < heights.get(p.result, inf):
                heights[p.result] = h
                changed = True
    return heights


@cache
def default_grammar() -> Grammar:
    """Everything the installed Warp's registry yields, and everything written by hand."""
    return Grammar((*written(), *derived()))


def plain_grammar(kept: frozenset[Value]) -> Grammar:
    """What of the default grammar has values of those types alone, is the same each time, and compiles quickly."""

    def usable(p: Production) -> bool:
        results = p.result if isinstance(p.result, tuple) else (p.result,)
        return (
            p.builtin not in (HEAVY | PRECISION_DEPENDENT)
            and not p.traits & {"random", "mutates"}
            and not any(isinstance(t, Array) for t in p.operands)
            and all(t in kept for t in (*p.operands, *results))
        )

    return default_grammar().only(usable)
