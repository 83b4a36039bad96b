"""Any kernel in, its IR out: ten and more kernels, alone and in batches, twice over."""

from __future__ import annotations

import importlib
import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import warp as wp
from ir_programs import CONSTANT, DIFFERENT, PROGRAM, REFUSED_BY_COMPILERS, REFUSED_BY_WARP

from warpsmith.errors import CodegenError, CompileError, WarpsmithError
from warpsmith.ir import BATCH, IR, LEVELS, capture, capture_many, load, load_file
from warpsmith.ir.backend.building import Names

ROOT = Path(__file__).resolve().parents[2]

HANDWRITTEN = {
    "struct_and_functions": PROGRAM,
    "two_dimensions": """import warp as wp
@wp.kernel
def transpose(a: wp.array2d(dtype=wp.float64), b: wp.array2d(dtype=wp.float64), half: wp.float16):
    i, j = wp.tid()
    b[j, i] += a[i, j] * wp.float64(0.1) + wp.float64(half)
""",
    "control_flow": """import warp as wp
@wp.kernel
def flow(xs: wp.array(dtype=wp.int64), n: int):
    i = wp.tid()
    total = wp.int64(0)
    k = int(0)
    while k < n:
        k += 1
        if k % 3 == 0 and xs[i] > wp.int64(5):
            continue
        if total > wp.int64(100):
            break
        for u in range(3):
            total += xs[u]
    wp.atomic_add(xs, i, total)
""",
    "forward_only": """import warp as wp
@wp.kernel(enable_backward=False)
def forward_only(xs: wp.array(dtype=float)):
    xs[wp.tid()] *= 2.0
""",
    "closure": """import warp as wp
def make(op, scale):
    @wp.kernel
    def closed(xs: wp.array(dtype=float)):
        i = wp.tid()
        xs[i] = op(xs[i]) * wp.static(scale)
    return closed
@wp.func
def op(x: float):
    return x + 1.0
closed = make(op, 3.5)
""",
    "generic": """import warp as wp
from typing import Any
@wp.func
def twice(x: Any):
    return x + x
@wp.kernel
def generic(xs: wp.array(dtype=Any)):
    xs[wp.tid()] = twice(xs[wp.tid()])
wp.overload(generic, [wp.array(dtype=wp.vec2h)])
""",
    "custom_gradient": """import warp as wp
@wp.func
def root(x: float):
    return wp.sqrt(x)
@wp.func_grad(root)
def adj_root(x: float, adj_ret: float):
    wp.adjoint[x] += 0.5 * adj_ret
@wp.kernel
def custom(xs: wp.array(dtype=float)):
    i = wp.tid()
    xs[i] = root(xs[i])
""",
    "overloads": """import warp as wp
@wp.func
def mix(x: float):
    return x * 2.0
@wp.func
def mix(x: int):
    return x * 3
@wp.kernel
def overloads(xs: wp.array(dtype=float), ns: wp.array(dtype=int)):
    i = wp.tid()
    xs[i] = mix(xs[i])
    ns[i] = mix(ns[i])
""",
    "tiles": """import warp as wp
@wp.kernel
def tiles(a: wp.array2d(dtype=float), out: wp.array(dtype=float)):
    i = wp.tid()
    row = wp.tile_load(a[i], shape=16)
    wp.tile_store(out, wp.tile_sum(row), offset=i)
    threads = wp.tile(float(i))
    wp.tile_atomic_add(out, wp.tile_sum(threads), offset=0)
""",
    "gradient_call": """import warp as wp
@wp.func
def cube(x: float):
    return x * x * x
@wp.kernel(enable_backward=False)
def slope(xs: wp.array(dtype=float)):
    i = wp.tid()
    xs[i] = wp.grad(cube)(xs[i])
""",
}
SHIPPED = {
    "core.example_wave": ("wave_displace", "wave_solve"),
    "core.example_sph": ("compute_density",),
    "core.example_dem": ("apply_forces",),
    "core.example_fdtd_3d": ("update_e",),
    "core.example_fluid": ("advect",),
    "tile.example_tile_nbody": ("integrate_bodies_tiled",),
}
KERNELS = [*HANDWRITTEN, *(name for names in SHIPPED.values() for name in names)]
WITHOUT_BACKWARD = {"forward_only", "gradient_call", "update_e", "advect", "integrate_bodies_tiled"}


