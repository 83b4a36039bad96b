"""Faults of meaning: types that nearly fit, names and values that are not there, paths that lead nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import libcst as cst
import libcst.matchers as m

from warpsmith.fuzz.mutants.sites import (
    ACCEPTING,
    TEXT,
    Mutation,
    Site,
    Sites,
    appended,
    definitions,
    expression,
    function_calls,
    in_kernels,
    is_kernel,
    lines,
    locals_of,
    math_calls,
    nodes,
    parameters,
    parenthesised,
    returns,
    within,
    without_commas,
)
from warpsmith.grammar import types
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.checker.model import StructType
from warpsmith.synthesizer.reading import structs


def _either(*kinds: Sites) -> Sites:
    return lambda module: (site for kind in kinds for site in kind(module))


# --- types that nearly fit --------------------------------------------------------------------------------------------


def _other_variable(module: cst.Module) -> Iterator[Site]:
    """An operand becomes a variable of another type."""
    for definition in definitions(module):
        known = locals_of(module, definition)
        for node in within(definition.body):
            if not isinstance(node, cst.BinaryOperation):
                continue
            for side in (node.left, node.right):
                t = known.get(side.value) if isinstance(side, cst.Name) else None
                others = [n for n, other in known.items() if t is not None and other is not t]
                yield from ((side, cst.Name(n)) for n in others)


def _conversions(module: cst.Module) -> Iterator[tuple[cst.Call, types.Value]]:
    for node in nodes(module, cst.Call):
        name = node.func.attr.value if m.matches(node.func, m.Attribute(value=m.Name("wp"))) else ""
        found = next((t for t in types.SCALARS if types.name(t) == name), None)
        if found is not None and len(node.args) == 1:
            yield node, found


def _other_conversion(module: cst.Module) -> Iterator[Site]:
    for node, t in _conversions(module):
        for other in types.SCALARS:
            if other is not t:
                yield node.func, expression(types.spelling(other))


def _no_conversion(module: cst.Module) -> Iterator[Site]:
    for node, _ in _conversions(module):
        yield node, parenthesised(node.args[0].value)


def _reversed_arguments(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.Call):
        if len(node.args) > 1 and not any(a.keyword or a.star for a in node.args):
            yield node, node.with_changes(args=without_commas(node.args[::-1]))


def _calls_with(change: Callable[[list[cst.Arg]], list[cst.Arg]], calls: Callable[..., Iterator[cst.Call]]) -> Sites:
    return lambda module: ((n, n.with_changes(args=change(without_commas(n.args)))) for n in calls(module) if n.args)


def _vector_constructors(module: cst.Module) -> Iterator[cst.Call]:
    for node in nodes(module, cst.Call):
        name = node.func.attr.value if m.matches(node.func, m.Attribute(value=m.Name("wp"))) else ""
        if name.startswith(("vec", "mat", "quat")) and name[-1] in "fdhbsil" and len(node.args) > 2:
            yield node


def _other_annotation(*, generic: bool) -> Sites:
    """Functions of which all parameters have types, or of which one is ``Any``."""

    def sites(module: cst.Module) -> Iterator[Site]:
        for definition in definitions(module):
            is_generic = "Any" in parameters(definition).values()
            if not is_kernel(definition) and returns(definition) and is_generic == generic:
                yield definition, definition.with_changes(returns=cst.Annotation(expression("wp.vec4ub")))

    return sites


def _longer_return(module: cst.Module) -> Iterator[Site]:
    for definition in definitions(module):
        for node in returns(definition) if not is_kernel(definition) else ():
            values = [e.value for e in node.value.elements] if isinstance(node.value, cst.Tuple) else [node.value]
            longer = cst.Tuple([cst.Element(v) for v in (*values, values[0]) if v is not None], lpar=[], rpar=[])
            yield node, cst.Return(longer, whitespace_after_return=cst.SimpleWhitespace(" "))


def _no_results(module: cst.Module) -> Iterator[Site]:
    """Every return of a function loses its value."""
    for definition in definitions(module):
        if returns(definition) and not is_kernel(definition):
            body: Any = m.replace(definition.body, m.Return(), cst.Return())
            yield definition, definition.with_changes(body=body)


def _fewer_targets(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.Assign):
        target = node.targets[0].target
        if isinstance(target, cst.Tuple) and not m.matches(node.value, m.Call(func=m.Attribute(attr=m.Name("tid")))):
            kept = target.elements[:-1]
            if len(kept) == 1:
                kept = (kept[0].with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(""))),)
            yield target, target.with_changes(elements=kept)


def _several_as_one(module: cst.Module) -> Iterator[Site]:
    for line, small in lines(module):
        if m.matches(small, m.Assign(targets=[m.AssignTarget(m.Tuple())], value=m.Call(func=m.Name()))):
            operand = cst.BinaryOperation(small.value, cst.Add(), cst.Integer("1"))
            yield line, line.with_changes(body=[cst.Assign([cst.AssignTarget(cst.Name("no_such"))], operand)])


# --- structs and components -------------------------------------------------------------------------------------------


def _fields(module: cst.Module) -> Iterator[cst.Attribute]:
    """Fields of structs that are held in locals."""
    for definition in definitions(module):
        known = locals_of(module, definition)
        for node in within(definition.body):
            held = node.value if isinstance(node, cst.Attribute) else None
            if isinstance(held, cst.Name) and isinstance(known.get(held.value), StructType):
                yield cst.ensure_type(node, cst.Attribute)


def _stored_field(module: cst.Module, name: str | None) -> Iterator[Site]:
    """A store to a field is put after a statement that binds a struct."""
    for definition in definitions(module):
        known = locals_of(module, definition)
        for node in within(definition.body):
            target = node.body[0].targets[0].target if m.matches(node, m.SimpleStatementLine([m.Assign()])) else None  # type: ignore[attr-defined]
            t = known.get(target.value) if isinstance(target, cst.Name) else None
            if isinstance(t, StructType):
                field = name or next(iter(t.fields))
                store = cst.Assign([cst.AssignTarget(cst.Attribute(target, cst.Name(field)))], TEXT)  # type: ignore[arg-type]
                yield node, node.with_changes(body=[*node.body, store])  # type: ignore[attr-defined]


def _constructors(module: cst.Module) -> Iterator[cst.Call]:
    classes = set(structs(module))
    for node in nodes(module, cst.Call):
        if isinstance(node.func, cst.Name) and node.func.value in classes:
            yield node


def _keyword(name: str) -> Callable[[list[cst.Arg]], list[cst.Arg]]:
    return lambda args: [*args[:-1], cst.Arg(args[-1].value, keyword=cst.Name(name))]


def _composites(module: cst.Module) -> Iterator[tuple[cst.Subscript, tuple[int, ...]]]:
    """Subscripts of vectors, matrices, quaternions and transforms that are held in locals, with their extents."""
    for definition in definitions(module):
        known = locals_of(module, definition)
        for node in within(definition.body):
            if isinstance(node, cst.Subscript) and isinstance(node.value, cst.Name):
                t = known.get(node.value.value)
                if types.is_composite(t) and all(isinstance(e.slice, cst.Index) for e in node.slice):
                    yield node, types.shape(t)


def _indexed_by(make: Callable[[int], str]) -> Sites:
    """The last index of a component becomes another expression, made of the extent."""

    def sites(module: cst.Module) -> Iterator[Site]:
        for node, extents in _composites(module):
            index = cst.SubscriptElement(cst.Index(expression(make(extents[len(node.slice) - 1]))))
            yield node, node.with_changes(slice=[*node.slice[:-1], index])

    return sites


# --- arrays -----------------------------------------------------------------------------------------------------------


def _rank_pairs(definition: cst.FunctionDef, known: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Pairs of array parameters that have one element type and not as many dimensions."""
    arrays = [(n, t) for n in parameters(definition) if isinstance(t := known.get(n), Array)]
    for a, first in arrays:
        yield from ((a, b) for b, second in arrays if first.dtype is second.dtype and first.ndim < second.ndim)


