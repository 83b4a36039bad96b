"""Statements and short sequences on tiles, as people write them: accumulate, sort, gather, solve, change in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import warp as wp

from warpsmith.grammar import literals, spell, types
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.tiles.body import Mapped, NamedTile, TileBody
from warpsmith.grammar.tiles.table import Shapes, productions
from warpsmith.grammar.types import Tile, Value


@dataclass(frozen=True)
class Statement:
    """One way to use tiles that takes a statement or several.

    Attributes:
        name: what programs list it as.
        draw: adds the statements to a body.
        covers: the builtins of Warp's registry that it uses.
        weight: how often it is chosen, relative to the others.
    """

    name: str
    draw: Callable[[TileBody], None]
    covers: tuple[str, ...]
    weight: int = 2


def _do(body: TileBody, builtin: str, *operands: Expr, **keywords: Expr) -> None:
    body.statements.append(spell.expression(spell.call(f"wp.{builtin}", *operands, **keywords)))


def _fresh(body: TileBody, t: Tile, stems: tuple[str, ...] = ("acc",)) -> NamedTile:
    """A tile of zeros that nothing else is made of, so that it may be changed in place."""
    keywords = {"shape": body.shapes.shape(t), "dtype": spell.dotted(types.spelling(t.dtype))}
    if body.chooser.chance(25):
        keywords["storage"] = literals.string("shared")
    body.used.add(types.signature("tile_zeros", t))
    return body.bind(t, spell.call("wp.tile_zeros", **keywords), stems)


def _loaded(body: TileBody, t: Tile) -> NamedTile:
    """A tile that is loaded to be changed in place."""
    variable = body.load(t)
    body.variables.remove(variable)  # until it has changed, nothing else is made of it
    return variable


def _add_up(body: TileBody) -> None:
    """Adds up the tiles of a long array: ``for k in range(4): acc += tile_load(a, ...)``."""
    t = body.chooser.choose(body.shapes.vectors)
    count, k = body.chooser.choose((2, 3, 4)), spell.name("k")
    acc = _fresh(body, t)
    array = body.array(t.dtype, (body.blocks[0] * count * t.shape[0],), written=False)
    block = spell.binary("+", spell.binary("*", spell.name("i"), spell.integer(count)), k)

    def inside() -> None:
        offset = spell.binary("*", block, body.shapes.extent(t.shape[0]))
        body.used.add(types.signature("tile_load", t))
        load = spell.call("wp.tile_load", spell.name(array.name), shape=body.shapes.shape(t), offset=offset)
        part = body.bind(t, load, (f"{array.name}_tile",))
        term = body.read(part)
        if body.chooser.chance(50):
            term = spell.binary("*", term, body.leaf(t))
        if body.chooser.chance(50):
            body.statements.append(spell.augment(acc.node, "+", term))
        else:
            body.statements.append(spell.assign(acc.node, spell.binary("+", acc.node, term)))

    inner = body.nested(inside)
    body.statements.append(spell.for_loop("k", spell.call("range", spell.integer(count)), inner))


def _multiply(body: TileBody) -> None:
    """The product of a row of tiles and a column of tiles, as every example of ``tile_matmul`` has it."""
    shapes = body.shapes
    wide, tall = Tile(shapes.part, (shapes.m, shapes.n)), Tile(shapes.part, (shapes.n, shapes.m))
    square = Tile(shapes.part, (shapes.m, shapes.m))
    count, zero, k = body.chooser.choose((2, 3)), spell.integer(0), spell.name("k")
    along = spell.binary("*", k, shapes.extent(shapes.n))
    rows = body.array(shapes.part, (body.blocks[0] * shapes.m, count * shapes.n), written=False)
    two = len(body.blocks) == 2
    columns = body.array(shapes.part, (count * shapes.n, (body.blocks[1] if two else 1) * shapes.m), written=False)
    acc = _fresh(body, square, ("acc", "total"))

    def inside() -> None:
        row = spell.binary("*", spell.name("i"), shapes.extent(shapes.m))
        column = spell.binary("*", spell.name("j"), shapes.extent(shapes.m)) if two else zero
        parts = []
        for array, t, at in ((rows, wide, [row, along]), (columns, tall, [along, column])):
            body.used.add(types.signature("tile_load", t))
            keywords = {"shape": shapes.shape(t), "offset": spell.parenthesized(at)}
            value = spell.call("wp.tile_load", spell.name(array.name), **keywords)
            parts.append(body.bind(t, value, (f"{array.name}_tile",)))
        _do(body, "tile_matmul", *[body.read(p) for p in parts], acc.node)

    body.used.add(types.signature("tile_matmul", wide, tall, square))
    inner = body.nested(inside)
    body.statements.append(spell.for_loop("k", spell.call("range", spell.integer(count)), inner))


def map_with(body: TileBody, function: Mapped) -> None:
    """``tile_map`` of a user function."""
    t = body.chooser.choose((*body.shapes.vectors, *body.shapes.matrices))
    operands = [body.leaf(t)]
    for p in function.parameters[1:]:
        operands.append(body.leaf(t) if p is t.dtype and body.chooser.chance(70) else _argument(body, p))
    body.used.add(types.signature("tile_map", *[t] * len(operands)))
    body.bind(t, spell.call("wp.tile_map", spell.name(function.name), *operands), ("mapped", "f"))


def _argument(body: TileBody, t: Value) -> Expr:
    """A number that a mapped function is given for every element: no literal, whose type is Python's."""
    if t is not wp.bool:
        return body.number(t)
    return spell.compare(spell.name("i"), ("<", spell.integer(1)))


