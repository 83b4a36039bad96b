"""Integrands as programs: drawn, checked, captured."""

from __future__ import annotations

import re
from dataclasses import replace

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warpsmith import ir
from warpsmith.fem.integrands.check import SIGNATURES, check
from warpsmith.fem.integrands.draw import draw_setting
from warpsmith.fem.integrands.family import FEM
from warpsmith.fem.integrands.ledger import ledger, operators
from warpsmith.fem.integrands.setting import DIMENSION, Setting
from warpsmith.fem.integrands.strategies import integrands
from warpsmith.grammar.chooser import SeededChooser
from warpsmith.grammar.program import Program


def with_source(program: Program, old: str, new: str) -> Program:
    assert old in program.source
    return Program(cst.parse_module(program.source.replace(old, new)), program.entry, program.launch, (), ())


def containing(*parts: str, domain: str = "") -> Program:
    """The first integrand that has all of these in its source."""
    programs = map(FEM.synthesize, range(2000))
    return next(
        p
        for p in programs
        if all(part in p.source for part in parts) and (not domain or p.launch.domain == domain)  # type: ignore[attr-defined]
    )


def test_every_operator_is_drawn_or_excluded_with_a_reason() -> None:
    stock = ledger()
    assert stock.missing == ()
    assert stock.overlap == ()
    assert sorted((*stock.drawn, *stock.excluded)) == sorted(operators())
    assert all(stock.excluded.values())


def test_the_checker_has_a_signature_of_every_drawn_operator() -> None:
    assert set(ledger().drawn) - {"cells", "scalar_type"} == set(SIGNATURES)


@given(integrands())
@settings(max_examples=30, deadline=None)
def test_integrands_are_well_typed(program: Program) -> None:
    assert check(program).diagnostics == ()


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_recorded_choices_give_the_same_integrand(seed: int) -> None:
    program = FEM.synthesize(seed)
    again = FEM.replay(program.choices)
    assert (again.source, again.launch, again.productions) == (program.source, program.launch, program.productions)


def test_every_geometry_is_drawn() -> None:
    assert {draw_setting(SeededChooser(seed)).geometry for seed in range(300)} == set(DIMENSION)


@pytest.mark.parametrize(
    ("old", "new", "domain"),
    [
        ("fem.measure(domain, s)", "fem.normal(domain, s)[0]", "cells"),  # cells have no normal
        ("fem.measure(domain, s)", "fem.measure(domain, 1)", ""),  # not a sample
        ("fem.measure(domain, s)", "fem.measure(s, s)", ""),  # not a domain
        ("fem.grad(", "fem.grad_outer(", "cells"),  # a cell has no outer side
        ("fem.position(domain, s)", "fem.position(domain)", ""),
        ("fem.measure(domain, s)", "fem.position(domain, s)", ""),  # a vector where a scalar was
    ],
)
def test_the_checker_notices_a_wrong_operator(old: str, new: str, domain: str) -> None:
    program = containing(old, domain=domain)
    assert check(program).diagnostics == ()
    assert check(with_source(program, old, new)).diagnostics


def captured(program: Program) -> ir.IR:
    loaded = ir.load(program.source)
    try:
        return ir.capture(FEM.kernel(program, loaded))
    finally:
        loaded.unload()


@pytest.mark.parametrize("seed", range(6))
def test_warp_accepts_integrands_and_the_function_is_isolated(seed: int) -> None:
    program = FEM.synthesize(seed)
    own = set(re.findall(r"^def (\w+)", program.source, re.MULTILINE))
    found = captured(program)
    for level in ("cpp", "cuda"):
        defined = re.findall(r"^static [^\n(]*?(\w+)_\d+\(", found.levels[level].forward, re.MULTILINE)
        assert set(defined) == own
        assert "adj_form_0(" in found.levels[level].backward
    assert not re.search(r"_[0-9a-f]{8}\b", found.levels["cpp"].forward + found.levels["cpp"].backward)


@pytest.mark.parametrize("feature", ["generic function", "keyword argument", "default argument", "early return"])
def test_warp_accepts_integrands_that_call_functions_in_any_way(feature: str) -> None:
    program = next(p for p in map(FEM.synthesize, range(2000)) if feature in p.productions)
    assert check(program).diagnostics == ()
    assert captured(program).levels.keys() == {"adjoint", "cpp", "cuda"}


def test_the_digest_of_an_integrand_is_blind_to_names_and_sees_constants_and_operators() -> None:
    program = containing("fem.jump(", " 0.5", domain="sides")
    first = captured(program)
    renamed = replace(program, module=cst.parse_module(re.sub(r"\bs\b", "point", program.source)))
    other = with_source(program, "0.5", "0.25")
    swapped = with_source(program, "fem.jump(", "fem.average(")
    for level in ("cpp", "cuda", "adjoint"):
        assert captured(program).levels[level].exact == first.levels[level].exact
        assert captured(renamed).levels[level].norm == first.levels[level].norm
        assert captured(other).levels[level].norm != first.levels[level].norm
        assert captured(other).levels[level].skeleton == first.levels[level].skeleton
        assert captured(swapped).levels[level].skeleton != first.levels[level].skeleton


def test_a_setting_describes_itself_as_plain_data() -> None:
    program = FEM.synthesize(0)
    assert isinstance(program.launch, Setting)
    described = program.launch.describe()
    assert described["geometry"] in DIMENSION
    assert [f["name"] for f in described["fields"]] == [f.name for f in program.launch.fields]
