"""Small programs about what Warp's backward pass still has of the forward one, and what is to be said of each.

Each is the body of a kernel with the parameters of :data:`ARGUMENTS`; those that it does not name are left out.
"""

from tests.fuzz.backward.agreeing import AGREES
from tests.fuzz.backward.definitions import ARGUMENTS, DEFINITIONS
from tests.fuzz.backward.known import KNOWN
from tests.fuzz.backward.loops import LOOPS
from tests.fuzz.backward.stores import STORES

OPEN = LOOPS | STORES
"""Those that the documentation excludes, and why."""

__all__ = ["AGREES", "ARGUMENTS", "DEFINITIONS", "KNOWN", "OPEN"]
