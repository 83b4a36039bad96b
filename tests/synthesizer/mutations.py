"""Ways to spoil a well-typed program: a name, and a transformation that picks one of its sites.

Every mutation takes any module. It looks at syntax only, and picks sites where the result is ill typed whatever the
program means, unless the site turns out to be dead code, which Warp does not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import libcst as cst
import libcst.matchers as m

Site = tuple[cst.CSTNode, cst.CSTNode]
"""A node, and what takes its place."""

MATH = frozenset(
    ("sin", "cos", "sqrt", "abs", "exp", "floor", "dot", "cross", "length", "normalize", "clamp", "transpose")
)
"""Builtins whose overloads all take one to three values."""
TEXT = cst.SimpleString('"text"')
"""A value that agrees with no other type."""


@dataclass(frozen=True)
class Mutation:
    """One kind of fault; ``sites`` lists where it can be put in a module."""

    name: str
    sites: Callable[[cst.Module], Iterator[Site]]


def mutate(module: cst.Module, mutation: Mutation, random: Random) -> cst.Module | None:
    """The module with one fault of that kind, at a random site; None if it has no site."""
    module = cst.parse_module(module.code)  # a built tree may hold one node in several places
    sites = list(mutation.sites(module))
    if not sites:
        return None
    old, new = random.choice(sites)
    changed = module.deep_replace(old, new)
    assert isinstance(changed, cst.Module)
    return changed


# --- walking ----------------------------------------------------------------------------------------------------------


def definitions(node: cst.CSTNode) -> Iterator[cst.FunctionDef]:
    """Kernels and Warp functions, closures too."""
    if isinstance(node, cst.FunctionDef) and any(_decorator(d) in ("kernel", "func") for d in node.decorators):
        yield node
        return
    for child in node.children:
        yield from definitions(child)


def _decorator(node: cst.Decorator) -> str:
    target = node.decorator.func if isinstance(node.decorator, cst.Call) else node.decorator
    return target.attr.value if isinstance(target, cst.Attribute) else ""


def is_kernel(node: cst.FunctionDef) -> bool:
    return any(_decorator(d) == "kernel" for d in node.decorators)


def parameters(node: cst.FunctionDef) -> dict[str, str]:
    """Parameter name → annotation as text."""
    text = cst.Module([]).code_for_node
    return {p.name.value: text(p.annotation.annotation) for p in node.params.params if p.annotation is not None}


def nodes(module: cst.Module, kind: Any) -> Iterator[Any]:
    """Nodes of a kind in the bodies of kernels and functions, but for what may not be read."""
    for definition in definitions(module):
        yield from (n for n in within(definition.body) if isinstance(n, kind))


def within(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield node
    if m.matches(node, m.Call(func=m.Attribute(attr=m.Name("static")))):
        return
    if isinstance(node, (cst.If, cst.IfExp)) and isinstance(node.test, cst.Name):
        return  # it may be a constant, and then one arm is dead
    if isinstance(node, cst.IfExp) and not isinstance(node.test, cst.Comparison):
        return
    for child in node.children:
        yield from within(child)


def assignments(module: cst.Module) -> Iterator[cst.Assign]:
    """Assignments to one plain name."""
    for node in nodes(module, cst.Assign):
        if len(node.targets) == 1 and isinstance(node.targets[0].target, cst.Name):
            yield node


def statements(module: cst.Module) -> Iterator[tuple[cst.SimpleStatementLine, Any]]:
    """Lines of one simple statement."""
    for line in nodes(module, cst.SimpleStatementLine):
        if len(line.body) == 1:
            yield line, line.body[0]


def math_calls(module: cst.Module) -> Iterator[cst.Call]:
    for node in nodes(module, cst.Call):
        math = isinstance(node.func, cst.Attribute) and node.func.attr.value in MATH
        if math and node.args and not any(a.star for a in node.args):
            yield node


def array_subscripts(module: cst.Module) -> Iterator[tuple[cst.FunctionDef, cst.Subscript]]:
    """Subscripts of array parameters."""
    for definition in definitions(module):
        arrays = {n for n, t in parameters(definition).items() if "array" in t}
        for node in within(definition.body):
            if isinstance(node, cst.Subscript) and isinstance(node.value, cst.Name) and node.value.value in arrays:
                yield definition, node


def array_stores(module: cst.Module) -> Iterator[tuple[cst.FunctionDef, cst.Assign, cst.Subscript]]:
    """Assignments to elements of array parameters."""
    for definition in definitions(module):
        arrays = {n for n, t in parameters(definition).items() if "array" in t}
        for node in within(definition.body):
            if isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Subscript):
                target = node.targets[0].target
                if isinstance(target.value, cst.Name) and target.value.value in arrays:
                    yield definition, node, target


def appended(definition: cst.FunctionDef, *lines: str, first: bool = False) -> Site:
    """More statements at the end of a body, or at its start."""
    more = [cst.parse_statement(line) for line in lines]
    body = [*more, *definition.body.body] if first else [*definition.body.body, *more]
    return definition, definition.with_deep_changes(definition.body, body=body)


def expression(text: str) -> cst.BaseExpression:
    return cst.parse_expression(text)


def parenthesised(node: cst.BaseExpression) -> Any:
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


# --- the kinds --------------------------------------------------------------------------------------------------------


def _literal_swaps(module: cst.Module, kind: type, text: str) -> Iterator[Site]:
    for node in nodes(module, cst.BinaryOperation):
        for side in (node.left, node.right):
            if isinstance(side, kind) and not isinstance(node.left, cst.SimpleString):
                yield side, expression(text)


def _right_hand_sides(
    wrap: Callable[[cst.BaseExpression], cst.BaseExpression],
) -> Callable[[cst.Module], Iterator[Site]]:
    return lambda module: ((node, node.with_changes(value=wrap(node.value))) for node in assignments(module))


def _line(make: Callable[[Any], cst.BaseSmallStatement | None]) -> Callable[[cst.Module], Iterator[Site]]:
    def sites(module: cst.Module) -> Iterator[Site]:
        for line, small in statements(module):
            if isinstance(small, cst.Assign) and isinstance(small.targets[0].target, cst.Name):
                made = make(small)
                if made is not None:
                    yield line, line.with_changes(body=[made])

    return sites


def _arguments(change: Callable[[list[cst.Arg]], list[cst.Arg]]) -> Callable[[cst.Module], Iterator[Site]]:
    return lambda module: (
        (n, n.with_changes(args=change([a.with_changes(comma=cst.MaybeSentinel.DEFAULT) for a in n.args])))
        for n in math_calls(module)
    )


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
            if parameter.name.value == target.value.value and isinstance(parameter.annotation.annotation, cst.Call):  # type: ignore[union-attr]
                call = parameter.annotation.annotation  # type: ignore[union-attr]
                for argument in call.args:
                    if argument.keyword is not None and argument.keyword.value == "dtype":
                        yield argument.value, expression("wp.vec4ub")


def _extra_index(module: cst.Module) -> Iterator[Site]:
    zero = cst.SubscriptElement(cst.Index(cst.Integer("0")))
    for _, node in array_subscripts(module):
        kept = [e.with_changes(comma=cst.MaybeSentinel.DEFAULT) for e in node.slice]
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
            kept = [e.with_changes(comma=cst.MaybeSentinel.DEFAULT) for e in target.slice[:-1]]
            yield node.targets[0], cst.AssignTarget(target.with_changes(slice=kept))


def _stored_text(module: cst.Module) -> Iterator[Site]:
    for _, node, _target in array_stores(module):
        yield node, node.with_changes(value=TEXT)


def _return_types(module: cst.Module) -> Iterator[Site]:
    for definition in definitions(module):
        returns = [n for n in within(definition.body) if isinstance(n, cst.Return) and n.value is not None]
        if len(returns) > 1 and not is_kernel(definition):
            yield returns[-1], cst.Return(TEXT)


def _in_kernels(*lines: str, first: bool = False) -> Callable[[cst.Module], Iterator[Site]]:
    return lambda module: (appended(d, *lines, first=first) for d in definitions(module) if is_kernel(d))


def _in_functions(*lines: str) -> Callable[[cst.Module], Iterator[Site]]:
    return lambda module: (appended(d, *lines, first=True) for d in definitions(module) if not is_kernel(d))


def _own_call(kernels: bool) -> Callable[[cst.Module], Iterator[Site]]:
    def sites(module: cst.Module) -> Iterator[Site]:
        for d in definitions(module):
            if is_kernel(d) == kernels:
                yield appended(d, f"{d.name.value}({', '.join(parameters(d))})", first=True)

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
    for line, small in statements(module):
        if isinstance(small, cst.Assign) and isinstance(small.targets[0].target, cst.Name):
            again = cst.Assign([cst.AssignTarget(small.targets[0].target)], TEXT)
            yield line, line.with_changes(body=[small, again])


def _range_of_float(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.Call):
        if m.matches(node.func, m.Name("range")):
            yield (
                node,
                node.with_changes(
                    args=[cst.Arg(cst.Float("2.5")), *node.args[1:]]
                    if len(node.args) == 1
                    else [cst.Arg(cst.Float("2.5"))]
                ),
            )


def _extra_target(module: cst.Module) -> Iterator[Site]:
    for node in nodes(module, cst.Assign):
        target = node.targets[0].target
        if isinstance(target, cst.Tuple) and not m.matches(node.value, m.Call(func=m.Attribute(attr=m.Name("tid")))):
            kept = [e.with_changes(comma=cst.MaybeSentinel.DEFAULT) for e in target.elements]
            yield target, target.with_changes(elements=[*kept, cst.Element(cst.Name("no_such_target"))])


def _function_arguments(module: cst.Module) -> Iterator[Site]:
    names = {d.name.value for d in definitions(module) if not is_kernel(d)}
    for node in nodes(module, cst.Call):
        if isinstance(node.func, cst.Name) and node.func.value in names:
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


MUTATIONS = (
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
    Mutation("kernel returns a value", _in_kernels("return 1")),
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
    Mutation("tid in function", _in_functions("no_such = wp.tid()")),
    Mutation(
        "mutated constant in dynamic loop",
        _in_kernels("no_such = 0", "for other in range(wp.tid()):\n    no_such += 1", first=True),
    ),
    Mutation("component out of range", _component),
    Mutation("component of a vector out of range", _in_kernels("no_such = wp.vec2(1.0, 2.0).z", first=True)),
    Mutation("matrix index arity", _in_kernels("no_such = wp.mat22()", "other = no_such[0, 0, 0]", first=True)),
    Mutation("mixed-type arithmetic", _bool_operand),
    Mutation("not on float", _not_float),
    Mutation("shift on floats", _float_shift),
    Mutation("another type for a local", _retyped),
    Mutation("range of a float", _range_of_float),
    Mutation("more names than values", _extra_target),
    Mutation("function's arguments", _function_arguments),
    Mutation("augmented by another type", _augmented_text),
    Mutation("conditional arms", _conditional_text),
    Mutation("comprehension", _in_kernels("no_such = [i for i in range(3)]", first=True)),
    Mutation("delete", _in_kernels("no_such = 1", "del no_such", first=True)),
)
