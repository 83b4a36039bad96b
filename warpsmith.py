"""Synthesize well-typed NVIDIA Warp programs, and keep what Warp's compiler makes of them.

The public names, and the ``warpsmith`` command. Exit codes: 0 fine, 1 found something or could not finish, 2 wrong use,
and 128 plus the signal's number when stopped by one.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.syntax import Syntax

from warpsmith import ir, synthesizer
from warpsmith.bench.corpus import bench as run_bench
from warpsmith.corpus.folder import Folder, FolderError
from warpsmith.corpus.generate import Outcome, generate
from warpsmith.corpus.report import bench_tables, statistics_tables
from warpsmith.corpus.stats import statistics
from warpsmith.corpus.unit import ARCHITECTURES, CHECKS, Configuration, Request
from warpsmith.corpus.verify import Finding, verify
from warpsmith.errors import (
    CodegenError,
    CompileError,
    ConvergenceError,
    CorpusError,
    ExecutionError,
    IllTypedError,
    ProblemError,
    WarpsmithError,
)
from warpsmith.fem.integrands.family import FEM
from warpsmith.fem.integrands.strategies import integrands
from warpsmith.fem.poisson.command import poisson as poisson_command
from warpsmith.fuzz.campaign import Budget, Campaign, PlaceError
from warpsmith.fuzz.display import line as fuzz_line
from warpsmith.fuzz.display import live
from warpsmith.fuzz.display import tables as fuzz_tables
from warpsmith.fuzz.oracles import ORACLES
from warpsmith.fuzz.releases import names as names_of
from warpsmith.fuzz.worker import Plan
from warpsmith.grammar.derive import derived
from warpsmith.grammar.ledger import ledger
from warpsmith.grammar.program import Program
from warpsmith.grammar.registry import names as registry_names
from warpsmith.grammar.registry import warp_version
from warpsmith.grammar.strategies import expressions, functions, kernels, statements, structs
from warpsmith.grammar.written import written
from warpsmith.ir import IR, Level, capture, capture_many, load, load_file
from warpsmith.synthesizer.check import check, check_paths
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.kernels import kernels_with

__version__ = "0.1.0"

__all__ = [
    "IR",
    "CodegenError",
    "CompileError",
    "ConvergenceError",
    "CorpusError",
    "ExecutionError",
    "Family",
    "IllTypedError",
    "Level",
    "ProblemError",
    "Program",
    "WarpsmithError",
    "capture",
    "capture_many",
    "check",
    "expressions",
    "functions",
    "generate",
    "integrands",
    "kernels",
    "load",
    "load_file",
    "main",
    "statements",
    "statistics",
    "structs",
    "verify",
]

_LEXERS = {"source": "python", "adjoint": "cpp", "cpp": "cpp", "cuda": "cuda", "llvm": "llvm", "ptx": "ptx"}


class Stopped(SystemExit):
    """A signal asked the process to end; the exit code is 128 plus the signal's number, as shells have it."""

    def __init__(self, code: int, message: str = "stopped") -> None:
        super().__init__(code)
        self.message = message


class _Wrong(click.ClickException):
    """Wrong use, found after the options were read."""

    exit_code = 2


class _Levels(click.ParamType[tuple[str, ...]]):
    name = "levels"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        asked = str(value).split(",")
        if unknown := [level for level in asked if level not in ir.LEVELS]:
            self.fail(f"unknown level {unknown[0]!r}: choose from {', '.join(ir.LEVELS)}", param, ctx)
        return tuple(level for level in ir.LEVELS if level in asked)


class _Family(click.ParamType[Family]):
    name = "family"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Family:
        if value not in (known := _families()):
            self.fail(f"unknown family {value!r}: choose from {', '.join(known)}", param, ctx)
        return known[value]


def _families() -> dict[str, Family]:
    """Every family of programs, by the name that ``--family`` takes."""
    return synthesizer.FAMILIES | {FEM.name: FEM}


def _known_arch(ctx: click.Context, param: click.Parameter, value: int) -> int:
    if value not in ARCHITECTURES:
        known = ", ".join(map(str, ARCHITECTURES))
        raise click.BadParameter(f"unknown architecture {value}: choose from {known}", ctx, param)
    return value


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
_family = click.option("--family", type=_Family(), default="kernels", show_default=True, help="Family of programs.")
_arch = click.option("--arch", type=int, default=90, show_default=True, callback=_known_arch, help="CUDA architecture.")
_level = click.option("--level", "levels", multiple=True, type=click.Choice(ir.LEVELS), help="IR level; repeatable.")
_folder = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=False)
@click.version_option(__version__, prog_name="warpsmith")
def cli() -> None:
    """Synthesize well-typed NVIDIA Warp programs, and keep what Warp's compiler makes of them."""


