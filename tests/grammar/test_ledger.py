"""The ledger: nothing of Warp's registry is forgotten, counted twice, or left out without a reason."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from warpsmith.grammar import exceptions, ledger, registry
from warpsmith.grammar.derive import derived
from warpsmith.grammar.grammar import default_grammar


def test_derived_written_and_excluded_are_the_registry_without_overlap():
    books = ledger.ledger()
    assert books.missing == ()
    assert books.overlap == ()
    assert set(books.derived) | set(books.written) | set(books.excluded) == set(registry.names())
    assert not set(books.derived) & set(books.written)
    assert len(books.derived) + len(books.written) + len(books.excluded) == len(registry.names())


def test_every_exclusion_matches_something_and_has_a_reason():
    for pattern, reason in exceptions.EXCLUDED.items():
        assert any(fnmatchcase(name, pattern) for name in registry.names()), pattern
        assert len(reason) > 8, pattern


def test_a_forgotten_builtin_is_missed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(exceptions.EXCLUDED, "texture_sample")
    for cached in (exceptions.excluded, ledger.ledger):
        cached.cache_clear()
    try:
        assert ledger.ledger().missing == ("texture_sample",)
    finally:
        monkeypatch.undo()
        for cached in (exceptions.excluded, ledger.ledger):
            cached.cache_clear()


def test_at_least_two_thousand_concrete_signatures_are_derived():
    assert len(derived()) >= 2000


def test_every_signature_refused_by_the_native_compilers_is_a_signature():
    keys = {s.key for s in registry.signatures()}
    assert set(exceptions.REFUSED) <= keys


def test_productions_have_distinct_names():
    names = [p.name for p in default_grammar().productions]
    assert len(names) == len(set(names))


def test_every_production_has_a_reference_meaning():
    assert [p.name for p in default_grammar().productions if p.evaluate is None] == []
