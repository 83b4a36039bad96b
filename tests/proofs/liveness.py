"""Which statements nothing observable depends on: strong liveness over a whole program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from tests.proofs.definitions import definitions
from tests.proofs.uses import Branch, Jump, Loop, Return, Simple, Statement, Statements, Uses
from warpsmith.synthesizer.reading import decorated, structs


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
    live results depend on. Writes of arrays, atomics and output are live always, even where a later write hides them.
    A loop is live if something in it is; its jumps, condition and counter are live with it.
    """
    defined = definitions(module)
    fields = frozenset[str]().union(*structs(module).values())
    solver = _Solver({name: Statements(node, set(defined), fields) for name, node in defined.items()})
    solver.solve([name for name, node in defined.items() if decorated(node, "kernel")])
    found = [
        DeadStatement(name, i, _headline(s.node), type(s.node).__name__)
        for name, lowered in solver.functions.items()
        for i, s in enumerate(_flat(lowered.body))
        if s not in solver.live
    ]
    return Dead(tuple(found), sum(len(list(_flat(f.body))) for f in solver.functions.values()))


def _flat(block: Sequence[Statement]) -> Iterator[Statement]:
    for s in block:
        yield s
        if isinstance(s, Loop):
            yield from _flat(s.body)
        elif isinstance(s, Branch):
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

    def __init__(self, lowered: dict[str, Statements]) -> None:
        self.functions = lowered
        self.live: set[Statement] = set()
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

    def _acts(self, s: Statement, known: set[str]) -> bool:
        if isinstance(s, Simple):
            return any(w.target is None or _effect(w.uses, known) for w in s.writes)
        uses = s.results if isinstance(s, Return) else [s.test] if isinstance(s, Branch) else []
        uses = [s.header] if isinstance(s, Loop) else uses
        return any(_effect(u, known) for u in uses)

    def _block(self, block: list[Statement], out: frozenset[str]) -> frozenset[str]:
        """What is live before the block if ``out`` is live after it; marks its live statements."""
        for s in reversed(block):
            out = self._statement(s, out)
        return out

    def _statement(self, s: Statement, out: frozenset[str]) -> frozenset[str]:
        if isinstance(s, Simple):
            return self._simple(s, out)
        if isinstance(s, Branch):
            return self._branch(s, out)
        if isinstance(s, Loop):
            return self._loop(s, out)
        if isinstance(s, Return):
            return self._return(s)
        frame = self._frames[-1]
        if frame.live:
            self.live.add(s)
        return frame.head if isinstance(s.node, cst.Continue) else frame.out

    def _simple(self, s: Simple, out: frozenset[str]) -> frozenset[str]:
        result = out - {w.target for w in s.writes if w.whole}
        for w in s.writes:
            if w.target is None or w.target in out or self._acts_on(w.uses, out):
                self.live.add(s)
                result |= self._needs(w.uses)
        return result

    def _branch(self, s: Branch, out: frozenset[str]) -> frozenset[str]:
        result = self._block(s.body, out) | self._block(s.otherwise, out)
        if self._acts_on(s.test, out) or any(x in self.live for x in (*s.body, *s.otherwise)):
            self.live.add(s)
            result |= self._needs(s.test)
        return result

    def _loop(self, s: Loop, out: frozenset[str]) -> frozenset[str]:
        frame = _Frame(out, out, s in self.live)
        self._frames.append(frame)
        repeated = isinstance(s.node, cst.While)  # its header is evaluated before every trip, a range only once
        before: object = None
        while before != (after := (frame.head, frame.live)):
            before = after
            head = out | (self._block(s.body, frame.head) - {s.target})
            inside = any(x in self.live and not isinstance(x, Jump) for x in _flat(s.body))
            if inside or self._acts_on(s.header, head):
                frame.live = True
                head |= self._needs(s.header) if repeated else frozenset()
            frame.head |= head
        self._frames.pop()
        if frame.live:
            self.live.add(s)
            return frame.head | self._needs(s.header)
        return frame.head

    def _return(self, s: Return) -> frozenset[str]:
        self.live.add(s)
        wanted = self._demanded[self._function]
        if wanted is None or any(i >= len(s.results) for i in wanted):
            wanted = set(range(len(s.results)))
        return frozenset().union(*(self._needs(s.results[i]) for i in wanted))

    def _acts_on(self, uses: Uses, live: frozenset[str]) -> bool:
        """Whether evaluating the expression matters whatever becomes of its value."""
        return _effect(uses, self._effects) or bool(_changes(uses) & live)

    def _needs(self, uses: Uses) -> frozenset[str]:
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
                if isinstance(key, int) and key >= len(parameters):  # of another overload
                    result |= self._needs(argument)
                    continue
                name = parameters[key] if isinstance(key, int) else key
                if name in self._entry[call.name] or _effect(argument, self._effects) or _changes(argument):
                    result |= self._needs(argument)
        return result


def _effect(uses: Uses, effectful: set[str]) -> bool:
    return uses.effect or any(
        c.name in effectful or any(_effect(u, effectful) for _, u in c.arguments) for c in uses.calls
    )


def _changes(uses: Uses) -> frozenset[str]:
    return uses.changes.union(*(_changes(u) for c in uses.calls for _, u in c.arguments))
