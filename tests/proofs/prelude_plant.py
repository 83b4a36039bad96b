"""Executed in a child process before it imports Warp: what Warp generates there gets a planted defect.

A file, whose path is in the environment, names the defect. It is read anew for each module, so that one process serves
all defects; while it is empty, nothing is changed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.proofs.editing import edit_generated
from tests.proofs.fresh import FRESH
from tests.proofs.plants import CONTROLS, PLANTS
from tests.proofs.unseen import UNSEEN

CHOICE = Path(os.environ["WARPSMITH_PLANT"])


def planted(text: str) -> str:
    """The text with the defect."""
    name = CHOICE.read_text(encoding="utf-8")
    return (PLANTS | UNSEEN | FRESH | CONTROLS)[name].edit(text) if name else text


edit_generated(planted)
