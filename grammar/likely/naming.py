"""What things are called: as people call such ones, by what they are, and by what is computed."""

from __future__ import annotations

import builtins
import keyword
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import fields
from functools import cache
from typing import Any

import libcst as cst
import warp as wp

from warpsmith.grammar import registry, types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.likely.scope import Drawn
from warpsmith.grammar.likely.varying import makes
from warpsmith.grammar.profile import Profile, Topic

RESERVED = frozenset(("wp", "warp", "_", *dir(builtins)))
_TOPICAL = 80
"""Percent of the names that are of the program's topic, where it has such."""
_AFTER = 75
"""Percent of the locals that are called after the operation that they are the result of, where people do."""
_APT = 30
"""How much likelier a function's name is for each word of it that occurs in the function."""
_INAPT = 40
"""How much less likely it is for a word that a builtin is called by, where nothing of that kind is called."""
_COMPOSED = 70
"""Percent of the functions that are named by what they do, where no name of people's has a word in common with them."""
_SINGULAR = 60
"""Percent of the elements of an array that are called after it: one of ``velocities`` is a ``velocity``."""
_ASKING = frozenset(("is", "has", "can", "should", "valid", "check", "contains"))
"""What names of truth values begin with, or of those who tell them."""
_AXES = ("1d", "2d", "3d", "4d")
_MOST_WORDS = 3
"""Of a function's name, beside ``kernel``: longer ones tell what one function does, and no other."""
_WORDS = re.compile(r"\dd(?![a-z])|[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_LAYOUT = (
    *("whitespace", "lpar", "rpar", "lbracket", "rbracket", "comma", "semicolon", "leading", "trailing"),
    *("lines", "header", "footer", "indent", "operator", "equal", "dot"),
)
"""How the names of fields begin that say how a node is laid out."""
_VERBS = {"item": "get", "name": "get", "bin": "compute", "un": "compute", "own": "eval", "ifexp": "select"}


class ProgramNames:
    """The names of one program.

    Args:
        chooser: answers the questions.
        profile: names by role.
        topic: the file that the program is most like.
    """

    def __init__(self, chooser: Chooser, profile: Profile, topic: Topic | None) -> None:
        self.chooser = chooser
        self.known = profile.names
        self.topic = topic.names if topic is not None else {}

    def choose(self, role: str, stem: str, taken: Collection[str], head: str = "") -> str:
        """A name for a role; if all are taken the stem, with a number perhaps.

        Args:
            role: what it is, and its type.
            stem: what it is called if nothing is known.
            taken: names that are not to be had.
            head: of the rule of the value, after which people may name it.
        """
        after = self.known.get(f"{role}={head}", {})
        if (options := [n for n in _nameable(role, tuple(after)) if n not in taken]) and self.chooser.chance(_AFTER):
            return self.chooser.choose(options, [after[n] for n in options])
        known = self.known.get(role, {})
        options = [n for n in _nameable(role, tuple(known)) if n not in taken]
        own = self.topic.get(role, {})
        topical = [n for n in options if n in own]
        if topical and self.chooser.chance(_TOPICAL):
            return self.chooser.choose(topical, [own[n] for n in topical])
        if options:
            return self.chooser.choose(options, [known[n] for n in options])
        return numbered(stem, taken)

    def function(self, role: str, words: frozenset[str], own: str, taken: Collection[str]) -> str:
        """A name for a function or kernel: one that people gave with words that occur in it, or its own.

        Args:
            role: ``func`` or ``kernel``.
            words: what occurs in it.
            own: what it is called by what it does.
            taken: names that are not to be had.
        """
        known = self.known.get(role, {})
        names = _nameable(role, tuple(known))
        options = [n for n in names if n not in taken]
        # No other name has a word in common with the function.
        akin = set[str]().union(*(_by_word(names).get(w, ()) for w in words))
        apt = [n for n in options if n in akin and _aptness(n, words) > _INAPT]
        if not options or (not apt and self.chooser.chance(_COMPOSED)):
            return numbered(own, taken)
        return self.chooser.choose(apt or options, [known[n] * _aptness(n, words) for n in apt or options])

    def element(self, array: str) -> str:
        """What an element of an array is called after it; ``""`` if it is not."""
        found = singular(array)
        return found if found and self.chooser.chance(_SINGULAR) else ""


def numbered(stem: str, taken: Collection[str]) -> str:
    """The stem, with a number if it is taken."""
    return next(n for k in range(1000) if (n := f"{stem}{k or ''}") not in taken and n not in RESERVED)


