"""The split of an instance: that of its program's skeleton, as a corpus has it."""

from __future__ import annotations

import hashlib

from warpsmith import ir
from warpsmith.errors import CodegenError
from warpsmith.grammar.program import Program
from warpsmith.ir.digest import GENERATED, combine
from warpsmith.ir.splits import split_of


def split(program: Program) -> str:
    """``train``, ``validation``, ``test`` or ``test_ood``."""
    loaded = ir.load(program.source)
    try:
        levels = ir.capture(loaded.kernels[program.entry], sorted(GENERATED)).levels
        skeleton = combine("skeleton", {name: level.skeleton for name, level in levels.items()})
    except CodegenError:  # in no corpus, and without a skeleton
        skeleton = hashlib.sha256(program.source.encode()).hexdigest()
    finally:
        loaded.unload()
    return split_of(skeleton, program.productions)
