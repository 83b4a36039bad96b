"""Calls of user functions, and builtins that change their first argument."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.constructs import assign
from warpsmith.grammar.functions import KernelFunction
from warpsmith.grammar.production import Production
from warpsmith.grammar.scope import Callee, Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array


def _callable(body: Body) -> list[Callee]:
    """The user functions that may be called here."""
    return [c for c in body.callees if not c.threads or isinstance(body.function, KernelFunction)]


def _call(body: Body, budget: int) -> list[Stmt]:
    return call(body, body.chooser.choose(_callable(body)))


def call(body: Body, callee: Callee) -> list[Stmt]:
    """A statement that calls the function, and binds what it returns if it returns anything."""
    production, parameters = _spelled(body, callee)
    if callee.threads:
        body.spend(callee.name)
    results = production.result
    if not callee.threads:
        return assign.bind_production(body, production)
    body.used.add("device call")
    value = production.build(*_arguments(body, parameters))
    if results is None:
        return [spell.expression(value)]
    if isinstance(results, tuple):
        return assign.bind_several(body, results, value)
    return [assign.bind(body, results, value)]


def _spelled(body: Body, callee: Callee) -> tuple[Production, list[Variable]]:
    """The call with its last arguments left to their defaults, or given by keyword, forwards or backwards.

    Returns:
        The production that spells it, and the parameters that its operands are for.
    """
    chooser, parameters = body.chooser, list(callee.parameters)
    defaults = sum(v.default is not None for v in parameters)
    left = len(parameters) - (chooser.integer(0, defaults) if defaults else 0)
    # A keyword does not count among the arguments of a generic function: those without a default go by position.
    least = len(parameters) - defaults if callee.generic else 0
    plain = chooser.integer(least, left - 1) if left > least and chooser.chance(20) else left
    plain = min([plain, *(i for i, v in enumerate(parameters) if v.named)])
    named = parameters[plain:left]
    if len(named) > 1 and chooser.chance(50):
        named.reverse()
    if left < len(parameters):
        body.used.add("default argument")
    if named:
        body.used.add("keyword argument")
    given = [*parameters[:plain], *named]
    build = partial(callee.call, [v.name for v in named])
    return Production(callee.name, tuple(v.type for v in given), callee.result, build), given


def _arguments(body: Body, parameters: Sequence[Variable]) -> list[Expr]:
    """What is passed to a function that touches arrays: the thread's indices, arrays, values."""
    function = body.function
    assert isinstance(function, KernelFunction)
    arguments: list[Expr] = []
    taken: list[Variable] = []
    for v in parameters:
        if isinstance(v.type, Array):
            taken.append(function.argument_for(body, v, taken))
            arguments.append(taken[-1].node)
        elif v.axis is not None:
            arguments.append(body.read(function.threads[v.axis]))
        else:
            arguments.append(body.expr(v.type, assign.fuel(body) - 1))
    return arguments


def call_to(callee: Callee) -> Construct:
    """A construct that calls exactly this function: so that every function is called."""
    return Construct("call", lambda body, budget: call(body, callee))


def _numeric_thread_functions(body: Body) -> list[Callee]:
    """Functions that touch arrays and return a number."""
    return [c for c in _callable(body) if c.threads and c.result in types.INTEGERS + types.FLOATS]


def _lazy(body: Body, budget: int) -> list[Stmt]:
    """A call that writes to arrays, where it is decided at run time whether it happens: ``test and f(...) > x``."""
    callee = body.chooser.choose(_numeric_thread_functions(body))
    t = callee.result
    assert isinstance(t, type)
    form = body.chooser.choose(("and", "or", "if", "else"), (40, 30, 15, 15))
    body.used.add(f"lazy {form}")
    test = body.condition(1)
    production, parameters = _spelled(body, callee)
    value = production.build(*_arguments(body, parameters))
    if form in ("if", "else"):
        arms = (value, body.expr(t, 1)) if form == "if" else (body.expr(t, 1), value)
        return [assign.bind(body, t, spell.conditional(test, *arms))]
    compared = spell.compare(value, (body.chooser.choose(("<", ">", ">=")), body.runtime_value(t)))
    return [assign.bind(body, wp.bool, spell.boolean(form, test, compared))]


_SETTERS = (("transform_set_translation", "vec", (3,)), ("transform_set_rotation", "quat", (4,)))


def _transforms(body: Body) -> list[types.Value]:
    return [t for t in body.palette.types if types.kind(t) == "transform"]


def _mutate(body: Body, budget: int) -> list[Stmt]:
    """Sets one part of a transform in place."""
    t = body.chooser.choose(_transforms(body))
    builtin, kind, shape = body.chooser.choose(_SETTERS)
    part = types.find(kind, shape, types.scalar(t))
    assert part is not None
    known = [v for v in body.scope.of(t) if v.mutable]
    statements: list[Stmt] = []
    if not known:
        statements.append(assign.bind(body, t, body.expr(t, 1)))
        known = body.scope.of(t)[:1]
    variable = body.chooser.choose(known)
    body.mark_changed(variable)
    body.used.add(types.signature(builtin, t, part))
    statements.append(spell.expression(spell.call(f"wp.{builtin}", variable.node, body.expr(part, 2))))
    return statements


CALL = Construct("call", _call, weight=8, fits=lambda body, budget: bool(_callable(body)))
MUTATE = Construct(
    "mutate",
    _mutate,
    weight=4,
    fits=lambda body, budget: bool(_transforms(body)),
    covers=tuple(builtin for builtin, _, _ in _SETTERS),
)
LAZY = Construct("lazy call", _lazy, weight=30, fits=lambda body, budget: bool(_numeric_thread_functions(body)))
