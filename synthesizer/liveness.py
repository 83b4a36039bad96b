"""Which statements nothing observable depends on: strong liveness over a whole program.

A built tree may hold one node in several places; liveness therefore runs on its own copy of the statements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from warpsmith.synthesizer.reading import (
    arrays_of,
    child_fields,
    decorated,
    functions,
    is_nothing,
    last_name,
    root,
    structs,
)

_RANDOM = frozenset({"randi", "randu", "randf", "randn", "poisson", "sample_cdf"})
_SETTERS = frozenset({"transform_set_translation", "transform_set_rotation"})
_SPEAKING = frozenset({"print", "printf", "breakpoint", "tile_store"})


# -- liveness: lowering ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Call:
    """A call of a user function: which of its results are used (``None``: all), and what it reads per parameter."""

    name: str
    arguments: tuple[tuple[int | str, _Uses], ...]
    results: frozenset[int] | None = None


@dataclass(frozen=True)
class _Uses:
    """What evaluating an expression reads, changes and does."""

    names: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    calls: tuple[_Call, ...] = ()
    effect: bool = False

    def __or__(self, other: _Uses) -> _Uses:
        return _Uses(
            self.names | other.names,
            self.changes | other.changes,
            self.calls + other.calls,
            self.effect or other.effect,
        )


@dataclass(frozen=True)
class _Write:
    """One target of an assignment: a local (``whole`` or a part of it), or memory and the outside where ``None``."""

    target: str | None
    whole: bool
    uses: _Uses


@dataclass(eq=False)
class _Statement:
    """One statement, at one place of the program."""

    node: cst.CSTNode


@dataclass(eq=False)
class _Simple(_Statement):
    writes: list[_Write]


@dataclass(eq=False)
class _Return(_Statement):
    results: list[_Uses]


@dataclass(eq=False)
class _Jump(_Statement):
    pass


@dataclass(eq=False)
class _Branch(_Statement):
    test: _Uses
    body: list[_Statement]
    otherwise: list[_Statement]


@dataclass(eq=False)
class _Loop(_Statement):
    target: str | None
    header: _Uses
    body: list[_Statement]


class _Translation:
    """Turns a function's body into statements of its own, each at one place only."""

    def __init__(self, node: cst.FunctionDef, defined: set[str], array_fields: frozenset[str]) -> None:
        self.arrays = arrays_of(node)
        self.parameters = [p.name.value for p in node.params.params]
        self._defined = defined
        self._array_fields = array_fields
        self.body = self._block(node.body)

    def _block(self, block: cst.BaseSuite) -> list[_Statement]:
        result: list[_Statement] = []
        for s in block.body:
            if isinstance(s, cst.SimpleStatementLine):
                result += [self._small(small) for small in s.body if not is_nothing(small)]
            elif isinstance(s, cst.If):
                result.append(self._branch(s))
            elif isinstance(s, cst.For):
                target = s.target.value if isinstance(s.target, cst.Name) else None
                result.append(_Loop(s, target, self.uses(s.iter), self._block(s.body)))
            elif isinstance(s, cst.While):
                result.append(_Loop(s, None, self.uses(s.test), self._block(s.body)))
        return result

    def _branch(self, node: cst.If) -> _Branch:
        tail = node.orelse
        otherwise: list[_Statement] = []
        if isinstance(tail, cst.If):
            otherwise = [self._branch(tail)]
        elif tail is not None:
            otherwise = self._block(tail.body)
        return _Branch(node, self.uses(node.test), self._block(node.body), otherwise)

    def _small(self, node: cst.BaseSmallStatement) -> _Statement:
        if isinstance(node, cst.Assign):
            return _Simple(node, self._assignment(node.targets[0].target, node.value))
        if isinstance(node, cst.AugAssign):
            return _Simple(node, [self._write(node.target, self.uses(node.value), again=True)])
        if isinstance(node, cst.Return):
            parts = _elements(node.value) if node.value is not None else []
            return _Return(node, [self.uses(e) for e in parts])
        if isinstance(node, (cst.Break, cst.Continue)):
            return _Jump(node)
        if isinstance(node, cst.Expr):
            return _Simple(node, [_Write("", False, self._demanding(node.value, frozenset()))])
        return _Simple(node, [_Write(None, False, self.uses(node))])

    def _assignment(self, target: cst.BaseExpression, value: cst.BaseExpression) -> list[_Write]:
        if not isinstance(target, cst.Tuple):
            return [self._write(target, self.uses(value))]
        values = _elements(value)
        targets = _elements(target)
        if len(values) == len(targets):
            return [self._write(t, self.uses(v)) for t, v in zip(targets, values, strict=True)]
        return [self._write(t, self._demanding(value, frozenset({i}))) for i, t in enumerate(targets)]

    def _write(self, target: cst.BaseExpression, uses: _Uses, *, again: bool = False) -> _Write:
        if isinstance(target, cst.Name):
            kept = _Uses(frozenset({target.value})) if again else _Uses()
            return _Write(target.value, True, uses | kept)
        name, through = root(target)
        memory = name in self.arrays or not name or through & self._array_fields
        return _Write(None if memory else name, False, uses | self.uses(target))

    def _demanding(self, value: cst.BaseExpression, results: frozenset[int]) -> _Uses:
        """What an expression reads if only some results of the call that it is are wanted."""
        uses = self.uses(value)
        if isinstance(value, cst.Call) and last_name(value.func) in self._defined:
            first = uses.calls[0]
            return _Uses(uses.names, uses.changes, (_Call(first.name, first.arguments, results),), uses.effect)
        return uses

    def uses(self, node: cst.CSTNode) -> _Uses:
        """What evaluating the expression reads, changes and does."""
        if isinstance(node, cst.Name):
            return _Uses(frozenset({node.value}))
        if isinstance(node, cst.Attribute):
            return self.uses(node.value)
        if isinstance(node, cst.Call):
            return self._call(node)
        total = _Uses()
        for name in child_fields(type(node)):
            value = getattr(node, name)
            for child in value if isinstance(value, (tuple, list)) else (value,):
                if isinstance(child, cst.CSTNode):
                    total |= self.uses(child)
        return total

    def _call(self, node: cst.Call) -> _Uses:
        name = last_name(node.func)
        arguments = [self.uses(a.value) for a in node.args]
        if isinstance(node.func, cst.Name) and name in self._defined and not any(a.star for a in node.args):
            keys: list[int | str] = [a.keyword.value if a.keyword else i for i, a in enumerate(node.args)]
            return _Uses(calls=(_Call(name, tuple(zip(keys, arguments, strict=True))),))
        total = self.uses(node.func.value) if isinstance(node.func, cst.Attribute) else _Uses()
        for a in arguments:
            total |= a
        first = node.args[0].value if node.args else None
        changed = root(first)[0] if first is not None and (name in _SETTERS or _draws(name)) else ""
        if changed:
            total |= _Uses(changes=frozenset({changed}))
        return total | _Uses(effect=name.startswith(("atomic_", "expect_")) or name in _SPEAKING)


