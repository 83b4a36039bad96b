"""Programs that read objects: valid, the same for the same seed, and what they compute is what brute force says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import libcst as cst
import numpy as np
import pytest
import warp as wp

from warpsmith import ir
from warpsmith.errors import UndefinedError
from warpsmith.fuzz.finding import confirm
from warpsmith.fuzz.oracles import ORACLES
from warpsmith.fuzz.reduce import reduce_case
from warpsmith.fuzz.reference import Reference
from warpsmith.fuzz.report import reproducer
from warpsmith.fuzz.session import Session
from warpsmith.grammar.constructs.objects import OBJECT_CONSTRUCTS
from warpsmith.grammar.operations import objects, record, shapes, volumes
from warpsmith.grammar.program import Argument, Launch, Object, Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer import OBJECTS
from warpsmith.synthesizer.case import Case, make_case
from warpsmith.synthesizer.harness import Evidence
from warpsmith.synthesizer.inputs import inputs
from warpsmith.synthesizer.judgement import Judgement, Stage, Verdict
from warpsmith.synthesizer.objects_data import object_data
from warpsmith.synthesizer.reference import Outcome, evaluate
from warpsmith.synthesizer.reference.evaluate import ORDER

SEEDS = 300
GENERATED, EXECUTED = 80, 60
HANDLES = {
    "mesh": Object("mesh", 4, "closed"),
    "soup": Object("mesh", 3, "open"),
    "bvh": Object("bvh", 5),
    "grid": Object("grid", 8),
    "volume": Object("volume", 4, "float32"),
}


@pytest.fixture(scope="module")
def programs() -> list[Program]:
    return [OBJECTS.synthesize(seed) for seed in range(SEEDS)]


@pytest.fixture(scope="module")
def executed(programs: list[Program]) -> Iterator[tuple[list[Case], Session]]:
    with Session() as session:
        cases = [make_case(p, seed) for seed, p in enumerate(programs[:EXECUTED])]
        session.run(cases)
        yield cases, session


def by_hand(body: str, *handles: str, threads: int = 2, out: Any = wp.float32) -> Program:
    """A kernel over positions ``x`` and an array ``out``, with the body's lines; ``points`` are those of the grid."""
    parts = {"grid": ("points",)} if "points" in body else {}
    arguments = [Argument(h, wp.uint64, object=HANDLES[h]) for h in handles]
    for handle, names in parts.items():
        arguments += [Argument(n, Array(wp.vec3f), (HANDLES[handle].size,), part=(handle, n)) for n in names]
    arguments += [Argument("x", Array(wp.vec3f), (threads,)), Argument("out", Array(out), (threads,), written=True)]
    spelled = [
        f"{a.name}: wp.uint64" if a.object else f"{a.name}: wp.array(dtype=wp.{a.type.dtype.__name__})"  # type: ignore[union-attr]
        for a in arguments
    ]
    lines = ["    i = wp.tid()", *(f"    {line}" for line in body.strip().splitlines())]
    text = f"import warp as wp\n\n\n@wp.kernel\ndef kernel({', '.join(spelled)}):\n" + "\n".join(lines) + "\n"
    return Program(cst.parse_module(text), "kernel", Launch((threads,), tuple(arguments)), (), ())


def outcome_of(program: Program, adjoints: bool = False) -> Outcome:
    case = make_case(program, 3, ("tame",))
    return evaluate(program, case.sets[0], case.adjoints if adjoints else None)


def test_the_checker_accepts_every_program(programs: list[Program]) -> None:
    assert [(s, OBJECTS.check(p).diagnostics) for s, p in enumerate(programs) if OBJECTS.check(p).diagnostics] == []


def test_warp_generates_code_for_every_program(programs: list[Program]) -> None:
    for program in programs[:GENERATED]:
        assert ir.capture(ir.load(program.source).kernels[program.entry], ("adjoint",)).levels


def test_the_same_seed_gives_the_same_program_and_the_same_objects(programs: list[Program]) -> None:
    for seed, program in enumerate(programs[:40]):
        again = OBJECTS.synthesize(seed)
        assert (again.source, again.launch) == (program.source, program.launch)
        assert OBJECTS.replay(program.choices).source == program.source
        assert [a.tobytes() for a in inputs(again, 5)] == [a.tobytes() for a in inputs(program, 5)]


def test_every_builtin_that_is_covered_is_drawn(programs: list[Program]) -> None:
    text = "\n".join(p.source for p in programs)
    wanted = {name for c in OBJECT_CONSTRUCTS for name in c.covers}
    assert len(wanted) >= 39
    assert {name for name in wanted if f"wp.{name}(" not in text} == set()


