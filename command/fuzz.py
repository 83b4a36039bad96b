"""``warpsmith fuzz``: a campaign for defects of Warp's compiler."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from warpsmith.command.options import Stopped, drawn_like, family_option, jobs_option, json_option, like_options
from warpsmith.errors import ExecutionError, UsageError

if TYPE_CHECKING:
    from warpsmith.fuzz.campaign import CampaignBudget
    from warpsmith.fuzz.statistics import Statistics
    from warpsmith.fuzz.worker import Plan
    from warpsmith.synthesizer.family import Family


class _Oracle(click.ParamType[str]):
    name = "oracle"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from warpsmith.fem.integrands.family import FEM
        from warpsmith.fuzz.oracles import ORACLES

        return click.Choice((*ORACLES, *FEM.oracles)).convert(value, param, ctx)


_oracle_option = click.option(
    "--oracle",
    "oracles",
    multiple=True,
    type=_Oracle(),
    help="Who looks; repeatable. All of the family by default; an unknown name lists them.",
)
_out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out/fuzz"),
    show_default=True,
    help="Folder of the findings.",
)
_python_option = click.option(
    "--python", default=sys.executable, metavar="EXE", help="An interpreter whose Warp is to be judged."
)
_shrink_option = click.option(
    "--shrink-seconds", type=click.FloatRange(1), default=60, show_default=True, help="Time for a reduction."
)


@click.command("fuzz")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="How long to look for disagreements.")
@click.option("--examples", type=click.IntRange(1), help="How many programs to judge.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The first program's seed.")
@family_option
@like_options("uniform")
@_oracle_option
@_python_option
@jobs_option
@_shrink_option
@_out_option
@json_option
def command(
    seconds: float | None,
    examples: int | None,
    seed: int,
    family: Family,
    like: str | None,
    profile: str,
    oracles: tuple[str, ...],
    python: str,
    jobs: int,
    shrink_seconds: float,
    out: Path,
    as_json: bool,
) -> int:
    """Look for defects of Warp's compiler.

    Exits with 1 if it found any that are not known, or left a program out. Without a budget it judges 1,000 programs.
    What was found is kept, whatever ends the campaign.
    """
    from warpsmith.fuzz.campaign import CampaignBudget

    plan = make_plan(drawn_like(family, like, profile), oracles, python, out, shrink_seconds)
    budget = CampaignBudget(seconds, 1_000 if seconds is None and examples is None else examples)
    seen = _run(plan, seed, budget, jobs, as_json)
    _print(seen, as_json)
    return 1 if seen.findings or seen.failures else 0


def _print(seen: Statistics, as_json: bool) -> None:
    from warpsmith.command.printing import print_tables
    from warpsmith.fuzz.display import line, tables

    if as_json:
        click.echo(json.dumps(seen.as_json(), indent=2))
    else:
        click.echo(line(seen))
        print_tables(tables(seen))


def make_plan(family: Family, oracles: tuple[str, ...], python: str, out: Path, shrink_seconds: float) -> Plan:
    """What is to be judged, by whom.

    Raises:
        UsageError: an oracle cannot look at programs of this family, or at the Warp of that interpreter.
    """
    from warpsmith.fuzz.oracles import ORACLES
    from warpsmith.fuzz.releases import names
    from warpsmith.fuzz.worker import Plan
    from warpsmith.synthesizer.kernels import kernels_with

    version, other = _warp_of(python), python != sys.executable
    known = family.oracles or tuple(ORACLES)
    if strange := [name for name in oracles if name not in known]:
        raise UsageError(f"the {family.name} family has no oracle {strange[0]!r}: choose from {', '.join(known)}")
    if other and family.oracles:
        raise UsageError(f"the oracles of the {family.name} family look at this interpreter's Warp alone")
    if other and family.name != "kernels":
        raise UsageError(f"the {family.name} family draws what this interpreter's Warp has; leave out --python")
    if other and (ours := [name for name in oracles if not ORACLES[name].elsewhere]):
        raise UsageError(f"the {ours[0]} oracle looks at this interpreter's Warp alone; leave out --python")
    usual = tuple(name for name, o in ORACLES.items() if o.default and (o.elsewhere or not other))
    asked = oracles or family.oracles or usual
    drawn = kernels_with(names(python)) if other and family.name == "kernels" else family
    return Plan(drawn, tuple(name for name in known if name in asked), python, version, out, shrink_seconds)


def _warp_of(python: str) -> str:
    """The version of Warp that an interpreter has; wrong use where it has none that will do."""
    from warpsmith.grammar.registry import warp_version
    from warpsmith.ir import Executor

    if python == sys.executable:
        return warp_version()
    try:
        with Executor(python=python) as executor:
            return executor.version
    except ExecutionError as error:
        raise UsageError(str(error)) from error


def _run(plan: Plan, seed: int, budget: CampaignBudget, jobs: int, as_json: bool) -> Statistics:
    from rich.console import Console

    from warpsmith.fuzz.campaign import Campaign
    from warpsmith.fuzz.display import line, live

    with live(Console(stderr=True)) as progress:
        campaign = Campaign(plan, seed=seed, budget=budget, jobs=jobs, progress=progress)
        try:
            return campaign.run()
        except Stopped as error:
            error.message = f"stopped after {line(campaign.statistics)}; findings are in {plan.out}"
            if as_json:
                click.echo(json.dumps(campaign.statistics.as_json(), indent=2))
            raise
