"""Straight-line functions and their adjoints, both as Warp source: reverse accumulation, statement by statement.

A function's statements are single assignments of one operation each. The adjoint repeats them, and then goes back:
each operation hands what it is worth (``g``) to its operands, by the rule that stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

SCALAR, VECTOR = "wp.float32", "wp.vec3f"


@dataclass(frozen=True)
class AdjointRule:
    """One operation.

    Attributes:
        operands: their types.
        result: its type.
        text: the expression; ``a`` and ``b`` are the operands.
        adjoints: what each operand receives; ``g`` is what the result is worth, ``r`` the result.
    """

    operands: tuple[str, ...]
    result: str
    text: str
    adjoints: tuple[str, ...]


_S, _V = SCALAR, VECTOR
RULES = (
    AdjointRule((_S, _S), _S, "{a} + {b}", ("{g}", "{g}")),
    AdjointRule((_S, _S), _S, "{a} - {b}", ("{g}", "-{g}")),
    AdjointRule((_S, _S), _S, "{a} * {b}", ("{g} * {b}", "{g} * {a}")),
    AdjointRule(
        (_S, _S),
        _S,
        "{a} / ({b} * {b} + 1.0)",
        ("{g} / ({b} * {b} + 1.0)", "-2.0 * {g} * {b} * {r} / ({b} * {b} + 1.0)"),
    ),
    AdjointRule((_S,), _S, "wp.sin({a})", ("{g} * wp.cos({a})",)),
    AdjointRule((_S,), _S, "wp.cos({a})", ("-{g} * wp.sin({a})",)),
    AdjointRule((_S,), _S, "wp.tanh({a})", ("{g} * (1.0 - {r} * {r})",)),
    AdjointRule((_S,), _S, "wp.atan({a})", ("{g} / (1.0 + {a} * {a})",)),
    AdjointRule((_S,), _S, "wp.sqrt({a} * {a} + 1.0)", ("{g} * {a} / {r}",)),
    AdjointRule((_S,), _S, "wp.log({a} * {a} + 1.0)", ("2.0 * {g} * {a} / ({a} * {a} + 1.0)",)),
    AdjointRule((_S,), _S, "wp.exp(-{a} * {a})", ("-2.0 * {g} * {a} * {r}",)),
    AdjointRule((_S,), _S, "wp.where({a} > 0.0, {a}, 0.25 * {a})", ("wp.where({a} > 0.0, {g}, 0.25 * {g})",)),
    AdjointRule((_V, _V), _S, "wp.dot({a}, {b})", ("{g} * {b}", "{g} * {a}")),
    AdjointRule((_V, _V), _V, "wp.cross({a}, {b})", ("wp.cross({b}, {g})", "wp.cross({g}, {a})")),
    AdjointRule((_V, _V), _V, "{a} + {b}", ("{g}", "{g}")),
    AdjointRule((_V, _V), _V, "{a} - {b}", ("{g}", "-{g}")),
    AdjointRule((_V, _V), _V, "wp.cw_mul({a}, {b})", ("wp.cw_mul({g}, {b})", "wp.cw_mul({g}, {a})")),
    AdjointRule((_V, _S), _V, "{a} * {b}", ("{g} * {b}", "wp.dot({g}, {a})")),
    AdjointRule((_V,), _S, "wp.sqrt(wp.dot({a}, {a}) + 1.0)", ("{g} * {a} / {r}",)),
)
"""Every operation; all are smooth, or bend where no drawn number is."""


@dataclass(frozen=True)
class Assignment:
    """``name = rule(operands)``."""

    name: str
    rule: AdjointRule
    operands: tuple[str, ...]

    def text(self, template: str, g: str = "") -> str:
        """The rule's text or an adjoint of it, for these operands."""
        a, b = (*self.operands, "")[:2]
        return template.format(a=a, b=b, r=self.name, g=g)


@dataclass(frozen=True)
class StraightLineFunction:
    """A function of scalars and vectors that yields a scalar.

    Attributes:
        parameters: names and types.
        steps: in order; the last one's value is returned.
    """

    parameters: tuple[tuple[str, str], ...]
    steps: tuple[Assignment, ...]

    @property
    def signature(self) -> str:
        """The parameters as they are written."""
        return ", ".join(f"{name}: {t}" for name, t in self.parameters)

    @property
    def forward(self) -> list[str]:
        """The statements."""
        return [f"{s.name} = {s.text(s.rule.text)}" for s in self.steps]

    @property
    def source(self) -> str:
        """The function, called ``f``."""
        lines = [*self.forward, f"return {self.steps[-1].name}"]
        return f"@wp.func\ndef f({self.signature}):\n" + "".join(f"    {line}\n" for line in lines)

    def reverse(self, g: str) -> tuple[list[str], dict[str, str]]:
        """Statements that go back from ``g``, what the result is worth; and what each parameter is worth then."""
        worth: dict[str, list[str]] = {self.steps[-1].name: [g]}
        lines = []
        for step in reversed(self.steps):
            if len(terms := worth.get(step.name, [])) == 0:
                continue
            lines.append(f"adj_{step.name} = {' + '.join(terms)}")
            for operand, template in zip(step.operands, step.rule.adjoints, strict=True):
                worth.setdefault(operand, []).append(f"({step.text(template, f'adj_{step.name}')})")
        return lines, {name: " + ".join(worth[name]) for name, _ in self.parameters if name in worth}


def function(random: Random) -> StraightLineFunction:
    """A function of one to three parameters and three to nine steps, whose result depends on all of them."""
    names = random.sample((("x", _S), ("y", _S), ("u", _V), ("v", _V)), random.randint(1, 3))
    known, unread, steps = dict(names), [name for name, _ in names], list[Assignment]()

    def taken(t: str) -> str:
        waiting = [name for name in unread if known[name] == t]
        name = random.choice(waiting or [name for name in known if known[name] == t])
        unread[:] = [other for other in unread if other != name]
        return name

    count = random.randint(3, 7)
    while len(steps) < count or known[steps[-1].name] != _S or unread != [steps[-1].name]:
        fits = [rule for rule in RULES if set(rule.operands) <= set(known.values())]
        if len(steps) >= count:  # what is left is brought together
            fits = [rule for rule in fits if _brings_together(rule, [known[name] for name in unread])] or fits
        rule = random.choice(fits)
        step = Assignment(f"t{len(steps)}", rule, tuple(taken(t) for t in rule.operands))
        steps.append(step)
        known[step.name] = rule.result
        unread.append(step.name)
    return StraightLineFunction(tuple(names), tuple(steps))


def _brings_together(rule: AdjointRule, left: list[str]) -> bool:
    """Whether a rule takes two of the values that are left, or makes a scalar of the only vector."""
    if len(left) == 1:
        return rule.operands == (left[0],) and rule.result == SCALAR
    return len(rule.operands) == 2 and all(left.count(t) >= rule.operands.count(t) for t in rule.operands)
