"""Warp's own SSA form of functions and kernels, as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import warp._src.codegen as warp_codegen
import warp._src.types as warp_types

from warpsmith.ir.backend.building import Builder
from warpsmith.ir.generated import ENTRY, clean, squeeze
from warpsmith.ir.lines import Marks


def adjoint_text(
    builder: Builder,
    functions: Iterable[Any],
    kernel: Any,
    structs: dict[str, str],
    marks: Marks,
    *,
    with_backward: bool,
) -> tuple[str, str]:
    """Write down Warp's SSA form: variables, then forward; and replay, then reverse. Of functions, and of a kernel."""
    records = _records(builder) if kernel is not None else []
    units = [(f"func {func.native_func}", func.adj, func.native_snippet) for func in functions]
    units += [(f"kernel {ENTRY}", kernel.adj, None)] if kernel is not None else []
    with_grad = any(adj.uses_grad_call for _, adj, _ in units)
    forward: list[str] = []
    backward: list[str] = []
    for title, adj, snippet in units:
        head = f"{title}({_arguments(adj)})\n"
        if snippet is not None:
            forward.append(f"{head}{snippet}\n\n")
            continue
        head += "".join(_declaration(adj, var) for var in adj.variables)
        body = adj.blocks[0]
        if not adj.skip_forward_codegen:
            forward.append(_section(head + "forward:\n", body.body_forward))
        if adj.skip_reverse_codegen or adj.uses_grad_call or not (with_backward or with_grad):
            continue
        # Without a backward pass, the adjoints that wp.grad() asks for belong to the forward pass.
        reverse = backward if with_backward else forward
        if adj.custom_reverse_mode:
            reverse.append(_section(head + "reverse:\n", body.body_forward))
        elif adj.used_by_backward_kernel or adj.force_adjoint_codegen:
            reverse.append(_section(head + "replay:\n", body.body_replay))
            reverse.append(_section("reverse:\n", reversed(body.body_reverse)))
    texts = (clean(marks.put("".join(part)), structs) for part in ((*records, *forward), backward))
    before, after = map(squeeze, texts)
    return before, after if backward else ""


def _records(builder: Builder) -> list[str]:
    """The definitions of the structs, each once."""
    return [
        f"struct {struct.native_name}\n{{\n"
        + "".join(f"    {var.ctype()} {label};\n" for label, var in struct.vars.items())
        + "};\n\n"
        for struct in {struct.native_name: struct for struct in builder.structs}.values()
    ]


def _arguments(adj: Any) -> str:
    """The parameters of a unit; functions that are handed over are none."""
    values = (arg for arg in adj.args if not warp_types.is_warp_function_annotation(arg.type))
    return ", ".join(f"{arg.ctype()} var_{arg.label}" for arg in values)


def _declaration(adj: Any, var: Any) -> str:
    text = f"{var.ctype()} {var.emit()};"
    if var.constant is not None:
        text = f"const {var.ctype()} {var.emit()} = {warp_codegen.constant_str(var.constant)};"
    directive = adj.get_line_directive(text, var.relative_lineno)
    return f"{directive}\n    {text}\n" if directive else f"    {text}\n"


def _section(head: str, lines: Iterable[str]) -> str:
    return head + "".join(f"    {line}\n" for line in lines) + "\n"