def test_every_program_reads_an_object_that_its_launch_describes(programs: list[Program]) -> None:
    for program in programs:
        described = [a["object"]["kind"] for a in program.launch.describe()["arguments"] if "object" in a]
        assert described == [a.object.kind for a in program.launch.arguments if a.object is not None]
        assert described


def test_what_warp_computes_is_what_brute_force_says(executed: tuple[list[Case], Session]) -> None:
    cases, session = executed
    judged = [j for j in ORACLES["forward"].judge(cases, session) if j is not None]
    assert len(judged) == EXECUTED
    assert [j for j in judged if j.verdict is Verdict.DISAGREE] == []
    assert all(j.message for j in judged if j.verdict is Verdict.INCONCLUSIVE)
    assert sum(j.verdict is Verdict.AGREE for j in judged) >= 0.9 * EXECUTED
    assert sum(j.unclear for j in judged) < 0.2 * sum(j.components for j in judged)


def test_gradients_agree_where_no_object_is_in_their_way(executed: tuple[list[Case], Session]) -> None:
    cases, session = executed
    judged = [j for j in ORACLES["gradient"].judge(cases, session) if j is not None]
    assert [j for j in judged if j.verdict is Verdict.DISAGREE] == []
    assert any(j.verdict is Verdict.AGREE for j in judged)


def swapped(corners: Any, point: Any) -> Any:
    return TRUE_WEIGHTS(corners, point)[[1, 0, 2]]


