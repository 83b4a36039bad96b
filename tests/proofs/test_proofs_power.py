"""The proof of power can fail: a defect that changes nothing is not caught, nor is one that does not compile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.proofs.fresh import FRESH
from tests.proofs.planting import FORWARD, REPLAY, REVERSE, aliases, parsed
from tests.proofs.plants import CONTROLS, PLANTS
from tests.proofs.power import Baseline, PlantedSession, Sighting, Trials, hunt, sessions, summary
from tests.proofs.unseen import UNSEEN

SEED = 1_000_000
PROGRAMS = 6

GENERATED = """\
static void adj_f_0(
    wp::float32 var_x,
    wp::float32 & adj_x,
    wp::float32 & adj_ret)
{
    //---------
    // primal vars
    wp::vec_t<2, wp::int32> var_0;
    const wp::float32 var_1 = 0.25;
    wp::float32* var_2;
    wp::float32 var_3;
    //---------
    // forward
    // y = x - a[i]                     <L 7>
    if (var_1) {
        var_3 = wp::sub(var_x, var_1);
    }
    //---------
    // reverse
    label0:;
    wp::adj_sub(var_x, var_1, adj_x, adj_1, adj_3);
}
"""


@pytest.fixture(scope="module")
def planted() -> Iterator[tuple[Trials, PlantedSession]]:
    with sessions(SEED, PROGRAMS) as made:
        yield made


def test_lines_are_told_by_section_nesting_and_types() -> None:
    lines = {line.text: line for line in parsed(GENERATED)}
    there = lines["var_3 = wp::sub(var_x, var_1);"]
    assert (there.section, there.nested, there.following) == (REPLAY, True, "}")
    back = lines["wp::adj_sub(var_x, var_1, adj_x, adj_1, adj_3);"]
    assert (back.section, back.nested) == (REVERSE, False)
    assert there.types == {
        "var_x": "wp::float32",
        "adj_x": "wp::float32",
        "adj_ret": "wp::float32",
        "var_0": "wp::vec_t<2, wp::int32>",
        "var_1": "wp::float32",
        "var_2": "wp::float32*",
        "var_3": "wp::float32",
    }
    once = GENERATED.replace("adj_f_0", "f_0")
    assert [line.section for line in parsed(once) if line.text == there.text] == [FORWARD]


def test_an_edit_changes_the_lines_of_its_shape_and_no_others() -> None:
    swapped = PLANTS["sub-swapped"].edit(GENERATED)
    assert swapped == GENERATED.replace("wp::sub(var_x, var_1)", "wp::sub(var_1, var_x)")
    assert PLANTS["add-subtracts"].edit(GENERATED) == GENERATED


def test_a_copy_that_is_an_alias_has_the_names_of_what_was_copied() -> None:
    text = GENERATED.replace("vec_t<2, wp::int32> var_0", "vec_t<2, wp::float32> var_0")
    text = text.replace("if (var_1) {", "var_0 = wp::copy(var_4);\n    wp::assign_inplace(var_0, var_1, var_x);")
    assert "wp::assign_inplace(var_4, var_1, var_x);" in aliases(text)
    assert "wp::copy" not in aliases(text)


def test_the_table_is_large_and_half_of_it_is_in_the_reverse_pass() -> None:
    back = [plant for plant in PLANTS.values() if plant.direction != FORWARD]
    assert len(PLANTS) >= 40
    assert 2 * len(back) >= len(PLANTS) - 5
    assert len({plant.area for plant in back}) == len({plant.area for plant in PLANTS.values()})


def test_the_tables_have_their_own_defects() -> None:
    tables = (PLANTS, UNSEEN, FRESH)
    assert len(PLANTS | UNSEEN | FRESH) == sum(map(len, tables))
    edited = [{plant.edit(GENERATED) for plant in table.values()} - {GENERATED} for table in tables]
    assert len(set.union(*edited)) == sum(map(len, edited))


@pytest.mark.parametrize("name", ["add-subtracts", "read-low"])
def test_a_planted_defect_is_caught(planted: tuple[Trials, PlantedSession], name: str) -> None:
    sighting = hunt(PLANTS[name], *planted, PROGRAMS)
    assert sighting.caught is not None
    assert sighting.oracle == "forward (value)"
    assert sighting.unfair == 0


def test_other_code_with_the_same_meaning_is_not_caught(planted: tuple[Trials, PlantedSession]) -> None:
    sighting = hunt(CONTROLS["add-commutes"], *planted, PROGRAMS)
    assert (sighting.caught, sighting.changed) == (None, 0)
    assert sighting.touched > 0


def test_code_that_does_not_compile_is_not_caught(planted: tuple[Trials, PlantedSession]) -> None:
    sighting = hunt(CONTROLS["sub-unknown"], *planted, PROGRAMS // 2)
    assert sighting.caught is None
    assert sighting.unfair == sighting.touched > 0


def test_what_disagrees_without_a_defect_is_not_caught(planted: tuple[Trials, PlantedSession]) -> None:
    trials, session = planted

    class Doubtful(Trials):
        def __getitem__(self, number: int) -> Baseline:
            return replace(trials[number], agreed=frozenset())

    sighting = hunt(PLANTS["add-subtracts"], Doubtful(session, SEED), session, PROGRAMS)
    assert sighting.caught is None
    assert sighting.changed > 0


def test_the_share_of_defects_is_told_by_direction() -> None:
    sightings = [
        Sighting("a", FORWARD, "loops", caught=3),
        Sighting("b", REVERSE, "loops", caught=7),
        Sighting("c", REVERSE, "loops"),
    ]
    assert summary(sightings) == "caught: all 2 of 3 (66.7%), forward 1 of 1 (100.0%), reverse 1 of 2 (50.0%)"
