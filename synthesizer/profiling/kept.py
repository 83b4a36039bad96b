"""Profiles in files, and the one that warpsmith brings."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

from warpsmith.grammar.profile import Profile

SHIPPED = Path(__file__).parent / "people.json.gz"
"""Fitted to the kernels of Warp's own wheel: figures and single names, no idioms. ``make profile`` writes it."""


def write(profile: Profile, path: Path) -> None:
    """Keeps a profile; compressed if the file's name ends with ``.gz``. The same profile gives the same bytes."""
    data = profile.to_json().encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def read(path: Path) -> Profile:
    """The profile that is kept in a file.

    Raises:
        ValueError: there is none, or one of another version.
        OSError: the file cannot be read.
    """
    data = path.read_bytes()
    return Profile.from_json((gzip.decompress(data) if path.suffix == ".gz" else data).decode())


@cache
def shipped() -> Profile:
    """The profile that warpsmith brings."""
    return read(SHIPPED)
