"""What Warp generates for a program, once for whoever asks: a task, and the split."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from warpsmith import ir
from warpsmith.errors import CodegenError
from warpsmith.grammar.program import Program
from warpsmith.ir.capture import Level
from warpsmith.ir.digest import GENERATED


def generated(program: Program) -> Mapping[str, Level] | None:
    """The levels that are generated, not compiled, by name; ``None`` if Warp refuses the program, by a defect."""
    return _generated(program.source, program.entry)


@lru_cache(maxsize=4)
def _generated(source: str, entry: str) -> Mapping[str, Level] | None:
    loaded = ir.load(source)
    try:
        return ir.capture(loaded.kernels[entry], sorted(GENERATED)).levels
    except CodegenError:
        return None
    finally:
        loaded.unload()


def cpp_module(program: Program) -> str:
    """The whole C++ that Warp compiles, :func:`warpsmith.ir.cpp_module`."""
    return _cpp_module(program.source, program.entry)


@lru_cache(maxsize=4)
def _cpp_module(source: str, entry: str) -> str:
    loaded = ir.load(source)
    try:
        return ir.cpp_module(loaded.kernels[entry])
    finally:
        loaded.unload()
