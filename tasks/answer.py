"""What an answer's text holds: a block of code, or a JSON value. Nothing here runs any of it."""

from __future__ import annotations

import json
import re
from typing import Any

LARGEST = 1 << 16
"""Bytes of an answer."""
DEPTH = 40
"""Nested brackets of a JSON answer."""

_FENCE = re.compile(r"^[ ]{0,3}```[^\n`]*\n(.*?)^[ ]{0,3}```[ \t]*$", re.MULTILINE | re.DOTALL)


class InadmissibleAnswer(Exception):
    """An answer that is not looked at any further; the message says why."""


def block(answer: str) -> str:
    """The last fenced block of an answer, or all of it if there is none.

    Raises:
        InadmissibleAnswer: it is empty or too large.
    """
    if len(answer) > LARGEST or len(answer.encode("utf-8", "replace")) > LARGEST:
        raise InadmissibleAnswer(f"the answer has more than {LARGEST:,} bytes")
    found = _FENCE.findall(answer)
    text: str = found[-1] if found else answer
    if not text.strip():
        raise InadmissibleAnswer("the answer is empty")
    return text


def value(answer: str) -> Any:
    """The JSON value in an answer.

    Raises:
        InadmissibleAnswer: there is none.
    """
    text = block(answer)
    depth = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        if depth > DEPTH:
            raise InadmissibleAnswer(f"the answer is nested deeper than {DEPTH} brackets")
    try:
        return json.loads(text)
    except ValueError as error:
        raise InadmissibleAnswer(f"the answer is no JSON: {error}"[:200]) from None
