"""Statements that say what holds, or print: expectations that hold by construction, assertions, ``printf``.

What they look at counts as unread still: a value that is only looked at is no use to anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import libcst as cst
import warp as wp

from warpsmith.grammar import literals, registry, spell, types
from warpsmith.grammar.likely.scope import Drawn, LocalName
from warpsmith.grammar.profile import Rule
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array, Value

if TYPE_CHECKING:
    from warpsmith.grammar.likely.statements import BodyWriter
    from warpsmith.grammar.likely.writer import Writer

_LONGEST = 40
"""Characters of what is written once more."""
_FORMATS = {wp.int32: "%d", wp.float32: "%f"}
_MOST_PRINTED = 2
_LARGEST, _FRACTION = 1e6, 64
"""Numbers up to the first that are multiples of one of the second of 1 are not rounded."""
_TOLERANCE = "0.001"
_SWAPPED = 30
"""Percent of the expectations that say first what is expected."""
_COMPARED = 8
"""Percent of those that two values are equal which expect the comparison to be true."""


class Fact(NamedTuple):
    """Two expressions of one type that have the same value here, and the name that one of them is, if any."""

    left: Expr
    right: Expr
    type: Value
    of: LocalName | None = None


def steady(writer: Writer, value: Drawn) -> Expr | None:
    """The expression, if it is short and has the same value for as long as its names are there; ``None`` otherwise."""
    t = value.type
    if not isinstance(t, type) or types.is_struct(t) or not _number(value, t):
        return None
    text = cst.Module([]).code_for_node(value.node)
    if len(text) > _LONGEST:
        return None
    return value.node if _lasting(writer, text) else None


def _lasting(writer: Writer, text: str) -> bool:
    """Whether an expression reads nothing that may change, but for elements of arrays."""
    known = {v.name for v in writer.variables if v.origin in ("thread", "loop")}
    known |= {v.name for v in writer.variables if v.origin == "param" and isinstance(v.type, type)}
    known |= {"wp", "int", "float", "True", "False", *writer.builder.constants.names}
    return all(n in known for n in re.findall(r"(?<![\w.])[A-Za-z_]\w*", text))


def _number(value: Drawn, t: Value) -> bool:
    """Whether the value is known to equal itself: it is a number."""
    return types.scalar(t) not in types.FLOATS or value.bounds() is not None or not value.sources


def fits(body: BodyWriter, rule: Rule) -> bool:
    """Whether there is something for such a statement to say."""
    what = rule.what
    if what in ("print", "printf"):
        return bool(_printable(body))
    return any(True for _ in (_assertable(body) if what == "assert" else _facts(body, what)))


def drawn(body: BodyWriter, rule: Rule) -> Stmt:
    """The statement."""
    what = rule.what
    body.builder.used.add(what)
    if what == "assert":
        return _assertion(body)
    if what in ("print", "printf"):
        return _printed(body, what)
    fact = body.chooser.choose(list(_facts(body, what)))
    if fact.of is None:
        body.written = None
    else:
        fact.of.equal, fact.of.element = None, ""
    operands = [fact.left, fact.right]
    if what == "expect_neq":
        operands[1] = spell.binary("+", fact.right, spell.integer(1))
    elif what == "expect_near" and body.chooser.chance(50):
        part = types.scalar(fact.type)
        tolerance = spell.floating(float(_TOLERANCE))
        operands.append(tolerance if part is wp.float32 else spell.call(types.spelling(part), tolerance))
    if what == "expect_eq" and fact.type in _FORMATS and body.chooser.chance(_COMPARED):
        operands = [spell.compare(fact.left, ("==", fact.right)), spell.boolean_literal(True)]
    elif body.chooser.chance(_SWAPPED):
        operands[:2] = operands[1::-1]
    return spell.expression(spell.call(f"wp.{what}", *operands))


def known(writer: Writer, what: str) -> Iterator[Fact]:
    """What an expectation of that name may say of the locals: what they were bound to, what number that is, and of
    vectors of literals, what a component is."""
    for v in writer.variables:
        if v.equal is None or v.loops != writer.loops or not isinstance(v.type, type):
            continue
        if _takes(what, v.type):
            yield Fact(spell.dotted(v.name), v.equal, v.type, v)
            if (number := _constant(v)) is not None:
                yield Fact(spell.dotted(v.name), number, v.type, v)
        if types.kind(v.type) == "vec" and _takes(what, types.scalar(v.type)) and isinstance(v.equal, cst.Call):
            parts = [a.value for a in v.equal.args]
            if len(parts) == types.shape(v.type)[0] and all(map(spell.is_number, parts)):
                whole = spell.dotted(v.name)
                for i, part in enumerate(parts):
                    yield Fact(spell.subscript(whole, spell.integer(i)), part, types.scalar(v.type), v)


def _elements(writer: Writer, what: str) -> Iterator[Fact]:
    """What such an expectation may say of locals that were read from an array: nothing has stored to it since."""
    for v in writer.variables:
        if not v.element or v.loops != writer.loops or not _takes(what, v.type) or len(v.element) > _LONGEST:
            continue
        name, _, index = v.element.partition("[")
        array = next((a for a in writer.variables if a.name == name and a.mode == "read"), None)
        number = types.scalar(v.type) not in types.FLOATS or v.bounds() is not None
        if array is not None and number and _lasting(writer, index):
            yield Fact(spell.dotted(v.name), cst.parse_expression(v.element), v.type, v)  # type: ignore[arg-type]


def _constant(v: LocalName) -> Expr | None:
    """The number that a local is, if sums and products of literals make it, and no rounding does."""
    found = v.bounds() if v.type in (wp.int32, wp.float32) and not v.sources else None
    if found is None or found[0] != found[1] or abs(found[0]) > _LARGEST or found[0] * _FRACTION % 1:
        return None
    if isinstance(v.equal, cst.Name) or "(" in cst.Module([]).code_for_node(v.equal):  # type: ignore[arg-type]
        return None
    return literals.constant(v.type, found[0])


def _facts(body: BodyWriter, what: str) -> Iterator[Fact]:
    """What an expectation of that name may say here."""
    yield from known(body.writer, what)
    if body.written is not None and _takes(what, body.written.type):
        yield body.written
    yield from _elements(body.writer, what)


def _takes(what: str, t: object) -> bool:
    """Whether an expectation compares values of the type."""
    if not isinstance(t, type) or (what == "expect_neq" and t is not wp.int32):
        return False
    return any(s.operands[:2] == (t, t) for s in registry.by_name().get(what, ()))


def stored(target: Expr, value: Drawn) -> Fact | None:
    """What a store leaves behind, if it can be said in a word."""
    t = value.type
    plain = value.head.startswith(("name:", "const:"))
    return Fact(target, value.node, t) if plain and isinstance(t, type) and _number(value, t) else None


# --- assertions and prints --------------------------------------------------------------------------------------------


def _assertable(body: BodyWriter) -> list[LocalName]:
    """Integers that lie somewhere."""
    return [
        v
        for v in body.writer.variables
        if v.type is wp.int32 and v.origin in ("thread", "loop", "local") and v.bounds() is not None
    ]


def _assertion(body: BodyWriter) -> Stmt:
    v = body.chooser.choose(_assertable(body))
    found = v.bounds()
    assert found is not None
    sign, end = body.chooser.choose(((">=", found[0]), ("<=", found[1])))
    test = spell.compare(spell.dotted(v.name), (sign, spell.integer(int(end))))
    message = literals.string(f"{v.name} is out of range") if body.chooser.chance(50) else None
    return cst.SimpleStatementLine([cst.Assert(test, message)])


def _printable(body: BodyWriter) -> list[LocalName]:
    return [v for v in body.writer.variables if v.type in _FORMATS and not isinstance(v.type, Array)]


def _printed(body: BodyWriter, what: str) -> Stmt:
    shown = [body.chooser.choose(_printable(body)) for _ in range(1 if what == "print" else _MOST_PRINTED)]
    shown = list(dict.fromkeys(shown))
    for v in shown:
        v.reads += 1  # so that it is a parameter
    names = [spell.dotted(v.name) for v in shown]
    if what == "print":
        return spell.expression(spell.call("print", *names))
    text = ", ".join(f"{v.name.rpartition('.')[2]} = {_FORMATS[v.type]}" for v in shown)
    return spell.expression(spell.call("wp.printf", literals.string(f"{text}\\n"), *names))
