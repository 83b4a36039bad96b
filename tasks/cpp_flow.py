"""The steps of a C++ function: what each statement reads and writes, and where it may go on."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from warpsmith.grammar import registry
from warpsmith.tasks.answer import InadmissibleAnswer

Tokens = tuple[str, ...]
Literal = tuple[str, bool]
"""A variable that was a condition, and whether it held."""
Outputs = Mapping[str, frozenset[int]]
"""Of what is called: which of its arguments it assigns to."""

NESTED = 60
"""Statements within each other."""

_NAME = re.compile(r"(?:var|adj|ret)_\w+")
_BEFORE_OTHERS = ((".",), ("->",), ("::",))
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


@dataclass
class FlowStep:
    """A statement without others in it.

    Attributes:
        reads: variables.
        writes: variables that have a value afterwards.
        clears: variables that have none afterwards, since they are declared.
        changes: variables that may have another value afterwards.
        jumps: where it may go on besides the next one: a label or a number, and what the condition was then.
        falls: whether it may go on with the next one, and what the condition was then.
        loads: the pointer whose value the written variable gets, if that is all that happens.
        stores: whether values behind pointers may change.
        chooses: what the written variable is one of, and when: it has a value if that has one.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    jumps: list[tuple[str | int, Literal | None]] = field(default_factory=list)
    falls: tuple[bool, Literal | None] = (True, None)
    loads: str = ""
    stores: bool = False
    chooses: tuple[tuple[str, Literal], ...] = ()


@cache
def builtin_outputs() -> Outputs:
    """Builtins that yield several values are handed variables for them, behind their operands."""
    several = {s.name: len(s.operands) for s in registry.signatures() if isinstance(s.result, tuple)}
    found = {f"wp::{name}": frozenset(range(count, count + 8)) for name, count in several.items()}
    threads = {f"builtin_tid{n}d": frozenset(range(n)) for n in (2, 3, 4)}
    return {**found, **threads, "wp::assign": frozenset({0})}


def result_parameters(head: Tokens) -> dict[int, str]:
    """Parameters that a function assigns its results to, ``& ret_0``, by their numbers."""
    parts = _parts(head[head.index("(") + 1 : -1])
    return {i: part[-1] for i, part in enumerate(parts) if part[-2:-1] == ("&",) and part[-1].startswith("ret_")}


class Steps:
    """The steps of a function's body; the last one is its end.

    Args:
        tokens: of its body, whose statements are those of generated code.
        outputs: of what it may call.
        results: what it must have assigned when it returns.

    Attributes:
        steps: in order.
        names: variables that are not initialised by being there, and a bit for each.

    Raises:
        InadmissibleAnswer: it has statements of another kind after all.
    """

    def __init__(self, tokens: Tokens, outputs: Outputs, results: tuple[str, ...]) -> None:
        self.steps: list[FlowStep] = []
        self._labels: dict[str, int] = {}
        self.names = {name: 1 << i for i, name in enumerate(results)}
        self._tokens, self._at, self._outputs, self._results = tokens, 0, outputs, results
        while self._at < len(self._tokens):
            self._statement(0)
        self.steps.append(FlowStep(self._results, falls=(False, None)))

    def _statement(self, depth: int) -> None:
        if depth > NESTED:
            raise InadmissibleAnswer(f"statements are nested deeper than {NESTED}")
        first, second = (*self._tokens[self._at : self._at + 2], "", "")[:2]
        if first in ("for", "do", "switch", "case", "}", ""):
            raise InadmissibleAnswer(f"{first or 'nothing'!r} is no statement")
        if first == "{":
            self._at += 1
            while self._tokens[self._at] != "}":
                self._statement(depth + 1)
            self._at += 1
        elif first in ("if", "while"):
            self._branch(first, depth)
        elif second == ":":
            if first in self._labels:
                raise InadmissibleAnswer(f"the label {first} is there twice")
            self._labels[first] = len(self.steps)
            self._at += 2
            self._statement(depth + 1)
        elif first == ";":
            self._at += 1
        else:
            self._simple(self._until(";"))

    def _branch(self, kind: str, depth: int) -> None:
        """``if`` with ``else``, or ``while``."""
        top = len(self.steps)
        condition = self._until(")")[1:]
        literal = _literal(condition)
        step = FlowStep(_reads(condition), falls=(True, literal))
        self.steps.append(step)
        self._statement(depth + 1)
        otherwise = literal and (literal[0], not literal[1])
        if kind == "while":
            self.steps.append(FlowStep(jumps=[(top, None)], falls=(False, None)))
        if kind == "if" and self._tokens[self._at : self._at + 1] == ("else",):
            self._at += 1
            over = FlowStep(falls=(False, None))
            self.steps.append(over)
            step.jumps.append((len(self.steps), otherwise))
            self._statement(depth + 1)
            over.jumps.append((len(self.steps), None))
        else:
            step.jumps.append((len(self.steps), otherwise))

    def label(self, name: str) -> int:
        """The number of the step that a label is before."""
        if name not in self._labels:
            raise InadmissibleAnswer(f"the label {name} is missing")
        return self._labels[name]

    def _until(self, last: str) -> Tokens:
        depth, start = 0, self._at
        while True:
            token = self._tokens[self._at]
            depth += (token in _OPENING) - (token in _CLOSING)
            self._at += 1
            if token == last and depth == 0:
                return self._tokens[start : self._at]

    def _simple(self, statement: Tokens) -> None:
        """A jump, a declaration, an assignment or a call; its semicolon is with it."""
        first, opening = statement[0], _place(statement, "(")
        place = next(_variables(statement), len(statement))
        if first == "goto":
            self.steps.append(FlowStep(jumps=[(statement[1], None)], falls=(False, None)))
        elif first == "return":
            reads = _reads(statement[1:]) + self._results
            self.steps.append(FlowStep(reads, falls=(False, None)))
        elif opening < place:
            self.steps.append(self._called(statement, opening))
        elif place < len(statement):  # Warp's own variables have other names, too
            self._assigned(statement, place)

    def _assigned(self, statement: Tokens, place: int) -> None:
        """An assignment, or a declaration."""
        name, choices = statement[place], _choices(statement)
        if place > 0 and name in self.names:
            raise InadmissibleAnswer(f"{name} is declared twice")
        if place > 0:
            self.names[name] = 1 << len(self.names)
        whole = statement[place + 1] == "="
        step = FlowStep(_reads(statement[place + 1 :], {i - place - 1 for i in choices}), changes=(name,))
        step.writes, step.clears = (name,) * whole, (name,) * (place > 0 and not whole)
        if place == 0 and not whole:
            step.reads += (name,)
        step.loads, step.stores = _loaded(statement) if place == 0 else "", _stores(statement)
        step.chooses = tuple((statement[i], literal) for i, literal in choices.items())
        self.steps.append(step)

    def _called(self, statement: Tokens, opening: int) -> FlowStep:
        name = "".join(statement[:opening])
        written = self._outputs.get(name, frozenset())
        parts = _parts(statement[opening + 1 : -2])
        bare = {i: part[0] for i, part in enumerate(parts) if len(part) == 1}
        adjoint = name.removeprefix("wp::").startswith("adj_")
        changes = [v for v in bare.values() if not adjoint or v.startswith("adj_")]
        writes = [v for i, v in bare.items() if i in written]
        reads = tuple(v for i, part in enumerate(parts) if i not in bare or i not in written for v in _reads(part))
        if name == "wp::adj_where":
            reads = _reads(statement, _choices(statement))
        return FlowStep(reads, tuple(writes), changes=tuple(changes), stores=not adjoint)


