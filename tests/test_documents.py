"""What the documents point to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("fuzz/findings/**/*.md"), ROOT / "tests/README.md"]
NAMING = ("docs/architecture.md", "docs/fuzzer.md", "docs/poisson.md")
"""Documents whose paths and modules are looked up."""


def prose_of(text: str) -> str:
    """A document without the code in it."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def missing_links(text: str, folder: Path) -> list[str]:
    """Relative links of a document in ``folder`` that lead nowhere."""
    links = re.findall(r"\]\((?!https?://)([^)#]+)(?:#[^)]*)?\)", prose_of(text))
    return [link for link in links if not (folder / link).exists()]


def missing_names(text: str) -> list[str]:
    """Paths, tests and modules that a document names and that are not there."""
    paths = re.findall(r"`((?:[\w.-]+/)+(?:[\w.-]+)?)`", prose_of(text))
    modules = re.findall(r"python -m ((?:tests|warpsmith)\.[\w.]+)", text)
    files = {module: f"{module.removeprefix('warpsmith.').replace('.', '/')}.py" for module in modules}
    return [path for path in paths if not (ROOT / path).exists()] + [
        module for module, file in files.items() if not (ROOT / file).exists()
    ]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    assert missing_links(path.read_text(), path.parent) == []


@pytest.mark.parametrize("name", NAMING)
def test_every_path_and_module_that_is_named_exists(name: str) -> None:
    assert missing_names((ROOT / name).read_text()) == []


def test_what_is_missing_is_noticed() -> None:
    assert missing_links("[a](b.md) [c](README.md#top) [d](https://e.org/f)", ROOT) == ["b.md"]
    text = "`fuzz/oracles/` `fuzz/nothing.py` `python -m tests.proofs.shape --count 1` `python -m tests.proofs.nothing`"
    assert missing_names(text) == ["fuzz/nothing.py", "tests.proofs.nothing"]
