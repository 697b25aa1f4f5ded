"""``python -m benchmarks.pictures DIR/report.html … --out FOLDER``: pictures of whole pages, wide and narrow.

A PNG each, named by the page's folder and file and the width. Says of every page what it complained of in the
console, what it asked for elsewhere, and whether it is wider than the window; ends with 1 if there is any
such thing. Needs Chromium and playwright, as the tests in a browser do.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

WIDTHS = (1200, 400)
HEIGHT = 900
PATIENCE = 180_000
"""Milliseconds: a busy machine takes its time over a long page, and playwright gives up after 30 seconds."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def names_of(pages: list[Path]) -> list[str]:
    """Return a name for each page, of as many of its folders as it takes to tell them apart."""
    parts = [[*page.resolve().parent.parts[1:], page.stem] for page in pages]
    for count in range(min(2, *map(len, parts)) if parts else 0, max(map(len, parts), default=0) + 1):
        names = ["-".join(each[-count:]) for each in parts]
        if len(set(names)) == len(names):
            return names
    raise SystemExit("a page is named twice; name each once")


def pictured(browser: Browser, page: Path, width: int, picture: Path) -> Iterator[str]:
    """Write the picture of a page, and yield what is wrong with the page at that width."""
    complaints, addresses = list[str](), list[str]()
    tab = browser.new_page(viewport={"width": width, "height": HEIGHT})
    tab.set_default_timeout(PATIENCE)
    try:
        tab.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda asked: addresses.append(asked.url))
        tab.goto(page.resolve().as_uri())
        tab.screenshot(path=picture, full_page=True)
        wide = int(tab.evaluate("() => document.documentElement.scrollWidth"))
    finally:
        tab.close()
    if wide > width:
        yield f"is {wide} pixels wide in a window of {width}"
    yield from (f"complains: {each}" for each in complaints)
    yield from (f"asks for {each}" for each in addresses if not each.startswith(("file:", "data:", "blob:")))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__)
    parser.add_argument("pages", nargs="+", type=Path, metavar="PAGE", help="an HTML file")
    parser.add_argument("--out", type=Path, required=True, help="the folder of pictures")
    parser.add_argument("--widths", type=int, nargs="+", default=WIDTHS, help="in pixels; 1200 and 400")
    asked = parser.parse_args(arguments)
    for page in asked.pages:
        if not page.is_file():
            parser.error(f"{page} is no file; name the HTML files to look at, as in DIR/report.html")
    asked.out.mkdir(parents=True, exist_ok=True)
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    wrong = 0
    with sync_playwright() as playwright:
        # Without --disable-gpu it may wait for a screen's, and root has no sandbox.
        browser = playwright.chromium.launch(
            executable_path=path, args=["--disable-gpu", "--no-sandbox"], timeout=PATIENCE
        )
        for page, name in zip(asked.pages, names_of(asked.pages), strict=True):
            for width in asked.widths:
                picture = asked.out / f"{name}-{width}.png"
                found = list(pictured(browser, page, width, picture))
                print(f"{picture}: {'; '.join(found) or 'nothing wrong'}", flush=True)
                wrong += len(found)
        browser.close()
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
