"""Derivatives arrive: what a program computes with floats is asked for by some gradient, so that oracles see it."""

from __future__ import annotations

from typing import Any

from warpsmith.synthesizer.case import make_case
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.reference import evaluate
from warpsmith.synthesizer.reference.derivatives.reverse import Pass
from warpsmith.synthesizer.reference.derivatives.tape import Tape

PROGRAMS = 80


def test_most_operations_on_floats_are_differentiated_and_many_programs_have_some(monkeypatch: Any) -> None:
    taken: list[tuple[set[Any], set[Any]]] = []
    reverse = Pass.reverse

    def watched(self: Pass, tape: Tape, seeds: Any) -> None:
        reverse(self, tape, seeds)
        if type(self) is Pass:
            steps = {(node.operation, node.types) for node in tape.nodes}
            reached = {
                (n.operation, n.types)
                for n in tape.nodes
                if n.limit is None and any(id(r) in self.sizes for r in n.results)
            }
            taken.append((steps, reached))

    monkeypatch.setattr(Pass, "reverse", watched)
    for seed in range(PROGRAMS):
        case = make_case(KERNELS.synthesize(seed), seed, ("tame",))
        evaluate(case.program, case.sets[0], case.adjoints)
    steps, reached = (sum(len(row[i]) for row in taken) for i in (0, 1))
    assert steps / PROGRAMS > 7  # kinds of them in a program
    assert reached / steps > 0.6
    assert sum(bool(row[1]) for row in taken) / PROGRAMS > 0.8
