"""The body of a C++ function, held to the statements that generated code is made of.

A statement that Warp's own function has is admitted as it is. Others declare a variable, assign to one, call a builtin
or a function of the program, or jump. A pointer is made by Warp's builtins and handed to them, and nothing else is done
with it: no arithmetic, no subscript, no dereferencing. So arrays are reached through code that checks indices.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from warpsmith.tasks.answer import InadmissibleAnswer
from warpsmith.tasks.python import builtins_for_native_code

Tokens = tuple[str, ...]

DEPTH = 40
"""Brackets within each other."""

_SCALARS = frozenset(
    (
        *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "bfloat16", "float32", "float64"),
    )
)
_VALUES = frozenset(("vec_t", "mat_t", "quat_t", "transform_t", "slice_t"))
_TYPES = _SCALARS | _VALUES | {"array_t", "shape_t", "range_t"}
_INTERNAL = frozenset(("int", "float", "initializer_array"))
"""What generated code calls and the registry does not have by this name."""
_PLAIN_CALLS = frozenset(("builtin_tid1d", "builtin_tid2d", "builtin_tid3d", "builtin_tid4d", "iter_cmp", "bool"))
_CONSTANTS = frozenset(("true", "false", "INFINITY", "NAN"))
_ASSIGNMENTS = frozenset(("=", "+=", "-=", "*=", "/="))
_BINARY = frozenset(("+", "-", "*", "/", "%", "&", "|", "^", "<", ">", "<=", ">=", "==", "!=", "&&", "||"))
_UNARY = frozenset(("-", "+", "!", "~"))
_ARRAY_MEMBERS = frozenset(("data", "grad", "shape", "strides", "ndim", "flags"))
"""Changing one would make an array something else."""
_NAME = re.compile(r"(?:var|adj|ret)_\w+")
_LABEL = re.compile(r"(?:label|start_|end_)\w*")
_NUMBER = re.compile(r"\.?\d")
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


@cache
def _builtins() -> frozenset[str]:
    """What of Warp's an answer may call."""
    allowed = builtins_for_native_code() | _INTERNAL
    return allowed | {f"adj_{name}" for name in allowed | _VALUES | _SCALARS} | _VALUES | _SCALARS


class Vocabulary:
    """What a function may be made of, as Warp's own shows it.

    Args:
        own: tokens of Warp's body.
        functions: what may be called besides builtins.
        structs: structs of the program.
    """

    def __init__(self, own: Tokens, functions: frozenset[str], structs: frozenset[str]) -> None:
        self.functions, self.structs = functions | structs, structs
        self.statements = frozenset(_statements(own))
        members = (own[i + 1] for i, token in enumerate(own[:-1]) if token in (".", "->"))
        self.members = frozenset(members) - _ARRAY_MEMBERS

    def hold(self, body: Tokens) -> None:
        """Nothing, if a body has statements of generated code alone.

        Raises:
            InadmissibleAnswer: it has another one; the message says which.
        """
        statements = list(_statements(body))
        pointers = {s[i + 1] for s in (*self.statements, *statements) for i, t in enumerate(s[:-1]) if t == "*"}
        for statement in statements:
            if statement not in self.statements:
                _Statement(statement, self, pointers).read()


def _statements(tokens: Tokens) -> Iterator[Tokens]:
    """Statements without the braces around them: simple ones to their semicolon, and heads of control flow."""
    at = 0
    while at < len(tokens):
        end = at + 1
        if tokens[at] in ("if", "while"):
            end = _after(tokens, at, ")")
        elif tokens[end : end + 1] == (":",):
            end += 1
        elif tokens[at] not in ("{", "}", "else", ";"):
            end = _after(tokens, at, ";")
        if end > at + 1 or tokens[at] == "else":
            yield tokens[at:end]
        at = end


def _after(tokens: Tokens, at: int, last: str) -> int:
    """Behind the first such token that is outside of brackets, or closes the first one."""
    depth = 0
    for i in range(at, len(tokens)):
        depth += (tokens[i] in _OPENING) - (tokens[i] in _CLOSING)
        if depth < 0:
            break
        if tokens[i] == last and depth == 0:
            return i + 1
    raise InadmissibleAnswer(f"{_told(tokens[at:])} does not end")


