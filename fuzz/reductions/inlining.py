"""Edits that spell the same, or nearly the same, with fewer names and statements."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from warpsmith.fuzz.reductions.candidate import Candidate, Edit, rewriting
from warpsmith.fuzz.reductions.dead import leaves
from warpsmith.fuzz.reductions.definitions import calls_of, passed
from warpsmith.fuzz.reductions.expressions import constants, thread_line, thread_names
from warpsmith.fuzz.reductions.trees import Replacement, mentions, names_in, replaced, substituted
from warpsmith.fuzz.reductions.view import TypedView, is_value
from warpsmith.grammar import literals, spell, types
from warpsmith.grammar.spell import Expr
from warpsmith.synthesizer.reading import functions, walk


def inline_local(view: TypedView) -> list[Edit]:
    """Put the only definition of a local where the local is read."""
    threads = thread_names(view.kernel)  # an index of the launch goes with its dimension
    names = [(f.name.value, n) for f, line in view.lines() for n in _bound(line) if n not in threads]
    return [_inlining(function, name) for function, name in dict.fromkeys(names)]


def _bound(line: cst.SimpleStatementLine) -> list[str]:
    """The plain name that a statement binds, if it binds one."""
    small = line.body[0]
    target = small.targets[0].target if isinstance(small, cst.Assign) else None
    return [target.value] if isinstance(target, cst.Name) else []


def _inlining(function: str, name: str) -> Edit:
    def edit(candidate: Candidate) -> Candidate | None:
        found = functions(candidate.module).get(function)
        defining = [] if found is None else [leaf for leaf in leaves(found) if name in leaf.defines]
        if found is None or len(defining) != 1 or _bound(defining[0].line) != [name]:
            return None
        line = defining[0].line
        value = cst.ensure_type(line.body[0], cst.Assign).value
        new: dict[int, Replacement] = {id(n): value for n in names_in(found.body) if n.value == name}
        return candidate.with_module(replaced(candidate.module, new | {id(line): None}))

    return edit


def inline_function(view: TypedView) -> list[Edit]:
    """Put what a function returns where it is called, if returning is all that it does."""
    return [_inlining_function(name) for name in view.functions]


def _inlining_function(name: str) -> Edit:
    def edit(candidate: Candidate) -> Candidate | None:
        found = functions(candidate.module).get(name)
        returned = None if found is None else _only_return(found)
        if found is None or returned is None:
            return None
        calls = calls_of(candidate.module, name)
        new = {id(c): substituted(returned, _values(c, found)) for c in calls}
        return candidate.with_module(replaced(candidate.module, new)) if new else None

    return edit


def _values(call: cst.Call, function: cst.FunctionDef) -> dict[str, Expr]:
    """What each parameter of the function is in a call of it, defaults among them."""
    defaults = {p.name.value: p.default for p in function.params.params if p.default is not None}
    return defaults | {name: a.value for name, a in passed(call, function).items()}


def plain_call(view: TypedView) -> list[Edit]:
    """Pass by position what is passed by keyword or left to its default."""
    return [_plainly(name) for name in view.functions]


def _plainly(name: str) -> Edit:
    def edit(candidate: Candidate) -> Candidate | None:
        found = functions(candidate.module).get(name)
        if found is None:
            return None
        names = [p.name.value for p in found.params.params]
        calls = [
            c for c in calls_of(candidate.module, name) if len(c.args) < len(names) or any(a.keyword for a in c.args)
        ]
        given = [_values(c, found) for c in calls]
        new: dict[int, Replacement] = {
            id(c): spell.call(name, *(values[n] for n in names))
            for c, values in zip(calls, given, strict=True)
            if values.keys() == set(names)
        }
        return candidate.with_module(replaced(candidate.module, new)) if new else None

    return edit


def _only_return(function: cst.FunctionDef) -> Expr | None:
    first = function.body.body[0]
    small = first.body[0] if isinstance(first, cst.SimpleStatementLine) else None
    return small.value if isinstance(small, cst.Return) and len(function.body.body) == 1 else None


def inline_constant(view: TypedView) -> list[Edit]:
    """Put the value of a constant of the file where the constant is read."""
    lines = [s.body[0] for s in view.candidate.module.body if isinstance(s, cst.SimpleStatementLine)]
    found = [s for s in lines if isinstance(s, cst.Assign) and isinstance(s.targets[0].target, cst.Name)]
    return [_constantly(s.targets[0].target.value, _unwrapped(s.value)) for s in found]  # type: ignore[attr-defined]


def _unwrapped(value: Expr) -> Expr:
    """What is in ``wp.constant(...)``."""
    wrapped = (
        isinstance(value, cst.Call) and isinstance(value.func, cst.Attribute) and value.func.attr.value == "constant"
    )
    return value.args[0].value if wrapped and isinstance(value, cst.Call) else value


def _constantly(name: str, value: Expr) -> Edit:
    def edit(candidate: Candidate) -> Candidate | None:
        module = candidate.module
        uses = [n for f in functions(module).values() for n in names_in(f) if n.value == name]
        new: dict[int, Replacement] = {id(n): value for n in uses}
        return candidate.with_module(replaced(module, new)) if new else None

    return edit


def known_argument(view: TypedView) -> list[Edit]:
    """Write the value of an argument into the kernel, where it is a number or a composite filled with one."""
    values = [(a, data) for a, data in view.candidate.arguments if isinstance(a.type, type)]
    plain = [(a, data) for a, data in values if types.kind(a.type) != "struct" and a.object is None]
    filled = [(a, data.flat[0].item()) for a, data in plain if (data == data.flat[0]).all()]
    return [_known(a.name, literals.constant(a.type, value)) for a, value in filled]


def _known(name: str, value: Expr) -> Edit:
    def edit(candidate: Candidate) -> Candidate | None:
        kernel = functions(candidate.module)[candidate.program.entry]
        if any(name in leaf.defines for leaf in leaves(kernel)):
            return None
        known = substituted(kernel.body, {name: value})
        if known is kernel.body:
            return None
        return candidate.with_module(replaced(candidate.module, {id(kernel.body): known}))

    return edit


def assign_plainly(view: TypedView) -> list[Edit]:
    """Assign where something was added to, or otherwise combined with, what was there."""
    found = [s for _, line in view.lines() for s in line.body if isinstance(s, cst.AugAssign)]
    return [rewriting({s: spell.assign(s.target, s.value).body[0]}) for s in found]  # type: ignore[attr-defined]


def fewer_results(view: TypedView) -> list[Edit]:
    """Return one value less from a function whose results are unpacked."""
    found = [
        (f.name.value, _unpacked(line.body[0])) for f, line in view.lines() if isinstance(line.body[0], cst.Return)
    ]
    return [_returning_less(name, i) for name, values in dict(found).items() for i in range(len(values))]


def _unpacked(node: cst.CSTNode | None) -> list[Expr]:
    """The values of a tuple that is returned, assigned, or assigned to."""
    value = node.value if isinstance(node, (cst.Return, cst.Assign)) else node
    return [e.value for e in value.elements] if isinstance(value, cst.Tuple) else []


def _returning_less(name: str, index: int) -> Edit:
    def edit(candidate: Candidate) -> Candidate | None:
        new: dict[int, Replacement] = {}
        calls = calls_of(candidate.module, name)
        for function in functions(candidate.module).values():
            for n in walk(function.body):
                inside = function.name.value == name
                if isinstance(n, cst.Return) and inside and len(values := _unpacked(n)) > 1:
                    new[id(n.value)] = _joined(_but(values, index))
                elif (
                    isinstance(n, cst.Assign) and n.value in calls and len(names := _unpacked(n.targets[0].target)) > 1
                ):
                    new[id(n.targets[0].target)] = _joined(_but(names, index))
        return candidate.with_module(replaced(candidate.module, new)) if new else None

    return edit


def fewer_names(view: TypedView) -> list[Edit]:
    """Take one name out of an assignment of several values, or bind its names to constants."""
    edits: list[Edit] = []
    for function, line in view.lines():
        small = line.body[0]
        if isinstance(small, cst.Assign) and isinstance(small.targets[0].target, cst.Tuple):
            names = _unpacked(small.targets[0].target)
            if isinstance(small.value, cst.Tuple):
                edits += _shorter(line, names, _unpacked(small))
            elif small is not thread_line(view.kernel):
                edits += _constant(view, function, line, names)
    return edits


def _shorter(line: cst.SimpleStatementLine, names: Sequence[Expr], values: Sequence[Expr]) -> list[Edit]:
    return [rewriting({line: _bind(_but(names, i), _but(values, i))}) for i in range(len(names))]


def _but(items: Sequence[Expr], index: int) -> list[Expr]:
    return [item for i, item in enumerate(items) if i != index]


def _bind(names: Sequence[Expr], values: Sequence[Expr]) -> cst.BaseStatement:
    return spell.assign(_joined(names), _joined(values))


def _joined(items: Sequence[Expr]) -> Expr:
    return items[0] if len(items) == 1 else spell.bare_tuple(items)


def _constant(
    view: TypedView, function: cst.FunctionDef, line: cst.SimpleStatementLine, names: Sequence[Expr]
) -> list[Edit]:
    known = view.locals[function.name.value]
    read = [n for n in names if isinstance(n, cst.Name) and mentions(function.body, n.value) > 1]
    if not read or not all(is_value(known.get(n.value)) for n in read):
        return []
    return [rewriting({line: _bind(read, [next(constants(known[n.value])) for n in read])})]
