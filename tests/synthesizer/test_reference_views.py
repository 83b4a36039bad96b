"""Views share the elements of the array that they were taken from, forward and backward."""

from __future__ import annotations

import numpy as np
import pytest

from tests.synthesizer.reference_kernels import run
from warpsmith.errors import UndefinedError

GRID = np.arange(6, dtype=np.float32).reshape(2, 3)
LINE = np.arange(5, dtype=np.float32)

READS: dict[str, float] = {
    "a[1][2]": 5.0,
    "a[-1][-3]": 3.0,
    "a[:, 1][1]": 4.0,
    "a[1, ::-1][0]": 5.0,
    "a[0:2, 1:][1, 0]": 4.0,
    "b[1:3][1]": 2.0,
    "b[-2:][0]": 3.0,
    "b[::2][2]": 4.0,
    "b[1:][1:][0]": 2.0,
    "float(a[0].shape[0] + a.shape[0] + len(b[2:]))": 8.0,
}


@pytest.mark.parametrize("expression", READS)
def test_a_view_has_the_elements_of_the_array(expression: str) -> None:
    out = run(f"out[0] = {expression}", a=GRID, b=LINE, out=np.zeros(1, np.float32)).values[-1]
    assert out is not None
    assert out[0] == READS[expression]


def test_a_store_into_a_view_is_a_store_into_the_array() -> None:
    outcome = run(
        "row = out[1]\nrow[2] = a[0][1]\nrow[2] += 1.0\nout[0][1] = 7.0", a=GRID, out=np.zeros((2, 3), np.float32)
    )
    assert outcome.values[-1] is not None
    assert outcome.values[-1].tolist() == [[0.0, 7.0, 0.0], [0.0, 0.0, 2.0]]


def test_a_race_through_a_view_is_a_race() -> None:
    with pytest.raises(UndefinedError, match="data race"):
        run("row = out[1]\nrow[2] = 1.0", dim=2, out=np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("access", ["b[1:][4]", "b[:6][0]", "b[2:2][0]", "a[2][0]"])
def test_a_view_has_an_end(access: str) -> None:
    with pytest.raises(UndefinedError, match=r"of [0-9] elements of"):
        run(f"out[0] = {access}", a=GRID, b=LINE, out=np.zeros(1, np.float32))


def test_derivatives_flow_through_views() -> None:
    body = "row = a[1]\nrest = row[1:]\nout[0] = rest[0] * a[0][2]"
    outcome = run(body, a=GRID, out=np.zeros(1, np.float32), adjoints={"out": np.ones(1)})
    assert outcome.gradients is not None
    assert outcome.gradients[0] is not None
    assert outcome.gradients[0].tolist() == [[0.0, 0.0, 4.0], [0.0, 2.0, 0.0]]
