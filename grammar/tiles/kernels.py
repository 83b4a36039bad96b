"""Drawing a whole program on tiles: its shapes, a function for ``tile_map``, the kernel, and how it is launched."""

from __future__ import annotations

import warp as wp

from warpsmith.grammar import literals, spell
from warpsmith.grammar.blocks import block
from warpsmith.grammar.body import Body
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.constructs import assign, branch, jumps
from warpsmith.grammar.functions import PlainFunction
from warpsmith.grammar.grammar import Grammar
from warpsmith.grammar.kernels import annotation
from warpsmith.grammar.production import Production
from warpsmith.grammar.program import Launch, Program
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.tiles.body import Mapped, TileBody
from warpsmith.grammar.tiles.statements import STATEMENTS, Statement, map_with
from warpsmith.grammar.tiles.table import Shapes, operands
from warpsmith.grammar.types import Value

_EXTENTS = (4, 8, 2, 5)
_EXTENT_WEIGHTS = (50, 25, 15, 10)
_BLOCKS = ((2,), (3,), (2, 2))
_BLOCK_WEIGHTS = (50, 25, 25)
_BLOCK_DIMS = (64, 32, 128)


def tile_program(chooser: Chooser, grammar: Grammar) -> Program:
    """Draws a program whose kernel computes with tiles.

    Args:
        chooser: answers the questions.
        grammar: the productions that a function for ``tile_map`` is drawn from.
    """
    part = chooser.choose((wp.float32, wp.float64), (75, 25))
    m, n = (chooser.choose(_EXTENTS, _EXTENT_WEIGHTS) for _ in range(2))
    named = {m: "TILE_M", n: "TILE_N"} if chooser.chance(50) else {}
    shapes = Shapes(m, n, part, {e: name for e, name in named.items() if e > 1})
    functions, definitions, used = _functions(chooser, grammar, part)
    blocks = chooser.choose(_BLOCKS, _BLOCK_WEIGHTS)
    body = TileBody(chooser, shapes, blocks, functions)
    statements = [_block_number(blocks), *_kernel(body)]
    parameters = [(a.name, annotation(a.type)) for a in body.arguments]
    constants = [
        spell.assign(spell.name(name), spell.call("wp.constant", spell.integer(extent)))
        for extent, name in shapes.named.items()
    ]
    kernel = spell.function("wp.kernel", "kernel", parameters, statements)
    module = spell.module([*linked(body.used), *constants, *definitions, kernel])
    launch = Launch(blocks, tuple(body.arguments), block_dim=chooser.choose(_BLOCK_DIMS))
    return Program(module, "kernel", launch, tuple(chooser.choices), tuple(sorted(body.used | used)))


def _kernel(body: TileBody) -> list[Stmt]:
    """What the kernel does: what it is about, some more, and stores of what nothing has read."""
    chooser = body.chooser
    features: dict[str, list[Production | Statement]] = {s.name: [s] for s in STATEMENTS}
    for p in body.table:
        features.setdefault(p.builtin, []).append(p)
    for function in body.functions:
        map_with(body, function)
    for _ in range(chooser.choose((1, 2), (60, 40))):
        _draw(body, chooser.choose(chooser.choose(tuple(features.values()))))
    for _ in range(chooser.integer(0, 4)):
        if chooser.chance(65):
            _draw(body, _next(body))
        else:
            _draw(body, chooser.choose(STATEMENTS, [s.weight for s in STATEMENTS]))
    for variable in body.variables:
        if variable.unread:
            body.store(variable)
    return body.statements


def _next(body: TileBody) -> Production:
    """A production that takes a tile that nothing has read, if there is one."""
    unread = {v.type for v in body.variables if v.unread}
    fitting = [p for p in body.table if unread.intersection(operands(p))] or [p for p in body.table if p.operands]
    return body.chooser.choose(fitting, [p.weight for p in fitting])


def _draw(body: TileBody, what: Production | Statement) -> None:
    if isinstance(what, Production):
        body.draw(what)
    else:
        body.used.add(what.name)
        what.draw(body)


_LINKED = {
    "enable_mathdx_gemm": ("tile_matmul",),
    "enable_mathdx_solver": ("tile_cholesky", "tile_lower_solve", "tile_upper_solve"),
}
"""Options of a module that have builtins compiled by another compiler, which takes a minute for a kernel."""


def linked(used: set[str]) -> list[Stmt]:
    """The statement that has Warp compile those builtins itself, where they are used."""
    off = [name for name, builtins in _LINKED.items() if any(u.startswith(builtins) for u in used)]
    if not off:
        return []
    pairs = spell.dictionary([(literals.string(name), spell.name("False")) for name in off])
    return [spell.expression(spell.call("wp.set_module_options", pairs))]


def _block_number(blocks: tuple[int, ...]) -> Stmt:
    """The kernel's first line: which block this is."""
    names = [spell.name(n) for n in "ij"[: len(blocks)]]
    return spell.assign(spell.bare_tuple(names) if len(names) > 1 else names[0], spell.call("wp.tid"))


class _Mapped(PlainFunction):
    """A function for ``tile_map``: its parameters are numbers."""

    def input(self, body: Body, t: Value) -> Expr | None:
        """A new parameter; Warp takes no ``bool`` there."""
        return None if t is wp.bool else super().input(body, t)


def _functions(chooser: Chooser, grammar: Grammar, part: Value) -> tuple[list[Mapped], list[Stmt], set[str]]:
    """A function of numbers, for ``tile_map``, in half of the programs."""
    if not chooser.chance(50):
        return [], [], set()
    used: set[str] = set()
    function = _Mapped((part,), limit=chooser.choose((1, 2)))
    numbers = grammar.palette((part, wp.int32, wp.bool))
    body = Body(chooser, numbers, (assign.ASSIGN, branch.BRANCH), function, [], used)
    statements: list[Stmt] = [assign.bind(body, part, body.runtime_value(part))]
    statements += block(body, chooser.integer(1, 3))
    statements.append(spell.returns(jumps.results(body)))
    kinds = tuple(v.type for v in function.parameters if isinstance(v.type, type))
    mapped = Mapped(chooser.choose(("activation", "kernel_value", "apply")), kinds)
    parameters = [(v.name, annotation(v.type)) for v in function.parameters]
    return [mapped], [spell.function("wp.func", mapped.name, parameters, statements)], used
