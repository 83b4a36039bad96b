"""The one module of ir/ that drives Warp's private code generator and compilers (Warp 1.19).

Everything here answers one of three questions: what text does Warp generate for one kernel, what do Warp's native
compilers make of a text, and how is a module forgotten. When a Warp release moves something, it moves here.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import warp as wp
import warp._src.build as warp_build
import warp._src.codegen as warp_codegen
import warp._src.context as warp_context
import warp._src.types as warp_types

from warpsmith.errors import CodegenError, CompileError
from warpsmith.ir.generated import (
    ENTRY,
    FORWARD_MARK,
    REVERSE_MARK,
    NativeSource,
    clean,
    outlined,
    split,
    squeeze,
    without_hashes,
)
from warpsmith.ir.scratch import folder, native_output

#: Clang option after which the "object" it writes is text whose first document is LLVM IR.
_STOP_AT_LLVM = "-mllvm=-stop-after=codegenprepare"
#: Options that depend on the target, CPU or CUDA.
_TARGET_OPTIONS = ("block_dim", "output_arch")
_BUILD_KERNEL = warp_context.ModuleBuilder.build_kernel.__code__
#: What reaches the compilers besides the text; other options of a module have done their work by then.
_COMPILER_OPTIONS = {
    target: (
        *("mode", "optimization_level", "fast_math", "fuse_fp", "verify_fp", "block_dim", "use_precompiled_headers"),
        *extra,
    )
    for target, extra in {
        "cpu": ("enable_tiles_in_stack_memory", "extra_cpu_include_dirs"),
        "cuda": ("lineinfo", "llvm_cuda", "extra_cuda_include_dirs"),
    }.items()
}


@dataclass(frozen=True)
class Emission:
    """What Warp's code generator made of one kernel; see capture.py for the meaning of the fields."""

    key: str
    adjoint: tuple[str, str]
    native: dict[str, NativeSource]
    local_types: dict[str, dict[str, str]]
    seconds: float
    symbols: tuple[str, str] | None = None


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


class _Names:
    """Names for user functions that do not depend on the process.

    Warp numbers functions by a counter of the process: ``key_17`` here may be ``key_0`` elsewhere. These number them by
    first use in one kernel. Functions that share a native name (instances of a generic one, a function and its custom
    gradient) keep sharing it.
    """

    def __init__(self) -> None:
        self.originals: dict[Any, str] = {}
        self.renamed: dict[str, str] = {}

    def rename(self, func: Any) -> None:
        if func in self.originals:
            return
        self.originals[func] = func.native_func
        if func.native_func not in self.renamed:
            taken = set(self.renamed.values())
            candidates = (f"{func.key}_{i}" for i in range(len(taken) + 1))
            self.renamed[func.native_func] = next(name for name in candidates if name not in taken)
        func.native_func = self.renamed[func.native_func]

    def restore(self) -> None:
        for func, native in self.originals.items():
            func.native_func = native


class _Builder(warp_context.ModuleBuilder):  # type: ignore[misc]  # Warp has no type information
    """Builds one kernel under stable names, and marks the passes in the text it generates."""

    def __init__(self, kernel: Any, options: _Options, target: str, names: _Names) -> None:
        self.names = names
        super().__init__(kernel.module, options, hasher=_OneKernel({b"\0": kernel}), target=target)
        options.watching = False

    def build_function(self, func: Any) -> None:
        # Warp comes here at the first use of a function, before it writes any call to it.
        self.names.rename(func)
        super().build_function(func)

    def _codegen_functions(self, functions: Any, device: str, forward_only: bool = False, **kwargs: Any) -> str:
        mark = FORWARD_MARK if forward_only else REVERSE_MARK
        text: str = super()._codegen_functions(functions, device, forward_only=forward_only, **kwargs)
        return mark + text


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
    with _preserved(kernel) as names:
        adjoint, native, local_types = _emit(kernel, arch, targets, names)
    return Emission(kernel.key, adjoint, native, local_types, time.process_time() - began)


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
    with _preserved(kernel) as names:
        kernel.adj.get_references()
        builder = _build(kernel, targets[0], arch, names)
        own = [func for func in builder.functions if func.module.name == module]
        adjoint = _adjoint(builder, own, None, {}, with_backward=kernel.adj.used_by_backward_kernel)
        native = {t: _generate_functions(builder, kernel, own, t, whole) for t in targets}
        keys = without_hashes(*(func.key for func in own))
        local_types = {key: _symbol_types(func.adj) for key, func in zip(keys, own, strict=True)}
    forward, backward = without_hashes(*adjoint)
    symbols = (f"{name}_0", f"adj_{name}_0")  # the only function of that stem
    return Emission(name, (forward, backward), native, local_types, time.process_time() - began, symbols)


