"""Productions that a profile does not know: drawn now and then, so that the rare stays in reach."""

from __future__ import annotations

from functools import cache

from warpsmith.grammar import types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.exceptions import HEAVY
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.operations import OPERATIONS
from warpsmith.grammar.production import Production

Menu = dict[str, list[tuple[Production, frozenset[str]]]]
"""Productions by builtin, each with the names of its operands' types."""

_UNEVEN = frozenset(o.name for o in OPERATIONS.values() if o.sets or o.searches is not None)
"""They write to an operand, or search an array."""


@cache
def rare(result: str) -> Menu:
    """The productions of that result, or of any if it is ``""``, whose operands are values."""
    found: Menu = {}
    for p in default_grammar().productions:
        if isinstance(p.result, type) and result in ("", types.name(p.result)) and _plain(p):
            found.setdefault(p.builtin, []).append((p, frozenset(map(types.name, p.operands))))
    return found


def featured(chooser: Chooser, count: int) -> list[Production]:
    """So many productions, whose types the program will have for their sake: every builtin has its turn."""
    menu = rare("")
    return [chooser.choose(menu[chooser.choose(list(menu))])[0] for _ in range(count)]


def _plain(p: Production) -> bool:
    if p.builtin in HEAVY or p.builtin in _UNEVEN or "random" in p.traits or not p.operands:
        return False
    if not all(isinstance(t, type) for t in p.operands):
        return False
    return all(n is None or types.is_scalar(t) for n, t in zip(p.requires, p.operands, strict=True))


def possible(result: str, known: set[str]) -> list[list[Production]]:
    """Those whose operands' types are known, grouped by builtin."""
    groups = ([p for p, needed in rows if needed <= known] for rows in rare(result).values())
    return [group for group in groups if group]
