"""Definite assignment: a C++ function must assign to a variable before it reads it, on every path.

A variable without a value holds what happens to be on the stack, often the right value of the thread before. The Java
Language Specification asks for the same in its chapter of this name. Paths are told apart by conditions that are
variables, since a backward pass, and a choice between two values, ask for the same ones again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from warpsmith.tasks.answer import InadmissibleAnswer
from warpsmith.tasks.cpp_flow import FlowStep, Literal, Outputs, Steps, Tokens, builtin_outputs, result_parameters

State = dict[frozenset[Literal], int]
"""By what is known of conditions on the way there, the variables that are assigned, as bits."""

PATHS = 64
"""Paths that are told apart at one place."""
WALKED = 20_000
"""Steps that are walked through, a path at a time."""


def hold(head: Tokens, body: Tokens, functions: Mapping[str, Tokens]) -> None:
    """Nothing, if a function assigns to each variable before it reads it, and returns what it should.

    Args:
        head: the tokens before its braces.
        body: those between them; statements that :class:`~warpsmith.tasks.cpp_body.Vocabulary` has admitted.
        functions: heads of the program's functions, by name.

    Raises:
        InadmissibleAnswer: it does not; the message names the variable.
    """
    name = head[head.index("(") - 1]
    steps = Steps(body, _outputs(functions), tuple(_results(name, head).values()))
    states = _Analysis(steps).states
    for step, state in zip(steps.steps, states, strict=True):
        for variable in step.reads:
            bit = steps.names.get(variable, 0)
            if any(assigned & bit != bit for assigned in state.values()):
                raise InadmissibleAnswer(f"{variable} may be read before anything is assigned to it")
    if states[-1] and "void" not in head[: head.index("(")]:
        raise InadmissibleAnswer(f"{name} may end without a return")


def _outputs(functions: Mapping[str, Tokens]) -> Outputs:
    """What is assigned to by whatever an answer may call."""
    return {**builtin_outputs(), **{name: frozenset(_results(name, head)) for name, head in functions.items()}}


def _results(name: str, head: Tokens) -> dict[int, str]:
    """The parameters that a function assigns its results to; an adjoint function is handed them."""
    return {} if name.startswith("adj_") else result_parameters(head)


class _Analysis:
    """What is known before each step, as the least solution of the flow equations.

    Args:
        steps: of the function.
    """

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._sources = {s.writes[0]: s.loads for s in steps.steps if s.loads}
        self._last = self._asked()
        self._ends: dict[str, int] = {}
        self.states: list[State] = [{} for _ in steps.steps]
        self._solve()

    def _asked(self) -> dict[str, int]:
        """Conditions that are asked more than once, with the last step that does; loads of a pointer are one."""
        places = defaultdict[str, list[int]](list)
        for number, step in enumerate(self._steps.steps):
            for literal in (step.falls[1], *(literal for _, literal in step.chooses[:1])):
                if literal:
                    places[self._source(literal[0])].append(number)
        return {name: found[-1] for name, found in places.items() if len(found) > 1}

    def _source(self, name: str) -> str:
        return self._sources.get(name, name)

    def _solve(self) -> None:
        self.states[0] = {frozenset(): 0}
        waiting, walked = {0}, 0
        while waiting:
            at = min(waiting)
            waiting.remove(at)
            walked += len(self.states[at])
            if walked > WALKED:
                raise InadmissibleAnswer("there are too many branches")
            after = self._after(self._steps.steps[at], self.states[at])
            waiting |= {to for to, literal in self._targets(at) if self._join(to, after, literal)}

    def _targets(self, at: int) -> Iterator[tuple[int, Literal | None]]:
        step = self._steps.steps[at]
        if step.falls[0]:
            yield at + 1, step.falls[1]
        for target, literal in step.jumps:
            yield target if isinstance(target, int) else self._steps.label(target), literal

    def _after(self, step: FlowStep, state: State) -> State:
        """What is known behind a step."""
        written = sum({self._steps.names.get(name, 0) for name in step.writes})
        cleared = sum({self._steps.names[name] for name in step.clears})
        found: State = {}
        for known, assigned in state.items():
            left = self._left(step, known) if known or step.loads else known
            lacks = cleared
            for name, (condition, holds) in step.chooses:
                bit = self._steps.names.get(name, 0)
                lacks |= written * ((condition, not holds) not in known and assigned & bit != bit)
            value = (assigned | written) & ~lacks
            found[left] = found[left] & value if left in found else value
        return found

    def _left(self, step: FlowStep, known: frozenset[Literal]) -> frozenset[Literal]:
        """What is still known of conditions. ``x~p`` says that ``x`` is what ``p`` points to."""
        changed = {*step.writes, *step.clears, *step.changes}
        left = {x for x in known if x[0] not in changed and not ("~" in x[0] and self._parted(step, x[0], changed))}
        if step.loads in self._last:
            same = {name.partition("~")[0] for name, _ in left if name.endswith(f"~{step.loads}")}
            left |= {(step.writes[0], holds) for name, holds in left if name in same}
            left.add((f"{step.writes[0]}~{step.loads}", True))
        return frozenset(left)

    @staticmethod
    def _parted(step: FlowStep, name: str, changed: set[str]) -> bool:
        """Whether a variable may be something else than what a pointer points to, after a step."""
        return step.stores or not changed.isdisjoint(name.split("~"))

    def _join(self, to: int, other: State, literal: Literal | None) -> bool:
        """Add what is known on another way; whether that changes anything. A condition that did not hold is no way."""
        state, before = self.states[to], dict(self.states[to])
        for known, assigned in other.items():
            if literal and (literal[0], not literal[1]) in known:
                continue
            now = known | {literal} if literal else known
            if now and any(self._end(name) < to for name, _ in now):
                now = frozenset(x for x in now if self._end(x[0]) >= to)
            state[now] = state[now] & assigned if now in state else assigned
        if len(state) > PATHS:
            least = -1
            for assigned in state.values():
                least &= assigned
            state.clear()
            state[frozenset()] = least
        return state != before

    def _end(self, name: str) -> int:
        """The last step at which a condition may be asked. A loop that goes back to an earlier one sets it anew."""
        if name not in self._ends:
            variable, _, place = name.partition("~")
            self._ends[name] = self._last.get(place or self._source(variable), -1)
        return self._ends[name]
