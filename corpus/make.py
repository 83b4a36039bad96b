"""From seeds to rows: every stage of a program's life, in one process, each on its own clock."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from warpsmith import ir
from warpsmith.corpus.near import signature
from warpsmith.corpus.row import DIGESTS, PARTS, VERDICTS, Record, provenance
from warpsmith.corpus.tokens import count_tokens
from warpsmith.corpus.unit import Configuration
from warpsmith.errors import CodegenError, CompileError, CorpusError, WarpsmithError
from warpsmith.grammar.program import Program
from warpsmith.ir.child import seconds_of_children
from warpsmith.ir.digest import GENERATED, combine
from warpsmith.ir.splits import held_out
from warpsmith.synthesizer.family import Family

if TYPE_CHECKING:
    from warpsmith.corpus.execution import Examiner

_BEFORE_A_LAUNCH = ("load:", "codegen:", "compile:")
"""Stages at which a program that is to be launched is refused; how it ends later is a verdict."""

Announce: TypeAlias = "Callable[[str, int | None, str | None], None]"
"""Called with the stage that begins and the seed, ``None`` for the whole batch; or with a program that was drawn."""


class Clock:
    """CPU seconds of this process and of those that launch programs, by stage.

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
class _Pending:
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


class Maker:
    """Makes the rows of some seeds, in this process; a context manager.

    Args:
        family: draws the programs.
        configuration: which levels, and how far a program is followed.
        announce: told every step before it begins; see :data:`Announce`.

    Attributes:
        clock: has the CPU time of every stage.
    """

    def __init__(
        self, family: Family, configuration: Configuration, announce: Announce = lambda stage, seed, source: None
    ) -> None:
        self.family, self.configuration, self.clock = family, configuration, Clock()
        self._announce = announce
        self._examiner: Examiner | None = None

    def __enter__(self) -> Maker:
        """Start a process for programs to be launched in, if they are to be launched."""
        if self.configuration.check == "execute":
            from warpsmith.corpus.execution import Examiner  # it takes a second that others need not spend

            self._examiner = Examiner(self.family).__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._examiner is not None:
            self._examiner.__exit__(kind, error, trace)

    def records(self, seeds: Sequence[int]) -> list[Record]:
        """The rows, in order; a program that is refused has its stage and reason instead of its IR.

        Args:
            seeds: a batch; their kernels are compiled together.

        Raises:
            CorpusError: drawing or checking a program failed, which is a bug of ours; the message has the seed.
        """
        pending = [self._drawn(seed) for seed in seeds]
        try:
            self._load([p for p in pending if p.alive])
            self._capture([p for p in pending if p.alive])
            if self._examiner is not None:
                self._execute([p for p in pending if p.alive], self._examiner)
        finally:
            with self.clock.stage("unload"):
                for p in pending:
                    if p.loaded is not None:
                        p.loaded.unload()
        return [p.record for p in pending]

    def _drawn(self, seed: int) -> _Pending:
        clock = self.clock
        self._announce("draw", seed, None)
        with _naming(self.family, seed):
            with clock.stage("synthesis"):
                program = self.family.synthesize(seed)
            with clock.stage("render"):
                source = program.source
            self._announce("draw", seed, source)
            with clock.stage("check"):
                diagnostics = self.family.check(program).diagnostics
        with clock.stage("record"):
            record = provenance(program, source, seed, self.configuration)
            record.update(dict.fromkeys(VERDICTS), refused=None, reason=None, held_out=held_out(program.productions))
            drawn = _Pending(record, program)
            if diagnostics:
                drawn.refuse("checked", "\n".join(str(d) for d in diagnostics))
            else:
                drawn.passes("checked")
        return drawn

    def _load(self, pending: list[_Pending]) -> None:
        for p in pending:
            self._announce("load", p.record["seed"], None)
            try:
                with self.clock.stage("load"):
                    p.loaded = ir.load(p.record["source"])
                with self.clock.stage("warp kernel"):  # where the program is no kernel yet, Warp makes one
                    p.kernel = self.family.kernel(p.program, p.loaded)
            except CodegenError as error:
                p.refuse_by(error)
            except MemoryError:  # the machine's refusal, not Warp's
                raise
            except Exception as error:  # noqa: BLE001  # Warp's decorators raise what they like: a refusal, kept
                p.refuse("codegen", f"{type(error).__name__}: {error}")

    def _capture(self, pending: list[_Pending]) -> None:
        levels, clock = self.configuration.levels, self.clock
        self._announce("capture", None, None)
        compile_cpu = self.configuration.check == "compile"  # who executes compiles, too
        with clock.stage("capture"):
            kernels = [p.kernel for p in pending]
            captured = ir.capture_many(kernels, levels, arch=self.configuration.arch, compile_cpu=compile_cpu)
        native = compile_cpu or (self._examiner is None and not GENERATED.issuperset(levels))
        for p, result in zip(pending, captured, strict=True):
            if isinstance(result, WarpsmithError):
                p.refuse_by(result)
                continue
            p.passes("codegen")
            if native:
                p.passes("compiled")
            for stage, seconds in result.seconds.items():
                clock.move(seconds, "capture", f"warp {stage}")
            with clock.stage("record"):
                p.record.update(level_cells(result))
            with clock.stage("minhash"):
                p.record["minhash"] = signature(p.record, levels)
            with clock.stage("tokens"):
                p.record.update(_token_cells(result))

    def _execute(self, pending: list[_Pending], examiner: Examiner) -> None:
        before = seconds_of_children()
        self._announce("execute", None, None)
        with self.clock.stage("execute"):
            examined = examiner.examine([p.program for p in pending], [p.record["seed"] for p in pending])
        self.clock.seconds["warp execute"] += seconds_of_children() - before
        for p, columns in zip(pending, examined, strict=True):
            p.record.update(columns)
            failure = columns["execution_failure"]
            if failure and failure.startswith(_BEFORE_A_LAUNCH):
                p.refuse("compiled", failure)
            else:
                p.passes("compiled")


@contextmanager
def _naming(family: Family, seed: int) -> Iterator[None]:
    """Put the seed into whatever goes wrong: without it nobody can make the failing program again."""
    try:
        yield
    except (WarpsmithError, ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError,
            ValueError) as error:  # fmt: skip
        raise CorpusError(f"{family.name} seed {seed}: {type(error).__name__}: {error}") from error


def level_cells(captured: ir.IR) -> Record:
    """The IR's columns, and the row's three digests."""
    cells: Record = {}
    for name, level in captured.levels.items():
        cells[f"{name}_forward"], cells[f"{name}_backward"] = level.forward, level.backward
        for digest in DIGESTS:
            cells[f"{name}_{digest}"] = getattr(level, digest)
    cells["line_map"] = ir.line_map(captured)
    for digest in DIGESTS:
        cells[digest] = combine(digest, {name: getattr(level, digest) for name, level in captured.levels.items()})
    return cells


def _token_cells(captured: ir.IR) -> Record:
    return {
        f"{name}_{part}_tokens": count_tokens(getattr(level, part))
        for name, level in captured.levels.items()
        for part in PARTS
    }
