"""Tiles: a block of an array that the threads of a launch share. All tiles of a program have one extent per axis.

Loads beyond an array read zeros, so every offset is defined; stores go where the thread's own block is. A tile that
nothing has read by the end of its block is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst
import warp as wp

from warpsmith.grammar import literals, spell
from warpsmith.grammar.costs import storing
from warpsmith.grammar.likely import tile_rules
from warpsmith.grammar.likely.bounds import inside
from warpsmith.grammar.likely.scope import Drawn, LocalName, TileForm, name_of, type_of
from warpsmith.grammar.likely.varying import VAGUELY
from warpsmith.grammar.production import Interval
from warpsmith.grammar.profile import Rule, RuleContext
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array

if TYPE_CHECKING:
    from warpsmith.grammar.likely.writer import Writer

STORES = ("tile_store", "tile_atomic_add")
_MADE = ("tile_load", "tile_zeros", "tile_ones")
_ELEMENTS = ("tile_extract", "item")
_NUMBERS = (wp.float32, wp.float64, wp.int32)
_DEEPEST = 2
"""Below so many operations operands are tiles that have a name."""
_COST = storing(wp.float32)
"""What an operation on tiles costs about: each thread's share of it is stored."""
_DEAR = ("tile_matmul",)
"""Not drawn within a budget: their code is a function of the extents, and ten times as long."""
_WORKED = 60
"""Percent of the tiles that nothing has read of which something is made before they are stored."""
_ROWS = 35
"""Percent of the tiles of one dimension that are loaded from a row of an array, or stored to one."""
_ONE_ROW = 20
"""Percent of the tiles of two dimensions that nothing has read of which one row is stored."""
_TUPLE = 25
"""Percent of the shapes of one dimension that are a tuple."""
PLACE = RuleContext(("tile_store:offset#1", "", ""), "name:param")


def concerns(rule: Rule) -> bool:
    """Whether a rule is a call about tiles, or an element of one."""
    return rule.head.startswith("tile_") or (rule.head.startswith("item") and rule.operands[0].startswith("tile"))


def feasible(writer: Writer, rule: Rule) -> bool:
    """Whether a rule about tiles can be drawn here: outside of branches, which all threads of a block may not share."""
    kind = rule.kind
    if not writer.kernel or writer.branches or not writer.affords(_COST):
        return False
    if kind in _DEAR and writer.builder.budget is not None:
        return False
    for t in map(type_of, rule.operands):
        if isinstance(t, TileForm) and not writer.named(t):
            return False
        if isinstance(t, Array) and (t.dtype not in _NUMBERS or t.ndim > 2):
            return False
    if rule.result.startswith("tile") and not _storable(writer, type_of(rule.result)):
        return False
    if kind in STORES:
        return bool(targets(writer, rule))
    if kind == "tile_matmul" and rule.result == "None":
        return _accumulates(writer, rule)
    return kind in (*_MADE, *_ELEMENTS) or rule in tile_rules.known()


def _storable(writer: Writer, t: object) -> bool:
    """Whether a tile of the type can be stored where its thread has a block to itself."""
    return isinstance(t, TileForm) and t.dtype in _NUMBERS and len(writer.threads) <= max(1, t.ndim)


def _accumulates(writer: Writer, rule: Rule) -> bool:
    """Whether there is a tile to accumulate a product in that is not one of its factors, which Warp forbids."""
    into = type_of(rule.operands[2])
    plain = {type_of(t).dtype for t in rule.operands} <= {wp.float32, wp.float64}  # type: ignore[union-attr]
    return plain and (len(writer.named(into)) > 1 or into not in map(type_of, rule.operands[:2]))


def targets(writer: Writer, rule: Rule) -> list[LocalName | Array]:
    """Arrays that nothing else reads or writes, of which every thread can have a block to itself; or a new one."""
    t = type_of(rule.operands[0])
    assert isinstance(t, Array)
    if len(writer.threads) > t.ndim:
        return []
    mode = rule.kind
    arrays = [v for v in writer.variables if v.type == t and not v.member and not v.holder]
    known = [v for v in arrays if v.mode == "" or v.mode == mode == "tile_atomic_add"]
    return [*known, t]


def draw(writer: Writer, rule: Rule, place: RuleContext = PLACE, depth: int = 0) -> Drawn:
    """A call about tiles, or an element of one."""
    kind, what = rule.kind, rule.what
    writer.builder.used.add(kind)
    writer.spend(_COST)
    result = None if rule.result == "None" else type_of(rule.result)
    if kind == "tile_load":
        node = _load(writer, rule, what)
    elif kind in STORES:
        node = _store(writer, rule, _tile(writer, rule.operands[1], place.below(rule.head, 1, "name:param"), depth + 1))
    elif kind in ("tile_zeros", "tile_ones"):
        assert isinstance(result, TileForm)
        given = {"shape": _shape(writer, result.ndim), "dtype": writer.builder.annotation(result.dtype)}
        node = spell.call(f"wp.{kind}", **given, **_storage(what))
    elif kind in _ELEMENTS:
        node = _element(writer, rule, place, depth)
    elif result is None:
        node = spell.call(f"wp.{kind}", *(o.node for o in _factors(writer, rule)))
    else:
        production = tile_rules.by_rule(*writer.builder.tile_size())[rule]
        node = production.build(*(o.node for o in _operands(writer, rule, place, depth)))
    return Drawn(node, result, rule.head, varies=VAGUELY)


