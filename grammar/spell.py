"""How programs are spelled: builders of libcst nodes, and the only place that knows precedence and parentheses.

White space, commas and operators are shared between nodes, since building a node costs more than everything else here.
A shared node may stand in several places of a tree: libcst renders it all the same, and ``MetadataWrapper`` copies
first.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest

import libcst as cst

from warpsmith.grammar.tokens import (
    ATOM,
    AUGMENTED,
    BINARY,
    BLANK,
    BOOLEANS,
    COMMA,
    COMPARE,
    COMPARISONS,
    DOT,
    EOL,
    EQUAL,
    IFEXP,
    LBRACKET,
    LPAR,
    NO_COMMA,
    NONE,
    RBRACKET,
    RPAR,
    SLICE_COLON,
    SPACE,
    SPACED_EQUAL,
    UNARY_OPS,
    precedence,
)

Expr = cst.BaseExpression
Stmt = cst.BaseStatement


def _wrap(node: Expr, least: int) -> Expr:
    return node if precedence(node) >= least else node.with_changes(lpar=LPAR, rpar=RPAR)


@lru_cache(maxsize=4096)
def name(identifier: str) -> cst.Name:
    """An identifier."""
    return cst.Name(identifier)


@lru_cache(maxsize=4096)
def dotted(path: str) -> Expr:
    """A dotted name: ``wp.vec3f``."""
    head, _, tail = path.rpartition(".")
    return cst.Attribute(dotted(head), name(tail), dot=DOT) if head else name(tail)


@lru_cache(maxsize=1024)
def integer(value: int) -> Expr:
    """An integer literal; a negative one is a unary minus."""
    return unary("-", integer(-value)) if value < 0 else cst.Integer(str(value))


@lru_cache(maxsize=1024)
def floating(value: float) -> Expr:
    """A floating-point literal, the shortest that reads back as the same value."""
    return unary("-", floating(-value)) if value < 0 else cst.Float(repr(float(value)))


def is_number(node: Expr) -> bool:
    """Whether an expression is a number as it stands, perhaps a negative one."""
    inner = node.expression if isinstance(node, cst.UnaryOperation) else node
    return isinstance(inner, (cst.Integer, cst.Float))


def boolean_literal(value: bool) -> Expr:
    """``True`` or ``False``."""
    return name("True" if value else "False")


def unary(operator: str, operand: Expr) -> Expr:
    """``-a``, ``+a``, ``~a``, ``not a``."""
    node, level = UNARY_OPS[operator]
    return cst.UnaryOperation(node, _wrap(operand, level))


def loaded(value: Expr) -> Expr:
    """The value, loaded where it may be a bare array element or a bare field of a struct.

    Warp 1.19 passes these on as references in two places that expect a value: it refuses one in a comparison chain
    ("Cannot chain comparisons of unequal types"), and in a tuple assignment it binds the name to the element or the
    field itself.
    """
    return unary("+", value) if isinstance(value, (cst.Subscript, cst.Attribute)) else value


def copied(value: Expr) -> Expr:
    """The value, copied where it may be a constant of the file, whose names are in capitals.

    Warp 1.19 keeps those as constants of C++, and a few functions of its native library ask for variables.
    """
    return unary("+", value) if isinstance(value, cst.Name) and value.value.isupper() else value


def binary(operator: str, left: Expr, right: Expr) -> Expr:
    """``left operator right``; every binary operator but ``**`` groups to the left."""
    node, level = BINARY[operator]
    power = operator == "**"
    return cst.BinaryOperation(_wrap(left, level + power), node, _wrap(right, level + (not power)))


def compare(left: Expr, *rest: tuple[str, Expr]) -> Expr:
    """A comparison, or a chain of them: ``compare(a, ("<", b), ("<=", c))``."""
    targets = [cst.ComparisonTarget(COMPARISONS[op], _wrap(right, COMPARE + 1)) for op, right in rest]
    return cst.Comparison(_wrap(left, COMPARE + 1), targets)


def boolean(operator: str, left: Expr, right: Expr) -> Expr:
    """``left and right``, ``left or right``."""
    node, level = BOOLEANS[operator]
    return cst.BooleanOperation(_wrap(left, level), node, _wrap(right, level + 1))


def conditional(test: Expr, then: Expr, otherwise: Expr) -> Expr:
    """``then if test else otherwise``."""
    return cst.IfExp(
        test=_wrap(test, IFEXP + 1),
        body=_wrap(then, IFEXP + 1),
        orelse=_wrap(otherwise, IFEXP),
        whitespace_before_if=SPACE,
        whitespace_after_if=SPACE,
        whitespace_before_else=SPACE,
        whitespace_after_else=SPACE,
    )


def call(function: str | Expr, *arguments: Expr | cst.Arg, **keywords: Expr) -> Expr:
    """``function(arguments, key=value)``; a string is a dotted name, and an argument may be :func:`starred`."""
    pairs: list[tuple[str | None, Expr | cst.Arg]] = [(None, a) for a in arguments]
    pairs.extend(keywords.items())
    last = len(pairs) - 1
    return cst.Call(
        dotted(function) if isinstance(function, str) else _wrap(function, ATOM),
        [_argument(key, value, i == last) for i, (key, value) in enumerate(pairs)],
        whitespace_after_func=NONE,
        whitespace_before_args=NONE,
    )


def _argument(keyword: str | None, value: Expr | cst.Arg, last: bool) -> cst.Arg:
    if isinstance(value, cst.Arg):
        return value if last else value.with_changes(comma=COMMA)
    return cst.Arg(
        value,
        keyword=None if keyword is None else name(keyword),
        equal=NO_COMMA if keyword is None else EQUAL,
        comma=NO_COMMA if last else COMMA,
        whitespace_after_star=NONE,
        whitespace_after_arg=NONE,
    )


def attribute(value: Expr, attr: str) -> Expr:
    """``value.attr``."""
    return cst.Attribute(_wrap(value, ATOM), name(attr), dot=DOT)


def subscript(value: Expr, *indices: Expr | cst.Slice) -> Expr:
    """``value[i, j]``; any index may be a :func:`slice_`.

    Warp 1.19 takes the indices of a chain together: it reads ``v[1:][0]`` as ``v[1:, 0]``, and refuses it.
    """
    if isinstance(value, cst.Subscript) and any(isinstance(e.slice, cst.Slice) for e in value.slice):
        value = unary("+", value)
    last = len(indices) - 1
    elements = [
        cst.SubscriptElement(
            index if isinstance(index, cst.Slice) else cst.Index(index),
            comma=NO_COMMA if i == last else COMMA,
        )
        for i, index in enumerate(indices)
    ]
    return cst.Subscript(
        _wrap(value, ATOM), elements, lbracket=LBRACKET, rbracket=RBRACKET, whitespace_after_value=NONE
    )


def slice_(lower: Expr | None, upper: Expr | None, step: Expr | None = None) -> cst.Slice:
    """``lower:upper:step`` between brackets; what is ``None`` is left out."""
    return cst.Slice(
        lower,
        upper,
        step,
        first_colon=SLICE_COLON,
        second_colon=NO_COMMA if step is None else SLICE_COLON,
    )


def bare_tuple(values: Sequence[Expr]) -> cst.Tuple:
    """A flat tuple without parentheses: ``a, b``."""
    last = len(values) - 1
    elements = [cst.Element(v, comma=NO_COMMA if i == last else COMMA) for i, v in enumerate(values)]
    return cst.Tuple(elements, lpar=(), rpar=())


def parenthesized(values: Sequence[Expr]) -> cst.Tuple:
    """A tuple in parentheses: ``(a, b)``."""
    return bare_tuple(values).with_changes(lpar=LPAR, rpar=RPAR)


def _line(statement: cst.BaseSmallStatement) -> cst.SimpleStatementLine:
    return cst.SimpleStatementLine([statement], leading_lines=(), trailing_whitespace=EOL)


def assign(target: Expr, value: Expr) -> Stmt:
    """``target = value``."""
    left = cst.AssignTarget(target, whitespace_before_equal=SPACE, whitespace_after_equal=SPACE)  # type: ignore[arg-type]
    return _line(cst.Assign([left], value))


def augment(target: Expr, operator: str, value: Expr) -> Stmt:
    """``target operator= value``."""
    return _line(cst.AugAssign(target, AUGMENTED[operator], value))  # type: ignore[arg-type]


def expression(value: Expr) -> Stmt:
    """An expression as a statement."""
    return _line(cst.Expr(value))


def returns(value: Expr | None) -> Stmt:
    """``return value``."""
    return _line(cst.Return(value, whitespace_after_return=SPACE if value is not None else NONE))


BREAK = _line(cst.Break())
CONTINUE = _line(cst.Continue())
PASS = _line(cst.Pass())


def block(statements: Sequence[Stmt]) -> cst.IndentedBlock:
    """An indented block; an empty one holds ``pass``."""
    return cst.IndentedBlock(list(statements) or [PASS], header=EOL)


def branch(arms: Sequence[tuple[Expr, Sequence[Stmt]]], otherwise: Sequence[Stmt] | cst.If | None) -> Stmt:
    """``if``, any number of ``elif``, and ``else`` where ``otherwise`` is statements; it may be one more ``elif``."""
    tail: cst.If | cst.Else | None = None
    if isinstance(otherwise, cst.If):
        tail = otherwise
    elif otherwise is not None:
        tail = cst.Else(block(otherwise), leading_lines=(), whitespace_before_colon=NONE)
    for test, body in reversed(arms):
        tail = cst.If(
            test,
            block(body),
            orelse=tail,
            leading_lines=(),
            whitespace_before_test=SPACE,
            whitespace_after_test=NONE,
        )
    assert isinstance(tail, cst.If)
    return tail


def for_loop(variable: str, iterable: Expr, body: Sequence[Stmt]) -> Stmt:
    """``for variable in iterable:``."""
    return cst.For(
        name(variable),
        iterable,
        block(body),
        leading_lines=(),
        whitespace_after_for=SPACE,
        whitespace_before_in=SPACE,
        whitespace_after_in=SPACE,
        whitespace_before_colon=NONE,
    )


def while_loop(test: Expr, body: Sequence[Stmt]) -> Stmt:
    """``while test:``."""
    return cst.While(test, block(body), leading_lines=(), whitespace_after_while=SPACE, whitespace_before_colon=NONE)


def function(
    decorator: str | Sequence[Expr],
    identifier: str,
    parameters: Sequence[tuple[str, Expr | None]],
    body: Sequence[Stmt],
    defaults: Sequence[Expr | None] = (),
    *,
    named: int = 0,
    result: Expr | None = None,
) -> cst.FunctionDef:
    """A function with annotated parameters, some perhaps with defaults, after two blank lines.

    Args:
        decorator: a dotted name, or the decorators in order.
        identifier: its name.
        parameters: names and annotations.
        body: its statements.
        defaults: of the parameters.
        named: how many of the last parameters are taken by keyword alone.
        result: the annotation of what it returns.
    """
    return cst.FunctionDef(
        name(identifier),
        _parameters(parameters, defaults, named),
        block(body),
        decorators=[cst.Decorator(d) for d in ([dotted(decorator)] if isinstance(decorator, str) else decorator)],
        returns=None if result is None else cst.Annotation(result, SPACE, SPACE),
        leading_lines=(BLANK, BLANK),
    )


def _parameters(
    parameters: Sequence[tuple[str, Expr | None]], defaults: Sequence[Expr | None], named: int
) -> cst.Parameters:
    last = len(parameters) - 1
    params = [
        cst.Param(
            name(p),
            annotation=None if a is None else _annotation(a),
            default=default,
            equal=NO_COMMA if default is None else SPACED_EQUAL,
            comma=NO_COMMA if i == last else COMMA,
        )
        for i, ((p, a), default) in enumerate(zip_longest(parameters, defaults))
    ]
    if not named:
        return cst.Parameters(params)
    plain = len(params) - named
    return cst.Parameters(params[:plain], star_arg=cst.ParamStar(COMMA), kwonly_params=params[plain:])


def inner(definition: Stmt) -> Stmt:
    """A definition within another one: without blank lines before it."""
    return definition.with_changes(leading_lines=())


def classed(identifier: str, body: Sequence[Stmt], base: str = "") -> Stmt:
    """A class, after two blank lines."""
    made = cst.ClassDef(name(identifier), block(body), leading_lines=(BLANK, BLANK), lpar=NO_COMMA, rpar=NO_COMMA)
    return made.with_changes(bases=[cst.Arg(dotted(base))]) if base else made


def starred(value: Expr) -> cst.Arg:
    """``*value`` among the arguments of a call."""
    return cst.Arg(_wrap(value, ATOM), star="*", comma=NO_COMMA, whitespace_after_star=NONE)


def dictionary(pairs: Sequence[tuple[Expr, Expr]]) -> Expr:
    """``{key: value}``."""
    last = len(pairs) - 1
    commas = [NO_COMMA if i == last else COMMA for i in range(len(pairs))]
    return cst.Dict([cst.DictElement(k, v, comma=c) for (k, v), c in zip(pairs, commas, strict=True)])


def _annotation(value: Expr) -> cst.Annotation:
    return cst.Annotation(value, whitespace_before_indicator=NONE, whitespace_after_indicator=SPACE)


def struct(identifier: str, fields: Sequence[tuple[str, Expr]]) -> cst.ClassDef:
    """A ``@wp.struct`` class with annotated fields, after two blank lines."""
    body = [_line(cst.AnnAssign(name(f), _annotation(t))) for f, t in fields]
    return cst.ClassDef(
        name(identifier),
        block(body),
        decorators=[cst.Decorator(dotted("wp.struct"))],
        leading_lines=(BLANK, BLANK),
        lpar=NO_COMMA,
        rpar=NO_COMMA,
    )


def _import_of(source: str, what: str) -> cst.ImportFrom:
    return cst.ImportFrom(
        cst.Name(source),
        [cst.ImportAlias(cst.Name(what))],
        whitespace_after_from=SPACE,
        whitespace_before_import=SPACE,
        whitespace_after_import=SPACE,
    )


_ANY, _INT_ENUM = _import_of("typing", "Any"), _import_of("enum", "IntEnum")


def module(definitions: Sequence[Stmt], *, generic: bool = False, enum: bool = False) -> cst.Module:
    """A source file: the imports, that of ``Any`` where it is ``generic``, of ``IntEnum``, then the definitions."""
    alias = cst.ImportAlias(name("warp"), asname=cst.AsName(name("wp")))
    first = [*([_line(_INT_ENUM)] if enum else []), *([_line(_ANY)] if generic else [])]
    imports = [*first, _line(cst.Import([alias]))]
    return cst.Module([*imports, *definitions])  # type: ignore[list-item]
