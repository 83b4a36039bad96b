"""README says what is so: its example is what the command prints, its code runs, and what it names is there.

``python -m tests.test_readme [SEED]`` makes the example again, after a change of the grammar, or for another seed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import click
import pytest

import warpsmith

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
TEXT = README.read_text()
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXAMPLE = re.compile(r"<!-- example -->\n(.*?)<!-- /example -->\n", re.DOTALL)
_SEED = re.compile(r"`warpsmith show (\d+) --level cuda`")


def python(*arguments: str, cwd: Path = ROOT, **environment: str) -> str:
    """What a Python process prints that can import this tree."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def shown(seed: int) -> dict[str, str]:
    """The parts of what ``warpsmith show SEED --level cuda`` prints, by title."""
    parts = re.split(r"^==> (.*) <==\n", python("-m", "warpsmith", "show", str(seed), "--level", "cuda"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def between(text: str, first: str, last: str) -> str:
    """The lines after the line ``first`` and before the first line ``last`` from there, without common indentation."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip() == first) + 1
    end = next(i for i in range(start, len(lines)) if lines[i] == last)
    return textwrap.dedent("\n".join(lines[start:end])) + "\n"


def example(seed: int, parts: Mapping[str, str]) -> str:
    """The section of README between its marks."""
    forward = between(parts["cuda forward"], "// forward", "    }")
    backward = between(parts["cuda backward"], "// reverse", "        continue;")
    return (
        f"`warpsmith show {seed} --level cuda` prints a program,\n\n```python\n{parts['source']}```\n\n"
        f"its forward pass, of which this is the heart,\n\n```cuda\n{forward}```\n\n"
        f"and its backward pass, which replays the forward pass and then goes back:\n\n```cuda\n{backward}```\n"
    )


def section(title: str) -> str:
    """The text under a heading."""
    (found,) = [part for part in TEXT.split("\n## ") if part.startswith(f"{title}\n")]
    return found


def blocks(text: str, language: str) -> list[str]:
    return [code for name, code in _BLOCK.findall(text) if name == language]


def test_the_example_is_what_the_command_prints() -> None:
    (found,) = _EXAMPLE.findall(TEXT)
    seed = int(_SEED.findall(found)[0])
    parts = shown(seed)
    assert found == example(seed, parts), f"make it again: python -m tests.test_readme {seed}"
    source, (forward, backward) = blocks(found, "python")[0], blocks(found, "cuda")
    assert "@wp.kernel" in source
    assert "wp::" in forward
    assert "wp::adj_" in backward


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which ``out/corpus`` is a small corpus."""
    folder = tmp_path_factory.mktemp("readme")
    arguments = ("generate", "--count", "6", "--levels", "cpp,cuda", "--jobs", "1", "--out", "out/corpus")
    python("-m", "warpsmith", *arguments, cwd=folder)
    return folder


def test_the_corpus_loads_in_every_way_that_is_named(corpus: Path) -> None:
    (code,) = blocks(section("Two commands"), "python")
    imports, *lines = [line for line in code.splitlines() if line]
    assert [line.split(".")[0] for line in lines] == ["datasets", "duckdb", "polars", "pandas"]
    sizes = "".join(f"print(len({line}))\n" for line in lines)
    home = str(corpus / "home")
    assert python("-c", f"{imports}\n{sizes}", cwd=corpus, HF_HOME=home, HF_HUB_OFFLINE="1").split() == ["6"] * 4


FEW = """from hypothesis import Phase, settings
settings.register_profile("few", max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate])
"""


def test_the_library_example_passes_as_a_test(tmp_path: Path) -> None:
    (code,) = blocks(section("The library"), "python")
    (tmp_path / "test_example.py").write_text(code)
    (tmp_path / "conftest.py").write_text(FEW)
    run = ("-m", "pytest", "-p", "no:cacheprovider", "--hypothesis-profile=few", "test_example.py")
    assert "1 passed" in python(*run, cwd=tmp_path)
    (tmp_path / "test_example.py").write_text(code.replace('"adj_" in', '"adj_" not in'))
    with pytest.raises(AssertionError):
        python(*run, cwd=tmp_path)


def commands() -> Mapping[str, click.Command]:
    return warpsmith.cli.commands


def test_every_command_is_in_the_table_and_takes_what_is_named_there() -> None:
    rows = re.findall(r"^\| `(\w+)\b([^|]*)` \| (.*) \|$", section("The commands"), re.MULTILINE)
    assert {name for name, _, _ in rows} == set(commands())
    for name, usage, explained in rows:
        options = {option for parameter in commands()[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", usage + explained)) <= options, name
    takers = re.search(r"^(`stats`.*) take `--json`", section("The commands"), re.MULTILINE)
    assert takers is not None
    taking = {name for name, command in commands().items() if any("--json" in p.opts for p in command.params)}
    assert set(re.findall(r"`(\w+)`", takers[1])) == taking


def test_every_test_that_is_said_to_hold_a_promise_is_there() -> None:
    promises = re.findall(r"^\| \*\*(.*?)\.\*\*.* \| (.*) \|$", section("What it promises"), re.MULTILINE)
    assert [name for name, _ in promises] == ["Always valid", "Defined", "Deterministic", "Checked by somebody else"]
    there = set(re.findall(r"^def (test_\w+)", "\n".join(p.read_text() for p in ROOT.glob("tests/**/*.py")), re.M))
    for name, tests in promises:
        named = re.findall(r"`(\w+)`", tests)
        assert f"test_{name.lower().replace(' ', '_')}" in named
        assert set(named) <= there


def test_every_room_and_target_that_is_named_is_there() -> None:
    for path in re.findall(r"`([\w/.]+(?:/|\.py|\.md))`|\]\(([\w./]+)\)", TEXT):
        assert (ROOT / "".join(path)).exists(), path
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^\$ make (\w+)(.*)$", TEXT, re.MULTILINE)
    assert [target for target, _ in targets] == ["corpus", "test"]
    for target, remark in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
        for variable in re.findall(r"\b([A-Z]+)=", remark):
            assert re.search(rf"^{variable} := ", makefile, re.MULTILINE), variable
    assert re.search(r"^COUNT := 1000$", makefile, re.MULTILINE)
    assert re.search(r"^OUT := out/corpus$", makefile, re.MULTILINE)


if __name__ == "__main__":
    chosen = int(sys.argv[1]) if len(sys.argv) > 1 else int(_SEED.findall(TEXT)[0])
    made = example(chosen, shown(chosen))
    README.write_text(_EXAMPLE.sub(lambda _: f"<!-- example -->\n{made}<!-- /example -->\n", TEXT))
