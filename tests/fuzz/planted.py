"""The ``warpsmith`` command, over a Warp with a planted defect: ``WARPSMITH_PLANT`` names the file that names it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import warpsmith
from fuzz.worker import Plan

PRELUDE = Path(__file__).parents[1] / "proofs" / "prelude_plant.py"

if __name__ == "__main__":
    warpsmith.Plan = partial(Plan, prelude=PRELUDE)  # type: ignore[assignment,misc]
    warpsmith.main()
