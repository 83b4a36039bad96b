"""The builtins that Python's operators stand for in kernels."""

from __future__ import annotations

import ast

BINARY: dict[type, str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.MatMult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.BitAnd: "bit_and",
    ast.BitOr: "bit_or",
    ast.BitXor: "bit_xor",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
}
UNARY: dict[type, str] = {ast.UAdd: "pos", ast.USub: "neg", ast.Not: "unot", ast.Invert: "invert"}
ATOMIC = {
    BINARY[operator]: "atomic_" + BINARY[operator].removeprefix("bit_")
    for operator in (ast.Add, ast.Sub, ast.BitAnd, ast.BitOr, ast.BitXor)
}
"""What an augmented assignment to an array's element is; the same operators change a tile in its place."""
