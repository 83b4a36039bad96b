"""Rewrites keep a program well typed, and what it computes the same to the bit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random

import libcst as cst
import numpy as np
import pytest
import warp as wp

from tests.sound import sound
from warpsmith.fuzz.rewrites import REWRITES
from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.ir.execute import Executor, Job
from warpsmith.synthesizer.check import check
from warpsmith.synthesizer.inputs import Data, inputs
from warpsmith.synthesizer.kernels import KERNELS

SEEDS = range(480)
CHECKED, EXECUTED = 10, 3
"""Programs per rewrite that are checked, and executed."""

# --- generated programs -----------------------------------------------------------------------------------------------


@cache
def program(seed: int) -> Program:
    return KERNELS.synthesize(seed)


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Executor(timeout=60) as running:
        yield running


def rewritten(name: str, count: int) -> list[tuple[int, Program]]:
    """The first sound programs with a place for the rewrite, at most ``count``: their seeds, what becomes of them."""
    found: list[tuple[int, Program]] = []
    for seed in SEEDS:
        before = program(seed).source
        if not sound(program(seed)):
            continue
        after = REWRITES[name](program(seed), Random(seed))
        assert program(seed).module.code == before  # and not its source, which is rendered once
        if after is not None:
            found.append((seed, after))
        if len(found) == count:
            break
    assert found
    return found


@pytest.mark.parametrize("name", REWRITES)
def test_generated_programs_stay_well_typed(name: str) -> None:
    for seed, after in rewritten(name, CHECKED):
        assert [str(d) for d in check(after.module).diagnostics] == []
        assert after.source != program(seed).source
        assert (after.entry, after.launch) == (program(seed).entry, program(seed).launch)


@pytest.mark.parametrize("seed", range(10))
def test_rewrites_can_be_stacked(seed: int) -> None:
    random, rewritten = Random(seed), program(seed)
    for name in random.choices(list(REWRITES), k=6):
        rewritten = REWRITES[name](rewritten, random) or rewritten
    assert check(rewritten.module).diagnostics == ()


@pytest.mark.parametrize("name", REWRITES)
def test_a_rewrite_depends_on_its_seed_alone(name: str) -> None:
    for seed in range(4):
        first, again = (REWRITES[name](program(seed), Random(7)) for _ in range(2))
        assert (first and first.source) == (again and again.source)


@pytest.mark.parametrize("name", REWRITES)
def test_generated_programs_compute_the_same(name: str, executor: Executor) -> None:
    pairs = [(seed, program(seed), after) for seed, after in rewritten(name, EXECUTED)]
    results = executor.run_many([job(p, seed) for seed, *both in pairs for p in both])
    assert [r.failure for r in results] == [None] * len(results)
    for (_, _, made), before, after in zip(pairs, results[::2], results[1::2], strict=True):
        for a, b in zip(before.outputs[0], after.outputs[0], strict=True):
            assert same(a, b), made.source


def job(p: Program, seed: int) -> Job:
    return Job(p.source, p.entry, p.launch.dim, (tuple(inputs(p, seed)),))


def same(a: Data | None, b: Data | None) -> bool:
    """Equal to the bit, but for NaNs, whose bits mean nothing."""
    if a is None or b is None:
        return a is b
    if a.dtype.kind != "f":
        return np.array_equal(a, b)
    return bool(np.all(((a == b) & (np.signbit(a) == np.signbit(b))) | (np.isnan(a) & np.isnan(b))))


# --- one rewrite, one place -------------------------------------------------------------------------------------------

HEAD = """import warp as wp


@wp.func
def twice(x: wp.float32):
    return x + x


@wp.kernel
def kernel(a: wp.array(dtype=wp.float32), out: wp.array(dtype=wp.float32), n: wp.int32, s: wp.float32, r: wp.uint32):
    i = wp.tid()
"""
LAUNCH = Launch(
    (4,),
    (
        Argument("a", Array(wp.float32), (4,)),
        Argument("out", Array(wp.float32), (4,), written=True),
        Argument("n", wp.int32),
        Argument("s", wp.float32),
        Argument("r", wp.uint32),
    ),
)


def written(body: str) -> Program:
    """A kernel with that body."""
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    made = Program(cst.parse_module(HEAD + indented), "kernel", LAUNCH, (), ())
    assert check(made.module).diagnostics == (), body
    return made


def rewritten_bodies(name: str, body: str) -> set[str]:
    """What the kernel's body can become."""
    found = set()
    for seed in range(40):
        made = REWRITES[name](written(body), Random(seed))
        if made is not None:
            assert check(made.module).diagnostics == ()
            kernel = made.source.partition("@wp.kernel")[2].partition("i = wp.tid()\n")[2]
            found.add("\n".join(line.removeprefix("    ") for line in kernel.splitlines()))
    return found


