"""``warpsmith capture``: the IR of anybody's kernels."""

from __future__ import annotations

from pathlib import Path

import click

from warpsmith.command.options import arch_option, level_option
from warpsmith.errors import UsageError


@click.command("capture")
@click.argument("target", metavar="FILE.py[:KERNEL]")
@level_option
@arch_option
def command(target: str, levels: tuple[str, ...], arch: int) -> None:
    """The IR of the kernels in a file of yours, which is imported."""
    from warpsmith import ir
    from warpsmith.command.printing import print_ir

    file, _, wanted = target.partition(".py:")
    path = Path(f"{file}.py") if wanted else Path(target)
    try:
        found = ir.load_file(path).kernels
    except FileNotFoundError as error:
        raise UsageError(str(error)) from error
    except Exception as error:  # somebody else's file, which may raise anything
        raise UsageError(f"cannot import {path}: {type(error).__name__}: {error}") from error
    if wanted and wanted not in found:
        raise UsageError(f"{path} has no kernel {wanted!r}; it has {', '.join(found) or 'none'}")
    for name in [wanted] if wanted else found:
        print_ir(ir.capture(found[name], levels or ("adjoint", "cpp", "cuda"), arch=arch), f"{name} ")
