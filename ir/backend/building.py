"""Warp's builder of modules, for one kernel, under names that do not depend on the process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import warp as wp
import warp._src.codegen as warp_codegen
import warp._src.context as warp_context

from warpsmith.errors import CodegenError
from warpsmith.ir.generated import ENTRY, FORWARD_MARK, REVERSE_MARK

#: Options that depend on the target, CPU or CUDA.
_TARGET_OPTIONS = ("block_dim", "output_arch")
#: Have a ``#line`` directive before every statement; see ``ir/lines.py``.
_LINES = {"lineinfo": True, "line_directives": True}
_BUILD_KERNEL = warp_context.ModuleBuilder.build_kernel.__code__
# Warp escapes the file's name for every directive, letter by letter, which is a third of what generating code takes.
warp_codegen._escape_line_directive_filename = lru_cache(64)(warp_codegen._escape_line_directive_filename)


class _Options(dict[str, Any]):
    """Builder options that remember whether the target decided anything while a kernel was built."""

    target_sensitive = False
    watching = True

    def __getitem__(self, key: str) -> Any:
        # The builder itself looks at the block size for a launch limit, which is not part of the text.
        if self.watching and key in _TARGET_OPTIONS and sys._getframe(1).f_code is not _BUILD_KERNEL:
            self.target_sensitive = True
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401  # dict.get would not pass __getitem__


@dataclass
class _OneKernel:
    """Takes the place of Warp's ModuleHasher: one kernel and no hashing of it.

    Hashing costs as much as generating, and orders kernels by content, which renaming changes.
    """

    unique_kernels: dict[bytes, Any]

    def get_unique_kernels(self) -> list[Any]:
        return list(self.unique_kernels.values())


class Names:
    """Names for user functions that do not depend on the process.

    Warp numbers functions by a counter of the process: ``key_17`` here may be ``key_0`` elsewhere. These number them by
    first use in one kernel. Functions that share a native name (instances of a generic one, a function and its custom
    gradient) keep sharing it.
    """

    def __init__(self) -> None:
        self.originals: dict[Any, str] = {}
        self.renamed: dict[str, str] = {}

    def rename(self, func: Any) -> None:
        """Give a function its name, unless it has it."""
        if func in self.originals:
            return
        self.originals[func] = func.native_func
        if func.native_func not in self.renamed:
            taken = set(self.renamed.values())
            candidates = (f"{func.key}_{i}" for i in range(len(taken) + 1))
            self.renamed[func.native_func] = next(name for name in candidates if name not in taken)
        func.native_func = self.renamed[func.native_func]

    def restore(self) -> None:
        """Give all functions back the names that Warp gave them."""
        for func, native in self.originals.items():
            func.native_func = native


class Builder(warp_context.ModuleBuilder):  # type: ignore[misc]  # Warp has no type information
    """Builds one kernel under stable names, and marks the passes in the text it generates."""

    def __init__(self, kernel: Any, options: _Options, target: str, names: Names) -> None:
        self.names = names
        super().__init__(kernel.module, options, hasher=_OneKernel({b"\0": kernel}), target=target)
        options.watching = False

    def build_function(self, func: Any) -> None:
        """Rename and build: Warp comes here at the first use of a function, before it writes any call to it."""
        self.names.rename(func)
        super().build_function(func)

    def _codegen_functions(self, functions: Any, device: str, forward_only: bool = False, **kwargs: Any) -> str:
        mark = FORWARD_MARK if forward_only else REVERSE_MARK
        text: str = super()._codegen_functions(functions, device, forward_only=forward_only, **kwargs)
        return mark + text


def build(kernel: Any, target: str, arch: int, names: Names) -> Builder:
    """Run the code generator on a kernel for one target, ``"cpu"`` or ``"cuda"``; it writes no text yet."""
    module_options = kernel.module.resolve_options(wp.config, block_dim=1 if target == "cpu" else None)
    # An architecture makes tile operations compile binaries to link, which the CPU must not do.
    options = _Options(module_options | _LINES | {"output_arch": None if target == "cpu" else arch})
    kernel.grid_stride = warp_codegen.resolve_grid_stride(kernel.options, options["default_grid_stride"])
    options.target_sensitive = False
    builder = Builder(kernel, options, target, names)
    kernel._mangled_name = ENTRY
    return builder


@contextmanager
def preserved(kernel: Any) -> Iterator[Names]:
    """Names to generate under; kernel and functions get back their own, and what Warp raises becomes one error."""
    kept = kernel._hash, kernel._mangled_name, kernel.grid_stride
    names = Names()
    try:
        yield names
    except Exception as error:  # Warp raises what it likes (KeyError, RecursionError, its own three)
        raise CodegenError(f"{kernel.key}: {type(error).__name__}: {error}", kernel.adj.source) from error
    finally:
        names.restore()
        kernel._hash, kernel._mangled_name, kernel.grid_stride = kept
