"""Drawing a whole program of several kernels: what they share, the kernels, and how they are launched."""

from __future__ import annotations

from warpsmith.grammar import spell, structs
from warpsmith.grammar.body import Construct
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.constructs import calls
from warpsmith.grammar.grammar import Grammar
from warpsmith.grammar.kernels import ProgramBuilder, construct_of, drawn_features, palette_types, swarm
from warpsmith.grammar.modules.stage import Buffers, Stage, reading
from warpsmith.grammar.production import Production
from warpsmith.grammar.program import Launch, Program
from warpsmith.grammar.scope import Callee
from warpsmith.grammar.spell import Stmt

_SIZES = ((4, 8), (9, 16), (17, 30), (31, 50))
_SIZE_WEIGHTS = (30, 38, 22, 10)
_KERNELS = ("scatter", "integrate", "smooth", "update", "advect", "project", "accumulate", "evaluate")


def module_program(chooser: Chooser, grammar: Grammar) -> Program:
    """Draws a program of one to three kernels that share functions.

    Args:
        chooser: answers the questions.
        grammar: the productions to draw from.
    """
    size = chooser.integer(*chooser.choose(_SIZES, _SIZE_WEIGHTS))
    wanted = drawn_features(chooser, grammar, size)
    about = palette_types(chooser, grammar, wanted)
    own: tuple[Production, ...] = ()
    definitions: list[Stmt] = []
    if size >= 8 and chooser.chance(20):
        made = structs.struct_types(chooser, tuple(about))
        definitions += map(structs.definition, made)
        own = tuple(p for t in made for p in structs.productions(t))
        about += made
    builder = ProgramBuilder(chooser, grammar.palette(about, own), swarm(chooser))
    definitions += builder.module_constants(size)
    for _ in range(chooser.choose((1, 2, 3), (55, 33, 12))):
        share = chooser.integer(1, max(1, size // 4))
        definitions.append(builder.function(share))
        size = max(2, size - share)
    count = chooser.choose((2, 1, 3), (60, 22, 18))
    names = _distinct(chooser, count)
    return _kernels(builder, definitions, names, size, [construct_of(p) for p in wanted])


def _kernels(
    builder: ProgramBuilder, definitions: list[Stmt], names: list[str], size: int, wanted: list[Construct]
) -> Program:
    """Draws the kernels, each of which reads what one before it has written, and calls what is shared."""
    chooser, buffers, count = builder.chooser, Buffers(), len(names)
    callees, open_ = list(builder.callees), list(builder.callees)
    for number, name in enumerate(names):
        last = number == count - 1
        bound = not number or (last and any(c.threads for c in open_))
        dim = builder.dim if bound or chooser.chance(65) else (chooser.choose((4, 2, 8)),)
        stage = Stage(dim, buffers)
        builder.callees[:] = [c for c in callees if dim == builder.dim or not c.threads]
        due = [c for c in open_ if c in builder.callees] if last else _some(chooser, builder.callees)
        open_ = [c for c in open_ if c not in due]
        required = wanted[number::count] + [calls.call_to(c) for c in due]
        if number:
            required.append(reading(stage))
        definitions = [*definitions, builder.kernel(name, max(1, size // count), required, stage)]
        buffers.close(name, stage)
    entry = names[-1]
    launch = Launch(buffers.steps[-1].dim, buffers.arguments(), steps=tuple(buffers.steps))
    module = spell.module(definitions, generic=builder.generic)
    return Program(module, entry, launch, tuple(chooser.choices), tuple(sorted(builder.used)))


def _distinct(chooser: Chooser, count: int) -> list[str]:
    """Names for so many kernels."""
    left, names = list(_KERNELS), []
    for _ in range(count):
        names.append(chooser.choose(left))
        left.remove(names[-1])
    return names


def _some(chooser: Chooser, callees: list[Callee]) -> list[Callee]:
    """One of the functions, so that kernels share them."""
    return [chooser.choose(callees)] if callees else []
