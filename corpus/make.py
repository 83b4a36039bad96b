"""From seeds to rows: every stage of a program's life, in one process, each on its own clock."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from warpsmith import ir
from warpsmith.corpus.row import DIGESTS, GENERATED, VERDICTS, Record, combine, provenance
from warpsmith.corpus.unit import Configuration
from warpsmith.errors import CodegenError, CompileError, CorpusError, WarpsmithError
from warpsmith.grammar.program import Program
from warpsmith.ir.execute import Executor, Job
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.inputs import inputs


class Clock:
    """CPU seconds of this process, by stage.

    Attributes:
        seconds: what each stage took; stages that begin with ``"warp "`` are Warp's own code generator and native
            compilers, all others are ours.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measures the body of a ``with`` statement."""
        start = time.process_time()
        try:
            yield
        finally:
            self.seconds[name] += time.process_time() - start

    def move(self, seconds: float, source: str, target: str) -> None:
        """Book time that one stage measured to another."""
        self.seconds[source] -= seconds
        self.seconds[target] += seconds


@dataclass
class _Draft:
    """A program on its way to a row."""

    record: Record
    program: Program
    loaded: ir.Loaded | None = None
    kernel: Any = field(default=None, repr=False)

    @property
    def alive(self) -> bool:
        return self.record["refused"] is None

    def passes(self, stage: str) -> None:
        self.record[stage] = True

    def refuse(self, stage: str, reason: str) -> None:
        self.record.update({stage: False, "refused": stage, "reason": reason})
        # Without a digest, a program that was refused late is no row either.
        self.record.update(dict.fromkeys(DIGESTS))

    def refuse_by(self, error: WarpsmithError) -> None:
        if isinstance(error, CompileError):
            self.passes("codegen")
            self.refuse("compiled", f"{error}\n{error.log}".strip())
        else:
            self.refuse("codegen", str(error))


def make_records(
    family: Family,
    configuration: Configuration,
    seeds: Sequence[int],
    clock: Clock | None = None,
    executor: Executor | None = None,
) -> list[Record]:
    """The rows of some seeds, in order; a program that is refused has its stage and reason instead of its IR.

    Args:
        family: draws the programs.
        configuration: which levels, and how far a program is followed.
        seeds: a batch; their kernels are compiled together.
        clock: takes the CPU time of every stage.
        executor: launches the programs; without one they are not launched.

    Raises:
        CorpusError: drawing or checking a program failed, which is a bug of ours; the message has the seed.
    """
    clock = clock or Clock()
    drafts = [_draft(family, configuration, seed, clock) for seed in seeds]
    try:
        _load([d for d in drafts if d.alive], family, clock)
        _capture([d for d in drafts if d.alive], configuration, clock)
        if executor is not None:
            _execute([d for d in drafts if d.alive], executor, clock)
    finally:
        with clock.stage("unload"):
            for d in drafts:
                if d.loaded is not None:
                    d.loaded.unload()
    return [d.record for d in drafts]


def _draft(family: Family, configuration: Configuration, seed: int, clock: Clock) -> _Draft:
    with _naming(family, seed):
        with clock.stage("synthesis"):
            program = family.synthesize(seed)
        with clock.stage("render"):
            source = program.source
        with clock.stage("check"):
            diagnostics = family.check(program).diagnostics
    with clock.stage("record"):
        record = provenance(program, source, seed, configuration)
        record.update(dict.fromkeys(VERDICTS), refused=None, reason=None)
        draft = _Draft(record, program)
        if diagnostics:
            draft.refuse("checked", "\n".join(str(d) for d in diagnostics))
        else:
            draft.passes("checked")
    return draft


@contextmanager
def _naming(family: Family, seed: int) -> Iterator[None]:
    """Put the seed into whatever goes wrong: without it nobody can make the failing program again."""
    try:
        yield
    except (WarpsmithError, ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError,
            ValueError) as error:  # fmt: skip
        raise CorpusError(f"{family.name} seed {seed}: {type(error).__name__}: {error}") from error


def _load(drafts: list[_Draft], family: Family, clock: Clock) -> None:
    for d in drafts:
        try:
            with clock.stage("load"):
                d.loaded = ir.load(d.record["source"])
            with clock.stage("warp kernel"):  # where the program is no kernel yet, Warp makes one
                d.kernel = family.kernel(d.program, d.loaded)
        except CodegenError as error:
            d.refuse_by(error)
        except Exception as error:  # noqa: BLE001  # Warp's decorators raise what they like: a refusal, kept
            d.refuse("codegen", f"{type(error).__name__}: {error}")


def _capture(drafts: list[_Draft], configuration: Configuration, clock: Clock) -> None:
    compile_cpu = configuration.check != "codegen"
    with clock.stage("capture"):
        captured = ir.capture_many(
            [d.kernel for d in drafts], configuration.levels, arch=configuration.arch, compile_cpu=compile_cpu
        )
    native = compile_cpu or not GENERATED.issuperset(configuration.levels)
    for d, result in zip(drafts, captured, strict=True):
        if isinstance(result, WarpsmithError):
            d.refuse_by(result)
            continue
        d.passes("codegen")
        if native:
            d.passes("compiled")
        for stage, seconds in result.seconds.items():
            clock.move(seconds, "capture", f"warp {stage}")
        with clock.stage("record"):
            d.record.update(_level_cells(result))


def _level_cells(captured: ir.IR) -> Record:
    """The IR's columns, and the row's three digests."""
    cells: Record = {}
    for name, level in captured.levels.items():
        cells[f"{name}_forward"], cells[f"{name}_backward"] = level.forward, level.backward
        for digest in DIGESTS:
            cells[f"{name}_{digest}"] = getattr(level, digest)
    for digest in DIGESTS:
        cells[digest] = combine(digest, {name: getattr(level, digest) for name, level in captured.levels.items()})
    return cells


def _execute(drafts: list[_Draft], executor: Executor, clock: Clock) -> None:
    with clock.stage("execute"):
        for d, result in zip(drafts, executor.run_many([_job(d) for d in drafts]), strict=True):
            if result.failure is not None:
                d.refuse("executed", f"{result.failure.stage}: {result.failure.message}")
            else:
                d.passes("executed")


def _job(draft: _Draft) -> Job:
    record, program = draft.record, draft.program
    return Job(record["source"], program.entry, program.launch.dim, (tuple(inputs(program, record["seed"])),))