ONE_WAY = [
    ("spell out an assignment", "x = float(s)\nx -= s * 2.0\nout[i] = x", "x = float(s)\nx = x - s * 2.0\nout[i] = x"),
    (
        "spell out an assignment",
        "v = wp.vec3()\nv.y *= s\nout[i] = v[1]",
        "v = wp.vec3()\nv.y = v.y * s\nout[i] = v[1]",
    ),
    ("swap operands", "out[i] = s - (s + 1.0)", "out[i] = s - (1.0 + s)"),
    ("swap operands", "out[i] = wp.vec2(s)[0] - wp.dot(wp.vec2(), wp.vec2(s))", None),
    ("swap operands", "k = wp.min(n, 3)\nout[i] = float(k)", "k = wp.min(3, n)\nout[i] = float(k)"),
    ("mirror a comparison", "out[i] = wp.where(n <= 3, s, 1.0)", "out[i] = wp.where(3 >= n, s, 1.0)"),
    ("branch for a conditional", "out[i] = s if n > 1 else 2.0", "if n > 1:\n    out[i] = s\nelse:\n    out[i] = 2.0"),
    (
        "conditional for a branch",
        "x = float(s)\nif n > 1:\n    x += 1.0\nout[i] = x",
        "x = float(s)\nx = x + 1.0 if n > 1 else x\nout[i] = x",
    ),
    (
        "conditional for a branch",
        "if n > 1:\n    x = 1.0\nelse:\n    x = s\nout[i] = x",
        "x = 1.0 if n > 1 else s\nout[i] = x",
    ),
    ("conditional for where", "out[i] = wp.where(n > 1, s, a[i]) + s", "out[i] = (s if n > 1 else a[i]) + s"),
    ("where for a conditional", "out[i] = 1.0 + (s if n > 1 else 2.0)", "out[i] = 1.0 + (wp.where(n > 1, s, 2.0))"),
    (
        "peel a loop",
        "x = float(s)\nfor c in range(1, 4):\n    x += a[c]\nout[i] = x",
        "x = float(s)\nc = int(1)\nx += a[c]\nfor c in range(2, 4):\n    x += a[c]\nout[i] = x",
    ),
    (
        "peel a loop",
        "x = float(s)\nwhile x < 9.0:\n    x += 1.0\nout[i] = x",
        "x = float(s)\nif x < 9.0:\n    x += 1.0\nwhile x < 9.0:\n    x += 1.0\nout[i] = x",
    ),
    (
        "split a loop",
        "x = float(s)\nfor c in range(2):\n    x += a[c]\nout[i] = x",
        "x = float(s)\nfor c in range(1):\n    x += a[c]\nfor c in range(1, 2):\n    x += a[c]\nout[i] = x",
    ),
    (
        "split a loop",
        "x = float(s)\nfor c in reversed(range(2)):\n    x += a[c]\nout[i] = x",
        "x = float(s)\nfor c in range(1, 0, -1):\n    x += a[c]\nfor c in range(0, -1, -1):\n    x += a[c]\nout[i] = x",
    ),
    (
        "nest a loop",
        "x = float(s)\nfor c in range(1, 8, 2):\n    x += float(c)\nout[i] = x",
        "x = float(s)\nfor row in range(2):\n    for column in range(2):\n        c = 1 + (row * 2 + column) * 2\n"
        "        x += float(c)\nout[i] = x",
    ),
    (
        "while for a range",
        "x = float(s)\nfor c in range(n, 0, -1):\n    x += float(c)\nout[i] = x",
        "x = float(s)\nfollowing = int(n)\nlimit = int(0)\nwhile following > limit:\n    c = following\n"
        "    following += -1\n    x += float(c)\nout[i] = x",
    ),
    (
        "range for a while",
        "t = int(0)\nx = float(s)\nt = int(1)\nwhile t < 4:\n    t += 1\n    x += float(t)\nout[i] = x",
        "t = int(0)\nx = float(s)\nt = int(1)\nfor turn in range(3):\n    t += 1\n    x += float(t)\nout[i] = x",
    ),
    (
        "range for a while",
        "t = int(0)\nwhile t < 4 and t < n:\n    t += 1\nout[i] = float(t)",
        "t = int(0)\nfor turn in range(4):\n    if not t < n:\n        break\n    t += 1\nout[i] = float(t)",
    ),
]


