"""Productions mean what Warp computes, on boundary values, ties and random ones: a sample of ``tests.proofs.meanings``.

The command puts every production and every atomic to the test, which takes minutes. Here it is one production of each
builtin and one type of each atomic, on fewer operands; and that the instrument leaves nothing out and is not blind.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.proofs.meanings import BATCH, EXCEPTIONS, Exemption, Specimen, examine, excepted, subject, subjects
from tests.proofs.operands import rows
from warpsmith import fuzz
from warpsmith.grammar.grammar import default_grammar
from warpsmith.ir.execute import Executor

SIZE = 24
FINDINGS = Path(fuzz.__file__).parent / "findings"


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Executor(timeout=60, options={"batch": BATCH}) as made:
        yield made


def sample() -> list[Specimen]:
    """One subject of each builtin, always the same."""
    chosen: dict[str, Specimen] = {}
    for s in sorted(subjects(), key=lambda s: zlib.crc32(s.name.encode())):
        chosen.setdefault(s.production.builtin, s)
    return list(chosen.values())


@pytest.mark.parametrize("part", range(4))
def test_a_production_of_each_builtin_means_what_warp_computes(part: int, executor: Executor) -> None:
    findings = examine(sample()[part::4], executor, size=SIZE)
    assert not [f"{f.name}: {'; '.join(f.said)}" for f in findings if f.said]
    assert not [f.name for f in findings if not f.compared], "something of each is compared"


def test_every_production_is_put_to_the_test() -> None:
    known = {p.name for p in default_grammar().productions}
    tested = {s.name for s in subjects() if any(not excepted(s, row) for row in rows(s.production, SIZE))}
    assert known <= tested, sorted(known - tested)
    assert all(name.startswith("atomic_") for name in tested - known)
    assert len(subjects()) == len({s.name for s in subjects()})


@pytest.mark.parametrize("known", EXCEPTIONS, ids=lambda known: known.finding)
def test_an_exception_is_written_up_and_still_shows(known: Exemption, executor: Executor) -> None:
    assert (FINDINGS / known.finding).is_dir()
    some = [s for s in subjects() if s.production.builtin in known.builtins]
    findings = examine(some, executor, choose=lambda s, row: known.holds(row))
    assert any("Warp has" in said for f in findings for said in f.said), f"Warp agrees now: {known.reason}"


WRONG: dict[str, Callable[..., Any]] = {
    "compare <(float32, float32) -> bool": lambda a, b: a <= b,
    "compare <(uint8, uint8) -> bool": lambda a, b: a.view(np.int8) < b.view(np.int8),
    "compare ==(vec3f, vec3f) -> bool": lambda a, b: a[0] == b[0],
    "compare < <(int32, int32, int32) -> bool": lambda a, b, c: a < b,
    "and(bool, bool)": np.logical_or,
    "where(bool, mat22f, mat22f)": lambda c, a, b: b if c else a,
    "conditional(bool, float64, float64)": lambda c, a, b: a + b,
    "vector:wp.vec3f(float32, float32, float32) -> vec3f": lambda *x: np.array(x[::-1]),
    "index(mat33f, int32, int32)": lambda m, i, j: m[j, i],
    "index.y(vec4f) -> float32": lambda v: v[0],
    "index.q(transformf) -> quatf": lambda t: t[:4],
    "int32(float32)": lambda x: np.int32(np.rint(x)),
    "float16(float64)": lambda x: np.trunc(np.float16(x)),
    "round(float32)": np.rint,
    "isinf(float32)": np.isnan,
    "max(float32, float32)": np.maximum,
    "mod(float32, float32)": np.mod,
}
"""Wrong meanings of productions, each a slip that one could make."""


def test_a_wrong_meaning_is_seen(executor: Executor) -> None:
    known = {p.name: p for p in default_grammar().productions}
    assert not set(WRONG) - set(known)
    wrong = [replace(subject(known[name]), meaning=lambda *x, f=f: (f(*x),)) for name, f in WRONG.items()]
    findings = examine(wrong, executor)
    unnoticed = [f.name for f in findings if not any("Warp has" in said for said in f.said)]
    assert not unnoticed
