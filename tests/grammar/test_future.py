"""A builtin that a future Warp might bring needs no change anywhere: the grammar draws it, checker and Warp take it."""

from __future__ import annotations

import subprocess
import sys

import pytest

FUTURE = """
import warp as wp
import warp._src.context as context

context.add_builtin(
    "future",
    input_types={{"x": {operand}, "y": wp.float32}},
    value_type={result},
    group="Scalar Math",
    native_func={native!r},
)
setattr(wp, "future", context.builtin_functions["future"])

from warpsmith import ir
from warpsmith.grammar.chooser import SeededChooser
from warpsmith.grammar.grammar import default_grammar
from warpsmith.grammar.kernels import kernel_program
from warpsmith.grammar.ledger import ledger
from warpsmith.synthesizer import MODULES
from warpsmith.synthesizer.check import check

made = [p for p in default_grammar().productions if p.builtin == "future"]
assert len(made) == 1, made
assert ledger().missing == () and "future" in ledger().derived
program = kernel_program(SeededChooser(0), default_grammar(), features=tuple(made), lines=3)
assert "wp.future(" in program.source
assert check(program.module).diagnostics == ()
ir.capture(ir.load(program.source).kernels[program.entry], ("adjoint", "cpp", "llvm"))
wrong = program.source.replace("wp.future(", "wp.future(True, ", 1)
assert check(wrong).diagnostics != ()
assert any(p.startswith("future(") for s in range(1500) for p in MODULES.synthesize(s).productions)
print("drawn")
"""


@pytest.mark.parametrize(
    ("operand", "result", "native"), [("wp.float32", "wp.float32", "atan2"), ("wp.vec3", "wp.vec3", "mul")]
)
def test_a_builtin_that_is_registered_at_run_time_is_drawn_and_taken(operand: str, result: str, native: str) -> None:
    code = FUTURE.format(operand=operand, result=result, native=native)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.endswith("drawn\n"), done.stderr[-2000:]
