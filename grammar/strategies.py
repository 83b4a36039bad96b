"""The public Hypothesis strategies: one composite each, plain recursion inside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import libcst as cst
import warp as wp
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from warpsmith.grammar import structs as _structs
from warpsmith.grammar import types
from warpsmith.grammar.blocks import block
from warpsmith.grammar.body import Body
from warpsmith.grammar.chooser import DrawnChooser
from warpsmith.grammar.constructs import CONSTRUCTS
from warpsmith.grammar.functions import PlainFunction
from warpsmith.grammar.grammar import Grammar, default_grammar
from warpsmith.grammar.kernels import function_program, kernel_program
from warpsmith.grammar.production import Production
from warpsmith.grammar.program import Program
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.types import Array, Value

DrawFn = Callable[[SearchStrategy[Any]], Any]


def _chooser(draw: DrawFn) -> DrawnChooser:
    return DrawnChooser(lambda low, high: draw(st.integers(low, high)))


def _checked_types(values: Sequence[Value]) -> tuple[Value, ...]:
    if not values:
        raise ValueError("types: at least one value type is needed")
    return tuple(map(types.canonical, values))


def _checked_size(name: str, value: int | None) -> None:
    if value is not None and not (isinstance(value, int) and 1 <= value <= 500):
        raise ValueError(f"{name}={value!r} must be an integer from 1 to 500")


@lru_cache(maxsize=8)
def _without_arrays(grammar: Grammar) -> Grammar:
    return grammar.only(lambda p: not any(isinstance(t, Array) for t in p.operands))


def _body(chooser: DrawnChooser, grammar: Grammar, scope: Mapping[str, Value], allowed: Sequence[Value]) -> Body:
    palette = _without_arrays(grammar).palette((wp.int32, wp.bool, *scope.values(), *allowed))
    body = Body(chooser, palette, CONSTRUCTS, PlainFunction(limit=0), [], set())
    for name, t in scope.items():
        body.scope.add(Variable(name, t))
    return body


def expressions(
    result: Value,
    *,
    scope: Mapping[str, Value] | None = None,
    fuel: int = 3,
    grammar: Grammar | None = None,
) -> SearchStrategy[cst.BaseExpression]:
    """Expressions of one type.

    Args:
        result: the type of the expressions.
        scope: variables they may use, name to type; none without.
        fuel: how many productions deep they may go.
        grammar: where productions come from; the whole language without.

    Raises:
        TypeError: a type is no value type of Warp.
        ValueError: ``fuel`` is not between 1 and 500.
    """
    t = types.canonical(result)
    variables = {k: types.canonical(v) for k, v in (scope or {}).items()}
    _checked_size("fuel", fuel)

    @st.composite
    def strategy(draw: DrawFn) -> cst.BaseExpression:
        body = _body(_chooser(draw), grammar or default_grammar(), variables, (t,))
        return body.expr(t, fuel)

    return strategy()


def statements(
    *,
    scope: Mapping[str, Value] | None = None,
    lines: int = 6,
    grammar: Grammar | None = None,
) -> SearchStrategy[Sequence[cst.BaseStatement]]:
    """Sequences of statements over the variables of a scope.

    Args:
        scope: variables they may use and change, name to type; one float32 ``x`` without.
        lines: about how many source lines.
        grammar: where productions come from; the whole language without.

    Raises:
        TypeError: a type is no value type of Warp.
        ValueError: ``lines`` is not between 1 and 500.
    """
    variables = {k: types.canonical(v) for k, v in (scope or {"x": wp.float32}).items()}
    _checked_size("lines", lines)

    @st.composite
    def strategy(draw: DrawFn) -> Sequence[cst.BaseStatement]:
        return block(_body(_chooser(draw), grammar or default_grammar(), variables, ()), lines)

    return strategy()


def structs(*, types: Sequence[Value] = (wp.float32, wp.int32, wp.vec3f)) -> SearchStrategy[cst.ClassDef]:
    """Definitions of structs.

    Args:
        types: value types that their fields may have.

    Raises:
        TypeError: a type is no value type of Warp.
        ValueError: no type is given.
    """
    allowed = _checked_types(types)

    @st.composite
    def strategy(draw: DrawFn) -> cst.ClassDef:
        return _structs.definition(_structs.struct_type(_chooser(draw), allowed))  # type: ignore[return-value]

    return strategy()


def functions(
    *, types: Sequence[Value] = (wp.float32,), lines: int | None = None, grammar: Grammar | None = None
) -> SearchStrategy[Program]:
    """Programs whose entry is one user function and a kernel that does no more than call it.

    Args:
        types: value types that the function is about, beside int32 and bool.
        lines: about how many lines its body has; drawn without.
        grammar: where productions come from; the whole language without.

    Raises:
        TypeError: a type is no value type of Warp.
        ValueError: no type is given, or ``lines`` is not between 1 and 500.
    """
    allowed = _checked_types(types)
    _checked_size("lines", lines)

    @st.composite
    def strategy(draw: DrawFn) -> Program:
        return function_program(_chooser(draw), grammar or default_grammar(), allowed, lines)

    return strategy()


def kernels(
    *,
    features: Sequence[Production] = (),
    lines: int | None = None,
    grammar: Grammar | None = None,
) -> SearchStrategy[Program]:
    """Whole programs: structs, user functions, a kernel, and how to launch it.

    Args:
        features: productions that must occur; a few are drawn without.
        lines: about how many lines the bodies have; drawn without.
        grammar: where productions come from; the whole language without.

    Raises:
        ValueError: ``lines`` is not between 1 and 500.
    """
    _checked_size("lines", lines)

    @st.composite
    def strategy(draw: DrawFn) -> Program:
        return kernel_program(_chooser(draw), grammar or default_grammar(), tuple(features), lines)

    return strategy()
