"""Every production's meaning against what Warp itself computes, operand by operand.

    python -m tests.proofs.meanings [--only TEXT] [--skip N] [--count N] [--json]

Each production of the grammar, and each atomic for each type that has it, becomes a kernel of its own that applies it
to one row of operands a thread: boundary values, ties and random values that keep the production's contract. What Warp
leaves in the arrays is compared with the production's meaning (``Production.evaluate``), within the error that the
reference bounds for those operands, and the reference must yield the same as the meaning. ``--skip`` and ``--count``
do a part of it. Takes about ten minutes.

Exits with 1 if anything differs that :data:`EXCEPTIONS` does not explain, or if nothing of a production is compared.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import libcst as cst
import numpy as np
import warp as wp

from tests.proofs.operands import Row, rows
from tests.synthesizer.reference_kernels import Typed, kernel
from warpsmith.fuzz.oracles.compare import Difference, compare
from warpsmith.fuzz.session import job
from warpsmith.grammar import types
from warpsmith.grammar.constructs.arrays import atomics
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.operations import record
from warpsmith.grammar.production import Production
from warpsmith.grammar.types import Array, Value
from warpsmith.ir.execute import Executor
from warpsmith.synthesizer.case import Case, Data
from warpsmith.synthesizer.reference import Outcome, evaluate

BATCH = 40
"""Kernels in one module."""


@dataclass(frozen=True, eq=False)
class Specimen:
    """Something to be put to the test: a production, or an atomic.

    Attributes:
        production: what is applied.
        body: of the kernel: from ``x0``, ``x1`` … to ``out0``, ``out1`` …, arrays with an element a thread.
        results: the types of the outputs.
        meaning: a row of operands to the values of the outputs; ``None``: the reference alone says what it means.
    """

    production: Production
    body: str
    results: tuple[Value, ...]
    meaning: Callable[..., tuple[Any, ...]] | None

    @property
    def name(self) -> str:
        """The production's name."""
        return self.production.name


def subjects() -> tuple[Specimen, ...]:
    """Every production of the grammar, then every atomic."""
    return (*map(subject, default_grammar().productions), *_atomics())


def subject(p: Production) -> Specimen:
    """The production as a kernel that loads operands, applies it, and stores what it yields."""
    names = [f"y{i}" for i in range(len(p.operands))]
    loads = [f"{y} = x{i}" + ("" if isinstance(t, Array) else "[i]") for i, (y, t) in enumerate(_named(names, p))]
    results = p.result if isinstance(p.result, tuple) else (p.result,)
    values = [f"z{i}" for i in range(len(results))]
    code = cst.Module([]).code_for_node(p.build(*map(cst.Name, names)))
    if record(p.builtin).advances:  # they leave a new state behind
        results, left = (*results, wp.uint32), [*values, "y0"]
    else:
        left = values
    stores = [f"out{i}[i] = {z}" for i, z in enumerate(left)]
    body = "\n".join(("i = wp.tid()", *loads, f"{', '.join(values)} = {code}", *stores))
    # A cast's meaning has to be told the types.
    options = {"target": p.result, "source": p.operands[0]} if p.builtin == "cast" else {}

    def meaning(*operands: Any) -> tuple[Any, ...]:
        assert p.evaluate is not None
        found = p.evaluate(*operands, **options)
        return found if isinstance(found, tuple) else (found,)

    return Specimen(p, body, results, meaning)


def _named(names: Sequence[str], p: Production) -> Iterator[tuple[str, Any]]:
    return zip(names, p.operands, strict=True)


def _atomics() -> Iterator[Specimen]:
    """Each atomic on a cell of its own: what it finds, and what it leaves."""
    for t in types.VALUES:
        for name in atomics(t):
            operands = (t,) * (3 if name == "atomic_cas" else 2)
            given = ", ".join(f"x{i}[i]" for i in range(1, len(operands)))
            body = f"i = wp.tid()\nout1[i] = x0[i]\nout0[i] = wp.{name}(out1, i, {given})"
            yield Specimen(Production(name, operands, t, _unspelled), body, (t, t), None)


def _unspelled(*operands: Any) -> Any:
    raise NotImplementedError("an atomic is a statement")


