"""The body of a kernel on tiles while it is drawn: its arrays, its tiles, and expressions of a wanted type."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import libcst as cst
import warp as wp

from warpsmith.grammar import literals, spell, types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.production import Production
from warpsmith.grammar.program import Argument
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.tiles.table import Shapes, operands, productions, result
from warpsmith.grammar.types import Array, Tile, Value

_MAX_PARAMETERS = 8
_STEMS_IN = ("a", "b", "x", "y", "data", "weights")
_STEMS_OUT = ("out", "result", "dst")
_RESULTS = {
    "tile_sum": ("total", "norm"),
    "tile_dot": ("dot",),
    "tile_matmul": ("prod", "c"),
    "tile_transpose": ("at",),
    "tile_min": ("least",),
    "tile_max": ("most",),
    "tile_argmin": ("at_least",),
    "tile_argmax": ("at_most",),
    "tile_arange": ("index",),
}


@dataclass(eq=False)
class NamedTile:
    """A tile that has a name.

    Attributes:
        name: the name.
        type: its type.
        unread: whether nothing has read it yet.
    """

    name: str
    type: Tile
    unread: bool = True

    @property
    def node(self) -> Expr:
        """The name as a node."""
        return spell.name(self.name)


@dataclass(frozen=True)
class Mapped:
    """A user function for ``tile_map``: its name and the types of its parameters; it yields the first one."""

    name: str
    parameters: tuple[Value, ...]


class TileBody:
    """The state of drawing a kernel on tiles.

    Attributes:
        chooser: answers the questions.
        shapes: what its tiles look like.
        blocks: how many there are in each dimension of the launch.
        functions: user functions for ``tile_map``.
        statements: those of the present block so far.
        variables: the tiles that are visible.
        arguments: the kernel's parameters so far.
        used: names of the productions and constructs drawn so far.
        table: every production for its shapes.
    """

    def __init__(self, chooser: Chooser, shapes: Shapes, blocks: tuple[int, ...], functions: list[Mapped]) -> None:
        self.chooser = chooser
        self.shapes = shapes
        self.blocks = blocks
        self.functions = functions
        self.statements: list[Stmt] = []
        self.variables: list[NamedTile] = []
        self.arguments: list[Argument] = []
        self.used: set[str] = set()
        self.table = productions(shapes)
        self._counters: dict[str, int] = dict.fromkeys(("i", "j", "k"), 0)

    # -- names ---------------------------------------------------------------------------------------------------------

    def new_name(self, stems: tuple[str, ...]) -> str:
        """An identifier that nothing else has: a stem and a number."""
        stem = self.chooser.choose(stems)
        count = self._counters[stem] = self._counters.get(stem, -1) + 1
        return f"{stem}{count}" if count else stem

    def bind(self, t: Tile, value: Expr, stems: tuple[str, ...] = ("t", "u", "v")) -> NamedTile:
        """Binds a new name to a tile."""
        variable = NamedTile(self.new_name(stems), t)
        self.statements.append(spell.assign(variable.node, value))
        self.variables.append(variable)
        return variable

    def draw(self, p: Production, fuel: int = 1) -> NamedTile:
        """Binds a new name to what a production yields."""
        return self.bind(result(p), self.apply(p, fuel), _RESULTS.get(p.builtin, ("t", "u", "v")))

    # -- expressions ---------------------------------------------------------------------------------------------------

    def apply(self, p: Production, fuel: int) -> Expr:
        """The production over operands."""
        self.used.add(p.name)
        given: list[Expr] = []
        for t in operands(p):
            names = {o.value for o in given if isinstance(o, cst.Name)} if p.builtin != "tile_dot" else set()
            given.append(self.operand(t, fuel, names))
        return p.build(*given)

    def operand(self, t: Tile | Value, fuel: int, avoided: Collection[str] = ()) -> Expr:
        """An operand of that type: a tile, or a number.

        Args:
            t: the type.
            fuel: how deep the expression may be.
            avoided: names that are operands of the same production already: ``x - x`` does not depend on ``x``.
        """
        if not isinstance(t, Tile):
            return self.number(t)
        if fuel > 0 and self.chooser.chance(20):
            fitting = [p for p in self.table if result(p) == t and p.builtin in ("add", "sub", "mul", "tile_map")]
            if fitting:
                return self.apply(self.chooser.choose(fitting, [p.weight for p in fitting]), fuel - 1)
        return self.leaf(t, avoided)

    def leaf(self, t: Tile, avoided: Collection[str] = ()) -> Expr:
        """A tile that has a name, none of the avoided ones."""
        candidates = [v for v in self.variables if v.type == t and v.name not in avoided]
        unread = [v for v in candidates if v.unread]
        if unread and self.chooser.chance(85):
            return self.read(self.chooser.choose(unread))
        full = len(self.arguments) >= _MAX_PARAMETERS
        if candidates and (full or t.shape == (1,) or self.chooser.chance(50)):
            return self.read(self.chooser.choose(candidates))
        return self.read(self.load(t) if t.shape != (1,) else self.one(t))

    def read(self, variable: NamedTile) -> Expr:
        """A use of the tile."""
        variable.unread = False
        return variable.node

    def one(self, t: Tile) -> NamedTile:
        """A tile of one element: the sum of another."""
        source = self.chooser.choose(self.shapes.vectors)
        self.used.add(types.signature("tile_sum", source))
        return self.bind(t, spell.call("wp.tile_sum", self.leaf(source)), ("total", "norm"))

    def number(self, t: Value) -> Expr:
        """A number: a parameter, the element of a tile, or a literal."""
        ones = [v for v in self.variables if v.type == Tile(t, (1,))]
        if ones and self.chooser.chance(40):
            self.used.add("element of a tile")
            return spell.subscript(self.read(self.chooser.choose(ones)), spell.integer(0))
        known = [a for a in self.arguments if a.type is t]
        if len(self.arguments) < _MAX_PARAMETERS and not known and self.chooser.chance(40):
            name = self.new_name(("alpha", "scale", "eps"))
            self.arguments.append(Argument(name, t))
            return spell.name(name)
        if known and self.chooser.chance(50):
            return spell.name(self.chooser.choose(known).name)
        return literals.literal(self.chooser, t)

    # -- arrays --------------------------------------------------------------------------------------------------------

    def load(self, t: Tile, array: Argument | None = None) -> NamedTile:
        """A tile of an input array: the block's own part, or the same for every block."""
        whole = array is None and self.chooser.chance(20)
        known = array or self.input(t, whole)
        keywords = {"shape": self.shapes.shape(t), "offset": self.offset(t, whole)}
        if self.chooser.chance(20):
            keywords["storage"] = literals.string("shared")
        self.used.add(types.signature("tile_load", t))
        value = spell.call("wp.tile_load", spell.name(known.name), **keywords)
        return self.bind(t, value, (f"{known.name}_tile",))

    def input(self, t: Tile, whole: bool) -> Argument:
        """A new input array that holds such a tile for every block, or one for all of them."""
        return self.array(t.dtype, t.shape if whole else self.extents(t, own=False), written=False)

    def array(self, dtype: Value, extents: tuple[int, ...], *, written: bool) -> Argument:
        """A new array parameter."""
        name = self.new_name(_STEMS_OUT if written else _STEMS_IN)
        made = Argument(name, Array(dtype, len(extents)), extents, written)
        self.arguments.append(made)
        return made

    def extents(self, t: Tile, *, own: bool) -> tuple[int, ...]:
        """Extents of an array with a tile for every block; with one of its ``own``, if it is to be written."""
        if len(t.shape) == 2 and len(self.blocks) == 2:
            return tuple(b * n for b, n in zip(self.blocks, t.shape, strict=True))
        count = self.blocks[0] * (self.blocks[1] if own and len(self.blocks) == 2 else 1)
        return (count * t.shape[0], *t.shape[1:])

    def offset(self, t: Tile, whole: bool = False, *, own: bool = False) -> Expr:
        """Where the block's part of an array begins."""
        zero, i, j = spell.integer(0), spell.name("i"), spell.name("j")
        if whole:
            return zero if len(t.shape) == 1 else spell.parenthesized([zero] * len(t.shape))
        if len(t.shape) == 2:
            column = self._times(j, t.shape[1]) if len(self.blocks) == 2 else zero
            return spell.parenthesized([self._times(i, t.shape[0]), column])
        block: Expr = i
        if own and len(self.blocks) == 2:
            block = spell.binary("+", spell.binary("*", i, spell.integer(self.blocks[1])), j)
        return self._times(block, t.shape[0])

    def _times(self, block: Expr, extent: int) -> Expr:
        return block if extent == 1 else spell.binary("*", block, self.shapes.extent(extent))

    # -- what becomes of tiles -----------------------------------------------------------------------------------------

    def nested(self, draw: Callable[[], None]) -> list[Stmt]:
        """The statements that ``draw`` makes, as a block of their own; their names are gone behind it."""
        outer, visible = self.statements, list(self.variables)
        self.statements = []
        draw()
        inner, self.statements, self.variables = self.statements, outer, visible
        return inner

    def store(self, variable: NamedTile) -> None:
        """Stores a tile into an output array, or adds it to one that all blocks add to."""
        t = variable.type
        if self.chooser.chance(70) or t.dtype not in (wp.float32, wp.float64, wp.int32):
            out = self.array(t.dtype, self.extents(t, own=True), written=True)
            builtin, offset = "tile_store", self.offset(t, own=True)
        else:
            out = self.array(t.dtype, t.shape, written=True)
            builtin, offset = "tile_atomic_add", self.offset(t, whole=True)
        self.used.add(types.signature(builtin, t))
        call = spell.call(f"wp.{builtin}", spell.name(out.name), self.read(variable), offset=offset)
        self.statements.append(spell.expression(call))
