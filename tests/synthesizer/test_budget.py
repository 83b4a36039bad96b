from __future__ import annotations

import json
from pathlib import Path
from statistics import median

import click
import pyarrow.parquet as pq
import pytest

import warpsmith
from warpsmith import ir
from warpsmith.corpus.folder import Folder
from warpsmith.corpus.tokens import count_tokens
from warpsmith.errors import UsageError, WarpsmithError
from warpsmith.grammar.budget import Budget, affordable, least
from warpsmith.grammar.costs import KERNEL, LEVELS, costs, entry, reading, storing
from warpsmith.grammar.grammar import default_grammar
from warpsmith.synthesizer.check import check
from warpsmith.synthesizer.kernels import KERNELS, kernels_like
from warpsmith.synthesizer.profiling.kept import shipped


def production(name: str) -> str:
    return entry(next(p for p in default_grammar().productions if p.name == name))


@pytest.mark.parametrize("level", LEVELS)
def test_the_table_tells_dear_productions_from_cheap_ones(level: str) -> None:
    table = costs(level)
    assert table[KERNEL] > 0
    if level == "ptx":  # a builtin is one call in C++
        assert 50 * table[production("add(float32, float32)")] < table[production("svd3(mat33d)")]
    assert all(cost >= 0 for cost in table.values())


def test_costs_of_types_of_about_the_same_code_are_those_of_one() -> None:
    assert production("add(vec3h, vec3h)") == "add(vec3f, vec3f)"
    assert production("add(vec3us, vec3us)") == "add(vec3i, vec3i)"
    assert production("add(vec3d, vec3d)") == "add(vec3d, vec3d)"
    assert production("add(float16, float16)") == "add(float16, float16)"


def test_what_is_dear_is_not_drawn_under_a_small_budget_and_is_under_a_large_one() -> None:
    names = {p.name for p in affordable("ptx", 8_000).productions}
    assert "svd3(mat33d)" not in names
    assert "add(float32, float32)" in names
    assert "svd3(mat33d)" in {p.name for p in affordable("ptx", 10_000_000).productions}


def test_a_budget_books_as_often_as_a_loop_repeats_and_what_a_function_cost_at_its_calls() -> None:
    budget = Budget("ptx", 50_000)
    start = budget.left
    budget.spend("read float32", copies=4)
    assert start - budget.left == 4 * costs("ptx")["read float32"]
    before = budget.begin_function()
    budget.spend("store float32")
    budget.end_function("helper0", before)
    assert budget.left == before
    budget.spend("helper0")
    assert before - budget.left == costs("ptx")["store float32"]


def test_programs_within_a_budget_are_well_typed_and_differ_from_those_without() -> None:
    family = KERNELS.within("ptx", 16_000)
    programs = [family.synthesize(seed) for seed in range(40)]
    assert not [p for p in programs if check(p.module).diagnostics]
    assert median(len(p.source) for p in programs) < median(len(KERNELS.synthesize(s).source) for s in range(40))
    for seed in (0, 1, 2):
        assert family.replay(programs[seed].choices).source == programs[seed].source


def test_programs_have_about_as_few_tokens_as_asked() -> None:
    family = KERNELS.within("ptx", 24_000)
    programs = [family.synthesize(seed) for seed in range(20)]
    kernels = [ir.load(p.source).kernels[p.entry] for p in programs]
    found = []
    for p, captured in zip(programs, ir.capture_many(kernels, ("ptx",)), strict=True):
        assert not isinstance(captured, WarpsmithError)
        level = captured.levels["ptx"]
        found.append(count_tokens(p.source) + max(count_tokens(level.forward), count_tokens(level.backward)))
    assert median(found) <= 12_000
    assert sum(tokens <= 24_000 for tokens in found) >= 18


def test_no_program_is_drawn_for_a_budget_that_none_fits_in() -> None:
    with pytest.raises(ValueError, match=r"no program has as few as 100 tokens at ptx: the smallest has \d"):
        KERNELS.within("ptx", 100)
    assert KERNELS.within("ptx", least("ptx")).synthesize(0).source


def test_reading_and_storing_have_names_in_the_table() -> None:
    for t in default_grammar().types:
        if storing(t) in costs("ptx"):
            assert reading(t) in costs("ptx")


def test_a_budget_that_nothing_fits_in_is_wrong_use_and_nothing_is_written(tmp_path: Path) -> None:
    for budget, family in (("ptx=100", "kernels"), ("ptx=32000", "tiles")):
        command = [
            "generate",
            "--count",
            "1",
            "--out",
            str(tmp_path / "out"),
            "--max-tokens",
            budget,
            "--family",
            family,
        ]
        with pytest.raises(UsageError, match=r"no program has as few|are not drawn within a budget"):
            warpsmith.cli.main(command, standalone_mode=False)
    with pytest.raises(click.BadParameter, match="is no budget"):
        warpsmith.cli.main([*command[:5], "--max-tokens", "sass=1"], standalone_mode=False)
    assert not (tmp_path / "out").exists()


def test_a_corpus_names_its_budget_and_its_rows_are_made_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    command = ["generate", "--count", "3", "--levels", "cpp", "--out", out, "--max-tokens", "ptx=20000", "--jobs", "1"]
    warpsmith.cli.main(command, standalone_mode=False)
    assert Folder(tmp_path / "out").read().request.configuration.max_tokens == "ptx=20000"
    warpsmith.cli.main(["verify", out, "--sample", "3", "--json"], standalone_mode=False)
    report = json.loads(capsys.readouterr().out)
    assert (report["checked"], report["problems"]) == (3, [])
    row = pq.read_table(tmp_path / "out" / "data", columns=["seed", "source"]).to_pylist()[0]
    assert kernels_like(shipped()).within("ptx", 20_000).synthesize(row["seed"]).source == row["source"]
