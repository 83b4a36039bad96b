"""Rewrites of expressions: a value takes a detour, operands change places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import libcst as cst
import warp as wp

from warpsmith.fuzz.rewrites.flow import Flow
from warpsmith.fuzz.rewrites.rewriter import Location, Rewriter, first, spelled
from warpsmith.grammar import spell, types
from warpsmith.grammar.literals import constant
from warpsmith.grammar.program import Program
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.synthesizer.checker.model import StructType
from warpsmith.synthesizer.reading import last_name

_KEYED = frozenset(("dtype", "n", "shape", "length"))
"""Keywords of builtins whose arguments are types and constants."""


@dataclass(frozen=True, eq=False)
class Operand:
    """An expression inside a statement.

    Attributes:
        place: the statement's.
        node: the expression.
        always: whether it is evaluated exactly once whenever the statement is reached.
    """

    location: Location
    node: Expr
    always: bool

    def replaced(self, value: Expr) -> Stmt:
        """The statement with another expression in its place."""
        found: Any = self.location.statement.deep_replace(self.node, value)
        return found  # type: ignore[no-any-return]


# --- where expressions are --------------------------------------------------------------------------------------------


def operands(location: Location) -> Iterator[Operand]:
    """Every expression that a statement evaluates itself, but for what Warp wants as a constant or changes in place."""
    statement, small = location.statement, location.small
    if isinstance(statement, cst.If):
        yield from _of(location, statement.test, True)
        tail = statement.orelse
        while isinstance(tail, cst.If):
            yield from _of(location, tail.test, False)
            tail = tail.orelse
    elif isinstance(statement, cst.While):
        yield from _of(location, statement.test, False)
    elif isinstance(statement, cst.For):
        yield from _arguments(location, statement.iter, True)
    elif isinstance(small, cst.Assign):
        if isinstance(small.value, cst.Tuple):
            for element in small.value.elements:
                yield from _of(location, element.value, True)
        elif isinstance(small.targets[0].target, cst.Tuple):  # several values, which no local could hold
            yield from _arguments(location, small.value, True)
        else:
            yield from _of(location, small.value, True)
        yield from _indices(location, small.targets[0].target)
    elif isinstance(small, cst.AugAssign):
        yield from _of(location, small.value, True)
        yield from _indices(location, small.target)
    elif isinstance(small, cst.Expr):
        yield from _arguments(location, small.value, True)
    elif isinstance(small, cst.Return) and small.value is not None:
        elements = [e.value for e in small.value.elements] if isinstance(small.value, cst.Tuple) else [small.value]
        for value in elements:
            yield from _of(location, value, True)


def _of(location: Location, node: Any, always: bool) -> Iterator[Operand]:
    """An expression and what it is made of."""
    if isinstance(node, (cst.Integer, cst.Float, cst.SimpleString)) or _is_constant_name(node):
        return
    yield Operand(location, node, always)
    if isinstance(node, cst.BinaryOperation):
        yield from _of(location, node.left, always)
        yield from _of(location, node.right, always)
    elif isinstance(node, cst.UnaryOperation):
        yield from _of(location, node.expression, always)
    elif isinstance(node, cst.BooleanOperation):
        yield from _of(location, node.left, always)
        yield from _of(location, node.right, False)
    elif isinstance(node, cst.Comparison):
        yield from _of(location, node.left, always)
        for i, target in enumerate(node.comparisons):
            yield from _of(location, target.comparator, always and i == 0)
    elif isinstance(node, cst.IfExp):
        yield from _of(location, node.test, always)
        yield from _of(location, node.body, False)
        yield from _of(location, node.orelse, False)
    elif isinstance(node, cst.Call):
        yield from _arguments(location, node, always)
    elif isinstance(node, (cst.Subscript, cst.Attribute)):
        yield from _indices(location, node, always)
        base = node.value
        if isinstance(base, cst.Call):
            yield from _of(location, base, always)


def _arguments(location: Location, node: Any, always: bool) -> Iterator[Operand]:
    """What a call is given: not a function, nor what it changes in place."""
    if not isinstance(node, cst.Call):
        return
    for argument in node.args:
        if not argument.star and (argument.keyword is None or argument.keyword.value not in _KEYED):
            yield from _of(location, argument.value, always)


def _indices(location: Location, node: Any, always: bool = True) -> Iterator[Operand]:
    """The indices in an access path."""
    while isinstance(node, (cst.Subscript, cst.Attribute)):
        if isinstance(node, cst.Subscript):
            for element in node.slice:
                if isinstance(element.slice, cst.Index):
                    yield from _of(location, element.slice.value, always)
        node = node.value


def _is_constant_name(node: cst.CSTNode) -> bool:
    """Whether it is a constant, or something of Warp's."""
    if isinstance(node, cst.Name):
        return node.value in ("True", "False", "wp")
    return isinstance(node, cst.Attribute) and last_name(node.value) == "wp"


