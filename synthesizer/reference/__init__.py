"""The meaning of a program, independent of Warp: its own source, lowered and run by CPython over a reference runtime.

:func:`~synthesizer.reference.evaluate.evaluate` is the face. The parts:

- ``run/``: the source is lowered to Python whose operators are calls, and the threads of the launch are run;
- ``values/``: values with error bounds, arrays, and the operation that a call stands for, given its operands' types;
- ``derivatives/``: the tape of a run, and its reversal.
"""

from warpsmith.synthesizer.reference.doubts import WAY, Doubt
from warpsmith.synthesizer.reference.evaluate import Outcome, evaluate
from warpsmith.synthesizer.reference.values.memory import ASTRAY

__all__ = ["ASTRAY", "WAY", "Doubt", "Outcome", "evaluate"]
