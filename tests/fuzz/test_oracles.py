"""The list of oracles: one file per oracle, named as on the command line, and stages that are those of the runner."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from tests.synthesizer.reference_kernels import kernel
from warpsmith.fem.integrands.family import FEM
from warpsmith.fuzz import oracles
from warpsmith.fuzz.oracles import ORACLES
from warpsmith.fuzz.oracles.forward import forward
from warpsmith.fuzz.oracles.gradient import gradient
from warpsmith.fuzz.session import Session
from warpsmith.ir.execute import Failure
from warpsmith.synthesizer.case import Case
from warpsmith.synthesizer.judgement import Stage, Verdict


@pytest.mark.parametrize("name", ORACLES)
def test_an_oracle_is_the_record_of_the_file_that_has_its_name(name: str) -> None:
    module = import_module(f"{oracles.__name__}.{name}")
    assert module.ORACLE is ORACLES[name]
    assert module.ORACLE.name == name


def test_every_record_is_in_the_list() -> None:
    files = {path.stem for path in Path(oracles.__path__[0]).glob("*.py") if "ORACLE = Oracle(" in path.read_text()}
    assert files == set(ORACLES)


def test_two_families_have_no_oracle_of_one_name() -> None:
    assert not set(ORACLES) & set(FEM.oracles)


def test_every_stage_of_the_runner_is_a_stage() -> None:
    stages = re.findall(r"``(\w+)``", (Failure.__doc__ or "").partition("message:")[0])
    assert set(map(Stage, stages)) >= {Stage.LOAD, Stage.CODEGEN, Stage.COMPILE, Stage.CRASH, Stage.TIMEOUT}


def test_a_stage_is_shown_as_its_text() -> None:
    assert f"{Stage.VALUE}" == str(Stage.VALUE) == "value"


def test_nothing_is_said_of_gradients_where_there_are_none() -> None:
    """Whatever is unknown of the program otherwise: here, which way 2.0 is rounded."""
    arguments = {"x": np.float32(2.0), "out": np.zeros(1, np.int32)}
    body = "out[0] = int(wp.sqrt(x) * wp.sqrt(x))"
    case = Case(kernel(body, arguments), (tuple(arguments.values()),), (None, None))
    with Session() as session:
        (values,), (slopes,) = forward([case], session), gradient([case], session)
    assert values is not None
    assert values.verdict is Verdict.INCONCLUSIVE
    assert slopes is None
