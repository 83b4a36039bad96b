"""Structs, vectors and random states that are changed in place."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator, Mapping, Set
from typing import Any

from warpsmith.fuzz.known.known import GRADIENT, Known
from warpsmith.fuzz.known.trees import (
    called,
    calls,
    dynamic_loops,
    is_own_call,
    names_given,
    simple_statements,
    wherever,
)
from warpsmith.grammar import types
from warpsmith.grammar.operations import OPERATIONS, record
from warpsmith.grammar.operations.operation import State
from warpsmith.grammar.structs import UNFIT
from warpsmith.synthesizer.judgement import Stage
from warpsmith.synthesizer.reference import At, On, Unknown, place
from warpsmith.synthesizer.reference.run.effects import constants, fields, numbers
from warpsmith.synthesizer.reference.run.tree import (
    assigned,
    base,
    changes_its_operand,
    decorated,
    functions,
    loops,
    names_read,
    walk,
    warp_name,
)

Copies = dict[ast.FunctionDef, list[tuple[str, bool]]]
"""By function its parameters, and whether it changes its copy of each in place."""

# -- a component of a field --------------------------------------------------------------------------------------------

_SETTERS = frozenset(o.name for o in OPERATIONS.values() if o.sets)


def _components_of_fields(tree: ast.Module) -> Iterator[At]:
    """Stores into a part of a vector or matrix that is a struct's field."""
    for node in walk(tree):
        if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            whole = node.value
            while isinstance(whole, (ast.Subscript, ast.Attribute)):
                if isinstance(whole, ast.Attribute):
                    yield At(place(whole), Unknown.DERIVATIVE | Unknown.REPLAY, when=_is_no_struct)
                whole = whole.value


def _is_no_struct(x: Any) -> bool:
    return not isinstance(x, dict)


# -- a component that is changed after its use -------------------------------------------------------------------------


def _changes_a_component(tree: ast.Module) -> bool:
    """A store into a part of what is no array parameter, or a builtin that stores into a part of its first operand."""
    return calls(tree, *_SETTERS) or any(map(_stores_into_a_part, functions(tree)))


def _stores_into_a_part(function: ast.FunctionDef) -> bool:
    arrays = {a.arg for a in function.args.args if isinstance(a.annotation, ast.Call)}
    parts = (n for n in walk(function) if isinstance(n, (ast.Subscript, ast.Attribute)))
    return any(isinstance(n.ctx, ast.Store) and getattr(n.value, "id", "") not in arrays for n in parts)


def _of_a_composite(*operands: Any) -> bool:
    """Whether the value is a vector, a matrix, a quaternion or a transform."""
    return operands[1] in types.COMPOSITES


def _of_a_transform(*operands: Any) -> bool:
    return operands[0] in types.COMPOSITES


_STORES = (
    *(On(name, Unknown.EARLIER, types=_of_a_composite) for name in ("store", "store attribute", "add component")),
    *(On(name, Unknown.EARLIER, types=_of_a_transform) for name in sorted(_SETTERS)),
)

# -- what was used before ----------------------------------------------------------------------------------------------


def _changed_after_use(tree: ast.Module) -> Iterator[At]:
    """Structs and random states that are changed in place after what the backward pass runs again."""
    known, parts = numbers(tree), fields(tree)
    for function in functions(tree):
        names = changed_after_use(function, parts, known)
        for node in function.body if names else ():
            if names.intersection(assigned([node])):
                yield At(place(node), Unknown.PATH)


def changed_after_use(function: ast.FunctionDef, parts: Set[str], known: Mapping[str, int]) -> set[str]:
    """The names of structs and random states that are changed in place after what the backward pass runs again.

    That are the calls of a user's functions that they are given to, those of noise, and the dynamic loops that they are
    read in.

    Args:
        function: of an indexed tree.
        parts: the names of all structs' fields.
        known: the integers among the constants of the file.
    """
    used = _uses(function, known)
    found: set[str] = set()
    for n in walk(function):
        name = _changed_in_place(n, parts)
        if users := used.get(name):
            around = [loop for loop in loops(function) if n in walk(loop)]
            users = [u for u in users if u not in around]  # a loop that changes it brings it up to date
            if any(u.lineno <= n.lineno or any(u in walk(loop) for loop in around) for u in users):  # type: ignore[attr-defined]
                found.add(name)
    return found


