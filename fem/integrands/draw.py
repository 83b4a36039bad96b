"""Drawing an integrand: where it is integrated, its functions, its coefficients, and the terms of the form.

A form is a sum of terms. Each is a coefficient times something linear in the test function, times something linear in
the trial function if there is one. So it is linear in both by construction, and arbitrary in everything else.
"""

from __future__ import annotations

from dataclasses import replace

import libcst as cst
import warp as wp

from warpsmith.fem.integrands.mesh import GRIDS
from warpsmith.fem.integrands.operators import known_atoms, linear_atoms
from warpsmith.fem.integrands.setting import DIMENSION, FieldArgument, Setting, Space, matrix, vector
from warpsmith.grammar import spell, types, unread
from warpsmith.grammar.blocks import block
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.constructs import assign, branch, calls
from warpsmith.grammar.functions import PlainFunction
from warpsmith.grammar.grammar import Grammar, plain_grammar
from warpsmith.grammar.kernels import ProgramBuilder, annotation
from warpsmith.grammar.production import Interval, Production
from warpsmith.grammar.program import Program
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Value

ENTRY = "form"
_GEOMETRY_WEIGHTS = (46, 14, 18, 12, 7, 3)
_DOMAIN_WEIGHTS = (("cells", 55), ("boundary", 20), ("sides", 25))
_STATEMENTS = (assign.ASSIGN, assign.CONSUME, assign.REASSIGN, assign.AUGMENT, branch.BRANCH, calls.CALL)
_SIZES = ((1, 3), (4, 7), (8, 14), (15, 24))
_SIZE_WEIGHTS = (25, 40, 25, 10)
_MAX_VALUES = 3
_VALUE_STEMS = ("k", "alpha", "rate")


_TYPES = frozenset((wp.float32, wp.int32, wp.bool, wp.vec2f, wp.vec3f, wp.mat22f, wp.mat33f))


def integrand_program(chooser: Chooser, grammar: Grammar | None = None, features: tuple[str, ...] = ()) -> Program:
    """Draws an integrand.

    Args:
        chooser: answers the questions.
        grammar: productions for expressions over values; the default one, as far as integrands can use it, without.
        features: operators that must occur, ``"fem.curl"``; drawn without.
    """
    return _Form(chooser, draw_setting(chooser), grammar or integrand_grammar()).program()


def integrand_grammar() -> Grammar:
    """What integrands draw of the default grammar."""
    global _grammar
    if _grammar is None:
        _grammar = plain_grammar(_TYPES)
    return _grammar


_grammar: Grammar | None = None


def draw_setting(chooser: Chooser) -> Setting:
    """Where the integrand is integrated, and its fields."""
    geometry = chooser.choose(tuple(DIMENSION), _GEOMETRY_WEIGHTS)
    domain = chooser.choose([d for d, _ in _DOMAIN_WEIGHTS], [w for _, w in _DOMAIN_WEIGHTS])
    roles = chooser.choose((("test",), ("test", "trial"), ()), (50, 38, 12))
    roles += ("field",) * chooser.choose((1, 2, 0) if roles else (1, 2, 3), (50, 25, 25))
    names = {"test": ["v", "q", "psi"], "trial": ["u", "p", "phi"], "field": ["w", "rho", "temp", "a"]}
    fields: list[FieldArgument] = []
    for role in roles:
        taken = {f.name for f in fields}
        name = chooser.choose([n for n in names[role] if n not in taken])
        fields.append(FieldArgument(name, role, _space(chooser)))
    if chooser.chance(30):
        fields.reverse()
    assembly = chooser.choose(("dispatch", "generic"), (65, 35)) if "test" in roles else "dispatch"
    cells = (2,) * DIMENSION[geometry] if DIMENSION[geometry] == 2 else (1, 2, 1)
    return Setting((), (), geometry, cells, domain, chooser.integer(1, 4), assembly, tuple(fields))


def _space(chooser: Chooser) -> Space:
    degree = chooser.choose((1, 2, 0), (60, 30, 10))
    return Space(degree, chooser.chance(45), degree == 0 or chooser.chance(20))


