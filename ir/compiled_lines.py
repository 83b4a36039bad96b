"""Which line of the generated text a line of PTX or LLVM IR came from, as the native compilers tell it.

Both compilers are asked for line information. It changes nothing in the code, and is not kept: it turns into marks.
Of a position in one of Warp's headers the statement is meant that it was inlined at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from warpsmith.ir.lines import SIGN

_PTX_FILE = re.compile(r'^\t?\.file\t(\d+) "[^"\n]*\bwarpsmith\.cu"', re.MULTILINE)
_LOC = re.compile(r"\t\.loc\t(?P<at>\d+ \d+ \d+)(?:, function_name [^,\n]*, inlined_at (?P<caller>\d+ \d+ \d+))?\s*")
#: Labels that are there for the tables of line information only.
_BOUND = re.compile(r"\$L__func_(?:begin|end)\d+:")

_DEBUG = re.compile(r"^( [^\n]*), !dbg !(\d+)([^\n]*)$", re.MULTILINE)
_LLVM_FILE = re.compile(r'^ *!(\d+) = !DIFile\(filename: "(?:[^"\n]*/)?warpsmith\.cpp"', re.MULTILINE)
_SCOPE = re.compile(r"^ *!(\d+) = (?:distinct )?!DI(?:Subprogram|LexicalBlock\w*)\([^\n]*\bfile: !(\d+)", re.MULTILINE)
_LOCATION = re.compile(
    r"^ *!(\d+) = (?:distinct )?!DILocation\(line: (\d+),[^\n]*? scope: !(\d+)(?:, inlinedAt: !(\d+))?", re.MULTILINE
)
_REFERENCE = re.compile(rf"{SIGN}(\d+)")


def unit_file(ptx: str) -> str | None:
    """The number that a module's line information gives the file of our text; ``None`` where it names no such file."""
    match = _PTX_FILE.search(ptx)
    return match[1] if match else None


def mark_ptx(text: str, file: str | None, first: int, numbers: Sequence[int | None]) -> str:
    """PTX with marks in place of its line information.

    Args:
        text: functions and variables, with ``.loc`` directives.
        file: what :func:`unit_file` says of the module.
        first: line of the module's text, from 1, that the kernel's own text begins at.
        numbers: marks of the kernel's own text, by line.
    """
    marks = {f"{file} {first + i}": number for i, number in enumerate(numbers) if number is not None}
    return "\n".join(_marked_lines(text.split("\n"), marks))


def _marked_lines(lines: Sequence[str], marks: Mapping[str, int]) -> Iterator[str]:
    inlined = _Inlined(marks)
    mark: int | None = None
    for line in lines:
        if line.startswith("\t.loc\t") and (match := _LOC.fullmatch(line)):
            candidates = inlined.told(match["at"], match["caller"])
            # Where several statements inlined a position, the one that was at work right before is meant.
            mark = mark if mark in candidates else next(iter(candidates), None)
        elif line.startswith("$L__func_") and _BOUND.fullmatch(line):
            continue
        elif line == "}":  # a function ends, and what was said of it with it
            inlined, mark = _Inlined(marks), None
            yield line
        elif mark is not None and line.startswith("\t") and not line.startswith("\t."):
            yield f"{line}{SIGN}{mark}"
        else:
            yield line


class _Inlined:
    """Where positions of one function's line information were inlined: NVRTC says it once for each, not at each use."""

    def __init__(self, marks: Mapping[str, int]) -> None:
        self._marks = marks
        self._callers: dict[str, list[str]] = {}
        self._known: dict[str, tuple[int, ...]] = {}

    def told(self, at: str, caller: str | None) -> tuple[int, ...]:
        """What a directive says of a position, and where it was inlined: the marks it may have, the best one first."""
        if caller is None or self._own(at) is not None:
            return self._marks_of(at)
        if caller not in (callers := self._callers.setdefault(at, [])):
            callers.append(caller)
            self._known.clear()
        return self._marks_of(caller)

    def _marks_of(self, at: str) -> tuple[int, ...]:
        """The mark of a position, or those of the nearest ones that it was inlined at, the one told last first."""
        if at not in self._known:
            self._known[at] = tuple(dict.fromkeys(self._search(at, set())))
        return self._known[at]

    def _own(self, at: str) -> int | None:
        return self._marks.get(at.rpartition(" ")[0])

    def _search(self, at: str, seen: set[str]) -> Iterator[int]:
        if (own := self._own(at)) is not None:
            yield own
        elif at not in seen:
            seen.add(at)
            for caller in reversed(self._callers.get(at, ())):
                yield from self._search(caller, seen)


def llvm_with_references(ir: str) -> str:
    """LLVM IR whose instructions end in the number of their location, instead of having it among other metadata."""
    return _DEBUG.sub(rf"\1\3{SIGN}\2", ir)


def unit_lines(ir: str) -> dict[str, int]:
    """The line of our text, from 1, that each location of a module is at, or was inlined at."""
    files = set(_LLVM_FILE.findall(ir))
    ours = {scope for scope, file in _SCOPE.findall(ir) if file in files}
    locations = {number: rest for number, *rest in _LOCATION.findall(ir)}
    found = {}
    for number in locations:
        at = number
        while at and locations[at][1] not in ours:
            at = locations[at][2]
        if at:
            found[number] = int(locations[at][0])
    return found


def mark_llvm(text: str, lines: Mapping[str, int], first: int, numbers: Sequence[int | None]) -> str:
    """LLVM IR with marks in place of the numbers of locations.

    Args:
        text: functions, globals and types, as :func:`llvm_with_references` left them.
        lines: what :func:`unit_lines` says of the module.
        first: as for :func:`mark_ptx`.
        numbers: as for :func:`mark_ptx`.
    """

    def mark(match: re.Match[str]) -> str:
        index = lines.get(match[1], 0) - first
        number = numbers[index] if 0 <= index < len(numbers) else None
        return "" if number is None else f"{SIGN}{number}"

    return _REFERENCE.sub(mark, text)
