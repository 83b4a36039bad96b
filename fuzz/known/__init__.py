"""Defects of Warp that are known: predicates over a program, so that a campaign does not drown in one of them."""

from __future__ import annotations

from warpsmith.fuzz.known.explain import explanation, may_go_astray
from warpsmith.fuzz.known.known import Known
from warpsmith.fuzz.known.table import TABLE as KNOWN

__all__ = ["KNOWN", "Known", "explanation", "may_go_astray"]