@pytest.mark.parametrize(("name", "before", "after"), ONE_WAY)
def test_a_rewrite_makes(name: str, before: str, after: str | None) -> None:
    made = rewritten_bodies(name, before)
    if after is not None:
        assert made == {after}
    else:
        assert made == {"out[i] = wp.vec2(s)[0] - wp.dot(wp.vec2(s), wp.vec2())"}


AMONG = [
    ("name a subexpression", "out[i] = s * 2.0 + 1.0", "held = s * 2.0\nout[i] = held + 1.0"),
    (
        "name a subexpression",
        "for c in range(n % 3):\n    out[i] += s",
        "held = n % 3\nfor c in range(held):\n    out[i] += s",
    ),
    ("pass through a function", "while a[i] < s:\n    break", "while same(a[i]) < s:\n    break"),
    ("pass through a field", "out[i] = s * 2.0", "box = Box(content=s * 2.0)\nheld = box.content\nout[i] = held"),
    ("pass through a component", "out[i] = s * 2.0", "pack = wp.vec2f()\npack[1] = s * 2.0\nout[i] = pack[1]"),
    (
        "outline statements",
        "x = s * 2.0\ny = x + s\nout[i] = y",
        "y = part(s)\nout[i] = y",
    ),
    ("outline statements", "x = s * 2.0\ny = x + s\nout[i] = x / y", "x, y = part(s)\nout[i] = x / y"),
    ("outline statements", "x = float(s)\nx += 1.0\nout[i] = x", "part(s, out, i)"),
    (
        "guard a statement",
        "x = s * 2.0\nout[i] = x",
        "if i >= 0:\n    x = s * 2.0\nelse:\n    x = wp.float32(0.0)\nout[i] = x",
    ),
    ("guard a statement", "x = s * 2.0\nout[i] = x", "x = s * 2.0\nif i < 4:\n    out[i] = x"),
    (
        "hide a bound",
        "for c in range(3):\n    out[c] += s",
        "bound = int(3)\nfor c in range(0, bound):\n    out[c] += s",
    ),
]


@pytest.mark.parametrize(("name", "before", "after"), AMONG)
def test_a_rewrite_can_make(name: str, before: str, after: str) -> None:
    assert after in rewritten_bodies(name, before)


NO_PLACE = [
    ("swap operands", "out[i] = wp.max(s, 1.0)"),  # which of two zeros, or of a NaN and a number?
    ("swap operands", "out[i] = wp.randf(r) + wp.randf(r)"),
    ("swap operands", "v = wp.vec2(s)\nm = wp.mat22()\nv = m * v"),
    ("mirror a comparison", "if wp.randi(r) < wp.randi(r):\n    out[i] = s"),
    ("mirror a comparison", "if 0 < n < 3:\n    out[i] = s"),
    ("spell out an assignment", "out[i] += s"),  # atomically
    ("spell out an assignment", "v = wp.vec2(s)\nv[wp.randi(r) & 1] += s\nout[i] = v[0]"),
    ("peel a loop", "while wp.randf(r) < s:\n    out[i] += s"),
    ("branch for a conditional", "out[i] = s + (s if n > 1 else 2.0)"),
    ("conditional for a branch", "x = float(s)\nif n > 1:\n    x += wp.atomic_add(out, i, s)\nout[i] = x"),
    ("conditional for a branch", "if n > 1:\n    x = s\n    out[i] = x"),
    ("conditional for where", "out[i] = wp.where(n > 1, wp.atomic_add(out, i, s), s)"),
    ("where for a conditional", "out[i] = a[n] if n < 4 else s"),
    ("peel a loop", "x = float(s)\nfor c in range(3):\n    if n > c:\n        break\n    x += s\nout[i] = x"),
    ("peel a loop", "x = float(s)\nfor c in range(n):\n    x += s\nout[i] = x"),  # perhaps there is no first trip
    ("peel a loop", "for c in range(3):\n    out[c] += s\nif n > 0:\n    out[c] += s"),
    ("split a loop", "x = float(s)\nfor c in range(1):\n    x += s\nout[i] = x"),
    ("split a loop", "x = float(s)\nfor c in range(3):\n    if n > c:\n        break\n    x += s\nout[i] = x"),
    ("nest a loop", "x = float(s)\nfor c in range(17):\n    x += s\nout[i] = x"),
    ("nest a loop", "for c in range(18):\n    x = wp.determinant(wp.mat33(s))\n    out[i] += x"),  # long when unrolled
    ("hide a bound", "x = 0.0\nfor c in range(3):\n    x = s\nout[i] = x"),  # a constant may not change in that loop
    ("hide a bound", "for c in range(n):\n    out[c] += s"),
    ("range for a while", "t = int(0)\nwhile t < 4:\n    t += 1\n    if n > 3:\n        t = int(9)\nout[i] = float(t)"),
    ("range for a while", "t = int(n)\nwhile t < 4:\n    t += 1\nout[i] = float(t)"),
]


