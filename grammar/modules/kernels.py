"""How a kernel stands in its file: plain, with options, behind another decorator, in a factory or class, or generic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst
import warp as wp

from warpsmith.grammar import placements, spell
from warpsmith.grammar.body import Body
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.constructs import assign
from warpsmith.grammar.modules.stage import PipelineStage
from warpsmith.grammar.spell import Stmt

Begin = Callable[[Body], list[Stmt]]


@dataclass(frozen=True)
class KernelPlacement:
    """Where a kernel stands.

    Attributes:
        name: what programs list among their productions; empty for a plain kernel.
        begin: the kernel's first statements.
        enclose: of the kernel's definition, what stands in the file instead.
        launched: what the kernel is called at the top level.
    """

    name: str = ""
    begin: Begin | None = None
    enclose: Callable[[cst.FunctionDef, PipelineStage], list[Stmt]] = lambda kernel, stage: [kernel]
    launched: str = ""


_DOCSTRINGS = ("One thread per element.", "Writes its own element, reads any.", "Launched once per step.")


def documented(chooser: Chooser, kernel: cst.FunctionDef) -> cst.FunctionDef:
    """The kernel, now and then with a docstring."""
    if not chooser.chance(12):
        return kernel
    text = spell.expression(cst.SimpleString(f'"""{chooser.choose(_DOCSTRINGS)}"""'))
    return kernel.with_changes(body=kernel.body.with_changes(body=[text, *kernel.body.body]))


def place(chooser: Chooser, kernel: str) -> KernelPlacement:
    """Draws where the kernel of that name stands."""
    draw = chooser.choose((_plain, _with_options, _in_factory, _generic, _in_class, _decorated), (44, 20, 12, 10, 8, 6))
    return draw(chooser, kernel)


def _plain(chooser: Chooser, kernel: str) -> KernelPlacement:
    return KernelPlacement(launched=kernel)


def _with_options(chooser: Chooser, kernel: str) -> KernelPlacement:
    """Options of the kernel, or of a module of its own."""
    form = chooser.choose(tuple(_OPTIONS), (45, 25, 18, 12))
    options = placements.kernel_options(chooser, _OPTIONS[form])

    def enclose(definition: cst.FunctionDef, stage: PipelineStage) -> list[Stmt]:
        return [placements.with_options(definition, "wp.kernel", options)]

    return KernelPlacement(f"kernel option: {form}", enclose=enclose, launched=kernel)


_OPTIONS = {
    "bounds": ("launch_bounds",),
    "unique": ("launch_bounds", "module"),
    "module options": ("module", "module_options"),
    "forward only": ("enable_backward",),
}


def _in_factory(chooser: Chooser, kernel: str) -> KernelPlacement:
    """A factory that closes over a number, which the kernel reads first."""
    count, value = chooser.choose(("order", "degree", "levels")), chooser.integer(1, 6)
    t = chooser.choose((wp.int32, wp.float32))

    def begin(body: Body) -> list[Stmt]:
        read = spell.call("int" if t is wp.int32 else "float", spell.name(count))
        return [assign.bind(body, t, read)]

    def enclose(definition: cst.FunctionDef, stage: PipelineStage) -> list[Stmt]:
        closed = [(count, spell.name("int"), spell.integer(value))]
        return placements.in_factory(definition, f"make_{kernel}", f"{kernel}_kernel", closed)

    return KernelPlacement("kernel made by a factory", begin, enclose, f"{kernel}_kernel")


def _in_class(chooser: Chooser, kernel: str) -> KernelPlacement:
    """A class that holds the kernel."""
    owner = chooser.choose(("Solver", "Stepper", "Model")) + kernel.title()

    def enclose(definition: cst.FunctionDef, stage: PipelineStage) -> list[Stmt]:
        return placements.in_class(definition, owner)

    return KernelPlacement("kernel in a class", enclose=enclose, launched=f"{owner}.{kernel}")


def _decorated(chooser: Chooser, kernel: str) -> KernelPlacement:
    """A second decorator, which returns what it is given."""
    register, outside = f"register_{kernel}", chooser.chance(60)

    def enclose(definition: cst.FunctionDef, stage: PipelineStage) -> list[Stmt]:
        return placements.behind(definition, register, "kernel", outside=outside)

    return KernelPlacement("kernel behind a second decorator", enclose=enclose, launched=kernel)


def _generic(chooser: Chooser, kernel: str) -> KernelPlacement:
    """A generic kernel and the overload that is launched."""
    launched = f"{kernel}_{chooser.choose(('typed', 'overload'))}"

    def enclose(definition: cst.FunctionDef, stage: PipelineStage) -> list[Stmt]:
        fitting = [v for v in stage.parameters if placements.openable(v.type)]
        open_ = [v for v in fitting if chooser.chance(60)] or fitting[:1]
        if not open_:  # nothing but structs
            return [definition, spell.assign(spell.name(launched), spell.name(kernel))]
        parameters = [(v.name, v.type) for v in stage.parameters]
        return placements.overloaded(definition, launched, parameters, {v.name for v in open_})

    return KernelPlacement("generic kernel", enclose=enclose, launched=launched)
