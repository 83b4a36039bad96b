"""Productions on tiles: one table over the few shapes and types that a program is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from typing import cast

import warp as wp

from warpsmith.grammar import registry, spell, types
from warpsmith.grammar.derive import BINARY
from warpsmith.grammar.exceptions import NOT_MAPPED
from warpsmith.grammar.operations import record
from warpsmith.grammar.production import Production
from warpsmith.grammar.spell import Expr
from warpsmith.grammar.types import Tile, Value

_OPERATOR_WEIGHT = 6
_REDUCERS = ("add", "min", "max", "mul")


@dataclass(frozen=True)
class Shapes:
    """What the tiles of one program look like.

    Attributes:
        m: rows.
        n: columns.
        part: the floating-point type of elements.
        named: what the file calls an extent, if it has a name.
    """

    m: int
    n: int
    part: Value
    named: dict[int, str] = field(default_factory=dict, compare=False)

    @property
    def vectors(self) -> tuple[Tile, ...]:
        """Tiles of one dimension."""
        return tuple(dict.fromkeys((Tile(self.part, (self.m,)), Tile(self.part, (self.n,)))))

    @property
    def matrices(self) -> tuple[Tile, ...]:
        """Tiles of two dimensions."""
        shapes = ((self.m, self.n), (self.n, self.m), (self.m, self.m))
        return tuple(dict.fromkeys(Tile(self.part, s) for s in shapes))

    @property
    def integers(self) -> tuple[Tile, ...]:
        """Tiles of integers."""
        return (Tile(wp.int32, (self.m,)), Tile(wp.int32, (self.m, self.n)))

    @property
    def one(self) -> Tile:
        """What a reduction yields."""
        return Tile(self.part, (1,))

    def extent(self, n: int) -> Expr:
        """An extent as the program writes it."""
        return spell.name(self.named[n]) if n in self.named else spell.integer(n)

    def shape(self, t: Tile) -> Expr:
        """The shape of a tile as the program writes it."""
        extents = [self.extent(n) for n in t.shape]
        return extents[0] if len(extents) == 1 else spell.parenthesized(extents)


@cache
def mappable(part: Value, count: int) -> tuple[str, ...]:
    """Builtins of so many numbers of a type that yield one and are defined for any; read from Warp's registry."""
    return tuple(
        s.name
        for s in registry.signatures()
        if s.operands == (part,) * count
        and s.result is part
        and s.group in ("Scalar Math", "Operators")
        and s.name not in BINARY
        and record(s.name).meaning is not None
        and not record(s.name).requires
        and record(s.name).guard(s.operands) is None
        and s.name not in types.BY_NAME
        and s.name not in NOT_MAPPED
        and hasattr(wp, s.name)
        and s.name not in ("pos", "neg", "unot")
    )


def productions(shapes: Shapes) -> tuple[Production, ...]:
    """Every production for tiles of those shapes."""
    parts = (_arithmetic, _maps, _reductions, _scans, _rearranging, _creating, _algebra)
    return tuple(p for part in parts for p in part(shapes))


def _made(
    builtin: str,
    operands: tuple[Tile | Value, ...],
    result: Tile | Value,
    build: Callable[..., Expr],
    *,
    spelling: str = "",
    weight: int = 1,
) -> Production:
    return Production(builtin, operands, result, build, spelling=spelling, weight=weight)  # type: ignore[arg-type]


def _size(t: Tile) -> str:
    """Tells apart productions whose operands do not settle the shape of the result."""
    return ":" + "x".join(map(str, t.shape))


def operands(p: Production) -> tuple[Tile | Value, ...]:
    """What a production of the table takes."""
    return cast("tuple[Tile | Value, ...]", p.operands)


def result(p: Production) -> Tile:
    """What a production of the table yields."""
    return cast("Tile", p.result)


def _call(builtin: str, *operands: Expr, **keywords: Expr) -> Expr:
    return spell.call(f"wp.{builtin}", *operands, **keywords)


def _arithmetic(shapes: Shapes) -> Iterator[Production]:
    for t in (*shapes.vectors, *shapes.matrices, shapes.one):
        for builtin in ("add", "sub", "mul", "div"):
            build = partial(spell.binary, BINARY[builtin])
            yield _made(builtin, (t, t), t, build, weight=_OPERATOR_WEIGHT)
        yield _made("neg", (t,), t, partial(spell.unary, "-"))
        yield _made("mul", (t, t.dtype), t, partial(spell.binary, "*"))
        yield _made("mul", (t.dtype, t), t, partial(spell.binary, "*"), weight=_OPERATOR_WEIGHT)
        yield _made("div", (t, t.dtype), t, partial(spell.binary, "/"))
    for t in shapes.integers:
        for builtin in ("add", "sub", "mul", "bit_and", "bit_or", "bit_xor"):
            yield _made(builtin, (t, t), t, partial(spell.binary, BINARY[builtin]))


def _maps(shapes: Shapes) -> Iterator[Production]:
    def mapped(name: str, *operands: Expr) -> Expr:
        return _call("tile_map", spell.dotted(f"wp.{name}"), *operands)

    for t in (*shapes.vectors, *shapes.matrices):
        for count in (1, 2, 3):
            for name in mappable(t.dtype, count):
                yield _made("tile_map", (t,) * count, t, partial(mapped, name), spelling=f":{name}", weight=4)


