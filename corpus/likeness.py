"""How like the kernels that people write a corpus is: bits a token of an n-gram, distances, a classifier.

Functions are those decorated as kernels or functions of Warp, without docstrings, comments and decorators. Nothing is
imported or run. A comparison is between two bodies of functions: what a model would learn from one about the other.
"""

from __future__ import annotations

import ast
import copy
import io
import keyword
import math
import random
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

Function: TypeAlias = ast.FunctionDef
"""A kernel or a function of Warp, as Python parses it."""

DECORATORS = frozenset(f"{prefix}{name}" for prefix in ("", "wp.", "warp.") for name in ("kernel", "func"))
"""What marks a function as Warp's, in whatever arguments it is called with."""

ORDER = 5
"""Tokens of an n-gram, the predicted one among them."""

VOCABULARY = 50_000
"""How many tokens there might be: what an unseen one costs."""

KEPT = frozenset(("wp", "range", "int", "float", "bool", "len", "Any", "min", "max"))
"""Names that stay as they are; any other name of a program's own is one token, ``ID``."""

_START, _END = "<s>", "</s>"
_SKIPPED = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER)
_LAYOUT = {tokenize.NEWLINE: "<nl>", tokenize.INDENT: "<in>", tokenize.DEDENT: "<de>", tokenize.STRING: "STR"}


# --- functions -------------------------------------------------------------------------------------------------------


def functions_in(paths: Iterable[Path]) -> Iterator[Function]:
    """The kernels and functions in Python files and in the folders below; what cannot be parsed is passed over."""
    for path in paths:
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            try:
                yield from functions_of(file.read_text(encoding="utf-8"))
            except (SyntaxError, ValueError, OSError):
                continue


