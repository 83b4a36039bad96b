"""Structs that people write are read as rules, and programs have them as people do, valid and defined."""

from __future__ import annotations

import re
from collections.abc import Collection

import pytest

from tests.proofs.analysis import dead
from tests.synthesizer.learning import faults, learned_from, like
from warpsmith.grammar import structs
from warpsmith.grammar.likely import holders, instances, sequences, stores
from warpsmith.grammar.likely.naming import ProgramNames
from warpsmith.grammar.likely.stores import StoreWriter
from warpsmith.grammar.program import Program
from warpsmith.grammar.types import Array
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.learn import Learned

COUNT = 80
PEOPLE = """
import warp as wp

@wp.struct
class Options:
    scale: float
    order: int

@wp.struct
class Args:
    pos: wp.array(dtype=wp.vec3)
    mass: wp.array(dtype=float)
    next: wp.array(dtype=int)
    dt: float
    count: int
    options: Options

@wp.struct
class Particle:
    x: wp.vec3
    v: wp.vec3
    m: float

@wp.func
def energy(p: Particle):
    return 0.5 * p.m * wp.dot(p.v, p.v)

@wp.func
def moved(p: Particle, dt: float):
    q = Particle()
    q.x = p.x + dt * p.v
    q.v = p.v
    q.m = p.m
    return q

@wp.func
def at_rest(x: wp.vec3, m: float):
    return Particle(x, wp.vec3(0.0, 0.0, 0.0), m)

@wp.func
def named(x: wp.vec3, v: wp.vec3):
    q = Particle(x=x, v=v, m=1.0)
    q.v += 0.1 * x
    q.m *= 0.5
    return q

@wp.func
def weight(args: Args, i: int):
    return args.mass[i] * args.options.scale + float(args.count)

@wp.func
def place(args: Args, i: int):
    j = args.next[i]
    return args.pos[j] * weight(args, i)

@wp.kernel
def integrate(particles: wp.array(dtype=Particle), args: Args, out: wp.array(dtype=float)):
    tid = wp.tid()
    if tid >= args.count:
        return
    p = particles[tid]
    p.v = p.v + args.dt * p.x
    q = moved(p, args.dt)
    particles[tid] = q
    out[tid] = energy(q) + particles[tid].m
    out[tid] /= args.dt

@wp.kernel
def gather(args: Args, particles: wp.array(dtype=Particle)):
    tid = wp.tid()
    x = args.pos[tid] * args.mass[tid]
    particles[tid].x += x
    particles[tid].m = weight(args, tid) * args.options.scale

@wp.kernel
def spread(args: Args):
    tid = wp.tid()
    p = at_rest(place(args, tid), args.dt)
    args.mass[tid] = energy(p)
    wp.atomic_add(args.pos, 0, p.x)
"""
FORMS = {
    "struct of nothing": r"^ +\w+ = [A-Z]\w+\(\)$",
    "struct of its fields in order": r"[A-Z]\w+\((?!\w+=)\S.*\)",
    "struct of its fields by name": r"[A-Z]\w+\(\w+=",
    "store to a field of a local": r"^ +[a-z]\w*\.\w+ [-+*/]?= ",
    "element as a local": r"^ +\w+ = \w+\[\w+\]$",
    "struct stored as a whole": r"^ +\w+\[\w+\] = [a-z]\w*$",
    "field of an element": r"\w\[[^\]]*\]\.[a-z]\w+ [-+*/]",
    "store to a field of an element": r"^ +\w+\[[^\]]*\]\.\w+ [-+*/]?= ",
    "struct as a parameter of a function": r"@wp\.func.*\n *def .*: [A-Z]\w+[,)]",
    "struct returned": r"^ +return [A-Z]\w+\(",
    "array of structs": r": wp\.array(\[[A-Z]\w+\]|\(dtype=[A-Z]\w+\))",
    "struct that holds an array": r"^@wp\.struct\nclass \w+:\n(    .*\n)*    \w+: wp\.array",
    "struct in a struct": r"^class (\w+):\n(    .*\n)+\n\n@wp\.struct\nclass \w+:\n(    .*\n)*    \w+: \1$",
    "element of an array in a struct": r"\b[a-z]\w*\.[a-z]\w*\[",
    "store into an array in a struct": r"^ +[a-z]\w*\.[a-z]\w*\[[^\]]*\] [-+*/]?= ",
    "atomic on an array in a struct": r"wp\.atomic_\w+\([a-z]\w*\.[a-z]\w*, ",
    "field of a struct in a struct": r"\b[a-z]\w*\.[a-z]\w*\.[a-z]\w+\b(?!\()",
    "struct with arrays handed on": r"@wp\.func.*\n *def .*args: [A-Z]\w+.*\n(.*\n)*.*\w+\(.*args[,)]",
}


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Learned:
    return learned_from(PEOPLE, tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def family(learned: Learned) -> Family:
    return like(learned)


@pytest.fixture(scope="module")
def programs(family: Family) -> list[Program]:
    return [family.synthesize(seed) for seed in range(COUNT)]


def test_all_forms_of_structs_are_read(learned: Learned) -> None:
    assert learned.passed_over == {}
    rules = learned.profile.rules
    made = {text for context, table in rules.items() if context.startswith("1|") for text in table if "struct:" in text}
    assert made == {"struct:new\tstruct", "struct:given\tstruct", "struct:named\tstruct"}
    assert rules["s0|body"]["return\t\tstruct"] == 3
    assert rules["s0|body"]["store:item\t\tstruct"] == 1
    assert rules["s0|body"]["store:field\t\tvec3f"] == 3
    assert rules["p0|func"]["struct\t"] == 4


def test_programs_with_structs_are_valid_and_defined(family: Family, programs: list[Program]) -> None:
    assert faults(family, programs) == []


def test_an_update_that_structs_do_not_take_is_found(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (instances, stores, sequences):
        monkeypatch.setattr(room, "OTHER_UPDATES", ())
    found = faults(family, map(family.synthesize, range(COUNT)))
    assert any("has no derivative" in f for f in found)
    assert any("a struct holds the array" in f for f in found)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_of_structs_occurs(form: str, programs: list[Program]) -> None:
    assert any(re.search(FORMS[form], p.source, re.MULTILINE) for p in programs)


def test_a_race_between_fields_of_elements_is_found(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StoreWriter, "_own_axes", lambda self, v: ("",) * v.type.ndim)
    assert any("race" in f for f in faults(family, map(family.synthesize, range(40))))


def test_a_race_with_a_function_that_reads_a_held_array_is_found(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holders.ParameterStruct, "shared", lambda self, v: False)
    monkeypatch.setattr(StoreWriter, "_own_axes", lambda self, v: ("",) * v.type.ndim)
    assert any("race" in f for f in faults(family, map(family.synthesize, range(40))))


@pytest.mark.parametrize("flowing", [True, False])
def test_no_field_of_a_local_is_left_unread(family: Family, monkeypatch: pytest.MonkeyPatch, *, flowing: bool) -> None:
    if not flowing:
        made = instances.declared

        def forgotten(*given: object) -> object:
            statement = made(*given)  # type: ignore[arg-type]
            for v in given[0].variables:  # type: ignore[attr-defined]
                v.unread &= v.whole is None
            return statement

        monkeypatch.setattr(instances, "declared", forgotten)
    found = [dead(family.synthesize(seed).module) for seed in range(COUNT)]
    share = sum(len(d.statements) for d in found) / sum(d.total for d in found)
    assert (share < 0.05) is flowing, share


def test_arrays_in_structs_are_as_long_as_functions_reach(programs: list[Program]) -> None:
    held = [a for p in programs for a in p.launch.arguments if "." in a.name]
    assert any(isinstance(a.type, Array) and a.shape > (1,) for a in held)
    assert any(not isinstance(a.type, Array) for a in held)


@pytest.mark.parametrize(("unfit", "there"), [(("rhs", "ret"), False), ((), True)])
def test_no_field_has_a_name_that_warp_s_helpers_hide(
    family: Family, monkeypatch: pytest.MonkeyPatch, unfit: tuple[str, ...], *, there: bool
) -> None:
    choose = ProgramNames.choose

    def chosen(names: ProgramNames, role: str, stem: str, taken: Collection[str], head: str = "") -> str:
        return "rhs" if role.startswith("param") and "rhs" not in taken else choose(names, role, stem, taken, head)

    monkeypatch.setattr(ProgramNames, "choose", chosen)
    monkeypatch.setattr(structs, "UNFIT", unfit)
    sources = [family.synthesize(seed).source for seed in range(40)]
    assert any(re.search(r"^class \w+:\n(    .*\n)*    rhs1?: ", source, re.MULTILINE) for source in sources)
    assert any(re.search(r"^class \w+:\n(    .*\n)*    rhs: ", source, re.MULTILINE) for source in sources) == there