def _uses(function: ast.FunctionDef, known: Mapping[str, int]) -> dict[str, list[ast.AST]]:
    """By name the calls that it is given to, and the dynamic loops that read it."""
    used: dict[str, list[ast.AST]] = {}
    for n in walk(function):
        if is_own_call(n) or (isinstance(n, ast.Call) and record(called(n)).state is State.READ):
            for name in names_given(n):
                used.setdefault(name, []).append(n)
    for loop in dynamic_loops(function, known):
        for name in names_read(loop):
            used.setdefault(name, []).append(loop)
    return used


def _changed_in_place(node: ast.AST, parts: Set[str]) -> str:
    """The name of a struct a field of which is assigned, or of a random state that is advanced; or nothing."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
        return base(node) if _of_field(node, parts) else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and record(node.func.attr).advances:
        return node.args[0].id if isinstance(node.args[0], ast.Name) else ""
    return ""


def _of_field(node: ast.expr, parts: Set[str]) -> bool:
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        if isinstance(node, ast.Attribute) and node.attr in parts:
            return True
        node = node.value
    return False


# -- copies that a function changes ------------------------------------------------------------------------------------


def _changed_copies(tree: ast.Module) -> Iterator[At]:
    """A function's own copy of what it was given, where it changes that, and what it was given, behind the call."""
    copies, shared, aliases = changed_copies(tree), constants(tree), _aliases(tree)
    for function in functions(tree):
        own = {name for name, changes in copies.get(function, ()) if changes}
        yield from _behind_changes(function, own, Unknown.DERIVATIVE)
        for call in filter(is_own_call, walk(function)):
            if names := tuple(sorted(_given_to_change(call, copies, aliases) - shared)):
                yield At(place(call), Unknown.DERIVATIVE, names)


def _behind_changes(function: ast.FunctionDef, names: Set[str], what: Unknown) -> Iterator[At]:
    """Behind the statements that change one of the names, that of those which they change."""
    for node in simple_statements(function) if names else ():
        if changed := tuple(name for name in assigned([node]) if name in names):
            yield At(place(node), what, changed)


def changed_copies(tree: ast.Module) -> Copies:
    """For each function of an indexed tree, its parameters, and whether it changes its copy of each in place.

    That is where it assigns to a part of the copy, or to all of it in a dynamic loop, or gives it to such a function.
    """
    known, aliases, found = numbers(tree), _aliases(tree), Copies()
    for function in functions(tree):
        if decorated(function, "func"):
            changed = {name for n in walk(function) for name in _part_changed(n)}
            changed |= {name for loop in dynamic_loops(function, known) for name in assigned(loop.body)}
            changed |= _given_on(function, found, aliases)
            found[function] = [  # arrays are shared
                (a.arg, a.arg in changed and not isinstance(a.annotation, ast.Call))
                for a in (*function.args.args, *function.args.kwonlyargs)
            ]
    return found


def _aliases(tree: ast.Module) -> set[str]:
    """Names under which functions are called that have another: what factories make, and what is handed over."""
    all_functions = [n for n in walk(tree) if isinstance(n, ast.FunctionDef)]
    known = functions(tree)
    hosts = [f for f in all_functions if f not in known]
    handed = {a.arg for f in hosts for a in f.args.args}
    handed |= {a.arg for f in known for a in f.args.args if a.annotation and warp_name(a.annotation) == "Function"}
    names = {f.name for f in hosts}
    made = (n for n in tree.body if isinstance(n, ast.Assign) and called(n.value) in names)
    return handed.union(*(assigned([n]) for n in made))


