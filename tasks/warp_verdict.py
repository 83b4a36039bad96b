"""What Warp itself says of a program of ours: whether its code generator takes it, and why not."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from warpsmith import ir
from warpsmith.errors import CodegenError
from warpsmith.fuzz.mutants import MUTATIONS, Mutant, mutants
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.check import Diagnostic, check


def refusal(program: Program) -> str | None:
    """Why Warp refuses a program that we have made, in a line; ``None`` if it takes it."""
    try:
        loaded = ir.load(program.source)
    except Exception as error:  # noqa: BLE001  # decorators of Warp raise what they like
        return _line(f"{type(error).__name__}: {error}")
    try:
        ir.capture(loaded.kernels[program.entry], ("adjoint",))
    except CodegenError as error:
        return _line(str(error))
    finally:
        loaded.unload()
    return None


def _line(message: str) -> str:
    return " ".join(message.split())[:400]


def ill_typed(program: Program, random: Random) -> Iterator[tuple[Mutant, Diagnostic, str]]:
    """The program with one typing fault, of each kind: what the checker says of it, and what Warp says.

    Only faults of which both say that they are, at one place and for one reason.
    """
    for mutant in mutants(program, random):
        mutation = MUTATIONS[mutant.kind]
        if mutation.accepted_by or not mutation.checked:
            continue
        found = check(mutant.program.source).diagnostics
        if len(found) == 1 and (said := refusal(mutant.program)) is not None:
            yield mutant, found[0], said
