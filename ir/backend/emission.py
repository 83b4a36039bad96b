"""What text Warp's code generator makes of one kernel, or of one function in it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import warp._src.codegen as warp_codegen

from warpsmith.ir.backend.adjoint import adjoint_text
from warpsmith.ir.backend.building import Builder, Names, build, preserved
from warpsmith.ir.backend.modules import start
from warpsmith.ir.backend.types import types_of_locals, types_of_symbols
from warpsmith.ir.generated import (
    FORWARD_MARK,
    REVERSE_MARK,
    NativeSource,
    clean,
    outlined,
    split,
    squeeze,
    without_hashes,
)
from warpsmith.ir.lines import Marks, SourceLine, take_off

#: What reaches the compilers besides the text; other options of a module have done their work by then.
_COMPILER_OPTIONS = {
    target: (
        *("mode", "optimization_level", "fast_math", "fuse_fp", "verify_fp", "block_dim", "use_precompiled_headers"),
        *extra,
    )
    for target, extra in {
        "cpu": ("enable_tiles_in_stack_memory", "extra_cpu_include_dirs"),
        "cuda": ("llvm_cuda", "extra_cuda_include_dirs"),
    }.items()
}


@dataclass(frozen=True)
class Emission:
    """What Warp's code generator made of one kernel; see capture.py for the meaning of the fields.

    Texts have marks, and ``places`` says what they stand for.
    """

    key: str
    adjoint: tuple[str, str]
    native: dict[str, NativeSource]
    local_types: dict[str, dict[str, str]]
    places: tuple[SourceLine, ...]
    file: str
    seconds: float
    symbols: tuple[str, str] | None = None


def emit(kernel: Any, *, arch: int, targets: tuple[str, ...] = ("cpu", "cuda")) -> Emission:
    """Run Warp's code generator on one kernel.

    Kernel, module and function objects keep their names and hashes, so the kernel can still be launched.

    Args:
        kernel: A concrete ``wp.Kernel``.
        arch: CUDA architecture, for example 90; it shows in the text only where tile operations link binaries.
        targets: Which of ``"cpu"`` and ``"cuda"`` to generate for; at least one.

    Raises:
        CodegenError: Warp refused the kernel.
    """
    start()
    began = time.process_time()
    with preserved(kernel) as names:
        marks = Marks()
        adjoint, native, local_types = _emit(kernel, arch, targets, names, marks)
    spent = time.process_time() - began
    return Emission(kernel.key, adjoint, native, local_types, marks.places, kernel.adj.filename, spent)


def emit_function(
    kernel: Any, name: str, module: str, *, arch: int, targets: tuple[str, ...] = ("cpu", "cuda"), whole: bool = False
) -> Emission:
    """Run Warp's code generator on one kernel, and keep what it makes of one function in it.

    Args:
        kernel: A concrete ``wp.Kernel`` that calls the function.
        name: What the program calls the function.
        module: The program's module: functions that the function calls are kept if they are of it as well.
        arch: As for :func:`emit`.
        targets: As for :func:`emit`.
        whole: Whether the kernel's whole text is wanted too, for the native compilers.

    Raises:
        CodegenError: Warp refused the kernel.
    """
    start()
    began = time.process_time()
    with preserved(kernel) as names:
        kernel.adj.get_references()
        builder = build(kernel, targets[0], arch, names)
        own = [func for func in builder.functions if func.module.name == module]
        marks = Marks()
        adjoint = adjoint_text(builder, own, None, {}, marks, with_backward=kernel.adj.used_by_backward_kernel)
        native = {t: _generate_functions(builder, kernel, own, t, marks, whole) for t in targets}
        keys = without_hashes(*(func.key for func in own))
        local_types = {key: types_of_symbols(func.adj) for key, func in zip(keys, own, strict=True)}
    forward, backward = without_hashes(*adjoint)
    symbols = (f"{name}_0", f"adj_{name}_0")  # the only function of that stem
    spent = time.process_time() - began
    return Emission(name, (forward, backward), native, local_types, marks.places, own[0].adj.filename, spent, symbols)


def _emit(
    kernel: Any, arch: int, targets: tuple[str, ...], names: Names, marks: Marks
) -> tuple[tuple[str, str], dict[str, NativeSource], dict[str, dict[str, str]]]:
    kernel.adj.get_references()  # counts the launch dimensions, which the C++ needs
    builder, native, adjoint, local_types = None, {}, None, {}
    for target in targets:
        # Building is most of the work and seldom depends on the target, so one build serves both texts.
        if builder is None or builder.options.target_sensitive:
            builder = build(kernel, target, arch, names)
            structs = _struct_names(builder)
            if adjoint is None:
                adjoint = adjoint_text(
                    builder,
                    builder.functions,
                    kernel,
                    structs,
                    marks,
                    with_backward=kernel.adj.used_by_backward_kernel,
                )
                local_types = types_of_locals(builder, kernel)
        native[target] = _generate(builder, kernel, target, structs, marks)
    assert adjoint is not None
    return adjoint, native, local_types


def _generate(builder: Builder, kernel: Any, target: str, structs: dict[str, str], marks: Marks) -> NativeSource:
    block_dim = 1 if target == "cpu" else kernel.module.options["block_dim"]
    builder.options["block_dim"] = block_dim
    text = marks.put(builder.codegen(target))
    body_start = text.index(warp_codegen.codegen_cast_macros) + len(warp_codegen.codegen_cast_macros)
    header, body = text[:body_start], clean(text[body_start:], structs)
    with_grad = any(unit.adj.uses_grad_call for unit in (*builder.kernels, *builder.functions))
    forward, backward = split(body, target, with_grad)
    options = builder.options
    links = builder.get_link_inputs() if target == "cuda" else ((), ())
    body, numbers = take_off(body)
    return NativeSource(
        header=header,
        body=body,
        marks=tuple(numbers),
        forward=forward,
        backward=backward,
        options=tuple((name, options[name]) for name in _COMPILER_OPTIONS[target]),
        links=(tuple(links[0]), tuple(links[1])),
    )


def _generate_functions(
    builder: Builder, kernel: Any, own: list[Any], target: str, marks: Marks, whole: bool
) -> NativeSource:
    builder.options["block_dim"] = 1 if target == "cpu" else kernel.module.options["block_dim"]
    parts = []
    for way in ("forward", "reverse"):
        wanted = way == "forward" or kernel.adj.used_by_backward_kernel
        text = builder._codegen_functions(own, target, **{f"{way}_only": True}) if wanted else ""
        text = marks.put(text)
        parts.append(squeeze(clean(text.replace(FORWARD_MARK, "").replace(REVERSE_MARK, ""), {})))
    forward, backward = without_hashes(*parts)
    header = body = ""
    if whole:
        text = marks.put(builder.codegen(target))
        cut = text.index(warp_codegen.codegen_cast_macros) + len(warp_codegen.codegen_cast_macros)
        # Compilers put names into what they write, and these have hashes of module names in them.
        header = text[:cut]
        (body,) = without_hashes(outlined(clean(text[cut:], {}), {func.native_func for func in own}))
    body, numbers = take_off(body)
    options = builder.options
    return NativeSource(
        header=header,
        body=body,
        marks=tuple(numbers),
        forward=forward,
        backward=backward if backward.strip() else "",
        options=tuple((option, options[option]) for option in _COMPILER_OPTIONS[target]),
    )


def _struct_names(builder: Builder) -> dict[str, str]:
    """Map ``Name_<hash>`` to ``Name_<n>``; the hash covers names, which renaming changes."""
    names: dict[str, str] = {}
    functions = set(builder.names.renamed.values())
    for struct in builder.structs:
        if struct.native_name not in names:
            taken = functions | set(names.values())
            candidates = (f"{struct.key}_{i}" for i in range(len(taken) + 1))
            names[struct.native_name] = next(name for name in candidates if name not in taken)
    return names
