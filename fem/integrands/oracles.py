"""The oracles: what an assembled integrand must satisfy, by its meaning and by mathematics.

Each looks at one program in one way. What mathematics says holds between two of Warp's own results, so that even a
wrong meaning of ours could not hide a disagreement there; the meaning only says how far rounding may take them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from types import TracebackType
from typing import TypeAlias

import numpy as np

from warpsmith import ir
from warpsmith.fem.integrands.assemble import Inputs, assembled, make_assembly, make_world
from warpsmith.fem.integrands.identities import divergence_theorem, exactness
from warpsmith.fem.integrands.inputs import inputs, weights
from warpsmith.fem.integrands.meaning import Meaning, evaluate
from warpsmith.fem.integrands.mesh import Floats
from warpsmith.fem.integrands.setting import FieldArgument, Setting
from warpsmith.fem.integrands.world import World
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.harness import Holder, Oracle
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict

_COLUMNS = 2
_PLACES = (
    "fem.position", "fem.lookup", "fem.partition_lookup", "fem.element_closest_point", "fem.element_coordinates",
    "fem.at_node", "fem.to_inner_cell", "fem.to_outer_cell", "fem.to_cell_side",
)  # fmt: skip
"""Operators by which an integrand learns where it is; without them, moving the mesh changes nothing."""


class Subject:
    """One program with its inputs, its meaning and what Warp makes of it, each computed when first asked for.

    A context manager, at whose end the program is unloaded if it was loaded.

    Args:
        program: an integrand.
        seed: of the inputs.
    """

    def __init__(self, program: Program, seed: int) -> None:
        assert isinstance(program.launch, Setting)
        self.program, self.seed, self.setting = program, seed, program.launch
        self.test, self.trial = self.setting.role("test"), self.setting.role("trial")

    def __enter__(self) -> Subject:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "loaded" in vars(self):
            self.loaded.unload()

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
        return assembled(form, make_assembly(setting or self.setting, given or self.inputs))

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


def compared(oracle: str, expected: Floats, actual: Floats, error: Floats, size: Floats) -> Judgement:
    """A judgement of two results: they differ somewhere by more than the error, or agree where that is small.

    Args:
        oracle: who asks.
        expected: what should be.
        actual: what is.
        error: how far they may differ; infinite where nothing is settled.
        size: what was added up, in absolute values.
    """
    expected, actual, error, size = (np.atleast_1d(x) for x in (expected, actual, error, size))
    if expected.shape != actual.shape:
        return Judgement(oracle, Verdict.DISAGREE, Stage.SHAPE, "", "", str(expected.shape), str(actual.shape))
    with np.errstate(all="ignore"):
        settled = np.isfinite(error)
        wrong = settled & ~(np.abs(actual - expected) <= error)
        clear = settled & (error <= 1e-2 * np.maximum(size, 1e-30))
    if wrong.any():
        with np.errstate(all="ignore"):
            excess = np.where(wrong, np.abs(np.nan_to_num(actual - expected, nan=1e30)) / np.maximum(error, 1e-30), 0)
        at = np.unravel_index(int(excess.argmax()), expected.shape)
        where = f"entry {list(map(int, at))}"
        said, seen = repr(float(expected[at])), repr(float(actual[at]))
        return Judgement(oracle, Verdict.DISAGREE, Stage.VALUE, "", where, said, seen)
    if not clear.any():
        return Judgement(oracle, Verdict.INCONCLUSIVE, message="rounding decides the result")
    return Judgement(oracle, Verdict.AGREE)


def meaning(subject: Subject) -> Judgement | None:
    """What Warp assembles is the quadrature in NumPy."""
    m = subject.meaning
    return compared("meaning", m.value, subject.assembled, m.error, m.size)


def linearity(subject: Subject) -> Judgement | None:
    """The vector times coefficients is the integral with the field of those coefficients for a test function."""
    if subject.test is None or subject.trial is not None or subject.nodal(subject.test):
        return None
    return _linear(subject, "linearity", weights(subject.world, subject.test, subject.seed))


def unity(subject: Subject) -> Judgement | None:
    """The test functions sum to one: the vector's sum is the integral with the constant 1 for a test function."""
    if subject.test is None or subject.trial is not None or subject.nodal(subject.test):
        return None
    return _linear(subject, "unity", np.ones_like(weights(subject.world, subject.test, subject.seed)))


