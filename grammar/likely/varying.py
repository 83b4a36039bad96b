"""What values change with: an operation of constants alone is hardly ever written, and outputs depend on inputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

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

PARTLY: Varies = frozenset({LocalName("", wp.float32, "")})
"""A part of the value is constant: ``wp.vec3(0.0, 1.0, x)``."""

_SHORT = ("float", "int", "bool")
_EXACT = ("bin:Add", "bin:Sub", "bin:Mult", "un:USub", "un:UAdd")
"""What is different for different integers."""
_FOLDED = ("bin:LShift",)
"""People write these of constants alone: ``1 << 3``."""
_COUNTED = ("call:len", "call:wp.len")
"""What their operand is does not matter."""
_CHOOSING = ("call:wp.min", "call:wp.max", "call:wp.clamp")
"""They yield one of their operands, which need not be the one that changes."""
_DIVIDING = ("bin:Div", "bin:FloorDiv", "bin:Mod", "bin:LShift", "bin:RShift")
_KEPT = ("un:USub", "un:UAdd", "bin:Add", "bin:Sub")
_MULTIPLYING = ("bin:Mult", "bin:BitAnd")
_ADDABLE = ("int", "float", "vec", "mat")
_GROWN = ("cmp:", "call:wp.min", "call:wp.max", "bin:Add", "bin:Sub#0")
"""Where a loop reads what an outer local starts from: on later trips it is something else."""


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
    if not any(varies) or head in _COUNTED or vanishes(head, operands):
        return frozenset()
    part = head.startswith(("item:", "attr:")) and varies[0] >= PARTLY
    if part or (head in _CHOOSING and VAGUELY in varies):
        return VAGUELY
    if head in ("ifexp", "call:wp.where"):
        return varies[1] | varies[2] if varies[1] and varies[2] else VAGUELY
    if head == "bin:Mult" and VAGUELY in varies:  # it may be zero
        return VAGUELY
    if t is wp.bool or (head.startswith("call") and not makes(head) and _flat(builtin_of(head))):
        return VAGUELY
    if types.scalar(t) in types.INTEGERS and not _exact(head, operands):
        return VAGUELY
    composed = makes(head) and types.is_scalar(operands[0].type) and not all(varies) and not types.is_scalar(t)
    return frozenset(PARTLY if composed else ()).union(*varies)


def vanishes(head: str, operands: Sequence[Drawn]) -> bool:
    """Whether the result of an operation is zero, because operands are."""
    zeros = [o.zero for o in operands]
    kind = head.partition(":")[0]
    if head in _MULTIPLYING:
        return any(zeros)
    if kind in ("item", "attr") or head in _DIVIDING:
        return zeros[0]
    return (head in _KEPT or makes(head)) and all(zeros)


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
    """Whether a local of the value is there to be added to: ``float(0.0)``, ``wp.vec3()``, ``0``."""
    if value.varies or not startable(value.type):
        return False
    return value.zero or value.head.removeprefix("call:") in _SHORT[:2]


def startable(t: object) -> bool:
    """Whether values of the type can be added to."""
    return isinstance(t, type) and types.kind(t) in _ADDABLE


def growable(where: str) -> bool:
    """Whether people read there what grows in a loop: a count, the nearest so far."""
    return where.startswith(_GROWN)


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
