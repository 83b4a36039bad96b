"""An answer that is C++: functions that Warp generates, with bodies of the answer's own.

Of an answer only the bodies of functions are taken. What stands outside of them must be what Warp has there, token by
token. A body is read token by token, held to the statements that generated code is made of, and written anew from its
tokens; so no preprocessor, no comment and no line splice of an answer ever reaches the compiler.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from warpsmith.tasks.answer import InadmissibleAnswer
from warpsmith.tasks.cpp_assignment import hold as assigned_before_read
from warpsmith.tasks.cpp_body import Tokens, Vocabulary

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_TOKEN = re.compile(
    r"""[A-Za-z_]\w*
    |0[xX][0-9a-fA-F]+[uUlL]*
    |(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fFuUlL]*(?!\w)
    |::|->|&&|\|\||[-+*/%&|^=!<>]=
    |[-+*/%&|^=!<>~.,;:(){}\[\]]""",
    re.VERBOSE,
)
_GAP = re.compile(r"[ \n\t]*")


@dataclass(frozen=True)
class Definition:
    """Something at the top level of a text.

    Attributes:
        head: the tokens before its braces.
        body: those between its braces.
        start: where it begins in the text.
        end: where it ends.
    """

    head: Tokens
    body: Tokens
    start: int
    end: int

    @property
    def is_function(self) -> bool:
        """Whether it is a function of the program, and not what Warp generates for every struct."""
        return self.head[0] in ("static", "template") and "CUDA_CALLABLE" not in self.head


def module_with(answer: str, wanted: str, module: str, given: str = "") -> str:
    """The module with the answer's functions in the place of Warp's.

    Args:
        answer: C++; one pass.
        wanted: Warp's text of that pass.
        module: the whole text that Warp compiles, :func:`warpsmith.ir.cpp_module`.
        given: Warp's text of the pass before, whose structs and functions are there.

    Raises:
        InadmissibleAnswer: it holds something else; the message says what.
    """
    own, mine = {d.head: d for d in definitions(wanted)}, definitions(answer)
    heads = [d.head for d in mine]
    for d in mine:
        if d.head not in own:
            raise InadmissibleAnswer(f"{_told(d.head)} is nothing that Warp defines here")
        if heads.count(d.head) > 1:
            raise InadmissibleAnswer(f"{_told(d.head)} is there twice")
        if not d.is_function and d.body != own[d.head].body:
            raise InadmissibleAnswer(f"{_told(d.head)} is not as Warp defines it")
    missing = [head for head, d in own.items() if d.is_function and head not in heads]
    if missing:
        raise InadmissibleAnswer(f"{_told(missing[0])} is missing")
    there = [*own, *(d.head for d in definitions(given))]
    functions = frozenset(name for head in there for name, after in pairwise(head) if after == "(")
    named = {head[head.index("(") - 1]: head for head in there if "(" in head}
    structs = frozenset(head[1] for head in there if head[:1] == ("struct",))
    for d in mine:
        if d.is_function:
            Vocabulary(own[d.head].body, functions, structs).hold(d.body)
            assigned_before_read(d.head, d.body, named)
            text = wanted[own[d.head].start : own[d.head].end]
            module = module.replace(text, f"{' '.join(d.head)}\n{{\n{_rendered(d.body)}}}")
    return module


def replaceable(wanted: str, module: str, given: str = "") -> bool:
    """Whether every function of a text of Warp's can be read, and stands in the module once."""
    try:
        found = definitions(wanted)
        module_with(wanted, wanted, module, given)
    except InadmissibleAnswer:
        return False
    return all(module.count(wanted[d.start : d.end]) == 1 for d in found if d.is_function)


def definitions(text: str) -> list[Definition]:
    """What stands at the top level of a text.

    Raises:
        InadmissibleAnswer: it has characters that generated C++ has not, or braces without a partner.
    """
    found: list[Definition] = []
    head: list[str] = []
    body: list[str] | None = None
    start, depth = -1, 0
    for token, at in _tokens(text):
        if not head and body is None and token != ";":
            start = at
        depth += (token == "{") - (token == "}")
        if depth < 0:
            raise InadmissibleAnswer("a brace is closed that was not opened")
        if body is not None and depth > 0:
            body.append(token)
        elif body is not None:
            found.append(Definition(tuple(head), tuple(body), start, at + 1))
            head, body = [], None
        elif token == "{" and head:
            body = []
        elif token == "{":
            raise InadmissibleAnswer("a brace is opened that belongs to nothing")
        elif token != ";":
            head.append(token)
        elif head:
            raise InadmissibleAnswer(f"{_told(tuple(head))} is no definition")
    if head or body is not None:
        raise InadmissibleAnswer("the answer ends within a definition")
    return found


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """Tokens, and where they are."""
    text = _COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), text)
    position = _GAP.match(text).end()  # type: ignore[union-attr]  # it matches nothing, too
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            line = text.count("\n", 0, position) + 1
            raise InadmissibleAnswer(f"{text[position : position + 1]!r} is not for answers (line {line})")
        yield found[0], position
        position = _GAP.match(text, found.end()).end()  # type: ignore[union-attr]


def _rendered(tokens: Tokens) -> str:
    return "".join(f"{token}\n" if token in ";{}" else f"{token} " for token in tokens)


def _told(head: Tokens) -> str:
    return " ".join(head)[:80]