@cli.command("generate")
@click.option("--count", type=click.IntRange(1), required=True, help="How many seeds: S to S + N - 1.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The corpus's folder.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The first seed.")
@_family
@click.option("--levels", type=_Levels(), default="cpp,cuda,ptx", show_default=True, help="IR levels, comma-separated.")
@_arch
@click.option("--jobs", type=click.IntRange(1), default=_cores, show_default="every core", help="Worker processes.")
@click.option(
    "--check",
    "how_far",
    type=click.Choice(CHECKS),
    default="codegen",
    show_default=True,
    help="How far each program is followed.",
)
@click.option("--skeleton-cap", type=click.IntRange(1), default=4, show_default=True, help="Most rows of one skeleton.")
def _generate(
    count: int,
    out: Path,
    seed: int,
    family: Family,
    levels: tuple[str, ...],
    arch: int,
    jobs: int,
    how_far: str,
    skeleton_cap: int,
) -> None:
    """Make a corpus of programs and their IR; the same command again resumes an interrupted one.

    N seeds give at most N rows: duplicates, rows over the skeleton cap and refused programs are counted, not replaced.
    """
    if how_far == "execute" and not family.launchable:
        raise _Wrong(f"programs of the {family.name} family are not launched: --check compile is as far as it goes")
    configuration = _configuration(family, levels, arch, how_far)
    with _bar(count) as progress:
        request = Request(configuration, seed, count, skeleton_cap)
        outcome = _guarded(lambda: generate(request, family, out, jobs=jobs, progress=progress), out)
    click.echo(_summary(outcome, out), err=True)


def _configuration(family: Family, levels: tuple[str, ...], arch: int, how_far: str) -> Configuration:
    return Configuration(
        family=family.name,
        family_version=family.version,
        levels=levels,
        arch=arch,
        check=how_far,
        warpsmith=__version__,
        warp=warp_version(),
        normaliser=ir.NORMALISER_VERSION,
    )


def _guarded(work: Callable[[], Outcome], out: Path) -> Outcome:
    """Say where a run stands when something from outside ends it."""
    again = "what was finished is kept: run the same command again to resume"
    try:
        return work()
    except Stopped as error:
        error.message = f"stopped; {again}"
        raise
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CorpusError(f"{out}: {reason}; {again}") from error


def _summary(outcome: Outcome, out: Path) -> str:
    if not outcome.made and not outcome.resumed:
        return f"{out} holds this corpus already, complete: nothing to do"
    funnel = ", ".join(f"{count} {stage}" for stage, count in outcome.manifest.funnel.items())
    own = sum(s for stage, s in outcome.seconds.items() if not stage.startswith("warp "))
    total = sum(outcome.seconds.values())
    share = f"; ours {100 * own / total:.0f} % of {total:.0f} CPU seconds" if total else ""
    return f"{out}: {funnel}{share}"


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("programs"), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("generate", total=total)
        yield lambda done: progress.advance(task, done)


@cli.command("stats")
@_folder
@_json
def _stats(folder: Path, as_json: bool) -> None:
    """The funnel, uniqueness at three digests, coverage, diversity."""
    stats = statistics(folder, _known_productions())
    if as_json:
        click.echo(json.dumps(stats, indent=2))
    else:
        _print_tables(statistics_tables(stats))


def _known_productions() -> dict[str, dict[str, str]]:
    return {kind: {p.name: p.builtin for p in rows} for kind, rows in (("derived", derived()), ("written", written()))}


def _print_tables(tables: Iterator[Any]) -> None:
    console = Console()
    for table in tables:
        console.print(table)


@cli.command("verify")
@_folder
@click.option("--sample", type=click.IntRange(0), default=0, show_default=True, help="Rows to make again.")
@_json
def _verify(folder: Path, sample: int, as_json: bool) -> int:
    """Checksums, uniqueness, and rows made again from their seeds; exits with 1 if anything is wrong."""
    made = Folder(folder).read().request.configuration
    family = _families().get(made.family)
    installed = _configuration(family, made.levels, made.arch, made.check) if family else None
    report = verify(folder, family, installed, sample)
    if as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        for finding in report["findings"]:
            click.echo(Finding(**finding))
        click.echo(
            f"{report['files']} files, {report['rows']} rows, {report['sampled']} made again: "
            f"{len(report['findings']) or 'no'} problems"
        )
    return 1 if report["findings"] else 0


