"""The ledger of operators: each operator of ``warp.fem`` is drawn or excluded, and each exclusion has its reason."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product

from warpsmith.fem.integrands.draw import CLOSEST
from warpsmith.fem.integrands.operators import known_atoms, linear_atoms
from warpsmith.fem.integrands.setting import DIMENSION, DOMAINS, FieldArgument, Setting, Space

EXCLUDED: dict[str, str] = {}
"""Operators that integrands leave out, and why. Warp 1.19 has none that none of the settings has a use for."""


@dataclass(frozen=True)
class OperatorLedger:
    """Where each operator stands.

    Attributes:
        drawn: operators that some setting draws.
        excluded: operator to reason.
        missing: operators that are neither; the ledger's test wants it empty.
        overlap: operators that are both; likewise.
    """

    drawn: tuple[str, ...]
    excluded: dict[str, str]
    missing: tuple[str, ...]
    overlap: tuple[str, ...]


@cache
def operators() -> tuple[str, ...]:
    """Every operator that ``warp.fem`` exports: what integrands call on fields and domains."""
    import warp.fem as fem  # importing it takes a second

    kinds = (fem.Operator, fem.Integrand)
    return tuple(sorted(name for name, value in vars(fem).items() if isinstance(value, kinds)))


@cache
def ledger() -> OperatorLedger:
    """Takes stock of the operators of the installed Warp."""
    drawn = _drawn()
    names = operators()
    return OperatorLedger(
        drawn=tuple(n for n in names if n in drawn),
        excluded={n: EXCLUDED[n] for n in names if n in EXCLUDED},
        missing=tuple(n for n in names if n not in drawn and n not in EXCLUDED),
        overlap=tuple(n for n in EXCLUDED if n in drawn),
    )


def _drawn() -> set[str]:
    """What the atoms of all settings hold, and the statements."""
    found = {name.removeprefix("fem.") for name in CLOSEST.covers}
    for geometry, domain, assembly in product(DIMENSION, DOMAINS, ("dispatch", "generic")):
        spaces = [Space(1), Space(1, vector=True)]
        fields = tuple(FieldArgument(f"f{i}", r, s) for i, (r, s) in enumerate(product(("field", "test"), spaces)))
        setting = Setting(geometry=geometry, domain=domain, assembly=assembly, fields=fields)
        atoms = [*known_atoms(setting), *(a for f in fields for a in linear_atoms(f, setting))]
        found |= {name.removeprefix("fem.") for a in atoms for name in a.traits}
    return found
