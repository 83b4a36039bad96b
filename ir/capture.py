"""Any Warp kernel in, its IR out, at the levels asked for.

Code generation runs once per kernel and serves the adjoint, cpp and cuda levels. Native compilation (ptx, llvm, and the
check that the CPU compiler accepts the kernel) takes several kernels in one translation unit, each in a C++ namespace
of its own: ten together cost a third of ten alone. A slice of the result is the same as if the kernel had been compiled
alone. When a unit is refused, its kernels are compiled one by one, so that a bad kernel fails alone.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from warpsmith.errors import CodegenError, CompileError, WarpsmithError
from warpsmith.ir import backend
from warpsmith.ir.compiled_lines import mark_llvm, mark_ptx, unit_file, unit_lines
from warpsmith.ir.digest import digest
from warpsmith.ir.generated import ENTRY, NativeSource
from warpsmith.ir.lines import SourceLine, take_off
from warpsmith.ir.normalise import NORMALISER_VERSION
from warpsmith.ir.slices import Item, llvm_items, ptx_items, slice_llvm, slice_ptx

#: Every level there is, in the order of lowering.
LEVELS = ("adjoint", "cpp", "cuda", "llvm", "ptx")
#: Reads and writes the one variable that all CPU kernels of a unit share. Without it, what the optimiser may conclude
#: about that variable would depend on the other kernels in the unit.
_KEEP = """#if defined(WP_ENABLE_TILES_IN_STACK_MEMORY) && !defined(__CUDACC__)
extern "C" WP_API void* warpsmith_keep(wp::tile_shared_storage_t* storage)
{
    void* old = wp::shared_tile_storage;
    wp::shared_tile_storage = storage;
    return old;
}
#endif
"""
#: Kernels per translation unit; more gains nothing, and a refusal costs this many compilations.
BATCH = 10


@dataclass(frozen=True)
class Level:
    """One kernel at one level.

    Attributes:
        name: One of LEVELS.
        forward: Text of the forward pass.
        backward: Text of the backward pass; empty when the kernel has none (``enable_backward=False``).
        exact: Digest of the text as it is.
        norm: Digest blind to names, comments and layout.
        skeleton: Digest blind to the values of constants as well.
        forward_places: By line of ``forward``, the line of Python that it came from; ``None`` where there is none.
        backward_places: Likewise of ``backward``.
    """

    name: str
    forward: str
    backward: str
    exact: str
    norm: str
    skeleton: str
    # Where a text came from is not part of what it is.
    forward_places: tuple[SourceLine | None, ...] = field(default=(), repr=False, compare=False)
    backward_places: tuple[SourceLine | None, ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class IR:
    """What Warp makes of one kernel, or of several that are launched one after the other.

    Attributes:
        name: The kernel's key, as Warp calls it; of several, the last one's.
        levels: The levels asked for, by name.
        local_types: Function name → argument or local variable → type Warp inferred, spelled as by
            ``backend.type_name``. A second function of the same name (an overload) is ``name#1``.
        file: The Python file that the kernel is defined in, as in :class:`ir.lines.SourceLine`.
        normaliser: Version of the normaliser behind ``norm`` and ``skeleton``.
        seconds: CPU seconds spent in Warp itself: ``codegen``, and ``ptx``, ``llvm``, ``cpu`` for native compilation
            (the kernel's equal share of a batch's).
    """

    name: str
    levels: dict[str, Level]
    local_types: dict[str, dict[str, str]]
    file: str = field(default="", compare=False)
    normaliser: int = NORMALISER_VERSION
    seconds: dict[str, float] = field(default_factory=dict, compare=False)


def capture(kernel: Any, levels: Sequence[str] = ("adjoint", "cpp", "cuda"), *, arch: int = 90) -> IR:
    """Capture one kernel's IR, or that of several as one.

    Args:
        kernel: Any ``wp.Kernel``: generated, imported, a closure, one with structs and user functions. Of a generic
            kernel, pass an overload (``wp.overload``); the generic kernel itself will do when it has just one. A tuple
            of kernels gives the texts of all, in order, each as if it was alone.
        levels: Any of LEVELS.
        arch: CUDA architecture for ``ptx``, as in ``90`` for sm_90.

    Raises:
        ValueError: An unknown level.
        CodegenError: Warp refused the kernel.
        CompileError: A native compiler refused what Warp generated.
    """
    (result,) = capture_many([kernel], levels, arch=arch)
    if isinstance(result, WarpsmithError):
        raise result
    return result


def capture_many(
    kernels: Iterable[Any],
    levels: Sequence[str] = ("adjoint", "cpp", "cuda"),
    *,
    arch: int = 90,
    compile_cpu: bool = False,
) -> list[IR | WarpsmithError]:
    """Capture many kernels, compiling natively in batches; a kernel that is refused yields its error instead.

    Args:
        kernels: As for capture, tuples of kernels among them, or functions within kernels: :class:`Isolated`.
        levels: As for capture.
        arch: As for capture.
        compile_cpu: Also compile for the CPU to an object file that is thrown away, to learn whether Clang accepts it.

    Returns:
        One result per kernel or tuple of kernels, in order.

    Raises:
        ValueError: An unknown level.
    """
    if unknown := [level for level in levels if level not in LEVELS]:
        raise ValueError(f"unknown level {unknown[0]!r}: choose from {', '.join(LEVELS)}")
    cpu = compile_cpu or "cpp" in levels or "llvm" in levels
    cuda = "cuda" in levels or "ptx" in levels
    targets = tuple(target for target, wanted in (("cpu", cpu), ("cuda", cuda)) if wanted) or ("cpu",)
    whole = compile_cpu or "llvm" in levels or "ptx" in levels
    groups = [kernel if isinstance(kernel, tuple) else (kernel,) for kernel in kernels]
    drafts = [_draft(kernel, arch, targets, whole) for group in groups for kernel in group]
    for product, wanted in (("ptx", "ptx" in levels), ("llvm", "llvm" in levels), ("cpu", compile_cpu)):
        if wanted:
            _compile_all(product, drafts, arch)
    finished = iter([draft.error or _finish(draft, levels) for draft in drafts])
    return [_together([next(finished) for _ in group]) for group in groups]


def _together(parts: list[IR | WarpsmithError]) -> IR | WarpsmithError:
    """The IR of several kernels, whose texts follow each other; the first error if there is one."""
    captured = [part for part in parts if isinstance(part, IR)]
    if len(captured) < len(parts):
        return next(part for part in parts if not isinstance(part, IR))
    if len(captured) == 1:
        return captured[0]
    levels, seconds, types = {}, Counter[str](), dict[str, dict[str, str]]()
    for part in captured:
        seconds.update(part.seconds)
        types |= part.local_types
    for name in captured[0].levels:
        own = [part.levels[name] for part in captured]
        forward, there = _joined([(level.forward, level.forward_places) for level in own])
        backward, back = _joined([(level.backward, level.backward_places) for level in own])
        digests = digest(name, forward, backward)
        levels[name] = Level(name, forward, backward, digests.exact, digests.norm, digests.skeleton, there, back)
    return IR(captured[-1].name, levels, types, captured[-1].file, NORMALISER_VERSION, dict(seconds))


def _joined(texts: Iterable[tuple[str, tuple[SourceLine | None, ...]]]) -> tuple[str, tuple[SourceLine | None, ...]]:
    """The texts that are not empty with a blank line between them, and the places of their lines."""
    kept = [(text, places) for text, places in texts if text]
    places = [place for _, some in kept for place in (None, *some)]
    return "\n".join(text for text, _ in kept), tuple(places[1:])


@dataclass(frozen=True)
class Isolated:
    """One function of a program, in the kernel that something else wrapped around it; what is captured is the function.

    Attributes:
        kernel: A concrete ``wp.Kernel`` that calls the function.
        name: What the program calls the function.
        module: Name of the program's module; the functions of it that the function calls belong to it.
    """

    kernel: Any
    name: str
    module: str


@dataclass
class _Draft:
    """A kernel on its way: what is known of it so far, or why it failed."""

    emission: backend.Emission | None
    error: WarpsmithError | None = None
    native: dict[str, tuple[str, str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def _draft(kernel: Any, arch: int, targets: tuple[str, ...], whole: bool) -> _Draft:
    try:
        if isinstance(kernel, Isolated):
            emission = backend.emit_function(
                kernel.kernel, kernel.name, kernel.module, arch=arch, targets=targets, whole=whole
            )
        else:
            emission = backend.emit(_concrete(kernel), arch=arch, targets=targets)
    except CodegenError as error:
        return _Draft(None, error)
    return _Draft(emission, seconds={"codegen": emission.seconds})


def _concrete(kernel: Any) -> Any:
    if not kernel.is_generic:
        return kernel
    if len(kernel.overloads) != 1:
        has = f"{len(kernel.overloads) or 'no'} overloads: make one with wp.overload, and capture that"
        raise CodegenError(f"{kernel.key} is generic and has {has}", kernel.adj.source)
    return next(iter(kernel.overloads.values()))


def _finish(draft: _Draft, levels: Sequence[str]) -> IR:
    emission = draft.emission
    assert emission is not None
    texts = {"adjoint": emission.adjoint, **draft.native}
    for level, target in (("cpp", "cpu"), ("cuda", "cuda")):
        if target in emission.native:
            texts[level] = emission.native[target].forward, emission.native[target].backward
    finished = {}
    for level in LEVELS:
        if level in levels:
            marked = (text.replace(ENTRY, emission.key) for text in texts[level])
            (forward, there), (backward, back) = map(take_off, marked)
            digests = digest(level, forward, backward)
            places = [tuple(None if n is None else emission.places[n] for n in numbers) for numbers in (there, back)]
            finished[level] = Level(level, forward, backward, digests.exact, digests.norm, digests.skeleton, *places)
    return IR(emission.key, finished, emission.local_types, emission.file, NORMALISER_VERSION, draft.seconds)


def line_map(captured: IR) -> dict[str, list[int]]:
    """By text, ``cuda_forward`` for one: for each of its lines, the line of the kernel's file that it came from.

    Zero stands where there is none, or it is in another file; :class:`Level` has the places in all files.
    """
    parts = {
        f"{name}_{part}": getattr(level, f"{part}_places")
        for name, level in captured.levels.items()
        for part in ("forward", "backward")
    }
    return {
        text: [place.line if place is not None and place.file == captured.file else 0 for place in places]
        for text, places in parts.items()
    }


def _compile_all(product: str, drafts: list[_Draft], arch: int) -> None:
    """Compile whatever can share a translation unit together; failures go to the drafts they belong to."""
    target = "cuda" if product == "ptx" else "cpu"
    groups: dict[object, list[_Draft]] = {}
    for draft in drafts:
        if draft.error is None and draft.emission is not None:
            source = draft.emission.native[target]
            # Sources share a unit when header and options agree; tile binaries to link keep a kernel by itself.
            key = (source.header, source.options, id(draft) if any(source.links) else None)
            groups.setdefault(key, []).append(draft)
    for group in groups.values():
        for start in range(0, len(group), BATCH):
            _compile_batch(product, group[start : start + BATCH], arch)


def _compile_batch(product: str, batch: list[_Draft], arch: int) -> None:
    sources = [draft.emission.native["cuda" if product == "ptx" else "cpu"] for draft in batch if draft.emission]
    start = time.process_time()
    try:
        unit, firsts = _unit(sources)
        output = _COMPILE[product](unit, sources[0], arch)
    except CompileError as error:
        if len(batch) == 1:
            batch[0].error = error
            return
        for draft in batch:
            _compile_batch(product, [draft], arch)
        return
    share = (time.process_time() - start) / len(batch)
    for draft in batch:
        draft.seconds[product] = share
    if product in _SLICING:
        for index, (draft, source) in enumerate(zip(batch, sources, strict=True)):
            if index == 0:
                items, lines = _SLICING[product].items(output), _SLICING[product].lines(output)
            symbols = draft.emission.symbols if draft.emission else None
            texts = _cut(_SLICING[product], items, index, bool(source.backward), symbols)
            texts = [_SLICING[product].mark(text, lines, firsts[index], source.marks) for text in texts]
            draft.native[product] = texts[0], texts[1]


def _slot(index: int) -> str:
    # One width for all, so that no name's length depends on a kernel's place in the batch.
    return f"warpsmith_k{index:03}"


def _unit(sources: Sequence[NativeSource]) -> tuple[str, list[int]]:
    """One translation unit: the shared header, and every kernel in a namespace of its own; and where each begins."""
    parts, firsts = [sources[0].header, _KEEP], []
    line = 1 + sum(part.count("\n") for part in parts)
    for index, source in enumerate(sources):
        name = _slot(index)
        parts.append(f"namespace {name}_ns {{\n{source.body.replace(ENTRY, name)}\n}}\n")
        firsts.append(line + 1)
        line += parts[-1].count("\n")
    return "".join(parts), firsts


@dataclass(frozen=True)
class _Slicing:
    """How a compiler's output is cut: into items, and from items the closure of an entry point; and where lines are
    from: what the output says of them, and marks from that.
    """

    items: Callable[[str], dict[str, Item]]
    cut: Callable[[dict[str, Item], str], str]
    entry: str
    lines: Callable[[str], Any]
    mark: Callable[[str, Any, int, Sequence[int | None]], str]


_SLICING = {
    "ptx": _Slicing(ptx_items, slice_ptx, "cuda_kernel", unit_file, mark_ptx),
    "llvm": _Slicing(llvm_items, slice_llvm, "cpu", unit_lines, mark_llvm),
}


def _cut(
    slicing: _Slicing, items: dict[str, Item], index: int, backward: bool, symbols: tuple[str, str] | None
) -> list[str]:
    # The entry point gets back the mark for the kernel's own name, whatever its place was.
    name = _slot(index)
    entries = [f"{name}_{slicing.entry}_{way}" for way in ("forward", "backward")]
    if symbols is not None:
        entries = [_mangled(items, name, symbol) for symbol in symbols[: 1 + backward]]
    texts = [slicing.cut(items, entry).replace(name, ENTRY) for entry in entries[: 1 + backward]]
    return texts if backward else [*texts, ""]


def _mangled(items: dict[str, Item], slot: str, symbol: str) -> str:
    """The native name of a function: C++ writes the names in it with their lengths (Itanium ABI, 5.1.2)."""
    namespace, function = f"{slot}_ns", f"{len(symbol)}{symbol}E"
    return next(name for name in items if namespace in name and function in name).removeprefix("@")


def _compile_ptx(unit: str, source: NativeSource, arch: int) -> str:
    return backend.compile_cuda(unit, dict(source.options), arch, source.links)


def _compile_llvm(unit: str, source: NativeSource, arch: int) -> str:
    return backend.compile_cpu(unit, dict(source.options), llvm=True).decode()


def _compile_object(unit: str, source: NativeSource, arch: int) -> str:
    backend.compile_cpu(unit, dict(source.options), llvm=False)
    return ""  # that it compiled is all we wanted to know


_COMPILE = {"ptx": _compile_ptx, "llvm": _compile_llvm, "cpu": _compile_object}