@cli.command("show")
@click.argument("seed", type=click.IntRange(0))
@_family
@_level
@_arch
def _show(seed: int, family: Family, levels: tuple[str, ...], arch: int) -> None:
    """One program, and its IR at the levels asked for."""
    program = family.synthesize(seed)
    _print_text("source", program.source)
    if levels:
        loaded = ir.load(program.source)
        _print_ir(capture(family.kernel(program, loaded), levels, arch=arch))


@cli.command("capture")
@click.argument("target", metavar="FILE.py[:KERNEL]")
@_level
@_arch
def _capture(target: str, levels: tuple[str, ...], arch: int) -> None:
    """The IR of the kernels in a file of yours, which is imported."""
    file, _, wanted = target.partition(".py:")
    path = Path(f"{file}.py") if wanted else Path(target)
    try:
        found = load_file(path).kernels
    except FileNotFoundError as error:
        raise _Wrong(str(error)) from error
    except Exception as error:  # somebody else's file, which may raise anything
        raise _Wrong(f"cannot import {path}: {type(error).__name__}: {error}") from error
    if wanted and wanted not in found:
        raise _Wrong(f"{path} has no kernel {wanted!r}; it has {', '.join(found) or 'none'}")
    for name in [wanted] if wanted else found:
        _print_ir(capture(found[name], levels or ("adjoint", "cpp", "cuda"), arch=arch), f"{name} ")


def _print_ir(captured: IR, prefix: str = "") -> None:
    for name, level in captured.levels.items():
        _print_text(name, level.forward, f"{prefix}{name} forward")
        if level.backward:
            _print_text(name, level.backward, f"{prefix}{name} backward")


def _print_text(kind: str, text: str, title: str = "source") -> None:
    """Coloured on a terminal; in a pipe, the text as it is."""
    click.echo(f"==> {title} <==")
    if (console := Console()).is_terminal:
        console.print(Syntax(text, _LEXERS[kind], background_color="default", word_wrap=True))
    else:
        click.echo(text if text.endswith("\n") else f"{text}\n", nl=False)


@cli.command("check")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@_json
def _check(paths: Sequence[Path], as_json: bool) -> int:
    """Type-check the kernels in Python files and folders, importing nothing; exits with 1 if Warp would refuse any."""
    try:
        reports = check_paths(paths)
    except OSError as error:
        raise _Wrong(f"cannot read {error.filename}: {error.strerror}") from error
    found = [diagnostic for report in reports for diagnostic in report.diagnostics]
    if as_json:
        click.echo(json.dumps({"files": len(reports), "diagnostics": [asdict(d) for d in found]}, indent=2))
    else:
        for diagnostic in found:
            click.echo(diagnostic)
    return 1 if found else 0


@cli.command("grammar")
@_json
def _grammar(as_json: bool) -> None:
    """Productions, exclusions with their reasons, and coverage of Warp's registry."""
    stock, productions = ledger(), (*derived(), *written())
    registry = {
        "names": len(registry_names()),
        "derived": len(stock.derived),
        "written": len(stock.written),
        "excluded": len(stock.excluded),
        "missing": list(stock.missing),
    }
    if as_json:
        meaningless = sorted(p.name for p in productions if p.evaluate is None)
        body = {
            "registry": registry,
            "productions": len(productions),
            "signatures": {"derived": len(derived()), "written": len(written())},
            "without_meaning": meaningless,
            "excluded": stock.excluded,
        }
        click.echo(json.dumps(body, indent=2))
        return
    click.echo(
        f"registry: {registry['names']} names; {registry['derived']} derived, {registry['written']} written, "
        f"{registry['excluded']} excluded, {len(stock.missing)} missing"
    )
    click.echo(f"productions: {len(derived())} derived, {len(written())} written")
    for name, reason in stock.excluded.items():
        click.echo(f"excluded {name}: {reason}")


