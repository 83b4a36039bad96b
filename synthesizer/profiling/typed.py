"""The types of all that people wrote in a file, as the type checker infers them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import warp as wp

from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker import files
from warpsmith.synthesizer.checker.analysis import Analysis
from warpsmith.synthesizer.checker.body import Body
from warpsmith.synthesizer.checker.model import OpenType, OtherArray, Var, is_known, is_open, vector
from warpsmith.synthesizer.checker.objects import Function
from warpsmith.synthesizer.checker.project import File
from warpsmith.synthesizer.checker.verdicts import own_faults


class _Recorder(Body):
    """A walk that remembers what each expression yields."""

    def __init__(self, analysis: Any, function: Function, parameters: dict[str, Any]) -> None:
        super().__init__(analysis, function, parameters)
        self.seen: dict[ast.AST, Any] = {}
        self.given = parameters
        analysis.walked.setdefault(function, []).append(self)

    def expression(self, node: Any) -> Any:
        """What an expression yields."""
        found = super().expression(node)
        self.seen[node] = found
        return found


class Recording(Analysis):
    """An analysis that keeps every walk through a function."""

    def __init__(self, project: Any) -> None:
        super().__init__(project)
        self.walked: dict[Function, list[_Recorder]] = {}

    body = _Recorder


@dataclass
class TypedFunction:
    """One kernel or function, with what its expressions yield.

    Attributes:
        function: the function.
        parameters: types by name.
        seen: what each expression yields: a ``Var``, a tuple of them, ``None``, or an object of the compiler.
    """

    function: Function
    parameters: dict[str, Any] = field(default_factory=dict)
    seen: dict[ast.AST, Any] = field(default_factory=dict)

    def type(self, node: ast.AST) -> Any:
        """The type of a value that an expression yields; ``None`` if it yields none, or it is not known."""
        found = self.seen.get(node)
        return found.type if isinstance(found, Var) and is_known(found.type) else None


def typed(path: Path, data: bytes, analysis: Recording) -> tuple[list[TypedFunction], list[str]]:
    """The kernels and functions of a file that Warp accepts, and a line about each that it refuses.

    Raises:
        files.NotPython: it does not parse.
    """
    where = path.resolve()
    file = analysis.project.files.get(where)
    if file is None:
        tree = files.parse(data)
        file = analysis.project.files[where] = File(analysis.project, tree, where, data.decode("utf-8", "replace"))
    analysis.run(file)
    found: list[TypedFunction] = []
    refused: list[str] = []
    for function in file.functions:
        if function.opaque or function.adjoint:
            continue
        if faults := own_faults(function):
            node, rule, message = faults[0]
            refused.append(f"{path}:{getattr(node, 'lineno', function.node.lineno)}: {rule}: {message}")
            continue
        found.append(_best(function, analysis))
    return found, refused


def _best(function: Function, analysis: Recording) -> TypedFunction:
    """The walk that knows most; a generic function that nothing calls is walked through for common types."""
    walks = [w for f in (function, *function.variants) for w in analysis.walked.get(f, ()) if not w.untyped]
    if not walks and function.generic:
        types = tuple(_common(t) for _, t, _ in function.parameters)
        analysis.check(function, types)
        walks = [w for w in analysis.walked.get(function, ()) if not w.untyped and not w.faults]
    best = max(walks, key=_known, default=None)
    if best is None:
        return TypedFunction(function)
    given = {name: v.type for name, v in best.given.items() if isinstance(v, Var)}
    return TypedFunction(function, given, best.seen)


def _known(walk: _Recorder) -> int:
    return sum(isinstance(v, Var) and is_known(v.type) for v in walk.seen.values())


def _common(t: Any) -> Any:
    """A type that people often give for an open one."""
    if not is_open(t):
        return t
    if isinstance(t, Array):
        return Array(_common(t.dtype), t.ndim)
    if isinstance(t, OtherArray):
        return OtherArray(_common(t.dtype), t.ndim, t.kind)
    if isinstance(t, OpenType) and t.kind == "vec":
        return vector(t.shape[0] or 3, wp.float32)
    if isinstance(t, OpenType) and t.label == "Int":
        return wp.int32
    return wp.float32