def _other_rank(module: cst.Module) -> Iterator[Site]:
    for definition in definitions(module):
        for a, b in _rank_pairs(definition, locals_of(module, definition)):
            yield appended(definition, f"{b} = {a}")


def _passed_rank(module: cst.Module) -> Iterator[Site]:
    """An array goes to a function that takes one of more dimensions."""
    for definition in definitions(module):
        if not is_kernel(definition) or definition not in module.body:
            continue
        for name, t in locals_of(module, definition).items():
            if not isinstance(t, Array) or t.ndim > 3 or name not in parameters(definition):
                continue
            element = t.dtype.label if isinstance(t.dtype, StructType) else types.spelling(t.dtype)
            annotation = f"wp.array{t.ndim + 1}d(dtype={element})"
            zeros = ", ".join("0" * (t.ndim + 1))
            taking = f"\n\n@wp.func\ndef no_such(a: {annotation}):\n    return a[{zeros}]\n"
            at = module.body.index(definition)
            _, changed = appended(definition, f"other = no_such({name})")
            yield module, module.with_changes(body=[*module.body[:at], cst.parse_statement(taking), changed])


# --- control flow -----------------------------------------------------------------------------------------------------


def _loop_else(kind: type[cst.CSTNode]) -> Sites:
    """A loop gets an else clause."""
    clause = cst.Else(cst.IndentedBlock([cst.parse_statement("no_such = no_such_name")]))
    return lambda module: ((n, n.with_changes(orelse=clause)) for n in nodes(module, kind))


