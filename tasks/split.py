"""The split of an instance: that of its program's skeleton, as a corpus has it."""

from __future__ import annotations

import hashlib

from warpsmith.grammar.program import Program
from warpsmith.ir.digest import combine
from warpsmith.ir.splits import split_of
from warpsmith.tasks.generated import generated


def split(program: Program) -> str:
    """``train``, ``validation``, ``test`` or ``test_ood``."""
    levels = generated(program)
    if levels is None:  # in no corpus, and without a skeleton
        skeleton = hashlib.sha256(program.source.encode()).hexdigest()
    else:
        skeleton = combine("skeleton", {name: level.skeleton for name, level in levels.items()})
    return split_of(skeleton, program.productions)
