"""Whatever has no defined outcome is reported, with what it is and the line."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.synthesizer.reference_kernels import run
from warpsmith.errors import UndefinedError

N = np.array([0, -1, 3, -(2**31), 40, 1], np.int32)
X = np.array([0.0, 1e10, np.nan, np.inf], np.float32)

SERIAL = {
    "index 6 of 6 elements of n": "k[0] = n[6]",
    "index -7 of 6 elements of n": "k[0] = n[-7]",
    "index 3 of 3 components": "v = wp.vec3i()\nk[0] = v[n[2]]",
    "index 9 of 2 elements of k": "k[9] = 1",
    "index 2 of 2 elements of k": "wp.atomic_add(k, 2, 1)",
    "integer division by zero": "k[0] = n[2] / n[0]",
    "modulo zero: integer division by zero": "k[0] = n[2] % n[0]",
    "floor: integer division by zero": "k[0] = n[2] // n[0]",
    "of a component: integer division by zero": "v = wp.vec2i(1, 2) / wp.vec2i(n[2], n[0])[1]\nk[0] = v[0]",
    "in place: integer division by zero": "k[0] /= n[0]",
    "integer division overflows": "k[0] = n[3] / n[1]",
    "shift by 40 of 32 bits": "k[0] = n[5] << n[4]",
    "shift by -1 of 32 bits": "k[0] = n[5] >> n[1]",
    "conversion of 10000000000.0 to int32": "k[0] = int(x[1])",
    "conversion of nan to int32": "k[0] = int(x[2])",
    "conversion of inf to uint8": "k[0] = int(wp.uint8(x[3]))",
    "conversion of -1.0 to uint32": "k[0] = int(wp.uint32(-1.0))",
    "a name without a value": "if n[0] > 0:\n    y = 1\nk[0] = y",
    "trips through loops": "i = int(0)\nwhile i < 1:\n    k[0] = 1",
    "a range of step 0": "for i in range(0, 3, n[0]):\n    k[0] = 1",
    "random integer in [3, 0)": "k[0] = wp.randi(wp.uint32(1), n[2], n[0])",
    "rotation about axes 0, 40, 0": "v = wp.quat_from_euler(wp.vec3f(), 0, n[4], 0)\nk[0] = int(v[0])",
    "about axes 0, 0, 1": "v = wp.quat_to_euler(wp.quatf(0.0, 0.0, 0.0, 1.0), n[0], 0, 1)\nk[0] = int(v[0])",
    "noise of periods -1": "k[0] = int(wp.pnoise(wp.uint32(1), x[0], n[1]))",
    "noise at inf": "k[0] = int(wp.noise(wp.uint32(1), x[3]))",
    "noise of 100000 octaves": "v = wp.curlnoise(wp.uint32(1), wp.vec2f(), wp.uint32(100000))\nk[0] = int(v[0])",
    "poisson of mean nan": "k[0] = int(wp.poisson(wp.uint32(1), x[2]))",
}


@pytest.mark.parametrize("message", SERIAL, ids=str)
def test_what_is_undefined_is_reported_with_its_line(message: str) -> None:
    body = SERIAL[message]
    with pytest.raises(UndefinedError) as raised:
        run(f"pass\n{body}", n=N, x=X, k=np.zeros(2, np.int32))
    assert message.rpartition(": ")[2] in str(raised.value)
    (line,) = re.findall(r"\(line \d+: (.*)\)$", str(raised.value))
    assert line in (text.strip() for text in body.splitlines())


DEFINED = {
    "float division by zero": "out[0] = x[1] / x[0]",
    "float remainder by zero": "out[0] = x[1] % x[0]",
    "division of the least integer": "out[0] = float(n[3] / n[2])",
    "a shift by all but one bit": "out[0] = float(n[5] << 31)",
    "a conversion at the edge": "out[0] = float(int(-2147483648.0))",
    "a square root of a negative number": "out[0] = wp.sqrt(-1.0)",
    "an arm that is not taken": "out[0] = float(n[2] / n[0]) if n[0] > 0 else 1.0",
    "an operand that is not reached": "out[0] = wp.where(n[0] > 0 and n[2] / n[0] > 0, 1.0, 2.0)",
}


@pytest.mark.parametrize("case", DEFINED, ids=str)
def test_what_ieee_754_defines_is_defined(case: str) -> None:
    run(DEFINED[case], n=N, x=X, out=np.zeros(1, np.float32))


RACES = {
    "two stores": "out[0] = float(i)",
    "a store and a read": "out[i] = float(i)\nother[i] = out[1 - i]",
    "a store and an atomic": "if i == 0:\n    out[0] = 1.0\nelse:\n    wp.atomic_add(out, 0, 1.0)",
    "an atomic and a read": "if i == 0:\n    wp.atomic_add(out, 0, 1.0)\nelse:\n    other[0] = out[0]",
    "a product in place": "out[0] *= 2.0",
    "a look at what an atomic found": "other[i] = wp.atomic_add(out, 0, 1.0)",
    "a search in what another thread writes": "out[i] = 1.0\nk = wp.lower_bound(out, 0.5)\nother[i] = float(k)",
}


@pytest.mark.parametrize("case", RACES, ids=str)
def test_a_data_race_is_reported(case: str) -> None:
    zeros = np.zeros(2, np.float32)
    with pytest.raises(UndefinedError, match=r"data race on out: .* \(line "):
        run(f"i = wp.tid()\n{RACES[case]}", dim=2, out=zeros, other=zeros)


HARMLESS = {
    "each thread its own element": "out[i] = float(i)\nout[i] *= 2.0",
    "atomics whose result nobody uses": "wp.atomic_add(out, 0, 1.0)\nwp.atomic_sub(out, 0, 2.0)",
    "additions in place": "out[0] += 1.0",
    "reads": "other[i] = out[0]",
    "mixed atomics on one's own element": "a = wp.atomic_exch(out, i, 2.0)\nb = wp.atomic_max(out, i, 3.0)",
}


@pytest.mark.parametrize("case", HARMLESS, ids=str)
def test_what_is_no_race_is_not_reported(case: str) -> None:
    zeros = np.zeros(2, np.float32)
    assert run(f"i = wp.tid()\n{HARMLESS[case]}", dim=2, out=zeros, other=zeros).reasons == ()


@pytest.mark.parametrize(
    "body", ["wp.atomic_exch(out, 0, float(i))", "wp.atomic_add(out, 0, 1.0)\nwp.atomic_max(out, 0, 1.5)"]
)
def test_atomics_whose_order_matters_are_inconclusive(body: str) -> None:
    outcome = run(f"i = wp.tid()\n{body}", dim=2, out=np.zeros(2, np.float32))
    assert np.isinf(outcome.errors[0]).tolist() == [True, False]
    assert outcome.reasons == ("atomics whose order matters",)
