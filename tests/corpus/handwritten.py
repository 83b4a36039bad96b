"""A family of a few templates, so that the corpus is tested without the grammar; it also knows how to misbehave."""

from __future__ import annotations

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

import libcst as cst
import warp as wp

from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.family import Family

_TEMPLATES = (
    "x[i] = x[i] {op} {c}",
    "for k in range({n}):\n        x[i] = x[i] {op} (y {op} {c})",
    "if y > {c}:\n        x[i] = y {op} {c}\n    else:\n        x[i] = wp.{fn}(y)",
    "y += wp.{fn}(x[i] {op} {c})\n    x[i] = y",
)
_PROGRAM = """import warp as wp


@wp.kernel
def entry(x: wp.array(dtype=wp.float32), y: wp.float32):
    i = wp.tid()
    {body}
"""


def _program(source: str, chooser: Chooser, productions: tuple[str, ...]) -> Program:
    launch = Launch((8,), (Argument("x", Array(wp.float32), (8,), True), Argument("y", wp.float32)))
    return Program(cst.parse_module(source), "entry", launch, tuple(chooser.choices), productions)


def draw(chooser: Chooser) -> Program:
    """A kernel of one to four statements."""
    names = ("sin", "cos", "sqrt", "exp", "tanh")
    lines, productions = [], {"kernel"}
    for _ in range(chooser.integer(1, 4)):
        op, fn = chooser.choose("+-*"), chooser.choose(names)
        template = chooser.choose(_TEMPLATES)
        lines.append(template.format(op=op, fn=fn, c=f"{chooser.integer(0, 9)}.0", n=chooser.integer(1, 20)))
        productions |= {f"{fn}(float32)"} if "{fn}" in template else {"for"}
    return _program(_PROGRAM.format(body="\n    ".join(lines)), chooser, tuple(sorted(productions)))


def draw_monotonous(chooser: Chooser) -> Program:
    """One of 20 programs with two skeletons, under one of many names."""
    op, constant, name = chooser.choose("+*"), chooser.integer(0, 9), f"i{chooser.integer(0, 999)}"
    body = f"{name} = i\n    x[{name}] = y {op} {constant}.0"
    return _program(_PROGRAM.format(body=body), chooser, ("kernel",))


def draw_refused(chooser: Chooser) -> Program:
    """Like :func:`draw`, but every fourth program or so is one that Warp refuses."""
    if chooser.chance(25):
        return _program(_PROGRAM.format(body="x[i] = wp.dot(y, y)"), chooser, ("kernel",))
    return draw(chooser)


def draw_broken(chooser: Chooser) -> Program:
    """A generator with a bug."""
    raise KeyError("no such production")


def _bug() -> None:
    raise KeyError("no such production")


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _hang() -> None:
    while True:
        pass


def _swell() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(1 << 24))


_MISDEEDS = (_bug, _crash, _hang, _swell)


def draw_unruly(chooser: Chooser, among: int = 6) -> Program:
    """Like :func:`draw`, but one program in six or so is the end of its process, or has a bug."""
    bad, misdeed = chooser.integer(0, among - 1) == 0, chooser.choose(_MISDEEDS)
    program = draw(chooser)
    if bad:
        misdeed()
    return program


def draw_copying(chooser: Chooser) -> Program:
    """Like :func:`draw`, but every fourth program or so is a kernel of Warp's own example, hardly changed."""
    if not chooser.chance(25):
        return draw(chooser)
    text = Path(wp.__file__).with_name("examples").joinpath("core", "example_dem.py").read_text()
    start, end = text.index("@wp.func"), text.index("@wp.kernel\ndef integrate")
    copied = text[start:end].replace("k_mu", "friction").replace("radius * 5.0", f"radius * {chooser.integer(2, 9)}.5")
    return Program(
        cst.parse_module(f"import warp as wp\n\n\n{copied}"), "apply_forces", Launch((8,), ()), (), ("kernel",)
    )


def kernel_deadly(program: Program, loaded: Any) -> Any:
    """A kernel that ends the process that captures it, in one of twelve programs."""
    return _Deadly() if program.choices[:2] == (1, 0) else loaded.kernels[program.entry]


class _Deadly:
    """No kernel: the process ends when it is looked at."""

    def __getattr__(self, name: str) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


FAMILY = Family("handwritten", 1, draw)
MONOTONOUS = Family("monotonous", 1, draw_monotonous)
REFUSED = Family("refused", 1, draw_refused)
BROKEN = Family("broken", 1, draw_broken)
UNRULY = Family("unruly", 1, draw_unruly)
RARELY = Family("malrest", 1, partial(draw_unruly, among=12))
"""Of its first forty seeds one has a bug (12), one hangs (24), one crashes (32), one takes all memory (37)."""
COPYING = Family("copying", 1, draw_copying)
DEADLY = Family("deadly", 1, draw, kernel=kernel_deadly)
FAMILIES = {family.name: family for family in (FAMILY, MONOTONOUS, REFUSED, BROKEN, UNRULY, RARELY, COPYING, DEADLY)}
