"""The checker is a witness: it and Warp accept the same programs, refuse the same, and infer the same types."""

from __future__ import annotations

from pathlib import Path
from random import Random

import libcst as cst
import pytest
import warp as wp

from tests.fuzz.mutating import mutate
from tests.synthesizer.witness import disagreements, local_types, refusal
from warpsmith import ir
from warpsmith.fuzz.mutants import Mutation
from warpsmith.fuzz.mutants.syntax import SYNTAX
from warpsmith.synthesizer.check import RULES, check, check_file

SNIPPETS = Path(__file__).parent.parent / "check"
ACCEPT = sorted((SNIPPETS / "accept").glob("*.py"))
REJECT = sorted((SNIPPETS / "reject").glob("*.py"))
CLOSED_OVER = (".factor", ".scale")


def stem(path: Path) -> str:
    return path.stem


def test_there_are_enough_snippets_and_mutations() -> None:
    assert len(ACCEPT) >= 25
    assert len(REJECT) >= 40
    assert len(SYNTAX) >= 20


@pytest.mark.parametrize("path", ACCEPT, ids=stem)
def test_both_accept(path: Path) -> None:
    assert [str(d) for d in check_file(path).diagnostics] == []
    assert refusal(path.read_text()) is None


@pytest.mark.parametrize("path", REJECT, ids=stem)
def test_both_refuse_and_the_checker_says_why(path: Path) -> None:
    source = path.read_text()
    rule, _, rest = source.splitlines()[0].removeprefix("# ").partition(" ")
    assert {d.rule for d in check_file(path).diagnostics} == {rule}
    assert refusal(source, native="native" in rest) is not None


def test_every_rule_has_a_snippet() -> None:
    shown = {path.read_text().split(maxsplit=2)[1].rstrip(",") for path in REJECT}
    assert shown == RULES.keys() - {"syntax-error"}  # a file that does not parse is no snippet


@pytest.mark.parametrize("path", ACCEPT, ids=stem)
def test_inferred_types_are_warps(path: Path) -> None:
    source = path.read_text()
    types = local_types(source)
    assert types
    # What a closure holds has a type, but is no local.
    assert [d for d in disagreements(check_file(path), types) if not d.split(":")[0].endswith(CLOSED_OVER)] == []


@pytest.mark.filterwarnings("ignore:.is. with a literal:SyntaxWarning")
@pytest.mark.parametrize("mutation", SYNTAX, ids=lambda m: m.name.replace(" ", "-"))
def test_mutations_are_refused_by_both(mutation: Mutation) -> None:
    random = Random(mutation.name)
    refused = 0
    for path in ACCEPT:
        changed = mutate(cst.parse_module(path.read_text()), mutation, random)
        if changed is None:
            continue
        ours, theirs = check(changed).diagnostics, refusal(changed.code)
        if ours and theirs is None:
            theirs = refusal(changed.code, native=True)
        assert bool(ours) == (theirs is not None), f"{path.stem}: {ours or 'accepted'}; Warp: {theirs}\n{changed.code}"
        refused += bool(ours)
    assert refused


@pytest.mark.parametrize("name", ["dem", "fluid", "nvdb", "sph", "wave"])
def test_inferred_types_are_warps_in_its_own_examples(name: str) -> None:
    path = Path(wp.__file__).parent / "examples" / "core" / f"example_{name}.py"
    loaded, report = ir.load_file(path), check_file(path)
    compared = 0
    for kernel in loaded.kernels.values():
        types = ir.capture(kernel, levels=("adjoint",)).local_types
        known = {f: {n: t for n, t in locals_.items() if n in report.locals.get(f, {})} for f, locals_ in types.items()}
        assert [d for d in disagreements(report, known) if not d.endswith("nothing")] == []
        compared += sum(map(len, known.values()))
    assert compared >= 10
