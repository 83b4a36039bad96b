"""Which line of Python a line of generated text came from.

Warp can put a ``#line`` directive before every statement that it generates. They are asked for, and become *marks*: a
sign and a number behind the line they are about, which stay there while the text is cleaned, parted and cut, and are
taken off at the end. So the text is the same as it would be without them. What the native compilers say of lines is
about the generated text, which has marks (``compiled_lines.py``).
"""

from __future__ import annotations

import re
from typing import NamedTuple

SIGN = "\0"
"""Begins a mark."""
_DIRECTIVE = re.compile(r'^[ \t]*#line (\d+) "((?:[^"\\\n]|\\.)*)"\n(?![ \t]*#line )([^\n]*)$', re.MULTILINE)
_MARK = re.compile(rf"{SIGN}(\d+)")


class SourceLine(NamedTuple):
    """A line of somebody's Python.

    Attributes:
        file: as Python names it; ``<name>`` for a program that was loaded from text.
        line: counted from 1.
    """

    file: str
    line: int


class Marks:
    """The places that the marks in the texts of one kernel stand for."""

    def __init__(self) -> None:
        self._numbers: dict[SourceLine, int] = {}

    def put(self, text: str) -> str:
        """The text with a mark in place of every ``#line`` directive."""

        def mark(match: re.Match[str]) -> str:
            place = SourceLine(match[2].replace('\\"', '"'), int(match[1]))
            return f"{match[3]}{SIGN}{self._numbers.setdefault(place, len(self._numbers))}"

        return _DIRECTIVE.sub(mark, text)

    @property
    def places(self) -> tuple[SourceLine, ...]:
        """Places, by the number in the mark."""
        return tuple(self._numbers)


def take_off(text: str) -> tuple[str, list[int | None]]:
    """The text without its marks, and the number of the mark on each of its lines."""
    if SIGN not in text:
        return text, [None] * text.count("\n")
    numbers = [int(line.rpartition(SIGN)[2]) if SIGN in line else None for line in text.splitlines()]
    return _MARK.sub("", text), numbers
