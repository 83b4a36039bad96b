"""Draws what a function writes to: components of its locals, elements of arrays that are its thread's own, atomics."""

from __future__ import annotations

import libcst as cst
import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.costs import storing
from warpsmith.grammar.likely import calling, checks, instances, joining, tiles
from warpsmith.grammar.likely.instances import OTHER_UPDATES
from warpsmith.grammar.likely.joining import joined
from warpsmith.grammar.likely.needs import operand_needs, operator_needs
from warpsmith.grammar.likely.reading import INDEX
from warpsmith.grammar.likely.scope import Drawn, Kind, LocalName, name_of, type_of
from warpsmith.grammar.likely.varying import floating
from warpsmith.grammar.likely.writer import Writer
from warpsmith.grammar.operations.operators import SIGNS
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import Rule, RuleContext
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array

_OF_ELEMENTS = 30
"""Percent of the components stored to that are of an array's element, where a local has such, too."""
_NOT_ATOMIC = (wp.int8, wp.uint8, wp.int16, wp.uint16)
"""Warp refuses ``+=`` of these on elements of an array that a struct holds."""


class StoreWriter:
    """The stores of one function.

    Args:
        writer: of its expressions.
        kind: ``kernel`` or ``func``.

    Attributes:
        written: what the statement before stored.
    """

    def __init__(self, writer: Writer, kind: str) -> None:
        self.writer = writer
        self.chooser = writer.chooser
        self.kind = kind
        self.flowing: list[LocalName] = []
        self.effects = 0
        self.outwards = False
        self.written: checks.Fact | None = None
        self.owner: LocalName | None = None
        self._cell: LocalName | None = None

    def _value(self, wanted: str, place: RuleContext, needs: Interval | None = None) -> Drawn:
        """The value that a statement takes: one that is drawn, or those that have to flow into it."""
        self.outwards = False
        if not self.flowing:
            value = self.writer.draw(wanted, place, 0, needs)
        else:
            values, self.flowing = self.flowing, []
            t = type_of(wanted)
            assert isinstance(t, type)
            value = joined(self.writer, values, t)
        return value if needs is None else self.writer.require(value, needs)

    def _augmenting(self, rule: Rule, place: RuleContext, left: str) -> tuple[Drawn, str]:
        operator = rule.head.split(":")[1]
        needs = operator_needs(operator, type_of(rule.operands[1]))
        below = RuleContext((f"{rule.head}#1", *place.above[1:]), left)
        return self._value(rule.operands[1], below, needs), SIGNS[operator]

    @property
    def storing(self) -> bool:
        """Whether it writes to arrays: a kernel does that is given any."""
        return self.kind == "kernel" and not self.writer.closed

    def composites(self, component: str) -> list[LocalName]:
        """Local vectors, matrices, quaternions and transforms of such components."""
        return [
            v for v in self.writer.variables
            if v.origin == "local" and isinstance(v.type, type) and types.is_composite(v.type)
            and name_of(types.scalar(v.type)) == component
        ]  # fmt: skip

    def vectors(self, component: str) -> list[LocalName]:
        """Local vectors of such components."""
        return [v for v in self.composites(component) if types.kind(v.type) == "vec"]

    def stores(self, value: Drawn) -> None:
        """Notes what is stored: to an array, or to a component of a local."""
        if self.owner is None:
            self.writer.writes(value)
        else:
            self.owner.varies |= self.writer.changing(value)
            self.owner.unread = True  # even if the value was made of it
        self.owner = None

    def _store(self, rule: Rule, place: RuleContext) -> tuple[Stmt, str]:
        if rule.operands[0] == instances.NAME:
            return self._whole(rule, place)
        head, t = rule.head, type_of(rule.operands[0])
        field = instances.target(self, head, t, place) if head.endswith(":field") else None
        target, left = (field[0], "field") if field is not None else self._target(rule, place)
        if rule.head.startswith("aug"):
            value, operator = self._augmenting(rule, place, left)
            self.stores(value)
            statement = spell.augment(target, operator, value.node)
        else:
            value = self._value(rule.operands[0], RuleContext((f"{rule.head}#1", *place.above[1:]), left))
            if self._there(target, value):
                value = joining.moved(self.writer, value)
            again = self._again(value)
            self.stores(value)
            # nobody stores twice to one element
            statement = spell.augment(target, "+", value.node) if again else spell.assign(target, value.node)
            if not left.startswith(("attr", "field")) and not again:
                self.written = checks.stored(target, value)
        if field is not None and field[1] is not None:
            field[1].changed(self.writer.changing(value))
        return statement, f"{rule.head}={value.head}"

    def _whole(self, rule: Rule, place: RuleContext) -> tuple[Stmt, str]:
        """A struct, into the thread's element of an array of them."""
        value = self.writer.draw(instances.NAME, RuleContext((f"{rule.head}#1", *place.above[1:]), rule.head))
        arrays = [v for v in self.writer.variables if v.base and isinstance(v.type, Array) and self._free(v)]
        array = self.chooser.choose(arrays) if arrays else self.writer.builder.records.added(self.writer)[0]
        cell = self.cell(self.cell_rule(array), array, place)
        assert isinstance(cell, cst.Attribute)  # a field of the element
        for v in array.siblings:
            v.stored = True
        return spell.assign(cell.value, value.node), f"{rule.head}={value.head}"

    def _free(self, v: LocalName) -> bool:
        """Whether all fields of an array's elements can be stored to, and none was since something read it."""
        return all(self.storable(other) and not other.stored for other in v.siblings)

    def changeable(self, v: LocalName) -> bool:
        """Whether a local may be bound again in the loops that are around the place: or else nothing is known of it."""
        return v.loops == self.writer.loops or (not v.literal and v.bounds() is None and not v.sources)

    def _there(self, target: Expr, value: Drawn) -> bool:
        """Whether the value is what the target holds, or a local that was read from it."""
        if value.node.deep_equals(target):
            return True
        v = next((v for v in self.writer.variables if v.name == value.name and v.element), None)
        return v is not None and v.element == cst.Module([]).code_for_node(target)

    def _again(self, value: Drawn) -> bool:
        """Whether the value would replace what was stored, and has nothing to do with it; notes that it is stored."""
        array, self._cell = self._cell, None
        if array is None or self.writer.branches or self.writer.loops:
            return False
        before, array.filled = array.filled, True
        if array.holder and types.scalar(value.type) in _NOT_ATOMIC:
            return False
        return before and array not in value.varies and types.kind(value.type) in ("int", "float", "vec", "mat")

    def _target(self, rule: Rule, place: RuleContext) -> tuple[Expr, str]:
        """An element of an array that is the thread's own, or a component of a local vector."""
        t = rule.operands[0]
        vectors = [] if self.outwards else self.composites(t)
        storable = [v for v in self.writer.variables if self.storable(v)]
        arrays = [v for v in storable if name_of(v.type.dtype) == t]  # type: ignore[union-attr]
        entire = rule.head.startswith(OTHER_UPDATES)
        if entire:
            arrays = [v for v in arrays if not v.member and not v.holder]
        if not rule.head.startswith("aug"):  # nobody stores twice to one element
            fresh = [v for v in arrays if not v.stored]
            arrays = fresh if fresh or self.writer.acceptable() else arrays
        made_of = [v for v in storable if not entire and types.kind(v.type.dtype) == "vec"]  # type: ignore[union-attr]
        whole = [v for v in made_of if name_of(types.scalar(v.type.dtype)) == t]  # type: ignore[union-attr]
        known = {name_of(v.type) for v in (*vectors, *arrays)} | {name_of(v.type.dtype) for v in whole}  # type: ignore[union-attr]
        kind = rule.head.rpartition(":")[2]
        drawn = self.writer.choose(
            place.contexts(t), lambda r: r.head.startswith(kind) and r.operands[:1] != () and r.operands[0] in known
        )
        if drawn is not None and not drawn.operands[0].startswith("array"):
            owners = [v for v in vectors if name_of(v.type) == drawn.operands[0]]
            elements = [v for v in whole if name_of(v.type.dtype) == drawn.operands[0]]  # type: ignore[union-attr]
            if elements and (not owners or self.chooser.chance(_OF_ELEMENTS)):
                array = self.chooser.choose(elements)
                cell = self.cell(self.cell_rule(array), array, place)
                self._cell = None  # the rest of the element stays
                return self.part(drawn, cell, place)
            owner = self.chooser.choose(owners)
            owner.changed(frozenset())
            self.owner = owner
            return self.part(drawn, spell.dotted(owner.name), place)
        if drawn is None:
            if not self.storing and (local := self.vectors(t)):
                v = local[0]
                return spell.subscript(spell.dotted(v.name), spell.integer(0)), "item:1"
            array = self.output(type_of(t), arrays, whole=entire)
            drawn = self.cell_rule(array)
        else:
            array = self.chooser.choose([v for v in arrays if name_of(v.type) == drawn.operands[0]])
        return self.cell(drawn, array, place), drawn.head

    def part(self, drawn: Rule, owner: Expr, place: RuleContext) -> tuple[Expr, str]:
        """A component of a value that is stored to."""
        kind, _, what = drawn.head.partition(":")
        if kind == "attr":
            return spell.attribute(owner, what), drawn.head
        indices: list[Expr] = []
        left = "name:local"
        for number, needs in enumerate(operand_needs(drawn.head, drawn.operands)[1:], 1):
            assert needs is not None
            index = self.writer.draw("int32", place.below(drawn.head, number, left), 1, needs)
            index = self.writer.require(index, needs)
            indices.append(index.node)
            left = index.head
        return spell.subscript(owner, *indices), drawn.head

    def storable(self, v: LocalName) -> bool:
        """Whether each thread can have elements of the array to itself, in all accesses so far too."""
        if (
            not self.storing
            or not isinstance(v.type, Array)
            or v.range is not None
            or v.kept
            or v.mode not in ("", "read", "store")
            or v.rows
            or self.writer.builder.holder.shared(v)
        ):
            return False
        return v.mode == "store" or self._own_axes(v) is not None

    def _own_axes(self, v: LocalName) -> tuple[str, ...] | None:
        """The thread's index on each axis, as all accesses had them; of an unread array the first axes."""
        assert isinstance(v.type, Array)
        threads = [t.name for t in self.writer.threads]
        if not v.accesses:
            return (*threads, *("",) * (v.type.ndim - len(threads))) if len(threads) <= v.type.ndim else None
        common = tuple(a[0] if len(set(a)) == 1 else "" for a in zip(*v.accesses, strict=True))
        return common if set(threads) <= set(common) else None

    def output(self, t: Kind, arrays: list[LocalName], *, whole: bool = False) -> LocalName:
        """One of the arrays, or a new one of such elements; no field of them if they are to be whole."""
        if arrays:
            return self.chooser.choose(arrays)
        assert isinstance(t, type)
        wanted = Array(t, max(1, len(self.writer.threads)))
        array = self.writer.parameter(wanted, whole=True) if whole else self.writer.entry(wanted)
        if self.storable(array):
            return array
        return self.writer.parameter(wanted, written=True)  # others read fields beside it

    def cell_rule(self, array: LocalName) -> Rule:
        """How an element of the array is written."""
        t = array.type
        assert isinstance(t, Array)
        return Rule(f"item:{t.ndim}", (name_of(t), *("int32",) * t.ndim), name_of(t.dtype))

    def cell(self, rule: Rule, array: LocalName, place: RuleContext) -> Expr:
        """An element of an array that is the thread's own."""
        if array.mode != "store":
            axes = self._own_axes(array)
            assert axes is not None
            for v in array.siblings or (array,):
                v.axes, v.mode = axes, "store"
        indices = self.writer.indices(rule, array, place, 0)
        array.stored = True
        self._cell = array
        self.writer.spend(storing(array.type.dtype))  # type: ignore[union-attr]
        self.writer.reached(array, indices)
        return self.writer.place(array, indices)

    def _atomic(self, place: RuleContext) -> tuple[Stmt, str]:
        """An atomic update of an array that nothing else reads or writes; or an effect of tiles."""
        self.effects += 1
        options = {name_of(v.type): v for v in self.writer.variables if self.updatable(v, "")}
        floats = any(floating(v.type) for v in self.flowing)
        rule = self.writer.choose(
            place.contexts("None"),
            lambda r: (
                r.operands[0] in options and (floating(type_of(r.operands[-1])) or not floats)
                if "atomic:" in r.head.replace("_", ":") and r.head.startswith("call:")
                else not self.flowing and self._called(r)
            ),
        )
        if rule is not None and rule.head == "own":
            return calling.call(self, self.chooser.choose(calling.procedures(self))), "expr=own"  # type: ignore[arg-type]
        if rule is not None and rule.head.startswith("tile_"):
            return spell.expression(tiles.draw(self.writer, rule, place).node), f"expr={rule.head}"
        if rule is None:
            rule = Rule("call:wp.atomic_add", ("array1d[float32]", "int32", "float32"), "None")
        arrays = [v for v in self.writer.variables if name_of(v.type) == rule.operands[0]]
        known = [v for v in arrays if self.updatable(v, rule.head)]
        array = self.chooser.choose(known) if known else self.writer.parameter(type_of(rule.operands[0]), written=True)
        array.mode = rule.head
        indices: list[Drawn] = []
        left = "name:param"
        for n, t in enumerate(rule.operands[1:-1], 1):
            drawn = self.writer.draw(t, place.below(rule.head, n, left), 1, INDEX)
            indices.append(self.writer.require(drawn, INDEX))
            left = indices[-1].head
        self.writer.reached(array, indices)
        value = self._value(rule.operands[-1], place.below(rule.head, len(rule.operands) - 1, left))
        self.writer.writes(value)
        nodes = [spell.dotted(array.name), *(i.node for i in indices), value.node]
        return spell.expression(spell.call(rule.head.removeprefix("call:"), *nodes)), f"expr={rule.head}"

    def _called(self, rule: Rule) -> bool:
        """Whether it is a call of a function that yields nothing, or an effect of tiles, and can be drawn here."""
        if rule.head == "own":
            return bool(calling.procedures(self))  # type: ignore[arg-type]
        return rule.head.startswith("tile_") and tiles.feasible(self.writer, rule)

    def updatable(self, v: LocalName, head: str) -> bool:
        """Whether an array can be updated by the atomic, or by any."""
        return (
            isinstance(v.type, Array)
            and not v.member
            and (v.mode == "" or (v.mode == head or (not head and v.mode.startswith("call:"))))
        )
