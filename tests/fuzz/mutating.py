"""One fault of a kind, for tests that try kinds one by one."""

from __future__ import annotations

from random import Random

import libcst as cst

from warpsmith.fuzz.mutants import Mutation, put


def mutate(module: cst.Module, mutation: Mutation, random: Random) -> cst.Module | None:
    """The module with one fault of that kind, at a random site; ``None`` if it has no site.

    The site decides whether it is a fault indeed; :func:`warpsmith.fuzz.mutants.mutants` makes sure.
    """
    module = cst.parse_module(module.code)  # a built tree may hold one node in several places
    sites = list(mutation.sites(module))
    return put(module, random.choice(sites)) if sites else None
