"""``if``, ``elif``, ``else``."""

from __future__ import annotations

from grammar import sink, spell
from grammar.blocks import may_nest, nested
from grammar.body import Body
from grammar.construct import Construct
from grammar.spell import Stmt


def _branch(body: Body, budget: int) -> list[Stmt]:
    before = sink.accumulator(body)
    arms = body.chooser.choose((1, 2, 3), (70, 22, 8))
    share = max(1, body.chooser.integer(1, max(1, min(budget - 1, 12))) // arms)
    drawn = [(body.condition(2), nested(body, share)) for _ in range(arms)]
    otherwise = nested(body, share) if body.chooser.chance(45) else None
    return [*before, spell.branch(drawn, otherwise)]


BRANCH = Construct("branch", _branch, weight=9, fits=may_nest)
