"""Which releases of Warp have a finding: each release in an environment of its own.

    python -m warpsmith.fuzz.releases [--releases 1.5.1,1.19.0] [--environments DIR] [FOLDER ...]

Installs what is missing from the package index, runs the reproducer of every finding under each release, and prints a
table. A reproducer that fails under a release as the finding says shows the defect there, one that passes does not; one
that does not get as far, because that release lacks something it uses, or fails in another way, says nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path

from warpsmith.errors import WarpsmithError

FINDINGS = Path(__file__).parent / "findings"
RELEASES = (
    *("1.5.1", "1.6.2", "1.7.2", "1.8.1", "1.9.1", "1.10.1", "1.11.1", "1.12.1", "1.13.0", "1.14.0", "1.15.0"),
    *("1.16.0", "1.17.0", "1.18.0", "1.19.0"),
)
"""The last patch of every minor release from the first that the runner supports."""

_HAS, _HAS_NOT, _LACKS, _OTHER = "defect", "works", "not expressible", "fails in another way"
_MISSING = (
    *("AttributeError", "has no attribute", "unexpected keyword argument", "Couldn't find function overload"),
    *("Could not find function", "Construct `ast."),
)
"""What Warp says of a builtin, an overload, an option or a statement that it does not have."""
_WORDS = {_HAS: "yes", _HAS_NOT: "no", _LACKS: "–", _OTHER: "?"}


def environment(release: str, folder: Path) -> str:
    """The interpreter of an environment that has that release; made if need be.

    Raises:
        subprocess.CalledProcessError: the release cannot be installed.
        WarpsmithError: the environment is there, but its Warp does not start: an installation was interrupted.
    """
    python = folder.absolute() / release / "bin" / "python"  # reproducers run elsewhere
    if not python.exists():
        venv.create(folder / release, with_pip=True)
        command = [str(python), "-m", "pip", "install", "--quiet", f"warp-lang=={release}", "numpy"]
        subprocess.run(command, check=True)
    started = subprocess.run([str(python), "-c", "import warp; warp.init()"], capture_output=True, check=False)
    if started.returncode:
        raise WarpsmithError(f"{folder / release} holds no Warp that starts; remove it to have it installed again")
    return str(python)


_NAMES = """
import json, pathlib, re, warp
folder = pathlib.Path(warp.__file__).parent
stubs = [f.read_text() for f in (folder / "__init__.pyi", folder / "stubs.py") if f.exists()]
print(json.dumps(sorted({*dir(warp), *(name for text in stubs for name in re.findall(r"^def (\\w+)", text, re.M))})))
"""


def names(python: str) -> frozenset[str]:
    """The names of that interpreter's Warp: what it exports, and the builtins that its type stubs list."""
    done = subprocess.run([python, "-c", _NAMES], capture_output=True, text=True, check=True)
    return frozenset(json.loads(done.stdout.splitlines()[-1]))


def verdict(test: Path, python: str, timeout: float = 180.0) -> str:
    """What a reproducer says of the Warp of that interpreter.

    A finding may itself be that Warp says of something that it is missing, so the text that the finding says it fails
    with comes first.
    """
    with tempfile.TemporaryDirectory() as elsewhere:
        try:
            done = subprocess.run(
                [python, str(test)], capture_output=True, text=True, timeout=timeout, check=False, cwd=elsewhere
            )
        except subprocess.TimeoutExpired:
            return _HAS
    if done.returncode == 0:
        return _HAS_NOT
    if _fails_with(test) in done.stderr:
        return _HAS
    return _LACKS if any(words in done.stderr for words in _MISSING) else _OTHER


def _fails_with(test: Path) -> str:
    found = re.search(r"^\| Fails with \| `(.+)` \|$", (test.parent / "README.md").read_text(), re.MULTILINE)
    if found is None:
        raise WarpsmithError(f"{test.parent / 'README.md'} does not say what its test fails with")
    return found[1]


def first_bad(verdicts: dict[str, str]) -> str:
    """The first release from which on every release that can express a finding has it; ``""`` if the last has not."""
    first = ""
    for release in reversed(verdicts):
        if verdicts[release] == _HAS_NOT:
            break
        if verdicts[release] == _HAS:
            first = release
    return first


def table(rows: dict[str, dict[str, str]]) -> Iterator[str]:
    """The verdicts as a Markdown table, a line at a time."""
    releases = list(next(iter(rows.values()), {}))
    yield f"| finding | first bad | {' | '.join(releases)} |"
    yield f"|---|---|{'---|' * len(releases)}"
    for name, verdicts in rows.items():
        cells = " | ".join(_WORDS[verdicts[release]] for release in releases)
        yield f"| {name} | {first_bad(verdicts) or 'fixed'} | {cells} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """The command; see the module."""
    parser = argparse.ArgumentParser(
        prog="python -m warpsmith.fuzz.releases", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--releases", default=",".join(RELEASES), help="comma-separated")
    parser.add_argument("--environments", type=Path, default=Path("out/releases"), help="where they are installed")
    parser.add_argument("--json", action="store_true", dest="as_json")
    parser.add_argument("folders", nargs="*", type=Path, help="findings; all that are kept by default")
    options = parser.parse_args(arguments)
    folders = [folder.resolve() for folder in options.folders] or sorted(
        path.parent for path in FINDINGS.glob("*/test_*.py")
    )
    if missing := [folder for folder in folders if not (folder / "README.md").exists()]:
        parser.error(f"{missing[0]} holds no finding")
    rows: dict[str, dict[str, str]] = {folder.name: {} for folder in folders}
    for release in options.releases.split(","):
        python = environment(release, options.environments)
        for folder in folders:
            (test,) = folder.glob("test_*.py")
            rows[folder.name][release] = verdict(test, python)
            print(f"{release} {folder.name}: {rows[folder.name][release]}", file=sys.stderr, flush=True)
    print(json.dumps(rows, indent=2) if options.as_json else "\n".join(table(rows)))


if __name__ == "__main__":
    main()
