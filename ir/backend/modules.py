"""Warp's start, and its table of modules."""

from __future__ import annotations

from functools import cache

import warp as wp
import warp._src.context as warp_context

from warpsmith.ir.scratch import native_output


@cache
def start() -> None:
    """Initialise Warp, once, without its remark that there is no CUDA driver: nothing here needs one."""
    with native_output():
        wp.init()


def forget_module(name: str) -> None:
    """Drop a module and those that Warp made for parts of it from Warp's table, and the edges others keep to them."""
    for key in [key for key in warp_context.user_modules if key == name or key.startswith(f"{name}.")]:
        module = warp_context.user_modules.pop(key)
        module._detach_references()
        for dependent in tuple(module.dependents):
            dependent.references.discard(module)
        module.unload()
