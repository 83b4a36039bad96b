"""What an attribute of an instance stands for, as far as its class says: what methods assign, or the class has."""

from __future__ import annotations

import ast
from typing import Any

from warpsmith.synthesizer.checker import static
from warpsmith.synthesizer.checker.constants import join
from warpsmith.synthesizer.checker.model import Unresolved
from warpsmith.synthesizer.checker.names import dotted, parameters_of
from warpsmith.synthesizer.checker.objects import ClassRef, PyFunction
from warpsmith.synthesizer.checker.scope import MISSING


def instance_attribute(of: ClassRef, name: str) -> Any:
    """What ``self.name`` stands for in a class's methods; MISSING where the class does not say it.

    A class of the same file that derives from it may say otherwise, and an attribute that is somewhere named in text
    may be set by that; then nothing is known.
    """
    known, key = of.inner.values, f"self.{name}"
    if key not in known:
        known[key] = Unresolved(f"{name} is defined by itself")
        other = any(_assignments(c, name) or c.inner.own(name) is not MISSING for c in _derived(of))
        known[key] = MISSING if other else _of_class(of, name, 0)
    return known[key]


def _of_class(of: ClassRef, name: str, depth: int) -> Any:
    if name in of.inner.file.texts():
        return Unresolved("an attribute of an instance")
    assigned = _assignments(of, name)
    if assigned:
        found = [Unresolved("an attribute of an instance") if v is None else static.value_of(v, s) for v, s in assigned]
        return join(found, f"{name} is assigned in several ways")
    found_here = of.inner.own(name)
    if isinstance(found_here, PyFunction):
        plain = not found_here.node.decorator_list
        return PyFunction(found_here.node, found_here.scope, found_here.inner, bound=True) if plain else MISSING
    if found_here is not MISSING or depth > _DEPTH:
        return found_here
    for base in of.node.bases:
        parent = static.value_of(base, of.scope)
        found = _of_class(parent, name, depth + 1) if isinstance(parent, ClassRef) else MISSING
        if found is not MISSING:
            return found
    return MISSING


_DEPTH = 16
"""How many classes are followed from one to the class that it derives from."""


def _assignments(of: ClassRef, name: str) -> list[tuple[ast.expr | None, Any]]:
    """What the methods of a class assign to an attribute, each with its scope; None for what is no plain assignment."""
    if of.inner.assigned is None:
        of.inner.assigned = {}
        for method in of.node.body:
            inner = of.inner.file.defined(method, of.inner) if isinstance(method, ast.FunctionDef) else None
            if isinstance(inner, PyFunction) and parameters_of(inner.node):
                _collect(inner, of.inner.assigned)
    return of.inner.assigned.get(name, [])


def _collect(method: PyFunction, known: dict[str, list[tuple[ast.expr | None, Any]]]) -> None:
    own = parameters_of(method.node)[0].arg
    every = list(ast.walk(method.node))
    values = {id(s.targets[0]): s.value for s in every if isinstance(s, ast.Assign) and len(s.targets) == 1}
    for node in every:
        if (
            isinstance(node, ast.Attribute)
            and dotted(node) == f"{own}.{node.attr}"
            and not isinstance(node.ctx, ast.Load)
        ):
            known.setdefault(node.attr, []).append((values.get(id(node)), method.inner))


def _derived(of: ClassRef) -> list[ClassRef]:
    """Classes of the same file that derive from a class, at the top of the file."""
    found, names = [], {of.node.name}
    for node in of.inner.file.tree.body:
        if isinstance(node, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id in names for b in node.bases):
            names.add(node.name)
            made = of.inner.file.defined(node, of.inner.file.scope)
            if isinstance(made, ClassRef):
                found.append(made)
    return found
