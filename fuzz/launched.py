"""How the fuzzer examines programs that can be launched as they are: it executes them, and edits their trees."""

from __future__ import annotations

from warpsmith.fuzz.oracles import ORACLES
from warpsmith.fuzz.reduce import reduce_case
from warpsmith.fuzz.report import reproducer
from warpsmith.synthesizer.case import make_case
from warpsmith.synthesizer.harness import Harness

LAUNCHED = Harness(
    oracles=ORACLES,
    case=make_case,
    batch=40,  # they are one module; see ``ir.execute``
    lifetime=2_000,  # a worker keeps what Warp remembers of programs that it has looked at
    reduce=reduce_case,
    reproducer=reproducer,
)
"""For every family that brings no harness of its own."""
