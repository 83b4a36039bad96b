"""What somebody wrote, as trees of rules: what a profile is counted from, and what an idiom is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from warpsmith.grammar.profile import Rule

UNREAD = "?"
"""The rule of a statement that no rule says."""


@dataclass(frozen=True)
class Form:
    """An expression or a statement.

    Attributes:
        rule: what is written at the top.
        operands: the expressions in it, in the order in which they are drawn: a target before its value.
        blocks: of a statement the blocks that belong to it: their kind, and their statements.
        names: of a name itself; of a statement those that it binds.
    """

    rule: Rule
    operands: tuple[Form, ...] = ()
    blocks: tuple[tuple[str, tuple[Form, ...]], ...] = ()
    names: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """The rule's."""
        return self.rule.head

    @property
    def summary(self) -> str:
        """Of a statement: what the choice of the next one depends on."""
        kind = self.head.partition(":")[0]
        if kind in ("if", "ifelse", "elif", "expr", "new", "old"):
            return f"{self.head}={self.operands[0].head}"
        if kind in ("store", "aug"):
            return f"{self.head}={self.operands[1].head}"
        return f"for={len(self.operands)}" if kind == "for" else kind

    def everything(self) -> Iterator[Form]:
        """This and all below."""
        yield self
        for operand in self.operands:
            yield from operand.everything()
        for _, statements in self.blocks:
            for statement in statements:
                yield from statement.everything()


@dataclass(frozen=True)
class FunctionForm:
    """A function that somebody wrote.

    Attributes:
        kind: ``kernel`` or ``func``.
        name: its name.
        parameters: name, name of the type, and annotation of each parameter whose type can be drawn.
        body: its statements.
        statements: how many there are.
        annotated: whether it says what it returns.
    """

    kind: str
    name: str
    parameters: tuple[tuple[str, str, str], ...]
    body: tuple[Form, ...]
    statements: int
    annotated: bool
