"""Shape and liveness: known answers on hand-made programs, and what must hold on generated ones."""

from __future__ import annotations

import libcst as cst
import pytest

from tests.proofs.analysis import dead, shape
from warpsmith.synthesizer.kernels import KERNELS

_SIGNATURE = "def kernel(a: wp.array(dtype=float), b: wp.array2d(dtype=wp.vec3), out: wp.array(dtype=float), n: int):"


def _module(body: str, functions: str = "") -> cst.Module:
    lines = "".join(f"    {line}\n" for line in body.strip("\n").splitlines())
    return cst.parse_module(f"import warp as wp\n\n{functions}\n\n@wp.kernel\n{_SIGNATURE}\n{lines}")


def _dead(body: str, functions: str = "") -> list[str]:
    return [s.text for s in dead(_module(body, functions)).statements]


CASES = {
    "what reaches an array is live": ("x = a[0]\ny = x + 1.0\nout[0] = y", []),
    "what nobody reads is dead": ("x = a[0]\ny = x + 1.0\nout[0] = x", ["y = x + 1.0"]),
    "what only dead statements read is dead": ("x = a[0]\ny = x\nz = y\nout[0] = x", ["y = x", "z = y"]),
    "what is overwritten unread is dead": ("x = a[0]\nx = a[1]\nout[0] = x", ["x = a[0]"]),
    "what one arm overwrites is live": ("x = a[0]\nif n > 0:\n    x = a[1]\nout[0] = x", []),
    "what both arms overwrite is dead": (
        "x = a[0]\nif n > 0:\n    x = a[1]\nelse:\n    x = a[2]\nout[0] = x",
        ["x = a[0]"],
    ),
    "a branch over dead code is dead, and its test": (
        "t = n > 0\nx = a[0]\nif t:\n    x = a[1]\nelif n < 5:\n    x = a[2]\nout[0] = 1.0",
        ["t = n > 0", "x = a[0]", "if t:", "x = a[1]", "if n < 5:", "x = a[2]"],
    ),
    "a live elif keeps every test": ("if n > 0:\n    x = a[0]\nelif n < 5:\n    out[0] = 1.0", ["x = a[0]"]),
    "a loop carries a value to its next trip": (
        "x = float(0.0)\ny = float(0.0)\nfor i in range(n):\n    y = x\n    x = a[i]\nout[0] = y",
        [],
    ),
    "a value that only feeds itself is dead, and the loop": (
        "x = float(0.0)\nfor i in range(n):\n    x += a[i]\nout[0] = 1.0",
        ["x = float(0.0)", "for i in range(n):", "x += a[i]"],
    ),
    "a cycle of two variables is dead": (
        "x = float(0.0)\ny = float(1.0)\nfor i in range(n):\n    x, y = y, x\nout[0] = 1.0",
        ["x = float(0.0)", "y = float(1.0)", "for i in range(n):", "x, y = y, x"],
    ),
    "a loop with nothing live in it is dead, jumps and counter too": (
        "t = int(0)\nwhile t < n:\n    t += 1\n    if t > 5:\n        break\nout[0] = 1.0",
        ["t = int(0)", "while t < n:", "t += 1", "if t > 5:", "break"],
    ),
    "a live loop keeps its counter, its jumps and their tests": (
        "t = int(0)\nwhile t < n:\n    t += 1\n    if a[t] > 5.0:\n        break\n    if a[t] < 0.0:\n"
        "        continue\n    out[t] = 1.0",
        [],
    ),
    "what a break carries out is live": (
        "x = a[0]\nfor i in range(n):\n    out[i] = 0.0\n    if n > i:\n        x = a[1]\n        break\n"
        "    x = a[2]\nout[0] = x",
        [],
    ),
    "what follows a continue cannot hide what came before": (
        "x = a[0]\nfor i in range(n):\n    out[i] = x\n    x = a[1]\n    if n > i:\n        continue\n    x = a[2]",
        [],
    ),
    "the range is evaluated once": (
        "m = n\nfor i in range(m):\n    m = m + 1\n    out[i] = 1.0",
        ["m = m + 1"],
    ),
    "a while test is evaluated every trip": ("m = n\nwhile m < 9:\n    m = m + 1\n    out[m] = 1.0", []),
    "the inner loop's break is not the outer's": (
        "for i in range(n):\n    out[i] = 1.0\n    for j in range(n):\n        if j > i:\n            break",
        ["for j in range(n):", "if j > i:", "break"],
    ),
    "a stored component is part of its vector": ("v = b[0, 0]\nv.x = a[0]\nv[1] += a[1]\nout[0] = v[0]", []),
    "a component of a dead vector is dead": (
        "v = b[0, 0]\nv.x = a[0]\nm = wp.mat22(1.0)\nm[0, 1] += a[1]\nout[0] = 1.0",
        ["v = b[0, 0]", "v.x = a[0]", "m = wp.mat22(1.0)", "m[0, 1] += a[1]"],
    ),
    "an index of a live component store is live": ("i = n\nv = b[0, 0]\nv[i] = 1.0\nout[0] = v[0]", []),
    "every store is live": ("x = a[0]\nout[0] = x\nout[0] = 2.0\nb[0, 0][1] *= x\nb[1, 1].x = x", []),
    "a row of an array is memory": ("row = b[0]\nx = a[0]\nrow[1] = wp.vec3(x)\nout[0] = 1.0", []),
    "an element is a copy": ("v = b[0, 1]\nv[1] = a[0]\nout[0] = 1.0", ["v = b[0, 1]", "v[1] = a[0]"]),
    "an atomic is live, its result need not be": ("x = a[0]\nold = wp.atomic_add(out, 0, x)", []),
    "a builtin on its own is dead": ("x = a[0]\nwp.sin(x)\nout[0] = 1.0", ["x = a[0]", "wp.sin(x)"]),
    "what changes a tile in place is live with it": (
        "t = wp.tile_zeros(shape=4, dtype=float)\nx = a[0]\nwp.tile_scatter_add(t, 0, x, True)\nwp.tile_store(out, t)",
        [],
    ),
    "output is live": ("x = a[0]\nprint(x)", []),
    "a setter changes a live transform": (
        "p = b[0, 0]\nt = wp.transform(p, wp.quat_identity())\nwp.transform_set_translation(t, p)\nout[0] = t[0]",
        [],
    ),
    "a setter of a dead transform is dead": (
        "t = wp.transform_identity()\nwp.transform_set_translation(t, b[0, 0])\nout[0] = 1.0",
        ["t = wp.transform_identity()", "wp.transform_set_translation(t, b[0, 0])"],
    ),
    "a random number advances the state for the next": (
        "s = wp.rand_init(n)\nx = wp.randf(s)\ny = wp.randf(s)\nz = wp.randf(s)\nout[0] = y",
        ["z = wp.randf(s)"],
    ),
    "a tuple counts if one half does": ("x, y = a[0], a[1]\nout[0] = y", []),
    "a dead half does not keep what it reads": (
        "x, y = a[0], a[1]\nz = a[2]\np, q = x, z\nout[0] = p",
        ["z = a[2]"],
    ),
    "a swap passes liveness across": ("x = a[0]\ny = a[1]\nx, y = y, x\nout[0] = x", ["x = a[0]"]),
    "a bare return is live with its test": ("t = n > 3\nif t:\n    return\nout[0] = 1.0", []),
    "pass and docstrings do not count": ('"""Text."""\nif n > 0:\n    pass\nout[0] = 1.0', ["if n > 0:"]),
}


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES)
def test_liveness_in_a_kernel(body: str, expected: list[str]) -> None:
    assert _dead(body) == expected


