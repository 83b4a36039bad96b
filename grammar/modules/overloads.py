"""Functions of several types: overloads, and generic ones."""

from __future__ import annotations

import warp as wp

from warpsmith.grammar import literals, spell, types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.modules.builder import DefinitionForm, ModuleBuilder, func
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr, Stmt


def _overloads(builder: ModuleBuilder, lines: int) -> list[Stmt]:
    """Two or three functions of one name, told apart by the types of their parameters."""
    name = builder.fresh("size_of", "energy_of", "limited", "value_at")
    known: list[list[types.Type]] = []
    definitions: list[Stmt] = []
    for _ in range(builder.chooser.choose((2, 3), (75, 25))):
        results = (builder.wanted(),)
        parameters, statements = builder.plain(max(1, lines // 2), results)
        taken = [v.type for v in parameters]
        if taken not in known:  # else it would take the place of the other
            known.append(taken)
            definitions.append(func(name, parameters, statements))
            builder.callee(name, parameters, results)
    return definitions


def _generic(builder: ModuleBuilder, lines: int) -> list[Stmt]:
    """A function of any type, or of any float, which is called with several."""
    chooser = builder.chooser
    floats = [t for t in builder.palette.types if types.kind(t) == "float"]
    fitting = [t for t in builder.palette.types if types.kind(t) in ("float", "vec") and types.scalar(t) in floats]
    scalars = chooser.chance(40)
    kinds = (floats if scalars else fitting)[: chooser.choose((2, 3, 1))]
    second = chooser.chance(40)
    words = ("wp.Float", "wp.Scalar") if scalars else ("Any",)
    open_ = spell.dotted(chooser.choose(words))
    builder.generic = builder.generic or not scalars
    x = spell.name("x")
    statements: list[Stmt] = []
    for i in range(chooser.integer(1, max(1, min(3, lines)))):
        value = _expression(chooser, scalars, ["x", *(["y"] if second else []), *(f"u{k}" for k in range(i))], 2)
        statements.append(spell.assign(spell.name(f"u{i}"), value))
    last = spell.name(f"u{len(statements) - 1}")
    statements.append(spell.returns(spell.binary("+", last, spell.binary("*", x, _number(chooser, x)))))
    name = builder.fresh("scaled", "softened", "squared")
    parameters = [("x", open_), *([("y", open_)] if second else [])]
    for t in kinds:
        taken = [Variable(n, t, unread=False) for n, _ in parameters]
        builder.callee(name, taken, (t,), generic=True)
    return [spell.function("wp.func", name, parameters, statements)]


_SCALAR_BUILTINS = ("sin", "cos", "abs", "tanh", "floor")


def _number(chooser: Chooser, like: Expr) -> Expr:
    """A number of the type of a value, or of its components: ``x.dtype(0.5)``."""
    return spell.call(spell.attribute(like, "dtype"), spell.floating(chooser.choose((0.5, 2.0, 1.5, 0.25, 3.0))))


def _expression(chooser: Chooser, scalars: bool, names: list[str], fuel: int) -> Expr:
    """An expression of the type of ``x`` that every such type has."""
    leaf = spell.name(chooser.choose(names))
    if fuel == 0:
        return leaf
    forms = ["add", "sub", "scale", "neg"] + (["mul", "builtin", "like", "where", "max"] if scalars else [])
    form = chooser.choose(forms)
    other = _expression(chooser, scalars, names, fuel - 1)
    if form in ("add", "sub", "mul"):
        return spell.binary({"add": "+", "sub": "-", "mul": "*"}[form], leaf, other)
    if form == "scale":
        return spell.binary("*", other, _number(chooser, leaf))
    if form == "neg":
        return spell.unary("-", other)
    if form == "builtin":
        return spell.call(f"wp.{chooser.choose(_SCALAR_BUILTINS)}", other)
    like = spell.call(spell.call("type", leaf), literals.literal(chooser, wp.float32))
    if form == "like":
        return spell.binary("+", other, like)
    if form == "where":
        return spell.call("wp.where", spell.compare(leaf, (">", like)), other, leaf)
    return spell.call("wp.max", other, like)


OVERLOADS = DefinitionForm("overloaded function", _overloads, 18)
GENERIC = DefinitionForm("generic function of several types", _generic, 20)
