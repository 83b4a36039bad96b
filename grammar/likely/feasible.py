"""Which rules can be drawn at a place: asked of every rule that the profile knows there, 60 for each that is drawn.

What depends on the rule alone is settled once for each rule, and what depends on the place alone once for each place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from warpsmith.grammar.exceptions import WIDENING
from warpsmith.grammar.likely import found, idioms, instances, outside, rows, tiles
from warpsmith.grammar.likely.bounds import Range, inside, traced
from warpsmith.grammar.likely.drawing import literal, repeats
from warpsmith.grammar.likely.needs import bounded, cost_name, guardable, positive
from warpsmith.grammar.likely.scope import Drawn, LocalName, name_of, type_of
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import SAME, Rule, RuleContext

if TYPE_CHECKING:
    from warpsmith.grammar.likely.writer import Writer

DEEPEST = 7
"""Below so many operations only names, literals and elements are drawn."""
_PLAIN = ("call", "bin", "name", "own")
"""Rules about tiles begin otherwise."""
_UNLIKE = ("bin:Sub", "bin:Div", "bin:FloorDiv", "bin:Mod", "bin:BitXor", "cmp:", "bool:")
"""Operations of two different operands."""

_BITS = ("bin:BitAnd", "bin:BitOr", "bin:BitXor", "bin:LShift", "bin:RShift")
_IDLE_IN = ("bin:Mult", "bin:Add", "bin:Sub#1", "bin:Div", "bin:FloorDiv", "bin:Mod", "un:USub", "aug:", *_BITS)
"""Where a zero says nothing."""
_IDLE_ONE_IN = ("bin:Mult", "bin:Div#1", "bin:FloorDiv#1", "bin:Mod#1", "aug:Mult", "aug:Div")
"""Where a one says nothing."""
_TESTS = (
    "if",
    "elif",
    "bool:",
    "un:",
    "call:wp.where#0",
    "ifexp#0",
    "while",
    *(f"call:wp.{name}#0" for name in WIDENING),
)
"""Where a truth value as a literal says nothing, or is widened."""

Check: TypeAlias = "Callable[[Feasible], bool]"

# What may be true of a place, where nobody writes some rules.
_VARIES, _TESTED, _IDLE, _IDLE_ONE, _PARTED, _USED = (1 << n for n in range(6))


class _Plan(NamedTuple):
    """What is known of a rule before it is asked for.

    Attributes:
        check: whether it can be drawn.
        unlikely: the places where nobody would write it.
        once: what it is not an operand of: a conversion of itself.
        row: whether it yields an array; ``None`` where that does not matter.
    """

    check: Check
    unlikely: int
    once: str
    row: bool | None


class Feasible:
    """Whether rules can be drawn at one place, as long as nothing is drawn.

    Args:
        writer: of the function.
        place: where the expression stands.
        wanted: the type's name, or ``""`` for any.
        known: names of the types that operands can be made of.
        depth: how many operations enclose it.
        needs: where it must lie.
        before: the operands before it.
        vary: whether it is to change with something.
    """

    def __init__(
        self,
        writer: Writer,
        place: RuleContext,
        wanted: str,
        known: set[str],
        depth: int,
        needs: Interval | None,
        before: Sequence[Drawn],
        *,
        vary: bool,
    ) -> None:
        self.writer, self.wanted, self.known, self.depth, self.needs = writer, wanted, known, depth, needs
        self.above, self.before, self.vary = place.above[0], before, vary
        self.array, self.bounded, self.positive = wanted.startswith("array"), bounded(needs), positive(needs)
        self.shallow = depth < DEEPEST
        self.operates = writer.left > 0 and self.shallow
        self._names: dict[str, list[LocalName]] = {}
        self._there: dict[str, bool] = {}
        self._copies = prod(writer.copies)
        above = self.above
        parted = above.startswith(("item:", "attr:")) and above.endswith("#0")
        self._flags = (
            _VARIES * vary
            | _TESTED * above.startswith(_TESTS)
            | _IDLE * above.startswith(_IDLE_IN)
            | _IDLE_ONE * above.startswith(_IDLE_ONE_IN)
            | _PARTED * parted
            | _USED * (not above.startswith("new"))
        )

    def __call__(self, rule: Rule) -> bool:
        """Whether the rule can be drawn."""
        check, unlikely, once, row = _PLANS.get(rule.text) or _plan(rule)
        if row is not None and row is not self.array:
            whole = row and not self.wanted and not self.depth
            return whole and rows.concerns(rule) and rows.feasible(self.writer, rule)
        return check(self) and not unlikely & self._flags and once != self.above

    def named(self, t: str) -> list[LocalName]:
        """The variables of a type that can be read."""
        if t not in self._names:
            self._names[t] = self.writer.named(type_of(t))
        return self._names[t]

    def lies(self, t: str) -> bool:
        """Whether one of them lies where the expression must, or can be made to."""
        if t not in self._there:
            self._there[t] = bool(self.writer.within(self.named(t), self.needs))
        return self._there[t]

    @cached_property
    def acceptable(self) -> bool:
        """Whether one more parameter is all right."""
        return self.writer.acceptable()

    @cached_property
    def yielded(self) -> dict[str, bool]:
        """The types that the program's functions yield, and whether what one of these yields changes with something."""
        found: dict[str, bool] = {}
        for c in self.writer.builder.callees:
            if len(c.results) == 1:
                t = name_of(c.results[0])
                found[t] = any(c.effects) or found.get(t, False)
        return found

    @cached_property
    def repeated(self) -> bool:
        """Whether the operand before may stand here once more."""
        return repeats(self.before[-1] if self.before else None, self.wanted) and not self.above.startswith(_UNLIKE)

    def varying(self, t: str) -> bool:
        """Whether a name of that type changes with something, where it is to."""
        return not self.vary or self.acceptable or any(not v.constant for v in self.named(t))

    def affords(self, name: str) -> bool:
        """Whether something may still be drawn, as far as costs go."""
        budget = self.writer.builder.budget
        return budget is None or budget.affords(name, self._copies)


