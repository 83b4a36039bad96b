"""The meaning of a program, independent of Warp: its own source, lowered and run by CPython over a reference runtime.

:func:`~synthesizer.reference.evaluate.evaluate` is the face. The parts:

- ``run/``: the source is lowered to Python whose operators are calls, and the threads of the launch are run;
- ``values/``: values with error bounds, arrays, and the operation that a call stands for, given its operands' types;
- ``derivatives/``: the tape of a run, and its reversal;
- ``unknown.py``: sites of a program of which nothing is to be known.
"""

from warpsmith.synthesizer.reference.evaluate import Outcome, evaluate
from warpsmith.synthesizer.reference.unknown import UNKNOWN_PATH, UNSURE_PATHS, At, On, Site, Unknown, place
from warpsmith.synthesizer.reference.values.memory import UNKNOWN_INDEX

__all__ = [
    "UNKNOWN_INDEX",
    "UNKNOWN_PATH",
    "UNSURE_PATHS",
    "At",
    "On",
    "Outcome",
    "Site",
    "Unknown",
    "evaluate",
    "place",
]
