"""A kernel of several: it may read what the kernels before it have read and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from warpsmith.grammar import spell
from warpsmith.grammar.body import Body, Construct
from warpsmith.grammar.constructs import assign
from warpsmith.grammar.functions import KernelFunction
from warpsmith.grammar.program import Argument, Step
from warpsmith.grammar.scope import Variable
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Array, Value

_SHARE = 60  # per cent: an input that an earlier kernel knows, where there is one
_STEMS_READ = ("src", "field", "data")


@dataclass(eq=False)
class Buffer:
    """An argument of the program: an array that its kernels share, or a value.

    Attributes:
        name: what the launch calls it.
        variable: the parameter of the first kernel that takes it.
        written: whether a kernel writes to it.
        read: whether a kernel has read it.
    """

    name: str
    variable: Variable
    written: bool
    read: bool = False


@dataclass
class Buffers:
    """The arguments of a program so far.

    Attributes:
        all: in the order in which kernels first take them.
        steps: the launches so far.
    """

    all: list[Buffer] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def close(self, kernel: str, function: PipelineStage) -> None:
        """The kernel is drawn: what it has for itself is there for those after it."""
        taken = {b.name for b in self.all}
        names = []
        for v in function.parameters:
            if (known := function.known.get(v.name)) is None:
                name = v.name if v.name not in taken else f"{kernel.replace('.', '_')}_{v.name}"
                known = Buffer(name, v, v.role != "input", v.role == "input")
                self.all.append(known)
            names.append(known.name)
        self.steps.append(Step(kernel, function.dim, tuple(names)))

    def arguments(self) -> tuple[Argument, ...]:
        """The launch's description of them."""
        return tuple(Argument(b.name, b.variable.type, b.variable.extents, b.written) for b in self.all)


class PipelineStage(KernelFunction):
    """A kernel while its body is drawn.

    Attributes:
        buffers: arguments of the kernels before it.
        known: those of them that it takes, by its parameter.
    """

    def __init__(self, dim: tuple[int, ...], buffers: Buffers) -> None:
        super().__init__(dim)
        self.buffers = buffers
        self.known: dict[str, Buffer] = {}
        self._nested = 0

    def indices(self, body: Body, array: Variable) -> list[Expr]:
        """As in any kernel; an index that is an element in turn has simple ones.

        The arrays of other kernels have other extents than this one's threads, so that most indices are computed: were
        they elements of elements without a limit, drawing would not end.
        """
        if self._nested:
            return [self._simple(body, extent) for extent in array.extents]
        self._nested += 1
        found = super().indices(body, array)
        self._nested -= 1
        return found

    def _simple(self, body: Body, extent: int) -> Expr:
        """The thread's own index where one fits, or a literal."""
        fitting = [v for v in self.threads if v.bound is not None and v.bound <= extent]
        if fitting and body.chooser.chance(70):
            return body.read(body.chooser.choose(fitting))
        return spell.integer(body.chooser.integer(0, extent - 1))

    def new_input(self, body: Body, t: Value, dimensions: int | None = None) -> Variable:
        """An array that an earlier kernel knows, or a new one."""
        fitting = [b for b in self._free() if b.variable.type.dtype is t]  # type: ignore[union-attr]
        if dimensions is not None:
            fitting = [b for b in fitting if b.variable.type.ndim == dimensions]  # type: ignore[union-attr]
        if fitting and body.chooser.chance(_SHARE):
            return self.take(body, body.chooser.choose(fitting))
        return super().new_input(body, t, dimensions)

    def take(self, body: Body, buffer: Buffer) -> Variable:
        """The array as an input of this kernel."""
        shared = buffer.variable
        name = body.new_name(_STEMS_READ)
        buffer.read = True
        self.known[name] = buffer
        return self.add(
            body, Variable(name, shared.type, mutable=False, unread=False, extents=shared.extents, role="input")
        )

    def unread(self) -> list[Buffer]:
        """What earlier kernels have written and none has read, or what they have written at all."""
        written = [b for b in self._free() if b.written]
        return [b for b in written if not b.read] or written

    def _free(self) -> list[Buffer]:
        """Arrays of earlier kernels that this one does not take yet."""
        return [b for b in self.buffers.all if isinstance(b.variable.type, Array) and b not in self.known.values()]


def reading(stage: PipelineStage) -> Construct:
    """A construct that reads what an earlier kernel has written."""

    def read(body: Body, budget: int) -> list[Stmt]:
        found: Sequence[Buffer] = stage.unread()
        if not found:  # taken as an input meanwhile
            known = [v for v in stage.parameters if v.name in stage.known and stage.known[v.name].written]
            array = body.chooser.choose(known)
        else:
            array = stage.take(body, body.chooser.choose(found))
        t = array.type.dtype  # type: ignore[union-attr]
        return [assign.bind(body, t, stage.element(body, array))]

    return Construct("read of another kernel's result", read)
