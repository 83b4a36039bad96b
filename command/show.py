"""``warpsmith show``: one program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from warpsmith.command.options import (
    MAX_TOKENS,
    arch_option,
    drawn_like,
    family_option,
    html_option,
    level_option,
    like_options,
    max_tokens_option,
    save,
    was_given,
    within,
)

if TYPE_CHECKING:
    from warpsmith.grammar.program import Program
    from warpsmith.synthesizer.family import Family


@click.command("show")
@click.argument("seed", type=click.IntRange(0))
@family_option
@like_options("people")
@level_option
@arch_option
@max_tokens_option(MAX_TOKENS)
@html_option
def command(
    seed: int,
    family: Family,
    like: str | None,
    profile: str,
    levels: tuple[str, ...],
    arch: int,
    max_tokens: str,
    html: Path | None,
) -> None:
    """One program, and its IR at the levels asked for.

    With --html, a page that connects the lines of the source and of the IR.
    """
    from warpsmith import ir
    from warpsmith.command.printing import print_ir, print_text

    family, _ = within(drawn_like(family, like, profile), max_tokens, asked=was_given("max_tokens"))
    program = family.synthesize(seed)
    if html is not None:
        _save_page(html, family, program, seed, levels or ("adjoint", "cpp", "cuda", "ptx"), arch)
        return
    print_text("source", program.source)
    if levels:
        loaded = ir.load(program.source)
        print_ir(ir.capture(family.kernel(program, loaded), levels, arch=arch))


def _save_page(html: Path, family: Family, program: Program, seed: int, levels: tuple[str, ...], arch: int) -> None:
    from warpsmith import ir
    from warpsmith.corpus.make import level_cells
    from warpsmith.corpus.page.page import program_page
    from warpsmith.corpus.row import describe_launch

    captured = ir.capture(family.kernel(program, ir.load(program.source)), levels, arch=arch)
    row = {
        "id": f"{family.name}-{seed}",
        "source": program.source,
        "launch": describe_launch(program),
        "productions": program.productions,
        **level_cells(captured),
    }
    save(html, program_page(row, tuple(captured.levels)))
