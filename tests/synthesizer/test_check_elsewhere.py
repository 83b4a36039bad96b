"""Kernels as people write them: found wherever they stand, with what they use from other files, each with a verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from warpsmith.synthesizer.check import Report, as_json, check, check_file, check_paths, exit_code, summary

SHARED = """import warp as wp

COUNT = 3
vec7 = wp.types.vector(length=7, dtype=float)


@wp.struct
class State:
    mass: float
    x: wp.array(dtype=wp.vec3)

    def allocate(self):
        self.x = wp.zeros(3, dtype=wp.vec3)


class Options:
    scale = 2.0


@wp.func
def half(x: float):
    return x * 0.5
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "robot"
    (folder / "inner").mkdir(parents=True)
    (folder / "__init__.py").write_text("from .shared import half as exported\nimport warp as wp\n")
    (folder / "shared.py").write_text(SHARED)
    (folder / "inner" / "__init__.py").write_text("from ..shared import *\n")
    return folder


def verdicts(report: Report) -> dict[str, str]:
    return {v.name: v.verdict for v in report.verdicts}


BODY = "(x: wp.array(dtype=float)):\n    x[0] = {}\n"


@pytest.mark.parametrize(
    ("imports", "right", "wrong"),
    [
        ("from robot.shared import half", "half(1.0)", "half(1)"),
        ("from .shared import half, COUNT", "half(float(COUNT))", "half(COUNT)"),
        ("from . import shared", "shared.half(1.0)", "shared.nothing(1.0)"),
        ("import robot.shared", "robot.shared.half(1.0)", "robot.shared.COUNT"),
        ("import robot.shared as s", "s.Options.scale", "s.State().x"),
        ("from robot import exported", "exported(1.0)", "exported(1.0, 1.0)"),
        ("from .inner import *", "half(Options.scale)", "vec7()"),
        ("from .inner import vec7", "wp.dot(vec7(), vec7(1.0))", "wp.dot(vec7(), wp.vec3())"),
        ("from .shared import State", "State().mass", "State().weight"),
        ("import math", "math.pi", "math"),
    ],
)
def test_names_of_other_files_are_resolved(package: Path, imports: str, right: str, wrong: str) -> None:
    for text, expected in ((right, "accepted"), (wrong, "refused")):
        file = package / "checked.py"
        file.write_text(f"import warp as wp\n{imports}\n\n\n@wp.kernel\ndef kernel" + BODY.replace("{}", text))
        assert verdicts(check_file(file)) == {"kernel": expected}, text


@pytest.mark.parametrize(
    "found",
    [
        "import warp as wp\nclass Solver:\n    @staticmethod\n    @wp.kernel\n    def kernel{}",
        "import warp as wp\nfrom typing import no_type_check\n@wp.kernel\n@no_type_check\ndef kernel{}",
        "import warp as wp\ntask = wp.kernel\n@task\ndef kernel{}",
        "import warp as wp\nfrom warp import kernel as k\n@k(enable_backward=False)\ndef kernel{}",
        "from warp import *\nimport warp as wp\n@kernel\ndef body{}",
        "import warp as wp\ndef body{}\nmade = wp.kernel(body)",
        "import warp as wp\ndef body{}\nTABLE = {'a': wp.kernel(body, module='unique')}",
        "import warp as wp\ndef body{}\nmade = wp.Kernel(func=body, key='made')",
        "import warp as wp\ndef make():\n    @wp.kernel\n    def kernel{}    return kernel",
        "try:\n    import warp as wp\nexcept ImportError:\n    wp = None\n@wp.kernel\ndef kernel{}",
        "from robot import wp\n@wp.kernel\ndef kernel{}",
        "import warp as wp\nif True:\n    @wp.kernel\n    def kernel{}",
        "import warp as wp\n@wp.func\n@wp.func\ndef body{}",
    ],
)
def test_kernels_are_found_wherever_they_stand(package: Path, found: str) -> None:
    for text, expected in (("1.0", "accepted"), ("1", "refused")):
        depth = 4 * (found[: found.index("{}")].rpartition("\n")[2].count("    "))
        body = BODY.replace("{}", text).replace("\n    ", "\n    " + " " * depth)
        file = package / "checked.py"
        file.write_text(found.replace("{}", body))
        assert list(verdicts(check_file(file)).values()) == [expected]


