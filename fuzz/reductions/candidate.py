"""What is reduced: a program with the data of one launch; and what an edit of it is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import libcst as cst
import numpy as np
import numpy.typing as npt

from warpsmith.fuzz.reductions.trees import Replacement, replaced
from warpsmith.grammar import types
from warpsmith.grammar.operations.values import round_bfloat16
from warpsmith.grammar.program import Argument, Launch, Program, Step
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.reading import walk

Data: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Candidate:
    """A program and one array per launch argument, shaped as :func:`synthesizer.inputs.inputs` shapes them."""

    program: Program
    data: tuple[Data, ...]

    @property
    def module(self) -> cst.Module:
        """The program's tree."""
        return self.program.module

    @property
    def launch(self) -> Launch:
        """How the program is launched."""
        return self.program.launch

    def with_module(self, module: cst.Module) -> Candidate:
        """The same launch of another tree. What the program was drawn from no longer describes it, and goes."""
        return replace(self, program=replace(self.program, module=module, choices=(), productions=()))

    def with_launch(
        self, dim: Sequence[int], arguments: Sequence[tuple[Argument, Data]], steps: tuple[Step, ...] | None = None
    ) -> Candidate:
        """The same tree launched otherwise; extents are read off the data. Steps stay, unless others come."""
        described = tuple(replace(a, shape=extents(a, data)) for a, data in arguments)
        others = self.launch.steps if steps is None else steps
        launch = replace(self.launch, dim=tuple(dim), arguments=described, steps=others)
        program = replace(self.program, launch=launch)
        return replace(self, program=program, data=tuple(data for _, data in arguments))

    @property
    def arguments(self) -> list[tuple[Argument, Data]]:
        """Each argument with its data."""
        return list(zip(self.launch.arguments, self.data, strict=True))

    @cached_property
    def key(self) -> bytes:
        """Equal for candidates that are the same."""
        launched = [(a.name, d.shape, d.dtype.str) for a, d in self.arguments]
        digest = hashlib.sha256(repr((self.program.source, self.program.steps, launched)).encode())
        for data in self.data:
            digest.update(data.tobytes())
        return digest.digest()

    @cached_property
    def text(self) -> int:
        """How much there is to read in the source, as if every name had four letters and a truth value one."""
        return len(_NAME.sub("name", _TRUTH.sub("1", self.program.source)))

    @cached_property
    def size(self) -> tuple[int, int, int]:
        """What a reduction makes smaller: the text first, then its literals, then the launch."""
        parts = list(walk(self.module))
        literals = sum(_odd(n.value) for n in parts if isinstance(n, (cst.Integer, cst.Float)))
        indices = [n.value.value for n in parts if isinstance(n, cst.Index) and isinstance(n.value, cst.Integer)]
        literals += len(indices) - indices.count("0")
        return self.text, literals, sum(sum(s.dim) for s in self.program.steps) + sum(d.size for d in self.data)

    @cached_property
    def digits(self) -> int:
        """What a reduction makes smaller after its size."""
        return sum(map(_digits, self.data))

    def is_smaller(self, other: Candidate) -> bool:
        """Whether a reduction may go from the other to this one; so it ends."""
        if self.text != other.text:
            return self.text < other.text
        return self.size < other.size or (self.size == other.size and self.digits < other.digits)


_NAME = re.compile(r"[A-Za-z_]\w*")
_TRUTH = re.compile(r"\b(True|False)\b")


def _digits(data: Data) -> int:
    """How much there is to read in the numbers of an array: 0 and 1 are the simplest."""
    return sum(len(text) + _odd(text) for text in map(repr, data.ravel().tolist()))


def _odd(literal: str) -> int:
    return 0 if literal in ("0", "1", "0.0", "1.0", "True", "False") else 1 if literal in ("2", "0.5", "2.0") else 2


def extents(argument: Argument, data: Data) -> tuple[int, ...]:
    """The extents of an argument's array; ``()`` for a value."""
    return data.shape[: argument.type.ndim] if isinstance(argument.type, Array) else ()


def value_type(argument: Argument) -> types.Value:
    """The type of an argument's elements, or of the value it is."""
    return argument.type.dtype if isinstance(argument.type, Array) else argument.type


def quantised(argument: Argument, data: npt.ArrayLike, like: Data) -> Data:
    """Data in the dtype of ``like``, and exact in bfloat16 where the argument is of that type."""
    made = np.asarray(data).astype(like.dtype)
    if like.dtype.names is not None:
        return made
    if types.scalar(value_type(argument)).__name__ != "bfloat16":
        return made
    return np.asarray(round_bfloat16(made)).reshape(made.shape)


Edit: TypeAlias = Callable[[Candidate], "Candidate | None"]
"""Makes a smaller candidate; ``None`` where there is nothing (any more) for it to change.

Edits are made for one candidate and compose: a tree edit finds its parts by identity, any other by name.
"""


def rewriting(new: Mapping[cst.CSTNode, Replacement]) -> Edit:
    """The edit that puts other parts into the tree."""

    def edit(candidate: Candidate) -> Candidate | None:
        module = replaced(candidate.module, {id(node): replacement for node, replacement in new.items()})
        return None if module is candidate.module else candidate.with_module(module)

    return edit