@cli.command("bench")
@click.option("--kernels", "count", type=click.IntRange(20), default=200, show_default=True, help="How many.")
@_family
@_json
def _bench(count: int, family: Family, as_json: bool) -> None:
    """Throughput per stage, beside the time Warp itself takes."""
    configuration = _configuration(family, ("cpp", "cuda", "ptx"), 90, "codegen")
    result = run_bench(family, configuration, kernels=count, workers=min(2, _cores()))
    if as_json:
        click.echo(json.dumps(result, indent=2))
    else:
        _print_tables(bench_tables(result))


@cli.command("fuzz")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="How long to look for disagreements.")
@click.option("--examples", type=click.IntRange(1), help="How many programs to judge.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The first program's seed.")
@_family
@click.option(
    "--oracle",
    "oracles",
    multiple=True,
    type=click.Choice((*ORACLES, *FEM.oracles)),
    help="Who looks; repeatable. All by default.",
)
@click.option("--python", default=sys.executable, metavar="EXE", help="An interpreter whose Warp is to be judged.")
@click.option("--jobs", type=click.IntRange(1), default=_cores, show_default="every core", help="Worker processes.")
@click.option("--shrink-seconds", type=click.FloatRange(1), default=60, show_default=True, help="Time for a reduction.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out/fuzz"),
    show_default=True,
    help="Folder of the findings.",
)
@_json
def _fuzz(
    seconds: float | None,
    examples: int | None,
    seed: int,
    family: Family,
    oracles: tuple[str, ...],
    python: str,
    jobs: int,
    shrink_seconds: float,
    out: Path,
    as_json: bool,
) -> int:
    """Look for defects of Warp's compiler; exits with 1 if it found any that are not known, or left a program out.

    Without a budget it judges 1,000 programs. What was found is kept, whatever ends the campaign.
    """
    version, other = _warp_of(python), python != sys.executable
    known = family.oracles or tuple(ORACLES)
    if strange := [name for name in oracles if name not in known]:
        raise _Wrong(f"the {family.name} family has no oracle {strange[0]!r}: choose from {', '.join(known)}")
    if other and family.oracles:
        raise _Wrong(f"the oracles of the {family.name} family look at this interpreter's Warp alone")
    if other and (ours := [name for name in oracles if not ORACLES[name].elsewhere]):
        raise _Wrong(f"the {ours[0]} oracle looks at this interpreter's Warp alone; leave out --python")
    usual = tuple(name for name, o in ORACLES.items() if o.default and (o.elsewhere or not other))
    names = oracles or family.oracles or usual
    drawn = kernels_with(names_of(python)) if other and family.name == "kernels" else family
    plan = Plan(drawn, tuple(name for name in known if name in names), python, version, out, shrink_seconds)
    if seconds is None and examples is None:
        examples = 1_000
    with live(Console(stderr=True)) as progress:
        campaign = Campaign(plan, seed=seed, budget=Budget(seconds, examples), jobs=jobs, progress=progress)
        try:
            tally = campaign.run()
        except Stopped as error:
            error.message = f"stopped after {fuzz_line(campaign.tally)}; findings are in {out}"
            if as_json:
                click.echo(json.dumps(campaign.tally.as_json(), indent=2))
            raise
    if as_json:
        click.echo(json.dumps(tally.as_json(), indent=2))
    else:
        click.echo(fuzz_line(tally))
        _print_tables(fuzz_tables(tally))
    return 1 if tally.findings or tally.failures else 0


def _warp_of(python: str) -> str:
    """The version of Warp that an interpreter has; wrong use where it has none that will do."""
    if python == sys.executable:
        return warp_version()
    try:
        with ir.Executor(python=python) as executor:
            return executor.version
    except ExecutionError as error:
        raise _Wrong(str(error)) from error


cli.add_command(poisson_command)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped(128 + number)


def main(arguments: Sequence[str] | None = None) -> None:
    """The ``warpsmith`` command.

    Args:
        arguments: of the command line; those of the process by default.

    Raises:
        SystemExit: always, with the exit code.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        code = cli.main(args=arguments, prog_name="warpsmith", standalone_mode=False)
    except Stopped as error:
        code, message = error.code, error.message
    except click.ClickException as error:
        code, message = 2, error.format_message()
    except (FolderError, PlaceError) as error:
        code, message = 2, str(error)
    except WarpsmithError as error:
        code, message = 1, str(error)
    else:
        sys.exit(code or 0)
    # One line, whatever the compilers said.
    click.echo(f"warpsmith: {' '.join(message.split())}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
