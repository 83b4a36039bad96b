"""Launch arguments: the layout that execution expects, the same for the same seed, and values worth computing with."""

from __future__ import annotations

import dataclasses
import hashlib
import math

import libcst as cst
import numpy as np
import pytest
import warp as wp

from warpsmith.grammar import types
from warpsmith.grammar.program import Argument, Launch, Program
from warpsmith.grammar.types import Array, Type
from warpsmith.ir.execute import Executor
from warpsmith.synthesizer.inputs import inputs
from warpsmith.synthesizer.kernels import KERNELS


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


@pytest.mark.parametrize("t", [wp.float32, wp.int32, wp.vec3f, wp.mat22d, wp.transformf, wp.quatf], ids=types.name)
def test_half_of_the_recipe_zeros_is_zero_and_rotations_are_units(t: types.Value) -> None:
    data = inputs(_program(Argument("a", Array(t, 1), (4096,))), 1, "zeros")[0].astype(np.float64)
    if types.kind(t) in ("quat", "transform"):
        assert np.allclose(np.linalg.norm(data[:, -4:], axis=-1), 1.0)
        data = data[:, :-4]
    if data.size:
        assert 0.45 < (data == 0).mean() < 0.6
        assert 0.3 < (data.reshape(4096, -1) == 0).all(axis=-1).mean() < 0.6  # whole elements, too


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


# --- the recipe of boundary values -----------------------------------------------------------------------------------


def _boundary(t: types.Value, seeds: int = 400, size: int = 8) -> np.ndarray:
    """Elements of that type as many small arrays hold them, one row a seed."""
    program = _program(Argument("a", Array(t, 1), (size,)))
    return np.stack([inputs(program, seed, "boundary")[0] for seed in range(seeds)])


@pytest.mark.parametrize("t", types.FLOATS, ids=types.name)
def test_boundary_floats_are_of_every_kind(t: types.Value) -> None:
    data = _boundary(t).astype(np.float64)
    size = np.abs(data[np.isfinite(data)])
    digits, least, most = {"float16": (11, -14, 15), "float32": (24, -126, 127), "float64": (53, -1022, 1023)}.get(
        types.name(t), (8, -126, 127)
    )
    assert {np.inf, -np.inf} <= set(data.ravel())
    assert np.isnan(data).any()
    assert {True, False} == set(np.signbit(data[data == 0]))
    assert ((size > 0) & (size < 2.0**least)).any(), "denormals"
    assert (size == math.ldexp(2.0 - 2.0 ** (1 - digits), most)).any(), "the largest"
    assert (size > 2.0**digits).any(), "integers beyond the significand"
    assert {-2.5, -1.5, -0.5, 0.5, 1.5, 2.5} <= set(data.ravel()), "ties of rounding"
    assert np.isfinite(data).mean() > 0.85, "most of it is finite"
    clean = np.isfinite(data).all(axis=1).mean()
    assert 0.2 < clean < 0.8, "in many programs everything is finite"


@pytest.mark.parametrize("t", types.INTEGERS, ids=types.name)
def test_boundary_integers_are_of_every_kind(t: types.Value) -> None:
    data, info = _boundary(t), np.iinfo(np.dtype(types.name(t)))
    found = set(data.ravel().tolist())
    assert {info.min, info.min + 1, info.max, info.max - 1, 0, 1, 2, 3} <= found
    assert (-1 in found) is (info.min < 0)
    powers = {1 << k for k in range(info.bits - 1)}
    assert len(powers & found) > 0.8 * len(powers)


def test_boundary_values_of_two_arguments_often_tie_at_one_place() -> None:
    for t in (wp.float32, wp.int32):
        arguments = [Argument(n, Array(t, 1), (8,)) for n in "ab"]
        pairs = [inputs(_program(*arguments), seed, "boundary") for seed in range(400)]
        assert np.mean([(a == b).any() for a, b in pairs]) > 0.25


def test_what_is_not_finite_comes_together() -> None:
    """In eight threads that read three vectors each, most see nothing that is not finite."""
    arguments = [Argument(n, Array(wp.vec3f, 1), (8,)) for n in "abc"]
    sets = [inputs(_program(*arguments), seed, "boundary") for seed in range(200)]
    clean = np.mean([np.all([np.isfinite(a).all(axis=1) for a in arrays], axis=0) for arrays in sets])
    assert clean > 0.85
    assert np.mean([any(not np.isfinite(a).all() for a in arrays) for arrays in sets]) > 0.9
