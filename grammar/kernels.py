"""Drawing a whole program: what it is about, its functions, its kernel, and how to launch it."""

from __future__ import annotations

from functools import partial

import numpy as np
import warp as wp

from grammar import sink, spell, structs, types
from grammar.blocks import block
from grammar.body import Body, Callee
from grammar.chooser import Chooser
from grammar.construct import Construct
from grammar.constructs import CONSTRUCTS, assign, calls
from grammar.grammar import Grammar, Palette
from grammar.host import FunctionHost, Host, KernelHost
from grammar.production import Production
from grammar.program import Launch, Program
from grammar.scope import Variable
from grammar.spell import Expr, Stmt
from grammar.types import FLOATS, INTEGERS, Array, Type, Value

_SIZES = ((1, 5), (6, 10), (11, 18), (19, 34), (35, 60))
_SIZE_WEIGHTS = (15, 34, 27, 12, 12)
_DIMS = (1, 2, 3, 4)
_DIM_WEIGHTS = (60, 25, 10, 5)
_FUNCTION_STEMS = ("f", "helper", "compute", "apply")  # no local has one of these stems
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
    about = _palette(chooser, wanted)
    own: tuple[Production, ...] = ()
    definitions: list[Stmt] = []
    if size >= 6 and chooser.chance(14):
        made = structs.struct_types(chooser, tuple(about))
        definitions += map(structs.definition, made)
        own = tuple(p for t in made for p in structs.productions(t))
        about += made
    draft = Draft(chooser, grammar.palette(about, own), _swarm(chooser))
    for _ in range(_function_count(chooser, size)):
        share = chooser.integer(1, max(1, size // 3))
        definitions.append(draft.function(share))
        size = max(2, size - share)
    return draft.program(definitions, size, [_using(p) for p in wanted])


def function_program(chooser: Chooser, grammar: Grammar, about: tuple[Value, ...], lines: int | None = None) -> Program:
    """Draws a program of one user function and a kernel that does little more than call it.

    Args:
        chooser: answers the questions.
        grammar: the productions to draw from.
        about: value types that the function works on, beside int32 and bool.
        lines: about how many lines its body has; drawn without.
    """
    palette = grammar.palette((wp.float32, wp.int32, wp.bool, *about))
    size = lines if lines is not None else chooser.integer(1, 20)
    draft = Draft(chooser, palette, _swarm(chooser))
    return draft.program([draft.function(size)], 1, [])


def _features(chooser: Chooser, grammar: Grammar, size: int) -> tuple[Production, ...]:
    return tuple(chooser.choose(grammar.productions) for _ in range(min(1 + size // 16, 3)))


def _palette(chooser: Chooser, features: tuple[Production, ...]) -> list[Value]:
    """The types a program is about: what its features need, one floating-point type, int32, a few composites."""
    part = chooser.choose(FLOATS, _FLOAT_WEIGHTS)
    chosen: list[Value] = [part, wp.int32, wp.bool]
    composites = [t for t in types.COMPOSITES if types.scalar(t) is part]
    if composites:
        weights = [24 // int(np.prod(types.shape(t))) + 1 for t in composites]  # people write vec3 more than 6x6
        chosen += [chooser.choose(composites, weights) for _ in range(chooser.choose((1, 2, 3, 0)))]
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


def _swarm(chooser: Chooser) -> tuple[Construct, ...]:
    """The statements one program may have: each kind is left out now and then, so that others crowd in.

    After Groce et al., Swarm testing, ISSTA 2012. The simplest choice leaves nothing out, so shrinking opens the swarm.
    """
    return tuple(c for c in CONSTRUCTS if c is assign.ASSIGN or not chooser.chance(15))


def _using(production: Production) -> Construct:
    """A construct that uses exactly this production."""
    return Construct("assign", lambda body, budget: assign.produce(body, production))


class Draft:
    """What the bodies of one program have in common while it is drawn.

    Attributes:
        chooser: answers the questions.
        palette: the productions and types that the program is about.
        constructs: the statements that it may have.
        callees: its user functions so far.
        used: names of the productions and constructs drawn so far, as an ordered set.
    """

    def __init__(self, chooser: Chooser, palette: Palette, constructs: tuple[Construct, ...]) -> None:
        self.chooser = chooser
        self.palette = palette
        self.constructs = constructs
        self.callees: list[Callee] = []
        self.used: dict[str, None] = {}

    def _body(self, host: Host) -> Body:
        return Body(self.chooser, self.palette, self.constructs, host, self.callees, self.used)

    def function(self, lines: int) -> Stmt:
        """Draws a user function of about so many lines, and adds it to the callees."""
        host = FunctionHost()
        body, chooser = self._body(host), self.chooser
        # The first result can take up whatever the body has left unread.
        results = [chooser.choose([t for t in self.palette.types if sink.addable(t)])]
        results += [chooser.choose(self.palette.types) for _ in range(chooser.choose((0, 1, 2), (74, 20, 6)))]
        if len(results) > 1 and chooser.chance(50):
            results.reverse()
        live = body.live(results[0])  # a function of nothing is a constant
        statements: list[Stmt] = [assign.bind(body, results[0], live)]
        if lines > 2 and chooser.chance(25):
            statements.append(_early_return(body, results))
        statements += block(body, lines)
        statements.append(spell.returns(_results(body, results)))
        self.used["function"] = None
        name = f"{chooser.choose(_FUNCTION_STEMS)}{len(self.callees)}"
        parameters = [(v.name, annotation(v.type)) for v in host.parameters]
        self.callees.append(Callee(name, _calling(name, [v.type for v in host.parameters], results)))
        return spell.function("wp.func", name, parameters, statements)

    def program(self, definitions: list[Stmt], lines: int, required: list[Construct]) -> Program:
        """Draws the kernel, of about so many lines, which calls every function; the whole program."""
        dim = tuple(self.chooser.choose((4, 8, 3, 2)) for _ in range(self.chooser.choose(_DIMS, _DIM_WEIGHTS)))
        host = KernelHost(dim)
        body = self._body(host)
        statements = _threads(body, host)
        statements += block(body, lines, required + [calls.calling(c) for c in self.callees])
        statements += sink.store(body, body.scope.fresh())
        if not any(v.stored and types.scalar(v.type.dtype) in FLOATS for v in host.parameters):  # type: ignore[union-attr]
            # Predicates and counters alone may come out the same for every input.
            t = self.chooser.choose([t for t in self.palette.types if sink.addable(t)])
            cell = host.cell(body, host.output(body, t))
            statements.append(spell.augment(cell, "+", body.live(t)))
            self.used["store"] = None
        parameters = [(v.name, annotation(v.type)) for v in host.parameters]
        module = spell.module([*definitions, spell.function("wp.kernel", "kernel", parameters, statements)])
        launch = Launch(host.dim, host.arguments())
        return Program(module, "kernel", launch, tuple(self.chooser.choices), tuple(sorted(self.used)))


def _threads(body: Body, host: KernelHost) -> list[Stmt]:
    """The kernel's first line: which thread this is."""
    names = [body.new_name((stem,)) for stem in "ijkl"[: len(host.dim)]]
    host.threads = [
        Variable(n, wp.int32, mutable=False, fresh=False, bound=d) for n, d in zip(names, host.dim, strict=True)
    ]
    body.scope.blocks[0] += host.threads
    body.used["tid"] = None
    target = spell.names([v.node for v in host.threads]) if len(names) > 1 else host.threads[0].node
    return [spell.assign(target, spell.call("wp.tid"))]


def _early_return(body: Body, results: list[Value]) -> Stmt:
    body.used["early return"] = None
    test = body.condition(1)
    values = [body.expr(t, 1) for t in results]
    return spell.branch([(test, [spell.returns(_tuple(values))])], None)


def _results(body: Body, results: list[Value]) -> Expr:
    """The values returned: every unread value of the function flows into the first that can take it."""
    first = next(i for i, t in enumerate(results) if sink.addable(t))
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
