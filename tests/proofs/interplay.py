"""Small programs of few names, their values and derivatives, against Warp.

    python -m tests.proofs.interplay [--count N] [--seed N] [--json]

What the backward pass still has of the forward one depends on what happens to a name elsewhere: in a branch, a later
loop, a function that was given it. The family's programs have many names and many types, so that two such events
seldom meet in one name. Here are a handful of names of one type each, bound again and again, and functions that make
something of whatever they are given; nothing else. The forward and the gradient oracle judge each program. One takes
about 0.2 seconds of CPU.

Exits with 1 if anything differs that no known defect explains.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np

from tests.proofs.derivatives import finding
from tests.proofs.report import Reading, parser, told
from tests.synthesizer.reference_kernels import Typed, kernel, typed
from warpsmith.fuzz.oracles.forward import forward
from warpsmith.fuzz.oracles.gradient import gradient
from warpsmith.fuzz.session import Session
from warpsmith.grammar import types
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.inputs import layout

COUNT = 1000

T = TypeVar("T")

S = types.struct("S", {name: types.by_name(t) for name, t in {"f": "float32", "k": "int32", "v": "vec2f"}.items()})

ARGUMENTS: dict[str, Any] = {
    "x": np.array([0.5, 1.25, 0.75], np.float32),
    "xx": np.array([[0.5, 1.5], [0.75, 1.125]], np.float32),
    "n": np.int32(3),
    "q": np.float32(0.75),
    "p": Typed(S, np.array((0.625, 1, (0.5, 1.5)), layout(S))),
    "tmp": np.zeros(3, np.float32),
    "out": np.zeros(3, np.float32),
}
ADJOINTS = {"out": np.array([1.0, -0.5, 0.75]), "tmp": np.array([0.25, 0.5, -1.0])}

DEFINITIONS = """
@wp.struct
class S:
    f: wp.float32
    k: wp.int32
    v: wp.vec2f

@wp.func
def product(a: wp.float32, b: wp.float32):
    c = a * b
    return c * wp.float32(0.5)

@wp.func
def picked(x: wp.array(dtype=wp.float32), k: wp.int32):
    m = (k + 1) % 3
    return x[m] * x[m]

@wp.func
def scaled(a: wp.float32, k: wp.int32):
    return a * wp.float32(k + 1)

@wp.func
def larger(a: wp.float32, b: wp.float32):
    if a > b:
        return a * a
    return b * wp.float32(0.5)

@wp.func
def total(x: wp.array(dtype=wp.float32), k: wp.int32):
    s = wp.float32(0.0)
    for i in range(k):
        s += x[i] * x[0]
    return s

@wp.func
def both(a: wp.float32, b: wp.float32):
    return a * b, b - a

@wp.func
def made(a: wp.float32, k: wp.int32):
    s = S()
    s.f = a * a
    s.k = k
    s.v = wp.vec2f(a, wp.float32(k))
    return s

@wp.func
def used(s: S):
    return s.f * s.v[0] + s.v[1] * wp.float32(s.k)

@wp.func
def turned(v: wp.vec2f, a: wp.float32):
    w = wp.vec2f(v[1], v[0] * a)
    return w * a

@wp.func
def worn(a: wp.float32, k: wp.int32):
    for i in range(k):
        a = a * wp.float32(0.5)
    return a + wp.float32(1.0)

@wp.func
def noisy(r: wp.uint32, a: wp.float32):
    return wp.randf(r) * a

@wp.func
def put(t: wp.array(dtype=wp.float32), k: wp.int32, a: wp.float32):
    t[k] = a * a

@wp.func
def add(t: wp.array(dtype=wp.float32), k: wp.int32, a: wp.float32):
    t[k] += a * a
