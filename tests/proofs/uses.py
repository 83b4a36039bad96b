"""The statements of a function, each with what it reads, writes and does.

A built tree may hold one node in several places; every statement here is an object of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from tests.proofs.definitions import dotted
from warpsmith.synthesizer.reading import arrays_of, child_fields, last_name, root

_RANDOM = frozenset({"randi", "randu", "randf", "randn", "poisson", "sample_cdf"})
_SETTERS = frozenset({"transform_set_translation", "transform_set_rotation"})
_SPEAKING = frozenset({"print", "printf", "breakpoint"})
_ACTING = ("atomic_", "expect_", "tile_atomic_", "tile_store")


@dataclass(frozen=True)
class Call:
    """A call of a user function: which of its results are used (``None``: all), and what it reads per parameter."""

    name: str
    arguments: tuple[tuple[int | str, Uses], ...]
    results: frozenset[int] | None = None


@dataclass(frozen=True)
class Uses:
    """What evaluating an expression reads, changes and does."""

    names: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    calls: tuple[Call, ...] = ()
    effect: bool = False

    def __or__(self, other: Uses) -> Uses:
        return Uses(
            self.names | other.names,
            self.changes | other.changes,
            self.calls + other.calls,
            self.effect or other.effect,
        )


@dataclass(frozen=True)
class Write:
    """One target of an assignment: a local (``whole`` or a part of it), or memory and the outside where ``None``."""

    target: str | None
    whole: bool
    uses: Uses


@dataclass(eq=False)
class Statement:
    """One statement, at one place of the program."""

    node: cst.CSTNode


@dataclass(eq=False)
class Simple(Statement):
    writes: list[Write]


@dataclass(eq=False)
class Return(Statement):
    results: list[Uses]


@dataclass(eq=False)
class Jump(Statement):
    pass


@dataclass(eq=False)
class Branch(Statement):
    test: Uses
    body: list[Statement]
    otherwise: list[Statement]


@dataclass(eq=False)
class Loop(Statement):
    target: str | None
    header: Uses
    body: list[Statement]


class Statements:
    """Turns a function's body into statements of its own, each at one place only."""

    def __init__(self, node: cst.FunctionDef, defined: set[str], array_fields: frozenset[str]) -> None:
        self.arrays = arrays_of(node)
        self.parameters = [p.name.value for p in (*node.params.params, *node.params.kwonly_params)]
        self._defined = defined
        self._array_fields = array_fields
        self.body = self._block(node.body)

    def _block(self, block: cst.BaseSuite) -> list[Statement]:
        result: list[Statement] = []
        for s in block.body:
            if isinstance(s, cst.SimpleStatementLine):
                result += [self._small(small) for small in s.body if not is_nothing(small)]
            elif isinstance(s, cst.If):
                result.append(self._branch(s))
            elif isinstance(s, cst.For):
                target = s.target.value if isinstance(s.target, cst.Name) else None
                result.append(Loop(s, target, self.uses(s.iter), self._block(s.body)))
            elif isinstance(s, cst.While):
                result.append(Loop(s, None, self.uses(s.test), self._block(s.body)))
        return result

    def _branch(self, node: cst.If) -> Branch:
        tail = node.orelse
        otherwise: list[Statement] = []
        if isinstance(tail, cst.If):
            otherwise = [self._branch(tail)]
        elif tail is not None:
            otherwise = self._block(tail.body)
        return Branch(node, self.uses(node.test), self._block(node.body), otherwise)

    def _small(self, node: cst.BaseSmallStatement) -> Statement:
        if isinstance(node, cst.Assign):
            return Simple(node, self._assignment(node.targets[0].target, node.value))
        if isinstance(node, cst.AugAssign):
            return Simple(node, [self._write(node.target, self.uses(node.value), again=True)])
        if isinstance(node, cst.Return):
            parts = _elements(node.value) if node.value is not None else []
            return Return(node, [self.uses(e) for e in parts])
        if isinstance(node, (cst.Break, cst.Continue)):
            return Jump(node)
        if isinstance(node, cst.Expr):
            return Simple(node, [Write("", False, self._demanding(node.value, frozenset()) | _in_place(node.value))])
        return Simple(node, [Write(None, False, self.uses(node))])

    def _assignment(self, target: cst.BaseExpression, value: cst.BaseExpression) -> list[Write]:
        if not isinstance(target, cst.Tuple):
            return [self._write(target, self.uses(value))]
        values = _elements(value)
        targets = _elements(target)
        if len(values) == len(targets):
            return [self._write(t, self.uses(v)) for t, v in zip(targets, values, strict=True)]
        return [self._write(t, self._demanding(value, frozenset({i}))) for i, t in enumerate(targets)]

    def _write(self, target: cst.BaseExpression, uses: Uses, *, again: bool = False) -> Write:
        if isinstance(target, cst.Name):
            kept = Uses(frozenset({target.value})) if again else Uses()
            return Write(target.value, True, uses | kept)
        name, through = root(target)
        memory = name in self.arrays or not name or through & self._array_fields
        return Write(None if memory else name, False, uses | self.uses(target))

    def _demanding(self, value: cst.BaseExpression, results: frozenset[int]) -> Uses:
        """What an expression reads if only some results of the call that it is are wanted."""
        uses = self.uses(value)
        if isinstance(value, cst.Call) and dotted(value.func) in self._defined:
            first = uses.calls[0]
            return Uses(uses.names, uses.changes, (Call(first.name, first.arguments, results),), uses.effect)
        return uses

    def uses(self, node: cst.CSTNode) -> Uses:
        """What evaluating the expression reads, changes and does."""
        if isinstance(node, cst.Name):
            return Uses(frozenset({node.value}))
        if isinstance(node, cst.Attribute):
            return self.uses(node.value)
        if isinstance(node, cst.Call):
            return self._call(node)
        total = Uses()
        for name in child_fields(type(node)):
            value = getattr(node, name)
            for child in value if isinstance(value, (tuple, list)) else (value,):
                if isinstance(child, cst.CSTNode):
                    total |= self.uses(child)
        return total

    def _call(self, node: cst.Call) -> Uses:
        name = last_name(node.func)
        arguments = [self.uses(a.value) for a in node.args]
        if (callee := dotted(node.func)) in self._defined and not any(a.star for a in node.args):
            keys: list[int | str] = [a.keyword.value if a.keyword else i for i, a in enumerate(node.args)]
            return Uses(calls=(Call(callee, tuple(zip(keys, arguments, strict=True))),))
        total = self.uses(node.func.value) if isinstance(node.func, cst.Attribute) else Uses()
        for a in arguments:
            total |= a
        first = node.args[0].value if node.args else None
        changed = root(first)[0] if first is not None and (name in _SETTERS or _draws(name)) else ""
        if changed:
            total |= Uses(changes=frozenset({changed}))
        return total | Uses(effect=name.startswith(_ACTING) or name in _SPEAKING)


def _in_place(node: cst.BaseExpression) -> Uses:
    """What a call changes whose result nobody takes: the tiles that it is given."""
    if not isinstance(node, cst.Call) or not last_name(node.func).startswith("tile_"):
        return Uses()
    return Uses(changes=frozenset(a.value.value for a in node.args if isinstance(a.value, cst.Name)))


def _draws(builtin: str) -> bool:
    """Whether the builtin advances the random state it is given."""
    return builtin in _RANDOM or builtin.startswith("sample_")


def _elements(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    return [e.value for e in node.elements] if isinstance(node, cst.Tuple) else [node]


def is_nothing(node: cst.BaseSmallStatement) -> bool:
    """``pass`` and docstrings."""
    return isinstance(node, cst.Pass) or (
        isinstance(node, cst.Expr) and isinstance(node.value, (cst.SimpleString, cst.Ellipsis))
    )
