"""``warpsmith capture``: the IR of anybody's kernels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from warpsmith.command.options import arch_option, level_option
from warpsmith.errors import CompileError, UsageError, WarpsmithError

if TYPE_CHECKING:
    from warpsmith.ir import IR, Loaded

_EXTENSIONS = {"adjoint": "txt", "cpp": "cpp", "cuda": "cu", "llvm": "ll", "ptx": "ptx"}
_TARGET = re.compile(r"(?P<file>.*\.py)(?::(?P<kernel>.+))?", re.DOTALL)


@click.command("capture")
@click.argument("targets", metavar="FILE.py[:KERNEL]...", nargs=-1)
@click.option("--from-module", "modules", multiple=True, metavar="PKG.MOD", help="A module by its name; repeatable.")
@level_option
@arch_option
@click.option("--list", "only_list", is_flag=True, help="Print the kernels' names alone.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write files into a folder instead.")
def command(
    targets: tuple[str, ...],
    modules: tuple[str, ...],
    levels: tuple[str, ...],
    arch: int,
    only_list: bool,
    out: Path | None,
) -> int:
    """The IR of the kernels in files of yours, which are imported.

    Kernels go by their qualified names: step, Solver.step, make.fill; overloads of a generic one by their types. Exits
    with 1 if any failed or none was found.
    """
    if not targets and not modules:
        raise UsageError("name a file, FILE.py or FILE.py:KERNEL, or a module: --from-module PKG.MOD")
    found = [named for target in targets for named in _of_file(target)]
    found += [named for name in modules for named in _of_module(name)]
    if not found:
        raise WarpsmithError(f"no kernel is defined in {', '.join((*targets, *modules))}")
    if only_list:
        click.echo("\n".join(name for name, _ in found))
        return 0
    failures = []
    for name, kernel in found:
        try:
            _show(name, kernel, levels or ("adjoint", "cpp", "cuda"), arch, out)
        except WarpsmithError as error:
            failures.append((name, error))
    for name, failure in failures:
        click.echo(f"warpsmith: {name}: {_told(failure)}", err=True)
    if failures:
        click.echo(f"warpsmith: {len(failures)} of {len(found)} kernels failed", err=True)
    return 1 if failures else 0


def _of_file(target: str) -> list[tuple[str, Any]]:
    from warpsmith import ir

    match = _TARGET.fullmatch(target)
    if match is None:
        raise UsageError(f"not a Python file: {target}")
    try:
        loaded = _imported(match["file"], ir.load_file)
    except FileNotFoundError as error:
        raise UsageError(str(error)) from error
    if (wanted := match["kernel"]) is None:
        return list(loaded.kernels.items())
    if chosen := [(name, kernel) for name, kernel in loaded.kernels.items() if _is(name, wanted)]:
        return chosen
    elsewhere = getattr(loaded.module, wanted, None)  # a kernel that the file imports
    if not hasattr(elsewhere, "is_generic"):
        known = ", ".join(loaded.kernels) or "none"
        raise UsageError(f"{match['file']} has no kernel {wanted!r}; it has {known}")
    return [(wanted, elsewhere)]


def _is(name: str, wanted: str) -> bool:
    """Whether that is the name, or one of the kernels that share it: overloads, and what a factory made."""
    return name == wanted or (name.startswith(wanted) and name[len(wanted)] in "[(#")


def _of_module(name: str) -> list[tuple[str, Any]]:
    from warpsmith import ir

    return list(_imported(name, ir.load_module).kernels.items())


def _imported(what: str, load: Callable[[str], Loaded]) -> Loaded:
    try:
        return load(what)
    except FileNotFoundError:
        raise
    except (Exception, SystemExit) as error:  # somebody else's code, which may raise anything
        raise UsageError(f"cannot import {what}: {type(error).__name__}: {error}") from error


def _show(name: str, kernel: Any, levels: Sequence[str], arch: int, out: Path | None) -> None:
    from warpsmith import ir
    from warpsmith.command.printing import print_ir

    captured = ir.capture(kernel, levels, arch=arch)
    if out is None:
        print_ir(captured, f"{name} ")
        return
    folder = out / re.sub(r"[^\w.,=#()\[\]-]+", "_", name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in _files(captured):
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {error.filename}: {error.strerror}") from error


def _files(captured: IR) -> Iterator[tuple[str, str]]:
    for level, parts in captured.levels.items():
        for direction in ("forward", "backward"):
            if text := getattr(parts, direction):
                yield f"{level}.{direction}.{_EXTENSIONS[level]}", text


def _told(error: WarpsmithError) -> str:
    """What is wrong, and what the native compiler said of it."""
    said = diagnostics(error.log) if isinstance(error, CompileError) else ""
    return "\n".join([" ".join(str(error).split()), *([said] if said else [])])


_PLACE = re.compile(r"^(?:\S*/)?warpsmith\.(?:cpp|cu)(?=[:(])", re.MULTILINE)


def diagnostics(log: str) -> str:
    """A compiler's errors, each with the generated line, once, without the names of files that are gone."""
    tried, _, again = log.partition("retrying without precompiled headers\n")
    lines = _PLACE.sub("generated code", again or tried).splitlines()
    kept: list[str] = []
    keeping = False
    for line in lines:
        if line.startswith("generated code"):
            keeping = "error:" in line
        elif not line.startswith((" ", "\t")):
            keeping = False
        if keeping and line not in kept[-1:]:
            kept.append(line.rstrip())
    return "\n".join(f"  {line}" for line in kept if line)
