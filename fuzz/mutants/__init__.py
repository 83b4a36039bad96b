"""Programs spoilt so that Warp must refuse them: ill typed, or without a meaning.

A program that Warp takes although it should not is silent: nobody would look for the wrong numbers. So the table of
kinds keeps those that a release of Warp accepts, marked with the release.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import libcst as cst

from warpsmith.fuzz.mutants.meaning import MEANING
from warpsmith.fuzz.mutants.sites import Mutation, Site
from warpsmith.fuzz.mutants.snippets import SNIPPETS
from warpsmith.fuzz.mutants.syntax import SYNTAX
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.check import check

__all__ = ["MUTATIONS", "Mutant", "Mutation", "mutants", "put"]

MUTATIONS: dict[str, Mutation] = {mutation.name: mutation for mutation in (*SYNTAX, *SNIPPETS, *MEANING)}
"""Every kind of fault by name."""

_TRIES = 4
"""Sites of one kind that are looked at: at some, what is put there happens to have a meaning."""


@dataclass(frozen=True)
class Mutant:
    """A program with one fault.

    Attributes:
        kind: a key of :data:`MUTATIONS`.
        program: the program; its launch is that of the sound one.
    """

    kind: str
    program: Program


def mutants(program: Program, random: Random) -> Iterator[Mutant]:
    """The program with one fault of each kind that it has a place for, in random order.

    Every mutant has its fault: the type checker has seen it; or, where Warp knows no such fault and the checker follows
    it, the place is faulty whatever is around it.

    Args:
        program: a sound program.
        random: picks order and places; the same state gives the same mutants.
    """
    module = cst.ensure_type(program.module.deep_clone(), cst.Module)
    kinds = list(MUTATIONS.values())
    random.shuffle(kinds)
    for mutation in kinds:
        changed = _faulty(module, mutation, random)
        if changed is not None:
            yield Mutant(mutation.name, dataclasses.replace(program, module=changed, choices=()))


def _faulty(module: cst.Module, mutation: Mutation, random: Random) -> cst.Module | None:
    sites = list(mutation.sites(module))
    for site in random.sample(sites, min(_TRIES, len(sites))):
        changed = put(module, site)
        if mutation.accepted_by or not mutation.checked or check(changed).diagnostics:
            return changed
    return None


def put(module: cst.Module, site: Site) -> cst.Module:
    """The module with a fault at a site of its tree."""
    old, new = site
    changed = new if old is module else module.deep_replace(old, new)
    return cst.ensure_type(changed, cst.Module)
