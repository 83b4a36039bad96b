"""``python -m tests.proofs.wheel [FOLDER]``: the checker's verdicts and types beside Warp's, over people's files.

Without a folder it takes examples, fem and tests of the installed Warp. Child processes import each file, run the tests
in it with nothing launched, and have Warp generate every kernel and function that this makes; the checker only reads.
Prints figures and a table by cause; exits with 1 if the checker failed at a file, if a local has another type than
Warp gives it, or if fewer than 99 % of the verdicts that are not unknown are Warp's.

``--truth FILE`` keeps what Warp said, so that a second run need not ask again.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import warp as wp

from tests.proofs.truths import collect
from tests.synthesizer.witness import spelled
from warpsmith.synthesizer.check import Report, check_paths, summary

PARTS = ("_src/fem", "tests", "examples")
AGREEMENT = 0.99
"""Of the verdicts that are not unknown, how many must be Warp's."""
LEFT_OUT = re.compile(r"__main__|aux_test_module_unload|walkthrough|run_coverage")
"""Files that a child process cannot import for their side effects."""


def wheel() -> list[Path]:
    """The folders of the installed Warp that hold people's kernels."""
    return [Path(wp.__file__).resolve().parent / part for part in PARTS]


def first_lines(path: str) -> dict[int, int]:
    """The line of each function's first decorator by the line of its ``def``."""
    tree = ast.parse(Path(path).read_bytes())
    found = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    return {n.lineno: min([n.lineno, *(d.lineno for d in n.decorator_list)]) for n in found}


class Comparison:
    """Verdicts of both sides, counted, with the causes of what differs."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self.truth: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            if row["built"] or row["error"]:
                self.truth[row["file"], row["line"]].append(row)
        self.verdicts: Counter[tuple[str, str]] = Counter()
        self.causes: Counter[tuple[str, str]] = Counter()
        self.examples: dict[tuple[str, str], str] = {}
        self.locals = self.unlike = 0
        self.unlike_examples: list[str] = []

    def add(self, report: Report) -> None:
        """Take in what the checker says of one file."""
        if not report.verdicts:
            return
        first, file = first_lines(report.path), os.path.realpath(report.path)
        names = Counter(v.name.rpartition(".")[2] for v in report.verdicts)
        for verdict in report.verdicts:
            rows = self.truth.get((file, first[verdict.line]), [])
            theirs = ("refused" if any(r["error"] for r in rows) else "accepted") if rows else "not built"
            self.verdicts[theirs, verdict.verdict] += 1
            where = f"{report.path}:{verdict.line} {verdict.name}"
            if verdict.verdict == "unknown":
                self._note(("unknown", verdict.reason), where)
            elif rows and theirs != verdict.verdict:
                told = [d.rule for d in report.diagnostics if d.line >= verdict.line]
                cause = told[0] if told and verdict.verdict == "refused" else (self._said(rows) or verdict.reason)
                self._note((f"Warp: {theirs}, we: {verdict.verdict}", cause), where)
            name = verdict.name.rpartition(".")[2]
            if len(rows) == 1 and names[name] == 1 and rows[0]["types"]:
                self._compare_types(report.locals.get(name, {}), rows[0]["types"], where)

    def _said(self, rows: list[dict[str, Any]]) -> str:
        return next((r["error"].rpartition(";")[2][:90] for r in rows if r["error"]), "")

    def _note(self, cause: tuple[str, str], where: str) -> None:
        self.causes[cause] += 1
        self.examples.setdefault(cause, where)

    def _compare_types(self, ours: dict[str, Any], theirs: dict[str, str], where: str) -> None:
        for name in ours.keys() & theirs.keys():
            # Warp names a struct with the functions around it, warp.fem adds a hash; a handle is spelled in C++.
            wanted = re.sub(r"\w+__locals__|_[0-9a-f]{8}(?=\))", "", theirs[name]).replace("wp::uint64", "uint64")
            self.locals += 1
            if not wanted.startswith("wp::") and spelled(ours[name]) != wanted:
                self.unlike += 1
                self.unlike_examples.append(f"{where}: {name} is {wanted}, we say {spelled(ours[name])}")

    def holds(self) -> bool:
        """Whether the checker says what Warp says: of locals always, of verdicts as often as is asked for."""
        return not self.unlike and self.figures()["agreement where known"] >= AGREEMENT

    def figures(self) -> dict[str, Any]:
        """The figures that are asked for."""
        known = {k: n for k, n in self.verdicts.items() if k[0] != "not built" and k[1] != "unknown"}
        built = sum(n for k, n in self.verdicts.items() if k[0] != "not built")
        every = self.verdicts.total()
        agree = sum(n for (a, b), n in known.items() if a == b)
        return {
            "found": every,
            "built by Warp": built,
            "agreement where known": round(agree / max(1, sum(known.values())), 4),
            "unknown of all": round(sum(n for k, n in self.verdicts.items() if k[1] == "unknown") / max(1, every), 4),
            "unknown of built": round(self._unknown_built() / max(1, built), 4),
            "verdicts (Warp, we)": {f"{a}, {b}": n for (a, b), n in sorted(self.verdicts.items())},
            "locals compared": self.locals,
            "locals unlike": self.unlike,
        }

    def _unknown_built(self) -> int:
        return sum(n for (a, b), n in self.verdicts.items() if a != "not built" and b == "unknown")


def compared(told: Iterable[dict[str, Any]], reports: Iterable[Report]) -> Comparison:
    """What Warp said of files beside what the checker says of them."""
    comparison = Comparison(row for one in told for row in one["rows"])
    for report in reports:
        comparison.add(report)
    return comparison


def main() -> int:
    """Prints the figures, then the causes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="*", type=Path)
    parser.add_argument("--truth", type=Path, help="where to keep what Warp says")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rows", type=int, default=40, help="how many causes to print")
    options = parser.parse_args()
    wp.config.quiet = True
    folders = [f.resolve() for f in options.folder] or wheel()
    files = [f for folder in folders for f in sorted(folder.rglob("*.py")) if not LEFT_OUT.search(str(f))]
    cache = options.truth or Path(tempfile.mkdtemp()) / "truth.jsonl"
    told = collect([f for f in files if f.name != "__init__.py"], cache, jobs=options.jobs, run=True)
    began = time.process_time()
    reports = check_paths(folders)
    print(summary(reports), f"in {time.process_time() - began:.1f} CPU s")
    comparison = compared(told, reports)
    crashes = [f"{r.path}: {r.crash}" for r in reports if r.crash]
    unimported = Counter(one["trouble"][:60] for one in told if one["trouble"])
    print(json.dumps({**comparison.figures(), "crashes": crashes, "not imported": dict(unimported)}, indent=2))
    for (kind, cause), count in comparison.causes.most_common(options.rows):
        print(f"{count:5d}  {kind:32s}  {cause[:90]:90s}  {comparison.examples[kind, cause]}")
    for line in comparison.unlike_examples[: options.rows]:
        print(line)
    return int(bool(crashes) or not comparison.holds())


if __name__ == "__main__":
    sys.exit(main())
