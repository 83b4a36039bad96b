"""A profile: how often people write what, as inert data that is fitted to a body of kernels.

A *rule* is one typed form of an expression or a statement: its head, the types of its operands and its result,
``bin:Mult(float32, vec3f) -> vec3f``. A profile counts rules by *context*: what stands around the place, from the
most specific to the least. Types are named as :func:`grammar.types.name` names them. An *idiom* is a tree of rules that
is drawn as one; its free variables are typed holes.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

VERSION = 4
"""Of the format: a profile of another one is refused."""

END = "end"
"""The rule that ends a block or a list of parameters."""

SAME = "same"
"""The head of an operand that is the one before it once more: ``x * x``."""

SMOOTHING = 400
"""The concentration of a level for which none was estimated, in percent."""

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
        return self.text

    @cached_property
    def text(self) -> str:
        """The rule as tables have it."""
        return "\t".join((self.head, self.result, *self.operands))

    @cached_property
    def kind(self) -> str:
        """What the head begins with: ``bin``, ``call``."""
        return self.head.partition(":")[0]

    @cached_property
    def what(self) -> str:
        """The rest of the head: ``Mult``, ``wp.dot``."""
        return self.head.partition(":")[2]

    @staticmethod
    @lru_cache(maxsize=1 << 16)
    def parse(text: str) -> Rule:
        """The rule that is written so."""
        head, result, *operands = text.split("\t")
        return Rule(head, tuple(operands), result)


@dataclass(frozen=True)
class Form:
    """What somebody wrote, as a tree of rules: an expression or a statement.

    Attributes:
        rule: what is written at the top.
        operands: the expressions in it, in the order in which they are drawn: a target before its value.
        blocks: of a statement the blocks that belong to it: their kind, and their statements.
        names: of a name itself; of a statement those that it binds. In an idiom numbers stand for them.
    """

    rule: Rule
    operands: tuple[Form, ...] = ()
    blocks: tuple[tuple[str, tuple[Form, ...]], ...] = ()
    names: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """The rule's."""
        return self.rule.head

    @property
    def summary(self) -> str:
        """Of a statement: what the choice of the next one depends on."""
        kind = self.head.partition(":")[0]
        if kind.startswith("if") or kind in ("elif", "expr", "new", "old"):
            return f"{self.head}={self.operands[0].head}"
        if kind in ("store", "aug"):
            return f"{self.head}={self.operands[1].head}"
        return f"for={len(self.operands)}" if kind == "for" else kind

    def everything(self) -> Iterator[Form]:
        """This and all below."""
        yield self
        for operand in self.operands:
            yield from operand.everything()
        for _, statements in self.blocks:
            for statement in statements:
                yield from statement.everything()

    def to_data(self) -> list[Any]:
        """As JSON holds it."""
        blocks = [[kind, [s.to_data() for s in statements]] for kind, statements in self.blocks]
        return [str(self.rule), list(self.names), [o.to_data() for o in self.operands], blocks]

    @staticmethod
    def from_data(data: Any) -> Form:
        """What JSON held."""
        rule, names, operands, blocks = data
        inner = tuple((str(kind), tuple(map(Form.from_data, statements))) for kind, statements in blocks)
        return Form(Rule.parse(rule), tuple(map(Form.from_data, operands)), inner, tuple(map(str, names)))


IDIOM = "idiom:"
"""How the head of a rule begins that stands for an idiom."""
HOLE = "hole"
"""The rule of an idiom's free variable, or of an expression that is not part of it."""


@dataclass(frozen=True)
class Idiom:
    """What several functions have in common, with holes where they differ.

    Attributes:
        forms: one expression, or statements that follow each other.
        holes: the type of each hole, by its number.
    """

    forms: tuple[Form, ...]
    holes: Mapping[str, str]

    def everything(self) -> Iterator[Form]:
        """All rules of it."""
        for form in self.forms:
            yield from form.everything()


@dataclass(frozen=True)
class RuleContext:
    """Where an expression stands.

    Attributes:
        above: heads of what encloses it, the nearest first, each with the operand's number: ``bin:Mult#0``. For a whole
            expression of a statement the last one is the statement before.
        left: head of the operand before it, or ``""``.
        given: what is to stand there, if that is settled: an idiom's part.
    """

    above: tuple[str, ...]
    left: str = ""
    given: Form | None = None

    def below(self, head: str, number: int, left: str) -> RuleContext:
        """Of an operand."""
        given = self.given.operands[number] if self.given is not None else None
        return RuleContext((f"{head}#{number}", *self.above[:2]), left, given)

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


def level_of(context: str) -> str:
    """How specific a context is: how it begins."""
    return context.partition("|")[0]


