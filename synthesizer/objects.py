"""A family of programs that read objects behind handles: meshes, hierarchies of boxes, grids of points, volumes."""

from __future__ import annotations

from warpsmith.grammar.objects import object_program
from warpsmith.synthesizer.family import Family

OBJECTS = Family("objects", version=1, draw=object_program)