class _Statement:
    """Reads one statement, as a grammar says.

    Args:
        tokens: of the statement.
        known: what it may be made of.
        pointers: names of pointers.
    """

    def __init__(self, tokens: Tokens, known: Vocabulary, pointers: set[str]) -> None:
        self._tokens, self._at, self._known, self._pointers, self._depth = tokens, 0, known, pointers, 0

    def read(self) -> None:
        """Raise if it is none."""
        first, second = (*self._tokens, "", "")[:2]
        if first == "else":
            return
        if second == ":" and _LABEL.fullmatch(first) and len(self._tokens) == 2:
            return
        if first == "goto" and _LABEL.fullmatch(second) and self._tokens[2:] == (";",):
            return
        if first in ("if", "while"):
            self._at = 1
            self._parenthesised()
        elif first == "return":
            self._at = 1
            if self._next != ";":
                self._expression()
            self._take(";")
        else:
            self._simple()
        if self._at < len(self._tokens):
            raise self._refusal()

    @property
    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, *expected: str) -> str:
        """The next token, which must be one of these; any, if none is named."""
        token = self._next
        if not token or (expected and token not in expected):
            raise self._refusal()
        self._at += 1
        return token

    def _refusal(self) -> InadmissibleAnswer:
        return InadmissibleAnswer(f"{_told(self._tokens)} is no statement of generated code, at {self._next!r}")

    # --- statements -------------------------------------------------------------------

    def _simple(self) -> None:
        """A declaration, an assignment or a call."""
        if self._is_declaration():
            self._declaration()
        elif self._is_variable():
            self._path()
            self._take(*_ASSIGNMENTS)
            self._value()
        else:
            self._call()
        self._take(";")

    def _is_declaration(self) -> bool:
        """A type is followed by a name, and not by a parenthesis."""
        if self._next == "const":
            return True
        before = self._at
        named = self._type(optional=True)
        found = named and (self._next == "*" or bool(_NAME.fullmatch(self._next)))
        self._at = before
        return found

    def _declaration(self) -> None:
        if self._next == "const":
            self._at += 1
        self._type()
        if self._next == "*":
            self._at += 1
        if not _NAME.fullmatch(self._next):
            raise self._refusal()
        self._at += 1
        if self._next == "=":
            self._at += 1
            self._value()

    def _value(self) -> None:
        """What a variable gets: an expression, the address of a part of a value, or nothing."""
        if self._next == "{":
            self._at += 1
            self._take("}")
        elif self._next == "&":
            self._at += 1
            self._parenthesised()
        else:
            self._expression()

    def _type(self, *, optional: bool = False) -> bool:
        if self._next == "bool" or self._next in self._known.structs:
            self._at += 1
            return True
        if self._tokens[self._at : self._at + 2] == ("wp", "::"):
            known = self._tokens[self._at + 2 : self._at + 3]
            if known and known[0] in _TYPES:
                self._at += 3
                self._parameters()
                return True
        if not optional:
            raise self._refusal()
        return False

    def _parameters(self) -> None:
        """Arguments of a template: types and numbers."""
        if self._next != "<":
            return
        self._deeper()
        self._at += 1
        while True:
            if _NUMBER.match(self._next):
                self._at += 1
            else:
                self._type()
            if self._take(",", ">") == ">":
                break
        self._depth -= 1

    # --- expressions ------------------------------------------------------------------

    def _expression(self) -> bool:
        """An expression; returns whether it is a pointer, with which nothing is computed."""
        pointer = self._operand()
        while self._next in _BINARY:
            if pointer:
                raise self._refusal()
            self._at += 1
            if self._operand():
                raise self._refusal()
        return pointer

    def _operand(self) -> bool:
        signed = False
        while self._next in _UNARY:
            signed = True
            self._at += 1
        pointer = self._primary()
        if signed and pointer:
            raise self._refusal()
        return pointer

    def _primary(self) -> bool:
        token = self._next
        if token == "(":
            pointer = self._parenthesised()
            self._members()
            return pointer
        if _NUMBER.match(token) or token in _CONSTANTS:
            self._at += 1
            return False
        if self._is_variable() or token in ("_wp_args", "_wp_adj_args"):
            return self._path()
        return self._call()

    def _is_variable(self) -> bool:
        """A function may be called ``adj_f``."""
        return bool(_NAME.fullmatch(self._next)) and self._tokens[self._at + 1 : self._at + 2] != ("(",)

    def _path(self) -> bool:
        """A variable, or a member of one."""
        pointer = self._take() in self._pointers
        return not self._members() and pointer

    def _members(self) -> bool:
        found = False
        while self._next in (".", "->"):
            self._at += 1
            if self._take() not in self._known.members:
                self._at -= 1
                raise self._refusal()
            found = True
        return found

    def _parenthesised(self) -> bool:
        self._deeper()
        self._take("(")
        pointer = self._expression()
        self._take(")")
        self._depth -= 1
        return pointer

    def _call(self) -> bool:
        """A call; returns whether it gives a pointer."""
        address = False
        if self._tokens[self._at : self._at + 2] == ("wp", "::"):
            self._at += 2
            if self._next not in _builtins():
                raise self._refusal()
            address = self._take() == "address"
            self._parameters()
        elif self._next in self._known.functions | _PLAIN_CALLS:
            self._at += 1
        else:
            raise self._refusal()
        self._arguments(*("{}" if self._next == "{" else "()"))
        return address

    def _arguments(self, opening: str, closing: str) -> None:
        self._deeper()
        self._take(opening)
        while self._next != closing:
            if self._next == "{":
                self._arguments("{", "}")
            elif self._next == "&":
                self._at += 1
                self._path()
            else:
                self._expression()
            if self._next != closing:
                self._take(",")
        self._at += 1
        self._depth -= 1

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEPTH:
            raise InadmissibleAnswer(f"{_told(self._tokens)} is nested deeper than {DEPTH} brackets")


def _told(tokens: Tokens) -> str:
    return " ".join(tokens[:20])[:100]
