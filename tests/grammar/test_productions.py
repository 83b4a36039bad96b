"""Every production and every construct, forced into a program: checked, and accepted by Warp's code generator."""

from __future__ import annotations

import pytest

from warpsmith.grammar.chooser import SeededChooser
from warpsmith.grammar.constructs import CONSTRUCTS
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.kernels import kernel_program
from warpsmith.grammar.production import Production
from warpsmith.ir import capture, load
from warpsmith.synthesizer.check import check

CHUNKS = 16


def accepted(production: Production, seed: int) -> None:
    program = kernel_program(SeededChooser(seed), default_grammar(), (production,), lines=1)
    assert production.name in program.productions
    report = check(program.module)
    assert report.diagnostics == (), (production.name, program.source, report.diagnostics)
    loaded = load(program.source)
    try:
        capture(loaded.kernels[program.entry], ("adjoint",))
    finally:
        loaded.unload()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_production_makes_an_accepted_program(chunk: int):
    for i, production in enumerate(default_grammar().productions[chunk::CHUNKS]):
        accepted(production, i)


def test_every_construct_occurs():
    seen: set[str] = set()
    for seed in range(300):
        seen.update(kernel_program(SeededChooser(seed), default_grammar()).productions)
    assert {c.name for c in CONSTRUCTS} <= seen


def test_a_grammar_without_a_production_never_draws_it():
    grammar = default_grammar().only(lambda p: p.builtin not in ("dot", "where", "conditional"))
    for seed in range(60):
        program = kernel_program(SeededChooser(seed), grammar)
        assert not any(n.startswith(("dot(", "conditional(")) for n in program.productions)


def test_a_type_that_cannot_be_derived_takes_its_productions_with_it():
    grammar = default_grammar().only(lambda p: p.builtin in ("quat_rotate", "add", "mul"))
    assert not any(p.builtin == "quat_rotate" for p in grammar.productions)
    assert any(p.builtin == "add" for p in grammar.productions)
