"""Which programs a proof draws: the options ``--family``, ``--like`` and ``--profile``."""

from __future__ import annotations

import argparse
from pathlib import Path

from warpsmith.synthesizer import FAMILIES, KERNELS
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.learn import examples, learn
from warpsmith.synthesizer.profiling.kept import read, shipped


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options, of which at most one may be given."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--family", choices=FAMILIES, default=KERNELS.name)
    group.add_argument("--like", metavar="PATH", help="fit a profile to PATH, or to Warp's examples for warp")
    group.add_argument("--profile", metavar="FILE", help="a profile that learn wrote; people is the shipped one")


def family_of(options: argparse.Namespace) -> Family:
    """The family that they ask for."""
    if options.like:
        return kernels_like(learn([examples() if options.like == "warp" else Path(options.like)]).profile)
    if options.profile:
        return kernels_like(shipped() if options.profile == "people" else read(Path(options.profile)))
    return FAMILIES[options.family]