def only_kernel(source: str) -> Any:
    return next(iter(load(source).kernels.values()))


def good(results: list[IR | WarpsmithError]) -> list[IR]:
    assert not [(result, getattr(result, "log", "")) for result in results if not isinstance(result, IR)]
    return [result for result in results if isinstance(result, IR)]


@pytest.fixture(scope="module")
def kernels() -> dict[str, Any]:
    found = {name: only_kernel(source) for name, source in HANDWRITTEN.items()}
    enable_backward = wp.config.enable_backward
    for module, names in SHIPPED.items():
        found |= {name: getattr(importlib.import_module(f"warp.examples.{module}"), name) for name in names}
    # One of the examples turns this off for the whole process, at import.
    wp.config.enable_backward = enable_backward
    return found


@pytest.fixture(scope="module")
def batched(kernels: dict[str, Any]) -> dict[str, IR]:
    assert len(kernels) > BATCH, "the cases are to fill more than one batch"
    return dict(zip(kernels, good(capture_many(kernels.values(), LEVELS, compile_cpu=True)), strict=True))


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_has_every_level_forward_and_backward_apart(batched: dict[str, IR], name: str) -> None:
    captured = batched[name]
    assert tuple(captured.levels) == LEVELS
    entries = {
        "adjoint": ("forward:", "reverse:"),
        "cpp": (f"{captured.name}_cpu_kernel_forward(", f"{captured.name}_cpu_kernel_backward("),
        "cuda": (f"{captured.name}_cuda_kernel_forward(", f"{captured.name}_cuda_kernel_backward("),
        "llvm": (f"@{captured.name}_cpu_forward(", f"@{captured.name}_cpu_backward("),
        "ptx": (f".entry {captured.name}_cuda_kernel_forward(", f".entry {captured.name}_cuda_kernel_backward("),
    }
    for level, (forward, backward) in entries.items():
        text = captured.levels[level]
        assert forward in text.forward
        assert forward not in text.backward
        assert (backward in text.forward) == (level == "adjoint" and name == "gradient_call")
        assert (backward in text.backward) == (name not in WITHOUT_BACKWARD)


def test_a_kernel_without_backward_has_no_backward_text(batched: dict[str, IR]) -> None:
    without = {n for n, ir in batched.items() if not any(level.backward for level in ir.levels.values())}
    assert without == WITHOUT_BACKWARD


def test_a_kernel_that_calls_a_gradient_keeps_the_adjoint_it_needs(batched: dict[str, IR]) -> None:
    assert "static void adj_cube_0(" in batched["gradient_call"].levels["cpp"].forward


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_in_a_batch_is_the_kernel_alone(kernels: dict[str, Any], batched: dict[str, IR], name: str) -> None:
    assert capture(kernels[name], LEVELS) == batched[name]


def test_a_slice_that_keeps_running_numbers_would_be_seen(
    kernels: dict[str, Any], batched: dict[str, IR], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["warpsmith.ir.slices"], "_PTX_LABEL", re.compile("never"))
    names = ["control_flow", "struct_and_functions"]
    pair = good(capture_many([kernels[name] for name in names], ("ptx",)))
    assert pair[1].levels["ptx"] != batched[names[1]].levels["ptx"]


def test_a_kernel_can_be_launched_after_capture(kernels: dict[str, Any], batched: dict[str, IR]) -> None:
    kernel = kernels["forward_only"]
    xs = wp.array([1.0, 2.0], dtype=float, device="cpu")
    wp.launch(kernel, dim=2, inputs=[xs], device="cpu")
    assert xs.numpy().tolist() == [2.0, 4.0]
    assert capture(kernel) == capture(kernel)
    assert capture(kernel).levels["cpp"] == batched["forward_only"].levels["cpp"]


def test_inferred_types_of_locals_and_arguments_are_reported(batched: dict[str, IR]) -> None:
    types = batched["struct_and_functions"].local_types
    assert types["run"] == {
        "xs": "array(1, float32)", "vs": "array(1, vec(3, float32))", "pair": "struct(Pair)", "n": "int32",
        "out": "array(1, float32)", "i": "int32", "acc": "float32", "k": "int32", "q": "vec(3, float32)",
        "r": "float32", "total": "float32",
    }  # fmt: skip
    assert types["spread"] == {"v": "vec(3, float32)", "p": "struct(Part)"}
    assert batched["overloads"].local_types.keys() == {"overloads", "mix", "mix#1"}
    assert batched["generic"].local_types["twice"] == {"x": "vec(2, float16)"}