def _in_place(body: TileBody) -> None:
    """Elements changed in place, ``t[1] += x``, of a tile that was just loaded."""
    integer = body.chooser.chance(40)
    t = body.shapes.integers[0] if integer else body.chooser.choose((*body.shapes.vectors, *body.shapes.matrices))
    signs = {"+": "tile_add_inplace", "-": "tile_sub_inplace"}
    bits = {"&": "tile_bit_and_inplace", "|": "tile_bit_or_inplace", "^": "tile_bit_xor_inplace"}
    variable = _loaded(body, t)
    for sign in (
        body.chooser.choose((("+",), ("-",), ("+", "-")))
        if not integer
        else body.chooser.choose((("&",), ("|",), ("^",), ("+", "^")))
    ):
        at = [spell.integer(body.chooser.integer(0, n - 1)) for n in t.shape]
        body.used.add(types.signature((signs | bits)[sign], t))
        body.statements.append(spell.augment(spell.subscript(variable.node, *at), sign, body.number(t.dtype)))
    body.variables.append(variable)


def _set(body: TileBody) -> None:
    """An element set: ``t[1] = x``."""
    t = body.chooser.choose(body.shapes.vectors)
    variable = _fresh(body, t, ("t", "buffer"))
    body.variables.remove(variable)
    at = spell.integer(body.chooser.integer(0, t.shape[0] - 1))
    body.statements.append(spell.assign(spell.subscript(variable.node, at), body.number(t.dtype)))
    body.variables.append(variable)


def _axpy(body: TileBody) -> None:
    t = body.chooser.choose((*body.shapes.vectors, *body.shapes.matrices))
    source = body.leaf(t)
    acc = _fresh(body, t)
    body.variables.remove(acc)
    body.used.add(types.signature("tile_axpy", t.dtype, t, t))
    _do(body, "tile_axpy", body.number(t.dtype), source, acc.node)
    body.variables.append(acc)


def _assign(body: TileBody) -> None:
    """One tile copied into another: all of it, or a row."""
    t = body.chooser.choose((*body.shapes.vectors, *body.shapes.matrices))
    source = body.leaf(t)
    keywords = {"shape": body.shapes.shape(t), "dtype": spell.dotted(types.spelling(t.dtype))}
    made = body.bind(t, spell.call("wp.tile_empty", **keywords), ("buffer", "copy"))
    body.used.add(types.signature("tile_assign", t, t))
    _do(body, "tile_assign", made.node, source)


def _scatter(body: TileBody) -> None:
    """Single elements written by one thread of the block."""
    t = body.chooser.choose((*body.shapes.vectors, body.shapes.matrices[0]))
    keywords = {"shape": body.shapes.shape(t), "dtype": spell.dotted(types.spelling(t.dtype))}
    made = body.bind(t, spell.call("wp.tile_zeros", **keywords, storage=literals.string("shared")), ("bins", "hits"))
    body.variables.remove(made)
    builtin = body.chooser.choose(("tile_scatter_add", "tile_scatter_masked"))
    for _ in range(body.chooser.choose((1, 2))):
        at = [spell.integer(body.chooser.integer(0, n - 1)) for n in t.shape]
        body.used.add(types.signature(builtin, t))
        _do(body, builtin, made.node, *at, body.number(t.dtype), spell.name("True"))
    body.variables.append(made)


