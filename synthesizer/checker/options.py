"""What a file's options say of its kernels: how far loops are unrolled, backward passes, the deterministic mode."""

from __future__ import annotations

import ast
from typing import Any

from warpsmith.synthesizer.checker.constants import plain
from warpsmith.synthesizer.checker.names import dotted
from warpsmith.synthesizer.checker.objects import Function
from warpsmith.synthesizer.checker.project import File
from warpsmith.synthesizer.checker.static import value_of

MAX_UNROLL = 16
"""Warp's default for the option of that name."""


def is_deterministic(function: Function) -> bool:
    """Whether a kernel that updates arrays atomically is built in the mode that checks how."""
    text = [n.value for d in function.node.decorator_list for n in ast.walk(d) if isinstance(n, ast.Constant)]
    if "deterministic" not in text:
        return False
    nodes = list(ast.walk(function.node))
    updated = {n.target.value.id for n in nodes if isinstance(n, ast.AugAssign) and _is_element(n.target)}  # type: ignore[union-attr]
    updated |= {
        n.args[0].id
        for n in nodes
        if isinstance(n, ast.Call) and dotted(n.func).rpartition(".")[2].startswith("atomic_")
        if n.args and isinstance(n.args[0], ast.Name)
    }
    read_ = {n.value.id for n in nodes if _is_element(n) and isinstance(n.ctx, ast.Load)}  # type: ignore[attr-defined]
    return bool(updated & read_)


def _is_element(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)


def read_options(file: File) -> tuple[int, bool]:
    """How many trips an unrolled loop may have, and whether kernels get a backward pass."""
    options: dict[str, Any] = {"max_unroll": MAX_UNROLL, "enable_backward": True}
    for statement in file.tree.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            _read_option_call(statement.value, file, options)
        elif isinstance(statement, ast.Assign):
            _read_option(dotted(statement.targets[0]).rpartition(".")[2], statement.value, file, options)
    return options["max_unroll"], options["enable_backward"]


def _read_option_call(node: ast.Call, file: File, options: dict[str, Any]) -> None:
    if (
        dotted(node.func).rpartition(".")[2] == "set_module_options"
        and node.args
        and isinstance(node.args[0], ast.Dict)
    ):
        for key, value in zip(node.args[0].keys, node.args[0].values, strict=True):
            if isinstance(key, ast.Constant):
                _read_option(str(key.value), value, file, options)


def _read_option(name: str, value: ast.expr, file: File, options: dict[str, Any]) -> None:
    if name not in options:
        return
    found = plain(value_of(value, file.scope))
    if name == "max_unroll" and isinstance(found, int):
        options[name] = found
    elif name == "enable_backward":
        options[name] = found is True
