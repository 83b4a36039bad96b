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
from warpsmith.grammar.likely.drawing import literal
from warpsmith.grammar.likely.scope import Drawn, LocalName, TileForm, name_of
from warpsmith.grammar.production import Interval
from warpsmith.grammar.program import Argument
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array, Value

if TYPE_CHECKING:
    from warpsmith.grammar.likely.reading import ScopeReader
    from warpsmith.grammar.likely.writer import Writer

_NAMES = ("Particle", "Body", "State", "Cell", "Vertex", "Element")
_STEMS = {"Particle": ("p", "particles"), "Body": ("body", "bodies"), "State": ("state", "states")}
_TYPES: tuple[Value, ...] = (wp.float32, wp.vec3f, wp.vec2f, wp.vec4f)
"""What can be brought into any range."""
_WEIGHTS = (45, 40, 8, 7)
_ANOTHER = 12
"""The same where a function has a struct already, whose fields are read."""
_AS_FIELD = 50
"""Percent of the inputs that become fields where there is a field of their type, and of the structs that are locals."""


class Records:
    """The struct of one program, if it has any.

    Args:
        chooser: answers the questions.
        fresh: a new name for a role, or the stem that is given.

    Attributes:
        used: whether anything reads or makes one.
    """

    def __init__(self, chooser: Chooser, fresh: Callable[[str, str], str]) -> None:
        self.used = False
        self._chooser = chooser
        self._fresh = fresh
        self._name = chooser.choose(_NAMES)
        self._type: Value | None = None

    def element(self) -> Value:
        """The struct."""
        if self._type is None:
            count = self._chooser.choose((2, 3, 4, 1), (40, 30, 15, 15))
            kinds = [self._chooser.choose(_TYPES, _WEIGHTS) for _ in range(count)]
            self._type = types.struct(
                self._name, {structs.field_name(self._fresh(f"param {name_of(t)}", "x")): t for t in kinds}
            )
        return self._type

    def has(self, t: object) -> bool:
        """Whether it has a field of that type."""
        return t in types.fields(self.element()).values()

    @property
    def names(self) -> set[str]:
        """What the file calls it."""
        return {self._name}

    def definitions(self) -> list[Stmt]:
        """The statement that defines it."""
        return [structs.definition(self.element())] if self.used else []

    def field(self, scope: ScopeReader, t: object) -> LocalName | None:
        """A field that becomes the input of that type: of an array's elements in a kernel, otherwise of a parameter."""
        if isinstance(t, Array) != scope.kernel or (isinstance(t, Array) and t.ndim != 1):
            return None
        known = [v for v in scope.variables if v.base and v.type == t and not v.reads and v.mode == ""]
        return self._chooser.choose(known) if known and self._chooser.chance(_AS_FIELD) else None

    def added(self, scope: ScopeReader) -> list[LocalName]:
        """The fields of a new array of structs, or of a new struct."""
        one, many = _STEMS.get(self._name, ("item", "items"))
        t = self.element()
        base = self._fresh(f"param {name_of(Array(t) if scope.kernel else t)}", many if scope.kernel else one)
        fields: list[LocalName] = []
        for name, f in types.fields(t).items():
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
        found.setdefault(v.parameter, []).append(v)
    return list(found.values())


def arguments(fields: Sequence[LocalName], whole: LocalName) -> list[Argument]:
    """What a kernel is launched with for a parameter: an array of structs, or an argument for every field that is one.

    Args:
        fields: the parameter itself, or its fields.
        whole: the parameter.
    """
    if not fields[0].base:
        return [_argument(v) for v in fields]
    written = any(v.mode not in ("", "read") for v in fields)
    extent = max(v.extents()[0] for v in fields)
    return [Argument(whole.name, whole.type, (extent,), written, None if written else fields[0].range)]  # type: ignore[arg-type]


def _argument(v: LocalName) -> Argument:
    assert not isinstance(v.type, TileForm)
    written = v.mode not in ("", "read")
    shape = v.extents() if isinstance(v.type, Array) else ()
    return Argument(v.name, v.type, shape, written, v.range if not written else None, indexed=v.indexed)


def passable(writer: Writer, fields: list[LocalName], needs: Interval | None) -> bool:
    """Whether a struct may be handed to a function that needs its fields there."""
    first = fields[0]
    if any(v.mode not in ("", "read") for v in first.siblings):
        return False
    if needs is None or inside(first.range, needs):
        return True
    if first.range is None and writer.narrowable(first):
        first.narrow(kernel=writer.kernel, zero=False)
    return inside(first.range, needs)


def whole(writer: Writer, fields: list[LocalName], indices: list[Drawn] | None = None) -> Drawn:
    """A struct, or an element of an array of them: the thread's own, if none is named."""
    first = fields[0]
    node: Expr = spell.name(first.base)
    first.reads += 1
    head, t = "name:param", writer.builder.records.element()
    if isinstance(first.type, Array):
        indices = indices or [writer.read(writer.threads[0]) if writer.threads else literal("0", wp.int32)]
        for v in first.siblings:
            v.mode = v.mode or "read"
            v.stored = False
            writer.reached(v, indices)
        head, node = "item:1", spell.subscript(node, *(i.node for i in indices))
    return Drawn(
        node,
        t,
        head,
        lambda: first.range if first.mode in ("", "read") else None,
        frozenset({first}),
        varies=frozenset({first}),
    )
