"""Functions that code on the host makes: closures over numbers and functions, and methods of classes."""

from __future__ import annotations

import warp as wp

from warpsmith.grammar import literals, spell, types
from warpsmith.grammar.body import Body
from warpsmith.grammar.constructs import assign
from warpsmith.grammar.modules.builder import DefinitionForm, ModuleBuilder, annotated, func, unary_of
from warpsmith.grammar.scope import Spread, Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Value


def _factory(builder: ModuleBuilder, lines: int) -> list[Stmt]:
    """A factory that closes over a number, or a function, or both; and one or two functions that it makes."""
    chooser, t = builder.chooser, builder.part()
    maker, name = builder.fresh("make_function", "make_term", "create_op"), builder.local("term", "op", "weight")
    functions = unary_of(builder, t)
    closes = chooser.choose(("number", "function", "both"), (50, 30, 20)) if functions else "number"
    count = chooser.choose(("order", "degree", "levels"))
    operation = "fn"

    def begin(body: Body) -> list[Stmt]:
        statements: list[Stmt] = []
        if closes != "number":
            value = spell.call(operation, body.runtime_value(t))
            statements.append(assign.bind(body, t, value))
        if closes != "function":
            kind = chooser.choose((wp.int32, t))
            statements.append(assign.bind(body, kind, spell.call(_conversion(kind), spell.name(count))))
        return statements

    body_parameters, statements = builder.plain(lines, (t,), begin)
    host = [p for p, kept in ((count, closes != "function"), (operation, closes != "number")) if kept]
    annotations = [(p, spell.name("int") if p == count and chooser.chance(60) else None) for p in host]
    inner = spell.inner(func(name, body_parameters, statements))
    definitions: list[Stmt] = [
        spell.function((), maker, annotations, [inner, spell.returns(spell.name(name))]),
    ]
    for _ in range(chooser.choose((1, 2), (55, 45))):
        made = builder.fresh(name, f"{name}_of", f"quick_{name}")
        arguments = [_argument(builder, p == count, functions) for p in host]
        definitions.append(spell.assign(spell.name(made), spell.call(maker, *arguments)))
        builder.callee(made, body_parameters, (t,))
    return definitions


def _conversion(t: Value) -> str:
    return {wp.int32: "int", wp.float32: "float"}.get(t, f"wp.{t.__name__}")


def _argument(builder: ModuleBuilder, number: bool, functions: list[tuple[str, Expr]]) -> Expr:
    """What a factory is called with."""
    if number:
        return spell.integer(builder.chooser.integer(1, 6))
    return builder.chooser.choose(functions)[1]


def _class(builder: ModuleBuilder, lines: int) -> list[Stmt]:
    """A class with one or two functions, which are called by its name."""
    chooser = builder.chooser
    owner = builder.fresh("Material", "Kernels", "Scheme")
    body: list[Stmt] = []
    for stem in ("energy", "stress")[: chooser.choose((1, 2))]:
        results = (builder.wanted(),)
        parameters, statements = builder.plain(max(1, lines // 2), results)
        body.append(spell.inner(func(stem, parameters, statements)))
        builder.callee(f"{owner}.{stem}", parameters, results)
    return [spell.classed(owner, body)]


def _named(builder: ModuleBuilder, lines: int) -> list[Stmt]:
    """A function whose last parameter is given by keyword alone."""
    results = (builder.wanted(),)
    parameters, statements = builder.plain(lines, results)
    if len(parameters) > 1:
        last = parameters[-1]
        last.named = True
        if last.type in (wp.float32, wp.int32, wp.bool) and builder.chooser.chance(60):
            last.default = literals.literal(builder.chooser, last.type)  # type: ignore[arg-type]
    name = builder.fresh("blend", "mix", "kernel_weight")
    builder.callee(name, parameters, results)
    return [func(name, parameters, statements, named=int(len(parameters) > 1))]


def _not_inlined(builder: ModuleBuilder, lines: int) -> list[Stmt]:
    """A function that says whether it is to be inlined."""
    results = (builder.wanted(),)
    parameters, statements = builder.plain(lines, results)
    name = builder.fresh("heavy", "outlined", "shape_fn")
    builder.callee(name, parameters, results)
    choice = spell.call("wp.func", inline=spell.boolean_literal(builder.chooser.chance(50)))
    return [spell.function([choice], name, annotated(parameters), statements)]


def _given_function(builder: ModuleBuilder, lines: int) -> list[Stmt]:
    """A function that is handed a function; each function that it is called with makes a callee."""
    chooser, t = builder.chooser, builder.part()
    functions = unary_of(builder, t)
    if not functions:
        return _named(builder, lines)

    def begin(body: Body) -> list[Stmt]:
        once = spell.call("f", body.runtime_value(t))
        return [assign.bind(body, t, spell.call("f", once) if chooser.chance(30) else once)]

    parameters, statements = builder.plain(lines, (t,), begin)
    name = builder.fresh("apply_to", "transform", "derived")
    head: list[tuple[str, Expr | None]] = [("f", spell.dotted("wp.Function"))]
    for _ in range(chooser.choose((1, 2))):
        builder.callee(name, parameters, (t,), given=(chooser.choose(functions)[1],))
    return [spell.function("wp.func", name, [*head, *annotated(parameters)], statements)]


def _starred(builder: ModuleBuilder, lines: int) -> list[Stmt]:
    """A function of several numbers of one type, which is called with the components of a vector."""
    chooser, t = builder.chooser, builder.part()
    count = chooser.choose((3, 2, 4))

    def begin(body: Body) -> list[Stmt]:
        for n in "abcd"[:count]:
            body.function.add(body, Variable(n, t, unread=True))  # type: ignore[attr-defined]
        body.reserve("abcd"[:count])
        return []

    parameters, statements = builder.plain(lines, (t,), begin, limit=count)
    name = builder.fresh("measure", "combined", "total_of")
    builder.callee(name, parameters, (t,))
    vector = types.find("vec", (count,), t)
    if vector is not None and [v.type for v in parameters] == [t] * count:
        builder.callees.append(Spread(name, t, (Variable("v", vector, unread=False),)))
    return [func(name, parameters, statements)]


FACTORY = DefinitionForm("function made by a factory", _factory, 22)
CLASS = DefinitionForm("function in a class", _class, 8)
NAMED = DefinitionForm("keyword-only parameter", _named, 10)
GIVEN = DefinitionForm("function as an argument", _given_function, 14)
INLINE = DefinitionForm("option of a function: inline", _not_inlined, 7)
STARRED = DefinitionForm("starred call", _starred, 6)
