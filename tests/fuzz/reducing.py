"""Candidates from text, for the tests of the reducer."""

from __future__ import annotations

from typing import Any

import libcst as cst
import numpy as np

from fuzz.reduce import Candidate
from grammar import types
from grammar.program import Argument, Launch, Program
from grammar.types import Array
from synthesizer.check import check
from synthesizer.reading import functions

HEADER = "import warp as wp\n\n\n"


def candidate(text: str, dim: tuple[int, ...] = (4,), **data: Any) -> Candidate:
    """The program, whose entry is called ``kernel``; arrays are ones with four elements where no data is given."""
    module = cst.parse_module(HEADER + text)
    report = check(module)
    assert not report.diagnostics, report.diagnostics
    kernel = functions(module)["kernel"]
    arguments = []
    arrays = []
    for name in (p.name.value for p in kernel.params.params):
        t = report.locals["kernel"][name]
        value, ndim = (t.dtype, t.ndim) if isinstance(t, Array) else (t, 0)
        dtype = {"bfloat16": "float32"}.get(types.name(types.scalar(value)), types.name(types.scalar(value)))
        array = np.asarray(data.get(name, np.ones((4,) * ndim + types.shape(value))), dtype=dtype)
        arguments.append(Argument(name, t, array.shape[:ndim], name.startswith("out")))
        arrays.append(array)
    return Candidate(Program(module, "kernel", Launch(dim, tuple(arguments)), (), ()), tuple(arrays))


def text(c: Candidate) -> str:
    """The program without its header."""
    return c.program.source.removeprefix(HEADER)


def assert_consistent(c: Candidate) -> None:
    """Its launch, its data and its kernel agree, and the checker has nothing to say about what is rendered."""
    module = cst.parse_module(c.program.source)
    report = check(module)
    assert not report.diagnostics, f"{report.diagnostics}\n{c.program.source}"
    names = [p.name.value for p in functions(module)[c.program.entry].params.params]
    assert names == [a.name for a in c.launch.arguments]
    assert len(c.data) == len(names)
    for argument, data in zip(c.launch.arguments, c.data, strict=True):
        value, ndim = (
            (argument.type.dtype, argument.type.ndim) if isinstance(argument.type, Array) else (argument.type, 0)
        )
        assert argument.shape == data.shape[:ndim]
        assert data.shape[ndim:] == types.shape(value)
        assert report.locals[c.program.entry][argument.name] == argument.type
    assert all(extent >= 1 for extent in c.launch.dim)
