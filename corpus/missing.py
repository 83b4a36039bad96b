"""What people write and a corpus never has: typed patterns of real functions that occur in none of its programs.

Both sides are read by the type checker, so both are read alike. Of a pattern and its cases the pattern alone is listed
if all of it is missing. What is left out on purpose has its reason in ``grammar/exceptions.py``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from warpsmith.corpus.patterns import Occurrence, patterns
from warpsmith.errors import UsageError
from warpsmith.grammar.exceptions import excluded
from warpsmith.synthesizer.checker import files
from warpsmith.synthesizer.checker.project import Project
from warpsmith.synthesizer.profiling.typed import Recording, typed

_DECORATOR = "a decorator of warp.fem's own, no public API; decorators of programs take no arguments yet"
_FABRIC = "the launch has no buckets of Omniverse Fabric yet, which such an array is made of"
_TEXTURE = "textures are none of the objects that a launch is given yet"
_LAUNCH = "an option of CUDA launches, which a program's launch does not describe yet"
_UNREAD = "a value that nothing reads: programs read what they bind"
UNWRITTEN: dict[str, str] = {
    "*decorated by another decorator(*suffix=*": _DECORATOR,
    **{f"*{what}*": _FABRIC for what in ("fabricarray", "indexedfabricarray")},
    **{
        f"*{what}*": _TEXTURE
        for what in ("parameter T, object", "parameter object", "attribute object", "array1 of object")
    },
    **{
        f"kernel decorated by wp.kernel(*{what}=*": _LAUNCH
        for what in ("cluster_dim", "entry_point_abi", "grid_stride")
    },
    **{f"in {where}, last: name =": _UNREAD for where in ("kernel", "function")},
    "*parameter wp.ref[T]*": "it has no backward pass in Warp 1.19, and the reference evaluation passes values alone",
    "wp.address_of()": "its result depends on where memory is, so that it has no meaning",
    "kernel with 0 decorators": "wp.kernel(f) makes it: the reducer and the reference know kernels by decorators",
}
"""Patterns (``*`` stands for anything) that programs are not to have, with the reason."""
LEAST = 0.001
"""Share of the real functions in which a pattern must occur to be listed."""


@dataclass(frozen=True)
class Missing:
    """A pattern that real functions have and ours have not.

    Attributes:
        pattern: the pattern.
        functions: in how many real functions it occurs.
        share: of all real functions.
        example: one place, ``file:line``.
        reason: why it is left out on purpose; empty if it is not.
    """

    pattern: str
    functions: int
    share: float
    example: str
    reason: str = ""


@dataclass(frozen=True)
class Inventory:
    """The patterns of a body of functions.

    Attributes:
        functions: how many there are.
        counts: in how many of them each pattern occurs.
        places: where each occurs first.
        wider: what each is a case of.
    """

    functions: int
    counts: Counter[str]
    places: dict[str, str]
    wider: dict[str, tuple[str, ...]]


def of_paths(paths: Iterable[Path]) -> Inventory:
    """The patterns of the kernels and functions in files and folders; what the checker refuses is passed over.

    Raises:
        UsageError: there is no kernel in any.
    """
    folders = list(paths)
    analysis = Recording(Project(tuple(p.resolve() for p in folders if p.is_dir())))
    every = [f for p in folders for f in (sorted(files.python_files(p)) if p.is_dir() else [p])]
    inventory = _inventory((str(f), found) for f in every for found in _read(f, analysis))
    if not inventory.functions:
        raise UsageError(f"no kernels or functions of Warp in {', '.join(map(str, folders))}")
    return inventory


def of_sources(sources: Iterable[str]) -> Inventory:
    """The patterns of programs."""
    return _inventory(
        (f"program {i}", patterns(f))
        for i, source in enumerate(sources)
        for f in typed(Path(f"program_{i}.py"), source.encode(), Recording(Project()))[0]
    )


def _read(path: Path, analysis: Recording) -> Iterator[dict[str, Occurrence]]:
    try:
        data = files.read(path)
        if files.may_hold_kernels(data):
            yield from map(patterns, typed(path, data, analysis)[0])
    except (files.Unreadable, files.NotPython, OSError):
        return


def _inventory(functions: Iterable[tuple[str, dict[str, Occurrence]]]) -> Inventory:
    count, counts = 0, Counter[str]()
    places: dict[str, str] = {}
    wider: dict[str, tuple[str, ...]] = {}
    for path, found in functions:
        count += 1
        counts.update(found.keys())
        for text, one in found.items():
            if text not in places:
                places[text], wider[text] = f"{path}:{one.line}", one.wider
    return Inventory(count, counts, places, wider)


def missing(ours: Inventory, theirs: Inventory, least: float = LEAST) -> list[Missing]:
    """What occurs in that share of the real functions and in none of ours, most frequent first."""
    found = []
    for text, count in theirs.counts.most_common():
        if count < least * theirs.functions:
            break
        if text in ours.counts or any(w not in ours.counts for w in theirs.wider[text]):
            continue
        share = round(count / theirs.functions, 5)
        found.append(Missing(text, count, share, theirs.places[text], reason(text)))
    return found


def reason(pattern: str) -> str:
    """Why a pattern is left out on purpose; empty if it is not."""
    for name in re.findall(r"\bwp\.(\w+)\(\)", pattern):
        if told := excluded(name):
            return told
    return next((why for text, why in UNWRITTEN.items() if _matches(text, pattern)), "")


def _matches(text: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(text).replace(r"\*", ".*"), pattern) is not None


def as_json(rows: list[Missing], ours: Inventory, theirs: Inventory) -> dict[str, Any]:
    """What ``stats --missing --json`` prints: ``{functions, missing[], excepted[]}``."""
    return {
        "functions": {"ours": ours.functions, "theirs": theirs.functions},
        "missing": [asdict(r) for r in rows if not r.reason],
        "excepted": [asdict(r) for r in rows if r.reason],
    }
