"""One expression of several values, as people combine such ones: how unread values come together."""

from __future__ import annotations

from collections.abc import Sequence

import warp as wp

from warpsmith.grammar import literals, spell, types
from warpsmith.grammar.likely.bounds import inside
from warpsmith.grammar.likely.drawing import SHORT, literal, sources_of
from warpsmith.grammar.likely.feasible import DEEPEST
from warpsmith.grammar.likely.needs import guardable, operand_needs
from warpsmith.grammar.likely.scope import Drawn, LocalName, name_of, type_of
from warpsmith.grammar.likely.varying import carried, idle
from warpsmith.grammar.likely.writer import Writer
from warpsmith.grammar.profile import Rule, RuleContext
from warpsmith.grammar.types import Value

_FORMS = ("bin", "call", "bool", "attr", "un")
_SCALED = ("bin:Mult", "bin:Div")
PLACE = RuleContext((), "")


def joined(writer: Writer, values: Sequence[LocalName], wanted: Value | None = None) -> Drawn:
    """One expression that reads all of the values.

    Args:
        writer: of the function.
        values: at least one.
        wanted: its type; ``None`` for any.
    """
    total = writer.read(values[0])
    for v in values[1:]:
        total = together(writer, total, writer.read(v))
    return total if wanted is None else converted(writer, total, wanted)


def together(writer: Writer, a: Drawn, b: Drawn) -> Drawn:
    """Two values by an operation that people apply to such ones."""
    if wp.bool in (a.type, b.type) and a.type != b.type:
        test, value = (a, b) if a.type is wp.bool else (b, a)
        return chosen(writer, test, value)
    options = [
        (rule, n, x, y)
        for x, y in ((a, b), (b, a))
        for rule, n in _rules(writer, (x, y))
        if types.kind(type_of(rule.result)) in ("int", "float", "vec", "mat", "bool")
    ]
    if options:
        rule, _, x, y = writer.chooser.choose(options, [n for _, n, _, _ in options])
        return writer.composed(rule, [x, y])
    t = b.type
    assert isinstance(t, type)
    if a.type == t:
        head = "bool:Or" if t is wp.bool else "bin:Add"
        return writer.composed(Rule(head, (name_of(t),) * 2, name_of(t)), [a, b])
    floating = types.scalar(a.type) in types.FLOATS
    number = types.scalar(a.type if floating and types.scalar(t) in types.INTEGERS else t)
    return together(writer, converted(writer, a, number), b if t is number else converted(writer, b, number))


def moved(writer: Writer, value: Drawn) -> Drawn:
    """The value with something else: nobody stores what is there already."""
    t = value.type
    assert isinstance(t, type)
    if others := [v for v in writer.named(t) if not v.constant and v.name != value.name]:
        return converted(writer, together(writer, value, writer.read(writer.pick(others))), t)
    if types.scalar(t) not in (wp.int32, wp.float32) or types.kind(t) not in ("int", "float", "vec", "mat"):
        return value
    number = literal("2", wp.int32) if types.scalar(t) is wp.int32 else literal("0.5", wp.float32)
    return writer.composed(Rule("bin:Mult", (name_of(t), types.name(types.scalar(t))), name_of(t)), [value, number])


def _rules(writer: Writer, operands: Sequence[Drawn]) -> list[tuple[Rule, int]]:
    """Rules for just these operands, whose needs are shown to be met."""
    names = tuple(name_of(o.type) for o in operands if o.type is not None)
    found = []
    for rule, n in writer.builder.profile.by_operands.get(names, ()):
        if rule.kind in _FORMS and guardable(rule) and rule.result != "None":
            needs = operand_needs(rule.head, rule.operands)
            if rule.head in _SCALED and any(map(idle, operands)):
                continue
            if all(need is None or inside(o.bounds(), need) for need, o in zip(needs, operands, strict=True)):
                found.append((rule, n))
    return found


def converted(writer: Writer, value: Drawn, wanted: Value) -> Drawn:
    """The value as one of another type: by an operation that people have for it, or by way of a number."""
    t = value.type
    assert isinstance(t, type)
    if t is wanted:
        return value
    if t is wp.bool and wanted in (wp.int32, wp.float32):
        return chosen(writer, value, literal("1" if wanted is wp.int32 else "1.0", wanted))
    name = name_of(wanted)
    options = [(rule, n) for rule, n in _rules(writer, (value,)) if rule.result == name]
    if options:
        return writer.composed(writer.chooser.choose([r for r, _ in options], [n for _, n in options]), [value])
    if types.is_composite(t) and types.kind(t) != "struct":
        index = [literal(str(i), wp.int32) for i in writer.chooser.choose(list(types.components(t)))]
        part = Rule(f"item:{len(index)}", (name_of(t), *("int32",) * len(index)), name_of(types.scalar(t)))
        return converted(writer, writer.composed(part, [value, *index]), wanted)
    if wanted is wp.bool:
        number = wp.int32 if t is wp.int32 else wp.float32
        zero = literal("0" if number is wp.int32 else "0.0", number)
        return writer.composed(Rule("cmp:Gt", (name_of(number),) * 2, "bool"), [converted(writer, value, number), zero])
    if types.is_scalar(wanted):
        return _number(writer, value, wanted)
    return _spread(writer, value, wanted)


def chosen(writer: Writer, test: Drawn, value: Drawn) -> Drawn:
    """The value if the test holds, otherwise zero."""
    t = value.type
    assert isinstance(t, type)
    zero = literals.constant(t, 0) if types.is_scalar(t) else spell.call(types.spelling(t))
    node = spell.call("wp.where", test.node, value.node, zero)
    zero_drawn = Drawn(zero, t, "")
    varies = carried("call:wp.where", t, [test, value, zero_drawn])
    return Drawn(node, t, "call:wp.where", sources=sources_of([test, value]), varies=varies)


def _number(writer: Writer, value: Drawn, wanted: Value) -> Drawn:
    """A number as one of another type."""
    text = SHORT.get(wanted, types.spelling(wanted))
    assert value.type is not None
    rule = Rule(f"call:{text}", (name_of(value.type),), name_of(wanted))
    (need,) = operand_needs(rule.head, rule.operands)
    return writer.composed(rule, [value if need is None else writer.require(value, need)])


def _spread(writer: Writer, value: Drawn, wanted: Value) -> Drawn:
    """A composite that a number flows into: another one, scaled by it."""
    number = converted(writer, value, types.scalar(wanted))
    name = name_of(wanted)
    base = writer.draw(name, RuleContext(("bin:Mult#0", "", ""), ""), DEEPEST)
    if types.kind(wanted) in ("vec", "mat", "quat"):
        return writer.composed(Rule("bin:Mult", (name, name_of(number.type)), name), [base, number])  # type: ignore[arg-type]
    return base
