"""How like people's kernels the programs are that are drawn with a profile fitted to other kernels.

    python -m tests.proofs.likeness --fit examples --against tests [--tokens N] [--valid N] [--parts]

``--fit`` and ``--against`` are folders, or ``examples``, ``tests``, ``_src`` of the installed Warp; ``--fit`` may be
repeated. Prints what the programs teach about the kernels that nothing was fitted to, what those that the profile was
fitted to teach alone, and both together; and how many of the first N programs the checker, Warp's code generator and
the reference accept, with the distinct skeletons. ``--parts`` says what each part of the profile contributes: bits a
token without it.

Exits with 1 if a program is not valid.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from warpsmith import ir
from warpsmith.corpus.likeness import Function, NGram, functions_in, functions_of, likeness, limited, tokens
from warpsmith.errors import CodegenError, UndefinedError
from warpsmith.grammar.likely import program
from warpsmith.grammar.profile import Profile
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.inputs import inputs
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.learn import examples, learn
from warpsmith.synthesizer.reference import evaluate


def folder(text: str) -> Path:
    """A folder of the installed Warp, or any."""
    own = examples().parent / text
    return own if own.is_dir() else Path(text)


def drawn(family: Family, least: int) -> Iterator[Function]:
    """Functions of programs until there are so many tokens."""
    count = seed = 0
    while count < least:
        for function in functions_of(family.synthesize(seed).source):
            count += len(tokens(function)) + 1
            yield function
        seed += 1


def fault(family: Family, program: Program, seed: int) -> str:
    """What is wrong with a program, as somebody else says; ``""`` if nothing is."""
    if found := family.check(program).diagnostics:
        return f"checker: {found[0].message}"
    try:
        ir.capture(family.kernel(program, ir.load(program.source)), ["adjoint"])
    except CodegenError as error:
        return f"code generation: {error}"
    try:
        evaluate(program, inputs(program, seed), None)
    except UndefinedError as error:
        return f"reference: {error}"
    except NotImplementedError as error:  # some tiles have no meaning yet, those of vectors
        return "" if "wp.tile_" in program.source else f"reference: {error}"
    return ""


def validity(family: Family, count: int) -> Counter[str]:
    """How many of the first programs have which fault."""
    faults: Counter[str] = Counter()
    for seed in range(count):
        found = fault(family, family.synthesize(seed), seed)
        faults[found] += 1
        if found:
            print(f"seed {seed}: {found}")
    return faults


def parts(profile: Profile) -> Iterator[tuple[str, Family]]:
    """Families that lack one part of the profile, or what is drawn beside it."""
    yield "without idioms", kernels_like(profile.figures())
    yield "without names", kernels_like(replace(profile, names={}))
    yield "without topics", kernels_like(replace(profile, topics=()))
    yield "without programs of other families", kernels_like(replace(profile, novelty=0))
    flat = {context: dict.fromkeys(table, 1) for context, table in profile.rules.items()}
    yield "without weights", kernels_like(replace(profile, rules=flat))
    with patch.object(program, "FEATURED", (1, 0, 0, 0)), patch.object(program, "RARE", ((0, 0), (0, 0))):
        yield "without what the profile does not know", kernels_like(profile)


def held_out(description: str | None, count: int) -> argparse.ArgumentParser:
    """What is fitted to, what it is held against, and by how many tokens of ours if nobody says."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--fit", action="append", required=True)
    options.add_argument("--against", required=True)
    options.add_argument("--tokens", type=int, default=count)
    return options


def main() -> int:
    """Prints the figures."""
    options = held_out(__doc__, 120_000)
    options.add_argument("--valid", type=int, default=0)
    options.add_argument("--parts", action="store_true")
    asked = options.parse_args()
    fitted, against = [folder(f) for f in asked.fit], folder(asked.against)
    learned = learn(fitted)
    family = kernels_like(learned.profile)
    ours, theirs, real = list(drawn(family, asked.tokens)), list(functions_in([against])), list(functions_in(fitted))
    found = likeness(ours, theirs, asked.tokens)
    texts, known = [tokens(f) for f in theirs], [tokens(f) for f in real]
    extra = limited([tokens(f) for f in ours], asked.tokens)
    print(f"profile of {learned.functions} functions, {sum(map(len, known))} tokens; passed over:")
    print("  " + ", ".join(f"{n} {reason}" for reason, n in list(learned.passed_over.items())[:6]))
    print(f"ours alone: {found['bits_per_token']:.3f} bits a token, {found['tokens']['ours']} tokens")
    print(f"theirs that were fitted to, alone: {NGram(known).bits(texts):.3f}; with ours: ", end="")
    print(f"{NGram(known + extra).bits(texts):.3f}")
    print("distance", {k: round(v, 3) for k, v in found["distance"].items()}, f"classifier {found['classifier']:.3f}")
    skeletons = {" ".join("0" if t.isdigit() or t in "FN" else t for t in text) for text in map(tokens, ours)}
    print(f"{len(skeletons)} of {len(ours)} functions distinct by tokens")
    for name, lacking in parts(learned.profile) if asked.parts else ():
        less = limited([tokens(f) for f in drawn(lacking, asked.tokens)], asked.tokens)
        print(f"{name}: {NGram(less).bits(texts):.3f}, together {NGram(known + less).bits(texts):.3f}")
    faults = validity(family, asked.valid)
    print(f"valid: {faults['']} of {asked.valid}")
    return 0 if faults[""] == asked.valid else 1


if __name__ == "__main__":
    sys.exit(main())
