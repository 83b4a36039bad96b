"""Drawing a whole program: what it is about, its functions, its kernel, and how to launch it."""

from __future__ import annotations

from functools import partial

import warp as wp

from grammar import literals, sink, spell, types
from grammar.blocks import block, nested
from grammar.body import Body, Callee
from grammar.chooser import Chooser
from grammar.construct import Construct
from grammar.constructs import CONSTRUCTS, assign, calls
from grammar.grammar import Grammar, Palette
from grammar.host import FunctionHost, KernelHost
from grammar.production import Production
from grammar.program import Launch, Program
from grammar.scope import Variable
from grammar.spell import Expr, Stmt
from grammar.types import FLOATS, INTEGERS, Array, Type, Value

_SIZES = ((2, 5), (6, 10), (11, 18), (19, 34), (35, 70))
_SIZE_WEIGHTS = (12, 26, 30, 18, 14)
_DIMS = (1, 2, 3, 4)
_DIM_WEIGHTS = (60, 25, 10, 5)
_FLOAT_WEIGHTS = (62, 18, 13, 7)


def kernel_program(
    chooser: Chooser, grammar: Grammar, features: tuple[Production, ...] = (), lines: int | None = None
) -> Program:
    """Draws a program whose entry is a kernel.

    Args:
        chooser: answers the questions.
        grammar: the productions to draw from.
        features: productions that must occur; without, a few are drawn, uniformly over all, so that each has its turn.
        lines: about how many lines the bodies have; drawn without.
    """
    size = lines if lines is not None else chooser.integer(*chooser.choose(_SIZES, _SIZE_WEIGHTS))
    wanted = features or _features(chooser, grammar, size)
    palette = grammar.palette(_palette(chooser, wanted))
    used: dict[str, None] = {}
    callees: list[Callee] = []
    definitions: list[Stmt] = []
    for _ in range(_function_count(chooser, size)):
        share = chooser.integer(1, max(1, size // 3))
        definitions.append(function(chooser, palette, callees, used, share))
        size = max(2, size - share)
    required = [_using(p) for p in wanted] + [calls.calling(c) for c in callees]
    node, host = _kernel(chooser, palette, callees, used, size, required)
    module = spell.module([*definitions, node])
    launch = Launch(host.dim, host.arguments())
    return Program(module, "kernel", launch, tuple(chooser.choices), tuple(sorted(used)))


def _features(chooser: Chooser, grammar: Grammar, size: int) -> tuple[Production, ...]:
    return tuple(chooser.choose(grammar.productions) for _ in range(min(1 + size // 10, 4)))


def _palette(chooser: Chooser, features: tuple[Production, ...]) -> list[Value]:
    """The types a program is about: what its features need, one floating-point type, int32, a few composites."""
    part = chooser.choose(FLOATS, _FLOAT_WEIGHTS)
    chosen: list[Value] = [part, wp.int32, wp.bool]
    composites = [t for t in types.COMPOSITES if types.scalar(t) is part]
    if composites:
        chosen += [chooser.choose(composites) for _ in range(chooser.choose((1, 2, 3, 0)))]
    if chooser.chance(25):
        extra = chooser.choose(INTEGERS)
        chosen.append(extra)
        if chooser.chance(50):
            chosen.append(chooser.choose([t for t in types.COMPOSITES if types.scalar(t) is extra]))
    for p in features:
        results = p.result if isinstance(p.result, tuple) else (p.result,)
        chosen += [t.dtype if isinstance(t, Array) else t for t in (*p.operands, *results) if t is not None]
    return chosen


def _function_count(chooser: Chooser, size: int) -> int:
    return chooser.choose((0, 1, 2, 3), (55, 30, 11, 4)) if size >= 8 else 0


def _using(production: Production) -> Construct:
    """A construct that uses exactly this production."""
    return Construct("assign", lambda body, budget: assign.produce(body, production))


# -- user functions ----------------------------------------------------------------------------------------------------


def function(
    chooser: Chooser, palette: Palette, callees: list[Callee], used: dict[str, None], lines: int
) -> Stmt:
    """Draws a user function, and adds it to the callees."""
    host = FunctionHost()
    body = Body(chooser, palette, CONSTRUCTS, host, callees, used)
    results = [chooser.choose(palette.types) for _ in range(chooser.choose((1, 2, 3), (74, 20, 6)))]
    live = body.live(results[0])  # a function of nothing is a constant
    statements: list[Stmt] = [assign.bind(body, results[0], live)]
    if lines > 2 and chooser.chance(25):
        statements.append(_early_return(body, results))
    statements += block(body, lines)
    statements.append(spell.returns(_results(body, results)))
    used["function"] = None
    name = f"{chooser.choose(('f', 'helper', 'step', 'compute'))}{len(callees)}"
    parameters = [(v.name, annotation(v.type)) for v in host.parameters]
    callees.append(Callee(name, _calling(name, [v.type for v in host.parameters], results)))
    return spell.function("wp.func", name, parameters, statements)


def _early_return(body: Body, results: list[Value]) -> Stmt:
    body.used["early return"] = None
    test = body.condition(1)
    values = [body.expr(t, 1) for t in results]
    return spell.branch([(test, [spell.returns(_tuple(values))])], None)


def _results(body: Body, results: list[Value]) -> Expr:
    """The values returned: every unread value of the function flows into the first that can take it."""
    first = next((i for i, t in enumerate(results) if types.kind(t) in ("int", "float", "vec", "mat")), None)
    values: list[Expr] = []
    for i, t in enumerate(results):
        if i == first:
            base = next((v for v in body.scope.fresh() if v.type is t), None)
            values.append(sink.gather(body, t, body.read(base) if base is not None else None))
        else:
            values.append(body.leaf(t))
    return _tuple(values)


def _tuple(values: list[Expr]) -> Expr:
    return values[0] if len(values) == 1 else spell.names(values)


def _calling(name: str, operands: list[Type], results: list[Value]) -> Production:
    return Production(
        name, tuple(operands), results[0] if len(results) == 1 else tuple(results), partial(spell.call, name)
    )


def annotation(t: Type) -> Expr:
    """A parameter's annotation."""
    if isinstance(t, Array):
        head = "wp.array" if t.ndim == 1 else f"wp.array{t.ndim}d"
        return spell.call(head, dtype=spell.dotted(types.spelling(t.dtype)))
    return spell.dotted(types.spelling(t))


# -- the kernel --------------------------------------------------------------------------------------------------------


def _kernel(
    chooser: Chooser,
    palette: Palette,
    callees: list[Callee],
    used: dict[str, None],
    lines: int,
    required: list[Construct],
) -> tuple[Stmt, KernelHost]:
    dim = tuple(chooser.choose((4, 8, 3, 2)) for _ in range(chooser.choose(_DIMS, _DIM_WEIGHTS)))
    host = KernelHost(dim)
    body = Body(chooser, palette, CONSTRUCTS, host, callees, used)
    names = [body.new_name((stem,)) for stem in "ijkl"[: len(dim)]]
    host.threads = [Variable(n, wp.int32, mutable=False, fresh=False, bound=d) for n, d in zip(names, dim, strict=True)]
    body.scope.blocks[0] += host.threads
    used["tid"] = None
    target = spell.names([v.node for v in host.threads]) if len(dim) > 1 else host.threads[0].node
    statements: list[Stmt] = [spell.assign(target, spell.call("wp.tid"))]
    statements += block(body, lines, required)
    unread = body.scope.fresh()
    if not unread and not any(v.stored for v in host.parameters):
        t = assign.wanted(body)
        statements.append(assign.bind(body, t, body.live(t)))
        unread = body.scope.fresh()
    statements += sink.store(body, unread)
    parameters = [(v.name, annotation(v.type)) for v in host.parameters]
    return spell.function("wp.kernel", "kernel", parameters, statements), host


__all__ = ["annotation", "function", "kernel_program", "literals", "nested"]
