"""Which lines and branches of Warp's code generator programs reach, as docs/reach.md.

    python -m tests.proofs.reach [--count 300] [--seed S] [--write]

Draws so many programs of each family, and of the kernels with the shipped profile, and has Warp generate their code:
adjoint, C++ and CUDA, no native compiler. Coverage.py, which has to be installed, watches ``codegen.py`` and
``builtins.py``. Branches of ``codegen.py`` that are not taken are told by kind, and those of no kind by function.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import warp as wp

from tests.proofs.reached import KINDS, Source, ranges
from warpsmith import ir
from warpsmith.fem.integrands.family import FEM
from warpsmith.synthesizer import FAMILIES
from warpsmith.synthesizer.family import Family
from warpsmith.synthesizer.kernels import kernels_like
from warpsmith.synthesizer.profiling.kept import shipped

DOCUMENT = Path(__file__).parents[2] / "docs" / "reach.md"
FILES = ("codegen.py", "builtins.py")
IMPORT = "import alone"
PEOPLE = "people"
NAMES = (*FAMILIES, FEM.name, PEOPLE)
LEVELS = ("adjoint", "cpp", "cuda")
RUN = "import sys\nfrom tests.proofs.reach import main\nsys.exit(main())\n"
"""The script that coverage.py runs: this one, in a process in which nothing has imported Warp before."""


def family(name: str) -> Family:
    """The family of that name; ``people`` are kernels with the shipped profile."""
    if name == PEOPLE:
        return kernels_like(shipped())
    return FEM if name == FEM.name else FAMILIES[name]


def generate(name: str, first: int, count: int) -> None:
    """Has Warp generate the code of so many programs of a family."""
    wp.config.quiet = True
    chosen = family(name)
    for seed in range(first, first + count):
        program = chosen.synthesize(seed)
        loaded = ir.load(program.source, name=f"reach_{seed}")
        for result in ir.capture_many([chosen.kernel(program, loaded)], LEVELS):
            if isinstance(result, Exception):
                raise result
        loaded.unload()


Data = dict[str, dict[str, Any]]
"""What coverage.py has in its JSON, by file: lines and branches, executed and missing."""


class Watched:
    """Runs of this very script under coverage.py.

    Args:
        folder: where their data are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(self, name: str, first: int, count: int) -> Data:
        """What the programs of one family reach, or importing Warp alone."""
        files = ",".join(f"*/warp/_src/{f}" for f in FILES)
        script = self._folder / "run.py"
        script.write_text("import warp\n" if name == IMPORT else RUN)
        watch = ("run", "--branch", f"--include={files}", f"--data-file={self._file(name)}", str(script))
        self._coverage(*watch, "--generate", name, f"--seed={first}", f"--count={count}")
        return self._read(self._file(name))

    def together(self, names: list[str]) -> Data:
        """What they reach together."""
        whole = self._file("together")
        self._coverage("combine", "--keep", f"--data-file={whole}", *map(str, map(self._file, names)))
        return self._read(whole)

    def _file(self, name: str) -> Path:
        return self._folder / f"{name.replace(' ', '_')}.coverage"

    def _read(self, file: Path) -> Data:
        text = self._folder / "figures.json"
        self._coverage("json", "-q", "-o", str(text), f"--data-file={file}")
        return {Path(path).name: found for path, found in json.loads(text.read_text())["files"].items()}

    def _coverage(self, *arguments: str) -> None:
        here = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (os.getcwd(), os.environ.get("PYTHONPATH"))))}
        subprocess.run([sys.executable, "-m", "coverage", *arguments], check=True, env=here, stdout=subprocess.DEVNULL)


def row(name: str, count: int, data: Data) -> str:
    """A line of the table: how many programs, and of each file the shares of lines and branches."""
    cells = []
    for file in FILES:
        s = data[file]["summary"]
        cells.append(f"{s['covered_lines'] / s['num_statements']:.1%}")
        cells.append(f"{s['covered_branches'] / s['num_branches']:.1%}")
    return f"| {name} | {count or ''} | {' | '.join(cells)} |"


def document(rows: list[str], source: Source, command: str) -> Iterator[str]:
    """The page, line by line."""
    yield HEAD.format(warp=wp.__version__, command=command)
    yield "| programs of | each | " + " | ".join(f"`{f}`: lines | branches" for f in FILES) + " |"
    yield "|---|---:|" + "---:|" * (2 * len(FILES))
    yield from rows
    yield THEIRS
    yield MIDDLE.format(missing=len(source.missing), branches=source.number)
    yield "| kind | branches |"
    yield "|---|---:|"
    counts = source.by_kind()
    for kind in KINDS:
        yield f"| {kind} | {counts[kind]} |"
    yield NEVER
    yield "| function | lines |"
    yield "|---|---|"
    for function in source.never():
        yield f"| `{function.name}` | {function.first}–{function.last} |"
    yield OPEN
    yield "| function | first line | branches to lines |"
    yield "|---|---:|---|"
    for function, lines in source.open().items():
        yield f"| `{function.name}` | {function.first} | {ranges(lines)} |"


THEIRS = "| Warp's tests of code generation | | 78 % | | 47 % | |"
HEAD = """# What of Warp's code generator programs reach

Lines and branches of Warp {warp}'s `codegen.py` and `builtins.py` that run while code is generated: adjoint, C++ and
CUDA, for the forward and the backward pass. No program is compiled or launched, so what serves launches is not reached.
What importing Warp runs is part of every row. Made by `{command}`.
"""
MIDDLE = """
The last row was measured once: thirty modules of Warp's own tests, which launch what they compile.

## Branches of `codegen.py` that no program takes

{missing} of {branches}, by kind.
"""
NEVER = """
## Functions that are never called

Those that serve launches are left out.
"""
OPEN = """
## Branches of no kind

They are constructs that no family draws, or combinations that are rare.
"""


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.reach", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=300, help="how many programs of each family")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--write", action="store_true", help=f"write {DOCUMENT.name}")
    parser.add_argument("--generate", choices=NAMES, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.generate:
        generate(asked.generate, asked.seed, asked.count)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        watched = Watched(Path(folder))
        rows = []
        for name in (IMPORT, *NAMES):
            rows.append(row(name, 0 if name == IMPORT else asked.count, watched.run(name, asked.seed, asked.count)))
            print(rows[-1], file=sys.stderr, flush=True)
        data = watched.together(list(NAMES))
        rows.append(row("**all together**", asked.count * len(NAMES), data))
    command = f"python -m tests.proofs.reach --count {asked.count} --seed {asked.seed} --write"
    text = (
        "\n".join(
            document(
                rows,
                Source((Path(wp.__file__).parent / "_src" / FILES[0]).read_text(encoding="utf-8"), data[FILES[0]]),
                command,
            )
        )
        + "\n"
    )
    if asked.write:
        DOCUMENT.write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
