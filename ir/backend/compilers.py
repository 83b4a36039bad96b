"""What Warp's native compilers make of a text: Clang for the CPU, NVRTC for CUDA."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import warp._src.build as warp_build
import warp._src.context as warp_context

from warpsmith.errors import CompileError
from warpsmith.ir.scratch import folder, native_output

#: Clang options with which the "object" it writes is text whose first document is LLVM IR, with line information.
_STOP_AT_LLVM = "-mllvm=-stop-after=codegenprepare -debug-info-kind=line-tables-only"


def compile_cuda(source: str, options: dict[str, Any], arch: int, links: tuple[Any, Any] = ((), ())) -> str:
    """Compile CUDA C++ to PTX with line information, with NVRTC; needs no device and no driver.

    Raises:
        CompileError: NVRTC refused the source.
    """

    def build(source_path: str, output_path: str) -> None:
        warp_build.build_cuda(
            source_path,
            arch,
            output_path,
            pch_dir=warp_context.runtime.get_nvrtc_pch_dir(),
            config=options["mode"],
            optimization_level=3 if options["optimization_level"] is None else options["optimization_level"],
            verify_fp=options["verify_fp"],
            fast_math=options["fast_math"],
            fuse_fp=options["fuse_fp"],
            lineinfo=True,
            ltoirs=links[0],
            fatbins=links[1],
            llvm_cuda=options["llvm_cuda"],
            use_precompiled_headers=options["use_precompiled_headers"],
            extra_include_dirs=options["extra_cuda_include_dirs"],
        )

    return _compile("cuda", source, "ptx", build).rstrip(b"\0").decode()


def compile_cpu(source: str, options: dict[str, Any], *, llvm: bool) -> bytes:
    """Compile C++ with Warp's Clang, for the architecture's baseline instruction set.

    Args:
        source: Generated C++.
        options: NativeSource.options.
        llvm: Stop at LLVM IR and return its text, instead of an object file.

    Raises:
        CompileError: Clang refused the source.
    """

    def build(source_path: str, output_path: str) -> None:
        warp_build.build_cpu(
            output_path,
            source_path,
            mode=options["mode"],
            verify_fp=options["verify_fp"],
            fast_math=options["fast_math"],
            fuse_fp=options["fuse_fp"],
            # Warp's default is -march=native, which makes the result a property of this machine.
            extra_flags=_STOP_AT_LLVM if llvm else "",
            # An object is made only to see whether Clang takes the source, and optimising it tells nothing about that.
            optimization_level=(2 if options["optimization_level"] is None else options["optimization_level"])
            if llvm
            else 0,
            use_precompiled_headers=options["use_precompiled_headers"],
            pch_dir=warp_context.runtime.get_clang_pch_dir() if options["use_precompiled_headers"] else None,
            block_dim=options["block_dim"],
            enable_tiles_in_stack_memory=options["enable_tiles_in_stack_memory"],
            extra_include_dirs=options["extra_cpu_include_dirs"],
        )

    return _compile("cpu", source, "mir" if llvm else "o", build)


def _compile(target: str, source: str, suffix: str, build: Callable[[str, str], None]) -> bytes:
    paths = [folder() / f"warpsmith.{extension}" for extension in ({"cpu": "cpp", "cuda": "cu"}[target], suffix)]
    paths[0].write_text(source, encoding="utf-8")
    paths[1].unlink(missing_ok=True)
    log: list[str] = []
    try:
        with native_output() as log:
            build(str(paths[0]), str(paths[1]))
    except Exception as error:  # Warp raises bare Exception when a compiler refuses
        raise CompileError(f"{target} compiler: {error}", "".join(log)) from error
    return paths[1].read_bytes()