# --- a value takes a detour -------------------------------------------------------------------------------------------

Detour = tuple[Sequence[Stmt], Sequence[Stmt], Expr]
"""Definitions before the function, statements before the statement, and what stands for the value."""


def _detour(
    program: Program,
    random: Random,
    make: Callable[[Rewriter, Any, Expr, Random], Detour | None],
    *,
    ahead: bool = True,
) -> Program | None:
    """The program with one value on a detour.

    Args:
        program: the program.
        random: picks the value.
        make: the detour of a value of some type.
        ahead: whether the value is evaluated ahead of its statement.
    """
    rewriter = Rewriter(program)
    flows = {name: Flow(rewriter, function) for name, function in rewriter.functions.items()}

    def attempt(operand: Operand) -> Program | None:
        if ahead and not _may_go_ahead(flows, operand):
            return None
        t = rewriter.type_of(operand.location, operand.node)
        if t is None or isinstance(t, types.Array) or _changed_in_place(flows, operand):
            return None
        made = make(rewriter, t, operand.node.with_changes(lpar=(), rpar=()), random)
        if made is None:
            return None
        definitions, before, value = made
        return rewriter.with_statements(operand.location, [*before, operand.replaced(value)], definitions=definitions)

    return first([o for p in rewriter.locations() for o in operands(p)], random, attempt)


def _may_go_ahead(flows: dict[str, Flow], operand: Operand) -> bool:
    """Whether the value may be computed ahead of its statement: nothing that it reads is changed until then."""
    if not operand.always or isinstance(operand.node, cst.Name):
        return False
    flow = flows[operand.location.function.name.value]
    found = flow.effects(operand.node)
    around = flow.effects(*_evaluated(operand.location))
    return found.none and around.known and not found.reads & around.changes


def _evaluated(location: Location) -> list[cst.CSTNode]:
    """What a statement evaluates itself, its blocks apart."""
    s = location.statement
    if isinstance(s, (cst.For, cst.While)):
        return [s.iter if isinstance(s, cst.For) else s.test]
    found = [] if isinstance(s, cst.If) else [s]
    while isinstance(s, cst.If):
        found.append(s.test)
        s = s.orelse
    return found


def _changed_in_place(flows: dict[str, Flow], operand: Operand) -> bool:
    """Whether the statement changes the very variable that the expression names."""
    flow = flows[operand.location.function.name.value]
    changes = flow.effects(*_evaluated(operand.location)).changes
    return bool(flow.effects(operand.node).reads & changes) and isinstance(
        operand.node, (cst.Name, cst.Attribute, cst.Subscript)
    )


def name(program: Program, random: Random) -> Program | None:
    """A subexpression gets a name of its own."""

    def make(rewriter: Rewriter, t: Any, value: Expr, random: Random) -> Detour:
        held = spell.name(rewriter.fresh("held"))
        return (), [spell.assign(held, value)], held

    return _detour(program, random, make)


def identity(program: Program, random: Random) -> Program | None:
    """A value goes through a function that returns what it is given."""

    def make(rewriter: Rewriter, t: Any, value: Expr, random: Random) -> Detour | None:
        kind, same = spelled(t), rewriter.fresh("same")
        assert kind is not None
        definition = spell.function("wp.func", same, [("value", kind)], [spell.returns(spell.name("value"))])
        return [definition], (), spell.call(same, value)

    return _detour(program, random, make, ahead=False)


def field(program: Program, random: Random) -> Program | None:
    """A value goes through a field of a struct."""

    def make(rewriter: Rewriter, t: Any, value: Expr, random: Random) -> Detour | None:
        kind, label = spelled(t), rewriter.fresh("Box")
        assert kind is not None
        box, held = spell.name(rewriter.fresh("box")), spell.name(rewriter.fresh("held"))
        definition = spell.struct(label, [("content", kind)])
        content = spell.attribute(box, "content")
        filled = [spell.assign(box, spell.call(label, content=value))]
        if random.random() < 0.5:
            filled = [spell.assign(box, spell.call(label)), spell.assign(content, value)]
        # A field as it stands is a reference, which Warp refuses in some places: it gets a name.
        return [definition], [*filled, spell.assign(held, content)], held

    return _detour(program, random, make)


def component(program: Program, random: Random) -> Program | None:
    """A scalar goes through a component of a vector."""

    def make(rewriter: Rewriter, t: Any, value: Expr, random: Random) -> Detour | None:
        size = random.choice((2, 3, 4))
        vector = types.find("vec", (size,), t) if types.is_scalar(t) else None
        if vector is None:
            return None
        v, index = spell.name(rewriter.fresh("pack")), random.randrange(size)
        part = random.choice((spell.subscript(v, spell.integer(index)), spell.attribute(v, "xyzw"[index])))
        kind = types.spelling(vector)
        filled = [spell.assign(v, spell.call(kind)), spell.assign(part, value)]
        if random.random() < 0.5:
            parts = [value if i == index else constant(t, 0) for i in range(size)]
            filled = [spell.assign(v, spell.call(kind, *parts))]
        return (), filled, part

    return _detour(program, random, make)


