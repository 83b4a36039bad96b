"""Warp's start, and its table of modules."""

from __future__ import annotations

from functools import cache
from typing import Any

import warp as wp
import warp._src.context as warp_context

from warpsmith.ir.backend.types import type_name
from warpsmith.ir.scratch import native_output


@cache
def start() -> None:
    """Initialise Warp, once, without its remark that there is no CUDA driver: nothing here needs one."""
    with native_output():
        wp.init()


def kernels_defined_by(name: str) -> list[Any]:
    """The kernels that are alive and whose functions a Python module of that name defined, in no order.

    They are in that module's Warp module, and in those that Warp makes for a single kernel (``module="unique"``).
    """
    alive = (kernel for module in warp_context.user_modules.values() for kernel in module._live_kernels)
    return [kernel for kernel in {id(k): k for k in alive}.values() if kernel.func.__module__ == name]


def argument_types(kernel: Any) -> list[str]:
    """The types of a concrete kernel's arguments, as :func:`type_name` spells them."""
    return [type_name(argument.type) for argument in kernel.adj.args]


def forget_module(name: str) -> None:
    """Drop a module and those that Warp made for parts of it from Warp's table, and the edges others keep to them."""
    for key in [key for key, module in warp_context.user_modules.items() if _belongs(key, module, name)]:
        module = warp_context.user_modules.pop(key)
        module._detach_references()
        for dependent in tuple(module.dependents):
            dependent.references.discard(module)
        module.unload()


def _belongs(key: str, module: Any, name: str) -> bool:
    """Whether a module of Warp belongs to a Python module: is its own, or was made for a part or a kernel of it."""
    if key == name or key.startswith(f"{name}."):
        return True
    kernels = list(module._live_kernels)
    return bool(kernels) and all(kernel.func.__module__ == name for kernel in kernels)