def singular(name: str) -> str:
    """One of those that the name stands for: ``velocity`` of ``particle_velocities``; ``""`` where it says nothing."""
    last = name.rpartition(".")[2]
    if len(last) < 4 or not last.endswith("s") or last.endswith(("ss", "us", "is", "values", "status")):
        return ""
    for many, one in (("ices", "ex"), ("ies", "y"), ("sses", "ss"), ("xes", "x"), ("s", "")):
        if last.endswith(many):
            return last[: -len(many)] + one
    return ""


@cache
def words_of(name: str) -> frozenset[str]:
    """The words of a name, in lower case and without digits, but for numbers of axes: ``2d``."""
    return frozenset(w.lower() for w in _WORDS.findall(name) if len(w) > 2 or w in _AXES)


def words_in(node: cst.CSTNode) -> frozenset[str]:
    """The words of all names in a tree."""
    return frozenset().union(*map(words_of, _names(node)))


def _names(node: cst.CSTNode) -> set[str]:
    """The names in a tree; walked by hand, since a visitor of libcst makes every node anew."""
    found: set[str] = set()
    left: list[Any] = [node]
    while left:
        node = left.pop()
        if isinstance(node, cst.Name):
            found.add(node.value)
        elif isinstance(node, cst.CSTNode):
            left += [getattr(node, part) for part in _parts(type(node))]
        elif isinstance(node, (list, tuple)):
            left += node
    return found


@cache
def _parts(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a kind of node that names may be in: all but layout."""
    return tuple(f.name for f in fields(kind) if not f.name.startswith(_LAYOUT))


def deed(value: Drawn | None, result: str, nouns: Collection[str]) -> str:
    """What a function is called by what it yields: ``length_velocity``, ``compute_weight``, ``is_near``.

    Args:
        value: what it returns; ``None`` where it is there for what it does.
        result: the type's name.
        nouns: names of what it is given.
    """
    noun = max(nouns, key=lambda n: (min(len(n), 12), n), default="value").strip("_").rpartition(".")[2]
    if value is None:
        return f"accumulate_{noun}"
    kind, _, what = value.head.partition(":")
    if result == "bool":
        return f"is_{noun}"
    if kind == "call" and not makes(value.head):
        return f"{what.removeprefix('wp.')}_{noun}"
    return f"{_VERBS.get(kind, 'make')}_{noun}"


@cache
def _telling() -> frozenset[str]:
    """Words that a builtin is called by: who has one in a name does what it does."""
    return _ASKING.union(_AXES, *map(words_of, registry.names()))


@cache
def _of_types() -> frozenset[str]:
    """Words that types are called by: they say little of what is done."""
    return frozenset({"array", "func", "kernel", "test", "tid", *_AXES}).union(
        *map(words_of, map(types.name, types.VALUES))
    )


def _aptness(name: str, words: frozenset[str]) -> int:
    """How apt a name is for a function in which those words occur; :data:`_INAPT` if it says nothing."""
    own = words_of(name)
    weight: int = _INAPT * _APT ** min(2, len((own & words) - _of_types()))
    inapt: int = _INAPT ** min(2, len((own - words) & _telling()))
    return max(1, weight // inapt)


@cache
def _by_word(names: tuple[str, ...]) -> dict[str, list[str]]:
    """By word, the names that have it."""
    found: dict[str, list[str]] = {}
    for name in names:
        for word in words_of(name):
            found.setdefault(word, []).append(name)
    return found


@cache
def _nameable(role: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that may be given in that role: Warp's own, and ``pi``, only to the constants that they are."""
    return tuple(_allowed(role, names))


def _allowed(role: str, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        number = getattr(wp, name.removeprefix("wp."), None)
        if name in RESERVED or (role == "func" and name in registry.names()):
            continue  # operators would call it: ``+`` is Warp's ``add``
        if role in ("func", "kernel") and _single(name):
            continue
        if name.startswith("wp."):
            if role == "constant float32" and isinstance(number, float) and math.isfinite(number):
                yield name
        elif name.isidentifier() and not keyword.iskeyword(name) and not isinstance(number, float):
            yield name


def _single(name: str) -> bool:
    """Whether a function's name fits one function alone: a test's, or one of many words."""
    words = [w for w in name.lower().split("_") if w and w != "kernel"]
    return "test" in words or len(words) > _MOST_WORDS
