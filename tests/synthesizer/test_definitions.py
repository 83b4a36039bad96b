"""How people define kernels and functions is counted, and programs define theirs so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import libcst as cst
import pytest

from tests.synthesizer.learning import faults, of_examples
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.likely import outside, placing
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.learn import learn

PEOPLE = '''
from typing import Any
import warp as wp

LIMIT = wp.constant(3)

class Config:
    GAIN = 0.5

def make(order: int):
    @wp.kernel(enable_backward=False, module="unique")
    def fill(out: wp.array(dtype=float)):
        """Fill."""
        out[wp.tid()] = float(order) * Config.GAIN + float(LIMIT) + wp.static(LIMIT * 2.0)

    return fill

class Ops:
    @wp.func
    def scale(x: Any, by: float = 2.0):
        return x * by

def register(f):
    return f

@register
@wp.func(inline=True)
def shift(x: float, *, by: float):
    return x + by, by

@wp.func
def collect(out: wp.array(dtype=float), i: int, x: float):
    a, b = shift(x, by=2.0)
    wp.atomic_add(out, i, a + b)
'''
FORMS = {
    "function in a factory": r"^    @wp\.func.*\n    def ",
    "kernel in a factory": r"^def .*\n    @wp\.kernel",
    "function in a class": r"^class .*\n    @wp\.func",
    "kernel in a class": r"^class .*\n    @wp\.kernel",
    "second decorator": r"^@register_\w+\n@wp\.|^@wp\..*\n@register_",
    "module of its own": r'@wp\.kernel\(.*module="unique"',
    "no backward pass": r"@wp\.kernel\(.*enable_backward=False",
    "options of a module": r"@wp\.kernel\(.*module_options=\{",
    "options of a function": r"@wp\.func\((inline|module)=",
    "generic function": r"@wp\.func.*\n *def .*: Any",
    "generic kernel": r"wp\.overload\(",
    "type of an operand": r"type\(\w+\)\(|\.dtype\(",
    "default": r"^ *def .*: \w+ = ",
    "keyword alone": r"^ *def .*\*, ",
    "attribute of a class": r"(Config|Settings|Defaults)\.\w+",
    "static": r"wp\.static\(",
    "docstring": r'def .*\n *"""',
    "function called for what it does": r"^    [A-Z]?\w+(\.\w+)?\(.*\)$",
    "several results": r"^    \w+, \w+ = (?!wp\.tid)",
    "array of three or four axes": r": wp\.array[34]d",
    "function of one statement": r"@wp\.func.*\n *def .*\n *return .*\n",
}


def _evenly(chooser: Chooser, counts: Mapping[str, int], options: Sequence[str]) -> str:
    return chooser.choose(options)


@pytest.fixture(scope="module")
def family() -> Family:
    return kernels_like(of_examples())


@pytest.fixture(scope="module")
def programs(family: Family) -> list[Program]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing, "often", _evenly)
        patch.setattr(outside, "often", _evenly)
        return [family.synthesize(seed) for seed in range(80)]


def test_definitions_are_counted(tmp_path: Path) -> None:
    (tmp_path / "people.py").write_text(PEOPLE)
    profile = learn([tmp_path]).profile
    sizes = profile.sizes
    assert profile.rules["s0|body"]["several\t\tfloat32\tfloat32"] == 1
    assert sizes["kernel around"] == {"function": 1}
    assert sizes["kernel options"] == {"enable_backward module": 1}
    assert sizes["kernel documented"] == {"True": 1}
    assert sizes["func around"] == {"class": 1, "module": 2}
    assert sizes["func decorators"] == {"1": 2, "2": 1}
    assert sizes["func generic"] == {"False": 2, "True": 1}
    assert sizes["func defaults"] == {"0": 2, "1": 1}
    assert sizes["func named"] == {"0": 2, "1": 1}
    assert sizes["func options"] == {"": 2, "inline": 1}
    assert sizes["func void"] == {"False": 2, "True": 1}


def test_all_forms_of_definitions_are_valid_and_defined(family: Family, programs: list[Program]) -> None:
    assert faults(family, programs) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_definitions_occurs(form: str, programs: list[Program]) -> None:
    assert any(re.search(FORMS[form], p.source, re.MULTILINE) for p in programs)


def test_a_call_that_leaves_out_what_it_must_not_is_refused(family: Family, programs: list[Program]) -> None:
    cut = re.compile(r"^( *def \w+\(.*?: \w+) = [\w.]+", re.MULTILINE)
    refused = 0
    for program in programs:
        text = program.source
        while cut.search(text):
            text = cut.sub(r"\1", text)
        if text != program.source:
            refused += bool(_checked(family, program, text))
    assert refused


def _checked(family: Family, program: Program, text: str) -> object:
    return family.check(replace(program, module=cst.parse_module(text))).diagnostics
