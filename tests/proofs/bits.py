"""Where the bits go: which tokens of held-out kernels cost most a model that was trained on ours.

    python -m tests.proofs.bits --fit examples --against tests [--tokens N] [--rows N] [--excess]

The models are those of ``tests.proofs.likeness``: trained on our programs, on the kernels that the profile was fitted
to, and on both. Every table shows bits per token of the whole text, so that its rows add up: by how many tokens before
a token were seen with it (``-1``: it was not seen at all), by the kind of line, by token, and by the two tokens before
it. ``--excess`` sorts by what ours cost more than what was fitted to, instead of by what they cost.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.proofs.likeness import drawn, folder, held_out
from warpsmith.corpus.likeness import ORDER, NGram, functions_in, limited, tokens
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.learn import learn

_LINES = {"def": "signature", "for": "for", "while": "while", "return": "return", "wp": "call", "assert": "assert"}
_BRANCHES = ("if", "elif", "else")


def kind_of_line(line: Sequence[str]) -> str:
    """What a line is: ``signature``, ``if``, ``for``, ``return``, ``call``, ``store``, ``augment``, ``bind``."""
    words = [w for w in line if w not in ("<in>", "<de>", "<nl>")]
    if not words:
        return "layout"
    if words[0] in _BRANCHES:
        return "if"
    if words[0] in _LINES:
        return _LINES[words[0]]
    if any(w.endswith("=") and len(w) > 1 and w not in ("<=", ">=", "==", "!=") for w in words):
        return "augment"
    target = words[: words.index("=")] if "=" in words else []
    if not target or "(" in target:
        return "call"
    return "store" if "[" in target or "." in target else "bind"


def kinds_of_lines(text: Sequence[str]) -> Iterator[str]:
    """For every token of a function the kind of its line."""
    line: list[str] = []
    for token in text:
        line.append(token)
        if token == "<nl>":
            yield from [kind_of_line(line)] * len(line)
            line = []
    yield from [kind_of_line(line)] * len(line)


def seen(model: NGram, history: Sequence[str], token: str) -> int:
    """The longest history that a model has seen a token behind, in tokens; -1 if it has not seen the token."""
    lengths = (n for n in range(model.order) if model.seen(history[len(history) - n :], token))
    return max(lengths, default=-1)


Table = dict[str, list[float]]


def costs(models: Sequence[NGram], texts: Sequence[list[str]]) -> dict[str, Table]:
    """By class: how many tokens, and bits per token of the whole text with each model."""
    found: dict[str, Table] = {
        name: defaultdict(lambda: [0.0] * (1 + len(models))) for name in ("seen", "line", "token", "context")
    }
    total = sum(len(text) + 1 for text in texts)
    for text in texts:
        padded = ["<s>"] * (ORDER - 1) + text + ["</s>"]
        for i, line in enumerate([*kinds_of_lines(text), "layout"], ORDER - 1):
            history, token = padded[i - ORDER + 1 : i], padded[i]
            bits = [-math.log2(m.probability(history, token)) / total for m in models]
            classes = (str(seen(models[0], history, token)), line, token, " ".join((*history[-2:], "→", token)))
            for table, key in zip(found.values(), classes, strict=True):
                table[key] = [a + b for a, b in zip(table[key], (1, *bits), strict=True)]
    return found


def main() -> None:
    """Prints the tables."""
    options = held_out(__doc__, 30_000)
    options.add_argument("--rows", type=int, default=40)
    options.add_argument("--excess", action="store_true")
    asked = options.parse_args()
    fitted = [folder(f) for f in asked.fit]
    family = kernels_like(learn(fitted).profile)
    ours = limited([tokens(f) for f in drawn(family, asked.tokens)], asked.tokens)
    real = [tokens(f) for f in functions_in(fitted)]
    theirs = [tokens(f) for f in functions_in([folder(asked.against)])]
    for name, table in costs([NGram(ours), NGram(real), NGram(real + ours)], theirs).items():
        print(f"{name:45} {'tokens':>8} {'ours':>8} {'fitted':>8} {'both':>8}")
        rows = sorted(table.items(), key=lambda r: -r[1][1] + (r[1][2] if asked.excess else 0))
        for key, (count, *bits) in rows[: asked.rows]:
            print(f"{key:45} {count:8.0f} " + " ".join(f"{b:8.4f}" for b in bits))
        print(f"{'all':45} {'':8} " + " ".join(f"{sum(r[n] for r in table.values()):8.4f}" for n in (1, 2, 3)))


if __name__ == "__main__":
    main()