def _extract(body: TileBody) -> None:
    """A number out of a tile, which scales another one."""
    t = body.chooser.choose((*body.shapes.vectors, *body.shapes.matrices))
    at = [spell.integer(body.chooser.integer(0, n - 1)) for n in t.shape]
    name = body.new_name(("s", "pivot"))
    body.used.add(types.signature("tile_extract", t))
    value = spell.call("wp.tile_extract", body.leaf(t), *at)
    body.statements.append(spell.assign(spell.name(name), value))
    body.bind(t, spell.binary("*", spell.name(name), body.leaf(t)), ("scaled",))


def _sort(body: TileBody) -> None:
    """Values sorted by keys."""
    n = body.shapes.m
    keys = _loaded(body, Tile(body.chooser.choose((wp.float32, wp.int32)), (n,)))  # Warp sorts by no float64
    values = _loaded(body, Tile(body.chooser.choose((body.shapes.part, wp.int32)), (n,)))
    body.used.add(types.signature("tile_sort", keys.type, values.type))
    _do(body, "tile_sort", keys.node, values.node)
    body.variables += [keys, values]


def _gather(body: TileBody) -> None:
    """Elements or rows of an array by the numbers in a tile."""
    t = body.chooser.choose((body.shapes.vectors[0], body.shapes.matrices[0]))
    count = body.chooser.choose((8, 16))
    indices = _numbers(body, t.shape[0], count)
    array = body.array(t.dtype, (count, *t.shape[1:]), written=False)
    extents = spell.parenthesized([body.shapes.extent(n) for n in t.shape])
    body.used.add(types.signature("tile_load_indexed", t))
    value = spell.call("wp.tile_load_indexed", spell.name(array.name), indices=indices, shape=extents)
    body.bind(t, value, ("gathered",))


def _numbers(body: TileBody, length: int, count: int) -> Expr:
    """A tile of indices below ``count``, a power of two, from an input."""
    t = Tile(wp.int32, (length,))
    mask = spell.call(
        "wp.tile_full", shape=body.shapes.shape(t), value=spell.integer(count - 1), dtype=spell.dotted("wp.int32")
    )
    body.used.update((types.signature("bit_and", t, t), types.signature("tile_full", wp.int32)))
    return body.read(body.bind(t, spell.binary("&", body.leaf(t), mask), ("index",)))


def _pick(body: TileBody) -> None:
    """Rows of a tile, by the numbers in another: ``t[order, :]``."""
    t = body.chooser.choose(body.shapes.matrices)
    rows = body.leaf(t)
    order = _reversed(body, t.shape[0])
    body.used.add(types.signature("tile_slice_indexed", t))
    body.bind(t, spell.subscript(rows, order, spell.slice_(None, None)), ("picked",))


def _reversed(body: TileBody, length: int) -> Expr:
    """The numbers of so many elements, the last one first."""
    downwards = [spell.integer(n) for n in (length - 1, -1, -1)]
    t = Tile(wp.int32, (length,))
    body.used.add(types.signature("tile_arange", t))
    return body.read(body.bind(t, spell.call("wp.tile_arange", *downwards, dtype=spell.dotted("wp.int32")), ("order",)))


def _spread(body: TileBody) -> None:
    """A tile added to elements, or stored in reverse order, by the numbers in another tile."""
    t = body.shapes.vectors[0]
    length = t.shape[0]
    value = body.leaf(t)
    if body.chooser.chance(50):
        out = body.array(t.dtype, (8,), written=True)
        builtin, keywords = "tile_atomic_add_indexed", {"indices": _numbers(body, length, 8)}
    else:
        out = body.array(t.dtype, body.extents(t, own=True), written=True)
        offset = spell.parenthesized([body.offset(t, own=True)])
        builtin, keywords = "tile_store_indexed", {"indices": _reversed(body, length), "offset": offset}
    body.used.add(types.signature(builtin, t))
    _do(body, builtin, spell.name(out.name), keywords.pop("indices"), value, **keywords)


def _thread(body: TileBody) -> None:
    """A number of each thread made a tile of the block, and back."""
    x, y = body.number(body.shapes.part), body.number(body.shapes.part)
    body.used.add("tile")
    if body.chooser.chance(50):
        body.bind(body.shapes.one, spell.call("wp.tile_max", spell.call("wp.tile", x)), ("most",))
        return
    together = spell.binary("+", spell.call("wp.tile", x), spell.call("wp.tile", y))
    name = spell.name(body.new_name(("s",)))
    body.used.add("untile")
    body.statements.append(spell.assign(name, spell.call("wp.untile", together)))
    t = body.chooser.choose(body.shapes.vectors)
    body.bind(t, spell.binary("*", name, body.leaf(t)), ("scaled",))


