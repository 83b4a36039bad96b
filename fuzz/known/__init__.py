"""Defects of Warp that are known: predicates over a program, so that a campaign does not drown in one of them."""

from __future__ import annotations

from fuzz.known.explain import explanation, may_go_astray
from fuzz.known.known import Known
from fuzz.known.table import TABLE as KNOWN

__all__ = ["KNOWN", "Known", "explanation", "may_go_astray"]