def _part_changed(node: ast.AST) -> set[str]:
    """The name of which that node changes a part in place."""
    if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
        return {base(node)}
    if changes_its_operand(node) and node.func.attr in _SETTERS:  # type: ignore[attr-defined]
        return {node.args[0].id}  # type: ignore[attr-defined]
    return set()


def _given_to_change(call: ast.Call, copies: Copies, aliases: Set[str]) -> set[str]:
    """The names that a call gives to a function which changes its copy of them in place.

    That is to one of the functions of that name. Under an alias, any of the file may be called.
    """
    changed: set[str] = set()
    for function, parameters in copies.items():
        if called(call) in aliases or called(call) == function.name:
            given = [a for name, a in _given(call, [name for name, _ in parameters]) if (name, True) in parameters]
            changed |= {base(a) for a in given if isinstance(a, (ast.Name, ast.Attribute))}
    return changed


def _given(call: ast.Call, parameters: list[str]) -> Iterator[tuple[str, ast.expr]]:
    """By parameter what a call gives; what it spreads (``*v``), by every one from there on."""
    for i, a in enumerate(call.args):
        if isinstance(a, ast.Starred):
            yield from ((name, a.value) for name in parameters[i:])
        elif i < len(parameters):
            yield parameters[i], a
    yield from ((k.arg, k.value) for k in call.keywords if k.arg is not None)


def _given_on(function: ast.FunctionDef, copies: Copies, aliases: Set[str]) -> set[str]:
    """The names that a function or a kernel gives to functions which change their copy in place."""
    return {name for n in filter(is_own_call, walk(function)) for name in _given_to_change(n, copies, aliases)}


# -- structs among the arguments ---------------------------------------------------------------------------------------


def _changed_arguments(tree: ast.Module) -> Iterator[At]:
    """Structs that functions and kernels were given and change, if it is a kernel's that changes."""
    structs = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    copies, aliases = changed_copies(tree), _aliases(tree)
    kernels = [f for f in functions(tree) if decorated(f, "kernel")]
    changed = (_given_on(k, copies, aliases).union(assigned(k.body)) & _structs_given(k, structs) for k in kernels)
    if any(changed):
        for function in functions(tree):
            yield from _behind_changes(function, _structs_given(function, structs), Unknown.ADJOINT)


def _structs_given(function: ast.FunctionDef, structs: Container[str]) -> set[str]:
    """The parameters that are annotated with one of those names."""
    return {a.arg for a in function.args.args if isinstance(a.annotation, ast.Name) and a.annotation.id in structs}


# -- fields that Warp's own helpers hide -----------------------------------------------------------------------------


def _hidden_fields(tree: ast.Module) -> Iterator[At]:
    """Fields of structs with the name of a parameter of the helpers that Warp writes for every struct."""
    for node in walk(tree):
        if isinstance(node, ast.ClassDef) and any(warp_name(d) == "struct" for d in node.decorator_list):
            for line in node.body:
                if isinstance(line, ast.AnnAssign) and _is_hidden(line):
                    yield At(place(line.target), Unknown.VALUE)


def _is_hidden(field: ast.AnnAssign) -> bool:
    """Whether the helper that has such a parameter uses the field: adjoints of arrays and booleans are not added up."""
    name = ast.unparse(field.target)
    added = re.fullmatch(r"(wp\.)?bool|wp\.\w*array\w*[\[(].*", ast.unparse(field.annotation), re.DOTALL) is None
    return name in UNFIT and (name != "rhs" or added)


KNOWN = (
    Known("component-of-a-field", GRADIENT, _components_of_fields),
    Known("field-named-like-a-parameter", (("accepted", Stage.COMPILE),), _hidden_fields, runs=False),
    Known("field-changed-in-a-function", GRADIENT, _changed_copies),
    Known("field-of-an-argument-changed", GRADIENT, _changed_arguments),
    Known("argument-changed-after-a-call", GRADIENT, _changed_after_use),
    Known("component-changed-after-its-use", GRADIENT, wherever(_changes_a_component, *_STORES)),
)
