"""A disagreement that was shrunk, the folder that keeps it, and its confirmation in a fresh process."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from warpsmith.fuzz.bucket import slug
from warpsmith.fuzz.plan import Plan
from warpsmith.fuzz.report import page
from warpsmith.synthesizer.harness import Evidence
from warpsmith.synthesizer.judgement import Judgement, Stage

REPRODUCER = "test_finding.py"
"""The file in a finding's folder that fails while the defect is there."""

REPRODUCER_TIMEOUT = 120.0
"""Seconds a reproducer may take in its fresh process; compiling takes about five."""


@dataclass
class Finding:
    """One bucket of a campaign.

    Attributes:
        bucket: its name.
        oracle: which oracle disagreed.
        seed: of the first program that showed it.
        count: how many programs did.
        known: the known defect that explains it, or ``""``.
        lines: lines of kernel body after shrinking.
        reproducer: path of the ``unittest`` file, relative to the campaign's folder; ``""`` where there is none.
        confirmed: whether the reproducer failed in a fresh process.
        symptom: what differs, in words.
    """

    bucket: str
    oracle: str
    seed: int
    count: int = 1
    known: str = ""
    lines: int = 0
    reproducer: str = ""
    confirmed: bool = False
    symptom: str = ""

    def write(self, plan: Plan, evidence: Evidence) -> None:
        """Write the folder: the reproducer, which a fresh process confirms or does not, and the page."""
        name = slug(self.bucket)
        with whole(plan.out / name) as folder:
            evidence, error = self._reproduced(plan, evidence, folder / REPRODUCER)
            text = page(evidence, self.bucket, family=plan.family, warp=plan.warp, error=error)
            (folder / "README.md").write_text(text, encoding="utf-8")
        self.reproducer = f"{name}/{REPRODUCER}"

    def _reproduced(self, plan: Plan, evidence: Evidence, path: Path) -> tuple[Evidence, str]:
        """Write and confirm the reproducer; the evidence that it shows, and its error."""
        first = plan.harness.reproducer(evidence, self.bucket)
        path.write_text(first, encoding="utf-8")
        said = expected_error(evidence.judgement)
        self.confirmed, error = confirm(path, plan.python, said)
        if self.confirmed or plan.python != sys.executable or evidence.options:
            return evidence, error
        # As the runner has it compiled: where a value is undefined, optimised code may happen to be right.
        bare = replace(evidence, options={"optimization_level": 0})
        second = plan.harness.reproducer(bare, self.bucket)
        if second == first:
            return evidence, error
        path.write_text(second, encoding="utf-8")
        self.confirmed, complaint = confirm(path, plan.python, said)
        if self.confirmed:
            return bare, complaint
        path.write_text(first, encoding="utf-8")
        return evidence, error


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """A folder to write into; what it holds appears under the name given at the end, or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".") as scratch:
        made = Path(scratch) / folder.name
        made.mkdir()
        yield made
        if folder.exists():
            shutil.rmtree(folder)
        made.rename(folder)


_ASSERTED = (Stage.VALUE, Stage.GRADIENT, Stage.SHAPE, Stage.ACCEPTED)
"""Stages whose reproducers assert something."""


def expected_error(judgement: Judgement) -> str:
    """What a reproducer fails with: its assertion alone, where it has one; what Warp raised, where that has a name."""
    if judgement.stage in _ASSERTED:
        return "AssertionError"
    return judgement.message.partition(":")[0] if judgement.stage is Stage.BUILD else ""


def confirm(path: Path, python: str = sys.executable, fails_with: str = "") -> tuple[bool, str]:
    """Run a reproducer in a fresh process.

    Args:
        path: of the file.
        python: the interpreter whose Warp is judged.
        fails_with: what the error has to say.

    Returns:
        Whether it failed so, as it should while the defect is there, and its error: the message, without the traceback.
    """
    try:
        done = subprocess.run(
            [python, str(path)], capture_output=True, text=True, timeout=REPRODUCER_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return not fails_with, f"ran past {REPRODUCER_TIMEOUT:g} seconds"
    error = _complaint(done.stderr) or f"exit code {done.returncode}"
    return done.returncode != 0 and fails_with in error, error


def _complaint(printed: str) -> str:
    """What the last error says, up to the rule that ``unittest`` draws below it."""
    lines = printed.splitlines()
    starts = [i for i, line in enumerate(lines) if re.match(r"[\w.]*Error\b|.*\berror:", line)]
    if not starts:
        return ""
    said = takewhile(lambda line: not line.startswith("-----"), lines[starts[-1] :])
    return "\n".join(line for line in said if line.strip())
