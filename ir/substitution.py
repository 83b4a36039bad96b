"""Programs whose C++ is somebody else's: the text that Warp compiles for a kernel, and a program that has another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from warpsmith.ir import backend
from warpsmith.ir.generated import ENTRY, squeeze

_STAND_IN = Path(__file__).parent / "backend" / "substitution.py"


def cpp_module(kernel: Any) -> str:
    """The whole C++ that Warp compiles for a kernel alone: names and layout are those of the level ``cpp``.

    Raises:
        CodegenError: Warp refused the kernel.
    """
    native = backend.emit(kernel, arch=90, targets=("cpu",)).native["cpu"]
    return native.header + squeeze(native.body.replace(ENTRY, kernel.key))


def with_cpp(source: str, module: str) -> str:
    """A program of one kernel that Warp compiles from this C++ instead of its own, in a process for it alone.

    Args:
        source: the program's.
        module: :func:`cpp_module` of its kernel, or what is to stand there; it is trusted as the source is.
    """
    head = (
        "import runpy as _runpy, sys as _sys\n"
        "import warp as _warp\n"
        f"_runpy.run_path({str(_STAND_IN)!r})['compile_instead']({module!r})\n"
        "_warp.set_module_options({'strip_hash': True}, _sys.modules[__name__])\n"  # names of symbols
    )
    return head + source