# --- operands change places -------------------------------------------------------------------------------------------

_ALWAYS: dict[type[cst.CSTNode], str] = {cst.Add: "+", cst.BitAnd: "&", cst.BitOr: "|", cst.BitXor: "^"}
"""Operators that commute to the bit for every type that has them."""
_MIRRORED: dict[type[cst.CSTNode], str] = {
    cst.LessThan: ">",
    cst.LessThanEqual: ">=",
    cst.GreaterThan: "<",
    cst.GreaterThanEqual: "<=",
    cst.Equal: "==",
    cst.NotEqual: "!=",
}
_COMMUTING = frozenset(("cw_mul", "dot", "min", "max"))


def swap(program: Program, random: Random) -> Program | None:
    """The operands of a sum, a product or the like change places, where the result is the same to the bit."""

    def made(rewriter: Rewriter, location: Location, node: Any) -> Expr | None:
        if isinstance(node, cst.BinaryOperation):
            operator = _ALWAYS.get(type(node.operator))
            if isinstance(node.operator, cst.Multiply) and _commutes(rewriter, location, node.left, node.right):
                operator = "*"
            return None if operator is None else spell.binary(operator, node.right, node.left)
        if not (isinstance(node, cst.Call) and last_name(node.func) in _COMMUTING and len(node.args) == 2):
            return None
        a, b = (argument.value for argument in node.args)
        if last_name(node.func) in ("min", "max") and not _is_integral(rewriter.type_of(location, a)):
            return None  # of floats, the order decides which zero or whether a NaN comes out
        return spell.call(node.func, b, a)

    return _in_place(program, random, made)


def mirror(program: Program, random: Random) -> Program | None:
    """A comparison is read from the right."""

    def made(rewriter: Rewriter, location: Location, node: Any) -> Expr | None:
        if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1:
            return None
        (target,) = node.comparisons
        return spell.compare(target.comparator, (_MIRRORED[type(target.operator)], node.left))

    return _in_place(program, random, made)


def lazy(program: Program, random: Random) -> Program | None:
    """``wp.where`` becomes a conditional expression, which evaluates one of its arms."""

    def made(rewriter: Rewriter, location: Location, node: Any) -> Expr | None:
        if not (isinstance(node, cst.Call) and last_name(node.func) == "where" and len(node.args) == 3):
            return None
        return spell.conditional(*(argument.value for argument in node.args))

    return _in_place(program, random, made)


def eager(program: Program, random: Random) -> Program | None:
    """A conditional expression whose arms are at hand becomes ``wp.where``, which evaluates both."""

    def made(rewriter: Rewriter, location: Location, node: Any) -> Expr | None:
        if not isinstance(node, cst.IfExp) or not all(map(_is_at_hand, (node.body, node.orelse))):
            return None
        if rewriter.type_of(location, node.test) not in (wp.bool, *types.INTEGERS):
            return None  # these are all the conditions that ``wp.where`` takes
        return spell.call("wp.where", node.test, node.body, node.orelse)

    return _in_place(program, random, made)


def _is_at_hand(node: cst.BaseExpression) -> bool:
    """Whether evaluating it can do no harm: a literal, a name, or a part of what a name stands for."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return isinstance(node, (cst.Name, cst.Integer, cst.Float))


def _in_place(
    program: Program, random: Random, made: Callable[[Rewriter, Location, Any], Expr | None]
) -> Program | None:
    """The program with one expression that does nothing else but yield a value written differently."""
    rewriter = Rewriter(program)
    flows = {name: Flow(rewriter, function) for name, function in rewriter.functions.items()}

    def attempt(operand: Operand) -> Program | None:
        if not flows[operand.location.function.name.value].effects(operand.node).none:
            return None
        new = made(rewriter, operand.location, operand.node)
        if new is None:
            return None
        if operand.node.lpar or isinstance(new, cst.IfExp):
            new = new.with_changes(lpar=(cst.LeftParen(),), rpar=(cst.RightParen(),))
        if _text(new) == _text(operand.node):  # ``k + k``
            return None
        return rewriter.with_statements(operand.location, [operand.replaced(new)])

    return first([o for p in rewriter.locations() for o in operands(p)], random, attempt)


def _commutes(rewriter: Rewriter, location: Location, left: Expr, right: Expr) -> bool:
    """Whether a product is one of numbers, or of a number and something else."""
    kinds = [rewriter.type_of(location, side) for side in (left, right)]
    return any(map(types.is_scalar, kinds)) and None not in kinds and not any(isinstance(t, StructType) for t in kinds)


def _is_integral(t: Any) -> bool:
    return t in types.VALUES and types.scalar(t) in types.INTEGERS


def _text(node: Expr) -> str:
    return cst.Module([]).code_for_node(node)
