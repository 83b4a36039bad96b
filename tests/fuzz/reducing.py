"""Candidates from text, for the tests of the reducer."""

from __future__ import annotations

from typing import Any

import libcst as cst
import numpy as np

from warpsmith.fuzz.reduce import Candidate
from warpsmith.grammar import types
from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.check import check
from warpsmith.synthesizer.checker.model import StructType
from warpsmith.synthesizer.inputs import layout
from warpsmith.synthesizer.reading import functions

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
        t = _launched(report.locals["kernel"][name])
        value, ndim = (t.dtype, t.ndim) if isinstance(t, Array) else (t, 0)
        dtype = layout(value).base
        array = np.asarray(data[name] if name in data else np.ones((4,) * ndim + types.shape(value)), dtype=dtype)
        arguments.append(Argument(name, t, array.shape[:ndim], name.startswith("out")))
        arrays.append(array)
    return Candidate(Program(module, "kernel", Launch(dim, tuple(arguments)), (), ()), tuple(arrays))


def _launched(t: Any) -> Any:
    """A type of the checker's as launches have it."""
    if isinstance(t, StructType):
        return types.struct(t.label, {name: _launched(of) for name, of in t.fields.items()})
    return Array(_launched(t.dtype), t.ndim) if isinstance(t, Array) else t


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
        assert data.dtype == layout(value).base
        assert _launched(report.locals[c.program.entry][argument.name]) == argument.type
    assert all(extent >= 1 for extent in c.launch.dim)