def test_a_kernel_the_compilers_refuse_fails_alone() -> None:
    bad, good_one = only_kernel(REFUSED_BY_COMPILERS), only_kernel(PROGRAM)
    mixed = only_kernel(REFUSED_BY_WARP)
    for levels, compile_cpu in ((("ptx",), False), (("cpp",), True)):
        first, refused, typed = capture_many([good_one, bad, mixed], levels, compile_cpu=compile_cpu)
        assert isinstance(refused, CompileError)
        assert "error" in refused.log
        assert isinstance(typed, CodegenError)
        assert "1.0 + 1" in typed.source
        assert first == capture(good_one, levels)


def test_errors_survive_the_way_between_processes() -> None:
    with pytest.raises(CodegenError) as caught:
        capture(only_kernel(REFUSED_BY_WARP))
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.source) == (str(caught.value), caught.value.source)


def test_names_numbered_by_the_process_do_not_show_after_many_programs() -> None:
    first = capture(only_kernel(PROGRAM), ("adjoint", "cpp", "cuda"))
    assert all(capture(only_kernel(PROGRAM), ("adjoint", "cpp", "cuda")) == first for _ in range(3))


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="choose from"):
        capture(only_kernel(PROGRAM), ("sass",))


def test_a_generic_kernel_without_overloads_is_refused_with_advice() -> None:
    with pytest.raises(CodegenError, match=r"make one with wp\.overload"):
        capture(only_kernel(HANDWRITTEN["generic"].rpartition("wp.overload")[0]))


def test_seconds_tell_warps_own_work_apart(batched: dict[str, IR]) -> None:
    assert batched["struct_and_functions"].seconds.keys() == {"codegen", "ptx", "llvm", "cpu"}
    assert all(seconds > 0 for seconds in batched["struct_and_functions"].seconds.values())


def test_a_users_file_with_imports_is_captured(tmp_path: Path) -> None:
    (tmp_path / "helpers_of_mine.py").write_text("import warp as wp\n@wp.func\ndef inc(x: int):\n    return x + 1\n")
    (tmp_path / "mine.py").write_text(
        "import warp as wp\nfrom helpers_of_mine import inc\n@wp.kernel\ndef mine(n: wp.array(dtype=int)):\n"
        "    n[0] = inc(n[0])\n"
    )
    kernel = load_file(tmp_path / "mine.py").kernels["mine"]
    assert "inc_0(" in capture(kernel).levels["cuda"].forward


FRESH = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from warpsmith.ir import LEVELS, capture_many, load
from ir_programs import CONSTANT, DIFFERENT, PROGRAM
before = [load(source) for source in DIFFERENT.values()]
kernels = [next(iter(load(source).kernels.values())) for source in (CONSTANT, DIFFERENT['type of a field'], PROGRAM)]
captured = capture_many(kernels, LEVELS)
print(json.dumps([{name: level.exact for name, level in ir.levels.items()} for ir in (captured[0], captured[-1])]))
"""


@pytest.fixture
def fresh(tmp_path: Path) -> list[dict[str, str]]:
    environment = os.environ | {"PYTHONHASHSEED": "4242", "WARP_CACHE_PATH": str(tmp_path)}
    arguments = [sys.executable, "-c", FRESH, str(ROOT), str(Path(__file__).parent)]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True, timeout=120)
    captured: list[dict[str, str]] = json.loads(done.stdout.splitlines()[-1])
    return captured


def test_a_fresh_process_with_another_hash_seed_and_history_makes_the_same_bytes(fresh: list[dict[str, str]]) -> None:
    here = good(capture_many([only_kernel(PROGRAM), only_kernel(CONSTANT)], LEVELS))
    assert fresh == [{name: level.exact for name, level in ir.levels.items()} for ir in reversed(here)]


def test_names_numbered_by_the_process_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Names, "rename", lambda self, func: None)
    first, second = (capture(only_kernel(source), ("cpp",)) for source in (PROGRAM, PROGRAM))
    assert first.levels["cpp"].exact != second.levels["cpp"].exact


def test_different_programs_differ_even_when_they_share_a_name() -> None:
    captured = good(capture_many([only_kernel(source) for source in DIFFERENT.values()], ("cuda",)))
    assert len({ir.levels["cuda"].norm for ir in captured}) == len(DIFFERENT)
