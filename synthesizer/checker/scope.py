"""Scopes: which statements bind a name, and what the name stands for, found out when it is asked for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from warpsmith.synthesizer.checker.model import Unresolved
from warpsmith.synthesizer.checker.names import parameters_of, target_names

MISSING: Any = object()

_BUSY: Any = object()
HOOKS: dict[str, Callable[..., Any]] = {}
"""``resolve``: what a name of a scope stands for; ``bound``: what one binding makes of it. Set by ``project``."""


@dataclass(eq=False)
class Binding:
    """One place that binds a name.

    Attributes:
        node: the statement, or the import's alias.
        value: the expression that is bound, if it is one.
        how: ``function``, ``class``, ``import``, ``from``, ``value``, ``part``, ``loop`` or ``other``.
        certain: whether the statement is no part of a branch, loop or try.
        test: the condition of the branch that the statement is in, and which arm it is.
    """

    node: Any
    value: ast.expr | None = None
    how: str = "value"
    certain: bool = True
    test: tuple[ast.expr, bool] | None = None
    found: Any = None


@dataclass(eq=False)
class Scope:
    """Names of a module, a class or a function.

    Attributes:
        kind: ``module``, ``class`` or ``function``.
        file: the file that it is in.
        parent: the scope around it.
        node: the class or function.
        bindings: what binds each name, in the order of the text.
        stars: star imports.
        entered: this scope as calls of the function have it.
        assigned: for a class what its methods assign to attributes of their instance, once it was asked for.
        given: what parameters of a function stand for, where a call says so.
    """

    kind: str
    file: Any
    parent: Scope | None = None
    node: Any = None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[ast.ImportFrom] = field(default_factory=list)
    given: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    parameters: frozenset[str] = frozenset()
    entered: dict[Any, Scope] = field(default_factory=dict)
    assigned: dict[str, list[tuple[ast.expr | None, Any]]] | None = None

    def lookup(self, name: str) -> Any:
        """What a name stands for as seen from here, or MISSING; a class's names are seen from the class alone."""
        scope: Scope | None = self
        while scope is not None:
            if scope is self or scope.kind != "class":
                found = scope.own(name)
                if found is not MISSING:
                    return found
            scope = scope.parent
        return MISSING

    def own(self, name: str) -> Any:
        """What a name of this scope stands for, or MISSING."""
        found = self.values.get(name, MISSING)
        if found is MISSING:
            self.values[name] = _BUSY
            found = self.values[name] = HOOKS["resolve"](self, name)
        elif found is _BUSY:
            return Unresolved(f"{name} is defined by itself")
        return found

    def before(self, node: Any) -> Any:
        """The names as they are when a definition is run, for its annotations and decorators."""
        rebound = self.kind == "module" and any(len(b) > 1 for b in self.bindings.values())
        return Earlier(self, node) if rebound else self


@dataclass(eq=False)
class Earlier:
    """A scope as it is before a definition: of names that are bound again, the last one before it counts."""

    scope: Scope
    definition: Any

    @property
    def file(self) -> Any:
        """The file."""
        return self.scope.file

    @property
    def node(self) -> Any:
        """What the scope is of."""
        return self.scope.node

    def lookup(self, name: str) -> Any:
        """What a name stands for, or MISSING."""
        bindings = self.scope.bindings.get(name, [])
        if len(bindings) > 1 and all(b.how in ("class", "value") and b.certain for b in bindings):
            earlier = [b for b in bindings if b.node.lineno < self.definition.lineno]
            if earlier:
                return HOOKS["bound"](self.scope, name, earlier[-1])
        return self.scope.lookup(name)


def scope_of(node: Any, file: Any, parent: Scope | None) -> Scope:
    """The scope of a module, class or function, with what binds its names."""
    kind = {ast.Module: "module", ast.ClassDef: "class"}.get(type(node), "function")
    scope = Scope(kind, file, parent, node)
    if kind == "function":
        star = [a for a in (node.args.vararg, node.args.kwarg) if a is not None]
        scope.parameters = frozenset(a.arg for a in (*parameters_of(node), *star))
    if not isinstance(node, ast.Lambda):
        _bind_all(node.body, scope, True, None)
    return scope


def _bind_all(body: Sequence[ast.stmt], scope: Scope, certain: bool, test: Any) -> None:
    for statement in body:
        handler = _BINDERS.get(type(statement))
        if handler is not None:
            handler(statement, scope, certain, test)
        else:
            _bind_compound(statement, scope, test)


def _add(scope: Scope, name: str, binding: Binding) -> None:
    scope.bindings.setdefault(name, []).append(binding)


def _bind_function(node: Any, scope: Scope, certain: bool, test: Any) -> None:
    _add(scope, node.name, Binding(node, None, "function", certain, test))


