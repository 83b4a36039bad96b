"""What the grammar leaves out because Warp 1.19 refuses it: each row still holds, or its exclusion goes."""

from __future__ import annotations

import pytest

from warpsmith.errors import CodegenError, CompileError
from warpsmith.grammar import exceptions, registry, types
from warpsmith.ir import capture, load

HEAD = """from typing import Any

import warp as wp

AXIS = wp.constant(wp.vec2(1.0, 2.0))
POINT = wp.constant(wp.vec3(1.0, 2.0, 3.0))


@wp.struct
class Pair:
    x: float


@wp.func
def scaled(x: Any, n: float):
    return x * n


@wp.func
def twice(x: float):
    return x, x


@wp.kernel
"""

SNIPPETS: dict[str, tuple[str, type[Exception]]] = {
    # A comparison chain takes a bare array element for a reference: grammar/spell.py, loaded().
    "element in a comparison chain": (
        "def kernel(a: wp.array(dtype=float), x: float):\n    if x < x < a[0]:\n        a[1] = x\n",
        CodegenError,
    ),
    # A tuple assignment binds a name to the element itself, so the name cannot be assigned again.
    "element in a tuple assignment": (
        "def kernel(a: wp.array(dtype=float), x: float):\n    u, v = a[0], a[1]\n    u = u + x\n    a[0] = u * v\n",
        CodegenError,
    ),
    "field in a comparison chain": (
        "def kernel(a: wp.array(dtype=float), x: float):\n    s = Pair(x=x)\n    if x < x < s.x:\n        a[1] = x\n",
        CodegenError,
    ),
    # A name bound to a constant in a dynamic loop inside an unrolled one: grammar/constructs/assign.py, bindable().
    "constant in a dynamic loop in an unrolled one": (
        "def kernel(a: wp.array(dtype=int), n: int):\n    for i in range(3):\n        for j in range(n):\n"
        "            c = 3\n            a[j] = c\n",
        CodegenError,
    ),
    # A conversion to 64 bits converts a constant name itself: grammar/exceptions.py, WIDENING.
    "constant name after a conversion to 64 bits": (
        "def kernel(a: wp.array(dtype=int), b: wp.array(dtype=wp.int64)):\n    k = 3\n    b[0] = wp.int64(k)\n"
        "    a[0] = k + 1\n",
        CodegenError,
    ),
    # A name bound to a tuple once more, as an unrolled loop does: grammar/constructs/assign.py, bind_several().
    "tuple under one name in a loop": (
        "def kernel(a: wp.array(dtype=float)):\n    for i in range(2):\n        both = twice(a[i])\n"
        "        a[i] = both[0]\n",
        CodegenError,
    ),
    # grammar/exceptions.py, NO_ATOMIC_ORDER
    "least of two quaternions by an atomic": (
        "def kernel(a: wp.array(dtype=wp.quat), q: wp.quat):\n    wp.atomic_min(a, 0, q)\n",
        CompileError,
    ),
    # The indices of a chain of subscripts are taken together: grammar/spell.py, subscript().
    "slice of a vector indexed": (
        "def kernel(a: wp.array(dtype=float), v: wp.vec3):\n    a[0] = v[1:][0]\n",
        CodegenError,
    ),
    # References to components are made of numbers alone: grammar/constructs/components.py, _component().
    "slice of an element stored to": (
        "def kernel(a: wp.array(dtype=wp.vec3), v: wp.vec2):\n    a[0][0:2] = v\n",
        CodegenError,
    ),
    # Native code that asks for variables: grammar/spell.py, copied().
    "row set to a constant": (
        "def kernel(a: wp.array(dtype=wp.mat22), m: wp.mat22):\n    m[0] = AXIS\n    a[0] = m\n",
        CompileError,
    ),
    "triangle of constants": (
        "def kernel(a: wp.array(dtype=int), v: wp.vec3):\n    a[0] = wp.intersect_tri_tri(POINT, v, v, v, v, v)\n",
        CompileError,
    ),
    # Arguments of a function with `Any` parameters are given by position alone: grammar/constructs/calls.py.
    "keywords of a generic function": (
        "def kernel(a: wp.array(dtype=float)):\n    a[0] = scaled(x=a[1], n=2.0)\n",
        CodegenError,
    ),
    # grammar/written.py, _comparisons()
    "vectors compared by !=": (
        "def kernel(a: wp.array(dtype=float), v: wp.vec3):\n    if v != v:\n        a[0] = 1.0\n",
        CompileError,
    ),
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_warp_still_refuses(name: str):
    body, error = SNIPPETS[name]
    loaded = load(HEAD + body)
    try:
        with pytest.raises(error):
            capture(loaded.kernels["kernel"], ("cpp", "ptx"))
    finally:
        loaded.unload()


@pytest.mark.parametrize("key", exceptions.REFUSED)
def test_the_native_compiler_still_refuses(key: str):
    (signature,) = [s for s in registry.signatures() if s.key == key]
    (source,) = map(types.spelling, signature.operands)
    assert isinstance(signature.result, type)
    result = types.spelling(signature.result)
    call = signature.name if signature.name == "bool" else f"wp.{signature.name}"
    loaded = load(
        f"{HEAD}def kernel(a: wp.array(dtype={source}), b: wp.array(dtype={result})):\n    b[0] = {call}(a[0])\n"
    )
    try:
        with pytest.raises(CompileError):
            capture(loaded.kernels["kernel"], ("ptx",))
    finally:
        loaded.unload()
