"""A program: the tree, how to launch it, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import libcst as cst

from warpsmith.grammar import types
from warpsmith.grammar.types import Type


@dataclass(frozen=True)
class Object:
    """A small object that is built for the launch and handed in by its handle; its numbers are input data.

    Attributes:
        kind: ``mesh``, ``bvh``, ``grid`` or ``volume``.
        size: faces, boxes, points, or voxels along an edge.
        style: of a mesh ``closed`` or ``open``, of a volume the type of its voxels.
    """

    kind: str
    size: int
    style: str = ""


@dataclass(frozen=True)
class Argument:
    """One argument of the entry kernel.

    Attributes:
        name: the parameter's name; of a field of a struct that is launched field by field, ``args.options.scale``.
        type: a value type, or an :class:`~grammar.types.Array`.
        shape: extents of the array, one per dimension; ``()`` for a value.
        written: whether the kernel writes to it.
        range: least and greatest value that its components are drawn from; ``None`` for whatever the recipe draws.
        object: what stands behind it, if it is a handle; its type is ``wp.uint64`` then.
        part: of an array whose contents are a part of an object: the object's parameter, and which part,
            ``("grid", "points")``.
        indexed: whether the array is a ``wp.indexedarray``: every other element of a larger one, the last one first.
            Warp 1.19 has no derivatives for a kernel with such a parameter (issue 1479 of its repository).
    """

    name: str
    type: Type
    shape: tuple[int, ...] = ()
    written: bool = False
    range: tuple[float, float] | None = None
    object: Object | None = None
    part: tuple[str, str] | None = None
    indexed: bool = False

    @property
    def parameter(self) -> str:
        """The kernel's parameter that it is, or is a field of."""
        return self.name.partition(".")[0]

    def describe(self) -> dict[str, Any]:
        """The argument as plain data; an object and a part are there where there are any."""
        made = {"name": self.name, "type": types.name(self.type), "shape": list(self.shape), "written": self.written}
        if self.object is not None:
            made["object"] = {"kind": self.object.kind, "size": self.object.size, "style": self.object.style}
        if self.range is not None:
            made["range"] = list(self.range)
        if self.indexed:
            made["indexed"] = True
        return made if self.part is None else {**made, "part": list(self.part)}


@dataclass(frozen=True)
class Step:
    """The launch of one kernel of a program that launches several.

    Attributes:
        kernel: what the source calls it at module level, ``"Solver.step"`` for one in a class.
        dim: threads per dimension.
        arguments: names of the program's arguments, in the order of the kernel's parameters.
    """

    kernel: str
    dim: tuple[int, ...]
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Launch:
    """How the entry kernel is launched, and the kernels before it.

    Attributes:
        dim: threads per dimension (1 to 4); blocks, where the kernel is cooperative.
        arguments: in order; of a program with steps, those of all its kernels.
        block_dim: threads per block of a cooperative kernel, for ``wp.launch_tiled``; 1 where threads do work of their
            own, too, so that no other number means the same; 0 for any other kernel.
        steps: of a program that launches several kernels, the launches in order, the entry's the last; else none.
    """

    dim: tuple[int, ...] = ()
    arguments: tuple[Argument, ...] = ()
    block_dim: int = field(default=0, kw_only=True)
    steps: tuple[Step, ...] = field(default=(), kw_only=True)

    def parts(self, parameter: str) -> dict[str, int]:
        """Where the arguments stand that a kernel is given for a parameter.

        Args:
            parameter: what a step says.

        Returns:
            The number of the argument under ``""``; or by its path, of each field of a struct.
        """
        return {
            a.name[len(parameter) :].removeprefix("."): i
            for i, a in enumerate(self.arguments)
            if a.name == parameter or a.name.startswith(f"{parameter}.")
        }

    def describe(self) -> dict[str, Any]:
        """The launch as plain data: ``dim``, and name, type, shape and whether it is written to for each argument.

        That of a cooperative kernel has a ``block_dim``, too; that of several kernels has ``steps``, each with
        ``kernel``, ``dim`` and the names of its ``arguments``.
        """
        made = {"dim": list(self.dim), **({"block_dim": self.block_dim} if self.block_dim else {})}
        made["arguments"] = [a.describe() for a in self.arguments]
        if self.steps:
            made["steps"] = [
                {"kernel": s.kernel, "dim": list(s.dim), "arguments": list(s.arguments)} for s in self.steps
            ]
        return made

    def __str__(self) -> str:
        shapes = ", ".join(f"{a.name}{list(a.shape)}" if a.shape else a.name for a in self.arguments)
        block = f", block_dim={self.block_dim}" if self.block_dim else ""
        steps = "".join(f"; {s.kernel}(dim={s.dim}, {', '.join(s.arguments)})" for s in self.steps)
        return f"dim={self.dim}{block}, arguments: {shapes}{steps}"


@dataclass(frozen=True, repr=False)
class Program:
    """One synthesized program.

    Attributes:
        module: the whole source file: imports, structs, functions, the kernel.
        entry: name of the kernel that is launched; of several, the last.
        launch: dimensions and arguments.
        choices: what the chooser was asked for, in order; replaying them gives the same program.
        productions: sorted names of the productions and constructs that occur, ``"dot(vec3f, vec3f)"``.
    """

    module: cst.Module
    entry: str
    launch: Launch
    choices: tuple[int, ...]
    productions: tuple[str, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The launches of the program in order: that of the entry alone, unless there are more."""
        launch = self.launch
        names = dict.fromkeys(a.parameter for a in launch.arguments)
        return launch.steps or (Step(self.entry, launch.dim, tuple(names)),)

    @cached_property
    def source(self) -> str:
        """The rendered source; the same tree always renders to the same bytes."""
        return self.module.code

    def launched(self, launch: Launch) -> Program:
        """The same program, launched differently."""
        made = replace(self, launch=launch)
        if "source" in vars(self):  # rendering takes a while, and the tree is the same
            vars(made)["source"] = self.source
        return made

    def __repr__(self) -> str:
        # A failing example is printed by its repr: the source and the launch are what one wants to see.
        return f"Program({self.launch})\n{self.source}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # Hypothesis prints dataclasses field by field otherwise, the whole tree among them.
        printer.text(repr(self))
