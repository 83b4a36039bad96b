"""What is known of every operation: one record each, in one file per group.

A record holds what an operation means, how it rounds, its derivative, where it has no defined outcome, and what else
distinguishes it; see :class:`~grammar.operations.operation.Operation`. Productions, the reference, its gradients and
the fuzzer read it from there.

Meanings are in NumPy, without Warp's code: mathematics and C, plus what Warp documents differently.
:mod:`grammar.operations.values` says how values are represented. Meanings never change or share an operand. Where C
leaves an integer result undefined (division by zero, a shift too far, a cast out of range) there is some result and no
promise. NaN propagates wherever Warp's documentation does not say otherwise. Two things the values alone do not show:
that a float32 is a bfloat16, and that four components are a quaternion; a record's methods know them from the types.
"""

from __future__ import annotations

from functools import lru_cache

from warpsmith.grammar.operations.arithmetic import ARITHMETIC
from warpsmith.grammar.operations.array import ARRAY
from warpsmith.grammar.operations.construct import CONSTRUCT
from warpsmith.grammar.operations.conversion import CONVERSION
from warpsmith.grammar.operations.decomposition import DECOMPOSITION
from warpsmith.grammar.operations.elementary import ELEMENTARY
from warpsmith.grammar.operations.euler import EULER
from warpsmith.grammar.operations.geometry import GEOMETRY
from warpsmith.grammar.operations.matrix import MATRIX
from warpsmith.grammar.operations.noise import NOISE
from warpsmith.grammar.operations.objects import OBJECTS
from warpsmith.grammar.operations.operation import Interval, Operation
from warpsmith.grammar.operations.random import RANDOM
from warpsmith.grammar.operations.rotation import ROTATION
from warpsmith.grammar.operations.scalar import SCALAR
from warpsmith.grammar.operations.spatial import SPATIAL
from warpsmith.grammar.operations.transform import TRANSFORM
from warpsmith.grammar.operations.vector import VECTOR

__all__ = ["GROUPS", "OPERATIONS", "Interval", "Operation", "record"]

GROUPS: tuple[tuple[Operation, ...], ...] = (
    *(SCALAR, ELEMENTARY, CONVERSION, ARITHMETIC, VECTOR, MATRIX, DECOMPOSITION, ROTATION, EULER, TRANSFORM, SPATIAL),
    *(RANDOM, NOISE, GEOMETRY, CONSTRUCT, ARRAY, OBJECTS),
)

OPERATIONS: dict[str, Operation] = {o.name: o for group in GROUPS for o in group}
"""By name: a builtin's key in Warp's registry, or the name of a construct of ours."""


def record(name: str) -> Operation:
    """The record of that name; an empty one where there is none, which says nothing but the name."""
    return OPERATIONS.get(name) or _unknown(name)


@lru_cache(maxsize=1 << 10)
def _unknown(name: str) -> Operation:
    return Operation(name)
