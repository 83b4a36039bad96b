"""``python -m tests.proofs.check_speed``: kernels a second, beside ``ast.parse`` of the same files.

Takes 500, 1,000 and 2,000 kernels in projects that it writes, and the whole wheel. Linear means that the ratio to
parsing does not grow. CPU seconds of one process.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
import tempfile
import time
from pathlib import Path

import warp as wp

from tests.proofs.wheel import wheel
from warpsmith.synthesizer.check import check_paths

_FILE = """import warp as wp
from {package}.shared import scaled, Params, STEPS


@wp.func
def blend_{n}(a: wp.vec3, b: wp.vec3, t: float) -> wp.vec3:
    return a * (1.0 - t) + b * t


{kernels}"""
_KERNEL = """@wp.kernel
def step_{n}(x: wp.array(dtype=wp.vec3), v: wp.array(dtype=wp.vec3), p: Params, out: wp.array(dtype=float)):
    i = wp.tid()
    position = x[i]
    velocity = v[i] + p.gravity * p.dt
    energy = float(0.0)
    for j in range(STEPS):
        offset = wp.vec3(float(j), 1.0, 2.0)
        energy += wp.dot(offset, velocity)
        if energy > 10.0:
            velocity = blend_{file}(velocity, offset, 0.5)
    d = wp.length(position)
    if d < p.radius:
        velocity = velocity - 2.0 * wp.dot(velocity, wp.normalize(position)) * wp.normalize(position)
    v[i] = velocity
    x[i] = position + velocity * p.dt
    wp.atomic_add(out, 0, scaled(energy) + d)


"""
_SHARED = """import warp as wp

STEPS = 4


@wp.struct
class Params:
    gravity: wp.vec3
    dt: float
    radius: float


@wp.func
def scaled(x: float) -> float:
    return x * 0.5
"""


def project(folder: Path, kernels: int, each: int = 10) -> None:
    """Write a package with so many kernels, which share a struct, a function and a constant."""
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "shared.py").write_text(_SHARED)
    for n in range(0, kernels, each):
        text = "".join(_KERNEL.format(n=n + i, file=n) for i in range(each))
        (folder / f"part_{n}.py").write_text(_FILE.format(package=folder.name, n=n, kernels=text))


def measure(folders: list[Path]) -> dict[str, float]:
    """CPU seconds of parsing and of checking."""
    texts = [f.read_bytes() for folder in folders for f in folder.rglob("*.py")]
    began = time.process_time()
    for text in texts:
        ast.parse(text)
    parsing = time.process_time() - began
    began = time.process_time()
    reports = check_paths(folders)
    checking = time.process_time() - began
    found = sum(len(r.verdicts) for r in reports)
    return {
        "kernels and functions": found,
        "parsing s": round(parsing, 2),
        "checking s": round(checking, 2),
        "ratio": round(checking / parsing, 2),
        "a second": round(found / checking),
    }


def main() -> int:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-wheel", action="store_true")
    options = parser.parse_args()
    wp.config.quiet = True
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        project(Path(folder, "warm"), 20)
        measure([Path(folder, "warm")])  # tables of Warp's registry are made at the first use
        for count in (500, 1000, 2000):
            project(Path(folder, f"p{count}"), count)
            figures[str(count)] = measure([Path(folder, f"p{count}")])
    if not options.no_wheel:
        figures["wheel"] = measure(wheel())
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
