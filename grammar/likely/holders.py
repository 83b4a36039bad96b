"""The struct that holds parameters of a program: values and arrays of any type, some in a struct of their own.

Kernels and functions are given it as a whole, ``args``, and read its fields: ``args.dt``, ``args.pos[i]``. It has the
fields that any of them reads. A field is an input like a parameter. What functions read of it nobody writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import warp as wp

from warpsmith.grammar import spell, structs, types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.likely.bounds import inside
from warpsmith.grammar.likely.scope import Drawn, Kind, LocalName, OwnFunction, TileForm, name_of
from warpsmith.grammar.likely.varying import VAGUELY
from warpsmith.grammar.production import Interval
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array, Type, Value

if TYPE_CHECKING:
    from warpsmith.grammar.likely.reading import ScopeReader

_NAMES = (("Params", "params"), ("Args", "args"), ("Inputs", "inputs"), ("Model", "model"), ("Data", "data"))
_INNER = (("Options", "options"), ("Grid", "grid"), ("Material", "material"), ("Bounds", "bounds"))
_VALUES = (wp.float32, wp.int32, wp.vec2, wp.vec3, wp.vec4, wp.mat22, wp.mat33, wp.quatf, wp.bool)
_NESTED = 12
"""Percent of the values that are fields of a struct within the struct."""
_SHARED = 40
"""Percent of the fields that are one which another function reads, where there is such a one."""


class ParameterStruct:
    """The struct of one program.

    Args:
        chooser: answers the questions.
        fresh: a new name for a role, or the stem that is given.

    Attributes:
        type: what annotations name.
        fields: types of the fields that functions read, by their path: ``dt``, ``options.scale``.
    """

    def __init__(self, chooser: Chooser, fresh: Callable[[str, str], str]) -> None:
        self._chooser = chooser
        self._fresh = fresh
        name, self._stem = chooser.choose(_NAMES)
        self._inner = chooser.choose(_INNER)
        self.type: Value = types.struct(name, {})
        self.fields: dict[str, Type] = {}

    @property
    def names(self) -> set[str]:
        """What the file calls it, and the struct within it."""
        return {self.type.__name__, self._inner[0]}

    def definitions(self, annotation: Callable[[Kind], Expr]) -> list[Stmt]:
        """The statements that define it, with what people write for a type."""
        own: list[tuple[str, Expr]] = []
        inner: list[tuple[str, Expr]] = []
        for path, t in self.fields.items():
            (inner if "." in path else own).append((path.rpartition(".")[2], annotation(t)))
        if not inner:
            return [spell.struct(self.type.__name__, own)] if own else []
        name, stem = self._inner
        return [spell.struct(name, inner), spell.struct(self.type.__name__, [*own, (stem, spell.name(name))])]

    @staticmethod
    def allows(t: Kind) -> bool:
        """Whether there may be fields of that type."""
        if isinstance(t, Array):
            return not types.is_struct(t.dtype)
        return not isinstance(t, TileForm) and t in _VALUES

    def given(self, scope: ScopeReader) -> str:
        """What it is called in a function, which is given it from now on."""
        if not scope.holder:
            scope.holder = self._fresh(f"param {name_of(self.type)}", self._stem)
        return scope.holder

    def shared(self, v: LocalName) -> bool:
        """Whether functions may read the field."""
        return bool(v.holder) and v.name.partition(".")[2] in self.fields

    def field(self, scope: ScopeReader, t: Type, *, own: bool = False) -> LocalName:
        """A field that the function has not read so far: one that others read, or a new one; or one of its own."""
        base = self.given(scope)
        read = {v.name for v in scope.variables}
        known = [path for path, other in self.fields.items() if other == t and f"{base}.{path}" not in read]
        if known and not own and self._chooser.chance(_SHARED):
            return self._added(scope, self._chooser.choose(known), t)
        path = structs.field_name(self._fresh(f"param {name_of(t)}", "x"))
        if path in self.fields or path == self._inner[1]:
            path = f"{path}_{len(self.fields)}"
        if not isinstance(t, Array) and self._chooser.chance(_NESTED):
            path = f"{self._inner[1]}.{path}"
        return self._added(scope, path, t)

    def _added(self, scope: ScopeReader, path: str, t: Type) -> LocalName:
        v = LocalName(f"{self.given(scope)}.{path}", t, "param", holder=scope.holder)
        v.bounds = lambda: v.range
        if isinstance(t, Array):
            v.reach = [[] for _ in range(t.ndim)]
            if not scope.kernel or self.shared(v):
                v.mode = "read"
        scope.variables.append(v)
        return v

    def read(self, fields: Sequence[LocalName]) -> None:
        """A function is complete, and reads these."""
        self.fields |= {v.name.partition(".")[2]: v.type for v in fields if not isinstance(v.type, TileForm)}

    def complete(self, scope: ScopeReader) -> None:
        """A kernel that is given it is launched with every array of it, read or not: Warp differentiates no other."""
        there = {v.name for v in scope.variables}
        for path, t in self.fields.items():
            if scope.holder and isinstance(t, Array) and f"{scope.holder}.{path}" not in there:
                self._added(scope, path, t).reads = 1

    def handed(self, scope: ScopeReader, callee: OwnFunction) -> Drawn:
        """The whole of it, for a function: its fields lie where the function needs them, and reach as far."""
        base = self.given(scope)
        for theirs in callee.held:
            path = theirs.name.partition(".")[2]
            mine = next((v for v in scope.variables if v.name == f"{base}.{path}"), None)
            mine = mine or self._added(scope, path, theirs.type)  # type: ignore[arg-type]
            mine.reads += 1
            if theirs.range is not None and not inside(mine.range, Interval(*theirs.range)):
                mine.narrow(kernel=scope.kernel, zero=False)
            for axis, extent in zip(mine.reach, theirs.extents(), strict=True):
                axis.append(lambda extent=extent: (0.0, extent - 1.0))  # type: ignore[misc]
        return Drawn(spell.name(base), self.type, "name:param", varies=VAGUELY)
