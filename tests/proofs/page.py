"""The HTML page of a corpus: how long it takes to be made and opened, how large it is, and whether it works.

    python -m tests.proofs.page [DIR]

DIR is ``out/corpus`` unless given. The page is opened in the Chromium that is on the path, without a network. For some
of its pairs, a search for the rarest production must find the pair, and not all pairs; and a click on a line of source
must mark lines of C++.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from playwright.sync_api import Page, sync_playwright

from warpsmith.command.stats import known_productions
from warpsmith.corpus.page.page import LARGEST, corpus_page

PAIRS = 20
_CHROMIUM = "chromium"


def look(html: str, rarest: dict[str, str]) -> dict[str, Any]:
    """Open a page; search it, and click; each row's rarest production is given."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "page.html"
        file.write_text(html, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=shutil.which(_CHROMIUM), args=["--no-sandbox"])
        page = browser.new_context(offline=True, viewport={"width": 1500, "height": 900}).new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        start = time.monotonic()
        page.goto(file.as_uri())
        page.click("nav a[href='#pairs']")
        opened = time.monotonic() - start
        pairs = [str(li.get_attribute("data-id")) for li in page.locator("#list li").all()]
        shown = [_shown(page, pair, rarest[pair], len(pairs)) for pair in pairs[:PAIRS]]
        page.fill("#search", "no_such_builtin")
        nothing = page.locator("#list li").count()
        browser.close()
    return {
        "pairs": len(pairs),
        "seconds_to_open": round(opened, 2),
        "found_by_production": sum(found for found, _ in shown),
        "lines_connected": sum(connected for _, connected in shown),
        "looked_at": len(shown),
        "found_for_nothing": nothing,
        "errors": errors,
    }


def _rarest(folder: Path) -> dict[str, str]:
    """The rarest production of each row."""
    rows = pq.read_table(folder / "data", columns=["id", "productions"]).to_pylist()
    counts = Counter(production for row in rows for production in row["productions"])
    return {row["id"]: min(row["productions"], key=lambda production: counts[production]) for row in rows}


def _shown(page: Page, pair: str, production: str, pairs: int) -> tuple[bool, bool]:
    """Whether a search for a production finds the pair, and whether a click on its source marks lines of C++."""
    page.fill("#search", "")
    page.click(f"#list [data-id='{pair}']")
    page.wait_for_selector(f"#name:text-is('{pair}')")
    connected = False
    for line in page.locator(".pane[data-title='source'] [data-line]").all():
        line.click()
        connected = connected or page.locator(".pane[data-title='cpp'] .pinned").count() > 0
    page.fill("#search", production)
    found = page.locator(f"#list [data-id='{pair}']").count() == 1
    return found and page.locator("#list li").count() < pairs, connected


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("out/corpus"))
    folder: Path = parser.parse_args().folder
    start = time.process_time()
    html = corpus_page(folder, known_productions())
    seconds = time.process_time() - start
    size = len(html.encode())
    print(
        json.dumps({"cpu_seconds_to_make": round(seconds, 2), "bytes": size, **look(html, _rarest(folder))}, indent=2)
    )
    assert size <= LARGEST, "the page is too large"


if __name__ == "__main__":
    main()
