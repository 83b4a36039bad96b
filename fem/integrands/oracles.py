"""The oracles: what an assembled integrand must satisfy, by its meaning and by mathematics.

Each looks at one program in one way. What mathematics says holds between two of Warp's own results, so that even a
wrong meaning of ours could not hide a disagreement there; the meaning only says how far rounding may take them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from warpsmith import ir
from warpsmith.fem.integrands.assemble import Inputs, assembled, make_place, make_world
from warpsmith.fem.integrands.identities import divergence_theorem, exactness
from warpsmith.fem.integrands.inputs import inputs, weights
from warpsmith.fem.integrands.meaning import Meaning, World, evaluate
from warpsmith.fem.integrands.mesh import Floats
from warpsmith.fem.integrands.setting import FieldArgument, Setting
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.family import Opinion

_COLUMNS = 2
_PLACES = (
    "fem.position", "fem.lookup", "fem.partition_lookup", "fem.element_closest_point", "fem.element_coordinates",
    "fem.at_node", "fem.to_inner_cell", "fem.to_outer_cell", "fem.to_cell_side",
)  # fmt: skip
"""Operators by which an integrand learns where it is; without them, moving the mesh changes nothing."""


class Subject:
    """One program with its inputs, its meaning and what Warp makes of it, each computed when first asked for.

    Args:
        program: an integrand.
        seed: of the inputs.
    """

    def __init__(self, program: Program, seed: int) -> None:
        assert isinstance(program.launch, Setting)
        self.program, self.seed, self.setting = program, seed, program.launch
        self.test, self.trial = self.setting.role("test"), self.setting.role("trial")

    def nodal(self, f: FieldArgument | None) -> bool:
        """Whether the integrand asks which node a test or trial function is at; it is not linear in that one then."""
        return f is not None and any(
            p.startswith(("fem.node_", "fem.at_node")) and f":{f.role}" in p for p in self.program.productions
        )

    @cached_property
    def world(self) -> World:
        """The setting in numbers."""
        return make_world(self.setting)

    @cached_property
    def inputs(self) -> Inputs:
        """What the integrand is given."""
        return inputs(self.world, self.setting, self.seed)

    @cached_property
    def loaded(self) -> ir.Loaded:
        """The program, loaded."""
        return ir.load(self.program.source)

    def assemble(self, setting: Setting | None = None, given: Inputs | None = None) -> Floats:
        """What Warp assembles, in the program's setting or another one."""
        form = getattr(self.loaded.module, self.program.entry)
        return assembled(form, make_place(setting or self.setting, given or self.inputs))

    @cached_property
    def assembled(self) -> Floats:
        """What Warp assembles; of a bilinear form, see :attr:`meaning`."""
        return self.contracted(self.assemble())

    def contracted(self, result: Floats) -> Floats:
        """A matrix times :attr:`right`; anything else as it is."""
        if self.trial is None:
            return result
        return np.asarray(np.tensordot(result, self.right, axes=([2, 3], [0, 1])))

    @cached_property
    def right(self) -> Floats:
        """Coefficients of the trial function; where the form is not linear in it, a few nodes alone have some."""
        assert self.trial is not None
        found = weights(self.world, self.trial, self.seed)
        if self.nodal(self.trial):
            found[[i for i in range(len(found)) if i not in self._columns]] = 0
        return found

    @property
    def _columns(self) -> frozenset[int]:
        assert self.trial is not None
        count = self.world.nodes[self.trial.name].count
        return frozenset((self.seed + i * (count // _COLUMNS)) % count for i in range(_COLUMNS))

    @cached_property
    def meaning(self) -> Meaning:
        """What Warp must assemble; of a bilinear form, its matrix times :attr:`right`."""
        fields = dict(self.inputs.fields)
        if self.trial is None:
            return evaluate(self.program, self.world, fields, self.inputs.values)
        if not self.nodal(self.trial):
            fields[self.trial.name] = self.right
            return evaluate(self.program, self.world, fields, self.inputs.values)
        m = evaluate(self.program, self.world, fields, self.inputs.values, self._columns)
        magnitude = np.abs(self.right)
        error = np.where(magnitude, m.error, 0)  # what is not asked for has no error
        along = ([2, 3], [0, 1])
        return Meaning(
            np.tensordot(m.value, self.right, along),
            np.tensordot(error, magnitude, along),
            np.tensordot(m.size, magnitude, along),
        )


def compared(oracle: str, expected: Floats, actual: Floats, error: Floats, size: Floats) -> Opinion:
    """An opinion on two results: they differ somewhere by more than the error, or agree where that is small.

    Args:
        oracle: who asks.
        expected: what should be.
        actual: what is.
        error: how far they may differ; infinite where nothing is settled.
        size: what was added up, in absolute values.
    """
    expected, actual, error, size = (np.atleast_1d(x) for x in (expected, actual, error, size))
    if expected.shape != actual.shape:
        return Opinion(oracle, "disagree", "shape", "", "", str(expected.shape), str(actual.shape))
    with np.errstate(all="ignore"):
        settled = np.isfinite(error)
        wrong = settled & ~(np.abs(actual - expected) <= error)
        clear = settled & (error <= 1e-2 * np.maximum(size, 1e-30))
    if wrong.any():
        with np.errstate(all="ignore"):
            excess = np.where(wrong, np.abs(np.nan_to_num(actual - expected, nan=1e30)) / np.maximum(error, 1e-30), 0)
        at = np.unravel_index(int(excess.argmax()), expected.shape)
        where = f"entry {list(map(int, at))}"
        return Opinion(oracle, "disagree", "value", "", where, repr(float(expected[at])), repr(float(actual[at])))
    if not clear.any():
        return Opinion(oracle, "inconclusive", message="the result hangs on rounding")
    return Opinion(oracle, "agree")


def meaning(subject: Subject) -> Opinion | None:
    """What Warp assembles is the quadrature in NumPy."""
    m = subject.meaning
    return compared("meaning", m.value, subject.assembled, m.error, m.size)


def linearity(subject: Subject) -> Opinion | None:
    """The vector times coefficients is the integral with the field of those coefficients for a test function."""
    if subject.test is None or subject.trial is not None or subject.nodal(subject.test):
        return None
    return _linear(subject, "linearity", weights(subject.world, subject.test, subject.seed))


def unity(subject: Subject) -> Opinion | None:
    """The test functions sum to one: the vector's sum is the integral with the constant 1 for a test function."""
    if subject.test is None or subject.trial is not None or subject.nodal(subject.test):
        return None
    return _linear(subject, "unity", np.ones_like(weights(subject.world, subject.test, subject.seed)))


def _linear(subject: Subject, oracle: str, left: Floats) -> Opinion:
    assert subject.test is not None
    fields = tuple(replace(f, role="field") if f.role == "test" else f for f in subject.setting.fields)
    given = replace(subject.inputs, fields={**subject.inputs.fields, subject.test.name: left})
    number = subject.assemble(replace(subject.setting, fields=fields), given)
    m = subject.meaning
    error, size = (np.array(np.sum(x * np.abs(left))) for x in (m.error, m.size))
    return compared(oracle, np.array(np.sum(subject.assembled * left)), number, 2 * error + 1e-6 * size, size)


def transposition(subject: Subject) -> Opinion | None:
    """With test and trial function exchanged the matrix is the transposed one: a symmetric form has a symmetric one."""
    if subject.trial is None or subject.nodal(subject.test) or subject.nodal(subject.trial):
        return None
    other = {"test": "trial", "trial": "test"}
    fields = tuple(replace(f, role=other.get(f.role, f.role)) for f in subject.setting.fields)
    exchanged = subject.assemble(replace(subject.setting, fields=fields))
    m = subject.meaning
    actual = subject.contracted(np.transpose(exchanged, (2, 3, 0, 1)))
    return compared("transposition", subject.assembled, actual, 2 * m.error + 1e-6 * m.size, m.size)


def assembly(subject: Subject) -> Opinion | None:
    """Both ways of assembling give the same."""
    if subject.test is None or subject.nodal(subject.test) or subject.nodal(subject.trial):
        return None
    other = {"dispatch": "generic", "generic": "dispatch"}[subject.setting.assembly]
    m = subject.meaning
    actual = subject.contracted(subject.assemble(replace(subject.setting, assembly=other)))
    return compared("assembly", subject.assembled, actual, 2 * m.error + 1e-6 * m.size, m.size)


def translation(subject: Subject) -> Opinion | None:
    """Moving the mesh changes nothing, where the integrand does not ask where it is."""
    if set(_PLACES) & set(subject.program.productions):
        return None
    moved = subject.contracted(subject.assemble(given=replace(subject.inputs, shift=1.0)))
    m = subject.meaning
    return compared("translation", subject.assembled, moved, 4 * m.error + 2e-5 * m.size, m.size)


def divergence(subject: Subject) -> Opinion | None:
    """The divergence theorem on the program's geometry: what a field's divergence sums to leaves by the boundary."""
    return _numbers("divergence", *divergence_theorem(subject.setting, subject.seed))


def polynomials(subject: Subject) -> Opinion | None:
    """The program's quadrature is exact on a polynomial of its order."""
    return _numbers("polynomials", *exactness(subject.setting, subject.seed))


def _numbers(oracle: str, expected: float, actual: float, error: float) -> Opinion:
    return compared(oracle, np.array(expected), np.array(actual), np.array(error), np.array(100 * error))


@dataclass(frozen=True)
class Oracle:
    """One way to look at an integrand.

    Attributes:
        judge: its opinion, or ``None`` where it has nothing to say about the program.
        every: it looks at one program in so many: what assembles again costs another native compilation.
    """

    judge: Callable[[Subject], Opinion | None]
    every: int = 1


ORACLES: dict[str, Oracle] = {
    "meaning": Oracle(meaning),
    "linearity": Oracle(linearity, 3),
    "unity": Oracle(unity, 3),
    "transposition": Oracle(transposition, 2),
    "assembly": Oracle(assembly, 5),
    "translation": Oracle(translation, 5),
    "divergence": Oracle(divergence, 10),
    "polynomials": Oracle(polynomials, 10),
}
"""All of them, by name."""


def judge(program: Program, seed: int, names: tuple[str, ...]) -> list[Opinion]:
    """The opinions of those oracles whose turn it is.

    Args:
        program: an integrand.
        seed: of the program; it decides inputs and turns.
        names: of oracles.
    """
    subject = Subject(program, seed)
    opinions: list[Opinion] = []
    try:
        for name in names:
            oracle = ORACLES[name]
            if seed % oracle.every == 0 or len(names) == 1:
                opinions += [o for o in [_asked(name, oracle, subject)] if o is not None]
    finally:
        if "loaded" in vars(subject):
            subject.loaded.unload()
    return opinions


def _asked(name: str, oracle: Oracle, subject: Subject) -> Opinion | None:
    try:
        with np.errstate(all="ignore"):
            subject.meaning  # noqa: B018  # before Warp's part, so that what raises there is Warp's
    except (FloatingPointError, OverflowError) as error:
        return Opinion(name, "inconclusive", message=f"undefined: {error}")
    try:
        return oracle.judge(subject)
    except Exception as error:  # noqa: BLE001  # Warp raises what it likes
        return Opinion(name, "disagree", "build", f"{type(error).__name__}: {error}")


def result(program: Program, seed: int) -> Any:
    """What Warp assembles of a program for the inputs of a seed; for reproducers."""
    return Subject(program, seed).assemble()
