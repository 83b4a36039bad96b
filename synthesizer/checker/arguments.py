"""Arguments of a call in a kernel: read in Warp's order, starred ones unpacked."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.body import Body
from warpsmith.synthesizer.checker.model import (
    ANYTHING,
    UNKNOWN,
    Builtin,
    Special,
    TypeRef,
    Unresolved,
    Var,
    dtype_of,
    family,
    length_of,
    shape_of,
    show,
)
from warpsmith.synthesizer.checker.objects import (
    Function,
    FunctionSet,
    StructDef,
)
from warpsmith.synthesizer.checker.scope import MISSING
from warpsmith.synthesizer.checker.static import number


@dataclass
class Call:
    """A call on its way to a type.

    Attributes:
        node: the call.
        positional: what the positional arguments are, starred ones unpacked.
        named: the keyword arguments.
        expects: how many names the results are unpacked to; 0 if they are not.
        unsure: whether there may be other arguments than these.
    """

    node: ast.Call
    expects: int = 0
    positional: list[Any] = field(default_factory=list)
    named: dict[str, Any] = field(default_factory=dict)
    unsure: bool = False

    @property
    def values(self) -> list[Any]:
        """All arguments, positional first."""
        return [*self.positional, *self.named.values()]

    @property
    def types(self) -> tuple[Any, ...]:
        """The arguments' types; UNKNOWN for what is no value."""
        return tuple([v.type if type(v) is Var else UNKNOWN for v in self.values])


def unknown_results(made: Call) -> Any:
    """Results of which nothing is known."""
    return tuple(ANYTHING for _ in range(made.expects)) if made.expects else ANYTHING


def read_arguments(body: Body, made: Call) -> None:
    """Read the arguments of a call in Warp's order."""
    for argument in made.node.args:
        if isinstance(argument, ast.Starred):
            _unpack(body, argument, made)
        else:
            made.positional.append(_argument(body, argument))
    for keyword in made.node.keywords:
        if keyword.arg is None:
            body.report(keyword, "unsupported-construct", "**keywords are not supported in kernels")
            made.unsure = True
        else:
            made.named[keyword.arg] = _argument(body, keyword.value)


def _argument(body: Body, node: Any) -> Any:
    """An argument, which may be an object of the compiler: a type, a function."""
    if type(node) is ast.Name:
        found = body.lookup(node.id)
        if isinstance(found, (TypeRef, Builtin, Special, Function, FunctionSet, StructDef)):
            return found
    found = body.expression(node)
    if found is None or isinstance(found, tuple):
        return body.operand(node, found)
    return found


def _unpack(body: Body, argument: ast.Starred, made: Call) -> None:
    found = body.value(argument.value)
    sliced = isinstance(argument.value, ast.Subscript)
    t = found.type
    if family(t) in ("vec", "quat", "transform"):
        made.positional.extend(Var(dtype_of(t)) for _ in range(shape_of(t)[0]))
    elif family(t) == "mat":
        made.unsure = True
    elif isinstance(t, Array) and sliced:
        _unpack_slice(body, argument, made, t)
    elif t is UNKNOWN:
        made.unsure = True
    else:
        body.report(argument, "bad-star", f"a value of type {show(t)} cannot be unpacked into arguments")
        made.unsure = True


def _unpack_slice(body: Body, argument: ast.Starred, made: Call, t: Array) -> None:
    index = argument.value.slice  # type: ignore[attr-defined]
    bounds = [_bound(body, b) for b in _bounds(index)]
    if len(bounds) != 3 or bounds[1] is None:
        body.report(argument, "bad-star", "an unpacked slice of an array has constant bounds")
    if len(bounds) == 3 and all(b is None or isinstance(b, int) for b in bounds) and bounds[1] is not None:
        if any(b is not None and b < 0 for b in bounds):
            body.report(argument, "bad-star", "an unpacked slice of an array has bounds that are not negative")
            return
        count = len(range(bounds[0] or 0, bounds[1], bounds[2] or 1))
        if not count:
            body.report(argument, "bad-star", "an unpacked slice is not empty")
        made.positional.extend(Var(t.dtype, reference=True) for _ in range(count))
    else:
        made.unsure = True


def _bound(body: Body, node: ast.expr | None) -> Any:
    if node is None:
        return None
    found = number(node, Locals(body))
    return found if found is not MISSING else body.value(node).constant


class Locals:
    """A kernel's constants in front of the names around it, for what is computed before the kernel runs."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.file = body.scope.file
        self.node = body.scope.node

    def lookup(self, name: str) -> Any:
        """What a name stands for, or MISSING."""
        found = self.body.symbols.get(name, MISSING)
        if isinstance(found, Var) and found.constant is None and found.type is not UNKNOWN:
            found = MISSING
        if isinstance(found, Var) and found.type is UNKNOWN:
            return Unresolved(found.reason or f"{name} is not known")
        return self.body.scope.lookup(name) if found is MISSING else found

    def length(self, name: str) -> int | None:
        """The length of a local, which its type says before the kernel runs; None if it is no local or has none."""
        found = self.body.symbols.get(name)
        return length_of(found.type) if isinstance(found, Var) else None


def _bounds(index: Any) -> tuple[Any, ...]:
    return (index.lower, index.upper, index.step) if isinstance(index, ast.Slice) else ()
