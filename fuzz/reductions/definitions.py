"""Functions, structs, parameters and arguments that nothing uses, taken out together with what passes them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

import libcst as cst
import numpy as np

from warpsmith.fuzz.reductions.candidate import Candidate, Data, Edit, value_type
from warpsmith.fuzz.reductions.dead import sweep
from warpsmith.fuzz.reductions.trees import Replacement, mentions, names_in, replaced
from warpsmith.fuzz.reductions.view import TypedView
from warpsmith.grammar import types
from warpsmith.grammar.program import Argument, Step
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.inputs import layout
from warpsmith.synthesizer.reading import functions, walk
from warpsmith.synthesizer.reference.run.tree import index
from warpsmith.synthesizer.reference.run.writes import parameters

_Parts: TypeAlias = "dict[int, Replacement]"


def swept(candidate: Candidate) -> Candidate | None:
    """Leave out statements that nothing observable depends on."""
    module = sweep(candidate.module)
    return None if module is candidate.module else candidate.with_module(module)


def cleaned(candidate: Candidate) -> Candidate | None:
    """Leave out all definitions, fields, parameters and arguments that nothing uses."""
    smaller = candidate
    while found := dict(_unused(smaller)):
        smaller = _without(smaller, {part: None for parts in found.values() for part in parts})
    marked = _marked(smaller)
    return None if marked is candidate else marked


def drop_definition(view: TypedView) -> list[Edit]:
    """Leave out one definition, field, parameter or argument that nothing uses."""
    return [_dropping(what) for what, _ in _unused(view.candidate)]


def _dropping(what: str) -> Edit:
    def edit(candidate: Candidate) -> Candidate | None:
        parts = dict(_unused(candidate)).get(what)
        return None if parts is None else _marked(_without(candidate, parts))

    return edit


def _without(candidate: Candidate, parts: _Parts) -> Candidate:
    module = replaced(candidate.module, parts)
    before, after = functions(candidate.module), functions(module)
    steps = tuple(_left(step, before, after) for step in candidate.program.steps)
    left = {name for step in steps for name in step.arguments}
    structs = {n.name.value: set(map(_field, n.body.body)) for n in module.body if isinstance(n, cst.ClassDef)}
    declared = set[str]().union(*structs.values())
    kept = [
        _narrowed(a, data, structs)
        for a, data in candidate.arguments
        if a.parameter in left and declared.issuperset(a.name.split(".")[1:])
    ]
    several = steps if candidate.launch.steps else ()
    return candidate.with_module(module).with_launch(candidate.launch.dim, kept, several)


def _left(step: Step, before: Mapping[str, cst.FunctionDef], after: Mapping[str, cst.FunctionDef]) -> Step:
    """A launch with the arguments of the parameters that are left."""
    if step.kernel not in after:  # made by a factory, or in a class: nothing goes of it
        return step
    known = [p.name.value for p in before[step.kernel].params.params]
    left = {p.name.value for p in after[step.kernel].params.params}
    return replace(step, arguments=tuple(a for p, a in zip(known, step.arguments, strict=True) if p in left))


def _narrowed(argument: Argument, data: Data, structs: Mapping[str, set[str]]) -> tuple[Argument, Data]:
    """An argument and its data with the fields alone that its struct still declares."""
    before = value_type(argument)
    if not types.is_struct(before) or (after := _declared(before, structs)) is before:
        return argument, data
    narrow = replace(argument.type, dtype=after) if isinstance(argument.type, Array) else after
    return replace(argument, type=narrow), _copied(data, after)


def _declared(t: types.Value, structs: Mapping[str, set[str]]) -> types.Value:
    if not types.is_struct(t):
        return t
    left = structs[t.__name__]
    return types.struct(t.__name__, {n: _declared(f, structs) for n, f in types.fields(t).items() if n in left})


def _copied(data: Data, t: types.Value) -> Data:
    if not types.is_struct(t):
        return data
    made = np.zeros(data.shape, layout(t))
    for name, field in types.fields(t).items():
        made[name] = _copied(data[name], field)
    return made


def _unused(candidate: Candidate) -> Iterator[tuple[str, _Parts]]:
    """What nothing uses: a name for it, and the parts of the tree that go with it."""
    module, launched = candidate.module, {step.kernel for step in candidate.program.steps}
    used = [n.value for n in names_in(module)]
    for statement in module.body:
        if (constant := _constant(statement)) and used.count(constant) == 1 and constant not in launched:
            yield constant, {id(statement): None}
        if not isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            continue
        name = statement.name.value
        if name not in launched and used.count(name) == mentions(statement, name):
            yield name, {id(statement): None}
        elif isinstance(statement, cst.ClassDef):
            yield from _unused_fields(module, statement)
        elif name in functions(module):
            yield from _unused_parameters(module, statement, used.count(name))


def _constant(statement: cst.CSTNode) -> str:
    """The constant of the file that a statement binds; empty if it binds none."""
    small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    target = small.targets[0].target if isinstance(small, cst.Assign) else None
    return target.value if isinstance(target, cst.Name) else ""


def _unused_parameters(module: cst.Module, function: cst.FunctionDef, mentioned: int) -> Iterator[tuple[str, _Parts]]:
    name = function.name.value
    calls = calls_of(module, name)
    if len(calls) + 1 != mentioned or any(a.star for call in calls for a in call.args):
        return
    used = {n.value for n in names_in(function.body)}
    given = [passed(call, function) for call in calls]
    for parameter in function.params.params:
        if (known := parameter.name.value) not in used:
            parts: _Parts = {id(arguments[known]): None for arguments in given if known in arguments}
            yield f"{name}.{known}", parts | {id(parameter): None}


def passed(call: cst.Call, function: cst.FunctionDef) -> dict[str, cst.Arg]:
    """The arguments of a call of a function, by the parameters that they are for; what is left out is not there."""
    names = [p.name.value for p in function.params.params]
    plain = [a for a in call.args if a.keyword is None]
    named = {a.keyword.value: a for a in call.args if a.keyword is not None}
    return dict(zip(names, plain, strict=False)) | named


def calls_of(module: cst.CSTNode, name: str) -> list[cst.Call]:
    """Every call of a function or struct of the module by its name."""
    found = (n for n in walk(module) if isinstance(n, cst.Call))
    return [n for n in found if isinstance(n.func, cst.Name) and n.func.value == name]


def _unused_fields(module: cst.Module, struct: cst.ClassDef) -> Iterator[tuple[str, _Parts]]:
    read = {n.attr.value for n in walk(module) if isinstance(n, cst.Attribute)}
    fields = {_field(line): line for line in struct.body.body}
    unused = [name for name in fields if name and name not in read]
    given = [a for call in calls_of(module, struct.name.value) for a in call.args if a.keyword is not None]
    for name in unused[len(unused) == len(fields) :]:  # a struct keeps one field
        passed: _Parts = {id(a): None for a in given if a.keyword is not None and a.keyword.value == name}
        yield f"{struct.name.value}.{name}", passed | {id(fields[name]): None}


def _field(line: cst.CSTNode) -> str:
    """The field that a line of a struct declares; empty if it is no such line."""
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
    return small.target.value if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name) else ""


def _marked(candidate: Candidate) -> Candidate:
    """With arguments marked as written that the kernel still writes."""
    tree = ast.parse(candidate.program.source)
    index(tree)
    written = {
        argument + p.name.removeprefix(parameter.name)
        for step in candidate.program.steps
        for parameter, argument in zip(parameters(tree, step.kernel), step.arguments, strict=True)
        for p in (parameter, *parameter.arrays)
        if p.written  # by views, too
    }
    if all(not a.written or a.name in written for a in candidate.launch.arguments):
        return candidate
    marked = [(replace(a, written=a.written and a.name in written), data) for a, data in candidate.arguments]
    return candidate.with_launch(candidate.launch.dim, marked)
