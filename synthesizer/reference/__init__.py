"""The meaning of a program, independent of Warp: its own source, lowered and run by CPython over a reference runtime.

:func:`~synthesizer.reference.evaluate.evaluate` is the face. The parts: :mod:`~synthesizer.reference.lower` turns the
source into Python whose operators are calls; :mod:`~synthesizer.reference.operations` says which meaning a call has for
its operands' types; :mod:`~synthesizer.reference.rounding` says how far off another correct implementation may be;
:mod:`~synthesizer.reference.memory` holds the arrays and notices races; :mod:`~synthesizer.reference.machine` runs the
threads.
"""

from synthesizer.reference.doubts import WAY, Doubt
from synthesizer.reference.evaluate import Outcome, evaluate
from synthesizer.reference.memory import ASTRAY

__all__ = ["ASTRAY", "WAY", "Doubt", "Outcome", "evaluate"]
