"""Which disagreements are one finding: by the compiler's words, or by what the shrunk program is made of."""

from __future__ import annotations

import ast
import builtins
import hashlib
import re
from collections.abc import Iterator

from warpsmith.synthesizer.judgement import Judgement, Stage

VALUE_STAGES = (Stage.VALUE, Stage.GRADIENT, Stage.REPLAY, Stage.ACCEPTED)
"""Stages at which nothing was said: the program alone can tell the cause."""

_NOISE = (
    (re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{7,}\b"), "#"),
    (re.compile(r"""'[^']*'|"[^"]*"|‘[^’]*’|`[^`]*`"""), "_"),
    (re.compile(r"[\w./<>-]*\.(?:py|cpp|cu|h)\b(?:[:(]\d+[,:]?\d*\)?)?"), "file"),
    (re.compile(r"\b\w*_\d+\w*\b|\b\d+(?:\.\d+)?\b"), "#"),
    (re.compile(r"\b(?:u?int|float|bfloat)(?:8|16|32|64)\b|\b(?:vec|mat|quat|transform)\d*[a-z]?\b"), "type"),
    (re.compile(r"\s+"), " "),
)
_UBIQUITOUS = frozenset(("tid", "array", "array1d", "array2d", "array3d", "array4d"))
_TYPE_WIDTH = re.compile(r"^(u?int|float|bfloat)\d+$|^(vec|mat|quat|transform|spatial_vector|spatial_matrix)\d*[a-z]*$")


def normalised(message: str) -> str:
    """A message without what one program leaves in it: names, numbers, types, paths."""
    lines = [line for line in message.splitlines() if line.strip()]
    line = lines[0] if lines else ""
    if (cause := [after for after in lines[1:] if after.startswith(";")]) and ":" in line:
        line = line.split(":")[0] + ": " + cause[-1][1:]  # Warp's code generator quotes the program before it says why
    for pattern, blank in _NOISE:
        line = pattern.sub(blank, line)
    return line.strip()[:160]


def features(source: str) -> frozenset[str]:
    """What a program is made of: builtins, operators, statements; without names, widths of types and constants."""
    tree = ast.parse(source)
    own = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    found = {feature for node in ast.walk(tree) for feature in _features(node, own)}
    return frozenset(found - _UBIQUITOUS)


def _features(node: ast.AST, own: set[str]) -> Iterator[str]:
    if isinstance(node, ast.Call):
        yield _called(node.func, own)
    elif isinstance(node, (ast.BinOp, ast.UnaryOp, ast.BoolOp)):
        yield type(node.op).__name__.lower()
    elif isinstance(node, ast.Compare):
        yield "compare" if len(node.ops) == 1 else "comparison chain"
    elif isinstance(node, ast.AugAssign):
        target = {ast.Subscript: "[]", ast.Attribute: "."}.get(type(node.target), "")
        yield f"{target}{type(node.op).__name__.lower()}="
    elif isinstance(node, ast.Assign):
        if isinstance(node.targets[0], ast.Tuple):
            yield "tuple assignment"
        elif isinstance(node.targets[0], ast.Attribute):
            yield ".store"
        elif isinstance(node.value, ast.Name):
            yield "copy"
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and not _is_module(node.value):
        yield ".load"
    elif isinstance(node, (ast.If, ast.For, ast.While, ast.Break, ast.Continue, ast.IfExp, ast.Assert, ast.ClassDef)):
        yield {ast.IfExp: "conditional", ast.ClassDef: "struct"}.get(type(node), type(node).__name__.lower())


def _called(function: ast.expr, own: set[str]) -> str:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in own:
        return "call"
    match = _TYPE_WIDTH.match(name)
    if match:
        return next(group for group in match.groups() if group)
    return name


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "wp"


def skeleton(source: str) -> str:
    """The program with its names numbered by first use and its constants left out, as a digest."""
    tree = ast.parse(source)
    numbers: dict[str, str] = {}
    keep = {"wp", *dir(builtins)}

    def number(name: str) -> str:
        return name if name in keep else numbers.setdefault(name, f"n{len(numbers)}")

    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = number(node.id)
        elif isinstance(node, ast.arg):
            node.arg = number(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            node.name = number(node.name)
        elif isinstance(node, ast.Constant):
            node.value = type(node.value).__name__
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()[:8]


def bucket(judgement: Judgement, source: str) -> str:
    """The name of the bucket that a disagreement belongs to.

    Args:
        judgement: what the oracle says of the program.
        source: the program; for a wrong value the shrunk one.
    """
    if judgement.stage in VALUE_STAGES:
        parts = sorted(features(source)) or [skeleton(source)]
        subject = f"{judgement.message}: " if judgement.message else ""
        return f"{judgement.oracle}/{judgement.stage}: {subject}{', '.join(parts)}"
    return f"{judgement.oracle}/{judgement.stage}: {normalised(judgement.message)}"


def slug(name: str) -> str:
    """A bucket's name as the name of a folder."""
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return f"{words[:56].rstrip('-')}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"
