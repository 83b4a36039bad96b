"""``warpsmith bench``: how fast every stage is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from warpsmith.command.options import configuration, cores, family_option, json_option

if TYPE_CHECKING:
    from warpsmith.synthesizer.family import Family


@click.command("bench")
@click.option("--kernels", type=click.IntRange(20), default=200, show_default=True, help="How many.")
@family_option
@json_option
def command(kernels: int, family: Family, as_json: bool) -> None:
    """Throughput per stage, beside the time Warp itself takes."""
    from warpsmith.bench.bench import bench
    from warpsmith.bench.tables import tables
    from warpsmith.command.printing import print_tables

    measured = configuration(family, ("cpp", "cuda", "ptx"), 90, "codegen")
    result = bench(family, measured, kernels=kernels, workers=min(2, cores()))
    if as_json:
        click.echo(json.dumps(result, indent=2))
    else:
        print_tables(tables(result))
