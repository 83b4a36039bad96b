"""The tasks in other libraries' hands, offline, in a fresh environment.

    python -m tests.proofs.adapters [--count 50] [--task NAME ...] [--python EXE]

A virtual environment is made, and warpsmith is installed there with the extras ``verifiers`` and ``inspect``, and
``datasets``; unless an interpreter is named that has them. Then, without a network: the taskset of ``verifiers`` scores
every answerer of the ladder on so many instances of each task; the reward function for TRL scores the same answers as
one batch, and Inspect those of one answerer; and ``datasets`` loads the JSONL that ``warpsmith tasks`` writes. Exits
with 1 if the rewards of an answer differ, if a worse answerer has a higher mean than a better one, or if the rows are
not those that were written.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from pathlib import Path

from warpsmith.tasks.table import TASKS

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).with_name("adapters_inside.py")


def environment(folder: Path) -> Path:
    """A fresh environment's interpreter."""
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "--quiet", f"{ROOT}[verifiers,inspect]", "datasets"]
    subprocess.run(install, check=True, cwd=folder)
    return python


def main() -> int:
    """Make the environment, and run what is to be shown in it."""
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50, help="how many instances of each task")
    parser.add_argument("--seed", type=int, default=3_000_000, help="the first one's")
    parser.add_argument("--task", action="append", choices=TASKS, help="only these")
    parser.add_argument("--python", type=Path, help="an interpreter that has everything")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = options.python or environment(folder)
        for file in (HERE, HERE.with_name("answerers.py")):
            shutil.copy(file, folder)
        offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hf"), "PYTHONPATH": ""}
        run = f"import {HERE.stem}; raise SystemExit({HERE.stem}.main())"
        command = [python, "-c", run, str(options.count), str(options.seed), *(options.task or TASKS)]
        return subprocess.run(command, cwd=folder, env=offline, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