# --- where Warp is known to differ -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Exemption:
    """Rows of operands for which Warp is known to differ from the meaning.

    Attributes:
        finding: the folder in ``fuzz/findings`` with its reproducer.
        reason: what Warp does there.
        builtins: of which productions.
        holds: whether a row is such a one.
    """

    finding: str
    reason: str
    builtins: tuple[str, ...]
    holds: Callable[[Row], bool]


def _is_zero(row: Row) -> bool:
    return bool(np.ndim(row[0]) == 0 and row[0].dtype.kind == "f" and row[0] == 0)


def _is_small(row: Row) -> bool:
    return bool(0 < abs(float(row[0])) < 2.0**-6)


def _has_nan(row: Row) -> bool:
    return bool(np.isnan(row[0]).any())


def _poor_for_svd2(row: Row) -> bool:
    """A multiple of a rotation, a matrix near a singular one, or one whose fourth power leaves the range."""
    a = row[0].astype(np.float64)
    if not np.isfinite(a).all() or not a.any():
        return True
    larger, smaller = np.linalg.svd(a, compute_uv=False)
    most = float(np.finfo(row[0].dtype).max) ** 0.25 / 2
    repeated, singular = larger - smaller < larger / 64, smaller < larger / 64
    return bool(repeated or singular or not 1 / most < smaller <= larger < most)


def _poor_for_halves(row: Row) -> bool:
    """A matrix of halves with an entry whose square has few digits left, or none."""
    return bool(row[0].dtype == np.float16 and (abs(row[0].astype(np.float64)) < 2.0**-5).any())


EXCEPTIONS: tuple[Exemption, ...] = (
    Exemption("negation-of-zero", "-(0.0) is 0.0", ("neg",), _is_zero),
    Exemption("erfinv-near-zero", "small operands lose their digits", ("erfinv",), _is_small),
    Exemption("normalize-of-nan", "a vector with NaN is turned into zero", ("normalize",), _has_nan),
    Exemption("svd2-of-a-rotation", "also of singular matrices, and large ones", ("svd2",), _poor_for_svd2),
    Exemption("qr3-of-halves", "small entries vanish when they are squared", ("qr3", "svd3"), _poor_for_halves),
)
"""Every difference between Warp and the meanings; what is left of the rows is compared all the same."""


def excepted(s: Specimen, row: Row) -> bool:
    """Whether one of the exceptions has that row of operands."""
    return any(s.production.builtin in known.builtins and known.holds(row) for known in EXCEPTIONS)


# --- the comparison --------------------------------------------------------------------------------------------------


@dataclass
class Tested:
    """What came of one subject.

    Attributes:
        name: its name.
        rows: how many rows of operands were compared.
        excepted: how many were left out as exceptions.
        components: numbers that were compared.
        unclear: how many of them have no finite bound.
        said: what is wrong; empty if nothing is.
    """

    name: str
    rows: int = 0
    excepted: int = 0
    components: int = 0
    unclear: int = 0
    said: list[str] = field(default_factory=list)

    @property
    def compared(self) -> bool:
        """Whether anything was."""
        return self.components > self.unclear


def examine(
    some: Sequence[Specimen],
    executor: Executor,
    *,
    size: int = 96,
    choose: Callable[[Specimen, Row], bool] | None = None,
) -> list[Tested]:
    """Executes the subjects, and compares.

    Args:
        some: the subjects.
        executor: where they are executed.
        size: rows of operands for each.
        choose: the rows to compare; without, all but the exceptions.
    """
    chosen = choose or (lambda s, row: not excepted(s, row))
    findings, asked = [], []
    for s in some:
        all_ = rows(s.production, size)
        left = [row for row in all_ if chosen(s, row)]
        finding = Tested(s.name, len(left), len(all_) - len(left))
        findings.append(finding)
        if left:
            asked.append((finding, s, left, case(s, left)))
    results = executor.run_many([job(c, backward=False) for *_, c in asked])
    for (finding, s, left, c), result in zip(asked, results, strict=True):
        if result.failure is not None:
            finding.said.append(f"{result.failure.stage}: {result.failure.message}")
        else:
            _judge(finding, s, left, c, result.outputs[0])
    return findings