def _closest(body: Body, budget: int) -> list[Stmt]:
    """The point of the element that is closest to another, and the square of their distance."""
    assert isinstance(body.function, _IntegrandFunction)
    body.used.add("fem.element_closest_point")
    point = body.within(vector(body.function.dimension), Interval(0, 1), 1)
    value = spell.call("fem.element_closest_point", spell.name("domain"), spell.dotted("s.element_index"), point)
    targets = [body.declare(t).node for t in (wp.vec3f, wp.float32)]
    return [spell.assign(spell.bare_tuple(targets), value)]


def _on_grid(body: Body, budget: int) -> bool:
    return isinstance(body.function, _IntegrandFunction) and body.function.grid


CLOSEST = Construct("closest point", _closest, weight=3, fits=_on_grid, covers=("fem.element_closest_point",))
"""``fem.element_closest_point``: it has two results, and Warp takes no subscript of such a call."""


class _IntegrandFunction(PlainFunction):
    """The integrand: what it needs it takes from its fields and its domain, or as a value parameter."""

    def __init__(self, atoms: tuple[Production, ...], setting: Setting) -> None:
        super().__init__(limit=_MAX_VALUES)
        self.dimension = setting.dimension
        self.grid = setting.geometry in GRIDS and setting.domain == "cells"
        self._atoms: dict[Value, list[Production]] = {}
        for p in atoms:
            if not p.operands:
                self._atoms.setdefault(p.result, []).append(p)  # type: ignore[arg-type]

    def input(self, body: Body, t: Value) -> Expr | None:
        """An atom of that type, or a new value parameter."""
        known = self._atoms.get(t, [])
        if known and not body.chooser.chance(20):
            return body.apply(body.chooser.choose(known), 1)
        if len(self.parameters) >= self.limit:
            return body.apply(body.chooser.choose(known), 1) if known else None
        return self.add(body, Variable(body.new_name(_VALUE_STEMS), t, mutable=False, unread=False)).node


