"""What a kernel without parameters says: what its locals are, and what builtins make of literals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice, product
from typing import TYPE_CHECKING

import libcst as cst
import numpy as np
import warp as wp

from warpsmith.grammar import literals, spell
from warpsmith.grammar.exceptions import HEAVY
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.likely import checks
from warpsmith.grammar.likely.bounds import inside
from warpsmith.grammar.production import Production
from warpsmith.grammar.spell import Expr, Stmt

if TYPE_CHECKING:
    from warpsmith.grammar.likely.flow import FlowWriter

_NUMBERS = {wp.float32: (0.5, 1.0, 2.0, -1.0, 0.25), wp.int32: (1, 2, 3, -4)}
_MOST_OPERANDS = 3
_EACH = 6
"""Operands that are tried for a production."""
_DIGITS = 5
_TOLERANCE = 0.001
_LARGEST = 100.0


def said(body: FlowWriter) -> list[Stmt]:
    """Statements about what nothing has read, or about builtins where there is nothing."""
    writer = body.writer
    statements: list[Stmt] = []
    for v in writer.unread():
        facts = [f for f in checks.known(writer, "expect_eq") if f.of is v]
        if facts:
            fact = body.chooser.choose(facts)
            body.builder.used.add("expect_eq")
            statements.append(spell.expression(spell.call("wp.expect_eq", fact.left, fact.right)))
        else:
            statements.append(spell.expression(spell.call("print", spell.dotted(v.name))))
        v.reads += 1
        v.unread = False
    more = body.chooser.choose((0, 1, 2, 3), (40, 30, 20, 10)) if statements else body.chooser.integer(1, 3)
    return [*statements, *(_about(body) for _ in range(more))]


def _about(body: FlowWriter) -> Stmt:
    """What a builtin makes of literals."""
    rows = _rows()
    builtin = body.chooser.choose(list(rows))
    p, operands, result = body.chooser.choose(rows[builtin])
    body.builder.used.add(p.name)
    nodes = [literals.constant(t, x) for t, x in zip(p.operands, operands, strict=True)]
    given: list[Expr] = [p.build(*nodes), literals.constant(p.result, result)]
    if p.result is wp.int32:
        return spell.expression(spell.call("wp.expect_eq", *given))
    return spell.expression(spell.call("wp.expect_near", *given, spell.floating(_TOLERANCE)))


@cache
def _rows() -> dict[str, list[tuple[Production, tuple[float, ...], float]]]:
    """By builtin: its productions over numbers, with operands that they are defined for, and the result."""
    found: dict[str, list[tuple[Production, tuple[float, ...], float]]] = {}
    for p in default_grammar().productions:
        if _plain(p) and (rows := list(islice(_values(p), _EACH))):
            found.setdefault(p.builtin, []).extend((p, operands, result) for operands, result in rows)
    return found


def _plain(p: Production) -> bool:
    """Whether a call of a builtin makes a number of a few such numbers, by what they are alone."""
    if len({p.result, *p.operands}) > 1 or p.result not in _NUMBERS or not 1 <= len(p.operands) <= _MOST_OPERANDS:
        return False
    if p.builtin in HEAVY or "random" in p.traits or isinstance(getattr(wp, p.builtin, None), type):
        return False
    node = p.build(*(spell.integer(1) for _ in p.operands))
    return isinstance(node, cst.Call) and cst.ensure_type(node, cst.Call).args[0].star == "" and not p.spelling


def _values(p: Production) -> Iterator[tuple[tuple[float, ...], float]]:
    for operands in product(*(_NUMBERS[t] for t in p.operands)):
        if all(n is None or inside((x, x), n) for x, n in zip(operands, p.requires, strict=True)):
            given = [
                np.float32(x) if t is wp.float32 else np.int32(x) for x, t in zip(operands, p.operands, strict=True)
            ]
            assert p.evaluate is not None
            result = float(p.evaluate(*given))
            if np.isfinite(result) and 0.01 < abs(result) < _LARGEST:
                yield operands, result if p.result is wp.int32 else float(f"{result:.{_DIGITS}g}")
