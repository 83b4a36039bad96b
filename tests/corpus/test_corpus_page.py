"""The HTML page: one file, small enough, that works in a browser without a network."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import handwritten
import pyarrow.parquet as pq
import pytest
from making import make

from warpsmith.corpus.page import page as pages
from warpsmith.corpus.page.discovery import discover
from warpsmith.corpus.page.page import corpus_page, program_page
from warpsmith.corpus.page.pairs import Pair, choose, fitting

LEVELS = ("adjoint", "cpp", "ptx")
KNOWN = {"derived": {f"{name}(float32)": name for name in ("sin", "cos", "sqrt", "exp", "tanh")}}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "corpus"
    make(path, handwritten.FAMILY, 16, levels=LEVELS)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if (found := next(filter(None, map(shutil.which, BROWSERS)), None)) is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on the path")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Any, corpus: Path, tmp_path: Path) -> Iterator[Any]:
    yield from opening(browser, tmp_path, corpus_page(corpus, KNOWN))


def opening(browser: Any, folder: Path, html: str) -> Iterator[Any]:
    """The page in a browser that has no network; errors and requests are counted."""
    (folder / "page.html").write_text(html, encoding="utf-8")
    context = browser.new_context(offline=True, viewport={"width": 1500, "height": 900})
    page = context.new_page()
    page.went_wrong = []
    page.on("pageerror", lambda error: page.went_wrong.append(str(error)))
    page.on("console", lambda said: page.went_wrong.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: page.went_wrong.append(asked.url) if "page.html" not in asked.url else None)
    page.goto((folder / "page.html").as_uri())
    yield page
    assert page.went_wrong == []
    context.close()


def show(page: Any, seed: str) -> None:
    page.click("nav a[href='#pairs']")
    page.click(f"#list [data-id='{seed}']")
    page.locator("#name").filter(has_text=re.compile(f"^{seed}$")).wait_for()


def marked(page: Any, level: str) -> str:
    """The text of the lines that are marked in a pane."""
    lines = page.locator(f".pane[data-title='{level}'] .pinned").all_text_contents()
    return "\n".join(lines)


def click_on(page: Any, text: str) -> None:
    page.locator(".pane[data-title='source'] [data-line]").filter(has_text=text).first.click()


def row_with(corpus: Path, text: str) -> dict[str, Any]:
    return next(row for row in pq.read_table(corpus / "data").to_pylist() if text in row["source"])


def test_a_click_on_a_line_of_python_marks_its_lines_at_every_level(opened: Any, corpus: Path) -> None:
    show(opened, row_with(corpus, "wp.sqrt(x[i]")["id"])
    click_on(opened, "wp.sqrt(x[i]")
    assert "wp.sqrt" in marked(opened, "source")
    assert "wp::sqrt" in marked(opened, "adjoint")
    assert "wp::sqrt" in marked(opened, "cpp")
    assert "sqrt" in marked(opened, "ptx")
    assert "builtin_tid1d" not in marked(opened, "cpp")
    opened.get_by_role("button", name="backward").click()
    assert "adj_sqrt" in marked(opened, "cpp")
    opened.keyboard.press("Escape")
    assert marked(opened, "cpp") == ""


def test_a_wrong_map_would_be_seen(browser: Any, corpus: Path, tmp_path: Path) -> None:
    row = row_with(corpus, "wp.sqrt(x[i]")
    row["line_map"] = {text: [n and n + 1 for n in lines] for text, lines in row["line_map"].items()}
    for page in opening(browser, tmp_path, program_page(row, LEVELS)):
        click_on(page, "wp.sqrt(x[i]")
        assert "wp::sqrt" not in marked(page, "adjoint")


def test_a_click_on_a_line_of_ptx_marks_its_line_of_python(opened: Any, corpus: Path) -> None:
    show(opened, row_with(corpus, "wp.sqrt(x[i]")["id"])
    opened.locator(".pane[data-title='ptx'] [data-line]").filter(has_text="sqrt").first.click()
    assert "wp.sqrt" in marked(opened, "source")


def test_lines_are_reached_by_keys(opened: Any, corpus: Path) -> None:
    show(opened, row_with(corpus, "wp.sqrt(x[i]")["id"])
    opened.locator(".pane[data-title='source'] .code").focus()
    seen = []
    for _ in range(12):
        opened.keyboard.press("ArrowDown")
        seen.append(marked(opened, "source"))
    assert any("wp.sqrt" in text for text in seen)
    opened.locator("#list").focus()
    before = opened.text_content("#name")
    opened.keyboard.press(
        "ArrowUp" if opened.locator("#list li").last.get_attribute("data-id") == before else "ArrowDown"
    )
    opened.locator("#name").filter(has_not_text=re.compile(f"^{before}$")).wait_for()


@pytest.mark.parametrize("asked", ["sqrt", "sqrt(float32)", "SQRT", "for sqrt"])
def test_search_finds_the_pairs_with_a_builtin_or_production(opened: Any, corpus: Path, asked: str) -> None:
    opened.click("nav a[href='#pairs']")
    opened.fill("#search", asked)
    wanted = {"sqrt(float32)"} | ({"for"} if "for" in asked else set())
    rows = pq.read_table(corpus / "data", columns=["id", "productions"]).to_pylist()
    expected = {row["id"] for row in rows if wanted <= set(row["productions"])}
    assert {li.get_attribute("data-id") for li in opened.locator("#list li").all()} == expected
    assert 0 < len(expected) < len(rows) or asked == "for sqrt"
    assert opened.text_content("#count") == f"{len(expected)} of {len(rows)} pairs"


def test_a_search_for_nothing_there_finds_nothing(opened: Any) -> None:
    opened.click("nav a[href='#pairs']")
    opened.fill("#search", "no_such_builtin")
    assert opened.text_content("#count") == "0 of 16 pairs"


def test_statistics_are_plotted(opened: Any) -> None:
    assert opened.locator("#statistics svg").count() == 5
    assert opened.locator("#statistics svg polyline").count() == 1
    assert "Good and Turing" in opened.text_content("#statistics")
    assert opened.locator("#pairs").is_hidden()


def test_one_program_is_shown_without_statistics(browser: Any, corpus: Path, tmp_path: Path) -> None:
    row = row_with(corpus, "wp.sqrt(x[i]")
    for page in opening(browser, tmp_path, program_page(row, LEVELS)):
        click_on(page, "wp.sqrt(x[i]")
        assert "sqrt" in marked(page, "ptx")
        assert page.locator("aside").is_hidden()


def test_what_a_program_says_cannot_become_markup(browser: Any, corpus: Path, tmp_path: Path) -> None:
    row = row_with(corpus, "wp.sqrt(x[i]")
    row["source"] += "# </script><script>window.broken = 1</script>\n"
    row["id"] = "<b>bold</b>"
    for page in opening(browser, tmp_path, program_page(row, LEVELS)):
        assert page.evaluate("window.broken") is None
        assert page.text_content("#name") == "<b>bold</b>"


def test_a_page_holds_as_many_pairs_as_fit(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pairs(html: str) -> int:
        found = re.search(r'<script id="data" type="application/json">(.*?)</script>', html)
        assert found
        return len(json.loads(found[1])["pairs"])

    whole = corpus_page(corpus, KNOWN)
    assert pairs(whole) == 16
    monkeypatch.setattr(pages, "LARGEST", len(whole) + 200_000 - 4_000)
    small = corpus_page(corpus, KNOWN)
    assert 0 < pairs(small) < 16
    assert len(small.encode()) < len(whole.encode())


def test_no_page_is_larger_than_it_may_be() -> None:
    pairs = [Pair(str(i), "", ("a",) * 10, "x" * 1000) for i in range(20)]
    assert len(fitting(pairs, 5_000)) == 4


def test_pairs_with_something_new_come_first() -> None:
    assert choose([(7, ("a",)), (8, ("a",)), (9, ("a", "b")), (10, ("b",))]) == [7, 9, 8, 10]


def test_what_is_unseen_is_estimated_as_good_and_turing_did() -> None:
    # Five occurrences, one of them of something that occurred once.
    found = discover([("a", "b"), ("a", "b"), ("c",)])
    assert found.curve == (2, 2, 3)
    assert (found.once, found.unseen, found.per_program) == (1, 1 / 5, 1 / 3)
    assert discover([]).unseen == 1.0