def _linear(subject: Subject, oracle: str, left: Floats) -> Judgement:
    assert subject.test is not None
    fields = tuple(replace(f, role="field") if f.role == "test" else f for f in subject.setting.fields)
    given = replace(subject.inputs, fields={**subject.inputs.fields, subject.test.name: left})
    number = subject.assemble(replace(subject.setting, fields=fields), given)
    m = subject.meaning
    error, size = (np.array(np.sum(x * np.abs(left))) for x in (m.error, m.size))
    return compared(oracle, np.array(np.sum(subject.assembled * left)), number, 2 * error + 1e-6 * size, size)


def transposition(subject: Subject) -> Judgement | None:
    """With test and trial function exchanged the matrix is the transposed one: a symmetric form has a symmetric one."""
    if subject.trial is None or subject.nodal(subject.test) or subject.nodal(subject.trial):
        return None
    other = {"test": "trial", "trial": "test"}
    fields = tuple(replace(f, role=other.get(f.role, f.role)) for f in subject.setting.fields)
    exchanged = subject.assemble(replace(subject.setting, fields=fields))
    m = subject.meaning
    actual = subject.contracted(np.transpose(exchanged, (2, 3, 0, 1)))
    return compared("transposition", subject.assembled, actual, 2 * m.error + 1e-6 * m.size, m.size)


def assembly(subject: Subject) -> Judgement | None:
    """Both ways of assembling give the same."""
    if subject.test is None or subject.nodal(subject.test) or subject.nodal(subject.trial):
        return None
    other = {"dispatch": "generic", "generic": "dispatch"}[subject.setting.assembly]
    m = subject.meaning
    actual = subject.contracted(subject.assemble(replace(subject.setting, assembly=other)))
    return compared("assembly", subject.assembled, actual, 2 * m.error + 1e-6 * m.size, m.size)


def translation(subject: Subject) -> Judgement | None:
    """Moving the mesh changes nothing, where the integrand does not ask where it is."""
    if set(_PLACES) & set(subject.program.productions):
        return None
    moved = subject.contracted(subject.assemble(given=replace(subject.inputs, shift=1.0)))
    m = subject.meaning
    return compared("translation", subject.assembled, moved, 4 * m.error + 2e-5 * m.size, m.size)


def divergence(subject: Subject) -> Judgement | None:
    """The divergence theorem on the program's geometry: what a field's divergence sums to leaves by the boundary."""
    return _numbers("divergence", *divergence_theorem(subject.setting, subject.seed))


def polynomials(subject: Subject) -> Judgement | None:
    """The program's quadrature is exact on a polynomial of its order."""
    return _numbers("polynomials", *exactness(subject.setting, subject.seed))


def _numbers(oracle: str, expected: float, actual: float, error: float) -> Judgement:
    return compared(oracle, np.array(expected), np.array(actual), np.array(error), np.array(100 * error))


Look: TypeAlias = Callable[[Subject], "Judgement | None"]
"""What an oracle says of one subject; ``None`` where it has nothing to say."""


def subject_of(case: Case) -> Subject:
    """The subject of a case, whose number is the seed of its inputs."""
    return Subject(case.program, case.number)


def _judge(name: str, look: Look, cases: Sequence[Case], session: Holder) -> list[Judgement | None]:
    return [_asked(name, look, session.held(case, subject_of)) for case in cases]


def _asked(name: str, look: Look, subject: Subject) -> Judgement | None:
    try:
        with np.errstate(all="ignore"):
            subject.meaning  # noqa: B018  # before Warp's part, so that what raises there is Warp's
    except (FloatingPointError, OverflowError) as error:
        return Judgement(name, Verdict.INCONCLUSIVE, message=f"undefined: {error}")
    try:
        return look(subject)
    except Exception as error:  # noqa: BLE001  # Warp raises what it likes
        return Judgement(name, Verdict.DISAGREE, Stage.BUILD, f"{type(error).__name__}: {error}")


def _oracle(name: str, look: Look, every: int = 1) -> Oracle[Holder]:
    return Oracle(name, partial(_judge, name, look), every=every, elsewhere=False, executes=False)


ORACLES: dict[str, Oracle[Holder]] = {
    oracle.name: oracle
    for oracle in (
        _oracle("meaning", meaning),
        # What assembles again costs another native compilation.
        _oracle("linearity", linearity, 3),
        _oracle("unity", unity, 3),
        _oracle("transposition", transposition, 2),
        _oracle("assembly", assembly, 5),
        _oracle("translation", translation, 5),
        _oracle("divergence", divergence, 10),
        _oracle("polynomials", polynomials, 10),
    )
}
"""All of them, by name."""
