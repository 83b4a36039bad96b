"""Functions that say how they are differentiated, and functions in C++."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
import warp as wp

from warpsmith.grammar import literals, spell
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.functions import PlainFunction
from warpsmith.grammar.modules.builder import DefinitionForm, ModuleBuilder, annotated, func
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Value


def _parameters(builder: ModuleBuilder, t: Value) -> list[Variable]:
    names = ("x", "y")[: builder.chooser.choose((2, 1))]
    return [Variable(n, t, unread=False) for n in names]


def _value(builder: ModuleBuilder, parameters: Sequence[Variable], fuel: int) -> Expr:
    """An expression over the parameters."""
    t = parameters[0].type
    function = PlainFunction((t,), limit=0)  # type: ignore[arg-type]
    body = builder.body(function)
    body.callees = []
    body.scope.blocks[0] += [Variable(v.name, v.type, mutable=False, unread=True) for v in parameters]
    body.reserve(v.name for v in parameters)
    return body.expr(t, fuel)  # type: ignore[arg-type]


def _custom(builder: ModuleBuilder, lines: int) -> list[Stmt]:
    """A function with a gradient of its own."""
    t, chooser = builder.part(), builder.chooser
    parameters = _parameters(builder, t)
    name = builder.fresh("safe", "clipped", "custom")
    value = spell.binary("*", _value(builder, parameters, 2), parameters[0].node)
    body = [spell.returns(value)]
    incoming = Variable("adj_ret", t)
    flows: list[Stmt] = []
    for v in parameters[: chooser.choose((2, 1), (70, 30))]:
        flow = spell.binary("*", _value(builder, parameters, 1), incoming.node)
        flows.append(spell.augment(spell.subscript(spell.dotted("wp.adjoint"), v.node), "+", flow))
    gradient = spell.function(
        [spell.call("wp.func_grad", spell.name(name))], f"adj_{name}", annotated([*parameters, incoming]), flows
    )
    builder.callee(name, parameters, (t,))
    return [func(name, parameters, body), gradient]


def _replayed(builder: ModuleBuilder, lines: int) -> list[Stmt]:
    """A function, and what the backward pass runs instead of it: the same."""
    t = builder.part()
    parameters = _parameters(builder, t)
    name = builder.fresh("stored", "replayed", "cached")
    body = [spell.returns(spell.binary("*", _value(builder, parameters, 2), parameters[0].node))]
    replay = spell.function(
        [spell.call("wp.func_replay", spell.name(name))], f"replay_{name}", annotated(parameters), body
    )
    builder.callee(name, parameters, (t,))
    return [func(name, parameters, body), replay]


def _native(builder: ModuleBuilder, lines: int) -> list[Stmt]:
    """A function in C++, one operation a statement, with an adjoint in most cases."""
    chooser = builder.chooser
    t = wp.float32
    parameters = [Variable(n, t, unread=False) for n in ("x", "y")]
    name = builder.fresh("fused", "native_op", "intrinsic")
    known = ["x", "y"]
    forward = []
    for i in range(chooser.integer(1, 3)):
        forward.append(f"float t{i} = {_operation(chooser, known)};")
        known.append(f"t{i}")
    forward.append(f"return {known[-1]};")
    definitions = [_text(snippet := builder.fresh("SNIPPET"), forward)]
    options = {}
    if chooser.chance(75):
        backward = [f"adj_{v} += {chooser.choose(('x', 'y', _literal(chooser)))} * adj_ret;" for v in ("x", "y")]
        definitions.append(_text(adjoint := builder.fresh("ADJ_SNIPPET"), backward))
        options["adj_snippet"] = spell.name(adjoint)
    decorator = spell.call("wp.func_native", spell.name(snippet), **options)
    stub = [spell.expression(cst.Ellipsis())]
    result = spell.dotted("wp.float32")
    builder.callee(name, parameters, (t,))
    return [*definitions, spell.function([decorator], name, annotated(parameters), stub, result=result)]


def _operation(chooser: Chooser, known: list[str]) -> str:
    left = chooser.choose(known[::-1])
    right = chooser.choose((*known, _literal(chooser)))
    return f"{left} {chooser.choose(('*', '+', '-'))} {right}"


def _literal(chooser: Chooser) -> str:
    return f"{abs(float(chooser.choose((0.5, 2.0, 1.5, 0.25))))}f"


def _text(name: str, lines: list[str]) -> Stmt:
    inner = "".join(f"    {line}\n" for line in lines)
    return spell.assign(spell.name(name), cst.SimpleString(f'"""\n{inner}"""'))


def _grad(builder: ModuleBuilder, lines: int) -> list[Stmt]:
    """A function that calls the gradient of another."""
    t = builder.part()
    parameter = Variable("x", t, unread=False)
    name, outer = builder.fresh("potential", "profile"), builder.fresh("slope", "force")
    body = [spell.returns(spell.binary("*", _value(builder, [parameter], 2), parameter.node))]
    call = spell.call(spell.call("wp.grad", spell.name(name)), parameter.node)
    scaled = spell.binary("*", call, literals.constant(t, 2))
    builder.callee(outer, [parameter], (t,))
    return [func(name, [parameter], body), func(outer, [parameter], [spell.returns(scaled)])]


CUSTOM = DefinitionForm("custom gradient", _custom, 12)
REPLAYED = DefinitionForm("custom replay", _replayed, 5)
NATIVE = DefinitionForm("native function", _native, 8)
GRAD = DefinitionForm("gradient of a function", _grad, 4)
