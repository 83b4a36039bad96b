"""Productions derived from Warp's builtin registry: one per concrete signature, none typed in by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import libcst as cst

from warpsmith.grammar import contracts, registry, spell, types
from warpsmith.grammar.exceptions import NO_CONSTANT_OPERANDS, REFUSED, SPELLED_BY_STATEMENTS, excluded
from warpsmith.grammar.meanings import meaning
from warpsmith.grammar.production import Production
from warpsmith.grammar.registry import Signature
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.types import Array

BINARY = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "floordiv": "//",
    "mod": "%",
    "bit_and": "&",
    "bit_or": "|",
    "bit_xor": "^",
    "lshift": "<<",
    "rshift": ">>",
    "pow": "**",
}
"""Builtins that Python's binary operators stand for."""

UNARY = {"neg": "-", "pos": "+", "invert": "~", "unot": "not"}
"""Builtins that Python's unary operators stand for."""

PYTHON_NAMES = ("int", "float", "bool")
"""Conversions that a kernel calls by Python's own names."""

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
    )


def _production(s: Signature) -> Production:
    return Production(
        builtin=s.name,
        operands=s.operands,
        result=s.result,
        build=_builder(s),
        evaluate=meaning(s.name, s.operands),
        requires=tuple(contracts.requirement(s.name, p, t) for p, t in zip(s.parameters, s.operands, strict=True)),
        traits=traits(s),
        weight=_OPERATOR_WEIGHT if s.name in BINARY and not flattening(s) else 1,
    )


def traits(s: Signature) -> frozenset[str]:
    """What distinguishes a signature's production: ``random`` ones advance their first operand, a variable."""
    random = s.group == "Random" and s.name != "rand_init" and s.parameters[0] == "state"
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
    return partial(_call, s.name if s.name in PYTHON_NAMES else f"wp.{s.name}")


def _call(path: str, *operands: Expr) -> cst.BaseExpression:
    return spell.call(path, *operands)


def call_of_variables(path: str, *operands: Expr) -> cst.BaseExpression:
    """A call with copies of constants: what native code takes by a reference that is not to a constant."""
    return spell.call(path, *map(spell.copied, operands))
