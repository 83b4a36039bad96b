"""What a name of a scope stands for: definitions, imports, branches, parameters of factories."""

from __future__ import annotations

import ast
from typing import Any

import warp as wp

from warpsmith.synthesizer.checker.constants import join, truth_of
from warpsmith.synthesizer.checker.model import (
    INSTANCE,
    OPAQUE,
    ModuleRef,
    PyObject,
    Special,
    TypeRef,
    Unresolved,
    Var,
)
from warpsmith.synthesizer.checker.names import defaults_of, dotted, parameters_of
from warpsmith.synthesizer.checker.objects import (
    ClassRef,
    FileRef,
    Function,
    FunctionSet,
    PyFunction,
)
from warpsmith.synthesizer.checker.scope import MISSING, Binding, Scope
from warpsmith.synthesizer.checker.static import attribute, value_of
from warpsmith.synthesizer.checker.static_calls import bind


def resolve(where: Scope, name: str) -> Any:
    """What a name of a scope stands for, or MISSING."""
    bindings = where.bindings.get(name)
    if name in where.given or (name in where.parameters and not (bindings and bindings[0].certain)):
        passed = where.given[name] if name in where.given else _parameter(where, name)
        return _rebound(where, name, passed, bindings) if bindings else passed
    if not bindings:
        return _starred(where, name) if where.kind == "module" else MISSING
    if any(b.how == "global" for b in bindings):
        return Unresolved(f"{name} is global")
    functions = [b for b in bindings if b.how == "function"]
    if functions and len(functions) == len(bindings):
        return _functions(where, name, functions)
    taken = _taken(where, bindings)
    if len(taken) == 1:
        return bound(where, name, taken[0])
    found = [bound(where, name, b) for b in taken]
    real = [f for f in found if not (isinstance(f, PyObject) and f.kind == "None")]
    known = [f for f in real if not isinstance(f, Unresolved)]
    if any(isinstance(f, (ModuleRef, FileRef)) for f in known):
        return next(f for f in known if isinstance(f, (ModuleRef, FileRef)))
    return join(real or found, f"{name} is bound in several ways")


def _rebound(where: Scope, name: str, passed: Any, bindings: list[Binding]) -> Any:
    """A parameter that the function binds again: for ``if x is None: x = …`` what is passed decides."""
    if any(b.certain for b in bindings):
        return bound(where, name, bindings[-1]) if bindings[-1].certain else Unresolved(f"{name} is bound again")
    if all(b.test is not None and _asks_for_none(b.test, name) for b in bindings):
        if isinstance(passed, PyObject) and passed.kind == "None":
            return bound(where, name, bindings[-1])
        if not isinstance(passed, Unresolved):
            return passed
    return join([passed, *(bound(where, name, b) for b in bindings)], f"{name} is bound again")


def _asks_for_none(test: tuple[ast.expr, bool], name: str) -> bool:
    return test[1] and ast.unparse(test[0]) == f"{name} is None"


def _taken(where: Scope, bindings: list[Binding]) -> list[Binding]:
    """The bindings that may be the last one that is run."""
    found: list[Binding] = []
    for binding in bindings:
        if binding.test is not None and len(bindings) > 1:
            truth = truth_of(value_of(binding.test[0], where)) if not _names_itself(binding, where) else None
            if truth is not None and truth is not binding.test[1]:
                continue
            if truth is not None:
                found.clear()
        if binding.certain:
            found.clear()
        found.append(binding)
    return found or bindings


def _names_itself(binding: Binding, where: Scope) -> bool:
    return binding.test is not None and any(
        isinstance(n, ast.Name) and n.id in where.bindings and len(where.bindings[n.id]) > 1
        for n in ast.walk(binding.test[0])
    )


def bound(where: Scope, name: str, binding: Binding) -> Any:
    """What one binding makes a name stand for; one that may not be run raises nothing for certain."""
    found = _bound(where, name, binding)
    return Unresolved(found.reason) if isinstance(found, Unresolved) and not binding.certain else found


def _bound(where: Scope, name: str, binding: Binding) -> Any:
    if binding.how == "function" or binding.how == "class":
        found = where.file.defined(binding.node, where)
        if isinstance(found, Function) and not found.is_kernel:
            return FunctionSet(name, [found])
        return found
    if binding.how == "import":
        return _import(where, binding.node)
    if binding.how == "from":
        return _import_from(where, *binding.node)
    if binding.how == "value" and binding.value is not None:
        return value_of(binding.value, where)
    if binding.how == "loop" and binding.value is not None:
        return _looped(value_of(binding.value, where), binding.value, where, name)
    return Unresolved(f"{name} is computed")


def _functions(where: Scope, name: str, bindings: list[Binding]) -> Any:
    found = [where.file.defined(b.node, where) for b in bindings]
    overloads = where.file.overloaded_by
    found = [f for f in found if f not in overloads] or found
    own = [f for f in found if isinstance(f, Function) and not f.is_kernel]
    if own and len(own) == len(found):
        return FunctionSet(name, [f for f in own if not f.adjoint] or own)
    last = found[-1]
    if isinstance(last, Function) and not last.is_kernel:
        return FunctionSet(name, own)
    return last


