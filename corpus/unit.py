"""What is asked for, and the units it is cut into.

A unit is a range of seeds under one configuration. It is pure: the same unit gives the same rows in any process, in any
order, beside any number of others, which makes it the currency of resuming and of distributing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from warpsmith.corpus.tokens import TOKENIZER

BATCH = 10
"""Programs that go through Warp together. A native compiler is cheapest on modules of about ten kernels."""

ARCHITECTURES = (75, 80, 86, 87, 88, 89, 90, 100, 103, 107, 110, 120, 121)
"""CUDA architectures that the compiler within Warp 1.19 (NVRTC 13.4) compiles for."""

LARGEST_UNIT = 200  # a native worker lives for one: 320 large programs took it to 598 MiB
_UNITS_AIMED_AT = 32

CHECKS = ("codegen", "compile", "execute")
"""How far a program is followed: Warp's code generator, the native compilers too, a launch too."""


@dataclass(frozen=True)
class Configuration:
    """Everything but the seed that decides a row's bytes.

    Attributes:
        family: name of the family of programs.
        family_version: its version.
        levels: IR levels that are kept, in canonical order.
        arch: CUDA architecture, 90 for ``sm_90``.
        check: one of :data:`CHECKS`.
        warpsmith: version of this package.
        warp: version of Warp.
        normaliser: version of the IR normaliser.
        tokenizer: name of the tokenizer that counts tokens.
        max_tokens: the budget that programs are drawn for, ``"ptx=32000"``; empty where there is none.
    """

    family: str
    family_version: int
    levels: tuple[str, ...]
    arch: int
    check: str
    warpsmith: str
    warp: str
    normaliser: int
    tokenizer: str = TOKENIZER
    max_tokens: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the configuration, in hexadecimal."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Request:
    """A corpus that is asked for.

    Attributes:
        configuration: what decides the rows.
        seed: the first seed.
        count: how many seeds: programs are drawn from ``seed`` to ``seed + count - 1``. Duplicates, rows over the cap
            and refused programs are not replaced, so the corpus may hold fewer rows.
        skeleton_cap: at most so many rows share a skeleton.
    """

    configuration: Configuration
    seed: int
    count: int
    skeleton_cap: int


@dataclass(frozen=True)
class Unit:
    """Seeds ``first`` to ``first + count - 1``."""

    first: int
    count: int

    @property
    def seeds(self) -> range:
        """The seeds, ascending."""
        return range(self.first, self.first + self.count)

    @property
    def file(self) -> str:
        """The name of its shard."""
        return f"unit-{self.first:012d}-{self.count:04d}.parquet"

    def batches(self) -> list[Sequence[int]]:
        """The seeds in groups that go through Warp together."""
        return [self.seeds[i : i + BATCH] for i in range(0, self.count, BATCH)]


def unit_size(count: int) -> int:
    """Programs in a unit: few where ``count`` is small, so that every worker is busy and progress shows.

    Only ``count`` decides, never the number of workers: a unit's batches must not depend on who runs them.
    """
    size = -(-count // (_UNITS_AIMED_AT * BATCH)) * BATCH
    return min(LARGEST_UNIT, max(BATCH, size))


def plan(seed: int, count: int) -> list[Unit]:
    """The units of ``count`` seeds from ``seed`` on, in order."""
    size = unit_size(count)
    end = seed + count
    return [Unit(first, min(size, end - first)) for first in range(seed, end, size)]
