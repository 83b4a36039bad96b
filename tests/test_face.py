"""The face: names and commands are imported when they are asked for, and what it says of them is so."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

import warpsmith
from warpsmith import ir
from warpsmith.command import options, poisson
from warpsmith.command.cli import SUMMARIES
from warpsmith.fem.integrands.family import FEM
from warpsmith.fem.poisson import convergence, geometry, linear, manufactured
from warpsmith.fuzz.oracles import ORACLES
from warpsmith.grammar import costs

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("warp", "numpy", "libcst", "hypothesis", "pyarrow", "duckdb", "rich", "pebble", "matplotlib")


def imported_by(code: str) -> set[str]:
    """What a fresh process has imported after some code, by the names of top-level packages and our own modules."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def running(*arguments: str) -> str:
    """Code that runs the command, and goes on when it has ended well."""
    return f"""
from warpsmith import main
try:
    main({list(arguments)})
except SystemExit as end:
    assert not end.code
"""


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), *((name, "--help") for name in SUMMARIES)])
def test_help_imports_nothing_heavy(arguments: Sequence[str]) -> None:
    assert imported_by(running(*arguments)).isdisjoint(HEAVY)


def test_importing_the_face_imports_nothing_but_the_errors() -> None:
    found = imported_by("import warpsmith")
    assert found.isdisjoint({*HEAVY, "click"})
    assert {name for name in found if name.startswith("warpsmith.")} == {"warpsmith.errors"}


def test_the_strategies_import_three_libraries_and_the_grammar() -> None:
    found = imported_by("from warpsmith import kernels")
    assert found & set(HEAVY) == {"warp", "numpy", "libcst", "hypothesis"}
    assert {name.split(".")[1] for name in found if name.startswith("warpsmith.")} == {"errors", "grammar"}


def test_a_heavy_import_would_be_seen() -> None:
    assert not imported_by(running("grammar", "--json")).isdisjoint(HEAVY)


def test_every_public_name_is_there_and_is_what_type_checkers_see() -> None:
    tree = ast.parse((ROOT / "warpsmith.py").read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {(f.module, alias.name) for f in block.body if isinstance(f, ast.ImportFrom) for alias in f.names}
    assert seen == {(f"warpsmith.{module}", name) for name, module in warpsmith._MODULES.items()}
    assert warpsmith._MODULES.keys() <= set(warpsmith.__all__) <= set(dir(warpsmith))
    for name in warpsmith.__all__:
        assert getattr(warpsmith, name) is not None


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'warpsmith' has no attribute 'kernel'"):
        _ = warpsmith.kernel  # type: ignore[attr-defined]


def test_the_list_of_commands_is_the_folder_and_its_lines_are_the_commands_own() -> None:
    shared = {"__init__", "cli", "options", "printing"}
    assert {path.stem for path in (ROOT / "command").glob("*.py")} - shared == set(SUMMARIES)
    for name, command in warpsmith.cli.commands.items():
        assert (command.name, command.get_short_help_str(limit=1000)) == (name, SUMMARIES[name])


def test_an_unknown_command_is_wrong_use() -> None:
    with pytest.raises(click.UsageError, match="No such command 'chek'"):
        warpsmith.cli.main(["chek"], standalone_mode=False)


def test_what_help_offers_is_what_there_is() -> None:
    assert options.LEVELS == ir.LEVELS
    assert set(options.BUDGETED) - {"cuda"} == set(costs.LEVELS)  # generated CUDA C++ costs what C++ does
    assert set(poisson.GEOMETRIES) == {name for names in geometry.GEOMETRIES.values() for name in names}
    assert tuple(manufactured.SOLUTIONS) == poisson.SOLUTIONS
    assert tuple(manufactured.COEFFICIENTS) == poisson.COEFFICIENTS
    assert poisson.BOUNDARIES == manufactured.BOUNDARIES
    assert tuple(convergence.PRECISIONS) == poisson.PRECISIONS
    assert poisson.PRECONDITIONERS == linear.PRECONDITIONERS


def test_an_unknown_oracle_is_told_which_there_are() -> None:
    with pytest.raises(click.BadParameter) as refused:
        warpsmith.cli.main(["fuzz", "--oracle", "delphi"], standalone_mode=False)
    assert all(repr(name) in refused.value.message for name in (*ORACLES, *FEM.oracles))