@dataclass(frozen=True)
class Topic:
    """What one file is like.

    Attributes:
        rules: how often each rule occurs, wherever it stands.
        names: counts of names by role and type.
    """

    rules: Mapping[str, int]
    names: Table

    @cached_property
    def size(self) -> int:
        """How many rules there are."""
        return sum(self.rules.values())


TOPICAL = 30
"""Percent of a program that is as its topic is; the rest is as all files are."""


@dataclass(frozen=True)
class Profile:
    """What a body of kernels is like.

    Attributes:
        rules: counts of rules by context, of expressions, statements and parameters.
        names: counts of names by role and type: ``local float32``.
        styles: counts of annotations by type: ``wp.array(dtype=float)`` for ``array1d[float32]``.
        sizes: how many functions, and how many statements they have.
        idioms: by name. A rule ``idiom:NAME`` among the others says where they stand.
        smoothing: by the level of a context how much a wider one counts beside it, in percent of what Witten and Bell
            give it.
        novelty: percent of the statements of a file that have what no other file has.
        topics: what single files are like.
    """

    rules: Table
    names: Table = field(default_factory=dict)
    styles: Table = field(default_factory=dict)
    sizes: Table = field(default_factory=dict)
    idioms: Mapping[str, Idiom] = field(default_factory=dict)
    smoothing: Mapping[str, int] = field(default_factory=dict)
    novelty: int = 0
    topics: Sequence[Topic] = ()

    def to_json(self) -> str:
        """One JSON text, the same for the same profile."""
        data = {
            "version": VERSION,
            "rules": self.rules,
            "names": self.names,
            "styles": self.styles,
            "sizes": self.sizes,
            "smoothing": self.smoothing,
            "novelty": self.novelty,
            "topics": [[t.rules, t.names] for t in self.topics],
            "idioms": {k: [[f.to_data() for f in i.forms], dict(i.holes)] for k, i in self.idioms.items()},
        }
        return json.dumps(data, sort_keys=True, indent=0)

    @staticmethod
    def from_json(text: str) -> Profile:
        """The profile that is written so.

        Raises:
            ValueError: it is none, or of another version.
        """
        data: Any = json.loads(text)
        if not isinstance(data, dict) or "version" not in data:
            raise ValueError("no profile")
        if data["version"] != VERSION:
            raise ValueError(f"a profile of version {data['version']}, not of version {VERSION}: learn it again")
        # Sorted as it is written, so that a profile that was kept draws what the fitted one draws.
        rules, names, styles, sizes = (
            {k: dict(v) for k, v in data[part].items()} for part in ("rules", "names", "styles", "sizes")
        )
        idioms = {k: Idiom(tuple(map(Form.from_data, forms)), holes) for k, (forms, holes) in data["idioms"].items()}
        topics = tuple(Topic(dict(sorted(own.items())), n) for own, n in data["topics"])
        return Profile(rules, names, styles, sizes, idioms, data["smoothing"], data["novelty"], topics)

    def favours(self, topic: Topic | None) -> Mapping[str, int]:
        """How much likelier a topic makes each rule, in percent: its frequency there beside that anywhere.

        That is unigram rescaling (Gildea and Hofmann, Eurospeech 1999), of a mixture of the topic and the whole. Rules
        that are not there are as likely as ever.
        """
        if topic is None:
            return {}
        total = self._anywhere.total()
        found = dict.fromkeys(self._anywhere, 100 - TOPICAL)
        for rule, n in topic.rules.items():
            ratio = n * total / (topic.size * self._anywhere[rule])
            found[rule] = round(100 - TOPICAL + TOPICAL * ratio)
        return found

    @cached_property
    def _anywhere(self) -> Counter[str]:
        """How often the topics have each rule together."""
        total: Counter[str] = Counter()
        for topic in self.topics:
            total.update(topic.rules)
        return total

    def wider(self, context: str, kinds: int) -> int:
        """How much a wider context counts beside one that knows so many rules, in hundredths of one occurrence."""
        return self.smoothing.get(level_of(context), SMOOTHING) * kinds

    def options(self, context: str) -> tuple[tuple[str, Rule, int], ...]:
        """The rules that a context knows, with their texts and counts."""
        found = self._options.get(context)
        if found is None:
            table = self.rules.get(context, {})
            found = self._options[context] = tuple((text, Rule.parse(text), n) for text, n in table.items())
        return found

    @cached_property
    def _options(self) -> dict[str, tuple[tuple[str, Rule, int], ...]]:
        return {}

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

    def figures(self) -> Profile:
        """The same without idioms, which are code: figures and single names."""
        rules = {
            context: kept
            for context, table in self.rules.items()
            if (kept := {text: n for text, n in table.items() if not text.startswith(IDIOM)})
        }
        plain = (({r: n for r, n in t.rules.items() if not r.startswith(IDIOM)}, t.names) for t in self.topics)
        return replace(self, rules=rules, idioms={}, topics=tuple(Topic(*parts) for parts in plain))
