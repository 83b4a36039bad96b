"""Structs of a program's own: arrays of them, whose elements are read and stored to field by field, and parameters.

A field of an array's elements is an array of its own to whoever draws, ``bodies[].mass``; a field of a parameter is a
parameter, ``body.mass``. The fields of one struct share a range.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import warp as wp

from warpsmith.grammar import spell, structs, types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.likely.bounds import Range, inside
from warpsmith.grammar.likely.drawing import literal, sources_of
from warpsmith.grammar.likely.scope import Drawn, Kind, LocalName, name_of
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import RuleContext
from warpsmith.grammar.program import Argument
from warpsmith.grammar.spell import Stmt
from warpsmith.grammar.types import Array, Value

if TYPE_CHECKING:
    from warpsmith.grammar.likely.reading import ScopeReader
    from warpsmith.grammar.likely.writer import Writer

_SHARE = 14
"""Percent of the programs that have such a struct."""
_NAMES = ("Particle", "Body", "State", "Cell", "Vertex", "Element")
_STEMS = {"Particle": ("p", "particles"), "Body": ("body", "bodies"), "State": ("state", "states")}
_TYPES: tuple[Value, ...] = (wp.float32, wp.vec3f, wp.vec2f, wp.vec4f)
"""What can be brought into any range."""
_WEIGHTS = (45, 40, 8, 7)
_ANOTHER = 12
"""The same where a function has a struct already, whose fields are read."""
_AS_FIELD = 50
"""Percent of the inputs that become fields where a field has their type."""


class Records:
    """The struct of one program, if it has any.

    Args:
        chooser: answers the questions.
        fresh: a new name for a role, or the stem that is given.

    Attributes:
        type: the struct.
        used: whether a function is given one.
    """

    def __init__(self, chooser: Chooser, fresh: Callable[[str, str], str]) -> None:
        self.type: Value | None = None
        self.used = False
        self._chooser = chooser
        self._fresh = fresh
        if chooser.chance(_SHARE):
            kinds = [chooser.choose(_TYPES, _WEIGHTS) for _ in range(chooser.choose((2, 3, 4, 1), (40, 30, 15, 15)))]
            fields = {structs.field_name(fresh(f"param {name_of(t)}", "x")): t for t in kinds}
            self.type = types.struct(chooser.choose(_NAMES), fields)

    @property
    def names(self) -> set[str]:
        """What the file calls it."""
        return set() if self.type is None else {self.type.__name__}

    def definitions(self) -> list[Stmt]:
        """The statement that defines it."""
        return [structs.definition(self.type)] if self.type is not None and self.used else []

    def field(self, scope: ScopeReader, t: object) -> LocalName | None:
        """A field that becomes the input of that type: of an array's elements in a kernel, otherwise of a parameter."""
        if isinstance(t, Array) != scope.kernel or (isinstance(t, Array) and t.ndim != 1):
            return None
        wanted = t.dtype if isinstance(t, Array) else t
        if self.type is None or wanted not in types.fields(self.type).values():
            return None
        known = [v for v in scope.variables if v.base and v.type == t and not v.reads and v.mode == ""]
        if known and self._chooser.chance(_AS_FIELD):
            return self._chooser.choose(known)
        there = any(v.base for v in scope.variables)
        if not self._chooser.chance(_ANOTHER if there else _AS_FIELD):
            return None
        return next(v for v in self.added(scope) if v.type == t)

    def added(self, scope: ScopeReader) -> list[LocalName]:
        """The fields of a new array of structs, or of a new struct."""
        assert self.type is not None
        one, many = _STEMS.get(self.type.__name__, ("item", "items"))
        base = self._fresh(f"struct {self.type.__name__}", many if scope.kernel else one)
        fields: list[LocalName] = []
        for name, f in types.fields(self.type).items():
            v = LocalName(f"{base}.{name}", Array(f) if scope.kernel else f, "param", base=base, member=name)
            v.siblings = fields
            v.bounds = _range_of(v)
            v.reach = [[]] if scope.kernel else []
            if fields:  # who reads one field of an element may read the others
                v.accesses = fields[0].accesses
            fields.append(v)
        scope.variables += fields
        return fields


def _range_of(v: LocalName) -> Callable[[], Range]:
    return lambda: v.range


def grouped(variables: Sequence[LocalName]) -> list[list[LocalName]]:
    """The parameters of a function: each alone, or all fields of a struct that are used."""
    found: dict[str, list[LocalName]] = {}
    for v in variables:
        found.setdefault(v.base or v.name, []).append(v)
    return list(found.values())


def argument(fields: Sequence[LocalName], t: Kind) -> Argument:
    """What an array of structs is launched with."""
    assert isinstance(t, Array)
    written = any(v.mode not in ("", "read") for v in fields)
    extent = max(v.extents()[0] for v in fields)
    return Argument(fields[0].base, t, (extent,), written, None if written else fields[0].range)


def operand(writer: Writer, t: Value, needs: Interval | None, depth: int) -> Drawn:
    """A struct that a function is given: one that is there, an element of an array, or one made of its fields."""
    groups = [g for g in grouped([v for v in writer.variables if v.base]) if _passable(writer, g, needs)]
    if not groups and writer.chooser.chance(_AS_FIELD):
        fields = writer.builder.records.added(writer)
        groups = [fields] if _passable(writer, fields, needs) else []
    if groups and writer.chooser.chance(75):
        return _whole(writer, writer.chooser.choose(groups), t)
    values: dict[str, Drawn] = {}
    for name, f in types.fields(t).items():
        value = writer.draw(name_of(f), RuleContext((f"call:{t.__name__}#0", "", ""), ""), depth + 1, needs)
        values[name] = value if needs is None else writer.require(value, needs)
    writer.builder.records.used = True
    node = spell.call(t.__name__, **{n: v.node for n, v in values.items()})
    ends = None if needs is None or needs.low is None or needs.high is None else (needs.low, needs.high)
    return Drawn(node, t, "call:struct", lambda: ends, sources_of(list(values.values())))


def _passable(writer: Writer, fields: list[LocalName], needs: Interval | None) -> bool:
    first = fields[0]
    if any(v.mode not in ("", "read") for v in first.siblings):
        return False
    if needs is None or inside(first.range, needs):
        return True
    if first.range is None and writer.narrowable(first):
        first.narrow(kernel=writer.kernel, zero=False)
    return inside(first.range, needs)


def _whole(writer: Writer, fields: list[LocalName], t: Value) -> Drawn:
    """A struct, or an element of an array of them."""
    first = fields[0]
    node = spell.name(first.base)
    first.reads += 1
    if isinstance(first.type, Array):
        index = writer.read(writer.threads[0]) if writer.threads else literal("0", wp.int32)
        for v in first.siblings:
            v.mode = "read"
            writer.reached(v, [index])
        node = spell.subscript(node, index.node)  # type: ignore[assignment]
    return Drawn(node, t, "name:param", lambda: first.range, frozenset({first}))
