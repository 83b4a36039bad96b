"""How functions end: with a loop or a branch, with a call of a function that returns nothing, with a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from warpsmith.grammar.likely import calling, checks, sequences, tiles
from warpsmith.grammar.likely.scope import STRUCT, OwnFunction, name_of, type_of
from warpsmith.grammar.likely.varying import depends, floating
from warpsmith.grammar.profile import Rule
from warpsmith.grammar.spell import Stmt

if TYPE_CHECKING:
    from warpsmith.grammar.likely.statements import BodyWriter

_CLOSING = 60
"""Percent of the branches and loops near the end of a kernel that nothing follows."""
_HELD = 50
"""Percent of the kernels that end with a call of a function that returns nothing, where there is one."""
_RATHER, _MOST_EXPECTED = 4, 50
"""So much likelier are expectations at the end of a kernel than elsewhere; and percent at most."""
_MORE = 60
"""Percent of the expectations at the end of a kernel that another one follows."""
_YIELDED = 6
"""So much likelier is a result of a type that another function yields: people's return what that returns."""
_DRAWS, _OFTEN = (1, 2, 3), (40, 20, 40)
"""A kernel is as long as the longest of so many of people's: their files have several, ours mostly one."""


def length(body: BodyWriter, longest: int) -> int:
    """How many statements the function has about."""
    sizes = body.builder.profile.sizes.get(body.kind, {"8": 1})
    known = {int(n): count for n, count in sizes.items() if int(n) <= longest} or {longest: 1}
    draws = body.chooser.choose(_DRAWS, _OFTEN) if body.kind == "kernel" else 1
    return max(body.chooser.choose(list(known), list(known.values())) for _ in range(draws))


def held(body: BodyWriter) -> OwnFunction | None:
    """A function that returns nothing, which the kernel's last statement is to call."""
    options = [c for c in calling.procedures(body) if c.name not in body.builder.called] if body.storing else []
    if not options or not body.chooser.chance(_HELD):
        return None
    body.builder.called.add(options[0].name)
    return options[0]


def closes(body: BodyWriter) -> bool:
    """Whether a branch or loop is to be the kernel's last statement: near its end, once all functions are called."""
    late = 4 * (body.count + 1) > 3 * body.most
    called = all(c.name in body.builder.called for c in body.builder.callees)
    return body.storing and late and called and body.chooser.chance(_CLOSING)


def closing(body: BodyWriter, depth: int, statements: list[Stmt]) -> bool:
    """Whether the statement is to be the kernel's last; adds what nobody can say within a branch before it."""
    if depth or not closes(body):
        return False
    statements += tiles.stored(body.writer, 0)
    if not depends(body.writer.written):
        body.fed(statements)
    body.closing = True
    return True


def expected(body: BodyWriter) -> list[Stmt]:
    """Expectations at the end of a kernel, as the profile has such statements."""
    rules = body.builder.profile.rules.get("s0|body", {})
    known = {r: n for text, n in rules.items() if (r := Rule.parse(text)).head.startswith("check:expect")}
    share = min(_MOST_EXPECTED, _RATHER * 100 * sum(known.values()) // max(1, sum(rules.values())))
    found: list[Stmt] = []
    while body.chooser.chance(share) and (there := [r for r in known if checks.fits(body, r)]):
        found.append(checks.drawn(body, body.chooser.choose(there, [known[r] for r in there])))
        share = _MORE
    return found


def results(body: BodyWriter) -> tuple[str, ...]:
    """Types of results that people return, such as what is unread can flow into."""
    rules = body.builder.profile.rules.get("s0|body", {})
    returns = [r for text in rules if returns_values(r := Rule.parse(text))]
    if any(floating(v.type) for v in body.writer.unread()):
        returns = [r for r in returns if floating(type_of(r.operands[-1]))]
    yielded = {tuple(map(name_of, c.results)) for c in body.builder.callees}
    weights = [rules[str(r)] * (_YIELDED if r.operands in yielded else 1) for r in returns]
    return body.chooser.choose(returns, weights).operands if returns else ("float32",)


def returns_values(rule: Rule) -> bool:
    """Whether the rule returns values; a struct only alone."""
    plain = STRUCT.__name__ not in rule.operands or len(rule.operands) == 1
    return rule.head == "return" and plain and sequences.returnable(rule.operands)
