"""Arrays local to a thread: zero at first, copied when they are assigned, differentiable."""

from __future__ import annotations

import numpy as np
import pytest
import warp as wp

from tests.synthesizer.reference_kernels import run, value
from warpsmith.errors import UndefinedError

MADE = "t = wp.zeros(shape=(2, 3), dtype=wp.float32)\n"
X = np.array([2.0], np.float32)

VALUES: dict[str, tuple[str, str, float]] = {
    "zero at first": ("", "t[1, 2]", 0.0),
    "a store": ("t[1, 2] = x[0]", "t[1, -1] + t[0, 2]", 2.0),
    "a copy is another array": ("u = t\nu[0, 0] = x[0]", "t[0, 0] + 2.0 * u[0, 0]", 4.0),
    "compound assignment": ("t[0, 1] = x[0]\nt[0, 1] -= 5.0", "t[0, 1]", -3.0),
}


@pytest.mark.parametrize("case", VALUES)
def test_a_local_array_holds(case: str) -> None:
    before, expression, expected = VALUES[case]
    assert value(expression, wp.float32, before=MADE + before, x=X) == expected


@pytest.mark.parametrize("access", ["t[2, 0]", "t[0, -4]"])
def test_a_local_array_has_an_end(access: str) -> None:
    with pytest.raises(UndefinedError, match=r"of [23] elements of a local array"):
        run(f"{MADE}x[0] = {access}", x=X)


def test_derivatives_flow_through_local_arrays_and_their_copies() -> None:
    body = MADE + "t[0, 1] = 5.0 * x[0]\nu = t\nt[0, 1] = x[0]\nout[0] = u[0, 1] * t[0, 1]"
    outcome = run(body, x=X, out=np.zeros(1, np.float32), adjoints={"out": np.ones(1)})
    assert outcome.gradients is not None
    assert outcome.gradients[0] is not None
    assert outcome.gradients[0].tolist() == [20.0]