# --- what is asked of each kind of rule -------------------------------------------------------------------------------


_PLANS: dict[str, _Plan] = {}


def _plan(rule: Rule) -> _Plan:
    once = f"{rule.head}#0" if rule.kind == "call" and rule.operands == (rule.result,) else ""
    row = None if rule.kind in (SAME, "const") else rule.result.startswith("array")
    _PLANS[rule.text] = plan = _Plan(_checked(rule), _unlikely(rule), once, row)
    return plan


def _unlikely(rule: Rule) -> int:
    """The places where nobody would write the rule: they do not test ``True``, nor select from what they just made."""
    kind, what = rule.kind, rule.what
    found = _PARTED * (kind not in ("name", "item", "attr")) | _USED * (rule.head == "struct:new")
    if kind == "const":
        truth, zero, one = rule.result == "bool", what in ("0", "0.0"), what in ("1", "1.0")
        found |= _TESTED * truth | _IDLE * zero | _IDLE_ONE * one
    plain = not rule.result.startswith(("array", "tile"))
    constant = (
        kind in ("const", SAME) or (kind == "call" and not rule.operands) or (kind == "name" and what == "constant")
    )
    return found | _VARIES * (constant and (kind != "name" or plain))


def _checked(rule: Rule) -> Check:
    kind, result, operands = rule.kind, rule.result, rule.operands
    if rule.head == SAME:
        return lambda f: f.repeated
    if result == "None":
        return lambda f: False
    if kind == "const":
        return lambda f: f.needs is None or inside(_ends(rule.what, result), f.needs)
    if kind == "idiom":
        return lambda f: f.writer.left > 1 and f.shallow and not f.bounded and idioms.fits(f.writer, rule, f.known)
    if instances.concerns(rule):
        return _instance(rule)
    if kind not in _PLAIN and tiles.concerns(rule):
        return lambda f: not f.writer.closed and f.operates and tiles.feasible(f.writer, rule)
    if result.startswith("tile"):
        return _tile(rule)
    if kind == "name":
        return _name(rule)
    if kind == found.HEAD:
        return lambda f: not f.bounded and found.feasible(f.writer, rule, f.depth)
    if kind == "own":
        return _own(rule)
    if kind == "thread":
        return lambda f: f.writer.addressable()
    if kind == "shape":
        return lambda f: bool(f.named(operands[0]))
    if kind == "item" and operands[0].startswith("array"):
        return lambda f: f.shallow and (bool(f.named(operands[0])) or f.acceptable)
    return _operation(rule)


def _instance(rule: Rule) -> Check:
    def check(f: Feasible) -> bool:
        there = f.shallow and instances.feasible(f.writer, rule, f.needs)
        return there and (rule.kind != "name" or f.varying(rule.result))

    return check


def _tile(rule: Rule) -> Check:
    name, operands, result = rule.kind == "name", rule.operands, rule.result

    def check(f: Feasible) -> bool:
        there = f.known.issuperset(operands) and bool(f.named(result))
        return there and (f.wanted != "" if name else f.shallow and tiles.feasible(f.writer, rule))

    return check


def _name(rule: Rule) -> Check:
    result = rule.result
    if rule.what == "constant":
        return lambda f: result in outside.READABLE and f.writer.builder.has_constants
    if result.startswith("array"):
        return lambda f: f.lies(result) or f.acceptable
    return lambda f: (f.lies(result) or f.acceptable) and f.varying(result)


def _own(rule: Rule) -> Check:
    head, result = rule.head, rule.result

    def check(f: Feasible) -> bool:
        varies = f.yielded.get(result) if f.writer.left > 0 and not (f.bounded and not traced(head)) else None
        return varies is not None and (varies or not f.vary)

    return check


def _operation(rule: Rule) -> Check:
    operands, head, call, negates = rule.operands, rule.head, rule.kind == "call", rule.head == "un:USub"

    def check(f: Feasible) -> bool:
        if not f.operates or not f.known.issuperset(operands):
            return False
        if (call and f.bounded and not traced(head)) or (negates and f.positive):
            return False
        cost = _cost(rule.text)
        return cost is not None and f.affords(cost)

    return check


@cache
def _cost(text: str) -> str | None:
    """The name of what an operation costs; ``None`` where what it asks of its operands cannot be had of any."""
    rule = Rule.parse(text)
    return cost_name(rule) if guardable(rule) else None


@cache
def _ends(text: str, t: str) -> Range:
    """Where a literal lies."""
    return literal(text, type_of(t)).bounds()
