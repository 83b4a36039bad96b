"""Seeds to programs in bulk, what they mean, and an independent type checker."""

from __future__ import annotations

from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.objects import OBJECTS

FAMILIES: dict[str, Family] = {f.name: f for f in (KERNELS, OBJECTS)}
"""Every family of programs, by the name that ``--family`` takes."""

__all__ = ["FAMILIES", "KERNELS", "OBJECTS", "Family"]
