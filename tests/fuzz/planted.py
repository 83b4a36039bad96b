"""The ``warpsmith`` command, over a Warp with a planted defect: ``WARPSMITH_PLANT`` names the file that names it.

Whatever a campaign finds it shrinks at once, not when reductions have had no more than their share of the time.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import warpsmith
from warpsmith.command import fuzz
from warpsmith.fuzz import campaign

PRELUDE = Path(__file__).parents[1] / "proofs" / "prelude_plant.py"

if __name__ == "__main__":
    campaign.NOVEL = campaign.AGAIN = 1.0
    usual = fuzz.make_plan
    fuzz.make_plan = lambda *options: replace(usual(*options), prelude=PRELUDE)
    warpsmith.main()
