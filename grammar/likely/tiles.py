"""Tiles: a block of an array that the threads of a launch share. All tiles of a program have one extent per axis.

Loads beyond an array read zeros, so every offset is defined; stores go where the thread's own block is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import warp as wp

from warpsmith.grammar import literals, spell
from warpsmith.grammar.likely.bounds import inside
from warpsmith.grammar.likely.scope import Drawn, LocalName, TileForm, name_of, type_of
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import Rule
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.types import Array

if TYPE_CHECKING:
    from warpsmith.grammar.likely.writer import Writer

MODE = "tile_store"
EFFECTS = ("tile_store", "tile_atomic_add", "tile_matmul")


def feasible(writer: Writer, rule: Rule) -> bool:
    """Whether a rule about tiles can be drawn here: outside of branches, which all threads of a block may not share."""
    if not writer.kernel or writer.branches:
        return False
    kind = rule.head.partition(":")[0]
    if kind in EFFECTS[:2] and not targets(writer, rule):
        return False
    for t in map(type_of, rule.operands):
        if isinstance(t, TileForm) and (not writer.named(t) or (kind == "tile_matmul" and t.dtype is wp.bfloat16)):
            return False  # the result of a product may not be of bfloat16, and all its tiles are of one type here
        if isinstance(t, Array) and (t.dtype not in (wp.float32, wp.float64, wp.int32) or t.ndim > 2):
            return False
    return kind != "tile_matmul" or len(rule.operands) < 3 or _accumulates(writer, rule)


def _accumulates(writer: Writer, rule: Rule) -> bool:
    """Whether there is a tile to accumulate a product in that is not one of its factors, which Warp forbids."""
    into = type_of(rule.operands[2])
    return len(writer.named(into)) > 1 or into not in map(type_of, rule.operands[:2])


def targets(writer: Writer, rule: Rule) -> list[LocalName | Array]:
    """Arrays that nothing else reads or writes, of which every thread can have a block to itself; or a new one."""
    t = type_of(rule.operands[0])
    assert isinstance(t, Array)
    if len(writer.threads) > t.ndim:
        return []
    mode = rule.head.partition(":")[0]
    arrays = [v for v in writer.variables if v.type == t and not v.member]
    known = [v for v in arrays if v.mode == "" or v.mode == mode == "tile_atomic_add"]
    return [*known, t]


def draw(writer: Writer, rule: Rule) -> Drawn:
    """A call about tiles."""
    kind, _, what = rule.head.partition(":")
    writer.builder.used.add(kind)
    result = None if rule.result == "None" else type_of(rule.result)
    if kind == "tile_load":
        node = _load(writer, rule, what)
    elif kind in EFFECTS[:2]:
        node = _store(writer, rule)
    elif kind in ("tile_zeros", "tile_ones"):
        assert isinstance(result, TileForm)
        dtype = writer.builder.annotation(result.dtype)
        node = spell.call(f"wp.{kind}", shape=_shape(writer, result.ndim), dtype=dtype)
    else:
        operands = _tiles(writer, rule)
        function = [spell.dotted(what)] if kind == "tile_map" else []
        node = spell.call(f"wp.{kind}", *function, *(o.node for o in operands))
    return Drawn(node, result, rule.head)


def _tiles(writer: Writer, rule: Rule) -> list[Drawn]:
    """Tiles of the types that a rule asks for; what a product is accumulated in is none of its factors."""
    picked: list[LocalName] = []
    for t in reversed(rule.operands):
        taken = picked[:1] if rule.head.startswith("tile_matmul") and len(rule.operands) > 2 else []
        picked.append(writer.pick([v for v in writer.named(type_of(t)) if v not in taken]))
    return [writer.read(v) for v in reversed(picked)]


def zeros(writer: Writer, t: TileForm) -> Drawn:
    """The simplest tile of a type."""
    return draw(writer, Rule("tile_zeros:shape,dtype", (), name_of(t)))


def _shape(writer: Writer, ndim: int) -> Expr:
    size = spell.name(writer.builder.tile_size().name)
    return size if ndim < 2 else spell.parenthesized([size] * ndim)


def _load(writer: Writer, rule: Rule, keywords: str) -> Expr:
    t = type_of(rule.operands[0])
    assert isinstance(t, Array)
    options = [v for v in writer.named(t) if v.mode in ("", "read")]
    array = writer.pick(options or [writer.parameter(t)])
    array.mode = "read"
    array.reads += 1
    array.accesses.append(("",) * t.ndim)
    size = writer.builder.tile_size()
    for axis in array.reach:
        axis.append(lambda: (0.0, 2 * (size.bounds() or (8, 8))[1] - 1))
    given: dict[str, Expr] = {"shape": _shape(writer, t.ndim)}
    if "offset" in keywords:
        given["offset"] = _offset(writer, t.ndim, [*writer.threads, *_counters(writer)])
    if "storage" in keywords:
        given["storage"] = literals.string("shared" if "shared" in keywords else "register")
    return spell.call("wp.tile_load", spell.name(array.name), **given)


def _counters(writer: Writer) -> list[LocalName]:
    """Loops' variables that are never negative."""
    return [v for v in writer.variables if v.origin == "loop" and inside(v.bounds(), Interval(0))]


def _store(writer: Writer, rule: Rule) -> Expr:
    kind = rule.head.partition(":")[0]
    array = writer.chooser.choose(targets(writer, rule))
    if not isinstance(array, LocalName):
        array = writer.parameter(array)
    array.mode = kind
    tile = writer.read(writer.pick(writer.named(type_of(rule.operands[1]))))
    assert isinstance(tile.type, TileForm)
    step = tile.type.ndim > 0
    size = writer.builder.tile_size().bounds() or (8.0, 8.0)
    for number, axis in enumerate(array.reach):
        last = writer.builder.dim[number] if number < len(writer.threads) else 1
        axis.append(lambda last=last: (0.0, last * (size[1] if step else 1) - 1))  # type: ignore[misc]
    if not writer.threads:
        return spell.call(f"wp.{kind}", spell.name(array.name), tile.node)
    offset = _offset(writer, len(array.reach), writer.threads, step=step, own=True)
    return spell.call(f"wp.{kind}", spell.name(array.name), tile.node, offset=offset)


def _offset(writer: Writer, ndim: int, by: list[LocalName], *, step: bool = True, own: bool = False) -> Expr:
    """Where a block begins: by the thread, in steps of a tile."""
    size = spell.name(writer.builder.tile_size().name)
    parts: list[Expr] = []
    for axis in range(ndim):
        v = by[axis] if own and axis < len(by) else None
        if not own and by and writer.chooser.chance(75):
            v = by[axis] if axis < len(by) and writer.chooser.chance(60) else writer.chooser.choose(by)
        if v is None:
            parts.append(spell.integer(0))
        else:
            v.reads += 1
            parts.append(spell.binary("*", spell.name(v.name), size) if step else spell.name(v.name))
    return parts[0] if ndim == 1 else spell.parenthesized(parts)
