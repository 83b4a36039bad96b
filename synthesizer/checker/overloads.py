"""Overload resolution for builtins: operand types in, result type out.

The registry gives concrete records for the predefined sizes of vectors and matrices. Warp's own records are generic, so
an operand of another size (a spatial vector, a vector of five) is looked up by analogy: the operands are resized to 2,
3 and 4, and a record that fits all three fits every size.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from warpsmith.grammar import registry, types
from warpsmith.synthesizer.checker.model import UNKNOWN, CheckedType, dtype_of, family, matrix, shape_of, vector

NO_MATCH: Any = object()
"""There are records of this builtin, and none fits."""
NO_RECORDS: Any = object()
"""The builtin has no concrete record."""

_FIXED_SIZES = frozenset(("inverse", "inverse_approx", "determinant"))
"""Builtins that Warp has for sizes 2, 3 and 4 and for no other; analogy would say otherwise."""

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
        return found[0] if found and all(r == found[0] for r in found) else UNKNOWN
    if found:
        return found[0]
    if any(family(t) and t not in _PREDEFINED for t in operands):
        analogous = _by_analogy(name, operands, expects, keywords)
        return UNKNOWN if analogous is NO_MATCH else analogous
    analogous = _by_analogy(name, operands, expects, keywords)
    return UNKNOWN if analogous is NO_MATCH and _takes_other_types(name, operands, keywords) else analogous


def _takes_other_types(name: str, operands: tuple[CheckedType, ...], keywords: tuple[str, ...]) -> bool:
    """Whether a visible record takes that many operands and has no concrete form: one of handles, queries, tiles."""
    concrete = {r.parameters for r in registry.by_name()[name]}
    others = (set(p) for p in registry.templates().get(name, ()) if p not in concrete)
    return any(set(keywords) <= parameters and len(operands) <= len(parameters) for parameters in others)


_PREDEFINED = frozenset(types.VALUES)


def _fits(record: registry.Signature, operands: tuple[CheckedType, ...], keywords: tuple[str, ...]) -> bool:
    positional = len(operands) - len(keywords)
    if len(operands) > len(record.operands) or positional + len(keywords) < record.required:
        return False
    if not keywords:
        return all(a is b or a is UNKNOWN for a, b in zip(operands, record.operands, strict=False))
    bound = dict(zip(record.parameters, operands[:positional], strict=False))
    for keyword, operand in zip(keywords, operands[positional:], strict=True):
        if keyword in bound or keyword not in record.parameters:
            return False
        bound[keyword] = operand
    if any(p not in bound for p in record.parameters[: record.required]):
        return False
    wanted = dict(zip(record.parameters, record.operands, strict=True))
    return all(t is wanted[p] or t is UNKNOWN for p, t in bound.items())


def _unpacks(found: Any, expects: int) -> bool:
    return not expects or (isinstance(found, tuple) and len(found) == expects)


def _by_analogy(name: str, operands: tuple[CheckedType, ...], expects: int, keywords: tuple[str, ...]) -> Any:
    sizes = {n for t in operands if family(t) in ("vec", "mat") for n in shape_of(t)}
    if name in _FIXED_SIZES or len(sizes) != 1 or sizes <= {2, 3, 4}:
        return NO_MATCH
    (size,) = sizes
    answers = []
    for other in (2, 3, 4):
        resized = tuple(_resize(t, size, other) for t in operands)
        answer = result(name, resized, expects, keywords)
        if answer is NO_MATCH or UNKNOWN in resized:
            return NO_MATCH
        answers.append(_resize_all(answer, other, size))
    return answers[0] if answers[0] == answers[1] == answers[2] else UNKNOWN


def _resize(t: CheckedType, old: int, new: int) -> CheckedType:
    kind = family(t)
    if kind == "vec" and shape_of(t) == (old,):
        return vector(new, dtype_of(t))
    if kind == "mat" and shape_of(t) == (old, old):
        return matrix(new, new, dtype_of(t))
    return t


def _resize_all(answer: Any, old: int, new: int) -> Any:
    if isinstance(answer, tuple):
        return tuple(_resize(t, old, new) for t in answer)
    return _resize(answer, old, new) if family(answer) else answer


@cache
def arities(name: str) -> tuple[int, int] | None:
    """The least and the greatest number of operands of a builtin's concrete records; None if it has none."""
    records = registry.by_name().get(name)
    if records is None:
        return None
    return min(r.required for r in records), max(len(r.operands) for r in records)


@cache
def keywords(name: str) -> frozenset[str]:
    """What a keyword argument of a builtin may be called."""
    return frozenset(p.lstrip("*") for record in registry.templates().get(name, ()) for p in record)
