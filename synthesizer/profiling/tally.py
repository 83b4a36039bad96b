"""What is counted in files, and the profile that it becomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from warpsmith.grammar.profile import Idiom, Profile, Rule, Table, Topic

SMALLEST_TOPIC = 40
"""Rules that a file has at least which is a topic."""

Event = tuple[tuple[str, ...], str]
"""A rule in its contexts, the most specific first."""


class Tally:
    """Counts of one file, which become a profile with those of others."""

    def __init__(self) -> None:
        self.events: Counter[Event] = Counter()
        self.names: dict[str, Counter[str]] = {}
        self.styles: dict[str, Counter[str]] = {}
        self.sizes: dict[str, Counter[str]] = {}

    def count(self, contexts: Sequence[str], rule: Rule) -> None:
        """A rule, in every one of its contexts."""
        self.events[tuple(contexts), str(rule)] += 1

    def topic(self) -> Topic:
        """The file as a topic."""
        rules: Counter[str] = Counter()
        for (_, rule), n in sorted(self.events.items()):
            rules[rule] += n
        return Topic(dict(rules), _sorted(self.names))


def fitted(files: Sequence[Tally], idioms: Mapping[str, Idiom], smoothing: Mapping[str, int], novelty: int) -> Profile:
    """What was counted in the files, in sorted order, with the idioms among it. A file alone is no topic."""
    rules: dict[str, Counter[str]] = {}
    for file in files:
        for (contexts, rule), n in file.events.items():
            for context in contexts:
                rules.setdefault(context, Counter())[rule] += n
    names, styles, sizes = (
        _sorted(_summed([getattr(f, part) for f in files])) for part in ("names", "styles", "sizes")
    )
    topics = tuple(f.topic() for f in files if sum(f.events.values()) >= SMALLEST_TOPIC) if len(files) > 1 else ()
    return Profile(
        _sorted(rules),
        names,
        styles,
        sizes,
        dict(sorted(idioms.items())),
        dict(sorted(smoothing.items())),
        novelty,
        topics,
    )


def _summed(tables: Sequence[dict[str, Counter[str]]]) -> dict[str, Counter[str]]:
    total: dict[str, Counter[str]] = {}
    for table in tables:
        for key, counts in table.items():
            total.setdefault(key, Counter()).update(counts)
    return total


def _sorted(table: dict[str, Counter[str]]) -> Table:
    return {key: dict(sorted(table[key].items())) for key in sorted(table)}
