"""A family some of whose seeds end badly, for tests of what a campaign does then. Workers import it by its name."""

from __future__ import annotations

import os
import signal

from warpsmith.grammar.program import Program
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.kernels import KERNELS

KILLED, RAISING = 3, 5
"""A seed over which the system kills the process, as it does where memory runs out; and one that we fail at."""


class Mishaps(Family):
    """Kernels, but for those seeds."""

    def synthesize(self, seed: int) -> Program:
        """A program, or a mishap."""
        if seed == KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        if seed == RAISING:
            raise RuntimeError("this seed gives no program")
        return KERNELS.synthesize(0)


MISHAPS = Mishaps("mishaps", 0, KERNELS.draw)
