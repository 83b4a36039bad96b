"""``warpsmith capture`` on every example that ships with Warp: each kernel is captured, or it is told why not.

    python -m tests.proofs.capture_wheel [FOLDER] [--level LEVEL] [--json]

The witness is the text of the files: functions that stand decorated as kernels in them. Each file is captured by the
command, in a process of its own. A kernel is *missing* if neither its text nor a failure names it; those that only
running an example's ``main`` defines are listed with the factory that they stand in.

Exits with 1 if a kernel of a file that could be imported is missing for no reason.
"""

from __future__ import annotations

import argparse
import ast
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path


@dataclass
class Captured:
    """What became of one file.

    Attributes:
        file: below the folder.
        written: qualified names of the functions that stand decorated as kernels.
        shown: names that were captured.
        failed: names that were tried in vain, and why.
        factories: those of ``written`` that stand in a function, which nothing called when the file was imported.
        missing: those that are in none of these.
        unimported: why the file could not be imported.
    """

    file: str
    written: list[str]
    shown: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    factories: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unimported: str = ""


def written(tree: ast.AST, around: str = "", *, called: bool = True) -> Iterator[tuple[str, bool]]:
    """The qualified names of kernels in a tree, and whether importing the file defines them."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            name = f"{around}.{node.name}" if around else node.name
            if isinstance(node, ast.FunctionDef) and any(_is_kernel(d) for d in node.decorator_list):
                yield name, called
            yield from written(node, name, called=called and isinstance(node, ast.ClassDef))
        else:
            yield from written(node, around, called=called)


def _is_kernel(decorator: ast.expr) -> bool:
    return ast.unparse(decorator).partition("(")[0] in ("wp.kernel", "warp.kernel", "kernel")


def captured(path: Path, folder: Path, level: str) -> Captured:
    """Captures one file."""
    known = list(written(ast.parse(path.read_bytes())))
    made = Captured(str(path.relative_to(folder)), [name for name, _ in known])
    command = [sys.executable, "-m", "warpsmith", "capture", str(path), "--level", level]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    titles = [line.split(" ")[1] for line in done.stdout.splitlines() if line.startswith("==> ")]
    made.shown = list(dict.fromkeys(titles))
    for line in done.stderr.splitlines() if done.returncode == 1 else ():
        name, _, reason = line.removeprefix("warpsmith: ").partition(": ")
        if line.startswith("warpsmith: ") and reason:
            made.failed[name] = reason[:200]
    if done.returncode == 2 or (done.returncode == 1 and not made.shown and not made.failed):
        made.unimported = "" if "no kernel is defined" in done.stderr else done.stderr.rpartition(".py: ")[2].strip()
    told = {_plain(name) for name in (*made.shown, *made.failed)}
    for name, defined in known if not made.unimported else ():
        if name not in told:
            (made.missing if defined else made.factories).append(name)
    return made


def _plain(name: str) -> str:
    """The qualified name in the name of a kernel."""
    return name.partition("[")[0].partition("(")[0].partition("#")[0]


def main() -> int:
    """Prints a line for each file with something to tell, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--level", default="adjoint")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    spec = find_spec("warp")
    assert spec is not None
    assert spec.origin is not None
    folder = asked.folder or Path(spec.origin).parent / "examples"
    files = [f for f in sorted(folder.rglob("*.py")) if list(written(ast.parse(f.read_bytes())))]
    found = [captured(file, folder, asked.level) for file in files]
    counts = Counter(
        files=len(found),
        written=sum(len(c.written) for c in found),
        shown=sum(len(c.shown) for c in found),
        failed=sum(len(c.failed) for c in found),
        factories=sum(len(c.factories) for c in found),
        missing=sum(len(c.missing) for c in found),
        unimported=sum(bool(c.unimported) for c in found),
    )
    if asked.json:
        print(json.dumps({"counts": counts, "files": [asdict(c) for c in found]}, indent=2))
    else:
        for c in found:
            if c.failed or c.missing or c.factories or c.unimported:
                told = {"failed": c.failed, "missing": c.missing, "in factories": c.factories, "": c.unimported}
                print(c.file, *(f"{k} {v}" for k, v in told.items() if v), sep="; ")
        print(", ".join(f"{n} {k}" for k, n in counts.items()))
    return 1 if counts["missing"] else 0


if __name__ == "__main__":
    sys.exit(main())
