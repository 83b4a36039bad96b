"""A disagreement that was shrunk, and the folder that keeps it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Finding:
    """One bucket of a campaign.

    Attributes:
        bucket: its name.
        oracle: which oracle disagreed.
        seed: of the first program that showed it.
        count: how many programs did.
        known: the known defect that explains it, or ``""``.
        lines: lines of kernel body after shrinking.
        reproducer: path of the ``unittest`` file, relative to the campaign's folder; ``""`` where there is none.
        confirmed: whether the reproducer failed in a fresh process.
        symptom: what differs, in words.
    """

    bucket: str
    oracle: str
    seed: int
    count: int = 1
    known: str = ""
    lines: int = 0
    reproducer: str = ""
    confirmed: bool = False
    symptom: str = ""
