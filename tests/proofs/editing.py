"""Planted defects in what Warp generates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import warp._src.codegen as warp_codegen  # noqa: TID251  # what Warp generates is edited
import warp._src.context as warp_context  # noqa: TID251


def edit_generated(edit: Callable[[str], str]) -> None:
    """From now on, in this process, compile for the CPU what ``edit`` makes of the text that Warp generates.

    It exists for planted defects. The header, which is the same for every module, does not pass through ``edit``.
    """
    generate = warp_context.ModuleBuilder.codegen

    def generate_edited(builder: Any, device: str) -> str:
        header, macros, body = generate(builder, device).partition(warp_codegen.codegen_cast_macros)
        return str(header + macros + (edit(body) if device == "cpu" else body))

    warp_context.ModuleBuilder.codegen = generate_edited