def _generate_functions(builder: _Builder, kernel: Any, own: list[Any], target: str, whole: bool) -> NativeSource:
    builder.options["block_dim"] = 1 if target == "cpu" else kernel.module.options["block_dim"]
    parts = []
    for way in ("forward", "reverse"):
        wanted = way == "forward" or kernel.adj.used_by_backward_kernel
        text = builder._codegen_functions(own, target, **{f"{way}_only": True}) if wanted else ""
        parts.append(squeeze(clean(text.replace(FORWARD_MARK, "").replace(REVERSE_MARK, ""), {})))
    forward, backward = without_hashes(*parts)
    header = body = ""
    if whole:
        text = builder.codegen(target)
        cut = text.index(warp_codegen.codegen_cast_macros) + len(warp_codegen.codegen_cast_macros)
        # Compilers put names into what they write, and these have hashes of module names in them.
        header = text[:cut]
        (body,) = without_hashes(outlined(clean(text[cut:], {}), {func.native_func for func in own}))
    options = builder.options
    return NativeSource(
        header=header,
        body=body,
        forward=forward,
        backward=backward if backward.strip() else "",
        options=tuple((option, options[option]) for option in _COMPILER_OPTIONS[target]),
    )


@contextmanager
def _preserved(kernel: Any) -> Iterator[_Names]:
    """Names to generate under; kernel and functions get back their own, and what Warp raises becomes one error."""
    kept = kernel._hash, kernel._mangled_name, kernel.grid_stride
    names = _Names()
    try:
        yield names
    except Exception as error:  # Warp raises what it likes (KeyError, RecursionError, its own three)
        raise CodegenError(f"{kernel.key}: {type(error).__name__}: {error}", kernel.adj.source) from error
    finally:
        names.restore()
        kernel._hash, kernel._mangled_name, kernel.grid_stride = kept


def assembly_kernel(integrand: Any, arguments: Callable[[], dict[str, Any]]) -> Any:
    """The kernel that ``warp.fem.integrate`` would launch for an integrand; nothing is launched or compiled natively.

    Args:
        integrand: Decorated with ``warp.fem.integrand``.
        arguments: Makes the keyword arguments of ``warp.fem.integrate``. Test and trial functions that it makes know
            their space and domain, and not which nodes belong to which elements: do not integrate with them.

    Raises:
        CodegenError: Warp refused the integrand.
    """
    start()
    import warp._src.fem.integrate as warp_fem
    from warp._src.fem.space.restriction import SpaceRestriction

    def count_nodes(restriction: Any, *_: Any, **__: Any) -> None:
        restriction._node_count = restriction.space_partition.node_count()

    replaced: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
        (SpaceRestriction, "rebuild", count_nodes),  # it launches a kernel of its own for each topology
        (warp_fem, "_generate_auxiliary_kernels", lambda **_: []),
        (warp_fem, "_launch_integrate_kernel", lambda **all_: all_["kernel"]),
    )
    originals = [getattr(owner, name) for owner, name, _ in replaced]
    try:
        for owner, name, stand_in in replaced:
            setattr(owner, name, stand_in)
        return warp_fem.integrate(integrand, **arguments())
    except Exception as error:  # it raises what it likes
        raise CodegenError(f"{integrand.name}: {type(error).__name__}: {error}") from error
    finally:
        for (owner, name, _), original in zip(replaced, originals, strict=True):
            setattr(owner, name, original)


