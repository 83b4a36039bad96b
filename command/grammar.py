"""``warpsmith grammar``: what can be written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from warpsmith.command.options import json_option

if TYPE_CHECKING:
    from warpsmith.grammar.ledger import Ledger


@click.command("grammar")
@json_option
def command(as_json: bool) -> None:
    """Productions, exclusions with their reasons, and coverage of Warp's registry."""
    from warpsmith.grammar.derive import derived, of_objects
    from warpsmith.grammar.ledger import ledger
    from warpsmith.grammar.registry import names
    from warpsmith.grammar.written import written

    stock, productions = ledger(), (*derived(), *written())
    registry = {
        "names": len(names()),
        "derived": len(stock.derived),
        "written": len(stock.written),
        "excluded": len(stock.excluded),
        "missing": list(stock.missing),
    }
    tiles = {"names": len(stock.tiles), "drawn": sum(stock.tiles.values())}
    if as_json:
        meaningless = sorted(p.name for p in productions if p.evaluate is None)
        body = {
            "registry": registry,
            "tiles": tiles,
            "productions": len(productions),
            "of_objects": sorted({s.name for s in of_objects()}),
            "signatures": {"derived": len(derived()), "written": len(written())},
            "without_meaning": meaningless,
            "excluded": stock.excluded,
        }
        click.echo(json.dumps(body, indent=2))
        return
    _print(stock, registry, tiles)


def _print(stock: Ledger, registry: dict[str, Any], tiles: dict[str, int]) -> None:
    from warpsmith.grammar.derive import derived, of_objects
    from warpsmith.grammar.written import written

    click.echo(
        f"registry: {registry['names']} names; {registry['derived']} derived, {registry['written']} written, "
        f"{registry['excluded']} excluded, {len(stock.missing)} missing"
    )
    click.echo(f"productions: {len(derived())} derived, {len(written())} written")
    click.echo(f"tiles: {tiles['drawn']} of {tiles['names']} names drawn by the family tiles")
    click.echo(
        f"of the objects family: {len(of_objects())} signatures of {len({s.name for s in of_objects()})} builtins"
    )
    for name, reason in stock.excluded.items():
        click.echo(f"excluded {name}: {reason}")
