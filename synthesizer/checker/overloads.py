"""Overload resolution for builtins: operand types in, result type out.

The registry gives concrete records for the predefined sizes of vectors and matrices, which are looked up in a table.
For other types (vectors of any size, tiles, queries, structs in arrays) Warp's own generic records are asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from warpsmith.grammar import registry
from warpsmith.synthesizer.checker.foreign import NotTold, from_warp, operand
from warpsmith.synthesizer.checker.model import UNKNOWN, CheckedType, TypeRef, Var, family

NO_MATCH: Any = object()
"""There are records of this builtin, and none fits."""
NO_RECORDS: Any = object()
"""The builtin has no concrete record."""

_cache: dict[tuple[str, tuple[CheckedType, ...], int, tuple[str, ...]], Any] = {}


def result(name: str, operands: tuple[CheckedType, ...], expects: int = 0, keywords: tuple[str, ...] = ()) -> Any:
    """The result type of a call.

    Args:
        name: the builtin.
        operands: types of the positional operands, then of the keyword operands.
        expects: how many names the results are unpacked to; 0 if they are not.
        keywords: names of the keyword operands, which come last.

    Returns:
        A type, a tuple of types, None, UNKNOWN, NO_MATCH or NO_RECORDS.
    """
    key = (name, operands, expects, keywords)
    found = _cache.get(key, _cache)
    if found is _cache:
        found = _cache[key] = _resolve(name, operands, expects, keywords)
    return found


def _resolve(name: str, operands: tuple[CheckedType, ...], expects: int, keywords: tuple[str, ...]) -> Any:
    records = registry.by_name().get(name)
    if records is None:
        return NO_RECORDS
    found = [r.result for r in records if _fits(r, operands, keywords) and _unpacks(r.result, expects)]
    if not found and expects and _resolve(name, operands, 0, keywords) is not NO_MATCH:
        return NO_MATCH
    if UNKNOWN in operands:
        # A result is known only if every record of the builtin has the same, whatever the sizes: sizes may be any.
        alike = {r.result for r in records}
        same = len(alike) == 1 and found and not _generic(name)
        return found[0] if same else UNKNOWN
    return found[0] if found else NO_MATCH


@cache
def _generic(name: str) -> bool:
    """Whether a result may be a vector or matrix, of which there are more sizes than records."""
    return any(family(r.result) in ("vec", "mat") for r in registry.by_name()[name] if not isinstance(r.result, tuple))


@dataclass(frozen=True)
class No:
    """A builtin does not take the operands, with Warp's reason."""

    reason: str


def several(found: list[Any]) -> Any:
    """Operands that are one argument, with slices among them."""
    return registry.operand(registry.tuple_type(tuple(operand(f, True) for f in found)))


_EXACT = frozenset(("identity", "vector", "matrix", "slice", "zeros"))
"""Builtins for which the values of constants matter, beside those of tiles."""
_applied: dict[Any, Any] = {}


def applied(
    name: str, positional: list[Any], named: dict[str, Any], expects: int = 0, fixed: dict[str, Any] | None = None
) -> Any:
    """The result by Warp's own generic records: a type, a tuple of them, None, UNKNOWN or :class:`No`."""
    exact = name in _EXACT or "tile" in name
    key = (
        name,
        tuple(_key(v, exact) for v in positional),
        tuple((k, _key(v, exact)) for k, v in named.items()),
        expects,
        None if fixed is None else tuple(fixed.items()),
    )
    found = _applied.get(key, _applied)
    if found is _applied:
        found = _applied[key] = _apply(name, positional, named, expects, fixed, exact)
    return found


def _key(found: Any, exact: bool) -> Any:
    if type(found) is not Var:
        return (found, found.origin) if isinstance(found, TypeRef) else found
    if found.elements is not None:
        return tuple(_key(e, exact) for e in found.elements)
    known = isinstance(found.constant, (bool, int, float, str))
    return (found.type, found.constant if exact and known else found.constant is None, type(found.constant))


def _apply(
    name: str,
    positional: list[Any],
    named: dict[str, Any],
    expects: int,
    fixed: dict[str, Any] | None,
    exact: bool,
) -> Any:
    try:
        given = [operand(v, exact) for v in positional]
        keyed = {k: operand(v, exact) for k, v in named.items()}
        return from_warp(registry.apply(name, given, keyed, expects, fixed))
    except NotTold:
        return UNKNOWN
    except registry.Refused as error:
        return No(str(error))


def _fits(record: registry.Signature, operands: tuple[CheckedType, ...], keywords: tuple[str, ...]) -> bool:
    positional = len(operands) - len(keywords)
    if len(operands) > len(record.operands) or positional + len(keywords) < record.required:
        return False
    if not keywords:
        return all(a is b or a is UNKNOWN for a, b in zip(operands, record.operands, strict=False))
    bound = dict(zip(record.parameters, operands[:positional], strict=False))
    for keyword, given in zip(keywords, operands[positional:], strict=True):
        if keyword in bound or keyword not in record.parameters:
            return False
        bound[keyword] = given
    if any(p not in bound for p in record.parameters[: record.required]):
        return False
    wanted = dict(zip(record.parameters, record.operands, strict=True))
    return all(t is wanted[p] or t is UNKNOWN for p, t in bound.items())


def _unpacks(found: Any, expects: int) -> bool:
    return not expects or (isinstance(found, tuple) and len(found) == expects)


@cache
def arities(name: str) -> tuple[int, int] | None:
    """The least and the greatest number of operands of a builtin's concrete records; None if it has none."""
    records = registry.by_name().get(name)
    if records is None:
        return None
    # A visible record that has no concrete form may take more, or fewer.
    others = [len(p) for p in registry.templates().get(name, ()) if not any(x.startswith("*") for x in p)]
    return min([*(r.required for r in records), *others]), max([*(len(r.operands) for r in records), *others])


@cache
def keywords(name: str) -> frozenset[str]:
    """What a keyword argument of a builtin may be called."""
    return frozenset(p.lstrip("*") for record in registry.templates().get(name, ()) for p in record)
