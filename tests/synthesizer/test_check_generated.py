"""Over generated programs: the checker accepts them, infers Warp's types, and refuses them once they are spoilt."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest

from tests.fuzz.mutating import mutate
from tests.synthesizer.witness import disagreements, local_types, refusal
from warpsmith.fuzz.mutants import Mutation
from warpsmith.fuzz.mutants.syntax import SYNTAX
from warpsmith.grammar.chooser import SeededChooser
from warpsmith.grammar.grammar import Grammar, default_grammar
from warpsmith.grammar.kernels import kernel_program
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.check import check


@cache
def grammar() -> Grammar:
    return default_grammar()


@cache
def program(seed: int) -> Program:
    return kernel_program(SeededChooser(f"check:{seed}"), grammar())


@pytest.mark.parametrize("seed", range(60))
def test_generated_programs_are_accepted_with_warps_types(seed: int) -> None:
    module = program(seed).module
    report = check(module)
    assert [str(d) for d in report.diagnostics] == []
    assert disagreements(report, local_types(module.code)) == []


@pytest.mark.filterwarnings("ignore:.is. with a literal:SyntaxWarning")
@pytest.mark.parametrize("mutation", SYNTAX, ids=lambda m: m.name.replace(" ", "-"))
def test_spoilt_programs_are_refused_by_both(mutation: Mutation) -> None:
    random = Random(mutation.name)
    refused = 0
    for seed in range(200):
        changed = mutate(program(seed).module, mutation, random)
        if changed is None:
            continue
        ours, theirs = check(changed).diagnostics, refusal(changed.code)
        if ours and theirs is None:
            theirs = refusal(changed.code, native=True)
        assert bool(ours) == (theirs is not None), f"{seed}: {ours or 'accepted'}; Warp: {theirs}\n{changed.code}"
        refused += bool(ours)
        if refused == 4:
            return
    assert refused
