"""What is written up in ``fuzz/findings`` holds on the installed Warp, and the table there names every folder.

Run as a script, this file is the process that runs the reproducers: it prints, as JSON, how each file fails.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
import traceback
import unittest
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

FINDINGS = Path(__file__).resolve().parents[2] / "fuzz" / "findings"
FOLDERS = sorted(path for path in FINDINGS.iterdir() if path.is_dir() and path.name != "__pycache__")
FACTS = ("Area", "Fails with", "Releases", "Found")
SECTIONS = ("Symptom", "Cause", "Boundary", "Documentation")
RELEASES = re.compile(
    r"in every release asked, 1\.5\.1 to 1\.19\.0"
    r"|from [\d.]+; the release asked before it, [\d.]+, "
    r"(?:is good|lacks what the reproducer uses|fails in another way)"
)
"""What a page may say of releases: which were asked is in the README of the findings."""
LINES = 20
"""Lines of a kernel's body that a reproducer may have; half of them have no more than MEDIAN."""
MEDIAN = 8


def failures(path: str) -> list[str]:
    """The tracebacks of the tests of one file that fail; of loading it, where that fails already."""
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # Warp asks for a kernel's module by its name
    try:
        spec.loader.exec_module(module)
    except Exception:  # noqa: BLE001  # whatever a file raises is what is to be told
        return [traceback.format_exc()]
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromModule(module).run(result)
    return [trace for _, trace in (*result.failures, *result.errors)]


def run(paths: Sequence[Path], folder: Path) -> dict[str, list[str]]:
    """How each file fails, by its path, in one fresh process with a kernel cache of its own."""
    command = [sys.executable, __file__, *map(str, paths)]
    environment = {**os.environ, "WARP_CACHE_PATH": str(folder / "cache")}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=folder, env=environment, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def complaint(traces: list[str], fails_with: str) -> str:
    """What speaks against a finding, given how its file fails; ``""`` if nothing does."""
    if not traces:
        return "passes: the defect is gone, so the finding goes or names the release that mended it"
    return "" if any(fails_with in trace for trace in traces) else f"fails in another way:\n{traces[0]}"


def reproducer(folder: Path) -> Path:
    return folder / f"test_{folder.name.replace('-', '_')}.py"


def title(folder: Path) -> str:
    return (folder / "README.md").read_text().partition("\n")[0].removeprefix("# ")


def facts(folder: Path) -> dict[str, str]:
    """The rows of the table at the top of a finding's page."""
    return dict(re.findall(r"^\| (\w[^|]*) \| (.*) \|$", (folder / "README.md").read_text(), re.MULTILINE))


def kernel_lines(path: Path) -> int:
    """Lines of kernel bodies in a file, over all its kernels and functions of Warp."""
    functions = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.FunctionDef) and n.decorator_list]
    return sum((f.end_lineno or 0) - f.body[0].lineno + 1 for f in functions)


def test_every_finding_still_holds(tmp_path: Path) -> None:
    found = run([reproducer(folder) for folder in FOLDERS], tmp_path)
    said = {f.name: complaint(found[str(reproducer(f))], facts(f)["Fails with"].strip("`")) for f in FOLDERS}
    assert not any(said.values()), "\n".join(f"{name} {words}" for name, words in said.items() if words)


def test_what_speaks_against_a_finding_is_noticed(tmp_path: Path) -> None:
    head = "import unittest\n\nclass T(unittest.TestCase):\n    def test(self):\n        "
    texts = {"healthy": "self.assertEqual(1, 1)", "broken": "self.assertEqual(1, 2)", "typo": "sefl.assertEqual(1, 2)"}
    paths = {name: tmp_path / f"test_{name}.py" for name in (*texts, "lost")}
    for name, text in texts.items():
        paths[name].write_text(head + text + "\n")
    paths["lost"].write_text("import no_such_module\n" + head + "self.assertEqual(1, 2)\n")
    found = run(list(paths.values()), tmp_path)
    said = {name: complaint(found[str(path)], "AssertionError") for name, path in paths.items()}
    assert not said["broken"]
    assert said["healthy"].startswith("passes")
    assert "NameError" in said["typo"]
    assert "ModuleNotFoundError" in said["lost"]


def test_the_table_names_every_finding() -> None:
    rows = re.findall(
        r"^\| \[(.*)\]\((.*)/README\.md\) \| (.*) \|$", (FINDINGS / "README.md").read_text(), re.MULTILINE
    )
    told = {name: cells.split(" | ") for name, link, cells in rows if name == link}
    assert list(told) == [folder.name for folder in FOLDERS]
    assert len(rows) == len(told)
    for folder in FOLDERS:
        known = facts(folder)
        assert told[folder.name] == [title(folder), known["Area"], known["Releases"], known["Found"]]


def test_the_numbers_of_findings_are_right() -> None:
    text = (FINDINGS / "README.md").read_text()
    said = {area: int(count) for area, count in re.findall(r"^\| ([a-zA-Z ]+) \| (\d+) \|", text, re.MULTILINE)}
    assert said == Counter(facts(folder)["Area"] for folder in FOLDERS)
    assert f": {len(FOLDERS)}, each with one cause" in text


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_finding_is_a_page_and_a_self_contained_test(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} - {"__pycache__"} == {"README.md", reproducer(folder).name}
    assert all(facts(folder).get(fact) for fact in FACTS)
    assert RELEASES.fullmatch(facts(folder)["Releases"])
    assert re.findall(r"^## (.*)$", (folder / "README.md").read_text(), re.MULTILINE) == list(SECTIONS)
    tree = ast.parse(reproducer(folder).read_text())
    imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    allowed = {"unittest", "numpy", "warp", "typing", "subprocess", "sys"}  # a process of its own, for what kills it
    assert imported <= allowed
    assert not any(isinstance(n, ast.ImportFrom) for n in ast.walk(tree))
    assert ast.get_docstring(tree)
    assert kernel_lines(reproducer(folder)) <= LINES


def test_reproducers_are_short() -> None:
    lengths = sorted(kernel_lines(reproducer(folder)) for folder in FOLDERS)
    assert lengths[len(lengths) // 2] <= MEDIAN


if __name__ == "__main__":
    print(json.dumps({path: failures(path) for path in sys.argv[1:]}))
