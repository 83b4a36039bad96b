"""What is computed while a program is compiled: ``wp.static``, members of enumerations, and wide literals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import warp as wp

from warpsmith.grammar import spell, types, unread
from warpsmith.grammar.blocks import may_nest, nested
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.constructs import assign
from warpsmith.grammar.constructs.loops import unrolled
from warpsmith.grammar.functions import in_kernel
from warpsmith.grammar.literals import constant
from warpsmith.grammar.spell import Expr, Stmt

_MEMBERS = ("LINEAR", "QUADRATIC", "CUBIC", "NONE")


@dataclass(frozen=True)
class Numbers:
    """The integers that a file binds for static expressions.

    Attributes:
        known: name to value.
        modes: name of an enumeration, and its members; none where there is no enumeration.
    """

    known: tuple[tuple[str, int], ...]
    modes: tuple[str, tuple[tuple[str, int], ...]] | None = None

    def definitions(self, chooser: Chooser) -> list[Stmt]:
        """The statements that bind them."""
        made: list[Stmt] = []
        for name, value in self.known:
            literal = spell.integer(value)
            made.append(
                spell.assign(spell.name(name), spell.call("wp.constant", literal) if chooser.chance(60) else literal)
            )
        if self.modes is not None:
            owner, members = self.modes
            body = [spell.assign(spell.name(n), spell.integer(value)) for n, value in members]
            made.append(spell.classed(owner, body, "IntEnum"))
        return made


def numbers(chooser: Chooser) -> Numbers:
    """Draws them."""
    names = ("DIM", "ORDER", "STEPS")[: chooser.choose((1, 2, 3), (50, 35, 15))]
    modes = None
    if chooser.chance(25):
        count = chooser.choose((2, 3, 4))
        step = chooser.choose((1, 2))
        modes = (chooser.choose(("Mode", "Kind")), tuple((n, i * step) for i, n in enumerate(_MEMBERS[:count])))
    return Numbers(tuple((n, chooser.integer(2, 5)) for n in names), modes)


def _expression(chooser: Chooser, some: Numbers) -> tuple[Expr, int]:
    """An expression of the host over those numbers, and its value: small and not negative."""
    name, value = chooser.choose(some.known)
    form = chooser.choose(("name", "plus", "minus", "times", "halved", "rest", "both"))
    other, more = chooser.choose(some.known)
    x, n = spell.name(name), chooser.integer(1, 3)
    if form == "plus":
        return spell.binary("+", x, spell.integer(n)), value + n
    if form == "minus":
        return spell.binary("-", x, spell.integer(1)), value - 1
    if form == "times":
        return spell.binary("*", spell.integer(n), x), value * n
    if form == "halved":
        return spell.binary("//", spell.binary("+", x, spell.integer(n)), spell.integer(2)), (value + n) // 2
    if form == "rest":
        return spell.binary("%", x, spell.integer(n + 1)), value % (n + 1)
    if form == "both":
        return spell.binary("+", x, spell.name(other)), value + more
    return x, value


def _static(value: Expr) -> Expr:
    return spell.call("wp.static", value)


def statics(some: Numbers) -> tuple[Construct, ...]:
    """The constructs that read those numbers."""
    made = [
        Construct("static number", partial(_number, some), weight=9, fits=_has_number),
        Construct("static vector", _vector, weight=6, fits=lambda body, budget: bool(_vectors(body))),
        Construct(
            "static range",
            partial(_range, some),
            weight=7,
            fits=lambda body, budget: may_nest(body, budget) and body.copies == 1,
        ),
        Construct("static branch", partial(_branch, some), weight=5, fits=may_nest),
    ]
    if some.modes is not None:
        made.append(Construct("enumeration", partial(_member, some), weight=25, fits=may_nest))
    return tuple(made)


def _number(some: Numbers, body: Body, budget: int) -> list[Stmt]:
    """A value times a number that the host computes: an integer, or a float."""
    t = body.chooser.choose([t for t in body.palette.types if t in (wp.int32, wp.float32)])
    value, _ = _expression(body.chooser, some)
    if t is wp.float32:
        number = body.chooser.choose((spell.call("float", value), spell.binary("/", value, spell.floating(4.0))))
    else:
        number = value
    return [
        assign.bind(body, t, spell.binary(body.chooser.choose(("*", "+", "-")), body.runtime_value(t), _static(number)))
    ]


def _vector(body: Body, budget: int) -> list[Stmt]:
    """A vector that the host makes, with one of the program's."""
    t = body.chooser.choose(_vectors(body))
    parts = [spell.floating(body.chooser.choose((0.5, 1.0, 2.0, -1.0))) for _ in range(types.shape(t)[0])]
    made = _static(spell.call(types.spelling(t), *parts))
    return [assign.bind(body, t, spell.binary("+", body.runtime_value(t), made))]


