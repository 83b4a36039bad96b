"""Idioms: expressions, statements and short sequences of them that several functions have in common.

Free variables become typed holes, one for each variable; so do calls of the file's own functions. What a fragment binds
itself stays a variable of it. A fragment that is left is an idiom if at least two functions have it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from warpsmith.grammar.likely.calling import SEVERAL
from warpsmith.grammar.likely.found import HEAD as FOUND
from warpsmith.grammar.likely.scope import BOTH, RETURNING
from warpsmith.grammar.profile import HOLE, IDIOM, Form, Idiom, Rule
from warpsmith.synthesizer.profiling.kinds import UNREAD, FunctionForm

LONGEST = 6
"""Statements of the longest sequence."""
LARGEST = 60
"""Rules of the largest idiom."""
FUNCTIONS = 2
"""In how many functions an idiom occurs at least."""
_LEAVES = ("name", "const", HOLE)
_UNFIT = (UNREAD, "while", "pass", "check", "tiles", "thread", BOTH, RETURNING, SEVERAL, FOUND)
"""Statements that are drawn in another way than they are written, or not at all."""


class Idioms:
    """The idioms of a body of functions, and what each fragment of it is."""

    def __init__(self, functions: Sequence[FunctionForm]) -> None:
        self._functions = functions  # fragments are known by where they are in memory
        found: dict[str, Idiom] = {}
        counts: Counter[str] = Counter()
        self._names: dict[tuple[int, int], str] = {}
        for function in functions:
            own: dict[str, Idiom] = {}
            for forms in _fragments(function.body):
                if (idiom := abstracted(forms)) is not None:
                    name = self._names[_key(forms)] = _name(idiom)
                    own[name] = idiom
            counts.update(own.keys())
            found.update(own)
        self.found = {name: idiom for name, idiom in found.items() if counts[name] >= FUNCTIONS}

    def rule(self, forms: tuple[Form, ...]) -> Rule | None:
        """The rule that says that this fragment stands there as a whole, if it is an idiom."""
        name = self._names.get(_key(forms), "")
        if name not in self.found:
            return None
        result = forms[0].rule.result if _is_expression(forms[0]) else ""
        return Rule(f"{IDIOM}{name}", tuple(self.found[name].holes.values()), result)

    def longest(self, statements: Sequence[Form], start: int) -> tuple[Rule | None, int]:
        """The rule of the longest idiom that begins at a statement of a block, and where it ends."""
        for end in range(min(len(statements), start + LONGEST), start, -1):
            if (rule := self.rule(tuple(statements[start:end]))) is not None:
                return rule, end
        return None, start


def _key(forms: Sequence[Form]) -> tuple[int, int]:
    """Which fragment it is, of the trees that were read: alike ones are different fragments."""
    return id(forms[0]), len(forms)


def _is_expression(form: Form) -> bool:
    return form.rule.result not in ("", "None")


def _fragments(block: Sequence[Form]) -> Iterator[tuple[Form, ...]]:
    """Every sequence of statements, and every expression in them."""
    for start, statement in enumerate(block):
        for end in range(start + 1, min(len(block), start + LONGEST) + 1):
            yield tuple(block[start:end])
        for operand in statement.operands:
            yield from ((e,) for e in operand.everything() if _is_expression(e))
        for _, inner in statement.blocks:
            yield from _fragments(inner)


def _name(idiom: Idiom) -> str:
    data = [form.to_data() for form in idiom.forms]
    return hashlib.sha256(json.dumps(data).encode()).hexdigest()[:10]


def abstracted(forms: tuple[Form, ...]) -> Idiom | None:
    """The fragment with holes for its free variables; ``None`` if it is too small, too large, or cannot be drawn."""
    everything = [f for form in forms for f in form.everything()]
    if len(everything) > LARGEST or any(_unfit(f) for f in everything):
        return None
    made = _Abstraction(forms)
    idiom = Idiom(made.forms, made.holes)
    inner = [f for f in idiom.everything() if f.head.partition(":")[0] not in _LEAVES]
    return idiom if len(inner) >= (2 if _is_expression(forms[0]) else 3) else None


def _unfit(form: Form) -> bool:
    bound = form.head == "new" and form.operands[0].rule.result.startswith("array")
    aliased = bound or (form.rule.result.startswith("array") and not form.head.startswith(("name", "own")))
    effect = form.head == "own" and form.rule.result == "None"
    beyond = any(t in str(form.rule) for t in ("tile", "struct"))
    return aliased or effect or beyond or form.head.partition(":")[0] in _UNFIT


class _Abstraction:
    """Numbers for names, in the order in which they occur."""

    def __init__(self, forms: Iterable[Form]) -> None:
        self.holes: dict[str, str] = {}
        self._numbers: dict[str, str] = {}
        self._count = 0
        self.forms = tuple(map(self._statement, forms))

    def _number(self, name: str = "") -> str:
        if name not in self._numbers or not name:
            self._numbers[name] = str(self._count)
            self._count += 1
        return self._numbers[name]

    def _statement(self, form: Form) -> Form:
        if _is_expression(form):
            return self._expression(form)
        operands = tuple(self._expression(o) for o in form.operands)
        if form.head == "old" and form.names[0] not in self._numbers:
            self.holes[self._number(form.names[0])] = form.rule.operands[0]
        names = tuple(map(self._number, form.names))
        blocks = tuple((kind, tuple(map(self._statement, block))) for kind, block in form.blocks)
        return Form(form.rule, operands, blocks, names)

    def _expression(self, form: Form) -> Form:
        kind, _, origin = form.head.partition(":")
        if kind == "own":
            number = self._number()
            self.holes[number] = form.rule.result
            return Form(Rule(HOLE, (), form.rule.result), names=(number,))
        if kind == "name":
            if form.names[0] not in self._numbers:
                self.holes[self._number(form.names[0])] = form.rule.result
            head = form.head if origin in ("thread", "constant") else HOLE
            return Form(Rule(head, (), form.rule.result), names=(self._number(form.names[0]),))
        return Form(form.rule, tuple(map(self._expression, form.operands)), names=())
