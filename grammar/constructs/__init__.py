"""The statements of the kernel language, in one list; adding one is a module and an entry here."""

from __future__ import annotations

from warpsmith.grammar.body import Construct
from warpsmith.grammar.constructs import arrays, assign, branch, calls, components, jumps, locals, loops, views

CONSTRUCTS: tuple[Construct, ...] = (
    assign.ASSIGN,
    assign.CONSUME,
    assign.REASSIGN,
    assign.AUGMENT,
    assign.UNPACK,
    assign.RESULTS,
    calls.CALL,
    calls.LAZY,
    calls.MUTATE,
    components.STORE_COMPONENT,
    components.STORE_FIELD,
    arrays.LOAD,
    arrays.STORE,
    arrays.STORE_ELEMENT_FIELD,
    arrays.ATOMIC,
    views.READ_VIEW,
    locals.LOCAL_ARRAY,
    locals.USE_LOCAL_ARRAY,
    views.WRITE_VIEW,
    branch.BRANCH,
    jumps.LEAVE,
    loops.FOR_STATIC,
    loops.FOR_DYNAMIC,
    loops.WHILE,
)
"""Every statement; the simplest first, because shrinking goes there."""