def _place(tokens: Tokens, token: str) -> int:
    return tokens.index(token) if token in tokens else len(tokens)


def _parts(tokens: Tokens) -> list[Tokens]:
    """What commas outside of brackets separate; those of templates are brackets, too."""
    parts: list[list[str]] = [[]]
    depth = templates = 0
    for i, token in enumerate(tokens):
        depth += (token in _OPENING) - (token in _CLOSING)
        templates += token == "<" and tokens[i - 2 : i - 1] == ("::",)
        templates -= token == ">" and templates > 0
        if token == "," and depth == 0 and templates == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return [tuple(part) for part in parts]


def _variables(tokens: Tokens) -> Iterator[int]:
    """Where variables stand: no members, and no functions."""
    for i, token in enumerate(tokens):
        if _NAME.fullmatch(token) and tokens[i + 1 : i + 2] != ("(",) and tokens[i - 1 : i] not in _BEFORE_OTHERS:
            yield i


def _reads(tokens: Tokens, handed: Container[int] = ()) -> tuple[str, ...]:
    """Variables that an expression reads, but for those at some places."""
    return tuple(tokens[i] for i in _variables(tokens) if i not in handed)


def _choices(tokens: Tokens) -> dict[int, Literal]:
    """The places of what ``x = wp::where(c, a, b);`` chooses from, and when; its adjoint does not look at them."""
    at = _place(tokens, "(")
    if tokens[at - 1 : at] not in (("where",), ("adj_where",)) or tokens[at + 2 : at + 6 : 2] != (",", ","):
        return {}
    return {at + 3: (tokens[at + 1], True), at + 5: (tokens[at + 1], False)}


def _loaded(statement: Tokens) -> str:
    """The pointer in ``x = wp::load(p);``."""
    return statement[6] if statement[1:6] == ("=", "wp", "::", "load", "(") and len(statement) == 9 else ""


def _stores(statement: Tokens) -> bool:
    """Whether something behind a pointer may change: what is called stores, or is a function of the program."""
    called = (i for i, token in enumerate(statement) if statement[i + 1 : i + 2] == ("(",) and token.isidentifier())
    return any(
        statement[i].startswith(("array_", "atomic_", "store")) or statement[i - 1 : i] != ("::",) for i in called
    )


def _literal(condition: Tokens) -> Literal | None:
    """A condition that is a variable, or the opposite of one."""
    bare = [token for token in condition if token not in "()"]
    if bare[1:] == ["==", "false"]:
        bare = ["!", bare[0]]
    if bare and _NAME.fullmatch(bare[-1]) and bare[:-1] in ([], ["!"]):
        return bare[-1], len(bare) == 1
    return None