def case(
    s: Specimen, some: Sequence[Row], adjoint: Callable[[Value, tuple[int, ...]], Data | None] = lambda t, extents: None
) -> Case:
    """The subject on those rows; ``adjoint`` yields that of an output, by its type and how its data is shaped."""
    arguments: dict[str, Any] = {}
    for i, t in enumerate(s.production.operands):
        column = [row[i] for row in some]
        arguments[f"x{i}"] = Typed(t.dtype, column[0]) if isinstance(t, Array) else Typed(t, np.array(column))
    adjoints: list[Data | None] = [None] * len(arguments)
    for i, t in enumerate(s.results):
        extents = (len(some), *types.shape(t))
        arguments[f"out{i}"] = Typed(t, np.zeros(extents))
        adjoints.append(adjoint(t, extents))
    program = kernel(s.body, arguments, dim=len(some))
    return Case(program, (tuple(a.data for a in arguments.values()),), tuple(adjoints))


def _judge(finding: Tested, s: Specimen, some: Sequence[Row], c: Case, actual: Sequence[Data | None]) -> None:
    outcome = evaluate(c.program, c.sets[0])
    here = outcome.values[len(s.production.operands) :]
    wanted = here if s.meaning is None else _meant(s, some)
    before: list[Data | None] = [None] * len(s.production.operands)
    for want, value, t in zip(wanted, here, s.results, strict=True):
        assert want is not None
        assert value is not None
        if not _identical(want, value):
            finding.said.append(f"the reference differs from the meaning of {types.name(t)}")
    found = compare(c, [*before, *wanted], actual, outcome.errors)
    finding.components, finding.unclear = found.components, found.unclear
    if found.where:
        finding.said.append(_described(found, some, outcome))


def _meant(s: Specimen, some: Sequence[Row]) -> list[Data | None]:
    assert s.meaning is not None
    with np.errstate(all="ignore"):
        values = [s.meaning(*row) for row in some]
    kinds = [np.float32 if types.scalar(t) is wp.bfloat16 else np.dtype(types.name(types.scalar(t))) for t in s.results]
    return [np.array([value[i] for value in values], kind) for i, kind in enumerate(kinds)]


def _identical(one: Data, other: Data) -> bool:
    if one.dtype.kind != "f":
        return np.array_equal(one, other)
    signs = np.array_equal(np.signbit(one)[one == 0], np.signbit(other)[one == 0])
    return np.array_equal(one, other, equal_nan=True) and signs


def _described(found: Difference, some: Sequence[Row], outcome: Outcome) -> str:
    return f"{found.where}: of {operands(found.where, some)}: expected {found.expected}, Warp has {found.actual}"


def operands(where: str, some: Sequence[Row]) -> str:
    """The row of operands that the place of a difference belongs to."""
    number = int(where.partition("[")[2].partition("]")[0].partition(",")[0])
    return ", ".join(str(np.asarray(x).tolist()) for x in some[number])


def main() -> int:
    """Prints every difference, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="productions whose name has this text")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many at the beginning")
    parser.add_argument("--count", type=int, default=None, help="how many")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    some = [s for s in subjects() if options.only in s.name][options.skip :][: options.count]
    findings: list[Tested] = []
    with Executor(timeout=60, options={"batch": BATCH}) as executor:
        for start in range(0, len(some), BATCH):
            new = examine(some[start : start + BATCH], executor)
            findings += new
            if not options.json:
                for f in new:
                    if f.said or not f.compared:
                        print(f"{f.name}: {'; '.join(f.said) or 'nothing compared'}", flush=True)
    bad = [f for f in findings if f.said or not f.compared]
    if options.json:
        print(json.dumps({"subjects": len(findings), "different": [asdict(f) for f in bad]}, indent=2))
    else:
        print(summary(findings))
    return int(bool(bad))


def summary(findings: Sequence[Tested]) -> str:
    """The counts in words."""
    components, unclear = (sum(getattr(f, n) for f in findings) for n in ("components", "unclear"))
    return (
        f"{len(findings)} productions and atomics, {sum(f.compared for f in findings)} compared, "
        f"{sum(bool(f.said) for f in findings)} different; {sum(f.rows for f in findings)} rows of operands and "
        f"{sum(f.excepted for f in findings)} exceptions; {components} numbers, {unclear} of them without a bound"
    )


if __name__ == "__main__":
    sys.exit(main())
