"""A corpus survives one interruption of each kind; ``tests.proofs.faults --plants`` shows that defects are noticed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.proofs.faults import ENDED_BY_A_PROGRAM
from tests.proofs.interruptions import INTERRUPTIONS

ROOT = Path(__file__).parent.parent.parent


def run(*options: str) -> Any:
    """In a process of its own, which forks."""
    command = [sys.executable, "-m", "tests.proofs.faults", "--within", "0.3", *options]
    return json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)


def test_nothing_is_lost_whatever_happens_once() -> None:
    found = run("--count", str(len(INTERRUPTIONS)))
    assert found["wrong"] == []
    happened = {fault.__name__ for fault in INTERRUPTIONS}
    assert found["interruptions"].keys() == {*happened, "flip_finished", *ENDED_BY_A_PROGRAM}
