"""How a kernel stands in its file: plain, with options, behind another decorator, in a factory or class, or generic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst
import warp as wp

from warpsmith.grammar import spell, types
from warpsmith.grammar.body import Body
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.constructs import assign
from warpsmith.grammar.kernels import annotation
from warpsmith.grammar.modules.stage import PipelineStage
from warpsmith.grammar.spell import Expr, Stmt

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
    options: dict[str, Expr] = {}
    form = chooser.choose(("bounds", "unique", "module options", "forward only"), (45, 25, 18, 12))
    if form in ("bounds", "unique"):
        threads = spell.integer(chooser.choose((128, 256, 64)))
        pair = spell.parenthesized([threads, spell.integer(chooser.choose((1, 2)))])
        options["launch_bounds"] = pair if chooser.chance(40) else threads
    if form == "forward only":
        options["enable_backward"] = spell.name("False")
    if form in ("unique", "module options"):
        options["module"] = cst.SimpleString('"unique"')
    if form == "module options":
        some = (
            ("max_unroll", spell.integer(16)),
            ("fuse_fp", spell.boolean_literal(chooser.chance(50))),
            ("lineinfo", spell.name("True")),
            ("enable_backward", spell.name("True")),
            ("fast_math", spell.name("False")),
        )
        name, value = chooser.choose(some)
        options["module_options"] = spell.dictionary([(cst.SimpleString(f'"{name}"'), value)])

    def enclose(definition: cst.FunctionDef, stage: PipelineStage) -> list[Stmt]:
        return [definition.with_changes(decorators=[cst.Decorator(spell.call("wp.kernel", **options))])]

    return KernelPlacement(f"kernel option: {form}", enclose=enclose, launched=kernel)


def _in_factory(chooser: Chooser, kernel: str) -> KernelPlacement:
    """A factory that closes over a number, which the kernel reads first."""
    count, value = chooser.choose(("order", "degree", "levels")), chooser.integer(1, 6)
    t = chooser.choose((wp.int32, wp.float32))

    def begin(body: Body) -> list[Stmt]:
        read = spell.call("int" if t is wp.int32 else "float", spell.name(count))
        return [assign.bind(body, t, read)]

    def enclose(definition: cst.FunctionDef, stage: PipelineStage) -> list[Stmt]:
        body = [spell.inner(definition), spell.returns(spell.name(kernel))]
        maker = spell.function((), f"make_{kernel}", [(count, spell.name("int"))], body)
        return [maker, spell.assign(spell.name(f"{kernel}_kernel"), spell.call(f"make_{kernel}", spell.integer(value)))]

    return KernelPlacement("kernel made by a factory", begin, enclose, f"{kernel}_kernel")


def _in_class(chooser: Chooser, kernel: str) -> KernelPlacement:
    """A class that holds the kernel."""
    owner = chooser.choose(("Solver", "Stepper", "Model")) + kernel.title()

    def enclose(definition: cst.FunctionDef, stage: PipelineStage) -> list[Stmt]:
        return [spell.classed(owner, [spell.inner(definition)])]

    return KernelPlacement("kernel in a class", enclose=enclose, launched=f"{owner}.{kernel}")


def _decorated(chooser: Chooser, kernel: str) -> KernelPlacement:
    """A second decorator, which returns what it is given."""
    register, outside = f"register_{kernel}", chooser.chance(60)

    def enclose(definition: cst.FunctionDef, stage: PipelineStage) -> list[Stmt]:
        same = spell.function((), register, [("kernel", None)], [spell.returns(spell.name("kernel"))])
        both = [cst.Decorator(spell.name(register)), *definition.decorators]
        return [same, definition.with_changes(decorators=both if outside else both[::-1])]

    return KernelPlacement("kernel behind a second decorator", enclose=enclose, launched=kernel)


def _generic(chooser: Chooser, kernel: str) -> KernelPlacement:
    """A generic kernel and the overload that is launched."""
    launched = f"{kernel}_{chooser.choose(('typed', 'overload'))}"

    def enclose(definition: cst.FunctionDef, stage: PipelineStage) -> list[Stmt]:
        open_ = [v for v in stage.parameters if types.kind(getattr(v.type, "dtype", v.type)) != "struct"]
        open_ = [v for v in open_ if chooser.chance(60)] or open_[:1]
        if not open_:  # nothing but structs
            return [definition, spell.assign(spell.name(launched), spell.name(kernel))]
        named = {v.name for v in open_}
        params = [
            p.with_changes(annotation=p.annotation.with_changes(annotation=annotation(v.type, untyped=True)))  # type: ignore[union-attr]
            if v.name in named
            else p
            for p, v in zip(definition.params.params, stage.parameters, strict=True)
        ]
        made = definition.with_changes(params=definition.params.with_changes(params=params))
        pairs = [(cst.SimpleString(f'"{v.name}"'), annotation(v.type)) for v in open_]
        overload = spell.call("wp.overload", spell.name(kernel), spell.dictionary(pairs))
        return [made, spell.assign(spell.name(launched), overload)]

    return KernelPlacement("generic kernel", enclose=enclose, launched=launched)
