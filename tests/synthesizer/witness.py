"""What Warp itself says of a program: whether it refuses it, and which types its locals have."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import Any

from warpsmith import ir
from warpsmith.errors import WarpsmithError
from warpsmith.grammar import registry
from warpsmith.synthesizer.check import Report

_names = (f"witnessed_{n}" for n in itertools.count())


def refusal(source: str, *, native: bool = False) -> str | None:
    """Why Warp refuses one of the program's kernels; None if it takes them all.

    Args:
        source: the program.
        native: also run the native compiler for the CPU.
    """
    try:
        loaded = ir.load(source, name=next(_names))
    except Exception as error:  # noqa: BLE001  # decorators judge signatures, and raise what they like
        return f"{type(error).__name__}: {error}"
    kernels = [kernel for kernel in loaded.kernels.values() if not kernel.is_generic]
    results = ir.capture_many(kernels, levels=("adjoint",), compile_cpu=native)
    loaded.unload()
    return next((str(result) for result in results if isinstance(result, WarpsmithError)), None)


def local_types(source: str) -> dict[str, dict[str, str]]:
    """The types Warp infers for the locals of a program's kernels and functions, by their names in the file.

    The constants of the file and what factories are given, which Warp counts among them, are left out.
    """
    tree = ast.parse(source)
    constants = {n.id for n in _targets(tree.body) if isinstance(n, ast.Name)}
    defined = {n.name: n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    constants |= {a.arg for f in defined.values() if not f.decorator_list for a in f.args.args}
    classes = tuple(f"{n.name}__" for n in tree.body if isinstance(n, ast.ClassDef))
    loaded = ir.load(source, name=next(_names))
    found: dict[str, dict[str, str]] = {}
    for kernel in loaded.kernels.values():
        for function, types in ir.capture(kernel, levels=("adjoint",)).local_types.items():
            name = function.rpartition("__locals__")[2]
            name = next((name.removeprefix(c) for c in classes if name.startswith(c)), name)
            gradient = defined.get(f"adj_{name.partition('#')[0]}")
            if gradient is not None and types.keys() >= {a.arg for a in gradient.args.args}:
                name = gradient.name  # to Warp it is an overload of what it is the gradient of
            node = defined.get(name.partition("#")[0])
            foreign = constants - (_names_of(node) if node is not None else set())
            found[name] = {local: t for local, t in types.items() if local not in foreign}
    loaded.unload()
    return found


def opaque(source: str) -> set[str]:
    """Functions of which the checker does not know all types: those that factories make, and those in C++."""
    every = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    hosts = [n for n in every if not n.decorator_list]
    made = {n.name for host in hosts for n in ast.walk(host) if isinstance(n, ast.FunctionDef) and n is not host}
    return made | {n.name for n in every if any("func_native" in ast.unparse(d) for d in n.decorator_list)}


def _targets(body: list[ast.stmt]) -> Iterator[ast.expr]:
    return (target for n in body if isinstance(n, ast.Assign) for target in n.targets)


def _names_of(function: ast.FunctionDef) -> set[str]:
    """The names that a function binds, its parameters among them."""
    return {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)} | {
        n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }


def disagreements(report: Report, types: dict[str, dict[str, str]]) -> list[str]:
    """Where inferred types and Warp's differ.

    Args:
        report: what the checker found in a program.
        types: what Warp found, see :func:`local_types`. Overloads are ``name``, ``name#1``, …, in any order.

    Returns:
        One line for each local whose type differs, that one side lacks, or whose type the checker does not know.
    """
    ours: dict[str, list[dict[str, str]]] = {}
    for function, known in report.locals.items():
        ours.setdefault(function.partition("#")[0], []).append({name: spelled(t) for name, t in known.items()})
    lines = []
    for function, expected in types.items():
        base = function.partition("#")[0]
        if base in registry.names():
            continue  # a builtin that Warp has written in its own language
        candidates = [_differences(function, inferred, expected) for inferred in ours.get(base, [{}])]
        lines += min(candidates, key=len)
    return lines


def _differences(function: str, inferred: dict[str, str], expected: dict[str, str]) -> list[str]:
    lines = []
    for name in sorted(expected.keys() | inferred.keys()):
        ours, theirs = inferred.get(name, "nothing"), expected.get(name, "nothing")
        if ours != theirs and "wp::" not in theirs:  # a C++ type is no type's name
            lines.append(f"{function}.{name}: inferred {ours}, Warp has {theirs}")
    return lines


def spelled(t: Any) -> str:
    """A type as ``ir`` spells it."""
    if hasattr(t, "_shape_"):
        kind = next(b.__name__.removesuffix("_t") for b in t.__mro__ if b.__name__.endswith("_t"))
        scalar = t._wp_scalar_type_.__name__
        return (
            f"{kind}({scalar})"
            if kind in ("quat", "transform")
            else f"{kind}({', '.join(map(str, (*t._shape_, scalar)))})"
        )
    if hasattr(t, "ndim") and hasattr(t, "shape"):
        size = 1
        for extent in t.shape:
            size *= extent
        return f"fixedarray({size}, {spelled(t.dtype)})"
    if hasattr(t, "ndim"):
        return f"{getattr(t, 'kind', 'array')}({t.ndim}, {spelled(t.dtype)})"
    if hasattr(t, "types"):
        return f"tuple({', '.join(map(spelled, t.types))})"
    return f"struct({t.__name__})" if hasattr(t, "fields") else str(t.__name__)
