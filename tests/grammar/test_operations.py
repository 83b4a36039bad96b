"""One record per operation: none is defined twice or left out, and productions and the reference read the same one."""

from __future__ import annotations

import pkgutil
from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import warp as wp

from tests.synthesizer.reference_kernels import run
from warpsmith.grammar import operations, registry, spell, types
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.operations import GROUPS, OPERATIONS, Operation, record
from warpsmith.grammar.operations.operation import Slope
from warpsmith.grammar.operations.tile import TILES
from warpsmith.grammar.production import Production
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.reference.values.builtins import unwrapped

CONSTRUCTS = {"attribute", "conditional", "construct", "store attribute"}
"""Records of what is no builtin of Warp's."""


def twice(groups: Iterable[Iterable[Operation]]) -> list[str]:
    """Names that more than one record has."""
    return [name for name, count in Counter(o.name for group in groups for o in group).items() if count > 1]


def test_no_operation_is_defined_twice() -> None:
    assert twice(GROUPS) == []
    assert twice((*GROUPS, (Operation("dot"),))) == ["dot"]
    assert all(record(name) is OPERATIONS[name] and OPERATIONS[name].name == name for name in OPERATIONS)


def test_every_record_of_the_package_is_collected() -> None:
    found: set[int] = set()
    for module in pkgutil.iter_modules(operations.__path__, f"{operations.__name__}."):
        for value in vars(import_module(module.name)).values():
            group = value if isinstance(value, tuple) else (value,)
            found.update(id(o) for o in group if isinstance(o, Operation))
    assert found == {id(o) for o in (*OPERATIONS.values(), *TILES.values())}  # tiles have a table of their own
    assert not set(OPERATIONS) & set(TILES)


def test_records_are_of_builtins_or_of_constructs() -> None:
    assert set(OPERATIONS) - set(registry.names()) == CONSTRUCTS


@pytest.mark.parametrize("name", [o.name for o in OPERATIONS.values() if o.combines and not o.exchanges])
def test_an_atomic_combines_by_an_operation(name: str) -> None:
    assert OPERATIONS[OPERATIONS[name].combines].meaning is not None


def test_every_builtin_of_the_grammar_has_a_record() -> None:
    names = set(registry.names())
    assert {p.builtin for p in default_grammar().productions if p.builtin in names} <= set(OPERATIONS)


def values(p: Production) -> Any:
    return tuple(t.dtype if isinstance(t, Array) else t for t in p.operands)


def test_productions_mean_what_the_reference_computes() -> None:
    plain = [p for p in default_grammar().productions if p.builtin in registry.names() and not p.spelling]
    assert len(plain) > 2000
    for p in plain:
        assert p.operation is OPERATIONS[p.builtin]
        assert p.evaluate is not None
        assert p.evaluate.__wrapped__ is unwrapped(p.builtin, values(p)), p.name  # type: ignore[attr-defined]


def test_a_builtin_is_given_its_meaning_by_its_record_alone() -> None:
    with pytest.raises(TypeError, match=r"grammar/operations"):
        Production("sin", (wp.float32,), wp.float32, spell.copied, evaluate=np.cos)
    with pytest.raises(TypeError, match=r"grammar/operations"):
        Production("mesh_get", (wp.uint64,), wp.float32, spell.copied, evaluate=np.float32)
    assert Production("sin", (wp.float32,), wp.float32, spell.copied).evaluate is OPERATIONS["sin"].evaluate(
        (wp.float32,)
    )


def test_what_has_no_derivative_of_its_own_has_no_facts_about_one() -> None:
    for o in OPERATIONS.values():
        if o.derivative is None:
            assert (o.slope, o.symmetric, o.without, o.sparse) == (Slope.CURVED, False, (), False), o.name


@pytest.mark.parametrize(
    ("call", "same"),
    [
        ("abs(x[0])", "wp.abs(x[0])"),
        ("min(x[0], x[1])", "wp.min(x[0], x[1])"),
        ("pow(x[1], x[2])", "x[1] ** x[2]"),
    ],
)
def test_python_names_stand_for_builtins(call: str, same: str) -> None:
    """A spelling of its own needs no change of the lowering."""
    given = np.float32([-2.5, 3.0, 0.5])
    one, other = (run(f"out[0] = {text}", x=given, out=np.zeros(1, np.float32)) for text in (call, same))
    assert one.values[1] == other.values[1] != 0
    assert one.errors[1] == other.errors[1]


def test_a_record_knows_what_types_ask_of_an_operand() -> None:
    shift, division = OPERATIONS["lshift"], OPERATIONS["div"]
    high = {t: shift.requirement("b", t) for t in types.INTEGERS}
    assert all(i is not None and i.high == types.BITS[t] - 1 for t, i in high.items())
    unsigned, signed = division.requirement("b", wp.uint32), division.requirement("b", wp.int32)
    assert unsigned is not None
    assert signed is not None
    assert (unsigned.negatives, signed.negatives) == (False, True)
