"""Where a kernel or function stands in its file: in a class or a factory, behind decorators, with options, generic."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import libcst as cst

from warpsmith.grammar import spell, types
from warpsmith.grammar.chooser import Chooser
from warpsmith.grammar.kernels import annotation
from warpsmith.grammar.spell import Expr, Stmt
from warpsmith.grammar.types import Type

KERNEL_OPTIONS = ("launch_bounds", "enable_backward", "module", "module_options")
FUNC_OPTIONS = ("module", "inline")


def kernel_options(chooser: Chooser, names: Collection[str]) -> dict[str, Expr]:
    """Values of those of the :data:`KERNEL_OPTIONS`."""
    options: dict[str, Expr] = {}
    if "launch_bounds" in names:
        threads = spell.integer(chooser.choose((128, 256, 64)))
        pair = spell.parenthesized([threads, spell.integer(chooser.choose((1, 2)))])
        options["launch_bounds"] = pair if chooser.chance(40) else threads
    if "enable_backward" in names:
        options["enable_backward"] = spell.name("False")
    if "module" in names:
        options["module"] = cst.SimpleString('"unique"')
    if "module_options" in names:
        some = (
            ("max_unroll", spell.integer(16)),
            ("fuse_fp", spell.boolean_literal(chooser.chance(50))),
            ("lineinfo", spell.name("True")),
            ("enable_backward", spell.name("True")),
            ("fast_math", spell.name("False")),
        )
        name, value = chooser.choose(some)
        options["module_options"] = spell.dictionary([(cst.SimpleString(f'"{name}"'), value)])
    return options


def with_options(definition: cst.FunctionDef, decorator: str, options: dict[str, Expr]) -> cst.FunctionDef:
    """The definition, with options of its decorator."""
    return definition.with_changes(decorators=[cst.Decorator(spell.call(decorator, **options))])


def behind(definition: cst.FunctionDef, register: str, parameter: str, *, outside: bool) -> list[Stmt]:
    """A second decorator, which returns what it is given."""
    same = spell.function((), register, [(parameter, None)], [spell.returns(spell.name(parameter))])
    both = [cst.Decorator(spell.name(register)), *definition.decorators]
    return [same, definition.with_changes(decorators=both if outside else both[::-1])]


def in_class(definition: Stmt, owner: str) -> list[Stmt]:
    """A class that holds the definition."""
    return [spell.classed(owner, [spell.inner(definition)])]


def in_factory(
    definition: cst.FunctionDef, maker: str, made: str, closed: Sequence[tuple[str, Expr | None, Expr]]
) -> list[Stmt]:
    """A factory that makes what is defined, and the statement that calls it.

    Args:
        definition: a kernel or function.
        maker: what the factory is called.
        made: what its result is bound to.
        closed: what it closes over: name, annotation and value.
    """
    body = [spell.inner(definition), spell.returns(definition.name)]
    factory = spell.function((), maker, [(n, a) for n, a, _ in closed], body)
    return [factory, spell.assign(spell.name(made), spell.call(maker, *(value for _, _, value in closed)))]


def overloaded(
    definition: cst.FunctionDef, made: str, parameters: Sequence[tuple[str, Type]], open_: Collection[str]
) -> list[Stmt]:
    """A generic kernel and its overload.

    Args:
        definition: of the kernel.
        made: what the overload is bound to.
        parameters: names and types of its parameters, in order.
        open_: names of those that are to be open.
    """
    params = [
        p.with_changes(annotation=p.annotation.with_changes(annotation=annotation(t, untyped=True)))  # type: ignore[union-attr]
        if name in open_
        else p
        for p, (name, t) in zip(definition.params.params, parameters, strict=True)
    ]
    generic = definition.with_changes(params=definition.params.with_changes(params=params))
    return [generic, overload(definition.name.value, made, [p for p in parameters if p[0] in open_])]


def overload(kernel: str, made: str, parameters: Sequence[tuple[str, Type]]) -> Stmt:
    """The overload of a generic kernel: names of its open parameters, and the types that they have in it."""
    pairs = [(cst.SimpleString(f'"{name}"'), annotation(t)) for name, t in parameters]
    return spell.assign(spell.name(made), spell.call("wp.overload", spell.name(kernel), spell.dictionary(pairs)))


def openable(t: Type) -> bool:
    """Whether a parameter of the type may be open in a generic kernel: no struct is."""
    return types.kind(getattr(t, "dtype", t)) != "struct"
