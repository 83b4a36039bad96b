"""Faults in statements that any kernel can take: what Warp has no construct, no overload or no meaning for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from warpsmith.fuzz.mutants.sites import (
    ACCEPTING,
    Mutation,
    Site,
    Sites,
    appended,
    definitions,
    in_kernels,
    is_kernel,
    parameters,
)

_INT, _FLOAT = "wp.int32(1)", "wp.float32(1.0)"

_UNSUPPORTED: dict[str, Sequence[str]] = {
    "try": ("try:\n    no_such = 1\nfinally:\n    no_such = 2",),
    "with": ("with wp.tid():\n    no_such = 1",),
    "raise": ("raise ValueError",),
    "global": ("global no_such",),
    "import": ("import math",),
    "class": ("class NoSuch:\n    pass",),
    "match": ("match wp.tid():\n    case 1:\n        no_such = 1",),
    "yield": ("yield 1",),
    "set": ("no_such = {1, 2}",),
    "formatted string": ('no_such = f"{1}"',),
    "bytes": ('no_such = b"text"',),
    "imaginary number": ("no_such = 1j",),
    "ellipsis": ("no_such = ...",),
    "loop over a list": ("for other in [1, 2]:\n    no_such = other",),
    "loop over pairs": ("for no_such, other in range(3):\n    pass",),
    "keywords from a value": ("no_such = wp.vec3(**wp.vec3())",),
    "membership": ("no_such = 1 in wp.vec3i()",),
}
"""Statements outside of Warp's language."""

_MEANINGLESS: dict[str, Sequence[str]] = {
    "arms of different types": ("if wp.tid() > 0:\n    no_such = 1\nelse:\n    no_such = 1.0",),
    "mutated constant in a while loop": ("no_such = 0", "while no_such < 3:\n    no_such += 1"),
    "mutated constant in a loop with a break": (
        "no_such = 0",
        "for other in range(3):\n    no_such += 1\n    if no_such > wp.tid():\n        break",
    ),
    "swizzle": ("no_such = wp.vec3().xy",),
    "store to a swizzle": ("no_such = wp.vec3()", "no_such.xy = wp.vec2()"),
    "matrix times a longer vector": ("no_such = wp.mat22() * wp.vec3()",),
    "product of two lengths": ("no_such = wp.dot(wp.vec2(), wp.vec3())",),
    "quaternion of three numbers": ("no_such = wp.quat(1.0, 2.0, 3.0)",),
    "integer power": (f"no_such = {_INT} ** {_INT}",),
    "inverted float": (f"no_such = ~{_FLOAT}",),
    "negated bool": ("no_such = -(wp.tid() > 0)",),
    "sine of an integer": ("no_such = wp.sin(wp.tid())",),
    "condition of where is a float": (f"no_such = wp.where({_FLOAT}, 1, 2)",),
    "values of where differ": ("no_such = wp.where(wp.tid() > 0, 1, 2.0)",),
    "conditional on a float": (f"no_such = 1 if {_FLOAT} else 2",),
    "five thread indices": ("a0, a1, a2, a3, a4 = wp.tid()",),
    "call of a number": ("no_such = wp.tid()", "other = no_such(1)"),
    "type as an operand": ("no_such = wp.vec3 + wp.vec3()",),
    "function as an operand": ("no_such = wp.sin + 1.0",),
    "length of a number": ("no_such = len(wp.tid())",),
    "component of a number": ("no_such = wp.tid()[0]",),
    "vector unpacked": ("no_such, other = wp.vec2()",),
    "runtime bound of a slice": ("no_such = wp.vec3()[0 : wp.tid()]",),
    "slice of another length stored": ("no_such = wp.vec3()", "no_such[0:2] = wp.vec3()"),
    "runtime size of a local array": ("no_such = wp.zeros(shape=wp.tid(), dtype=float)",),
    "runtime size of a matrix": ("no_such = wp.identity(n=wp.tid(), dtype=float)",),
    "range of 64 bits": ("for other in range(wp.int64(3)):\n    pass",),
    "zero step": ("for other in range(0, 3, 0):\n    pass",),
    "two values printed": ("print(1, 2)",),
    "undefined name in an assertion": ("assert no_such_name",),
    "operands of an assertion": ("assert 1 + 1.0",),
    "loop over a tuple": ("for other in (1, 2):\n    pass",),
}
"""Statements whose names and types have no meaning together."""

_ARRAYS: dict[str, Sequence[str]] = {
    "array in arithmetic": ("no_such = {a} + 1",),
    "array stored in itself": ("{a}[0] = {a}",),
    "array indexed by a vector": ("no_such = {a}[wp.vec2()]",),
    "attribute of an array stored": ("{a}.shape = 3",),
    "atomic without an index": ("wp.atomic_add({a}, 1)",),
    "loop over an array": ("for other in {a}:\n    pass",),
}

_UNCHECKED: dict[str, Sequence[str]] = {
    "static value of the run": ("no_such = wp.static(wp.tid())",),
    "attribute of the module stored": ("wp.no_such = 1.0",),
}
"""Statements that Warp refuses and the checker, which goes easy on what comes from outside, does not."""

_NATIVE: dict[str, Sequence[str]] = {
    "vector as a condition": ("if wp.vec3():\n    pass",),
    "vector as the condition of a loop": ("while wp.vec3():\n    break",),
    "vector in a conjunction": ("no_such = wp.vec3() and True",),
    "vectors ordered": ("no_such = wp.vec3() < wp.vec3()",),
    "component at a vector": ("no_such = wp.vec3()[wp.vec3()]",),
    "bits as a wider type": (f"no_such = wp.cast({_FLOAT}, wp.float64)",),
}
"""Statements that Warp's code generator takes and native compilers do not."""

_ACCEPTED: dict[str, Sequence[str]] = {
    "literal beyond 32 bits": ("no_such = 4294967296 + wp.tid()",),
    "zero step of a dynamic range": ("for other in range(0, wp.tid(), 0):\n    break",),
    "product of numbers by @": (f"no_such = {_FLOAT} @ {_FLOAT}",),
    "element past the end of a local array": ("no_such = wp.zeros(shape=3, dtype=float)", "other = no_such[3]"),
}
"""Statements that Warp takes all the way and should not."""


def _array_uses(*text: str) -> Sites:
    """Statements about a kernel's first array."""

    def sites(module: cst.Module) -> Iterator[Site]:
        for definition in definitions(module):
            arrays = [n for n, t in parameters(definition).items() if "array" in t]
            if arrays and is_kernel(definition):
                yield appended(definition, *(t.format(a=arrays[0]) for t in text))

    return sites


SNIPPETS = (
    *(Mutation(name, in_kernels(*text)) for name, text in _UNSUPPORTED.items()),
    *(Mutation(name, in_kernels(*text)) for name, text in _MEANINGLESS.items()),
    *(Mutation(name, _array_uses(*text)) for name, text in _ARRAYS.items()),
    *(Mutation(name, in_kernels(*text), checked=False) for name, text in _UNCHECKED.items()),
    *(Mutation(name, in_kernels(*text), accepted_by=ACCEPTING) for name, text in _NATIVE.items()),
    *(Mutation(name, in_kernels(*text), accepted_by=ACCEPTING, compiles=True) for name, text in _ACCEPTED.items()),
)
"""The kinds of this module."""