FUNCTIONS = {
    "a function never called is dead entirely": (
        "def f(x: float):\n    y = x\n    return y",
        "out[0] = 1.0",
        ["y = x", "return y"],
    ),
    "a function that dead code calls is dead too": (
        "def f(x: float):\n    return x",
        "z = f(a[0])\nout[0] = 1.0",
        ["return x", "z = f(a[0])"],
    ),
    "only the results that are used are live": (
        "def f(x: float, y: float):\n    p = x\n    q = y\n    return p, q",
        "u = a[0]\nv = a[1]\ns, t = f(u, v)\nout[0] = t",
        ["p = x", "u = a[0]"],
    ),
    "an argument that the result does not hang on is dead": (
        "def f(x: float, y: float):\n    return y",
        "u = a[0]\nout[0] = f(u, a[1])",
        ["u = a[0]"],
    ),
    "arguments by keyword find their parameters": (
        "def f(x: float, y: float):\n    return y",
        "u = a[0]\nv = a[1]\nout[0] = f(y=u, x=v)",
        ["v = a[1]"],
    ),
    "a function that writes is called for its own sake": (
        "def f(o: wp.array(dtype=float), x: float):\n    y = x\n    z = x\n    o[0] = y",
        "u = a[0]\nf(out, u)",
        ["z = x"],
    ),
    "a function that calls one that writes, too": (
        "def g(o: wp.array(dtype=float), x: float):\n    wp.atomic_add(o, 0, x)\n    return x\n\n@wp.func\n"
        "def f(o: wp.array(dtype=float), x: float):\n    y = g(o, x)\n    return 1.0",
        "z = f(out, a[0])",
        [],
    ),
    "a call in a test counts": ("def f(x: float):\n    return x > 0.0", "u = a[0]\nif f(u):\n    out[0] = 1.0", []),
    "a function of a class or a factory is found by what it is called": (
        "def f(x: float):\n    y = x\n    return x\n\nclass Owner:\n    @wp.func\n    def g(x: float):\n        y = x\n"
        "        return x\n\ndef make(n):\n    @wp.func\n    def h(x: float):\n        y = x\n        return x\n"
        "    return h\n\nh_of = make(1)",
        "out[0] = f(a[0]) + Owner.g(a[1]) + h_of(a[2])",
        ["y = x", "y = x", "y = x"],
    ),
    "an early return is live": (
        "def f(x: float):\n    t = x > 1.0\n    if t:\n        return 0.0\n    y = x\n    return y",
        "out[0] = f(a[0])",
        [],
    ),
    "a return leaves loops": (
        "def f(x: float):\n    y = x\n    for i in range(5):\n        if float(i) > x:\n            return y\n"
        "    return 0.0",
        "out[0] = f(a[0])",
        [],
    ),
}


