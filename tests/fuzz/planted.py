"""The ``warpsmith`` command, over a Warp with a planted defect: ``WARPSMITH_PLANT`` names the file that names it.

Whatever a campaign finds it shrinks at once, not when reductions have had no more than their share of the time.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import warpsmith
from warpsmith.command import fuzz
from warpsmith.fuzz import campaign
from warpsmith.fuzz.plan import Plan

BATCH = 5
PRELUDE = Path(__file__).parents[1] / "proofs" / "prelude_plant.py"

if __name__ == "__main__":
    campaign.NOVEL = campaign.AGAIN = 1.0
    usual = fuzz.make_plan

    def few_at_once(*options: Any) -> Plan:
        """A plan with the defect, and small batches, so that the first finding is there soon."""
        plan = usual(*options)
        family = replace(plan.family, harness=replace(plan.harness, batch=BATCH))
        return replace(plan, family=family, prelude=PRELUDE)

    fuzz.make_plan = few_at_once
    warpsmith.main()
