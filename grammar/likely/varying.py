"""What values change with: an operation of constants alone is hardly ever written, and outputs depend on inputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import libcst as cst
import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.likely.scope import Drawn, Kind, LocalName
from warpsmith.grammar.operations import record
from warpsmith.grammar.operations.operation import Slope
from warpsmith.grammar.operations.operators import builtin_of
from warpsmith.grammar.production import Interval

Varies = frozenset[LocalName]

VAGUELY: Varies = frozenset({LocalName("", wp.int32, "")})
"""With something, but not with every change of it: a comparison, a step."""

_SHORT = ("float", "int", "bool")
_EXACT = ("bin:Add", "bin:Sub", "bin:Mult", "un:USub", "un:UAdd")
"""What is different for different integers."""
_FOLDED = ("bin:LShift",)
"""People write these of constants alone: ``1 << 3``."""


@cache
def makes(head: str) -> bool:
    """Whether the head of a rule is a conversion or a constructor."""
    kind, _, what = head.partition(":")
    name = what.removeprefix("wp.")
    return kind == "call" and (name in _SHORT or isinstance(getattr(wp, name, None), type))


@cache
def operates(head: str) -> bool:
    """Whether nobody writes the operation of constants alone."""
    kind = head.partition(":")[0]
    return kind in ("bin", "cmp", "bool", "call", "own") and not makes(head) and head not in _FOLDED


def carried(head: str, t: Kind | None, operands: Sequence[Drawn]) -> Varies:
    """What the result of an operation changes with.

    Args:
        head: of its rule.
        t: the result's type.
        operands: what it is applied to.
    """
    varies = [o.varies for o in operands]
    if not any(varies):
        return frozenset()
    if head in ("ifexp", "call:wp.where"):
        return varies[1] | varies[2] if varies[1] and varies[2] else VAGUELY
    if head == "bin:Mult" and VAGUELY in varies:  # it may be zero
        return VAGUELY
    if t is wp.bool or (head.startswith("call") and not makes(head) and _flat(builtin_of(head))):
        return VAGUELY
    if types.scalar(t) in types.INTEGERS and not _exact(head, operands):
        return VAGUELY
    return frozenset().union(*varies)


def _exact(head: str, operands: Sequence[Drawn]) -> bool:
    """Whether different operands give different integers."""
    floats = any(isinstance(o.type, type) and types.scalar(o.type) in types.FLOATS for o in operands)
    return not floats and (head in _EXACT or head.partition(":")[0] in ("item", "attr") or makes(head))


@cache
def _flat(builtin: str) -> bool:
    return record(builtin).slope is Slope.CONSTANT


def floating(t: object) -> bool:
    """Whether values of the type have floating-point components."""
    return isinstance(t, type) and types.kind(t) != "struct" and types.scalar(t) in types.FLOATS


def united(values: Sequence[Drawn]) -> Varies:
    """What one of the values changes with."""
    return frozenset().union(*(v.varies for v in values))


def starts(value: Drawn) -> bool:
    """Whether a local of the value is there to be added to: ``float(0.0)``, ``wp.vec3()``."""
    if value.varies or not makes(value.head) or not isinstance(value.node, cst.Call):
        return False
    if types.is_scalar(value.type):
        return value.head.removeprefix("call:") in _SHORT[:2]
    return not value.node.args and types.kind(value.type) in ("vec", "mat")


def idle(value: Drawn) -> bool:
    """Whether the value is zero, as far as is known: nobody multiplies by it."""
    return value.bounds() == (0.0, 0.0)


def depends(values: Sequence[Drawn]) -> bool:
    """Whether one of the values changes with an input that nothing writes to."""
    for value in values:
        ends = value.bounds()
        if ends is not None and ends[0] == ends[1]:
            continue
        if any(v.input and v.mode in ("", "read") for v in value.varies):
            return True
    return False


def undecided(head: str, left: Drawn) -> Interval | None:
    """Where the right operand of a comparison lies, rather: where the left one does, so that both outcomes occur."""
    ends = left.bounds() if head.startswith("cmp:") else None
    return Interval(*ends) if ends is not None and ends[0] < ends[1] else None
