"""Launch arguments: the layout that execution expects, the same for the same seed, and values worth computing with."""

from __future__ import annotations

import dataclasses
import hashlib

import libcst as cst
import numpy as np
import pytest
import warp as wp

from grammar import types
from grammar.program import Argument, Launch, Program
from grammar.types import Array, Type
from ir.execute import Executor
from synthesizer.inputs import inputs
from synthesizer.kernels import KERNELS


def _program(*arguments: Argument) -> Program:
    blank = KERNELS.synthesize(0)
    return dataclasses.replace(blank, module=cst.parse_module(""), launch=Launch((4,), arguments))


def _drawn(t: Type, shape: tuple[int, ...] = (4096,), seed: int = 1) -> np.ndarray:
    return inputs(_program(Argument("a", t, shape)), seed)[0]


@pytest.mark.parametrize("t", types.VALUES, ids=types.name)
def test_layout_is_extents_then_components_in_the_component_type(t: types.Value) -> None:
    value, data = inputs(_program(Argument("v", t), Argument("a", Array(t, 2), (3, 5))), 0)
    name = types.name(types.scalar(t))
    assert value.shape == types.shape(t)
    assert data.shape == (3, 5, *types.shape(t))
    assert value.dtype == data.dtype == np.dtype("float32" if name == "bfloat16" else name)


def test_the_same_seed_gives_the_same_bytes_and_another_others() -> None:
    program = KERNELS.synthesize(3)
    first, again, other = (b"".join(a.tobytes() for a in inputs(program, seed)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_the_bytes_are_pinned() -> None:
    """What a seed gives may change only knowingly: stored programs are launched on it."""
    kinds = (wp.float32, wp.int32, wp.bool, wp.bfloat16, wp.uint64, wp.quatf, wp.transformd, wp.mat33h)
    arguments = [Argument("a", Array(t, 1), (64,)) for t in kinds]
    digest = hashlib.sha256(b"".join(a.tobytes() for a in inputs(_program(*arguments), 0))).hexdigest()
    assert digest[:16] == "c6a9ca2a5b970e27"


def test_arguments_do_not_disturb_each_other() -> None:
    a, b, c = (Argument(n, Array(wp.float32, 1), (9,)) for n in "abc")
    longer = dataclasses.replace(b, shape=(99,))
    one, two = inputs(_program(a, b, c), 5), inputs(_program(a, longer, c), 5)
    assert np.array_equal(one[0], two[0])
    assert np.array_equal(one[2], two[2])
    assert not np.array_equal(one[0], one[1])


@pytest.mark.parametrize("t", types.FLOATS, ids=types.name)
def test_floats_mix_signs_zeros_and_magnitudes(t: types.Value) -> None:
    data = _drawn(Array(t, 1)).astype(np.float64)
    assert np.isfinite(data).all()
    assert (data == 0).mean() > 0.02
    assert np.signbit(data[data == 0]).any()
    assert 0.3 < (data < 0).mean() < 0.6
    assert (np.abs(data) > 50).any()
    assert ((np.abs(data) < 0.01) & (data != 0)).any()


def test_bfloat16_comes_exact() -> None:
    bits = _drawn(Array(wp.bfloat16, 1)).view(np.uint32)
    assert not (bits & 0xFFFF).any()


@pytest.mark.parametrize("t", types.INTEGERS, ids=types.name)
def test_integers_are_mostly_small_and_sometimes_anything(t: types.Value) -> None:
    data = _drawn(Array(t, 1))
    small = (data >= 0) & (data <= 8)
    assert 0.4 < small.mean() < 0.75
    assert set(range(9)) <= set(data[small].tolist())
    assert bool((data < 0).any()) is (t in types.SIGNED)
    high = np.iinfo(data.dtype).max
    assert data.max() > high // 2 - 1


def test_truth_values_are_fair_coins() -> None:
    assert 0.45 < _drawn(Array(wp.bool, 1)).mean() < 0.55


@pytest.mark.parametrize("t", [wp.quatf, wp.quatd, wp.transformf, wp.transformd], ids=types.name)
def test_rotations_are_mostly_units_and_never_zero(t: types.Value) -> None:
    rotation = _drawn(Array(t, 1))[:, -4:].astype(np.float64)
    length = np.linalg.norm(rotation, axis=-1)
    assert 0.75 < (np.abs(length - 1) < 1e-5).mean() < 0.9
    assert (length > 0).all()


def test_wrong_use_is_refused() -> None:
    program = KERNELS.synthesize(0)
    with pytest.raises(ValueError, match="negative"):
        inputs(program, -1)
    with pytest.raises(ValueError, match="no recipe 'wild'; there are mixed"):
        inputs(program, 0, recipe="wild")


def test_execution_takes_what_is_drawn_for_every_type() -> None:
    """Copies from a value argument and an array of each type; what comes back is what went in."""
    with Executor(timeout=60) as executor:
        for t in (wp.bool, wp.int8, wp.uint64, wp.float16, wp.bfloat16, wp.vec3f, wp.mat22d, wp.quath, wp.transformf):
            name = types.spelling(t)
            source = (
                f"import warp as wp\n\n\n@wp.kernel\ndef kernel(v: {name}, a: wp.array(dtype={name}), "
                f"out: wp.array2d(dtype={name})):\n    i = wp.tid()\n    out[0, i] = a[i]\n    out[1, i] = v\n"
            )
            cells = Argument("a", Array(t, 1), (4,)), Argument("out", Array(t, 2), (2, 4), written=True)
            given = inputs(_program(Argument("v", t), *cells), 2)
            back = executor.run(source, "kernel", 4, given)[1]
            assert np.array_equal(back[0], given[1]), name
            assert np.array_equal(back[1], np.broadcast_to(given[0], back[1].shape)), name
