"""Programs rewritten without a change of meaning: what Warp makes of the two must compute the same bits.

Each rewrite changes one place of a program. The arithmetic stays the same, operation by operation: under IEEE 754
without contraction the results are equal to the bit (NaNs apart, of which only that they are NaNs is kept). Programs
are taken to be defined: an index in range, a loop that ends. What only a gradient can see, such as the order in which
contributions are added up, may change.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from warpsmith.fuzz.rewrites.loops import for_loop, nest, peel, split, unknown_bound, while_loop
from warpsmith.fuzz.rewrites.statements import arms, conditional, guard, outline, spell_out
from warpsmith.fuzz.rewrites.values import component, eager, field, identity, lazy, mirror, name, swap
from warpsmith.grammar.program import Program

__all__ = ["REWRITES", "Rewrite"]

Rewrite: TypeAlias = Callable[[Program, Random], "Program | None"]
"""A program and a source of choices to the program rewritten at one place; ``None`` if it has no place for it."""

REWRITES: dict[str, Rewrite] = {
    "name a subexpression": name,
    "pass through a function": identity,
    "pass through a field": field,
    "pass through a component": component,
    "swap operands": swap,
    "mirror a comparison": mirror,
    "outline statements": outline,
    "guard a statement": guard,
    "spell out an assignment": spell_out,
    "branch for a conditional": arms,
    "conditional for a branch": conditional,
    "conditional for where": lazy,
    "where for a conditional": eager,
    "peel a loop": peel,
    "split a loop": split,
    "nest a loop": nest,
    "hide a bound": unknown_bound,
    "while for a range": while_loop,
    "range for a while": for_loop,
}
"""Every rewrite by name."""