def _draws(builtin: str) -> bool:
    """Whether the builtin advances the random state it is given."""
    return builtin in _RANDOM or builtin.startswith("sample_")


def _elements(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    return [e.value for e in node.elements] if isinstance(node, cst.Tuple) else [node]


# -- liveness: solving -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DeadStatement:
    """A statement that nothing observable depends on.

    Attributes:
        function: the kernel or function it is in.
        index: its place among the function's statements, in the order of the text, from 0.
        text: the first line of its source.
        kind: its libcst class.
    """

    function: str
    index: int
    text: str
    kind: str


@dataclass(frozen=True)
class Dead:
    """Outcome of :func:`dead`: the dead statements in order, and how many statements there are."""

    statements: tuple[DeadStatement, ...]
    total: int

    @property
    def share(self) -> float:
        """Dead statements per statement; 0 for none at all."""
        return len(self.statements) / self.total if self.total else 0.0


def dead(module: cst.Module) -> Dead:
    """Statements that no array, no returned value that is used, and no control flow of such statements depends on.

    Strong liveness, backward to a fixpoint: a value counts as read only by a statement that is live itself. It goes
    through calls: only those results of a function that a live statement uses are live, and only those arguments that
    live results hang on. Writes of arrays, atomics and output are live always, even where a later write hides them.
    A loop is live if something in it is; its jumps, condition and counter are live with it.
    """
    defined = functions(module)
    fields = frozenset[str]().union(*structs(module).values())
    solver = _Solver({name: _Translation(node, set(defined), fields) for name, node in defined.items()})
    solver.solve([name for name, node in defined.items() if decorated(node, "kernel")])
    found = [
        DeadStatement(name, i, _headline(s.node), type(s.node).__name__)
        for name, lowered in solver.functions.items()
        for i, s in enumerate(_flat(lowered.body))
        if s not in solver.live
    ]
    return Dead(tuple(found), sum(len(list(_flat(f.body))) for f in solver.functions.values()))


def _flat(block: Sequence[_Statement]) -> Iterator[_Statement]:
    for s in block:
        yield s
        if isinstance(s, _Loop):
            yield from _flat(s.body)
        elif isinstance(s, _Branch):
            yield from _flat(s.body)
            yield from _flat(s.otherwise)


def _headline(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node).strip().splitlines()[0]


@dataclass
class _Frame:
    """The loop around a statement: what is live at its head and after it, and whether it is live itself."""

    head: frozenset[str]
    out: frozenset[str]
    live: bool = False


class _Solver:
    """The fixpoint over a program; every set in it only grows."""

    def __init__(self, lowered: dict[str, _Translation]) -> None:
        self.functions = lowered
        self.live: set[_Statement] = set()
        self._demanded: dict[str, set[int] | None] = {}
        self._entry: dict[str, frozenset[str]] = dict.fromkeys(lowered, frozenset())
        self._effects = self._effectful()
        self._frames: list[_Frame] = []
        self._function = ""

    def solve(self, roots: list[str]) -> None:
        """Marks what is live, from the kernels on."""
        self._demanded |= dict.fromkeys(roots)
        before: object = None
        while before != (after := self._state()):
            before = after
            for name in list(self._demanded):
                self._function = name
                self._entry[name] |= self._block(self.functions[name].body, frozenset())

    def _state(self) -> object:
        demanded = {k: None if v is None else frozenset(v) for k, v in self._demanded.items()}
        return demanded, dict(self._entry), len(self.live)

    def _effectful(self) -> set[str]:
        """Functions that write memory or speak, or call one that does."""
        found: set[str] = set()
        size = -1
        while size != len(found):
            size = len(found)
            found |= {n for n, f in self.functions.items() if any(self._acts(s, found) for s in _flat(f.body))}
        return found

    def _acts(self, s: _Statement, known: set[str]) -> bool:
        if isinstance(s, _Simple):
            return any(w.target is None or _effect(w.uses, known) for w in s.writes)
        uses = s.results if isinstance(s, _Return) else [s.test] if isinstance(s, _Branch) else []
        uses = [s.header] if isinstance(s, _Loop) else uses
        return any(_effect(u, known) for u in uses)

    def _block(self, block: list[_Statement], out: frozenset[str]) -> frozenset[str]:
        """What is live before the block if ``out`` is live after it; marks its live statements."""
        for s in reversed(block):
            out = self._statement(s, out)
        return out

    def _statement(self, s: _Statement, out: frozenset[str]) -> frozenset[str]:
        if isinstance(s, _Simple):
            return self._simple(s, out)
        if isinstance(s, _Branch):
            return self._branch(s, out)
        if isinstance(s, _Loop):
            return self._loop(s, out)
        if isinstance(s, _Return):
            return self._return(s)
        frame = self._frames[-1]
        if frame.live:
            self.live.add(s)
        return frame.head if isinstance(s.node, cst.Continue) else frame.out

    def _simple(self, s: _Simple, out: frozenset[str]) -> frozenset[str]:
        result = out - {w.target for w in s.writes if w.whole}
        for w in s.writes:
            if w.target is None or w.target in out or self._acts_on(w.uses, out):
                self.live.add(s)
                result |= self._needs(w.uses)
        return result

    def _branch(self, s: _Branch, out: frozenset[str]) -> frozenset[str]:
        result = self._block(s.body, out) | self._block(s.otherwise, out)
        if self._acts_on(s.test, out) or any(x in self.live for x in (*s.body, *s.otherwise)):
            self.live.add(s)
            result |= self._needs(s.test)
        return result

    def _loop(self, s: _Loop, out: frozenset[str]) -> frozenset[str]:
        frame = _Frame(out, out, s in self.live)
        self._frames.append(frame)
        repeated = isinstance(s.node, cst.While)  # its header is evaluated before every trip, a range only once
        before: object = None
        while before != (after := (frame.head, frame.live)):
            before = after
            head = out | (self._block(s.body, frame.head) - {s.target})
            inside = any(x in self.live and not isinstance(x, _Jump) for x in _flat(s.body))
            if inside or self._acts_on(s.header, head):
                frame.live = True
                head |= self._needs(s.header) if repeated else frozenset()
            frame.head |= head
        self._frames.pop()
        if frame.live:
            self.live.add(s)
            return frame.head | self._needs(s.header)
        return frame.head

    def _return(self, s: _Return) -> frozenset[str]:
        self.live.add(s)
        wanted = self._demanded[self._function]
        if wanted is None or any(i >= len(s.results) for i in wanted):
            wanted = set(range(len(s.results)))
        return frozenset().union(*(self._needs(s.results[i]) for i in wanted))

    def _acts_on(self, uses: _Uses, live: frozenset[str]) -> bool:
        """Whether evaluating the expression matters whatever becomes of its value."""
        return _effect(uses, self._effects) or bool(_changes(uses) & live)

    def _needs(self, uses: _Uses) -> frozenset[str]:
        """The locals that a live expression depends on; what it calls is live from here on."""
        result = uses.names
        for call in uses.calls:
            known = self._demanded.setdefault(call.name, set())
            if call.results is None or known is None:
                self._demanded[call.name] = None
            else:
                known |= call.results
            parameters = self.functions[call.name].parameters
            for key, argument in call.arguments:
                name = parameters[key] if isinstance(key, int) else key
                if name in self._entry[call.name] or _effect(argument, self._effects) or _changes(argument):
                    result |= self._needs(argument)
        return result


def _effect(uses: _Uses, effectful: set[str]) -> bool:
    return uses.effect or any(
        c.name in effectful or any(_effect(u, effectful) for _, u in c.arguments) for c in uses.calls
    )


def _changes(uses: _Uses) -> frozenset[str]:
    return uses.changes.union(*(_changes(u) for c in uses.calls for _, u in c.arguments))
