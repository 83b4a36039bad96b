"""How many defects planted in the generated code of integrands the fem family's oracles catch.

``python -m tests.proofs.fem_power [--programs 5] [--pool 150] [--jobs N] [--only NAME ...]``: each defect that
changes what a program computes is planted in the C++ of the program's own functions, in program after program, until
the oracle of the meaning disagrees or so many programs have shown it. A defect shows where what is assembled is not the
same to the bit without it. A program that is judged inconclusive, or disagreed about without a defect, does not count.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import warp as wp

from tests.proofs.editing import edit_generated
from tests.proofs.planting import FORWARD, Line, Plant, area, forward
from tests.proofs.plants import PLANTS
from warpsmith import ir
from warpsmith.errors import CodegenError
from warpsmith.fem.integrands.family import FEM
from warpsmith.fem.integrands.oracles import Subject, meaning

_DEFINITION = re.compile(
    r"^(?:__attribute__\S* )?static [^\n(]*?\b(\w+)\([^;{]*?\)\n\{\n.*?^\}", re.MULTILINE | re.DOTALL
)


def _of(*stems: str, put: str) -> Callable[[list[str], Line], str | None]:
    """What stands instead, where the function that is called begins with one of the stems."""

    def replaced(holes: list[str], line: Line) -> str | None:
        if not holes[1].startswith(stems):
            return None
        return re.sub(r"\$(\d)", lambda m: holes[int(m[1]) - 1], put)

    return replaced


_CALL = "V = N(V, V);"
_GEOMETRIES = ("Grid2D", "Grid3D", "Trimesh", "Quadmesh", "Tetmesh", "Hexmesh")
_NEGATED = "$1 = wp::neg($2($3, $4));"
_LOST = "$1 = wp::sub($2($3, $4), $2($3, $4));"
_DOUBLED = "$1 = wp::add($2($3, $4), $2($3, $4));"
# fmt: off
OPERATORS = area(
    "operators",
    forward("value-negated", "a field's value has the wrong sign", _CALL, _of("eval_inner", put=_NEGATED)),
    forward("value-doubled", "a field's value counts twice", _CALL, _of("eval_inner", put=_DOUBLED)),
    forward("virtual-value-lost", "a test or trial function's value is zero", _CALL,
            _of("eval_test_inner", "eval_trial_inner", put=_LOST)),
    forward("virtual-value-doubled", "a test or trial function's value counts twice", _CALL,
            _of("eval_test_inner", "eval_trial_inner", put=_DOUBLED)),
    forward("gradient-negated", "a gradient has the wrong sign", _CALL,
            _of("eval_nabla", "eval_grad", put=_NEGATED)),
    forward("divergence-lost", "a divergence is zero", _CALL, _of("eval_div", put=_LOST)),
    forward("jump-negated", "a jump is taken the other way round", _CALL, _of("jump", put=_NEGATED)),
    forward("average-doubled", "an average is a sum", _CALL, _of("average", put=_DOUBLED)),
    forward("grad-jump-lost", "a jump of gradients is zero", _CALL, _of("grad_jump", put=_LOST)),
    forward("grad-average-doubled", "an average of gradients is a sum", _CALL, _of("grad_average", put=_DOUBLED)),
    forward("strain-doubled", "the symmetric part is the sum of both", _CALL, _of("D_", put=_DOUBLED)),
    forward("curl-negated", "a curl has the wrong sign", _CALL, _of("curl", put=_NEGATED)),
    forward("position-lost", "a position is the origin", _CALL,
            _of(*(f"{g}__cell_position" for g in _GEOMETRIES), "side_position", "cell_position", put=_LOST)),
    forward("measure-doubled", "the measure counts twice", _CALL, _of("cell_measure", "side_measure_", put=_DOUBLED)),
    forward("normal-negated", "a normal points inward", _CALL,
            _of("hyperplane_normal", "Grid2D__side_normal", "Grid3D__side_normal", put=_NEGATED)),
    forward("outer-doubled", "an outer value counts twice", _CALL, _of("eval_outer", "eval_test_outer", put=_DOUBLED)),
    forward("deformation-doubled", "a deformation gradient counts twice", _CALL,
            _of(*(f"{g}__cell_deformation" for g in _GEOMETRIES), put=_DOUBLED)),
)
# fmt: on


@dataclass(frozen=True)
class Assembled:
    """What the oracle says of one program, and the bytes of what was assembled."""

    verdict: str
    assembled: bytes


@dataclass
class Catch:
    """What came of one plant.

    Attributes:
        name: of the plant.
        planted: how many programs it was put into.
        shown: seeds of those that it made a difference to.
        caught: the first of those that the oracle disagrees about.
    """

    name: str
    planted: int = 0
    shown: list[int] = field(default_factory=list)
    caught: int | None = None


class Bench:
    """Programs with what they generate, and one plant at a time in what is compiled."""

    def __init__(self, pool: int) -> None:
        self.plant: Plant | None = None
        self.stems: set[str] = set()
        self.baseline: dict[int, Assembled] = {}
        self.texts = {seed: text for seed in range(pool) if (text := self._text(seed))}
        edit_generated(self.edit)

    def edit(self, text: str) -> str:
        """Generated text with the plant in the functions of the program alone."""
        plant = self.plant
        if plant is None:
            return text
        return _DEFINITION.sub(lambda m: plant.edit(m[0]) if self._own(m[1]) else m[0], text)

    def _own(self, name: str) -> bool:
        return re.sub(r"(_[0-9a-f]{8})?_\d+$", "", name) in self.stems

    def _text(self, seed: int) -> str:
        program = FEM.synthesize(seed)
        loaded = ir.load(program.source)
        try:
            return ir.capture(FEM.kernel(program, loaded), ("cpp",)).levels["cpp"].forward
        except CodegenError:
            return ""
        finally:
            loaded.unload()

    def applies(self, plant: Plant) -> Iterator[int]:
        """Seeds of programs that the plant changes; cheap ones."""
        for seed, text in self.texts.items():
            if plant.edit(text) != text:
                yield seed

    def read(self, seed: int, plant: Plant | None) -> Assembled:
        """What is assembled with the plant in place, compiled anew, and what the oracle of the meaning says of it."""
        program = FEM.synthesize(seed)
        self.stems = set(re.findall(r"^def (\w+)", program.source, re.MULTILINE))
        self.plant = plant
        subject = Subject(program, seed)
        try:
            with _uncached():
                judgement = meaning(subject)
        except FloatingPointError:  # the program is undefined for these inputs
            return Assembled("undefined", b"")
        except Exception as error:  # which is all that Warp raises where Clang refuses the planted code
            if plant is None or "build failed" not in str(error):
                raise
            return Assembled("unbuilt", b"")
        finally:
            self.plant = None
            if "loaded" in vars(subject):
                subject.loaded.unload()
        assert judgement is not None
        return Assembled(judgement.verdict.value, subject.assembled.tobytes())

    def clean(self, seed: int) -> Assembled:
        """The reading without a plant."""
        if seed not in self.baseline:
            self.baseline[seed] = self.read(seed, None)
        return self.baseline[seed]


@contextmanager
def _uncached() -> Iterator[None]:
    before = wp.config.cache_kernels, wp.config.enable_backward
    wp.config.cache_kernels = wp.config.enable_backward = False  # adjoints are not launched
    try:
        yield
    finally:
        wp.config.cache_kernels, wp.config.enable_backward = before


def hunt(bench: Bench, plant: Plant, programs: int) -> Catch:
    """Plant one defect in program after program, until it is caught, or has shown often enough, or nowhere."""
    catch = Catch(plant.name)
    for seed in bench.applies(plant):
        if len(catch.shown) == programs or catch.planted == 4 * programs:
            break
        if bench.clean(seed).verdict != "agree":
            continue
        reading = bench.read(seed, plant)
        if reading.verdict == "unbuilt":  # no defect that anybody could ship
            continue
        catch.planted += 1
        if reading.assembled == bench.clean(seed).assembled:
            continue
        catch.shown.append(seed)
        if reading.verdict == "disagree":
            catch.caught = seed
            break
    return catch


_bench: Bench | None = None


def _hunted(task: tuple[str, int]) -> tuple[Catch, float]:
    """The outcome for the plant of that name, in a process that was forked off with the pool, and CPU seconds."""
    assert _bench is not None
    name, programs = task
    began = time.process_time()
    return hunt(_bench, _PLANTS[name], programs), time.process_time() - began


_PLANTS = {p.name: p for p in (*OPERATORS, *PLANTS.values()) if p.direction == FORWARD}


def main() -> int:
    """Print one line per plant and the share that was caught."""
    global _bench
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=5)
    parser.add_argument("--pool", type=int, default=150)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes; as many as there are cores")
    parser.add_argument("--only", choices=_PLANTS, metavar="NAME", nargs="*", default=())
    options = parser.parse_args()
    _bench = Bench(options.pool)
    tasks = [(name, options.programs) for name in options.only or _PLANTS]
    found: list[Catch] = []
    seconds = time.process_time()
    # Forked, as what the pool generates is the same for all; nothing has been compiled so far.
    with multiprocessing.get_context("fork").Pool(options.jobs) as workers:
        for catch, spent in workers.imap(_hunted, tasks):
            found.append(catch)
            seconds += spent
            print(f"{_PLANTS[catch.name].area}: {catch.name}: {row(catch)}", flush=True)
    showing = [s for s in found if s.shown]
    caught = sum(s.caught is not None for s in showing)
    print(f"{caught} of {len(showing)} plants that show caught ({100 * caught / max(1, len(showing)):.1f} %); ", end="")
    silent = sum(bool(s.planted and not s.shown) for s in found)
    nowhere = sum(not s.planted for s in found)
    print(f"{silent} show in no program, {nowhere} apply to none; {seconds:.0f} CPU seconds")
    return 0 if showing and caught >= 0.95 * len(showing) else 1


def row(s: Catch) -> str:
    """One plant's outcome in words."""
    outcome = f"caught, seed {s.caught}" if s.caught is not None else "NOT CAUGHT" if s.shown else "shows nowhere"
    return f"{outcome}; planted in {s.planted}, shown in {len(s.shown)}"


if __name__ == "__main__":
    raise SystemExit(main())
