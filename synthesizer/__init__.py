"""Seeds to programs in bulk, what they mean, and an independent type checker."""

from __future__ import annotations

from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.modules import MODULES
from warpsmith.synthesizer.objects import OBJECTS
from warpsmith.synthesizer.tiles import TILES

FAMILIES: dict[str, Family] = {family.name: family for family in (KERNELS, MODULES, TILES, OBJECTS)}
"""Every family of programs, by the name that ``--family`` takes."""

__all__ = ["FAMILIES", "KERNELS", "MODULES", "OBJECTS", "TILES", "Family"]