def _solve(body: TileBody) -> None:
    """A linear system with a matrix that is positive definite by construction, solved by its Cholesky factor."""
    square, column = Tile(body.shapes.part, (body.shapes.m,) * 2), Tile(body.shapes.part, (body.shapes.m,))
    x = body.leaf(square)
    product = spell.call("wp.tile_matmul", x, spell.call("wp.tile_transpose", x))
    gram = body.bind(square, product, ("gram",))
    shift = {"shape": body.shapes.shape(column), "dtype": spell.dotted(types.spelling(column.dtype))}
    ones = spell.call("wp.tile_ones", **shift)
    spd = body.bind(square, spell.call("wp.tile_diag_add", body.read(gram), ones), ("spd",))
    for builtin in ("tile_matmul", "tile_transpose", "tile_diag_add"):
        body.used.add(types.signature(builtin, square))
    body.chooser.choose((_solved, _solved_in_place))(body, spd, body.load(column))


def _solved(body: TileBody, spd: NamedTile, right: NamedTile) -> None:
    column = right.type
    factor = body.bind(spd.type, spell.call("wp.tile_cholesky", body.read(spd)), ("factor",))
    if body.chooser.chance(50):
        builtins = ["tile_cholesky_solve"]
        value = spell.call("wp.tile_cholesky_solve", body.read(factor), body.read(right))
    else:
        builtins = ["tile_lower_solve", "tile_upper_solve"]
        lower = spell.call("wp.tile_lower_solve", body.read(factor), body.read(right))
        value = spell.call("wp.tile_upper_solve", spell.call("wp.tile_transpose", factor.node), lower)
    body.used.update(types.signature(b, spd.type, column) for b in ("tile_cholesky", *builtins))
    body.bind(column, value, ("solution",))


def _solved_in_place(body: TileBody, spd: NamedTile, right: NamedTile) -> None:
    _do(body, "tile_cholesky_inplace", body.read(spd))
    builtins = ["tile_cholesky_solve_inplace"]
    if body.chooser.chance(50):
        builtins = ["tile_lower_solve_inplace", "tile_upper_solve_inplace"]
    for builtin in builtins:
        factor = spell.call("wp.tile_transpose", spd.node) if "upper" in builtin else spd.node
        _do(body, builtin, factor, right.node)
    body.used.update(types.signature(b, spd.type, right.type) for b in ("tile_cholesky_inplace", *builtins))


STATEMENTS: tuple[Statement, ...] = (
    Statement("add up tiles", _add_up, ("tile_load",), weight=5),
    Statement("multiply tiles", _multiply, ("tile_matmul",), weight=5),
    Statement(
        "change elements of a tile",
        _in_place,
        ("tile_add_inplace", "tile_sub_inplace", "tile_bit_and_inplace", "tile_bit_or_inplace", "tile_bit_xor_inplace"),
    ),
    Statement("set an element of a tile", _set, ("assign",)),
    Statement("axpy", _axpy, ("tile_axpy",)),
    Statement("assign a tile", _assign, ("tile_empty", "tile_assign")),
    Statement("scatter", _scatter, ("tile_scatter_add", "tile_scatter_masked")),
    Statement("extract", _extract, ("tile_extract",)),
    Statement("sort", _sort, ("tile_sort",)),
    Statement("gather", _gather, ("tile_load_indexed",)),
    Statement("pick rows", _pick, ("tile_slice_indexed",)),
    Statement("spread", _spread, ("tile_atomic_add_indexed", "tile_store_indexed")),
    Statement("numbers of threads", _thread, ("tile", "untile")),
    Statement(
        "solve",
        _solve,
        (
            *("tile_cholesky", "tile_cholesky_solve", "tile_lower_solve", "tile_upper_solve"),
            *("tile_cholesky_inplace", "tile_cholesky_solve_inplace"),
            *("tile_lower_solve_inplace", "tile_upper_solve_inplace"),
        ),
    ),
)
"""Every statement; the simplest first, because shrinking goes there."""

STORES = ("tile_store", "tile_atomic_add")
"""How a kernel ends."""


@cache
def drawn() -> frozenset[str]:
    """The builtins that kernels on tiles may have, on tiles."""
    tables = (productions(Shapes(4, 8, part)) for part in (wp.float32, wp.float64))
    of_table = {p.builtin for table in tables for p in table}
    return frozenset((*of_table, *STORES, *(builtin for s in STATEMENTS for builtin in s.covers)))
