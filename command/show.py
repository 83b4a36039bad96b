"""``warpsmith show``: one program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from warpsmith.command.options import arch_option, drawn_like, family_option, level_option, like_options

if TYPE_CHECKING:
    from warpsmith.synthesizer.family import Family


@click.command("show")
@click.argument("seed", type=click.IntRange(0))
@family_option
@like_options
@level_option
@arch_option
def command(seed: int, family: Family, like: str | None, profile: str, levels: tuple[str, ...], arch: int) -> None:
    """One program, and its IR at the levels asked for."""
    from warpsmith import ir
    from warpsmith.command.printing import print_ir, print_text

    family = drawn_like(family, like, profile)
    program = family.synthesize(seed)
    print_text("source", program.source)
    if levels:
        loaded = ir.load(program.source)
        print_ir(ir.capture(family.kernel(program, loaded), levels, arch=arch))
