"""The ``warpsmith`` command with the handwritten families in place of the real ones, for tests that need a process."""

from __future__ import annotations

import handwritten

import warpsmith
from warpsmith import synthesizer

if __name__ == "__main__":
    synthesizer.FAMILIES = handwritten.FAMILIES  # type: ignore[attr-defined]
    warpsmith.main()
