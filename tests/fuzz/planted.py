"""The ``warpsmith`` command, over a Warp with a planted defect: ``WARPSMITH_PLANT`` names the file that names it.

Whatever a campaign finds it shrinks at once, not when reductions have had no more than their share of the time.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import warpsmith
from warpsmith.fuzz import campaign
from warpsmith.fuzz.worker import Plan

PRELUDE = Path(__file__).parents[1] / "proofs" / "prelude_plant.py"

if __name__ == "__main__":
    campaign.NOVEL = campaign.AGAIN = 1.0
    warpsmith.Plan = partial(Plan, prelude=PRELUDE)  # type: ignore[assignment,misc]
    warpsmith.main()
