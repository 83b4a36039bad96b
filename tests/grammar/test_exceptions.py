"""Exceptions: every row names something that exists, and says why it stands there."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatch

import pytest

from warpsmith.grammar import exceptions, registry, types

TABLES: dict[str, dict[str, str]] = {name: rows for name, rows in vars(exceptions).items() if name.isupper()}
KNOWN: dict[str, Callable[[], set[str]]] = {
    "REFUSED": lambda: {s.key for s in registry.signatures()},
    "NO_ATOMIC_ORDER": lambda: {types.kind(t) for t in types.VALUES},
}
"""What the rows of a table name; of the others it is builtins."""


def unknown(table: str, rows: dict[str, str]) -> list[str]:
    names = KNOWN.get(table, lambda: set(registry.names()))()
    return [row for row in rows if row not in names and not any(fnmatch(name, row) for name in names)]


@pytest.mark.parametrize("table", [name for name in TABLES if not name.startswith("_")])
def test_every_row_names_something_and_has_a_reason(table: str) -> None:
    assert TABLES[table]
    assert unknown(table, TABLES[table]) == []
    assert all(len(reason) > 8 for reason in TABLES[table].values())


def test_a_row_that_names_nothing_is_noticed() -> None:
    assert unknown("HEAVY", {"svd4": "there is none"}) == ["svd4"]
    assert unknown("REFUSED", {"bool(svd3)": "there is none"}) == ["bool(svd3)"]