class _Form:
    """One integrand while it is drawn."""

    def __init__(self, chooser: Chooser, setting: Setting, grammar: Grammar) -> None:
        self.chooser, self.setting = chooser, setting
        d = setting.dimension
        about: list[Value] = [wp.float32, vector(d), wp.int32, wp.bool]
        about += [matrix(d)] * chooser.chance(60)
        statements = tuple(c for c in _STATEMENTS if c is assign.ASSIGN or not chooser.chance(15))
        atoms = known_atoms(setting)
        self.builder = ProgramBuilder(chooser, grammar.palette(about), _of_functions(statements))
        palette, function = grammar.palette(about, atoms), _IntegrandFunction(atoms, setting)
        self.body = Body(chooser, palette, (*statements, CLOSEST), function, self.builder.callees, self.builder.used)
        # A name of a parameter is no name of a local.
        self.body.reserve((*(f.name for f in setting.fields), "s"))
        self.atoms = {p.name: p for p in atoms}

    def program(self) -> Program:
        """Draws it all."""
        size = self.chooser.integer(*self.chooser.choose(_SIZES, _SIZE_WEIGHTS))
        functions = [
            self.builder.function(self.chooser.integer(1, max(1, size // 2)), arrays=False)
            for _ in range(self.chooser.choose((0, 1, 2), (65, 28, 7)))
        ]
        required = [calls.call_to(c) for c in self.builder.callees]
        statements = block(self.body, size, required)
        statements += self._terms()
        form = spell.function("fem.integrand", ENTRY, self._parameters(), statements)
        definitions = [cst.parse_statement("import warp.fem as fem\n"), *functions, form]
        module = spell.module(definitions, generic=self.builder.generic)
        setting = replace(self.setting, values=tuple((v.name, v.type) for v in self.body.function.parameters))  # type: ignore[misc]
        return Program(module, ENTRY, setting, tuple(self.chooser.choices), self._productions())

    def _parameters(self) -> list[tuple[str, Expr]]:
        head = [("s", spell.dotted("fem.Sample")), ("domain", spell.dotted("fem.Domain"))]
        fields = [(f.name, spell.dotted("fem.Field")) for f in self.setting.fields]
        return [*head, *fields, *((v.name, annotation(v.type)) for v in self.body.function.parameters)]

    def _productions(self) -> tuple[str, ...]:
        used = set(self.body.used)
        for name in self.body.used:
            if name in self.atoms:
                used |= self.atoms[name].traits
        return tuple(sorted(used - {"closest point"}))

    # -- the form ------------------------------------------------------------------------------------------------------

    def _terms(self) -> list[Stmt]:
        """The last statements: the terms, and what is returned."""
        test, trial = self.setting.role("test"), self.setting.role("trial")
        if test is None:
            base = self.body.expr(wp.float32, 2)
            return [spell.returns(unread.gather(self.body, wp.float32, base))]
        statements: list[Stmt] = []
        total: Expr | None = None
        for i in range(self.chooser.choose((1, 2, 3), (50, 35, 15))):
            term = self._term(test, trial, last=not i)
            if self.chooser.chance(30):
                variable = self.body.new_name(("term",))
                statements.append(spell.assign(spell.name(variable), term))
                term = spell.name(variable)
            operator = self.chooser.choose(("+", "-"))
            total = term if total is None else spell.binary(operator, total, term)
        assert total is not None
        return [*statements, spell.returns(total)]

    def _term(self, test: FieldArgument, trial: FieldArgument | None, last: bool) -> Expr:
        """A coefficient times something linear in the test function, and in the trial function if there is one."""
        left, t = self._linear(test)
        if trial is None:
            # What nothing has read flows into the coefficient of the first term.
            return self._paired(left, t, self._coefficient(t, last))
        right, other = self._linear(trial)
        term = self._contracted(left, t, right, other)
        return spell.binary("*", self._coefficient(wp.float32, last), term) if last or self.chooser.chance(50) else term

    def _coefficient(self, t: Value, gathering: bool) -> Expr:
        base = self.body.expr(t, 2)
        return unread.gather(self.body, t, base) if gathering and unread.addable(t) else base

    def _linear(self, f: FieldArgument) -> tuple[Expr, Value]:
        p = self.chooser.choose(linear_atoms(f, self.setting))
        self.body.used.add(p.name)
        self.atoms[p.name] = p
        assert isinstance(p.result, type)
        return p.build(), p.result

    def _paired(self, linear: Expr, t: Value, coefficient: Expr) -> Expr:
        return self._contracted(coefficient, t, linear, t)

    def _contracted(self, left: Expr, t: Value, right: Expr, other: Value) -> Expr:
        """A scalar that is linear in both; where their types differ, one of them is brought down first."""
        rank, rank_of_other = len(types.shape(t)), len(types.shape(other))
        while rank > rank_of_other:
            left, t = self._lowered(left, t)
            rank -= 1
        while rank_of_other > rank:
            right, other = self._lowered(right, other)
            rank_of_other -= 1
        if not rank:
            self._uses("mul", wp.float32, wp.float32)
            return spell.binary("*", left, right)
        if rank == 1:
            self._uses("dot", t, t)
            return spell.call("wp.dot", left, right)
        self._uses("ddot", t, t)
        return spell.call("wp.ddot", left, right)

    def _lowered(self, e: Expr, t: Value) -> tuple[Expr, Value]:
        """Something of one rank less that is linear in ``e``."""
        d = self.setting.dimension
        v = vector(d)
        if types.kind(t) == "mat":
            self._uses("mul", t, v)
            return spell.binary("*", e, self.body.expr(v, 1)), v
        if self.chooser.chance(50):
            self._uses("dot", v, v)
            return spell.call("wp.dot", e, self.body.expr(v, 1)), wp.float32
        self.body.used.add("component")
        return spell.subscript(e, spell.integer(self.chooser.integer(0, d - 1))), wp.float32

    def _uses(self, builtin: str, *operands: Value) -> None:
        self.body.used.add(types.signature(builtin, *operands))


def _of_functions(statements: tuple[Construct, ...]) -> tuple[Construct, ...]:
    return tuple(c for c in statements if c is not calls.CALL)