def _emit(
    kernel: Any, arch: int, targets: tuple[str, ...], names: _Names
) -> tuple[tuple[str, str], dict[str, NativeSource], dict[str, dict[str, str]]]:
    kernel.adj.get_references()  # counts the launch dimensions, which the C++ needs
    builder, native, adjoint, local_types = None, {}, None, {}
    for target in targets:
        # Building is most of the work and seldom depends on the target, so one build serves both texts.
        if builder is None or builder.options.target_sensitive:
            builder = _build(kernel, target, arch, names)
            structs = _struct_names(builder)
            if adjoint is None:
                adjoint = _adjoint(
                    builder,
                    builder.functions,
                    kernel,
                    structs,
                    with_backward=kernel.adj.used_by_backward_kernel,
                )
                local_types = _local_types(builder, kernel)
        native[target] = _generate(builder, kernel, target, structs)
    assert adjoint is not None
    return adjoint, native, local_types


def _build(kernel: Any, target: str, arch: int, names: _Names) -> _Builder:
    module_options = kernel.module.resolve_options(wp.config, block_dim=1 if target == "cpu" else None)
    # An architecture makes tile operations compile binaries to link, which the CPU must not do.
    options = _Options(module_options | {"output_arch": None if target == "cpu" else arch})
    kernel.grid_stride = warp_codegen.resolve_grid_stride(kernel.options, options["default_grid_stride"])
    options.target_sensitive = False
    builder = _Builder(kernel, options, target, names)
    kernel._mangled_name = ENTRY
    return builder


def _struct_names(builder: _Builder) -> dict[str, str]:
    """Map ``Name_<hash>`` to ``Name_<n>``; the hash covers names, which renaming changes."""
    names: dict[str, str] = {}
    functions = set(builder.names.renamed.values())
    for struct in builder.structs:
        if struct.native_name not in names:
            taken = functions | set(names.values())
            candidates = (f"{struct.key}_{i}" for i in range(len(taken) + 1))
            names[struct.native_name] = next(name for name in candidates if name not in taken)
    return names


def _generate(builder: _Builder, kernel: Any, target: str, structs: dict[str, str]) -> NativeSource:
    block_dim = 1 if target == "cpu" else kernel.module.options["block_dim"]
    builder.options["block_dim"] = block_dim
    text = builder.codegen(target)
    body_start = text.index(warp_codegen.codegen_cast_macros) + len(warp_codegen.codegen_cast_macros)
    header, body = text[:body_start], clean(text[body_start:], structs)
    with_grad = any(unit.adj.uses_grad_call for unit in (*builder.kernels, *builder.functions))
    forward, backward = split(body, target, with_grad)
    options = builder.options
    links = builder.get_link_inputs() if target == "cuda" else ((), ())
    return NativeSource(
        header=header,
        body=body,
        forward=forward,
        backward=backward,
        options=tuple((name, options[name]) for name in _COMPILER_OPTIONS[target]),
        links=(tuple(links[0]), tuple(links[1])),
    )


def _adjoint(
    builder: _Builder, functions: Iterable[Any], kernel: Any, structs: dict[str, str], *, with_backward: bool
) -> tuple[str, str]:
    """Write down Warp's SSA form: variables, then forward; and replay, then reverse. Of functions, and of a kernel."""
    records = [
        f"struct {struct.native_name}\n{{\n"
        + "".join(f"    {var.ctype()} {label};\n" for label, var in struct.vars.items())
        + "};\n\n"
        for struct in {struct.native_name: struct for struct in builder.structs}.values()
        if kernel is not None
    ]
    units = [(f"func {func.native_func}", func.adj, func.native_snippet) for func in functions]
    units += [(f"kernel {ENTRY}", kernel.adj, None)] if kernel is not None else []
    with_grad = any(adj.uses_grad_call for _, adj, _ in units)
    forward: list[str] = []
    backward: list[str] = []
    for title, adj, snippet in units:
        values = (arg for arg in adj.args if not warp_types.is_warp_function_annotation(arg.type))
        arguments = ", ".join(f"{arg.ctype()} var_{arg.label}" for arg in values)
        head = f"{title}({arguments})\n"
        if snippet is not None:
            forward.append(f"{head}{snippet}\n\n")
            continue
        head += "".join(map(_declaration, adj.variables))
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
    texts = (clean("".join((*records, *forward)), structs), clean("".join(backward), structs))
    return squeeze(texts[0]), squeeze(texts[1]) if backward else ""


