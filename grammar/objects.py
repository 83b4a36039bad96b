"""Drawing a program whose kernel reads objects behind handles: meshes, bounding boxes, grids of points, volumes."""

from __future__ import annotations

from functools import cache

import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.constructs import arrays, assign, branch, calls, loops
from warpsmith.grammar.constructs.handles import ObjectKernel
from warpsmith.grammar.constructs.objects import OBJECT_CONSTRUCTS
from warpsmith.grammar.grammar import Grammar, plain_grammar
from warpsmith.grammar.kernels import ProgramBuilder
from warpsmith.grammar.program import Program
from warpsmith.grammar.spell import Stmt

_SIZES = ((2, 5), (6, 10), (11, 18), (19, 34))
_SIZE_WEIGHTS = (20, 40, 28, 12)
_TYPES = frozenset((wp.float32, wp.int32, wp.bool, wp.vec3f, wp.vec2f, wp.mat33f, wp.quatf))
_STATEMENTS = (
    assign.ASSIGN,
    assign.CONSUME,
    assign.REASSIGN,
    assign.AUGMENT,
    calls.CALL,
    arrays.LOAD,
    arrays.STORE,
    arrays.ATOMIC,
    branch.BRANCH,
    loops.FOR_STATIC,
    loops.FOR_DYNAMIC,
)


@cache
def objects_grammar() -> Grammar:
    """What these programs draw of the default grammar."""
    return plain_grammar(_TYPES)


def object_program(chooser: Chooser, grammar: Grammar | None = None) -> Program:
    """Draws a program whose kernel reads objects.

    Args:
        chooser: answers the questions.
        grammar: productions for expressions over values; those of :func:`objects_grammar` without.
    """
    size = chooser.integer(*chooser.choose(_SIZES, _SIZE_WEIGHTS))
    about: list[types.Value] = [wp.float32, wp.vec3f, wp.int32, wp.bool]
    if chooser.chance(20):
        about.append(chooser.choose((wp.mat33f, wp.quatf, wp.vec2f)))
    some = tuple(c for c in _STATEMENTS if c is assign.ASSIGN or not chooser.chance(15))
    builder = ProgramBuilder(chooser, (grammar or objects_grammar()).palette(about), (*some, *OBJECT_CONSTRUCTS))
    definitions: list[Stmt] = []
    if size >= 8 and chooser.chance(30):
        definitions.append(builder.function(chooser.integer(1, size // 3), arrays=False))
    required = [chooser.choose(OBJECT_CONSTRUCTS) for _ in range(1 + size // 12)]
    dim = (chooser.choose((4, 8, 3, 2)),)
    return builder.program(definitions, size, required, ObjectKernel(dim))
