"""Families that bring oracles of their own: judging their programs, and shrinking what those disagree about."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from warpsmith.fuzz.bucket import bucket, slug
from warpsmith.fuzz.finding import Finding
from warpsmith.fuzz.judgement import Judgement, Verdict
from warpsmith.fuzz.report import REPRODUCER, body_lines, confirm, whole
from warpsmith.grammar.program import Program
from warpsmith.synthesizer.family import Family, Opinion


def judgements(family: Family, seed: int, names: tuple[str, ...]) -> Iterator[tuple[str, Judgement]]:
    """Every opinion on one program, as a judgement, with the program's source."""
    assert family.judge is not None
    program = family.synthesize(seed)
    for opinion in family.judge(program, seed, names):
        yield program.source, judgement(opinion)


def judgement(opinion: Opinion) -> Judgement:
    """An opinion in the fuzzer's own terms."""
    o = opinion
    return Judgement(o.oracle, Verdict(o.verdict), o.stage, o.message, o.where, o.expected, o.actual)


def shrink(family: Family, seed: int, first: Judgement, out: Path, seconds: float) -> Finding:
    """Shrink a program by its choices, write its reproducer, and confirm that in a fresh process.

    Args:
        family: it has oracles of its own.
        seed: of the program.
        first: what is said of it.
        out: folder of the findings.
        seconds: how long to shrink.
    """
    search = _Search(family, seed, first)
    program, opinion = search.run(seconds)
    found = judgement(opinion)
    name = bucket(found, program.source)
    finding = Finding(
        bucket=name,
        oracle=found.oracle,
        seed=seed,
        lines=body_lines(program.source, program.entry),
        symptom=found.said,
    )
    if family.reproducer is not None:
        finding.reproducer = f"{slug(name)}/{REPRODUCER}"
        with whole(out / slug(name)) as folder:
            path = folder / REPRODUCER
            path.write_text(family.reproducer(program, seed, opinion), encoding="utf-8")
            finding.confirmed, error = confirm(path)
            text = f"# {name}\n\nFound by the `{found.oracle}` oracle, seed {seed}. {finding.symptom}\n\n"
            text += f"```python\n{program.source}```\n\nIn a fresh process: {error}\n"
            (folder / "README.md").write_text(text, encoding="utf-8")
    return finding


class _Search:
    """Looks for smaller choices that still make a program of which the same oracle says the same."""

    def __init__(self, family: Family, seed: int, first: Judgement) -> None:
        self.family, self.seed, self.first = family, seed, first

    def run(self, seconds: float) -> tuple[Program, Opinion]:
        """The smallest program found, and what is said of it."""
        end = time.monotonic() + seconds
        best = self.family.synthesize(self.seed)
        said = self._said(best)
        assert said is not None, "what was judged once is judged so again"
        seen = {best.source}
        size = max(1, len(best.choices) // 2)
        while size:
            better = None
            for choices in _smaller(best.choices, size):
                if time.monotonic() > end:
                    return best, said
                program = self.family.replay(choices)
                if program.source in seen or _cost(program) >= _cost(best):
                    continue
                seen.add(program.source)
                opinion = self._said(program)
                if opinion is not None:
                    better = program, opinion
                    break
            if better is None:
                size //= 2
            else:
                best, said = better
                size = min(size, max(1, len(best.choices) // 2))
        return best, said

    def _said(self, program: Program) -> Opinion | None:
        assert self.family.judge is not None
        if self.family.check(program).diagnostics:
            return None
        opinions = self.family.judge(program, self.seed, (self.first.oracle,))
        return next((o for o in opinions if o.verdict == "disagree" and o.stage == self.first.stage), None)


def _smaller(choices: Sequence[int], size: int) -> Iterator[tuple[int, ...]]:
    """The choices without some that follow each other, and with zeros in their place."""
    for start in range(0, len(choices), size):
        yield (*choices[:start], *choices[start + size :])
        if any(choices[start : start + size]):
            yield (*choices[:start], *(0 for _ in choices[start : start + size]), *choices[start + size :])


def _cost(program: Program) -> tuple[int, int]:
    nodes = sum(1 for _ in ast.walk(ast.parse(program.source)))
    return nodes, len(str(program.launch))