def _looped(iterated: Any, node: ast.expr, where: Scope, name: str) -> Any:
    if isinstance(iterated, PyObject) and iterated.items:
        return join(list(iterated.items), f"{name} runs over a table")
    is_range = isinstance(node, ast.Call) and dotted(node.func) == "range"
    return Var(wp.int32, OPAQUE) if is_range else Unresolved(f"{name} runs over something computed")


def _import(where: Scope, alias: ast.alias) -> Any:
    project = where.file.project
    if alias.asname is not None:
        return _submodule(project.module(alias.name.split(".")[0], where.file), alias.name, where.file)
    return project.module(alias.name.split(".")[0], where.file)


def _submodule(root: Any, name: str, importer: Any) -> Any:
    for part in name.split(".")[1:]:
        found = attribute(root, part)
        if isinstance(found, (ModuleRef, FileRef)):
            root = found
        else:
            return importer.project.module(name, importer)
    return root


def _import_from(where: Scope, node: ast.ImportFrom, alias: ast.alias) -> Any:
    module = _source(where.file, node)
    if isinstance(module, Unresolved):
        return module
    found = attribute(module, alias.name)
    if found is MISSING:
        name = node.module or ""
        inner = where.file.project.module(f"{name}.{alias.name}", where.file) if not node.level and name else MISSING
        return (
            inner if isinstance(inner, (FileRef, ModuleRef)) else Unresolved(f"imported from {_told(where.file, node)}")
        )
    return found


def _told(file: Any, node: ast.ImportFrom) -> str:
    return (node.module or "").split(".")[0] if not node.level else "." * node.level + (node.module or "")


def _source(file: Any, node: ast.ImportFrom) -> Any:
    """The module that an import statement takes names from."""
    name = node.module or ""
    if node.level:
        parts = file.package.name.split(".") if file.package.name else []
        drop = node.level - (1 if file.package.is_package else 0)
        if drop > len(parts):
            return Unresolved(f"imported from {_told(file, node)}")
        name = ".".join([*parts[: len(parts) - drop], *([name] if name else [])])
        if not name:
            return Unresolved(f"imported from {_told(file, node)}")
    found = file.project.module(name, file)
    return Unresolved(f"imported from {_told(file, node)}") if isinstance(found, Unresolved) else found


def _starred(where: Scope, name: str) -> Any:
    """A name that a star import may bring."""
    unseen: Any = MISSING
    for node in reversed(where.stars):
        module = _source(where.file, node)
        if isinstance(module, Unresolved):
            unseen = module
            continue
        if isinstance(module, ModuleRef) and name not in dir(wp) and module.name == "warp":
            continue
        found = attribute(module, name) if not name.startswith("_") else MISSING
        if isinstance(module, ModuleRef) and isinstance(found, (Unresolved, Special)) and module.name != "warp":
            continue
        if found is not MISSING:
            return found
    return unseen if not name.startswith("__") else MISSING


def _parameter(where: Scope, name: str) -> Any:
    """A parameter of a plain function that kernels are defined in: what its annotation and the file's calls say."""
    node = where.node
    owner = getattr(node, "name", "a lambda")
    if name in ("self", "cls") and where.parent is not None and where.parent.kind == "class":
        around = where.parent
        own = ClassRef(around.node, around.parent or where, around)
        return own if name == "cls" else PyObject(INSTANCE.kind, of=own)
    seen = _arguments(where, name) if hasattr(node, "name") else []
    if seen and not any(isinstance(s, Unresolved) for s in seen):
        joined = join(seen, f"{name} of {owner}() takes several values")
        if not isinstance(joined, Unresolved):
            return joined
    annotation = next((a.annotation for a in parameters_of(node) if a.arg == name), None)
    if annotation is not None and isinstance(annotation, ast.Name) and annotation.id in ("int", "float", "bool"):
        return Var({"int": wp.int32, "float": wp.float32, "bool": wp.bool}[annotation.id], OPAQUE)
    return Unresolved(f"{name} is a parameter of {owner}()")


def _is_method(where: Scope) -> bool:
    """Whether a function's first parameter is the instance or the class that it is called on."""
    decorators = [dotted(d) for d in where.node.decorator_list]
    return where.parent is not None and where.parent.kind == "class" and "staticmethod" not in decorators


def _arguments(where: Scope, name: str) -> list[Any]:
    """What the calls of a function in its own file give for a parameter."""
    function = where.node
    found: list[Any] = []
    default = defaults_of(function).get(name)
    method = _is_method(where)
    around = where.parent.node if where.parent is not None and method and function.name == "__init__" else None
    made = where.file.calls(around.name) if around is not None else []
    for node, caller in [*made, *where.file.calls(function.name)][:32]:
        called = value_of(node.func, caller)
        if isinstance(called, (PyFunction, ClassRef)) and called.node not in (function, around):
            continue
        bound_ = bind(function, node, caller, 0, int(method and not isinstance(called, PyFunction)))
        if name not in bound_:
            return [Unresolved("an argument that is not seen")]
        found.append(bound_[name])
    if not found and default is not None:
        value = value_of(default, where.parent or where)
        found = [Var(value.type, OPAQUE)] if isinstance(value, Var) else [value] if isinstance(value, TypeRef) else []
    return found