def _operands(writer: Writer, rule: Rule, place: RuleContext, depth: int) -> list[Drawn]:
    found: list[Drawn] = []
    for number, t in enumerate(rule.operands):
        below = place.below(rule.head, number, found[-1].head if found else "")
        found.append(_tile(writer, t, below, depth + 1) if t.startswith("tile") else writer.draw(t, below, depth + 1))
    return found


def _tile(writer: Writer, t: str, place: RuleContext, depth: int) -> Drawn:
    """An operand that is a tile: rather one that nothing has read."""
    named = writer.named(type_of(t))
    if depth > _DEEPEST or any(v.unread for v in named):
        return writer.read(writer.pick(named))
    return writer.draw(t, place, depth)


def _element(writer: Writer, rule: Rule, place: RuleContext, depth: int) -> Expr:
    tile = _tile(writer, rule.operands[0], place.below(rule.head, 0, ""), _DEEPEST + 1)
    needs = Interval(0, writer.builder.tile_size()[0] - 1)
    indices = []
    for number, t in enumerate(rule.operands[1:], 1):
        index = writer.draw(t, place.below(rule.head, number, tile.head), depth + 1, needs)
        indices.append(writer.require(index, needs).node)
    if rule.head.startswith("item"):
        return spell.subscript(tile.node, *indices)
    return spell.call("wp.tile_extract", tile.node, *indices)


def _factors(writer: Writer, rule: Rule) -> list[Drawn]:
    """Tiles to multiply, and another one to add the product to."""
    into = writer.pick(writer.named(type_of(rule.operands[2])))
    factors = [[v for v in writer.named(type_of(t)) if v is not into] for t in rule.operands[:2]]
    found = [*(writer.read(writer.pick(f)) for f in factors), writer.read(into)]
    into.unread = True
    return found


def zeros(writer: Writer, t: TileForm) -> Drawn:
    """The simplest tile of a type."""
    return draw(writer, Rule("tile_zeros:shape,dtype", (), name_of(t)))


def stored(writer: Writer, level: int) -> list[Stmt]:
    """Stores of the tiles that nothing has read, of variables that so many blocks enclose, or more."""
    if not writer.kernel or writer.branches:
        return []
    found: list[Stmt] = []
    for v in [v for v in writer.variables if v.unread and v.level >= level and isinstance(v.type, TileForm)]:
        assert isinstance(v.type, TileForm)
        if v.unread:  # not part of another one that was stored
            rule, given = _finished(writer, v)
            found.append(spell.expression(_store(writer, rule, given)))
    return found


def _finished(writer: Writer, v: LocalName) -> tuple[Rule, Drawn]:
    """The store of a tile, or of what something makes of it."""
    name = name_of(v.type)
    known = tile_rules.by_rule(*writer.builder.tile_size())
    options: dict[str, list[Rule]] = {}
    for rule in known:
        if rule.operands[:1] == (name,) and rule.head.startswith(("tile", "bin")) and feasible(writer, rule):
            options.setdefault(known[rule].builtin, []).append(rule)
    if v.type.ndim == 2 and len(writer.threads) < 2 and writer.chooser.chance(_ONE_ROW):  # type: ignore[union-attr]
        value = _row(writer, v)
    elif options and writer.chooser.chance(_WORKED):
        rule = writer.chooser.choose(writer.chooser.choose(list(options.values())))
        operands = [writer.read(v), *(_other(writer, t) for t in rule.operands[1:])]
        value = Drawn(known[rule].build(*(o.node for o in operands)), type_of(rule.result), rule.head, varies=VAGUELY)
        writer.builder.used.add(rule.head)
    else:
        value = writer.read(v)
    t = value.type
    assert isinstance(t, TileForm)
    return Rule("tile_store:", (name_of(Array(t.dtype, max(1, t.ndim))), name_of(t)), "None"), value


def _row(writer: Writer, v: LocalName) -> Drawn:
    """A row of a tile, which is a tile."""
    assert isinstance(v.type, TileForm)
    number = writer.chooser.integer(0, writer.builder.tile_size()[0] - 1)
    node = spell.subscript(writer.read(v).node, spell.integer(number))
    return Drawn(node, TileForm(v.type.dtype, 1), "item:1", varies=VAGUELY)


def _other(writer: Writer, t: str) -> Drawn:
    named = writer.named(type_of(t))
    return writer.read(writer.pick(named)) if t.startswith("tile") else writer.draw(t, PLACE, _DEEPEST)