@pytest.mark.parametrize(("name", "body"), NO_PLACE)
def test_there_is_no_place_where_the_meaning_would_change(name: str, body: str) -> None:
    assert rewritten_bodies(name, body) == set()


NEVER = [
    # Evaluated only where the left side says so.
    ("name a subexpression", "if n < 4 and a[n] > 0.0:\n    out[i] = s", "held = a[n]"),
    ("name a subexpression", "out[i] = a[n] if n < 4 else s", "held = a[n]\n"),
    ("name a subexpression", "while a[n] * s < 1.0:\n    break", "held"),
    # A random state moves on between the two.
    ("name a subexpression", "out[i] = wp.randf(r) + float(r)", "held = float(r)"),
    ("name a subexpression", "out[i] = wp.randf(r) + float(r)", "held = wp.randf(r)"),
    ("pass through a function", "out[i] = wp.randf(r) + 1.0", "same(r)"),
    ("pass through a function", "if n > 3:\n    pass\nelif wp.randf(r) > s:\n    out[i] = s", "same(r)"),
    # A copy of the pose would be turned.
    (
        "pass through a function",
        "t = wp.transform_identity()\nwp.transform_set_translation(t, wp.vec3(s))\nout[i] = t[0]",
        "wp.transform_set_translation(same",
    ),
    # What leaves a loop or the kernel cannot leave from a function.
    ("outline statements", "for c in range(4):\n    if n > c:\n        break\n    out[c] += s", "    part(n"),
    ("outline statements", "if n > 2:\n    x = s * 2.0\nif n > 2:\n    out[i] = x", "x = part(n"),
    ("outline statements", "if n > 2:\n    return\nout[i] = s", "part(n"),
]


@pytest.mark.parametrize(("name", "body", "wrong"), NEVER)
def test_a_rewrite_never_makes(name: str, body: str, wrong: str) -> None:
    assert not any(wrong in made for made in rewritten_bodies(name, body))


def test_moved_statements_bring_along_what_changes() -> None:
    made = rewritten_bodies("outline statements", "x = wp.randf(r)\ny = wp.randf(r)\nout[i] = x - y")
    assert "r, x = part(r)\ny = wp.randf(r)\nout[i] = x - y" in made


def test_statements_move_within_a_loop_with_what_the_next_trip_reads() -> None:
    body = "x = float(s)\nfor c in range(n):\n    x = x * 2.0\n    x = x + 1.0\nout[i] = float(n)"
    assert any("    x = part(x)\n" in made for made in rewritten_bodies("outline statements", body))


SEVERAL_TYPES = """import warp as wp


@wp.func
def scaled(x: wp.Float):
    y = x * x.dtype(2.0)
    return y + x


@wp.func
def part(v: wp.vec2f):
    y = v[0] + v[1]
    return y * 2.0


@wp.func
def part(v: wp.vec2d):
    y = v[0] + v[1]
    return y * y


@wp.kernel
def kernel(a: wp.array(dtype=wp.float32), b: wp.array(dtype=wp.float64)):
    x = scaled(a[0]) + part(wp.vec2f(a[0], a[1]))
    b[0] = scaled(b[0]) + part(wp.vec2d(b[0], wp.float64(x)))
"""


@pytest.mark.parametrize("name", REWRITES)
def test_functions_of_several_types_are_left_as_they_are(name: str) -> None:
    launch = Launch((1,), (Argument("a", Array(wp.float32, 1), (2,)), Argument("b", Array(wp.float64, 1), (1,), True)))
    before = Program(cst.parse_module(SEVERAL_TYPES), "kernel", launch, (), ())
    for seed in range(6):
        after = REWRITES[name](before, Random(seed))  # which raises where what it makes is ill typed
        if after is not None:
            assert "    y = x * x.dtype(2.0)\n    return y + x\n" in after.source
            assert "    y = v[0] + v[1]\n    return y * 2.0\n" in after.source
            assert "    y = v[0] + v[1]\n    return y * y\n" in after.source
