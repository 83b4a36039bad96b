"""Tokens that all spellings share: white space, punctuation and operators of libcst, and how tightly operators bind."""

from __future__ import annotations

import libcst as cst

NONE = cst.SimpleWhitespace("")
SPACE = cst.SimpleWhitespace(" ")
COMMA = cst.Comma(whitespace_before=NONE, whitespace_after=SPACE)
NO_COMMA = cst.MaybeSentinel.DEFAULT
EQUAL = cst.AssignEqual(whitespace_before=NONE, whitespace_after=NONE)
SPACED_EQUAL = cst.AssignEqual(whitespace_before=SPACE, whitespace_after=SPACE)
DOT = cst.Dot(whitespace_before=NONE, whitespace_after=NONE)
SLICE_COLON = cst.Colon(whitespace_before=NONE, whitespace_after=NONE)
LPAR = (cst.LeftParen(whitespace_after=NONE),)
RPAR = (cst.RightParen(whitespace_before=NONE),)
LBRACKET = cst.LeftSquareBracket(whitespace_after=NONE)
RBRACKET = cst.RightSquareBracket(whitespace_before=NONE)
EOL = cst.TrailingWhitespace(whitespace=NONE, comment=None, newline=cst.Newline())
BLANK = cst.EmptyLine(indent=False, whitespace=NONE, comment=None, newline=cst.Newline())

ATOM = 15
UNARY = 12
COMPARE = 5
NOT = 4
IFEXP = 1

BINARY: dict[str, tuple[cst.BaseBinaryOp, int]] = {
    "|": (cst.BitOr(SPACE, SPACE), 6),
    "^": (cst.BitXor(SPACE, SPACE), 7),
    "&": (cst.BitAnd(SPACE, SPACE), 8),
    "<<": (cst.LeftShift(SPACE, SPACE), 9),
    ">>": (cst.RightShift(SPACE, SPACE), 9),
    "+": (cst.Add(SPACE, SPACE), 10),
    "-": (cst.Subtract(SPACE, SPACE), 10),
    "*": (cst.Multiply(SPACE, SPACE), 11),
    "/": (cst.Divide(SPACE, SPACE), 11),
    "//": (cst.FloorDivide(SPACE, SPACE), 11),
    "%": (cst.Modulo(SPACE, SPACE), 11),
    "@": (cst.MatrixMultiply(SPACE, SPACE), 11),
    "**": (cst.Power(SPACE, SPACE), 13),
}
BINARY_PRECEDENCE = {type(node): level for node, level in BINARY.values()}
AUGMENTED: dict[str, cst.BaseAugOp] = {
    "+": cst.AddAssign(SPACE, SPACE),
    "-": cst.SubtractAssign(SPACE, SPACE),
    "*": cst.MultiplyAssign(SPACE, SPACE),
    "/": cst.DivideAssign(SPACE, SPACE),
    "//": cst.FloorDivideAssign(SPACE, SPACE),
    "%": cst.ModuloAssign(SPACE, SPACE),
    "&": cst.BitAndAssign(SPACE, SPACE),
    "|": cst.BitOrAssign(SPACE, SPACE),
    "^": cst.BitXorAssign(SPACE, SPACE),
    "<<": cst.LeftShiftAssign(SPACE, SPACE),
    ">>": cst.RightShiftAssign(SPACE, SPACE),
}
UNARY_OPS: dict[str, tuple[cst.BaseUnaryOp, int]] = {
    "-": (cst.Minus(NONE), UNARY),
    "+": (cst.Plus(NONE), UNARY),
    "~": (cst.BitInvert(NONE), UNARY),
    "not": (cst.Not(SPACE), NOT),
}
COMPARISONS: dict[str, cst.BaseCompOp] = {
    "<": cst.LessThan(SPACE, SPACE),
    "<=": cst.LessThanEqual(SPACE, SPACE),
    ">": cst.GreaterThan(SPACE, SPACE),
    ">=": cst.GreaterThanEqual(SPACE, SPACE),
    "==": cst.Equal(SPACE, SPACE),
    "!=": cst.NotEqual(whitespace_before=SPACE, whitespace_after=SPACE),
}
BOOLEANS: dict[str, tuple[cst.BaseBooleanOp, int]] = {
    "or": (cst.Or(SPACE, SPACE), 2),
    "and": (cst.And(SPACE, SPACE), 3),
}


def precedence(node: cst.BaseExpression) -> int:
    """How tightly the outermost operator of an expression binds; parentheses and names bind tightest."""
    if node.lpar:
        return ATOM
    kind = type(node)
    if kind is cst.BinaryOperation:
        return BINARY_PRECEDENCE[type(node.operator)]  # type: ignore[attr-defined]
    if kind is cst.UnaryOperation:
        return NOT if isinstance(node.operator, cst.Not) else UNARY  # type: ignore[attr-defined]
    if kind is cst.Comparison:
        return COMPARE
    if kind is cst.BooleanOperation:
        return 3 if isinstance(node.operator, cst.And) else 2  # type: ignore[attr-defined]
    return IFEXP if kind is cst.IfExp else ATOM
