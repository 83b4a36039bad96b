"""Productions derived from Warp's builtin registry: one per concrete signature, none typed in by hand."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import cache, partial

import libcst as cst

from warpsmith.grammar import registry, spell, types
from warpsmith.grammar.exceptions import NO_CONSTANT_OPERANDS, REFUSED, SPELLED_BY_STATEMENTS, excluded
from warpsmith.grammar.operations import OPERATIONS, record
from warpsmith.grammar.production import Production
from warpsmith.grammar.registry import Signature
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.types import Array

BINARY = {o.name: o.operators[0] for o in OPERATIONS.values() if o.operators}
"""Builtins that Python's binary operators stand for."""

UNARY = {o.name: o.prefix for o in OPERATIONS.values() if o.prefix}
"""Builtins that Python's unary operators stand for."""

_OPERATOR_WEIGHT = 6  # people write operators far more often than any one function


@cache
def derived() -> tuple[Production, ...]:
    """One production per concrete signature that yields values and is not excluded, in registry order."""
    return tuple(
        _production(s)
        for s in registry.signatures()
        if s.result is not None
        and s.name not in SPELLED_BY_STATEMENTS
        and s.key not in REFUSED
        and excluded(s.name) is None
        and not record(s.name).observes
    )


@cache
def of_objects() -> tuple[Signature, ...]:
    """The signatures of what reads an object and is not excluded; each has a record in ``operations/objects.py``."""
    return tuple(s for s in registry.object_signatures() if excluded(s.name) is None and record(s.name).observes)


def _production(s: Signature) -> Production:
    return Production(
        builtin=s.name,
        operands=s.operands,
        result=s.result,
        build=_builder(s),
        requires=tuple(map(record(s.name).requirement, s.parameters, s.operands)),
        traits=traits(s),
        weight=_OPERATOR_WEIGHT if s.name in BINARY and not flattening(s) else 1,
    )


def traits(s: Signature) -> frozenset[str]:
    """What distinguishes a signature's production: the first operand of ``random`` ones is a variable, a state."""
    random = record(s.name).state is not None
    return frozenset({"random"} if random else ()) | frozenset({"differentiable" if s.differentiable else "flat"})


def flattening(s: Signature) -> bool:
    """Whether floats lose their derivatives there: an operator of which people seldom write on floats."""
    operands = (t for t in s.operands if not isinstance(t, Array))
    return not s.differentiable and any(map(types.differentiable, operands))


def _builder(s: Signature) -> Callable[..., Expr]:
    # ``**`` reaches ``pow`` for scalars only, and so does every ``pow`` of the registry.
    if s.name in BINARY and len(s.operands) == 2:
        return partial(spell.binary, BINARY[s.name])
    if s.name in UNARY and len(s.operands) == 1:
        return partial(spell.unary, UNARY[s.name])
    if s.name in NO_CONSTANT_OPERANDS or "random" in traits(s):
        return partial(call_of_variables, f"wp.{s.name}")
    # Kernels call ``int``, ``float`` and ``bool`` by Python's own names.
    return partial(_call, s.name if isinstance(getattr(builtins, s.name, None), type) else f"wp.{s.name}")


def _call(path: str, *operands: Expr) -> cst.BaseExpression:
    return spell.call(path, *operands)


def call_of_variables(path: str, *operands: Expr) -> cst.BaseExpression:
    """A call with copies of constants: what native code takes by a reference that is not to a constant."""
    return spell.call(path, *map(spell.copied, operands))
