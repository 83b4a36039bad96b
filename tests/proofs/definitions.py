"""The kernels and Warp functions of a file, wherever they are defined, by the names that the file calls them by."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from warpsmith.synthesizer.reading import decorated, last_name


def definitions(module: cst.Module) -> dict[str, cst.FunctionDef]:
    """The definitions in order: ``f``, ``Owner.f`` of a class, and ``made`` for ``made = factory()``."""
    made = dict(_made(module))
    found: dict[str, cst.FunctionDef] = {}
    for s in module.body:
        if isinstance(s, cst.FunctionDef) and _of_warp(s):
            found[s.name.value] = s
        elif isinstance(s, (cst.ClassDef, cst.FunctionDef)):
            for inner in s.body.body:
                if isinstance(inner, cst.FunctionDef) and _of_warp(inner):
                    outer = s.name.value
                    found[f"{outer}.{inner.name.value}" if isinstance(s, cst.ClassDef) else made.get(outer, outer)] = (
                        inner
                    )
    return found


def dotted(node: cst.CSTNode) -> str:
    """``f`` and ``Owner.f`` as they are written; empty for anything else."""
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def _of_warp(node: cst.FunctionDef) -> bool:
    return decorated(node, "kernel") or decorated(node, "func")


def _made(module: cst.Module) -> Iterator[tuple[str, str]]:
    """Factories, each with the name that its result is bound to."""
    for line in module.body:
        for s in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            if isinstance(s, cst.Assign) and isinstance(s.value, cst.Call):
                yield last_name(s.value.func), dotted(s.targets[0].target)
