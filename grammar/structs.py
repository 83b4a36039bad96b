"""Structs: a type of the program's own, and the productions that come with it."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

from warpsmith.grammar import spell, types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.production import Production
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Value

_NAMES = ("State", "Particle", "Params")
_FIELDS = ("x", "y", "z", "w", "mass", "flag")


UNFIT = ("rhs", "ret")
"""Fields of these names make C++ that does not compile: helpers that Warp writes have parameters of that name."""


def field_name(name: str) -> str:
    """A name for a field, made of one that people give."""
    return f"{name}1" if name in UNFIT else name


def struct_type(chooser: Chooser, fields: tuple[Value, ...]) -> Value:
    """A new struct type of one to four fields.

    Args:
        chooser: answers the questions.
        fields: the types its fields may have.
    """
    count = chooser.choose((2, 1, 3, 4))
    names = _FIELDS[:count]
    return types.struct(chooser.choose(_NAMES), {n: chooser.choose(fields) for n in names})


def struct_types(chooser: Chooser, fields: tuple[Value, ...]) -> list[Value]:
    """One struct type, or two of which the second has the first for a field.

    Args:
        chooser: answers the questions.
        fields: the types that fields may have.
    """
    first = struct_type(chooser, fields)
    if not chooser.chance(25):
        return [first]
    second = struct_type(chooser, fields)
    name = next(n for n in _NAMES if n != first.__name__)
    return [first, types.struct(name, {**types.fields(second), "inner": first})]


def definition(t: Value) -> Stmt:
    """The ``@wp.struct`` class."""
    return spell.struct(t.__name__, [(n, spell.dotted(types.spelling(f))) for n, f in types.fields(t).items()])


def productions(t: Value) -> tuple[Production, ...]:
    """Its constructor, with every field by keyword, and a read of each field."""
    names = tuple(types.fields(t))
    construct = Production(
        "struct",
        tuple(types.fields(t).values()),
        t,
        partial(_construct, t.__name__, names),
        evaluate=lambda *values: SimpleNamespace(**dict(zip(names, values, strict=True))),
        spelling=":",
    )
    reads = (
        Production("field", (t,), f, partial(_field, n), evaluate=partial(_read, n), spelling=f".{n}")
        for n, f in types.fields(t).items()
    )
    return (construct, *reads)


def _construct(struct: str, names: tuple[str, ...], *values: Expr) -> Expr:
    return spell.call(struct, **dict(zip(names, values, strict=True)))


def _field(name: str, value: Expr) -> Expr:
    return spell.attribute(value, name)


def _read(name: str, value: SimpleNamespace) -> object:
    return getattr(value, name)
