"""What operations ask of their operands: where they must lie for the operation to be defined."""

from __future__ import annotations

from functools import lru_cache

from warpsmith.grammar import registry, types
from warpsmith.grammar.costs import measured
from warpsmith.grammar.likely.scope import Kind, TileForm, type_of
from warpsmith.grammar.operations import record
from warpsmith.grammar.operations.operators import builtin_of
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import Rule

DIVISIONS = ("Div", "Mod", "FloorDiv")


@lru_cache(maxsize=1 << 14)
def cost_name(rule: Rule) -> str:
    """The name of what an operation costs in the table of costs; empty where none is known."""
    if not rule.head.startswith(("bin:", "call:")):
        return ""
    operands = [measured(t) for t in map(type_of, rule.operands) if not isinstance(t, TileForm)]
    return f"{builtin_of(rule.head)}({', '.join(map(types.name, operands))})"


def operand_needs(head: str, operands: tuple[str, ...]) -> list[Interval | None]:
    """What an operation asks of its operands."""
    kind, _, what = head.partition(":")
    if head == "bin:Pow":
        return _builtin_needs(builtin_of(head), tuple(map(type_of, operands)))
    if kind == "bin":
        t = type_of(operands[1])
        return [None, operator_needs(what, t) if isinstance(t, type) else None]
    if kind == "item":
        shape = types.shape(type_of(operands[0]))
        return [None, *(Interval(0, n - 1) for n in shape[: len(operands) - 1])]
    if kind == "call":
        return _builtin_needs(what.removeprefix("wp."), tuple(map(type_of, operands)))
    return [None] * len(operands)


@lru_cache(maxsize=1 << 14)
def guardable(rule: Rule) -> bool:
    """Whether all that the operation asks can be had of any operands: no guard brings a matrix into an interval."""
    kind, what = rule.kind, rule.what
    head = f"bin:{what.partition(':')[0]}" if kind == "aug" else rule.head
    if head.split(":")[0] not in ("bin", "call") or any(t.startswith(("array", "tile")) for t in rule.operands):
        return True
    needs = zip(operand_needs(head, rule.operands), rule.operands, strict=True)
    return all(n is None or types.kind(type_of(t)) in ("int", "float", "vec") for n, t in needs)


def operator_needs(operator: str, t: Kind) -> Interval | None:
    """What an operator asks of its second operand: no zero divides, no shift is too wide."""
    if not isinstance(t, type):
        return None
    if operator in DIVISIONS:
        return Interval(1) if types.scalar(t) in types.INTEGERS else Interval(0.001)
    if operator in ("LShift", "RShift"):
        return Interval(0, types.BITS[types.scalar(t)] - 1)
    return None


def _builtin_needs(name: str, operands: tuple[Kind, ...]) -> list[Interval | None]:
    """The contracts of a builtin's operands, by the names of its parameters."""
    operation = record(name)
    for s in registry.by_name().get(name, ()):
        if s.operands[: len(operands)] == operands:
            pairs = zip(s.parameters, s.operands, strict=True)
            return [operation.requirement(p, t) for p, t in pairs][: len(operands)]
    # Conversions are no records of the registry: their operand is called a.
    return [None if isinstance(t, TileForm) else operation.requirement("a", t) for t in operands]


def bounded(needs: Interval | None) -> bool:
    """Whether a value must lie between two numbers."""
    return needs is not None and needs.low is not None and needs.high is not None


def positive(needs: Interval | None) -> bool:
    """Whether a value must not be negative."""
    return needs is not None and needs.low is not None and needs.low >= 0
