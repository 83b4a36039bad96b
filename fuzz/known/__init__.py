"""Defects of Warp that are known: predicates over a program, so that a campaign does not drown in one of them.

Each module of :mod:`~warpsmith.fuzz.known.defects` holds some in a tuple ``KNOWN``; nothing else lists them.
"""

from __future__ import annotations

from warpsmith.fuzz.known.explain import explanation, may_write_out_of_bounds, unknown_sites
from warpsmith.fuzz.known.known import Known
from warpsmith.fuzz.known.table import KNOWN

__all__ = ["KNOWN", "Known", "explanation", "may_write_out_of_bounds", "unknown_sites"]