def _bind_class(node: ast.ClassDef, scope: Scope, certain: bool, test: Any) -> None:
    _add(scope, node.name, Binding(node, None, "class", certain, test))


def _bind_import(node: ast.Import, scope: Scope, certain: bool, test: Any) -> None:
    for alias in node.names:
        name = alias.asname or alias.name.split(".")[0]
        _add(scope, name, Binding(alias, None, "import", certain, test))


def _bind_from(node: ast.ImportFrom, scope: Scope, certain: bool, test: Any) -> None:
    for alias in node.names:
        if alias.name == "*":
            scope.stars.append(node)
        else:
            binding = Binding((node, alias), None, "from", certain, test)
            _add(scope, alias.asname or alias.name, binding)


def _bind_assign(node: ast.Assign, scope: Scope, certain: bool, test: Any) -> None:
    for target in node.targets:
        if isinstance(target, ast.Name):
            _add(scope, target.id, Binding(node, node.value, "value", certain, test))
        elif isinstance(target, ast.Tuple):
            _bind_parts(node, target, scope, certain, test)
        else:
            _bind_other(node, target, scope)


def _bind_parts(node: ast.Assign, target: ast.Tuple, scope: Scope, certain: bool, test: Any) -> None:
    values = node.value.elts if isinstance(node.value, (ast.Tuple, ast.List)) else None
    for position, element in enumerate(target.elts):
        if isinstance(element, ast.Name) and values is not None and len(values) == len(target.elts):
            _add(scope, element.id, Binding(node, values[position], "value", certain, test))
        else:
            _bind_other(node, element, scope)


def _bind_annotated(node: ast.AnnAssign, scope: Scope, certain: bool, test: Any) -> None:
    if isinstance(node.target, ast.Name) and node.value is not None:
        _add(scope, node.target.id, Binding(node, node.value, "value", certain, test))


def _bind_augmented(node: ast.AugAssign, scope: Scope, certain: bool, test: Any) -> None:
    _bind_other(node, node.target, scope)


def _bind_nothing(node: ast.stmt, scope: Scope, certain: bool, test: Any) -> None:
    """Names that an expression binds by ``:=`` are not looked for: a file that has it has open scopes."""


def _bind_other(node: Any, target: ast.AST, scope: Scope) -> None:
    for name in target_names(target):
        _add(scope, name, Binding(node, None, "other", False))


def _bind_global(node: ast.Global | ast.Nonlocal, scope: Scope, certain: bool, test: Any) -> None:
    for name in node.names:
        _add(scope, name, Binding(node, None, "global", False))


def _bind_compound(node: Any, scope: Scope, test: Any) -> None:
    if isinstance(node, ast.If):
        _bind_all(node.body, scope, False, (node.test, True))
        _bind_all(node.orelse, scope, False, (node.test, False))
        return
    if isinstance(node, (ast.For, ast.AsyncFor)):
        for name in target_names(node.target):
            plain = isinstance(node.target, ast.Name)
            _add(scope, name, Binding(node, node.iter if plain else None, "loop" if plain else "other", False))
    if isinstance(node, (ast.With, ast.AsyncWith)):
        for item in node.items:
            if item.optional_vars is not None:
                _bind_other(node, item.optional_vars, scope)
    for body in _bodies(node):
        certain = isinstance(node, (ast.With, ast.AsyncWith))
        _bind_all(body, scope, certain, test)


def _bodies(node: Any) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        yield getattr(node, name, [])
    for handler in getattr(node, "handlers", []):
        yield handler.body
    for case in getattr(node, "cases", []):
        yield case.body


_BINDERS: dict[type, Any] = {
    ast.FunctionDef: _bind_function,
    ast.AsyncFunctionDef: _bind_function,
    ast.ClassDef: _bind_class,
    ast.Import: _bind_import,
    ast.ImportFrom: _bind_from,
    ast.Assign: _bind_assign,
    ast.AnnAssign: _bind_annotated,
    ast.AugAssign: _bind_augmented,
    ast.Global: _bind_global,
    ast.Nonlocal: _bind_global,
    ast.Expr: _bind_nothing,
    ast.Return: _bind_nothing,
    ast.Pass: _bind_nothing,
    ast.Assert: _bind_nothing,
    ast.Raise: _bind_nothing,
    ast.Delete: _bind_nothing,
    ast.Break: _bind_nothing,
    ast.Continue: _bind_nothing,
}


def definitions(body: Sequence[ast.stmt]) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Functions and classes among statements and in their branches, not those within functions and classes."""
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            yield statement
        elif type(statement) not in _BINDERS:
            for inner in _bodies(statement):
                yield from definitions(inner)
