"""Programs changed at one place so that they are still well typed, and most likely compute something else.

The operators are those of mutation testing: DeMillo, Lipton and Sayward, Hints on Test Data Selection, 1978; their
names follow Offutt et al., An Experimental Determination of Sufficient Mutant Operators, TOSEM 1996. Faults that Warp
refuses are in :mod:`warpsmith.fuzz.mutants`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from random import Random
from typing import Any

import libcst as cst
import libcst.matchers as m
from libcst.metadata import ByteSpanPositionProvider, CodeSpan, MetadataWrapper

from warpsmith.fuzz.mutants import put
from warpsmith.fuzz.mutants.sites import Site, Sites, definitions, is_kernel, locals_of, parenthesised, within
from warpsmith.grammar.program import Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.check import check

_ARITHMETIC: dict[type[cst.BaseBinaryOp], tuple[type[cst.BaseBinaryOp], ...]] = {
    cst.Add: (cst.Subtract,),
    cst.Subtract: (cst.Add,),
    cst.Multiply: (cst.Add, cst.Divide),
    cst.Divide: (cst.Multiply,),
    cst.FloorDivide: (cst.Modulo,),
    cst.Modulo: (cst.FloorDivide,),
    cst.BitAnd: (cst.BitOr,),
    cst.BitOr: (cst.BitXor,),
    cst.BitXor: (cst.BitOr,),
    cst.LeftShift: (cst.RightShift,),
    cst.RightShift: (cst.LeftShift,),
}
_RELATIONS: dict[type[cst.BaseCompOp], tuple[type[cst.BaseCompOp], ...]] = {
    cst.LessThan: (cst.LessThanEqual, cst.GreaterThan),
    cst.LessThanEqual: (cst.LessThan, cst.GreaterThanEqual),
    cst.GreaterThan: (cst.GreaterThanEqual, cst.LessThan),
    cst.GreaterThanEqual: (cst.GreaterThan, cst.LessThanEqual),
    cst.Equal: (cst.NotEqual,),
    cst.NotEqual: (cst.Equal,),
}
_TWINS = (
    *(("sin", "cos"), ("sinh", "cosh"), ("min", "max"), ("floor", "ceil"), ("exp", "log"), ("sqrt", "cbrt")),
    *(("atomic_add", "atomic_sub"), ("atomic_min", "atomic_max"), ("cw_mul", "cw_div"), ("asin", "acos")),
    *(("length", "length_sq"), ("degrees", "radians"), ("round", "rint"), ("trunc", "floor")),
)
"""Builtins that take the same operands."""
_RANGE = m.Name("clamp") | m.Name("min") | m.Name("max")
_GUARD = m.Call(func=m.Attribute(m.Name("wp"), _RANGE)) | m.Subscript(m.Attribute(attr=m.Name("shape")))

_REMAINDER = m.BinaryOperation(operator=m.BitAnd() | m.Modulo())


@dataclass(frozen=True)
class ProgramMutant:
    """A program with one change.

    Attributes:
        kind: a key of :data:`OPERATORS`.
        source: its text.
        original: the program that was changed.
    """

    kind: str
    source: str
    original: Program

    @cached_property
    def program(self) -> Program:
        """The changed program; its launch is that of the original."""
        return dataclasses.replace(self.original, module=cst.parse_module(self.source), choices=())

    @cached_property
    def text_alone(self) -> Program:
        """The same for whoever reads its source and not its tree, which takes most of the time to make."""
        made = dataclasses.replace(self.original, choices=())
        vars(made)["source"] = self.source
        return made


def mutants(program: Program, random: Random, count: int) -> Iterator[ProgramMutant]:
    """Well-typed mutants of a program, at most ``count``; as many kinds as there are have their turn first.

    Args:
        program: a sound program.
        random: picks kinds and places; the same state gives the same mutants.
        count: how many.
    """
    text = program.source.encode()
    module = cst.parse_module(text)
    spans = MetadataWrapper(module, unsafe_skip_copy=True).resolve(ByteSpanPositionProvider)
    sites = {name: list(find(module)) for name, find in OPERATORS.items()}
    for found in sites.values():
        random.shuffle(found)
    made = 0
    while made < count and any(sites.values()):
        kinds = [name for name, found in sites.items() if found]
        random.shuffle(kinds)
        for kind in kinds:
            old, new = sites[kind].pop()
            changed = _spliced(text, spans[old], cst.Module([]).code_for_node(new))
            if made < count and not check(changed).diagnostics:
                made += 1
                yield ProgramMutant(kind, changed, program)


def _spliced(text: bytes, place: CodeSpan, new: str) -> str:
    """The text with something else at a place: a tenth of the time that it takes to change the tree and render it."""
    return (text[: place.start] + new.encode() + text[place.start + place.length :]).decode()


def hollow(program: Program) -> Program:
    """The program that does nothing: its kernel's body is ``pass``."""
    module = cst.ensure_type(program.module.deep_clone(), cst.Module)
    (kernel,) = (d for d in definitions(module) if is_kernel(d))
    nothing = kernel.with_changes(body=cst.IndentedBlock([cst.parse_statement("pass")]))
    return dataclasses.replace(program, module=put(module, (kernel, nothing)), choices=())


