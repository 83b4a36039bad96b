"""Drawing a whole program: its types, its functions, its kernel, and how to launch it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cached_property

import libcst as cst
import numpy as np
import warp as wp

from warpsmith.grammar import constants, literals, spell, structs, types, unread
from warpsmith.grammar.blocks import block
from warpsmith.grammar.body import Body, Construct, EnclosingFunction
from warpsmith.grammar.budget import Budget
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.constructs import CONSTRUCTS, assign, calls, jumps
from warpsmith.grammar.functions import KernelFunction, PlainFunction, ThreadFunction
from warpsmith.grammar.grammar import Grammar, Palette
from warpsmith.grammar.production import Production
from warpsmith.grammar.program import Launch, Program
from warpsmith.grammar.scope import Callee, Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import FLOATS, INTEGERS, Array, Result, Type, Value

_SIZES = ((1, 5), (6, 10), (11, 18), (19, 34), (35, 60))
_SIZE_WEIGHTS = (15, 34, 27, 12, 12)
_DIMS = (1, 2, 3, 4)
_DIM_WEIGHTS = (60, 25, 10, 5)
_FUNCTION_STEMS = ("f", "helper", "compute", "apply")  # no local has one of these stems
_FLOAT_WEIGHTS = (62, 18, 13, 7)
_WITH_DEFAULTS = (wp.float32, wp.int32, wp.bool)


def kernel_program(
    chooser: Chooser,
    grammar: Grammar,
    features: tuple[Production, ...] = (),
    lines: int | None = None,
    budget: Budget | None = None,
) -> Program:
    """Draws a program whose entry is a kernel.

    Args:
        chooser: answers the questions.
        grammar: the productions to draw from.
        features: productions that must occur; without, a few are drawn, uniformly over all, so that every one occurs.
        lines: about how many lines the bodies have; drawn without.
        budget: what the program may cost; without, it is not limited.
    """
    size = lines if lines is not None else chooser.integer(*chooser.choose(_SIZES, _SIZE_WEIGHTS))
    wanted = features or drawn_features(chooser, grammar, size)
    about = palette_types(chooser, grammar, wanted)
    own: tuple[Production, ...] = ()
    definitions: list[Stmt] = []
    if size >= 6 and chooser.chance(14):
        made = structs.struct_types(chooser, tuple(about))
        definitions += map(structs.definition, made)
        own = tuple(p for t in made for p in structs.productions(t))
        about += made
    builder = ProgramBuilder(chooser, grammar.palette(about, own), swarm(chooser), budget)
    definitions += builder.module_constants(size)
    for _ in range(_function_count(chooser, size)):
        share = chooser.integer(1, max(1, size // 3))
        definitions.append(builder.function(share))
        size = max(2, size - share)
    return builder.program(definitions, size, [construct_of(p) for p in wanted])


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
    builder = ProgramBuilder(chooser, palette, swarm(chooser))
    return builder.program([builder.function(size)], 1, [])


def drawn_features(chooser: Chooser, grammar: Grammar, size: int) -> tuple[Production, ...]:
    """Drawn uniformly over all, so that every signature occurs; or over the builtins that have derivatives."""
    drawn: list[Production] = []
    for _ in range(min(1 + size // 16, 3)):
        if chooser.chance(30):
            drawn.append(chooser.choose(chooser.choose(grammar.differentiable)))
        else:
            drawn.append(chooser.choose(grammar.productions))
    return tuple(drawn)


def palette_types(chooser: Chooser, grammar: Grammar, features: tuple[Production, ...]) -> list[Value]:
    """The types a program is about: what its features need, one floating-point type, int32, a few composites."""
    floats = {t: weight for t, weight in zip(FLOATS, _FLOAT_WEIGHTS, strict=True) if t in grammar.types}
    part = chooser.choose(tuple(floats), tuple(floats.values()))
    chosen: list[Value] = [part, wp.int32, wp.bool]
    composites = [t for t in types.COMPOSITES if types.scalar(t) is part and t in grammar.types]
    if composites:
        weights = [24 // int(np.prod(types.shape(t))) + 1 for t in composites]  # people write vec3 more than 6x6
        chosen += [chooser.choose(composites, weights) for _ in range(chooser.choose((1, 2, 3, 0)))]
    if chooser.chance(20):  # mixed precision
        chosen.append(chooser.choose(tuple(floats), tuple(floats.values())))
    if chooser.chance(25):
        extra = chooser.choose(INTEGERS)
        chosen.append(extra)
        if chooser.chance(50):
            more = [t for t in types.COMPOSITES if types.scalar(t) is extra and t in grammar.types]
            if more:
                chosen.append(chooser.choose(more))
    for p in features:
        chosen += p.mentioned
    return chosen


def _function_count(chooser: Chooser, size: int) -> int:
    return chooser.choose((0, 1, 2, 3), (48, 34, 13, 5)) if size >= 8 else 0


def swarm(chooser: Chooser) -> tuple[Construct, ...]:
    """The statements one program may have: each kind is left out now and then, so that others occur more often.

    After Groce et al., Swarm testing, ISSTA 2012. The simplest choice leaves nothing out, so shrinking ends there.
    """
    return tuple(c for c in CONSTRUCTS if c is assign.ASSIGN or not chooser.chance(15))


def construct_of(production: Production) -> Construct:
    """A construct that uses exactly this production."""
    return Construct("assign", lambda body, budget: assign.bind_production(body, production))


class ProgramBuilder:
    """What the bodies of one program have in common while it is drawn.

    Attributes:
        chooser: answers the questions.
        palette: the productions and types that the program is about.
        constructs: the statements that it may have.
        callees: its user functions so far.
        used: names of the productions and constructs drawn so far.
        constants: what the file binds for all its functions.
        generic: whether a function takes any type.
        budget: what the program may still cost, if that is limited.
    """

    def __init__(
        self, chooser: Chooser, palette: Palette, constructs: tuple[Construct, ...], budget: Budget | None = None
    ) -> None:
        self.budget = budget
        self.chooser = chooser
        self.palette = palette
        self.constructs = constructs
        self.callees: list[Callee] = []
        self.used: set[str] = set()
        self.constants: tuple[Variable, ...] = ()
        self.generic = False

    @cached_property
    def dim(self) -> tuple[int, ...]:
        """Threads per dimension of the kernel's launch; drawn when something first asks."""
        chooser = self.chooser
        return tuple(chooser.choose((4, 8, 3, 2)) for _ in range(chooser.choose(_DIMS, _DIM_WEIGHTS)))

    def body(self, function: EnclosingFunction) -> Body:
        """The empty body of a function of the program."""
        body = Body(self.chooser, self.palette, self.constructs, function, self.callees, self.used, self.budget)
        body.scope.blocks[0] += self.constants
        return body

    def module_constants(self, size: int) -> list[Stmt]:
        """Draws the constants of the file, for programs of some size now and then."""
        if size < 6 or not self.chooser.chance(18):
            return []
        count = self.chooser.choose((1, 2, 3), (60, 30, 10))
        drawn = [constants.module_constant(self.chooser, self.palette, i) for i in range(count)]
        self.constants = tuple(variable for variable, _ in drawn)
        self.used.add("module constant")
        return [statement for _, statement in drawn]

    def function(self, lines: int, *, arrays: bool = True) -> Stmt:
        """Draws a user function of about so many lines, and adds it to the callees.

        Args:
            lines: of its body.
            arrays: whether it may touch elements of arrays, which only kernels have to give.
        """
        if self.budget is None:
            return self._function(lines, arrays)
        before = self.budget.begin_function()
        definition = self._function(lines, arrays)
        self.budget.end_function(self.callees[-1].name, before)
        return definition

    def _function(self, lines: int, arrays: bool) -> Stmt:
        chooser = self.chooser
        device = arrays and chooser.chance(30)
        # The first result can take up whatever the body has left unread.
        results = [chooser.choose([t for t in self.palette.types if unread.addable(t)])]
        for _ in range(chooser.choose((0, 1, 2), (60, 32, 8))):
            results.append(results[0] if chooser.chance(35) else chooser.choose(self.palette.types))
        if len(results) > 1 and chooser.chance(50):
            results.reverse()
        if device and chooser.chance(50):
            return self._device_function(lines, ())
        if device:
            return self._device_function(lines, tuple(results))
        function = PlainFunction(tuple(results))
        body = self.body(function)
        first = body.runtime_value(results[0])  # so that the function depends on its arguments
        statements: list[Stmt] = [assign.bind(body, results[0], first)]
        if lines > 2 and chooser.chance(25):
            statements.append(jumps.early_return(body))
        statements += block(body, lines)
        statements.append(spell.returns(jumps.results(body)))
        return self._define(function, statements)

    def _device_function(self, lines: int, results: tuple[Value, ...]) -> Stmt:
        """Draws a user function that touches elements of arrays: its results are what it returns, if anything."""
        function = ThreadFunction(self.dim, results)
        body = self.body(function)
        function.declare_threads(body)
        statements = block(body, lines)
        if results:
            statements.append(spell.returns(jumps.results(body)))
        else:
            statements += unread.store(body, body.scope.unread())
            if not any(v.stored for v in function.parameters):
                statements += _store_of_inputs(body, function)
        return self._define(function, statements)

    def _define(self, function: EnclosingFunction, statements: list[Stmt]) -> Stmt:
        """The function with that body; it is a callee from here on."""
        device = isinstance(function, ThreadFunction)
        self.used.add("device function" if device else "function")
        name = f"{self.chooser.choose(_FUNCTION_STEMS)}{len(self.callees)}"
        self._give_defaults(function.parameters)
        generic = [v for v in function.parameters if v.axis is None and v.default is None and _generic(v)]
        untyped = {v.name for v in generic if self.chooser.chance(60)} if self.chooser.chance(20) else set()
        if untyped:
            self.generic = True
            self.used.add("generic function")
        results = function.results
        result: Result = None if not results else results[0] if len(results) == 1 else results
        self.callees.append(Callee(name, result, tuple(function.parameters), device, bool(untyped)))
        return spell.function(
            "wp.func", name, _annotated(function, untyped), statements, [v.default for v in function.parameters]
        )

    def _give_defaults(self, parameters: list[Variable]) -> None:
        """Gives the last parameters defaults, now and then: numbers of Python's own types."""
        for v in reversed(parameters[1:]):
            if v.axis is not None or v.type not in _WITH_DEFAULTS or not self.chooser.chance(35):
                return
            known = [c for c in self.constants if c.type is v.type]
            use = bool(known) and self.chooser.chance(40)
            v.default = self.chooser.choose(known).node if use else literals.literal(self.chooser, v.type)  # type: ignore[arg-type]

    def program(
        self, definitions: list[Stmt], lines: int, required: list[Construct], function: KernelFunction | None = None
    ) -> Program:
        """Draws the kernel, which calls every function; the whole program."""
        function = function or KernelFunction(self.dim)
        required = required + [calls.call_to(c) for c in self.callees]
        definitions = [*definitions, self.kernel("kernel", lines, required, function)]
        module = spell.module(definitions, generic=self.generic)
        launch = Launch(function.dim, function.launch_arguments())
        return Program(module, "kernel", launch, tuple(self.chooser.choices), tuple(sorted(self.used)))

    def kernel(
        self,
        name: str,
        lines: int,
        required: list[Construct],
        function: KernelFunction,
        begin: Callable[[Body], list[Stmt]] | None = None,
    ) -> cst.FunctionDef:
        """Draws a kernel of that name, of about so many lines, perhaps after some that ``begin`` draws."""
        body = self.body(function)
        function.declare_threads(body)
        statements = [_threads(body, function)]
        if begin is not None:
            statements += begin(body)
        statements += block(body, lines, required)
        statements += unread.store(body, body.scope.unread())
        if not any(v.stored and types.scalar(v.type.dtype) in FLOATS for v in function.parameters):  # type: ignore[union-attr]
            # Predicates and counters alone may come out the same for every input.
            statements += _store_of_inputs(body, function)
        return spell.function("wp.kernel", name, _annotated(function), statements)