@pytest.mark.parametrize(("function", "body", "expected"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_liveness_through_calls(function: str, body: str, expected: list[str]) -> None:
    assert _dead(body, f"@wp.func\n{function}") == expected


_STRUCT = "@wp.struct\nclass State:\n    x: float\n    v: wp.vec3\n    data: wp.array(dtype=float)\n"
_FIELDS = "s = State(x=a[0])\ns.x = a[1]\ns.v[0] = a[2]\n"


def test_fields_belong_to_their_struct_but_arrays_in_it_are_memory() -> None:
    assert _dead(f"{_FIELDS}out[0] = s.x", _STRUCT) == []
    assert _dead(f"{_FIELDS}out[0] = 1.0", _STRUCT) == _FIELDS.splitlines()
    assert _dead(f"{_FIELDS}s.data[0] = a[3]", _STRUCT) == []
    counted = shape(_module(_FIELDS, _STRUCT))
    assert (counted.structs, counted.component_stores, counted.builtins) == (1, 2, set())


def test_total_and_share_count_every_function() -> None:
    found = dead(_module("x = a[0]\nout[0] = 1.0", "@wp.func\ndef f(x: float):\n    y = x\n    return y\n"))
    assert (found.total, len(found.statements), found.share) == (4, 3, 0.75)
    assert [(s.function, s.index, s.kind) for s in found.statements] == [
        ("f", 0, "Assign"),
        ("f", 1, "Return"),
        ("kernel", 0, "Assign"),
    ]


def test_nothing_of_nothing_is_dead() -> None:
    assert dead(cst.parse_module("import warp as wp\n")).share == 0.0


def test_a_tree_that_shares_nodes_is_read_as_its_text() -> None:
    module = _module("x = a[0]\nout[0] = x")
    kernel = module.body[-1]
    assert isinstance(kernel, cst.FunctionDef)
    first, store = kernel.body.body
    # One node in two places: overwritten unread in the first, live in the second.
    shared = module.with_changes(
        body=[*module.body[:-1], kernel.with_changes(body=kernel.body.with_changes(body=[first, first, store, first]))]
    )
    assert [s.index for s in dead(shared).statements] == [0, 3]


def test_built_and_parsed_trees_agree() -> None:
    for seed in range(30):
        program = KERNELS.synthesize(seed)
        parsed = cst.parse_module(program.source)
        assert dead(program.module) == dead(parsed)
        assert shape(program.module) == shape(parsed)


_CHAIN = ["spare = float(0.0)", "spare = spare + 1.0", "while spare < 9.0:", "spare += 1.0"]


def test_dead_code_put_into_a_program_is_found() -> None:
    for seed in range(30):
        source = KERNELS.synthesize(seed).source.rstrip("\n")
        before = dead(cst.parse_module(source))
        text = "".join(f"\n    {line}" for line in (*_CHAIN[:3], f"    {_CHAIN[3]}"))
        after = dead(cst.parse_module(f"{source}{text}\n"))
        assert [s.text for s in after.statements] == [*(s.text for s in before.statements), *_CHAIN]
        assert after.total == before.total + len(_CHAIN)


def test_shape_counts() -> None:
    found = shape(
        _module(
            "i = wp.tid()\n\nx = f(a[i]) if n > 0 else b[i, 0][1]\nrow = b[i]\nv = row[1]\nv.x = x\nb[i, 1] = v\n"
            "for j in range(n):\n    while x < 3.0:\n        x += wp.sin(x)\n        if x > 1.0:\n            break\n"
            "        elif x > 0.5:\n            out[j] += x\n        else:\n            wp.atomic_add(out, j, x)\n",
            "@wp.func\ndef f(x: float):\n    if x > 1.0:\n        return 0.0\n    return wp.cos(x)\n",
        )
    )
    assert vars(found) == {
        "lines": 23,
        "statements": 17,
        "loops": 1,
        "whiles": 1,
        "branches": 3,
        "conditionals": 1,
        "jumps": 2,
        "loads": 3,
        "stores": 2,
        "atomics": 1,
        "component_stores": 1,
        "functions": 1,
        "structs": 0,
        "calls": 1,
        "depth": 3,
        "builtins": {"tid", "sin", "cos", "atomic_add", "range"},
    }