"""

FIRST = (
    "a = x[0] * 1.0",
    "b = x[1] * 0.5",
    "t = 0.25 * wp.float32(n)",
    "k = n - 3",
    "c = n > 2",
    "v = wp.vec2f(x[1], x[2])",
    "s = made(x[2], n - 2)",
    "w = xx[n - 2]",
    "m = wp.mat22f(x[0], x[1], q, 1.0)",
    "r = wp.rand_init(7)",
)
"""The names: floats with a derivative and without, an integer, a truth value, a vector, a struct, a view, a matrix, a
random state. Two are parameters: one more float without a derivative, ``q``, and a struct, ``p``."""

LAST = (
    "out[0] += a + v[0]",
    "out[1] += b * t",
    "out[2] += s.f * s.v[1] + wp.float32(k)",
    "out[0] += m[1, 0] + m[0, 1] * q",
    "out[1] += p.f * p.v[1]",
)


class Author:
    """Writes one program after the other.

    Args:
        seed: decides all of them.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.loops = self.inside = 0
        self.left: dict[tuple[str, int], list[int]] = {}

    def program(self) -> str:
        """The body of a kernel."""
        self.loops = self.inside = 0
        self.left.clear()
        count = self.random.randint(2, 7)
        first = (line for text in FIRST for line in self.bound(text))
        lines = [*first, *(line for _ in range(count) for line in self.statement(2)), *LAST]
        return "\n".join(lines)

    def bound(self, text: str) -> list[str]:
        """Lines that bind a name for the first time: at once, in both branches, or in a loop that is unrolled."""
        return self.random.choice(
            (
                [text],
                [text],
                ["if n > 2:", f"    {text}", "else:", f"    {text}"],
                ["for once in range(1):", f"    {text}"],
            )
        )

    # -- expressions: of a number of operators at most -----------------------------------------------------------------

    def one(self, kind: str, ways: Sequence[T]) -> T:
        """One of those that this program has left.

        A program has a third of each: where everything may happen to every name, one limit or another makes all
        derivatives inconclusive (Groce et al., Swarm Testing, ISSTA 2012).
        """
        numbers = range(len(ways))
        left = self.left.setdefault((kind, len(ways)), self.random.sample(numbers, 1 + len(ways) // 3))
        return ways[self.random.choice(left)]

    def active(self, depth: int = 2) -> str:
        """A float with a derivative."""
        if depth <= 0:
            return self.one("operand", ("a", "b", "v[0]", "v[1]", "s.f", "s.v[0]", "x[1]", "x[k]", "w[0]", "m[0, 1]"))
        f, t, k = (lambda: self.active(depth - 1)), self.plain, self.index
        ways: list[Callable[[], str]] = [
            lambda: f"{f()} * {t()}",
            lambda: f"({f()} + {f()})",
            lambda: f"wp.sin({f()} * {f()})",
            lambda: f"x[{k()}]",
            lambda: f"xx[{k()} % 2, 1]",
            lambda: f"tmp[{k()}]",
            lambda: f"w[{k()} % 2]",
            lambda: f"larger(s.f, product({f()}, {t()}))",
            lambda: f"v[{k()} % 2]",
            lambda: f"product({f()}, {t()})",
            lambda: f"picked(x, {k()})",
            lambda: f"scaled({f()}, {k()})",
            lambda: f"larger({f()}, {f()})",
            lambda: f"worn({self.one('worn', ('a', 'b', 'x[1]', 's.f'))}, {k()})",
            lambda: f"total(x, {k()})",
            lambda: f"noisy(r, {f()})",
            lambda: "wp.determinant(m)",
            lambda: f"m[{k()} % 2, 1]",
            lambda: "used(s)",
            lambda: "used(p)",
            lambda: "p.v[0]",
            lambda: f"wp.dot(v, turned(v, {t()}))",
            lambda: f"wp.where({self.truth()}, {f()}, {f()})",
            lambda: f"({f()} if {self.truth()} else {f()})",
        ]
        return self.one("active", ways)()

    def plain(self) -> str:
        """A float without a derivative."""
        return self.one(
            "plain",
            ("t", "t", "0.5", "q", "p.f", "(t * 0.5 + 0.25)", "wp.randf(r)", "wp.float32(k)", "wp.float32(s.k) * 0.5"),
        )

    def index(self) -> str:
        """An integer from 0 to 2."""
        return self.one(
            "index", ("k", "k", "0", "2", "(k + 1) % 3", "s.k % 3", "p.k % 3", "(n - 1 - k)", "(k * 2) % 3")
        )

    def truth(self) -> str:
        """A truth value."""
        ways: list[Callable[[], str]] = [
            lambda: "c",
            lambda: "k > 0",
            lambda: "t < 0.7",
            lambda: f"{self.active(0)} > {self.active(0)}",
            lambda: "not c",
            lambda: f"c and {self.active(0)} < {self.active(0)}",
            lambda: "s.k > 1",
        ]
        return self.one("truth", ways)()

    def vector(self) -> str:
        """A vector with a derivative."""
        ways: list[Callable[[], str]] = [
            lambda: f"wp.vec2f({self.active(1)}, {self.active(0)})",
            lambda: f"v * {self.plain()}",
            lambda: "v + s.v",
            lambda: "m[0] * 0.5",
            lambda: "m * v",
            lambda: f"turned(v, {self.plain()})",
        ]
        return self.one("vector", ways)()

    # -- statements: of a number of blocks in each other at most -------------------------------------------------------

    def statement(self, depth: int) -> list[str]:
        """The lines of a statement."""
        simple: list[Callable[[], list[str]]] = [
            lambda: [f"{self.random.choice('ab')} = {self.active()}"],
            lambda: [f"{self.random.choice('ab')} = {self.active()}"],
            lambda: [f"{self.random.choice('ab')} += {self.active(1)}"],
            lambda: [f"{self.random.choice('ab')} *= {self.plain()}"],
            lambda: ["a, b = both(b, a)"],
            lambda: [f"a, t = {self.active(1)} * 1.0, {self.plain()} * 1.0"],
            lambda: [f"{self.random.choice(('a = b', 'b = a'))}"],
            lambda: [f"w = xx[{self.index()} % 2]"],
            lambda: [f"t = {self.plain()} * 0.5"],
            lambda: [f"q = {self.plain()} * 0.5"],
            lambda: [f"q += {self.active(0)}"],
            lambda: [f"m = wp.outer(v, {self.vector()})"],
            lambda: [f"m[{self.random.randint(0, 1)}] = {self.vector()}"],
            lambda: [f"m[0, {self.random.randint(0, 1)}] = {self.active(1)}"],
            lambda: [f"m[1, {self.random.randint(0, 1)}] += {self.active(1)}"],
            lambda: [f"k = {self.index()} + 0"],
            lambda: [f"c = {self.truth()}"],
            lambda: [f"v = {self.vector()}"],
            lambda: [f"v[{self.random.randint(0, 1)}] = {self.active(1)}"],
            lambda: [f"v[{self.random.randint(0, 1)}] += {self.active(1)}"],
            lambda: [f"s = made({self.active(1)}, {self.index()})"],
            lambda: [f"s.f = {self.active(1)}"],
            lambda: [f"s.k = {self.index()} + 0"],
            lambda: [f"s.v = {self.vector()}"],
            lambda: [f"p.f = {self.active(1)}"],
            lambda: [f"p.k = {self.index()} + 0"],
            lambda: [f"p.v = {self.vector()}"],
            lambda: ["s = p"],
            lambda: [f"out[{self.index()}] += {self.active()}"],
            lambda: [f"out[{self.index()}] = {self.active(1)}"],
            lambda: [f"tmp[{self.index()}] += {self.active(1)}"],
            lambda: [f"tmp[{self.index()}] = {self.active(1)}"],
            lambda: [f"{self.random.choice(('put', 'add'))}(tmp, {self.index()}, {self.active(1)})"],
        ]
        blocks: list[Callable[[], list[str]]] = [
            lambda: [f"if {self.truth()}:", *self.block(depth)],
            lambda: [f"if {self.truth()}:", *self.block(depth), "else:", *self.block(depth)],
            lambda: [f"if {self.truth()}:", f"    {self.random.choice('abt')} = x[0] * 1.5", *self.leave()],
            lambda: self.counted(depth),
            lambda: self.loop("range(2)", depth),
            lambda: self.loop(self.random.choice(("range(n)", "range(n - 1)", "range(k)")), depth),
        ]
        block = depth and self.random.random() < 0.4
        return (self.one("block", blocks) if block else self.one("statement", simple))()

    def block(self, depth: int) -> list[str]:
        """One to three statements, indented."""
        count = self.random.randint(1, 3)
        return [f"    {line}" for _ in range(count) for line in self.statement(depth - 1)]

    def loop(self, over: str, depth: int) -> list[str]:
        """A loop, of a variable of its own."""
        self.loops += 1
        return [f"for i{self.loops} in {over}:", *self.repeated(depth)]

    def repeated(self, depth: int) -> list[str]:
        """The block of a loop."""
        self.inside += 1
        block = self.block(depth)
        self.inside -= 1
        return block

    def counted(self, depth: int) -> list[str]:
        """A loop of two trips by a counter, or of fewer."""
        self.loops += 1
        j = f"j{self.loops}"
        test = f"{j} < 2" + self.random.choice(("", "", f" and {self.active(0)} < 1.5", f" and {self.plain()} < 0.7"))
        return [f"{j} = int(0)", f"while {test}:", f"    {j} += 1", *self.repeated(depth)]

    def leave(self) -> list[str]:
        """The end of a branch: out of a loop, or on, or of the kernel.

        Not of the kernel in a loop: what Warp 1.19.0 makes of that runs forever (``fuzz/findings``).
        """
        return [f"    {self.random.choice(('break', 'continue') if self.inside else ('return',))}"]


def case(body: str) -> Case:
    """The program of that body, launched once."""
    given = tuple(np.array(typed(a).data) for a in ARGUMENTS.values())
    adjoints = tuple(ADJOINTS.get(name) for name in ARGUMENTS)
    return Case(kernel(body, ARGUMENTS, definitions=DEFINITIONS), (given,), adjoints)


def bodies(seed: int, count: int) -> list[str]:
    """As many programs."""
    author = Author(seed)
    return [author.program() for _ in range(count)]


def examine(programs: Sequence[str], session: Session) -> list[Reading]:
    """What the oracles say of each program; its body is its name."""
    cases = [case(body) for body in programs]
    findings = [
        finding(oracle, body, made, judgement, session)
        for oracle in (forward, gradient)
        for body, made, judgement in zip(programs, cases, oracle(cases, session), strict=True)
    ]
    session.forget()
    return findings


def main() -> int:
    """Prints every difference, and the counts."""
    options = parser(__doc__, COUNT, "programs").parse_args()
    some = bodies(options.seed, options.count)
    with Session(timeout=60) as session:
        return told("programs", some, partial(examine, session=session), as_json=options.json)


if __name__ == "__main__":
    sys.exit(main())