def _threads(body: Body, function: KernelFunction) -> Stmt:
    """The kernel's first line: which thread this is."""
    body.used.add("tid")
    indices = [v.node for v in function.threads]
    target = spell.bare_tuple(indices) if len(indices) > 1 else indices[0]
    return spell.assign(target, spell.call("wp.tid"))


def _store_of_inputs(body: Body, function: KernelFunction) -> list[Stmt]:
    """A store of something that depends on the inputs."""
    t = body.chooser.choose([t for t in body.palette.types if unread.addable(t)])
    out = function.output(body, t)
    out.stored = True
    body.used.add("store")
    return [spell.augment(function.cell(body, out), "+", body.runtime_value(t))]


def _generic(v: Variable) -> bool:
    """Whether a parameter may take any type: one that is a struct of the program's own may not."""
    return isinstance(v.type, Array) or types.kind(v.type) != "struct"


def _annotated(function: EnclosingFunction, untyped: Collection[str] = ()) -> list[tuple[str, Expr]]:
    """Names and annotations of the parameters; those that are ``untyped`` take any type."""
    return [(v.name, annotation(v.type, untyped=v.name in untyped)) for v in function.parameters]


def annotation(t: Type, *, untyped: bool = False) -> Expr:
    """A parameter's annotation; an ``untyped`` one says ``Any``, an array for its elements."""
    if isinstance(t, Array):
        head = "wp.array" if t.ndim == 1 else f"wp.array{t.ndim}d"
        return spell.call(head, dtype=spell.dotted("Any" if untyped else types.spelling(t.dtype)))
    return spell.dotted("Any" if untyped else types.spelling(t))
