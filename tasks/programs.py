"""The programs that tasks are about: one kernel, defined by its module and launched once, of what answers may hold.

Most are like people's. They are drawn with the shipped profile, less what no answer may hold: kernels in functions and
classes, checks, tiles, objects. A profile is data, so that is a smaller profile. The others are those of the family
``kernels``, which has everything that people seldom write.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from warpsmith.grammar import types
from warpsmith.grammar.chooser import Chooser, SeededChooser
from warpsmith.grammar.likely.program import likely_program
from warpsmith.grammar.profile import Profile, Rule, Table
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.kernels import KERNELS, LIKE_VERSION
from warpsmith.synthesizer.profiling.kept import shipped
from warpsmith.tasks.answer import InadmissibleAnswer
from warpsmith.tasks.python import admitted, builtins_allowed, entry, types_allowed, well_typed

LIKE_PEOPLES = 75
"""Percent of the programs that are drawn with the profile."""
VERSION = 10 * KERNELS.version + LIKE_VERSION
"""Changes when programs do."""
_UNPLACED = ("around", "options", "decorators", "generic", "defaults", "named")
"""What a profile knows of how functions are defined, and answers do not have."""


def programs(task: str, seed: int) -> Iterator[Program]:
    """The stream of a seed's programs, from which those are left out that no answer could be.

    Their choices are those of ``{task}:{seed}:{n}`` for n from 0: none is in a corpus, and none belongs to two seeds.
    """
    drawn = (draw(SeededChooser(f"{task}:{seed}:{number}")) for number in itertools.count())
    return filter(answerable, drawn)


def draw(chooser: Chooser) -> Program:
    """One program."""
    return likely_program(chooser, profile()) if chooser.chance(LIKE_PEOPLES) else KERNELS.draw(chooser)


def answerable(program: Program) -> bool:
    """Whether the program itself would be an answer, and each of its parameters is an argument of the launch."""
    launch = program.launch
    if (
        launch.block_dim
        or launch.steps
        or any(a.object or a.indexed or a.name != a.parameter for a in launch.arguments)
    ):
        return False
    try:
        source = admitted(program.source)
        well_typed(source)
        entry(source, program.entry, [types.name(a.type) for a in launch.arguments])
    except InadmissibleAnswer:
        return False
    return True


@cache
def profile() -> Profile:
    """The shipped one without what answers may not hold."""
    whole = shipped()
    sizes = {name: counts for name, counts in whole.sizes.items() if name.rpartition(" ")[2] not in _UNPLACED}
    return replace(whole, rules=_admissible(whole.rules), sizes={**sizes, "constants": {"name": 1}})


def _admissible(rules: Table) -> Mapping[str, Mapping[str, int]]:
    """The rules of each context that answers may hold."""
    allowed = builtins_allowed() | types_allowed()
    kept = {text for text in set(itertools.chain(*rules.values())) if _is_admissible(Rule.parse(text), allowed)}
    return {context: {text: n for text, n in counts.items() if text in kept} for context, counts in rules.items()}


def _is_admissible(rule: Rule, allowed: frozenset[str]) -> bool:
    if rule.kind == "check" or any(part.startswith("tile") for part in (rule.head, rule.result, *rule.operands)):
        return False
    return not rule.what.startswith("wp.") or rule.kind != "call" or rule.what[3:] in allowed
