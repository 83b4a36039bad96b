from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import libcst as cst
import numpy as np
import pyarrow.parquet as pq
import pytest
import warp as wp
from making import configuration

from warpsmith.corpus.execution import RECIPES, executions, launches
from warpsmith.corpus.make import Maker
from warpsmith.corpus.row import shard_schema
from warpsmith.corpus.tensors import tensor
from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array
from warpsmith.ir.execute import Executor
from warpsmith.synthesizer.kernels import KERNELS
from warpsmith.synthesizer.reference import evaluate

HEAD = "import warp as wp\n\n\n@wp.kernel\ndef entry(x: wp.array(dtype=wp.float32), out: wp.array(dtype=wp.float32)):\n"


def program(body: str) -> Program:
    arguments = (Argument("x", Array(wp.float32), (4,)), Argument("out", Array(wp.float32), (4,), True))
    return Program(cst.parse_module(f"{HEAD}    i = wp.tid()\n    {body}\n"), "entry", Launch((4,), arguments), (), ())


def shown(body: str) -> list[dict[str, Any]]:
    """The launches of a program that are stored."""
    case = launches(program(body), 7)
    return executions(case, [evaluate(case.program, data, case.adjoints) for data in case.sets])


def numbers(stored: dict[str, Any]) -> np.ndarray[Any, Any]:
    """What a reader makes of a tensor who knows the schema alone."""
    flat = stored["floats"] if stored["integers"] is None else stored["integers"]
    return np.array(flat, stored["dtype"]).reshape(stored["shape"])


def test_stored_outputs_are_what_warp_computes_of_the_stored_inputs(executed: Path) -> None:
    rows = [row for row in pq.read_table(executed / "data").to_pylist() if row["executions"]]
    assert len(rows) >= 7  # some add constants only
    with Executor() as executor, np.errstate(all="ignore"):
        for row in rows:
            assert [launch["recipe"] for launch in row["executions"]] == list(RECIPES)
            for launch in row["executions"]:
                arguments = [numbers(stored) for stored in launch["inputs"]]
                (x,) = executor.run(row["source"], row["entry"], launch["dims"][0], arguments)
                (out,) = launch["outputs"]
                near = np.abs(x - numbers(out)) <= np.array(out["bounds"]).reshape(out["shape"])
                assert (near | (x == numbers(out)) | (np.isnan(x) & np.isnan(numbers(out)))).all()
                assert any(bound < math.inf for bound in out["bounds"])


def test_verdicts_are_columns_of_rows_and_census(executed: Path) -> None:
    rows = pq.read_table(executed / "data").to_pylist()
    assert {row["forward_verdict"] for row in rows} == {"agree"}
    assert {row["gradient_verdict"] for row in rows} == {None}  # they have one array, and write to it
    assert all(row["executed"] and row["compiled"] and row["execution_failure"] is None for row in rows)
    census = pq.read_table(executed / "census.parquet").to_pylist()
    assert {row["forward_verdict"] for row in census} == {"agree"}


def test_launches_are_read_by_those_who_know_nothing_of_us(executed: Path) -> None:
    datasets = pytest.importorskip("datasets")
    pattern = str(executed / "data" / "*.parquet")
    rows = [row for row in pq.read_table(executed / "data").to_pylist() if row["executions"]]
    query = "SELECT executions[1].outputs[1].floats, executions[1].outputs[1].shape FROM '{}' WHERE len(executions) > 0"
    outputs = [row["executions"][0]["outputs"][0] for row in rows]
    assert duckdb.sql(query.format(pattern)).fetchall() == [(t["floats"], t["shape"]) for t in outputs]
    loaded = datasets.Dataset.from_parquet(pattern, cache_dir=str(executed.parent / "cache"))
    assert repr([row["executions"] for row in loaded if row["executions"]]) == repr([row["executions"] for row in rows])


@pytest.mark.parametrize("body", ["out[i] = 3.0", "out[i] += 3.0", "y = x[i]", "out[i] = wp.round(x[i]) * 0.0 + 1.0"])
def test_an_output_that_no_input_changes_is_not_stored(body: str) -> None:
    assert shown("out[i] = x[i]")
    assert shown(body) == []


def test_a_gradient_that_is_zero_everywhere_is_not_stored() -> None:
    assert {t["name"] for launch in shown("out[i] = x[i] * x[i]") for t in launch["gradients"]} == {"x"}
    assert not any(launch["gradients"] for launch in shown("out[i] = wp.sign(x[i])"))


def test_floats_of_launches_are_written_byte_by_byte(executed: Path) -> None:
    group = pq.read_metadata(next((executed / "data").iterdir())).row_group(0)
    columns = [group.column(i) for i in range(group.num_columns)]
    launched = [column for column in columns if column.path_in_schema.startswith("executions.")]
    assert launched
    for column in launched:
        floats = column.path_in_schema.endswith(".floats.list.element")
        assert ("BYTE_STREAM_SPLIT" in column.encodings) == floats, column.path_in_schema


def test_a_program_that_crashes_warp_is_a_row_with_its_reason() -> None:
    with Maker(KERNELS, configuration(KERNELS, ("cpp",), "execute")) as maker:
        (record,) = maker.records([0])
    assert record["refused"] is None
    assert record["executed"] is False
    assert record["execution_failure"] == "crash: SIGSEGV in launch"
    assert record["explained_by"] == "tuple-assignment-without-a-copy"
    assert record["forward_verdict"] == record["gradient_verdict"] == "inconclusive"
    assert len(record["executions"]) == len(RECIPES)
    assert record.keys() == set(shard_schema(("cpp",)).names)


@pytest.mark.parametrize("t", [wp.float16, wp.bfloat16, wp.float64, wp.uint64, wp.int8, wp.bool, wp.vec3h, wp.mat22d])
def test_a_tensor_holds_every_number_of_its_type(t: Any) -> None:
    from warpsmith.synthesizer.inputs import RECIPES as KINDS
    from warpsmith.synthesizer.inputs import inputs

    argument = Argument("a", Array(t), (16,))
    made = Program(cst.parse_module(""), "entry", Launch((4,), (argument,)), (), ())
    for recipe in KINDS:
        (data,) = inputs(made, 3, recipe)
        (stored,) = tensor(argument, data)
        again = numbers(stored | {"dtype": stored["dtype"].replace("bfloat16", "float32").replace("uint64", "int64")})
        np.testing.assert_array_equal(again.view(data.dtype) if data.dtype == np.uint64 else again, data)
        assert stored["dtype"] == ("bfloat16" if t is wp.bfloat16 else data.dtype.name)