def _declaration(var: Any) -> str:
    if var.constant is None:
        return f"    {var.ctype()} {var.emit()};\n"
    return f"    const {var.ctype()} {var.emit()} = {warp_codegen.constant_str(var.constant)};\n"


def _section(head: str, lines: Iterable[str]) -> str:
    return head + "".join(f"    {line}\n" for line in lines) + "\n"


def type_name(t: Any) -> str:
    """Spell one of Warp's types so that equal types have equal names and different ones different names.

    Scalars are ``float32``, ``bool`` and so on; then ``vec(3, float32)``, ``mat(2, 3, float32)``, ``quat(float32)``,
    ``transform(float32)``, ``array(1, float32)`` (dimensions first), ``fixedarray(4, float32)`` (length first),
    ``tuple(a, b)``, ``struct(Name)``. A reference is spelled as what it refers to. Everything else is Warp's C++ type.
    """
    t = warp_types.type_to_warp(warp_codegen.strip_reference(t))
    if isinstance(t, warp_codegen.Struct):
        return f"struct({t.key})"
    if isinstance(t, warp_types.fixedarray):
        return f"fixedarray({t.size}, {type_name(t.dtype)})"
    if warp_types.is_array(t):
        return f"{warp_types.concrete_array_type(t).__name__}({t.ndim}, {type_name(t.dtype)})"
    if warp_types.is_tuple(t):
        return f"tuple({', '.join(map(type_name, t.types))})"
    if hasattr(t, "_wp_scalar_type_"):
        scalar = type_name(t._wp_scalar_type_)
        if warp_types.type_is_quaternion(t):
            return f"quat({scalar})"
        if warp_types.type_is_transformation(t):
            return f"transform({scalar})"
        return f"{'vec' if len(t._shape_) == 1 else 'mat'}({', '.join(map(str, t._shape_))}, {scalar})"
    if t in warp_types.scalar_and_bool_types:
        return str(t.__name__)
    return str(warp_codegen.Var.type_to_ctype(t))


def _local_types(builder: _Builder, kernel: Any) -> dict[str, dict[str, str]]:
    """The type Warp inferred for every argument and local that is a variable, per function."""
    types: dict[str, dict[str, str]] = {}
    for name, adj in ((kernel.key, kernel.adj), *((func.key, func.adj) for func in builder.functions)):
        unique = next(n for n in (name, *(f"{name}#{i}" for i in range(1, len(types) + 2))) if n not in types)
        types[unique] = _symbol_types(adj)
    return types


def _symbol_types(adj: Any) -> dict[str, str]:
    return {local: type_name(var.type) for local, var in adj.symbols.items() if isinstance(var, warp_codegen.Var)}


def forget_module(name: str) -> None:
    """Drop a module and those that Warp made for parts of it from Warp's table, and the edges others keep to them."""
    for key in [key for key in warp_context.user_modules if key == name or key.startswith(f"{name}.")]:
        module = warp_context.user_modules.pop(key)
        module._detach_references()
        for dependent in tuple(module.dependents):
            dependent.references.discard(module)
        module.unload()


def edit_generated(edit: Callable[[str], str]) -> None:
    """From now on, in this process, compile for the CPU what ``edit`` makes of the text that Warp generates.

    It exists for planted defects. The header, which is the same for every module, does not pass through ``edit``.
    """
    generate = warp_context.ModuleBuilder.codegen

    def generate_edited(builder: Any, device: str) -> str:
        header, macros, body = generate(builder, device).partition(warp_codegen.codegen_cast_macros)
        return str(header + macros + (edit(body) if device == "cpu" else body))

    warp_context.ModuleBuilder.codegen = generate_edited


@cache
def start() -> None:
    """Initialise Warp, once, without its remark that there is no CUDA driver: nothing here needs one."""
    with native_output():
        wp.init()


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


def compile_cuda(source: str, options: dict[str, Any], arch: int, links: tuple[Any, Any] = ((), ())) -> str:
    """Compile CUDA C++ to PTX with NVRTC; needs no device and no driver.

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
            lineinfo=options["lineinfo"],
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