KINDS = """import warp as wp
import numpy as np
from somewhere import thing
from typing import Any


def make(n: int, dtype):
    @wp.kernel
    def kernel(x: wp.array(dtype=dtype)):
        x[0] = dtype(n)

    return kernel


made = [make(3, wp.float32), make(4, wp.float64)]


@wp.kernel
def unknown(x: wp.array(dtype=float)):
    x[0] = thing(1.0)


@wp.kernel
def beside(x: wp.array(dtype=float)):
    y = thing(1.0)
    x[0] = undefined


@wp.func
def broken(x: float):
    return x + 1


@wp.kernel
def caller(x: wp.array(dtype=float)):
    x[0] = broken(x[0])


@wp.kernel
def generic(x: wp.array(dtype=Any), y: wp.array(dtype=float)):
    y[0] = y[0] + x.shape[0]


@wp.kernel
def tiles(a: wp.array2d(dtype=float), b: wp.array(dtype=float)):
    t = wp.tile_load(a, shape=(4, 4))
    s = wp.tile_sum(t)
    wp.tile_store(b, s)


@wp.kernel
def query(grid: wp.uint64, x: wp.array(dtype=float)):
    for i in wp.hash_grid_query(grid, wp.vec3(), 1.0):
        x[i] = 1.0


@wp.kernel
def static(x: wp.array(dtype=float)):
    x[0] = wp.static(np.pi * 2.0)
"""


def test_each_kernel_has_a_verdict_with_its_reason() -> None:
    report = check(KINDS)
    assert verdicts(report) == {
        "make.kernel": "accepted",
        "unknown": "unknown",
        "beside": "refused",
        "broken": "refused",
        "caller": "refused",
        "generic": "refused",
        "tiles": "accepted",
        "query": "accepted",
        "static": "accepted",
    }
    reasons = {v.name: v.reason for v in report.verdicts}
    assert reasons["unknown"] == "imported from somewhere"
    assert reasons["caller"] == "it calls broken(), which is refused"
    assert summary([report]) == (
        "9 kernels and functions: 4 accepted, 4 refused, 1 unknown (1 imported from somewhere)"
    )
    assert exit_code([report]) == 1


def test_a_factory_is_checked_for_what_the_file_gives_it() -> None:
    wrong = KINDS.replace("make(4, wp.float64)", "make(4, wp.vec3)").replace("dtype(n)", "dtype(1.0) + 1.0")
    assert verdicts(check(wrong))["make.kernel"] == "refused"


def test_a_fault_in_an_instance_is_told_at_the_call() -> None:
    source = """import warp as wp
from typing import Any


@wp.func
def add(x: Any):
    return x + 1.0


@wp.kernel
def good(x: wp.array(dtype=float)):
    x[0] = add(x[0])


@wp.kernel
def bad(x: wp.array(dtype=int)):
    x[0] = add(x[0])
"""
    report = check(source)
    assert verdicts(report) == {"add": "accepted", "good": "accepted", "bad": "refused"}
    assert [d.line for d in report.diagnostics] == [17]


def test_json_has_files_counts_diagnostics_and_what_is_unknown() -> None:
    found = json.loads(json.dumps(as_json([check(KINDS)])))
    assert found["files"] == 1
    assert found["functions"] == {"found": 9, "accepted": 4, "refused": 4, "unknown": 1}
    assert {d["rule"] for d in found["diagnostics"]} == {"operand-types-differ", "undefined-name"}
    assert [(u["name"], u["line"]) for u in found["unknown"]] == [("unknown", 20)]


def test_several_processes_give_the_same_reports(package: Path) -> None:
    for n in range(6):
        text = f"import warp as wp\nfrom .shared import half\n\n\n@wp.kernel\ndef k{n}" + BODY.replace(
            "{}", "half(1.0)"
        )
        (package / f"part{n}.py").write_text(text)
    alone, together = check_paths([package]), check_paths([package], jobs=2)
    assert [(r.path, r.verdicts) for r in alone] == [(r.path, r.verdicts) for r in together]


def test_structs_of_one_name_in_two_files_stay_apart(tmp_path: Path) -> None:
    text = """import warp as wp


@wp.struct
class Item:
    value: {0}


@wp.kernel(enable_backward=False)
def kernel(items: wp.array(dtype=Item), out: wp.array(dtype=Item)):
    i = wp.tid()
    stack = wp.tile_stack(capacity=8, dtype=Item)
    wp.tile_stack_push(stack, items[i], i == 0)
    popped, slot = wp.tile_stack_pop(stack)
    if slot != -1:
        out[0] = popped
"""
    for name, field in (("a", "float"), ("b", "int")):
        (tmp_path / f"{name}.py").write_text(text.format(field))
    assert [v.verdict for r in check_paths([tmp_path]) for v in r.verdicts] == ["accepted", "accepted"]