def _reductions(shapes: Shapes) -> Iterator[Production]:
    one, index = shapes.one, Tile(wp.int32, (1,))
    for t in (*shapes.vectors, *shapes.matrices):
        yield _made("tile_sum", (t,), one, partial(_call, "tile_sum"), weight=6)
        yield _made("tile_min", (t,), one, partial(_call, "tile_min"))
        yield _made("tile_max", (t,), one, partial(_call, "tile_max"), weight=2)
        yield _made("tile_argmin", (t,), index, partial(_call, "tile_argmin"))
        yield _made("tile_argmax", (t,), index, partial(_call, "tile_argmax"))
        yield _made("tile_dot", (t, t), one, partial(_call, "tile_dot"), weight=2)
        for name in _REDUCERS:
            build = partial(_call, "tile_reduce", spell.dotted(f"wp.{name}"))
            yield _made("tile_reduce", (t,), one, build, spelling=f":{name}", weight=2)
    for t in shapes.matrices:
        for axis in (0, 1):
            row = Tile(t.dtype, (t.shape[1 - axis],))
            keywords = {"axis": spell.integer(axis)}
            build = partial(_call, "tile_sum", **keywords)
            yield _made("tile_sum", (t,), row, build, spelling=f":{axis}", weight=6)
            build = partial(_call, "tile_reduce", spell.dotted("wp.max"), **keywords)
            yield _made("tile_reduce", (t,), row, build, spelling=f":max,{axis}")


def _scans(shapes: Shapes) -> Iterator[Production]:
    of_numbers = [t for t in shapes.vectors if t.dtype is wp.float32]  # Warp takes no float64
    for t in (*of_numbers, shapes.integers[0]):
        for kind in ("inclusive", "exclusive", "max_inclusive", "min_inclusive"):
            yield _made(f"tile_scan_{kind}", (t,), t, partial(_call, f"tile_scan_{kind}"))


def _rearranging(shapes: Shapes) -> Iterator[Production]:
    zero = spell.integer(0)
    for t in shapes.matrices:
        turned = Tile(t.dtype, t.shape[::-1])
        shape = shapes.shape(turned)
        yield _made("tile_transpose", (t,), turned, partial(_call, "tile_transpose"), weight=3)
        yield _made("tile_reshape", (t,), turned, lambda x, s=shape: _call("tile_reshape", x, shape=s))
        row = Tile(t.dtype, (t.shape[1],))
        last = spell.integer(t.shape[0] - 1)
        yield _made("tile_view", (t,), row, lambda x, r=last: _call("tile_view", x, offset=spell.parenthesized([r])))
        one_row = spell.parenthesized([spell.integer(1), shapes.extent(t.shape[1])])
        corner = spell.parenthesized([last, zero])
        yield _made("tile_squeeze", (t,), row, partial(_squeezed, corner, one_row))
        yield _made("index", (t,), row, lambda x: spell.subscript(x, spell.integer(0)))
        wide = shapes.shape(t)
        yield _made("tile_broadcast", (row,), t, partial(_widened, wide), spelling=_size(t), weight=3)
    for t in shapes.vectors:
        length = spell.parenthesized([shapes.extent(t.shape[0])])
        yield _made("tile_broadcast", (shapes.one,), t, partial(_widened, length), spelling=_size(t), weight=2)
    for t in shapes.integers:
        to = Tile(shapes.part, t.shape)
        dtype = spell.dotted(types.spelling(shapes.part))
        yield _made("tile_astype", (t,), to, lambda x, d=dtype: _call("tile_astype", x, dtype=d))


def _squeezed(offset: Expr, shape: Expr, x: Expr) -> Expr:
    return _call("tile_squeeze", _call("tile_view", x, offset=offset, shape=shape))


def _widened(shape: Expr, x: Expr) -> Expr:
    return _call("tile_broadcast", x, shape=shape)


def _creating(shapes: Shapes) -> Iterator[Production]:
    for t in (*shapes.vectors, *shapes.matrices):
        keywords = {"shape": shapes.shape(t), "dtype": spell.dotted(types.spelling(t.dtype))}
        yield _made("tile_zeros", (), t, partial(_call, "tile_zeros", **keywords), spelling=_size(t))
        yield _made("tile_ones", (), t, partial(_call, "tile_ones", **keywords), spelling=_size(t))
        yield _made("tile_full", (t.dtype,), t, partial(_full, keywords), spelling=_size(t), weight=2)
        yield _made("tile_from_thread", (t.dtype,), t, partial(_from_thread, keywords["shape"]), spelling=_size(t))
    for t in shapes.vectors:
        keywords = {"dtype": spell.dotted(types.spelling(t.dtype))}
        build = partial(_call, "tile_arange", shapes.extent(t.shape[0]), **keywords)
        yield _made("tile_arange", (), t, build, spelling=_size(t))


def _full(keywords: dict[str, Expr], value: Expr) -> Expr:
    return _call("tile_full", shape=keywords["shape"], value=value, dtype=keywords["dtype"])


def _from_thread(shape: Expr, value: Expr) -> Expr:
    return _call("tile_from_thread", shape=shape, value=value, thread_idx=spell.integer(0))


def _algebra(shapes: Shapes) -> Iterator[Production]:
    wide, tall, square = (Tile(shapes.part, s) for s in ((shapes.m, shapes.n), (shapes.n, shapes.m), (shapes.m,) * 2))
    column = Tile(shapes.part, (shapes.m,))
    yield _made("tile_matmul", (wide, tall), square, partial(_call, "tile_matmul"), weight=4)
    if square != wide:
        yield _made("tile_matmul", (square, wide), wide, partial(_call, "tile_matmul"), weight=4)
    yield _made("tile_diag_add", (square, column), square, partial(_call, "tile_diag_add"))
