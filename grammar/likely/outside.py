"""What functions read from outside: constants of the file, of a class, of a factory, and what is computed from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import warp as wp

from warpsmith.grammar import literals, spell, types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.likely.placing import often
from warpsmith.grammar.likely.scope import LocalName, name_of
from warpsmith.grammar.profile import Profile
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Value

_INTEGERS = (4, 8, 3, 2, 16)
_FLOATS = (0.5, 0.1, 2.0, 0.25)
_DIRECTIONS = ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.5, 0.25), (0.0, -9.8, 0.0))
_TRUTH = (True, False)
_LARGEST = 16
READABLE = frozenset(
    types.name(t)
    for t in types.VALUES
    if types.kind(t) in ("bool", "int", "float", "vec", "mat") and prod(types.shape(t)) <= _LARGEST
) - {"bfloat16", "float16"}
"""The types of what is read from outside."""
_MOST_CLOSED = 3
_STEMS = {"int": "COUNT", "float": "SCALE", "bool": "ENABLED", "vec": "DIRECTION", "mat": "MATRIX"}
_OWNERS = ("Config", "Settings", "Defaults")


class Constants:
    """The constants of one program.

    Args:
        chooser: answers the questions.
        profile: the names, and how people read constants.
        fresh: a new name for a role, or the stem that is given.

    Attributes:
        allowed: whether the file binds constants.
        closed: what the factory is given that the function is defined in; ``None`` where there is none.
    """

    def __init__(self, chooser: Chooser, profile: Profile, fresh: Callable[[str, str], str]) -> None:
        self.chooser = chooser
        self._styles = profile.sizes.get("constants", {})
        self._fresh = fresh
        self.allowed = chooser.chance(60)
        self.closed: list[tuple[LocalName, Expr]] | None = None
        self._bound: list[tuple[LocalName, Expr]] = []
        self._members: list[tuple[LocalName, Expr]] = []
        self._owner = chooser.choose(_OWNERS)

    @property
    def names(self) -> set[str]:
        """What the file binds, and the factory that the function is defined in."""
        return {v.name for v, _ in (*self._bound, *(self.closed or ()))} | ({self._owner} if self._members else set())

    def definitions(self) -> list[Stmt]:
        """The statements that bind them."""
        members = [spell.assign(spell.name(v.name.partition(".")[2]), value) for v, value in self._members]
        owned = [spell.classed(self._owner, members)] if members else []
        return [*(spell.assign(spell.name(v.name), value) for v, value in self._bound), *owned]

    def read(self, t: Value, *, static: bool) -> LocalName:
        """A constant that is there, or a new one.

        Args:
            t: one of the :data:`READABLE`.
            static: whether it may be computed while the program is compiled.
        """
        if self.closed is not None and self.chooser.chance(80):
            known = [v for v, _ in self.closed if v.type is t]
            if known and (len(self.closed) >= _MOST_CLOSED or self.chooser.chance(60)):
                return self.chooser.choose(known)
            if len(self.closed) < _MOST_CLOSED:
                return self._new(t, self._fresh(f"param {name_of(t)}", _STEMS[types.kind(t)].lower()), self.closed)
        if t not in (wp.int32, wp.float32):
            return self.named(t)
        style = often(self.chooser, self._styles, ("name", ".attribute", "static()"))
        if style == "static()" and static:
            return self._computed(self.named(t), t)
        return self._member(t) if style == ".attribute" else self.named(t)

    def named(self, t: Value, *, new: bool = False, values: Sequence[float] = ()) -> LocalName:
        """One that the file binds to a name."""
        known = [v for v, _ in self._bound if v.type is t]
        if known and not new and self.chooser.chance(100 - 30 // (1 + len(self._bound))):
            return self.chooser.choose(known)
        name = self._fresh(f"constant {name_of(t)}", _STEMS[types.kind(t)])
        if name.startswith("wp."):
            known_value = float(getattr(wp, name[3:]))
            return LocalName(name, t, "constant", lambda: (known_value, known_value), literal=True)
        return self._new(t, name, self._bound, values, wrapped=new or self.chooser.chance(75))

    def _member(self, t: Value) -> LocalName:
        """One that a class binds."""
        known = [v for v, _ in self._members if v.type is t]
        if known and self.chooser.chance(60):
            return self.chooser.choose(known)
        name = self._fresh(f"constant {name_of(t)}", _STEMS[types.kind(t)])
        if name.startswith("wp."):
            name = name[3:]
        return self._new(t, f"{self._owner}.{name}", self._members)

    def _new(
        self,
        t: Value,
        name: str,
        where: list[tuple[LocalName, Expr]],
        values: Sequence[float] = (),
        *,
        wrapped: bool = False,
    ) -> LocalName:
        node, range_ = self._value(t, values)
        v = LocalName(name, t, "constant", lambda: range_, literal=True)
        where.append((v, spell.call("wp.constant", node) if wrapped else node))
        return v

    def _value(self, t: Value, values: Sequence[float]) -> tuple[Expr, tuple[float, float]]:
        """A value for a constant, as it is written, and where it lies."""
        if t is wp.vec3f:
            parts = self.chooser.choose(_DIRECTIONS)
            return spell.call("wp.vec3", *map(spell.floating, parts)), (min(parts), max(parts))
        numbers = values or {"bool": _TRUTH, "int": _INTEGERS}.get(types.kind(types.scalar(t)), _FLOATS)
        found = [float(self.chooser.choose(numbers)) for _ in range(prod(types.shape(t)))]
        return literals.made(t, found), (min(found), max(found))

    def _computed(self, base: LocalName, t: Value) -> LocalName:
        """What the host makes of a constant while the program is compiled."""
        bounds = base.bounds()
        assert bounds is not None
        x, value = spell.dotted(base.name), bounds[0]
        if t is wp.int32:
            n = self.chooser.choose((1, 2, 3))
            forms = (
                (spell.binary("+", x, spell.integer(n)), value + n),
                (spell.binary("*", spell.integer(n + 1), x), value * (n + 1)),
                (spell.binary("-", x, spell.integer(1)), value - 1),
                (x, value),
            )
        else:
            number = self.chooser.choose((0.5, 2.0, 4.0))
            forms = (
                (spell.binary("*", spell.floating(number), x), number * value),
                (spell.binary("/", x, spell.floating(number)), value / number),
                (spell.binary("+", x, spell.floating(number)), value + number),
                (x, value),
            )
        node, value = self.chooser.choose(forms, (30, 30, 20, 20))
        return LocalName("", t, "constant", lambda: (value, value), literal=True, node=spell.call("wp.static", node))
