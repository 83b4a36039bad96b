"""Faults that a look at the syntax finds a place for: each is ill typed whatever the program means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import libcst as cst
import libcst.matchers as m

from warpsmith.fuzz.mutants.sites import (
    TEXT,
    Mutation,
    Site,
    Sites,
    appended,
    array_stores,
    array_subscripts,
    assignments,
    definitions,
    expression,
    function_calls,
    in_functions,
    in_kernels,
    is_kernel,
    lines,
    math_calls,
    nodes,
    parameters,
    parenthesised,
    returns,
    without_commas,
)

# --- the kinds --------------------------------------------------------------------------------------------------------


def _literal_swaps(module: cst.Module, kind: type[cst.CSTNode], text: str) -> Iterator[Site]:
    for node in nodes(module, cst.BinaryOperation):
        yield from ((side, expression(text)) for side in (node.left, node.right) if isinstance(side, kind))


def _right_hand_sides(wrap: Callable[[cst.BaseExpression], cst.BaseExpression]) -> Sites:
    return lambda module: ((node, node.with_changes(value=wrap(node.value))) for node in assignments(module))


def _line(make: Callable[[Any], cst.BaseSmallStatement | None]) -> Sites:
    def sites(module: cst.Module) -> Iterator[Site]:
        for line, small in lines(module):
            if isinstance(small, cst.Assign) and isinstance(small.targets[0].target, cst.Name):
                made = make(small)
                if made is not None:
                    yield line, line.with_changes(body=[made])

    return sites


def _arguments(change: Callable[[list[cst.Arg]], list[cst.Arg]]) -> Sites:
    return lambda module: ((n, n.with_changes(args=change(without_commas(n.args)))) for n in math_calls(module))


def _undefined(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.BinaryOperation):
        for side in (node.left, node.right):
            if isinstance(side, cst.Name):
                yield side, cst.Name("no_such_name")


def _unknown_builtin(module: cst.Module) -> Iterator[Site]:
    for node in math_calls(module):
        yield node.func, expression("wp.no_such_builtin")


def _missing_annotation(module: cst.Module) -> Iterator[Site]:
    for definition in definitions(module):
        for parameter in definition.params.params:
            yield parameter, parameter.with_changes(annotation=None)


def _changed_dtype(module: cst.Module) -> Iterator[Site]:
    for definition, _, target in array_stores(module):
        for parameter in definition.params.params:
            annotation = parameter.annotation.annotation if parameter.annotation is not None else None
            if m.matches(target.value, m.Name(parameter.name.value)) and isinstance(annotation, cst.Call):
                for argument in annotation.args:
                    if argument.keyword is not None and argument.keyword.value == "dtype":
                        yield argument.value, expression("wp.vec4ub")


def _extra_index(module: cst.Module) -> Iterator[Site]:
    zero = cst.SubscriptElement(cst.Index(cst.Integer("0")))
    for _, node in array_subscripts(module):
        kept = without_commas(node.slice)
        yield node, node.with_changes(slice=[*kept, *(zero for _ in range(8))])


def _float_index(module: cst.Module) -> Iterator[Site]:
    for _, node in array_subscripts(module):
        element = node.slice[0]
        yield (
            node,
            node.with_changes(
                slice=[cst.SubscriptElement(cst.Index(cst.Float("0.5")), element.comma), *node.slice[1:]]
            ),
        )


def _missing_index(module: cst.Module) -> Iterator[Site]:
    for _, node, target in array_stores(module):
        if len(target.slice) > 1:
            kept = without_commas(target.slice[:-1])
            yield node.targets[0], cst.AssignTarget(target.with_changes(slice=kept))


def _stored_text(module: cst.Module) -> Iterator[Site]:
    for _, node, _target in array_stores(module):
        yield node, node.with_changes(value=TEXT)


def _return_types(module: cst.Module) -> Iterator[Site]:
    for definition in definitions(module):
        if len(found := returns(definition)) > 1 and not is_kernel(definition):
            yield found[-1], cst.Return(TEXT)


def _own_call(kernels: bool) -> Sites:
    def sites(module: cst.Module) -> Iterator[Site]:
        for d in definitions(module):
            if is_kernel(d) == kernels:
                yield appended(d, f"{d.name.value}({', '.join(parameters(d))})")

    return sites


def _is(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.Comparison):
        yield node, node.with_changes(comparisons=[node.comparisons[0].with_changes(operator=cst.Is())])


def _component(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.Attribute):
        if node.attr.value in ("x", "y", "z", "w") and not m.matches(node.value, m.Name("wp")):
            yield node.attr, cst.Name("no_such_component")


def _bool_operand(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.BinaryOperation):
        yield node, node.with_changes(right=expression("wp.bool(True)"))


def _not_float(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, (cst.If, cst.While)):
        space = "whitespace_before_test" if isinstance(node, cst.If) else "whitespace_after_while"
        yield node, node.with_changes(test=expression("not 0.5"), **{space: cst.SimpleWhitespace(" ")})


def _float_shift(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.BinaryOperation):
        if isinstance(node.left, cst.Float) or isinstance(node.right, cst.Float):
            yield node, parenthesised(node).with_changes(operator=cst.LeftShift())


def _retyped(module: cst.Module) -> Iterator[Site]:
    for line, small in lines(module):
        if isinstance(small, cst.Assign) and isinstance(small.targets[0].target, cst.Name):
            again = cst.Assign([cst.AssignTarget(small.targets[0].target)], TEXT)
            yield line, line.with_changes(body=[small, again])


def _range_of_float(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.Call):
        if m.matches(node.func, m.Name("range")):
            yield node, node.with_changes(args=[cst.Arg(cst.Float("2.5"))])


def _extra_target(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.Assign):
        target = node.targets[0].target
        if isinstance(target, cst.Tuple) and not m.matches(node.value, m.Call(func=m.Attribute(attr=m.Name("tid")))):
            kept = without_commas(target.elements)
            yield target, target.with_changes(elements=[*kept, cst.Element(cst.Name("no_such_target"))])


def _function_arguments(module: cst.Module) -> Iterator[Site]:
    for node in function_calls(module):
        yield node, node.with_changes(args=[cst.Arg(TEXT) for _ in range(20)])


def _augmented_text(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.AugAssign):
        yield node, node.with_changes(value=TEXT)


def _conditional_text(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.IfExp):
        if isinstance(node.test, cst.Comparison):
            yield node, node.with_changes(orelse=TEXT)


def _assign_to(target: str) -> Callable[[Any], cst.BaseSmallStatement | None]:
    def make(node: cst.Assign) -> cst.BaseSmallStatement:
        text = cst.Module([]).code_for_node
        made = cst.parse_statement(target.format(name=text(node.targets[0].target), value=text(node.value)))
        assert isinstance(made, cst.SimpleStatementLine)
        return made.body[0]

    return make


SYNTAX = (
    Mutation("int literal into float operand", lambda mod: _literal_swaps(mod, cst.Float, "2")),
    Mutation("float literal into int operand", lambda mod: _literal_swaps(mod, cst.Integer, "2.5")),
    Mutation("too many arguments", _arguments(lambda a: [*(cst.Arg(a[0].value) for _ in range(3)), *a])),
    Mutation("no arguments", _arguments(lambda a: [])),
    Mutation(
        "misspelt keyword", _arguments(lambda a: [*a[:-1], cst.Arg(a[-1].value, keyword=cst.Name("no_such_keyword"))])
    ),
    Mutation("undefined name", _undefined),
    Mutation("unknown builtin", _unknown_builtin),
    Mutation("missing annotation", _missing_annotation),
    Mutation("changed annotation dtype", _changed_dtype),
    Mutation("extra indices", _extra_index),
    Mutation("float index", _float_index),
    Mutation("missing index", _missing_index),
    Mutation("other type stored", _stored_text),
    Mutation("return type change", _return_types),
    Mutation("kernel returns a value", in_kernels("return 1", first=False)),
    Mutation("list literal", _right_hand_sides(lambda v: cst.List([cst.Element(v)]))),
    Mutation("walrus", _right_hand_sides(lambda v: parenthesised(cst.NamedExpr(cst.Name("no_such"), v)))),
    Mutation("lambda", _right_hand_sides(lambda v: cst.Lambda(cst.Parameters(), v))),
    Mutation("none", _right_hand_sides(lambda v: cst.Name("None"))),
    Mutation("dictionary", _right_hand_sides(lambda v: cst.Dict([cst.DictElement(cst.Integer("1"), v)]))),
    Mutation("nested tuple target", _line(_assign_to("({name}, (no_such, other)) = ({value}, (1, 2))"))),
    Mutation("chained targets", _line(_assign_to("{name} = no_such = {value}"))),
    Mutation("annotated assignment", _line(_assign_to("{name}: float = {value}"))),
    Mutation("is", _is),
    Mutation("kernel calls a kernel", _own_call(kernels=True)),
    Mutation("recursion", _own_call(kernels=False)),
    Mutation("tid in function", in_functions("no_such = wp.tid()")),
    Mutation(
        "mutated constant in dynamic loop",
        in_kernels("no_such = 0", "for other in range(wp.tid()):\n    no_such += 1"),
    ),
    Mutation("component out of range", _component),
    Mutation("component of a vector out of range", in_kernels("no_such = wp.vec2(1.0, 2.0).z")),
    Mutation("matrix index arity", in_kernels("no_such = wp.mat22()", "other = no_such[0, 0, 0]")),
    Mutation("mixed-type arithmetic", _bool_operand),
    Mutation("not on float", _not_float),
    Mutation("shift on floats", _float_shift),
    Mutation("another type for a local", _retyped),
    Mutation("range of a float", _range_of_float),
    Mutation("more names than values", _extra_target),
    Mutation("function's arguments", _function_arguments),
    Mutation("augmented by another type", _augmented_text),
    Mutation("conditional arms", _conditional_text),
    Mutation("comprehension", in_kernels("no_such = [i for i in range(3)]")),
    Mutation("delete", in_kernels("no_such = 1", "del no_such")),
)
