"""What is asked for, and the units it is cut into.

A unit is a range of seeds under one configuration. It is pure: the same unit gives the same rows in any process, in any
order, beside any number of others, which makes it the currency of resuming and of distributing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from warpsmith.corpus.tokens import TOKENIZER
from warpsmith.errors import UsageError

BATCH = 10
"""Programs that go through Warp together: seeds 0 to 9, 10 to 19, ... What a native compiler makes of a kernel may
depend on its neighbours, so a batch is always made whole. A compiler is cheapest on modules of about ten kernels."""

ARCHITECTURES = (75, 80, 86, 87, 88, 89, 90, 100, 103, 107, 110, 120, 121)
"""CUDA architectures that the compiler within Warp 1.19 (NVRTC 13.4) compiles for."""

LARGEST_UNIT = 200
"""Programs in the largest unit: what an interruption costs a worker, and what a shard holds."""

_SHARES = 4
"""A unit is at most this part of what a worker has still to expect."""

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

    @property
    def seeds(self) -> range:
        """The seeds, ascending."""
        return range(self.seed, self.seed + self.count)


def shard(request: Request, number: int, of: int) -> Request:
    """One of the parts of a request that are made apart, each in a folder of its own: whole batches, as even as can be.

    Args:
        request: the whole.
        number: of the part, from 1 on.
        of: how many parts there are.

    Raises:
        UsageError: there is no such part.
    """
    if not 1 <= number <= of:
        raise UsageError(f"shard {number}/{of} is out of range: shards are 1/{of} to {of}/{of}")
    firsts = batches(request.seeds)
    if of > len(firsts):
        raise UsageError(f"{request.count} seeds are {len(firsts)} batches of {BATCH}, too few for {of} shards")
    edges = [*firsts, firsts.stop]
    start, stop = (edges[len(firsts) * n // of] for n in (number - 1, number))
    first = max(start, request.seed)
    return replace(request, seed=first, count=min(stop, request.seeds.stop) - first)


@dataclass(frozen=True)
class Unit:
    """Seeds ``first`` to ``first + count - 1``: whole batches."""

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

    def batches(self) -> list[range]:
        """The seeds in groups that go through Warp together."""
        return [self.seeds[i : i + BATCH] for i in range(0, self.count, BATCH)]


def batch_of(seed: int) -> range:
    """The seeds that go through Warp together with this one."""
    first = seed - seed % BATCH
    return range(first, first + BATCH)


def batches(seeds: range) -> range:
    """First seeds of the batches that some seeds are in, the first and the last of which may reach beyond them."""
    return range(batch_of(seeds.start).start, seeds.stop, BATCH)


def plan(missing: Sequence[int], jobs: int) -> list[Unit]:
    """Cut batches into units: large ones first, and single batches at the end, where the last worker decides.

    How they are cut changes no row.

    Args:
        missing: first seeds of the batches, ascending.
        jobs: how many workers there are.
    """
    units, at = [], 0
    while at < len(missing):
        share = (len(missing) - at) // (_SHARES * jobs)
        most = min(len(missing) - at, max(1, min(share, LARGEST_UNIT // BATCH)))
        length = next((n for n in range(1, most) if missing[at + n] != missing[at] + n * BATCH), most)
        units.append(Unit(missing[at], length * BATCH))
        at += length
    return units