TRUE_WEIGHTS = shapes.weights_of_closest
DEFECTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "weights are swapped": (shapes, "weights_of_closest", swapped),
    "normals point the other way": (shapes, "normal", lambda c, f=shapes.normal: -f(c)),
    "everything is inside": (shapes, "winding_number", lambda faces, point: 1.0),
    "hits are farther": (shapes, "hit", lambda *a, f=shapes.hit: (f(*a)[0] + 0.01, f(*a)[1]) if f(*a) else None),
    "boxes are closer": (shapes, "distance_to_box", lambda *a, f=shapes.distance_to_box: f(*a) - 0.2),
    "voxels are transposed": (volumes, "voxel", lambda v, i, j, k, f=volumes.voxel: f(v, k, j, i)),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_wrong_meaning_is_seen(
    defect: str, executed: tuple[list[Case], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    cases, session = executed
    monkeypatch.setattr(*DEFECTS[defect])
    monkeypatch.setattr(session, "reference", Reference())
    judged = (j for case in cases for j in ORACLES["forward"].judge([case], session))
    assert any(j is not None and j.verdict is Verdict.DISAGREE for j in judged)


def test_a_sum_over_neighbours_is_certain_and_their_order_is_not() -> None:
    loop = """
total = float(0.0)
for j in wp.hash_grid_query(grid, x[i], 2.0):
    d = wp.length(x[i] - points[j])
    if d < 2.0:
        total {} d
out[i] = total
"""
    summed, last = (outcome_of(by_hand(loop.format(how), "grid")) for how in ("+=", "="))
    assert np.isfinite(summed.errors[-1]).all()
    assert summed.values[-1].any()
    assert np.isinf(last.errors[-1]).any()
    assert ORDER in last.reasons


def test_what_a_grid_finds_beyond_the_radius_is_not_determined() -> None:
    loop = "count = int(0)\nfor j in wp.hash_grid_query(grid, x[i], 0.25):\n    count += 1\nout[i] = count\n"
    outcome = outcome_of(by_hand(loop, "grid", out=wp.int32))
    assert np.isinf(outcome.errors[-1]).all()
    assert ORDER in outcome.reasons


def test_of_a_query_that_finds_nothing_only_that_is_known() -> None:
    read = (
        "q = wp.mesh_query_point_no_sign(soup, x[i], {})\nif q.result{}:\n    out[i] = q.u\nelse:\n    out[i] = q.v\n"
    )
    nothing = outcome_of(by_hand(read.format("0.0", ""), "soup"))
    assert np.isinf(nothing.errors[-1]).all()
    found = outcome_of(by_hand(read.format("100.0", ""), "soup"))
    assert np.isfinite(found.errors[-1]).all()


def test_no_derivative_is_known_of_what_is_read_of_an_object() -> None:
    through = outcome_of(by_hand("out[i] = wp.volume_sample_f(volume, x[i], wp.Volume.LINEAR)", "volume"), True)
    beside = outcome_of(by_hand("out[i] = x[i][0] * wp.volume_lookup_f(volume, 1, 1, 1)", "volume"), True)
    assert np.isinf(through.gradient_errors[1]).any()
    assert np.isfinite(beside.gradient_errors[1]).all()


def test_the_sign_is_known_of_closed_meshes_alone() -> None:
    signs = {
        handle: outcome_of(by_hand(f"q = wp.mesh_query_point({handle}, x[i], 100.0)\nout[i] = q.sign", handle))
        for handle in ("mesh", "soup")
    }
    assert np.isfinite(signs["mesh"].errors[-1]).all()
    assert np.isinf(signs["soup"].errors[-1]).all()


def test_geometry_by_brute_force() -> None:
    corners = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    closest = {
        "above": ((0.25, 0.25, 3.0), (0.5, 0.25, 0.25)),
        "beyond an edge": ((0.5, -2.0, 1.0), (0.5, 0.5, 0.0)),
        "beyond a corner": ((5.0, -1.0, 0.0), (0.0, 1.0, 0.0)),
    }
    for where, (point, weights) in closest.items():
        assert np.allclose(shapes.weights_of_closest(corners, np.array(point)), weights), where
    met = shapes.hit(corners, np.array((0.25, 0.25, 2.0)), np.array((0.0, 0.0, -0.5)))
    assert met is not None
    assert met[0] == pytest.approx(4.0)
    assert shapes.hit(corners, np.zeros(3), np.array((1.0, 0.0, 0.0))) is None
    assert shapes.distance_to_box(np.zeros(3), np.ones(3), np.array((4.0, 5.0, 0.5))) == pytest.approx(5.0)
    assert shapes.span_in_box(np.zeros(3), np.ones(3), np.array((-1.0, 0.5, 0.5)), np.array((0.5, 0.0, 0.0))) == (2, 4)
    mesh = object_data(HANDLES["mesh"], np.random.default_rng(0))[()]
    assert objects.closed(mesh)
    assert not objects.closed(object_data(HANDLES["soup"], np.random.default_rng(0))[()])
    assert shapes.winding_number(objects.triangles(mesh), np.zeros(3)) == pytest.approx(1.0)
    assert shapes.winding_number(objects.triangles(mesh), np.full(3, 9.0)) == pytest.approx(0.0, abs=1e-9)


def test_a_reproducer_builds_its_objects(tmp_path: Path) -> None:
    body = """
q = wp.mesh_query_point(mesh, x[i], 100.0)
total = q.sign + wp.volume_sample_f(volume, x[i], wp.Volume.LINEAR)
for j in wp.hash_grid_query(grid, x[i], 2.0):
    if wp.length(x[i] - points[j]) < 2.0:
        total += 1.0
query = wp.bvh_query_sphere(bvh, x[i], 1.0)
b = int(0)
while wp.bvh_query_next(query, b):
    total += 1.0
out[i] = total
"""
    program = by_hand(body, "mesh", "bvh", "grid", "volume")
    case = make_case(program, 3, ("tame",))
    outcome = evaluate(program, case.sets[0])
    assert np.isfinite(outcome.errors[-1]).all()
    evidence = Evidence(case, Judgement("forward", Verdict.DISAGREE, Stage.VALUE), outcome)
    path = tmp_path / "test_finding.py"
    path.write_text(reproducer(evidence, "objects"))
    assert confirm(path) == (False, "exit code 0")
    wrong = replace(outcome, values=[*outcome.values[:-1], np.asarray(outcome.values[-1] + 1)])
    path.write_text(reproducer(replace(evidence, outcome=wrong), "objects"))
    assert confirm(path, fails_with="AssertionError")[0]


def test_the_reducer_keeps_the_object_and_what_reads_it(programs: list[Program]) -> None:
    seed = next(s for s, p in enumerate(programs) if "hash_grid_query(" in p.source)

    def reads(case: Case) -> bool:
        try:
            evaluate(case.program, case.sets[0])
        except UndefinedError:
            return False
        return "hash_grid_query(grid" in case.program.source and not OBJECTS.check(case.program).diagnostics

    case = make_case(programs[seed], seed)
    smaller = reduce_case(case, lambda cases: list(map(reads, cases)), seconds=30, clock=time.monotonic)
    assert len(smaller.program.source) < len(case.program.source) / 2
    assert any(a.object for a in smaller.program.launch.arguments)


def test_every_observation_has_a_record_and_no_meaning_besides() -> None:
    observing = [o for o in objects.OBJECTS if o.observes != "query"]
    assert all(o.observation is not None and o.meaning is None for o in observing)
    assert record("mesh_query_point").observes == "mesh"