def _shape(writer: Writer, ndim: int) -> Expr:
    size = writer.builder.tile_extent()
    return size if ndim < 2 and not writer.chooser.chance(_TUPLE) else spell.parenthesized([size] * ndim)


def _alike(shape: Expr, offset: Expr) -> Expr:
    """An offset that is a tuple where the shape is one."""
    one = isinstance(shape, cst.Tuple) and not isinstance(offset, cst.Tuple)
    return spell.parenthesized([offset]) if one else offset


def _storage(keywords: str) -> dict[str, Expr]:
    if "storage" not in keywords:
        return {}
    return {"storage": literals.string("shared" if "shared" in keywords else "register")}


def _load(writer: Writer, rule: Rule, keywords: str) -> Expr:
    t = type_of(rule.operands[0])
    assert isinstance(t, Array)
    if t.ndim == 1 and writer.threads and writer.chooser.chance(_ROWS):
        given: dict[str, Expr] = {"shape": _shape(writer, 1)}
        if "offset" in keywords and writer.chooser.chance(50):
            given["offset"] = _alike(given["shape"], _offset(writer, 1, _counters(writer)))
        return spell.call("wp.tile_load", _row_of(writer, t, "read"), **given, **_storage(keywords))
    options = [v for v in writer.named(t) if v.mode in ("", "read") and not v.holder]
    array = writer.pick(options or [writer.parameter(t, whole=True)])
    array.mode = "read"
    array.reads += 1
    array.accesses.append(("",) * t.ndim)
    size = writer.builder.tile_size()[0]
    for axis in array.reach:
        axis.append(lambda: (0.0, 2.0 * size - 1))
    given = {"shape": _shape(writer, t.ndim)}
    if "offset" in keywords:
        given["offset"] = _alike(given["shape"], _offset(writer, t.ndim, [*writer.threads, *_counters(writer)]))
    return spell.call("wp.tile_load", spell.dotted(array.name), **given, **_storage(keywords))


def _row_of(writer: Writer, t: Array, mode: str) -> Expr:
    """The thread's own row of a new array, which has room for two tiles where it is read."""
    array, thread = writer.parameter(Array(t.dtype, 2), whole=True), writer.threads[0]
    array.mode, array.reads = mode, int(mode == "read")
    array.accesses.append((thread.name, ""))
    size = writer.builder.tile_size()[0]
    array.reach[0].append(thread.bounds)
    array.reach[1].append(lambda: (0.0, (2 if mode == "read" else 1) * size - 1.0))
    return spell.subscript(spell.dotted(array.name), writer.read(thread).node)


def _counters(writer: Writer) -> list[LocalName]:
    """Loops' variables that are never negative."""
    return [v for v in writer.variables if v.origin == "loop" and inside(v.bounds(), Interval(0))]


def _store(writer: Writer, rule: Rule, tile: Drawn) -> Expr:
    kind, t = rule.kind, type_of(rule.operands[0])
    assert isinstance(t, Array)
    if kind == "tile_store" and t.ndim == len(writer.threads) == 1 == _ndim(tile) and writer.chooser.chance(_ROWS):
        return spell.call("wp.tile_store", _row_of(writer, t, kind), tile.node)
    array = writer.chooser.choose(targets(writer, rule))
    if not isinstance(array, LocalName):
        array = writer.parameter(array, whole=True)
    array.mode = kind
    assert isinstance(tile.type, TileForm)
    step = tile.type.ndim > 0
    size = writer.builder.tile_size()[0]
    for number, axis in enumerate(array.reach):
        last = writer.builder.dim[number] if number < len(writer.threads) else 1
        axis.append(lambda last=last: (0.0, last * (size if step else 1) - 1.0))  # type: ignore[misc]
    if not writer.threads:
        return spell.call(f"wp.{kind}", spell.dotted(array.name), tile.node)
    offset = _offset(writer, len(array.reach), writer.threads, step=step, own=True)
    return spell.call(f"wp.{kind}", spell.dotted(array.name), tile.node, offset=offset)


def _ndim(tile: Drawn) -> int:
    assert isinstance(tile.type, TileForm)
    return tile.type.ndim


def _offset(writer: Writer, ndim: int, by: list[LocalName], *, step: bool = True, own: bool = False) -> Expr:
    """Where a block begins: by the thread, in steps of a tile."""
    size = writer.builder.tile_extent()
    parts: list[Expr] = []
    for axis in range(ndim):
        v = by[axis] if own and axis < len(by) else None
        if not own and by and writer.chooser.chance(75):
            v = by[axis] if axis < len(by) and writer.chooser.chance(60) else writer.chooser.choose(by)
        if v is None:
            parts.append(spell.integer(0))
        else:
            thread = writer.read(v).node
            parts.append(spell.binary("*", thread, size) if step else thread)
    return parts[0] if ndim == 1 else spell.parenthesized(parts)