def _path_without_return(module: cst.Module) -> Iterator[Site]:
    """A function's last return goes under a condition."""
    for definition in definitions(module):
        last = definition.body.body[-1]
        if not is_kernel(definition) and m.matches(last, m.SimpleStatementLine([m.Return(value=m.DoNotCare())])):
            test = expression("wp.int32(1) > wp.int32(2)")
            branch = cst.If(test, cst.IndentedBlock([last]))  # type: ignore[list-item]
            yield last, branch


def _range_calls(*bounds: str) -> Sites:
    arguments = [cst.Arg(expression(b)) for b in bounds]
    # Not within ``reversed``: that keeps a loop a loop, and those take any step.
    plain = m.For(iter=m.Call(func=m.Name("range")))
    return lambda module: (
        (n.iter, n.iter.with_changes(args=arguments)) for n in nodes(module, cst.For) if m.matches(n, plain)
    )


def _early_read(module: cst.Module) -> Iterator[Site]:
    """A function's or kernel's first line reads a name that is assigned later."""
    for definition in definitions(module):
        given = set(parameters(definition))
        for node in within(definition.body):
            target = node.targets[0].target if isinstance(node, cst.Assign) else None
            if isinstance(target, cst.Name) and target.value not in given:
                yield appended(definition, f"no_such = {target.value}", first=True)


def _retyped_counter(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.For):
        again = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(node.target)], TEXT)])
        yield node, node.with_deep_changes(node.body, body=[again, *node.body.body])


def _retyped_parameter(module: cst.Module) -> Iterator[Site]:
    for definition in definitions(module):
        yield from (appended(definition, f'{name} = "text"', first=True) for name in parameters(definition))


def _starred_parameter(module: cst.Module) -> Iterator[Site]:
    for definition in definitions(module):
        if not is_kernel(definition) and len(definition.params.params) == 1:
            star = definition.params.params[0].with_changes(star="*")
            yield definition, definition.with_changes(params=cst.Parameters(star_arg=star))


MEANING = (
    Mutation("variable of another type", _other_variable),
    Mutation("conversion to another type", _other_conversion),
    Mutation("conversion left out", _no_conversion),
    Mutation("arguments reversed", _reversed_arguments),
    Mutation("argument left out", _calls_with(lambda args: args[:-1], math_calls)),
    Mutation("function's argument left out", _calls_with(lambda args: args[:-1], function_calls)),
    Mutation("function's keyword misspelt", _calls_with(_keyword("no_such_keyword"), function_calls)),
    Mutation("component left out", _calls_with(lambda args: args[:-1], _vector_constructors)),
    Mutation("component too many", _calls_with(lambda args: [*args, args[-1]], _vector_constructors)),
    Mutation("annotation of another result", _other_annotation(generic=False)),
    Mutation("return of more values", _longer_return),
    Mutation("function without results", _no_results),
    Mutation("fewer names than values", _fewer_targets),
    Mutation("several results as one operand", _several_as_one),
    Mutation("unknown field", lambda module: ((n.attr, cst.Name("no_such_field")) for n in _fields(module))),
    Mutation("store to an unknown field", lambda module: _stored_field(module, "no_such_field")),
    Mutation("other type stored to a field", lambda module: _stored_field(module, None)),
    Mutation("unknown field constructed", _calls_with(_keyword("no_such_field"), _constructors)),
    Mutation("read before assignment", _early_read),
    Mutation("loop's variable of another type", _retyped_counter),
    Mutation("parameter of another type", _retyped_parameter),
    Mutation("zero step of a loop", _range_calls("0", "3", "0")),
    Mutation(
        "component past the end",
        _either(_indexed_by(str), in_kernels("no_such = wp.vec3()[3]")),
        accepted_by=ACCEPTING,
        compiles=True,
    ),
    Mutation(
        "component at a float",
        _either(_indexed_by(lambda extent: "0.5"), in_kernels("no_such = wp.vec3()[0.5]")),
        accepted_by=ACCEPTING,
        compiles=True,
    ),
    Mutation("else of a for loop", _loop_else(cst.For), accepted_by=ACCEPTING, compiles=True),
    Mutation("else of a while loop", _loop_else(cst.While), accepted_by=ACCEPTING, compiles=True),
    Mutation("array bound to one of fewer dimensions", _other_rank, accepted_by=ACCEPTING, compiles=True),
    Mutation("array of fewer dimensions passed", _passed_rank, accepted_by=ACCEPTING, compiles=True),
    Mutation("path without a return", _path_without_return, accepted_by=ACCEPTING, compiles=True),
    Mutation(
        "annotation of another result of a generic function",
        _other_annotation(generic=True),
        checked=False,
        accepted_by=ACCEPTING,
        compiles=True,
    ),
    Mutation("starred parameter", _starred_parameter, accepted_by=ACCEPTING, compiles=True),
)
"""The kinds of this module."""
