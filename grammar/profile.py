"""A profile: how often people write what, as inert data that is fitted to a body of kernels.

A *rule* is one typed form of an expression or a statement: its head, the types of its operands and its result,
``bin:Mult(float32, vec3f) -> vec3f``. A profile counts rules by *context*: what stands around the place, from the
most specific to the least. Types are named as :func:`grammar.types.name` names them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

VERSION = 1
"""Of the format: a profile of another one is refused."""

END = "end"
"""The rule that ends a block or a list of parameters."""

SAME = "same"
"""The head of an operand that is the one before it once more: ``x * x``."""

Table = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Rule:
    """One typed form.

    Attributes:
        head: what is written: ``bin:Mult``, ``call:wp.dot``, ``item:2``, ``const:0.5``, ``name:thread``, ``if``.
        operands: names of the operands' types.
        result: name of the result's type; ``""`` for a statement.
    """

    head: str
    operands: tuple[str, ...] = ()
    result: str = ""

    def __str__(self) -> str:
        return "\t".join((self.head, self.result, *self.operands))

    @staticmethod
    @lru_cache(maxsize=1 << 16)
    def parse(text: str) -> Rule:
        """The rule that is written so."""
        head, result, *operands = text.split("\t")
        return Rule(head, tuple(operands), result)


@dataclass(frozen=True)
class RuleContext:
    """Where an expression stands.

    Attributes:
        above: heads of what encloses it, the nearest first, each with the operand's number: ``bin:Mult#0``. For a whole
            expression of a statement the last one is the statement before.
        left: head of the operand before it, or ``""``.
    """

    above: tuple[str, ...]
    left: str = ""

    def below(self, head: str, number: int, left: str) -> RuleContext:
        """Of an operand."""
        return RuleContext((f"{head}#{number}", *self.above[:2]), left)

    def contexts(self, wanted: str) -> list[str]:
        """The contexts of the place, the most specific first.

        Args:
            wanted: name of the type that is wanted there; ``""`` for any.
        """
        a, b, c = (*self.above, "", "")[:3]
        levels = ((a, b, c, self.left), (a, b, self.left), (a, self.left), (a,), ())
        return ["|".join((str(5 - n), wanted, *level)) for n, level in enumerate(levels)]


def statement_contexts(kind: str, block: str, before: tuple[str, ...]) -> list[str]:
    """The contexts of the next statement, the most specific first.

    Args:
        kind: ``kernel`` or ``func``.
        block: what the block belongs to: ``body``, ``if``, ``else``, ``for``.
        before: summaries of the statements before it in the block, the nearest first.
    """
    a, b, c = (*before, "", "", "")[:3]
    return [f"s3|{kind}|{block}|{a}|{b}|{c}", f"s2|{block}|{a}|{b}", f"s1|{block}|{a}", f"s0|{block}"]


def parameter_contexts(kind: str, before: tuple[str, ...]) -> list[str]:
    """The contexts of the next parameter's type: those before it, the nearest first."""
    a, b, c = (*before, "", "", "")[:3]
    return [f"p3|{kind}|{a}|{b}|{c}", f"p2|{kind}|{a}|{b}", f"p1|{kind}|{a}", f"p0|{kind}"]


@dataclass(frozen=True)
class Profile:
    """What a body of kernels is like.

    Attributes:
        rules: counts of rules by context, of expressions, statements and parameters.
        names: counts of names by role and type: ``local float32``.
        styles: counts of annotations by type: ``wp.array(dtype=float)`` for ``array1d[float32]``.
        sizes: how many functions, and how many statements they have.
    """

    rules: Table
    names: Table = field(default_factory=dict)
    styles: Table = field(default_factory=dict)
    sizes: Table = field(default_factory=dict)

    def to_json(self) -> str:
        """One JSON text, the same for the same profile."""
        data = {
            "version": VERSION,
            "rules": self.rules,
            "names": self.names,
            "styles": self.styles,
            "sizes": self.sizes,
        }
        return json.dumps(data, sort_keys=True, indent=0)

    @staticmethod
    def from_json(text: str) -> Profile:
        """The profile that is written so.

        Raises:
            ValueError: it is none, or of another version.
        """
        data: Any = json.loads(text)
        if not isinstance(data, dict) or data.get("version") != VERSION:
            raise ValueError(f"no profile of version {VERSION}")
        # Sorted as it is written, so that a profile that was kept draws what the fitted one draws.
        return Profile(*({k: dict(v) for k, v in data[part].items()} for part in ("rules", "names", "styles", "sizes")))

    @cached_property
    def by_operands(self) -> Mapping[tuple[str, ...], list[tuple[Rule, int]]]:
        """The rules of expressions by the types of their operands, with their counts."""
        counts: Counter[str] = Counter()
        for context, table in self.rules.items():
            if context.startswith("1|"):
                counts.update(table)
        found: dict[tuple[str, ...], list[tuple[Rule, int]]] = {}
        for text, n in sorted(counts.items()):
            rule = Rule.parse(text)
            found.setdefault(rule.operands, []).append((rule, n))
        return found

    @cached_property
    def digest(self) -> str:
        """A short hash of what it says."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]


class Tally:
    """Counts that become a profile."""

    def __init__(self) -> None:
        self.rules: dict[str, Counter[str]] = {}
        self.names: dict[str, Counter[str]] = {}
        self.styles: dict[str, Counter[str]] = {}
        self.sizes: dict[str, Counter[str]] = {}

    def count(self, contexts: Iterable[str], rule: Rule) -> None:
        """A rule, in every one of its contexts."""
        for context in contexts:
            self.rules.setdefault(context, Counter())[str(rule)] += 1

    def profile(self) -> Profile:
        """What was counted, in sorted order."""
        return Profile(*(_sorted(t) for t in (self.rules, self.names, self.styles, self.sizes)))


def _sorted(table: dict[str, Counter[str]]) -> Table:
    return {key: dict(sorted(table[key].items())) for key in sorted(table)}