def _range(some: Numbers, body: Body, budget: int) -> list[Stmt]:
    """A loop of so many trips as the host computes, which Warp unrolls."""
    before = unread.ensure_accumulator(body)
    value, trips = _expression(body.chooser, some)
    if not 2 <= trips <= 4:
        name, trips = some.known[0]
        value = spell.name(name)
    return [*before, unrolled(body, spell.call("range", _static(value)), trips, budget)]


def _branch(some: Numbers, body: Body, budget: int) -> list[Stmt]:
    """A branch that is decided while the program is compiled: Warp drops the other arm."""
    before = unread.ensure_accumulator(body)
    value, number = _expression(body.chooser, some)
    limit = body.chooser.integer(0, 4)
    test = _static(spell.compare(value, (">" if number > limit else "<=", spell.integer(limit))))
    return [*before, spell.branch([(test, nested(body, max(1, min(3, budget - 1))))], None)]


def _member(some: Numbers, body: Body, budget: int) -> list[Stmt]:
    """A choice between the members of an enumeration."""
    assert some.modes is not None
    owner, members = some.modes
    before = unread.ensure_accumulator(body)
    kind = body.variable(wp.int32)
    start = spell.assign(kind.node, spell.binary("&", body.runtime_value(wp.int32), spell.integer(3)))
    arms = []
    for name, _ in members[: body.chooser.choose((2, 1))]:
        member: Expr = spell.attribute(spell.name(owner), name)
        member = spell.call("int", member) if body.chooser.chance(25) else member
        arms.append((spell.compare(kind.node, ("==", member)), nested(body, max(1, min(3, budget - 2)))))
    return [*before, start, spell.branch(arms, None)]


def _has_number(body: Body, budget: int) -> bool:
    return any(t in (wp.int32, wp.float32) for t in body.palette.types)


def _vectors(body: Body) -> list[types.Value]:
    return [t for t in body.palette.types if types.kind(t) == "vec" and types.scalar(t) is wp.float32]


_PRIMES = (1099511628211, 6364136223846793005, 0x9E3779B97F4A7C15)


def _hash(body: Body, budget: int) -> list[Stmt]:
    """A few bits of a hash of an integer, in 64 bits: literals that no int32 holds."""
    h = body.new_name(("h", "hash"))
    key = spell.call("wp.uint64", body.nonconstant(wp.int32, body.runtime_value(wp.int32)))
    seed = constant(wp.uint64, body.chooser.choose((14695981039346656037, 88172645463325252)))
    start = spell.assign(spell.name(h), spell.binary("^", seed, key))
    times = spell.assign(
        spell.name(h), spell.binary("*", spell.name(h), constant(wp.uint64, body.chooser.choose(_PRIMES)))
    )
    bits = spell.binary(">>", spell.name(h), constant(wp.uint64, body.chooser.choose((32, 40, 17))))
    low = spell.call("int", spell.binary("&", bits, constant(wp.uint64, 255)))
    return [start, times, assign.bind(body, wp.int32, low)]


def _in_straight_code(body: Body, budget: int) -> bool:
    return in_kernel(body, budget) and not body.loops and budget >= 3


HASH = Construct("wide literal", _hash, weight=3, fits=_in_straight_code)