def _nodes(module: cst.Module, *kinds: type[cst.CSTNode]) -> Iterator[Any]:
    """Nodes of some kinds in the bodies of kernels and functions: not what bounds a value or ends a loop."""
    for _, some in _changeable(module):
        for kind in kinds:
            yield from some.get(kind, ())


@lru_cache(maxsize=1)  # the operators take their turns on one module
def _changeable(module: cst.Module) -> list[tuple[cst.FunctionDef, dict[type[cst.CSTNode], list[Any]]]]:
    """Of each definition, the nodes by kind."""
    found = []
    for definition in definitions(module):
        some = list(within(definition.body))
        guards = set(_guards(some))
        by_kind: dict[type[cst.CSTNode], list[Any]] = {}
        for node in some:
            if node not in guards:
                by_kind.setdefault(type(node), []).append(node)
        found.append((definition, by_kind))
    return found


def _guards(nodes: Iterable[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    for node in nodes:
        kind = type(node)
        if kind in (cst.Call, cst.Subscript) and m.matches(node, _GUARD):
            yield from within(node)
        elif kind is cst.BinaryOperation and m.matches(node, _REMAINDER):
            yield from (node, *within(cst.ensure_type(node, cst.BinaryOperation).right))
        elif kind is cst.While:
            yield from _counting(cst.ensure_type(node, cst.While))


def _counting(loop: cst.While) -> Iterator[cst.CSTNode]:
    """What makes a loop end: changes of the names in its condition, and ``and`` there."""
    yield from (n for n in within(loop.test) if type(n) is cst.BooleanOperation)
    counted = {n.value for n in within(loop.test) if isinstance(n, cst.Name)}
    for line in within(loop.body):
        update = line.body[0] if type(line) is cst.SimpleStatementLine else None
        if isinstance(update, cst.AugAssign) and getattr(update.target, "value", "") in counted:
            yield from within(line)


# --- operators --------------------------------------------------------------------------------------------------------


def _other_operator(module: cst.Module) -> Iterator[Site]:
    for node in _nodes(module, cst.BinaryOperation):
        for other in _ARITHMETIC.get(type(node.operator), ()):
            yield node, parenthesised(node).with_changes(operator=other())


def _swapped_operands(module: cst.Module) -> Iterator[Site]:
    for node in _nodes(module, cst.BinaryOperation):
        if not isinstance(node.operator, (cst.Add, cst.Multiply, cst.BitAnd, cst.BitOr, cst.BitXor)):
            yield node, node.with_changes(left=parenthesised(node.right), right=parenthesised(node.left))


def _one_operand(module: cst.Module) -> Iterator[Site]:
    for node in _nodes(module, cst.BinaryOperation):
        yield from ((node, side) for side in (node.left, node.right))


def _other_relation(module: cst.Module) -> Iterator[Site]:
    for node in _nodes(module, cst.Comparison):
        first = node.comparisons[0]
        for other in _RELATIONS.get(type(first.operator), ()):
            yield node, node.with_changes(comparisons=[first.with_changes(operator=other()), *node.comparisons[1:]])


def _other_connective(module: cst.Module) -> Iterator[Site]:
    for node in _nodes(module, cst.BooleanOperation):
        other = cst.Or() if isinstance(node.operator, cst.And) else cst.And()
        yield node, parenthesised(node).with_changes(operator=other)


def _negated_condition(module: cst.Module) -> Iterator[Site]:
    for node in _nodes(module, cst.If, cst.IfExp):
        yield node.test, cst.UnaryOperation(cst.Not(), parenthesised(node.test))


def _other_number(module: cst.Module) -> Iterator[Site]:
    for node in _nodes(module, cst.Integer, cst.Float):
        value = node.evaluated_value
        yield node, cst.Integer(str(value + 1)) if isinstance(value, int) else cst.Float(repr(value + 1.0))


def _removed_sign(module: cst.Module) -> Iterator[Site]:
    for node in _nodes(module, cst.UnaryOperation):
        yield node, node.expression


def _removed_statement(module: cst.Module) -> Iterator[Site]:
    for node in _nodes(module, cst.SimpleStatementLine):
        stores = m.Assign(targets=[m.AssignTarget(m.Subscript() | m.Attribute())])
        if m.matches(node, m.SimpleStatementLine([stores | m.AugAssign() | m.Expr(m.Call())])):
            yield node.body[0], cst.Pass()


def _other_update(module: cst.Module) -> Iterator[Site]:
    for node in _nodes(module, cst.AugAssign):
        swapped = cst.SubtractAssign() if isinstance(node.operator, cst.AddAssign) else cst.AddAssign()
        yield node, node.with_changes(operator=swapped)


def _other_builtin(module: cst.Module) -> Iterator[Site]:
    other = {name: twin for a, b in _TWINS for name, twin in ((a, b), (b, a))}
    for node in _nodes(module, cst.Call):
        if m.matches(node.func, m.Attribute(value=m.Name("wp"))) and node.func.attr.value in other:
            yield node.func, cst.Attribute(cst.Name("wp"), cst.Name(other[node.func.attr.value]))


def _swapped_arguments(module: cst.Module) -> Iterator[Site]:
    for node in _nodes(module, cst.Call):
        if len(node.args) > 1 and not any(a.keyword or a.star for a in node.args):
            first, second, *rest = (a.with_changes(comma=cst.MaybeSentinel.DEFAULT) for a in node.args)
            yield node, node.with_changes(args=[second, first, *rest])


def _other_variable(module: cst.Module) -> Iterator[Site]:
    """An operand becomes another local or parameter of its type."""
    for definition, some in _changeable(module):
        known = locals_of(module, definition)
        for node in (*some.get(cst.BinaryOperation, ()), *some.get(cst.Call, ())):
            for name in _operands(node):
                t = known.get(name.value)
                if t is not None and not isinstance(t, Array):
                    others = [n for n, other in known.items() if other is t and n != name.value]
                    yield from ((name, cst.Name(n)) for n in others[:2])


def _operands(node: cst.CSTNode) -> list[cst.Name]:
    """The names among what an operator or a call is given."""
    if isinstance(node, cst.BinaryOperation):
        return [side for side in (node.left, node.right) if isinstance(side, cst.Name)]
    return [a.value for a in node.args if isinstance(a.value, cst.Name)] if isinstance(node, cst.Call) else []


OPERATORS: dict[str, Sites] = {
    "another operator": _other_operator,
    "operands swapped": _swapped_operands,
    "one operand": _one_operand,
    "another relation": _other_relation,
    "another connective": _other_connective,
    "condition negated": _negated_condition,
    "another number": _other_number,
    "sign removed": _removed_sign,
    "statement removed": _removed_statement,
    "another update": _other_update,
    "another builtin": _other_builtin,
    "arguments swapped": _swapped_arguments,
    "another variable": _other_variable,
}
"""Where each kind of change can be made, and what stands there then."""
