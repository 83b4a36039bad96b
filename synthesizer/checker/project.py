"""The files of a project: which one an import means, and what its names stand for."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import warp as wp

from warpsmith.synthesizer.checker import files, instances, static
from warpsmith.synthesizer.checker.model import (
    EnumRef,
    ModuleRef,
    Special,
    TypeRef,
    Unresolved,
    family,
)
from warpsmith.synthesizer.checker.names import dotted
from warpsmith.synthesizer.checker.objects import (
    ClassRef,
    FileRef,
    Function,
    FunctionSet,
    PyFunction,
    StructDef,
)
from warpsmith.synthesizer.checker.resolution import bound, resolve
from warpsmith.synthesizer.checker.scope import HOOKS, MISSING, Scope, definitions, scope_of
from warpsmith.synthesizer.checker.static import attribute, value_of
from warpsmith.synthesizer.checker.static_calls import entered

_VARIANTS = 12
"""For how many ways of calling its factory a kernel is looked at."""
_KNOWN_MODULES = frozenset(
    ("warp", "warp.types", "typing", "typing_extensions", "collections.abc", "math", "cmath", "numpy", "enum")
)
_FILES = 600
"""How many other files are read for the sake of one that is checked."""


class Project:
    """Files that are checked together; each is read once.

    Attributes:
        folders: where modules are looked for, beside the package of the file that imports them.
        files: what was read, by path; None for what cannot be.
    """

    def __init__(self, folders: tuple[Path, ...] = ()) -> None:
        self.folders = folders
        self.files: dict[Path, File | None] = {}
        self._modules: dict[tuple[str, Path], Any] = {}

    def load(self, path: Path) -> File | None:
        """A file that is imported; None if it cannot be read."""
        if path not in self.files:
            self.files[path] = None
            if len(self.files) < _FILES:
                try:
                    data = files.read(path)
                    self.files[path] = File(self, files.parse(data), path, data.decode("utf-8", "replace"))
                except (files.Unreadable, files.NotPython, OSError):
                    pass
        return self.files[path]

    def module(self, name: str, importer: File) -> Any:
        """What a module is as imported in a file: a ModuleRef, a FileRef or Unresolved."""
        if name in _KNOWN_MODULES:
            return ModuleRef(name)
        key = (name, importer.package.root)
        if key not in self._modules:
            near = (importer.package.root, importer.path.parent) if importer.path is not None else ()
            path = files.module_file(name, tuple(dict.fromkeys((*near, *self.folders))))
            found = self.load(path) if path is not None else None
            self._modules[key] = (
                FileRef(found) if found is not None else Unresolved(f"imported from {name.split('.')[0]}")
            )
        return self._modules[key]


class File:
    """One file: its scope, and the kernels and functions in it.

    Attributes:
        functions: every kernel and function, in the order of the text.
        options: what ``wp.set_module_options`` says, read with care.
    """

    def __init__(self, project: Project, tree: ast.Module, path: Path | None = None, text: str = "") -> None:
        self.project = project
        self.tree = tree
        self.path = path
        self.package = files.package_of(path) if path is not None else files.Package(Path(), "", False)
        self.scope = scope_of(tree, self, None)
        self.functions: list[Function] = []
        self._made: dict[Any, Any] = {}
        self._inner: dict[Any, Any] = {}
        self._calls: dict[str, list[tuple[ast.Call, Scope]]] | None = None
        self._discovered = False
        self._texts: frozenset[str] | None = None
        self._stores: dict[str, list[ast.Assign]] | None = None
        self.overloaded: list[tuple[Function, ast.expr, Scope]] = []
        self.overloaded_by: list[Function] = []
        self.with_gradient: set[str] = set()
        self.adds_builtins = "build_experimental" in text
        self.has_open_scopes = any(mark in text for mark in (":=", "globals()", "exec("))

    def texts(self) -> frozenset[str]:
        """What the file gives as text to calls and as keys to dictionaries: attributes may be set by such names."""
        if self._texts is None:
            found: set[str] = set()
            for node in ast.walk(self.tree):
                some = node.args if isinstance(node, ast.Call) else node.keys if isinstance(node, ast.Dict) else []
                found |= {n.value for n in some if isinstance(n, ast.Constant) and isinstance(n.value, str)}
            self._texts = frozenset(found)
        return self._texts

    def stores(self, name: str) -> list[ast.Assign]:
        """Assignments to elements of what goes by a name: ``name[…] = …``."""
        if self._stores is None:
            self._stores = {}
            for node in ast.walk(self.tree):
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                            self._stores.setdefault(target.value.id, []).append(node)
        return self._stores.get(name, [])

    def attribute(self, name: str) -> Any:
        """What another file finds here by a name: a name of this file, or a module of this package."""
        found = self.scope.own(name)
        if found is MISSING and self.package.is_package:
            inner = self.project.module(f"{self.package.name}.{name}", self)
            return MISSING if isinstance(inner, Unresolved) else inner
        return found

    # --- definitions ------------------------------------------------------------------

    def discover(self) -> File:
        """Find every kernel and function, in classes, functions and branches too."""
        if not self._discovered:
            self._discovered = True
            self._discover(self.tree.body, self.scope)
            self._discover_calls()
            self.functions.sort(key=lambda f: (f.node.lineno, f.node.col_offset))
        return self

    def _discover(self, body: list[ast.stmt], where: Scope) -> None:
        for node in definitions(body):
            found = self.defined(node, where)
            if isinstance(found, (PyFunction, ClassRef)):
                self._discover(node.body, found.inner)

    def _discover_calls(self) -> None:
        """Kernels that are made by a call: ``wp.kernel(f)``, wherever it stands."""
        for name in ("kernel", "func", "Kernel"):
            for node, where in self.calls(name):
                if node.args or node.keywords:
                    value_of(node, where)
        for node, where in self.calls("overload"):
            self._note_overload(node, where)

    def vary(self, function: Function) -> None:
        """Make a variant of a function for each way in which the file calls the plain function around it."""
        where = function.scope
        if where.kind != "function" or not where.parameters or where.given or not hasattr(where.node, "name"):
            return
        for node, caller in self.calls(where.node.name)[: 2 * _VARIANTS]:
            called = value_of(node.func, caller)
            if isinstance(called, PyFunction) and called.node is where.node:
                self.defined(function.node, entered(called, node, caller))

    def _note_overload(self, node: ast.Call, where: Scope) -> None:
        called = value_of(node.func, where)
        if called != Special("overload") or len(node.args) + len(node.keywords) != 2:
            return
        target = value_of(node.args[0], where) if node.args else None
        if isinstance(target, Function):
            given = node.args[1] if len(node.args) > 1 else node.keywords[0].value
            self.overloaded.append((target, given, where))

    def defined(self, node: Any, where: Scope) -> Any:
        """What a function or class that is defined in a scope is."""
        key = (node, where if where.given else where.node)
        if key not in self._inner:
            self._inner[key] = Unresolved(f"{node.name} is defined by itself")
            make = self._class if isinstance(node, ast.ClassDef) else self._function
            self._inner[key] = make(node, where)
        return self._inner[key]

    def _function(self, node: Any, where: Scope) -> Any:
        kind, decorator = self._kind(node, where)
        if kind == "python":
            return PyFunction(node, where, scope_of(node, self, where))
        return self._make(node, where, kind, decorator)

    def _make(self, node: Any, where: Scope, kind: str, decorator: Any) -> Any:
        function = Function(
            node.name, node, where, kind in ("kernel", "overload"), kind == "opaque",
            _has_backward(decorator), qualified=_qualified(node, where), adjoint=kind == "adjoint",
        )  # fmt: skip
        function.faults += _unknown_options(kind, decorator, where)
        if kind == "adjoint" and isinstance(decorator, ast.Call) and decorator.args:
            self.with_gradient.add(dotted(decorator.args[0]).rpartition(".")[2])
        if where.given:
            base = self._inner.get((node, where.node))
            if isinstance(base, Function) and len(base.variants) < _VARIANTS:
                base.variants.append(function)
            elif isinstance(base, Function):
                return base
        elif kind == "overload":
            self.overloaded_by.append(function)
        else:
            self.functions.append(function)
        return function

    def made_of(self, target: PyFunction, maker: str) -> Any:
        """The kernel or function that ``wp.kernel(f)`` makes of a plain function."""
        kind = "func" if maker.rpartition(".")[2] == "func" else "kernel"
        key = (target.node, kind)
        if key not in self._made:
            self._made[key] = self._make(target.node, target.scope, kind, None)
        made = self._made[key]
        return made if made.is_kernel else FunctionSet(made.name, [made])

    def _kind(self, node: Any, where: Scope) -> tuple[str, Any]:
        """``kernel``, ``func``, ``opaque`` (native), ``adjoint``, ``overload`` or ``python``; and by what decorator."""
        for decorator in node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            last = dotted(target).rpartition(".")[2]
            if isinstance(decorator, ast.Call) and last in ("dynamic_func", "dynamic_kernel"):
                return last.removeprefix("dynamic_"), decorator
            found = value_of(target, where)
            if isinstance(found, Special) and found.name in _DECORATORS:
                return _DECORATORS[found.name], decorator
            if isinstance(decorator, ast.Call) and isinstance(found, PyFunction):
                made = value_of(decorator, where)
                if isinstance(made, Special) and made.name in _DECORATORS:
                    return _DECORATORS[made.name], decorator
        return "python", None

    def _class(self, node: ast.ClassDef, where: Scope) -> Any:
        for decorator in node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            if value_of(target, where) == Special("struct") or dotted(target).endswith(".dynamic_struct"):
                return StructDef(node, where)
        bases = [value_of(base, where) for base in node.bases]
        names = [dotted(base).rpartition(".")[2] for base in node.bases]
        inner = scope_of(node, self, where)
        enum = any(n in ("IntEnum", "IntFlag") for n in names)
        if enum or any(isinstance(b, EnumRef) for b in bases):
            return EnumRef(node.name, frozenset(inner.bindings) | {"__members__"}, inner)
        if len(bases) == 1 and isinstance(bases[0], TypeRef) and family(bases[0].type):
            return bases[0]
        return ClassRef(node, where, inner)

    # --- calls by name ------------------------------------------------------------------

    def calls(self, name: str) -> list[tuple[ast.Call, Scope]]:
        """Calls outside kernels of what goes by a name, with the scopes that they stand in."""
        if self._calls is None:
            self._calls = {}
            self._collect_calls(self.tree, self.scope)
        return self._calls.get(name, [])

    def _collect_calls(self, root: ast.AST, where: Scope) -> None:
        assert self._calls is not None
        stack = list(ast.iter_child_nodes(root))
        while stack:
            node = stack.pop()
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                found = self.defined(node, where)
                if isinstance(found, (PyFunction, ClassRef)):
                    self._collect_calls(node, found.inner)
                else:
                    stack.extend(node.decorator_list)
                continue
            if isinstance(node, ast.Call):
                last = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                self._calls.setdefault(last, []).append((node, where))
            stack.extend(ast.iter_child_nodes(node))


_DECORATORS = {
    "kernel": "kernel",
    "func": "func",
    "func_grad": "adjoint",
    "func_replay": "adjoint",
    "func_native": "opaque",
    "overload": "overload",
}


_OPTIONS = {name: frozenset(inspect.signature(getattr(wp, name)).parameters) for name in ("kernel", "func")}


def _unknown_options(kind: str, decorator: Any, where: Scope) -> list[tuple[Any, str, str]]:
    """Options that Warp's decorator does not have."""
    if kind not in _OPTIONS or not isinstance(decorator, ast.Call) or value_of(decorator.func, where) != Special(kind):
        return []
    unknown = [k.arg for k in decorator.keywords if k.arg is not None and k.arg not in _OPTIONS[kind]]
    return [(decorator, "unknown-keyword", f"wp.{kind} has no option {name}") for name in unknown]


def _has_backward(decorator: Any) -> bool:
    if isinstance(decorator, ast.Call):
        # Any option that may turn the backward pass off counts as turning it off.
        return not any(k.arg in ("enable_backward", "module_options") for k in decorator.keywords)
    return True


def _qualified(node: Any, where: Scope) -> str:
    parts, scope_ = [node.name], where
    while scope_ is not None and scope_.kind != "module":
        parts.insert(0, scope_.node.name if hasattr(scope_.node, "name") else "<lambda>")
        scope_ = scope_.parent  # type: ignore[assignment]
    return ".".join(parts)


def imported(module: str, name: str) -> Any:
    """What a module of an installed package has by a name, found in its files."""
    found = _OUTSIDE.module(module, _NOWHERE)
    return attribute(found, name) if isinstance(found, (FileRef,)) else MISSING


def _nowhere() -> File:
    return File(_OUTSIDE, ast.parse(""))


_OUTSIDE = Project()
HOOKS.update(resolve=resolve, bound=bound)
static.IMPORTED = imported
static.INSTANCES = instances.instance_attribute
_NOWHERE = _nowhere()