def functions_of(source: str) -> Iterator[Function]:
    """The kernels and functions of one source, wherever in it they stand.

    Raises:
        SyntaxError: it is no Python.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and any(_marks(d) for d in node.decorator_list):
            yield _bare(node)


def _marks(decorator: ast.expr) -> bool:
    return ast.unparse(decorator).partition("(")[0] in DECORATORS


def _bare(function: Function) -> Function:
    """The function without decorators and docstring."""
    bare = copy.copy(function)
    bare.decorator_list = []
    first = bare.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        bare.body = bare.body[1:] or [ast.Pass()]
    return bare


# --- tokens ----------------------------------------------------------------------------------------------------------


def tokens(function: Function) -> list[str]:
    """A function's tokens: Python's, in which the names of its own are one token, and numbers two or three."""
    text = ast.unparse(ast.fix_missing_locations(function))
    found: list[str] = []
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _SKIPPED:
            found.append(_abstract(token.type, token.string, before))
            before = token.string
    return found


def _abstract(kind: int, text: str, before: str) -> str:
    if kind in _LAYOUT:
        return _LAYOUT[kind]
    if kind == tokenize.NUMBER:
        return "F" if "." in text or "e" in text else text if len(text) < 2 else "N"
    if kind != tokenize.NAME or keyword.iskeyword(text) or before == "." or text in KEPT:
        return text
    return "ID"


def limited(texts: Sequence[list[str]], most: int, seed: int = 0) -> list[list[str]]:
    """Texts in an order drawn from the seed, until there are ``most`` tokens."""
    shuffled = list(texts)
    random.Random(seed).shuffle(shuffled)
    kept, count = [], 0
    for text in shuffled:
        if count >= most:
            break
        kept.append(text)
        count += len(text) + 1  # its end is a token, too
    return kept


# --- n-grams ---------------------------------------------------------------------------------------------------------


class NGram:
    """An n-gram model, interpolated after Witten and Bell (IEEE Trans. Inf. Theory 37, 1991).

    Args:
        texts: what it is trained on.
        order: tokens of a gram.
    """

    def __init__(self, texts: Iterable[list[str]], order: int = ORDER) -> None:
        self.order = order
        self._after: list[defaultdict[tuple[str, ...], Counter[str]]] = [defaultdict(Counter) for _ in range(order)]
        for text in texts:
            padded = [_START] * (order - 1) + text + [_END]
            for i in range(order - 1, len(padded)):
                for n in range(order):
                    self._after[n][tuple(padded[i - n : i])][padded[i]] += 1
        self._totals = [{history: (sum(c.values()), len(c)) for history, c in m.items()} for m in self._after]

    def probability(self, history: Sequence[str], token: str) -> float:
        """Of a token behind others."""
        found = 1 / VOCABULARY
        for n in range(self.order):
            context = tuple(history[len(history) - n :])
            if context not in self._totals[n]:
                break
            total, kinds = self._totals[n][context]
            found = (self._after[n][context][token] + kinds * found) / (total + kinds)
        return found

    def seen(self, history: Sequence[str], token: str) -> bool:
        """Whether it was trained on the token behind just these."""
        return token in self._after[len(history)].get(tuple(history), ())

    def bits(self, texts: Iterable[list[str]]) -> float:
        """Bits a token that the texts cost, ends included; 0 where there is none."""
        total, count = 0.0, 0
        for text in texts:
            padded = [_START] * (self.order - 1) + text + [_END]
            for i in range(self.order - 1, len(padded)):
                total -= math.log2(self.probability(padded[i - self.order + 1 : i], padded[i]))
                count += 1
        return total / count if count else 0.0


def accuracy(ours: Sequence[list[str]], theirs: Sequence[list[str]], order: int = 3, seed: int = 0) -> float:
    """How often a classifier tells the two apart: a model of one half of each judges the other halves.

    Both bodies are cut to the same number of texts, so that 0.5 is chance.
    """
    count = min(len(ours), len(theirs)) // 2 * 2
    if not count:
        return 0.5
    halves = []
    for texts in (ours, theirs):
        shuffled = list(texts)
        random.Random(seed).shuffle(shuffled)
        halves.append((shuffled[: count // 2], shuffled[count // 2 : count]))
    models = [NGram(known, order) for known, _ in halves]
    right = 0
    for own, (_, unseen) in enumerate(halves):
        right += sum(models[own].bits([text]) < models[1 - own].bits([text]) for text in unseen)
    return right / count


# --- distances -------------------------------------------------------------------------------------------------------


def distance(ours: Counter[Any], theirs: Counter[Any]) -> float:
    """The square root of the Jensen-Shannon divergence, base 2: from 0, alike, to 1, nothing in common."""
    one, other = sum(ours.values()), sum(theirs.values())
    if not one or not other:
        return 0.0 if one == other else 1.0
    total = 0.0
    for key in ours.keys() | theirs.keys():
        p, q = ours[key] / one, theirs[key] / other
        middle = (p + q) / 2
        total += sum(x * math.log2(x / middle) for x in (p, q) if x) / 2
    return math.sqrt(max(total, 0.0))


def _kinds(function: Function) -> Iterator[Hashable]:
    return (type(n).__name__ for n in ast.walk(function))


def _bigrams(function: Function) -> Iterator[Hashable]:
    for node in ast.walk(function):
        for child in ast.iter_child_nodes(node):
            yield type(node).__name__, type(child).__name__


def _builtins(function: Function) -> Iterator[Hashable]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in ("wp", "warp"):
                yield node.func.attr
            elif isinstance(node.func, ast.Name) and node.func.id in KEPT:
                yield node.func.id


def _types(function: Function) -> Iterator[Hashable]:
    return (ast.unparse(a.annotation) for a in function.args.args if a.annotation is not None)


def _operators(function: Function) -> Iterator[Hashable]:
    return (type(n).__name__ for n in ast.walk(function) if isinstance(n, (ast.operator, ast.cmpop, ast.boolop)))


def _depth(function: Function) -> Iterator[Hashable]:
    def below(node: ast.AST) -> int:
        return 1 + max(map(below, ast.iter_child_nodes(node)), default=0)

    yield below(function)


def _lines(function: Function) -> Iterator[Hashable]:
    yield ast.unparse(function).count("\n") // 2


ASPECTS: dict[str, Callable[[Function], Iterator[Hashable]]] = {
    "nodes": _kinds,
    "bigrams": _bigrams,
    "builtins": _builtins,
    "types": _types,
    "depth": _depth,
    "lines": _lines,
    "ops": _operators,
}
"""What is counted of a function, by the name of the distance."""


def distances(ours: Sequence[Function], theirs: Sequence[Function]) -> dict[str, float]:
    """The distance of the two distributions in every aspect."""
    found = {}
    for name, aspect in ASPECTS.items():
        one, other = (Counter(x for f in body for x in aspect(f)) for body in (ours, theirs))
        found[name] = distance(one, other)
    return found


# --- together --------------------------------------------------------------------------------------------------------


def likeness(ours: Sequence[Function], theirs: Sequence[Function], most: int = 120_000) -> dict[str, Any]:
    """What a corpus teaches about real functions.

    Args:
        ours: functions of the corpus.
        theirs: real functions, which nothing was fitted to.
        most: tokens of the corpus that the model is trained on.

    Returns:
        ``bits_per_token`` of the model on the real functions; ``distance`` by aspect; ``classifier``: how often one
        that was trained on halves of both tells the other halves apart; and how much there was of each.
    """
    written, real = [tokens(f) for f in ours], [tokens(f) for f in theirs]
    known = limited(written, most)
    return {
        "bits_per_token": NGram(known).bits(real),
        "distance": distances(ours, theirs),
        "classifier": accuracy(written, real),
        "functions": {"ours": len(written), "theirs": len(real)},
        "tokens": {"ours": sum(len(t) + 1 for t in known), "theirs": sum(len(t) + 1 for t in real)},
    }
