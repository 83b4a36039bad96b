"""What operands must satisfy for a program to be defined: the one table of operand contracts.

A row says which operand of which builtin must lie where, and why. Everything else is defined for every value of its
type.
"""

from __future__ import annotations

from warpsmith.grammar import types
from warpsmith.grammar.production import Interval
from warpsmith.grammar.types import Type

DENOMINATOR = Interval(1, None, negatives=True)

_TABLE: dict[str, dict[str, Interval]] = {
    # division by zero, and the one quotient that overflows
    "div": {"b": DENOMINATOR},
    "mod": {"b": DENOMINATOR},
    "floordiv": {"b": DENOMINATOR},
    "cw_div": {"b": DENOMINATOR},
    "div_approx": {"b": DENOMINATOR},
    # domains of functions on the reals
    "acos": {"x": Interval(-1, 1)},
    "asin": {"x": Interval(-1, 1)},
    "sqrt": {"x": Interval(0)},
    "log": {"x": Interval(0.125)},
    "log2": {"x": Interval(0.125)},
    "log10": {"x": Interval(0.125)},
    "pow": {"x": Interval(0.125, 8), "y": Interval(-4, 4)},
    "erfinv": {"x": Interval(-0.875, 0.875)},
    "erfcinv": {"x": Interval(0.125, 1.875)},
    # the edges may not meet: the builtin divides by their distance
    "smoothstep": {"a": Interval(-8, -1), "b": Interval(1, 8)},
    # randi(state, low, high) takes a remainder by high - low
    "randi": {"low": Interval(-50, 0), "high": Interval(1, 100)},
    "randu": {"low": Interval(0, 10), "high": Interval(11, 100)},
    # work grows with the mean; a NaN mean would never end
    "poisson": {"lam": Interval(0.125, 20)},
    # lattice coordinates are cast to integers; a period is a divisor; octaves are a trip count
    "noise": {k: Interval(-100, 100) for k in ("x", "xy", "xyz", "xyzt")},
    "pnoise": {  # documented: negative coordinates are not supported
        **{k: Interval(0, 100) for k in ("x", "xy", "xyz", "xyzt")},
        **{k: Interval(1, 16) for k in ("px", "py", "pz", "pt")},
    },
    "curlnoise": {
        **{k: Interval(-100, 100) for k in ("xy", "xyz", "xyzt")},
        "octaves": Interval(1, 3),
        "lacunarity": Interval(1, 3),
    },
    # axes index a vector; of two rotations in a row about one axis, only the sum of the angles is known
    "quat_from_euler": {k: Interval(0, 2) for k in "ijk"},
    "quat_to_euler": {"i": Interval(0, 1), "j": Interval(2, 2), "k": Interval(0, 1)},
}

_SHIFTS = ("lshift", "rshift")


def requirement(builtin: str, parameter: str, operand: Type) -> Interval | None:
    """The contract of one operand, or ``None``.

    Args:
        builtin: key in Warp's registry.
        parameter: the operand's parameter name there.
        operand: its type.
    """
    if not isinstance(operand, type):
        return None
    component = types.scalar(operand)
    if builtin in _SHIFTS and parameter == "b":
        return Interval(0, types.BITS[component] - 1)
    if builtin in CASTS and types.kind(operand) == "float":
        return cast_range(CASTS[builtin])
    found = _TABLE.get(builtin, {}).get(parameter)
    if found is not None and component in types.UNSIGNED and found.negatives:
        return Interval(found.low, found.high)
    return found


CASTS = {"int": types.SIGNED[0]} | {types.name(t): t for t in types.INTEGERS}
"""Conversions to an integer: a floating-point operand out of the integer's range has no defined result."""


def cast_range(target: type) -> Interval:
    """Where a floating-point value may lie to be converted to the integer type ``target``."""
    reach = 100 if types.BITS[target] == 8 else 1000
    return Interval(0 if target in types.UNSIGNED else -reach, reach)
