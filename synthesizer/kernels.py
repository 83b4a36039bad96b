"""The first family: programs whose entry is a kernel."""

from __future__ import annotations

from functools import cache, partial

from warpsmith.grammar import types
from warpsmith.grammar.budget import Budget, affordable, least
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.grammar import Grammar, default_grammar
from warpsmith.grammar.kernels import kernel_program
from warpsmith.grammar.likely.program import likely_program
from warpsmith.grammar.production import Production
from warpsmith.grammar.profile import Profile
from warpsmith.grammar.program import Program
from warpsmith.grammar.registry import names as registry_names
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.modules import MODULES
from warpsmith.synthesizer.objects import OBJECTS
from warpsmith.synthesizer.tiles import TILES


def _draw(chooser: Chooser) -> Program:
    return kernel_program(chooser, default_grammar())


_SHARES = (1, 2, 4, 8)
_SHARE_WEIGHTS = (5, 13, 27, 55)
"""Programs are drawn for the whole of a budget, a half, a quarter, or an eighth of it."""


def _draw_within(level: str, tokens: int, chooser: Chooser) -> Program:
    drawn = tokens // chooser.choose(_SHARES, _SHARE_WEIGHTS)
    share = max(drawn, least(level))
    return kernel_program(chooser, affordable(level, share), budget=Budget(level, share))


KERNELS = Family("kernels", version=6, draw=_draw, limited=_draw_within)


def kernels_with(names: frozenset[str]) -> Family:
    """Programs that use those of Warp's names alone: what another release has, too.

    Args:
        names: of builtins and types, ``"normalize"``, ``"vec3f"``.
    """
    return Family(KERNELS.name, KERNELS.version, partial(_draw_with, names))


def _draw_with(names: frozenset[str], chooser: Chooser) -> Program:
    return kernel_program(chooser, _grammar_with(names))


@cache
def _grammar_with(names: frozenset[str]) -> Grammar:
    builtins = frozenset(registry_names())

    def kept(production: Production) -> bool:
        known = {types.name(t) for t in production.mentioned} <= names
        return known and (production.builtin not in builtins or production.builtin in names)

    return default_grammar().only(kept)


def kernels_like(profile: Profile) -> Family:
    """Programs that are like those which the profile was fitted to.

    Some are programs of another family instead: as often as people's next file has what no file before it had, but not
    so often that the others are lost among them. A profile knows none of that, and a model that never saw it learns
    nothing of it.

    Its name tells it from the uniform family, and its version from that of another profile.
    """
    return Family(
        f"{KERNELS.name}-like-{profile.digest}",
        LIKE_VERSION,
        partial(_draw_like, profile),
        limited=partial(_draw_like_within, profile),
    )


LIKE_VERSION = 15
_TYPICAL = {MODULES: 26_000, OBJECTS: 40_000, TILES: 18_000}
"""Tokens of PTX of half the programs of families that are not drawn within a budget, measured on 16 each."""
_WHOLE = (KERNELS, *_TYPICAL)
"""The families that have the whole language between them."""
_MOST_NOVEL = 20
"""Percent of the programs that are of those at most."""
_FEWER = 6
"""So often is a program that is drawn within a budget, for one of a family whose programs are not."""


def _draw_like(profile: Profile, chooser: Chooser) -> Program:
    if _novel(profile, chooser):
        return chooser.choose(_WHOLE).draw(chooser)
    return likely_program(chooser, profile)


def _draw_like_within(profile: Profile, level: str, tokens: int, chooser: Chooser) -> Program:
    if _novel(profile, chooser):
        others = [family for family, typical in _TYPICAL.items() if typical <= tokens]
        family = chooser.choose([KERNELS, *others], [_FEWER, *[1] * len(others)])
        return _draw_within(level, tokens, chooser) if family is KERNELS else family.draw(chooser)
    return likely_program(chooser, profile, Budget(level, tokens))


def _novel(profile: Profile, chooser: Chooser) -> bool:
    """Whether a program is to have what the profile does not know."""
    return chooser.chance(min(profile.novelty, _MOST_NOVEL))
