"""What the lab's page does in how long, in a headless Chromium: ``python -m benchmarks.lab``.

All but the sizes is told by the clock, since that is what whoever looks on waits for; on a busy machine the
figures are those of a busy machine. Needs Chromium and playwright, as the tests in a browser do.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any

from playwright.sync_api import Page, sync_playwright

COUNTS = """(() => {
    const send = WebSocket.prototype.send, Socket = WebSocket;
    const turn = (last) => (window.turned = last?.epoch ?? window.turned);
    let counted = false; // of frames that came together the last one is drawn
    window.drawn = 0;
    WebSocket.prototype.send = function (said) {
        if (String(said).includes('"do":"drawn"')) {
            window.drawn += !counted;
            counted = true;
            queueMicrotask(() => (counted = false));
            window.drawnEpoch = window.heardEpoch;
        }
        send.call(this, said);
    };
    window.WebSocket = class extends Socket {
        constructor(...given) {
            super(...given);
            this.addEventListener('message', ({data}) => {
                if (data instanceof ArrayBuffer) window.heardEpoch = new DataView(data).getUint32(12, true);
                else turn(JSON.parse(data).state?.sides?.[0].journal.at(-1));
            });
        }
    };
})()"""
"""Has the page count the frames that it has drawn, since to be told of each costs more than the frame.

It knows the epoch of the last one, too, and the one at which something was turned last.
"""
REPEATS = 15
STRETCH = 10.0
"""Seconds of training between two looks at the page's memory."""
SLIDER = """async () => {
    const slider = document.querySelector('input[type=range][id*=L2]');
    const before = window.turned, start = performance.now();
    slider.value = String(Number(slider.value) + 1);
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    const seen = () => window.turned !== before && window.drawnEpoch > window.turned;
    while (!seen()) await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""
"""Until a frame is drawn of an epoch that was trained under what the slider says."""
INSPECTOR = """async () => {
    const start = performance.now();
    [...document.querySelectorAll('button')].find(one => one.textContent === 'Inspect').click();
    while (!document.querySelector('[data-testid=analytic]')) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""


@dataclass(frozen=True)
class Budget:
    """A figure, what it may be at most (or at least, below 0), and its unit."""

    name: str
    found: float
    most: float
    unit: str

    @property
    def held(self) -> bool:
        """Whether the figure is within its budget."""
        return self.found <= self.most if self.most >= 0 else self.found >= -self.most

    def __str__(self) -> str:
        bound = f"{'≤' if self.most >= 0 else '≥'} {abs(self.most):g}"
        verdict = "" if self.held else "  over its budget"
        return f"{self.name:<48} {self.found:>9.4g} {self.unit:<9} {bound}{verdict}"


class Lab:
    """The command with its page, which counts the frames that it draws, and whom it has asked."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.origin = address.partition("/enter")[0].partition("//")[2]
        self.foreign = 0
        page.set_default_timeout(120_000)
        page.add_init_script(COUNTS)
        page.on("websocket", self._ask)
        page.on("request", self._ask)
        page.goto(address)
        page.wait_for_function("() => /rank/.test(document.querySelector('#picked-option')?.textContent)")

    def epoch(self) -> int:
        """Return the epoch that the page shows."""
        return int(self.page.get_by_test_id("epoch").inner_text().replace(",", ""))

    def drawn(self) -> int:
        """Return how many frames the page has drawn."""
        return int(self.page.evaluate("window.drawn"))

    @contextmanager
    def training(self, pace: str) -> Iterator[None]:
        """Train anew at a pace, until the end of the block."""
        self.page.keyboard.press("r")
        self.page.wait_for_function("() => document.querySelector('[data-testid=epoch]').textContent === '0'")
        self.page.locator("#pace").select_option(pace)
        self.page.keyboard.press("Escape")
        self.page.locator("h1").click()
        self.page.keyboard.press("Space")
        self.page.get_by_role("button", name="Pause").wait_for()
        yield
        self.page.keyboard.press("Space")
        self.page.get_by_role("button", name="Train").wait_for()

    def rates(self, pace: str, seconds: float) -> tuple[float, float]:
        """Return frames and epochs a second at a pace, over so many seconds of training."""
        with self.training(pace):
            frames, epoch, start = self.drawn(), self.epoch(), time.monotonic()
            self.page.wait_for_timeout(1000 * seconds)
            took, drawn, trained = time.monotonic() - start, self.drawn() - frames, self.epoch() - epoch
        return drawn / took, trained / took

    def heap(self) -> float:
        """Return the megabytes that the page's objects take, once all else has been let go of."""
        session = self.page.context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        size = session.send("Runtime.getHeapUsage")["usedSize"]
        session.detach()
        return float(size) / 1e6

    def _ask(self, request: Any) -> None:
        scheme, _, rest = request.url.partition("://")
        self.foreign += scheme not in ("data", "blob") and rest.partition("/")[0] != self.origin


def measured(seconds: float) -> Iterator[Budget]:
    """Yield every figure beside its budget, training so many seconds for each that takes some."""
    static = resources.files("shoal.lab").joinpath("static", "lab.js")
    yield Budget("bundle, gzipped", len(gzip.compress(static.read_bytes(), 9)) / 1000, 60, "kB")
    with page_of_lab() as (lab, first):
        yield Budget("command to first frame", first, 2, "s")
        frames, epochs = lab.rates("20", seconds)
        yield Budget("300 networks, 20 epochs a picture", frames, -30, "frames/s")
        yield Budget("300 networks, 20 epochs a picture", epochs, -1000, "epochs/s")
        frames, epochs = lab.rates("0", seconds)
        yield Budget("300 networks, as fast as it goes", frames, -30, "frames/s")
        yield Budget("300 networks, as fast as it goes", epochs, -1000, "epochs/s")
        with lab.training("5"):
            slider = statistics.median(float(lab.page.evaluate(SLIDER)) for _ in range(REPEATS))
        yield Budget("slider to frame, median", slider, 60, "ms")
        opened = []
        for _ in range(REPEATS):
            opened.append(float(lab.page.evaluate(INSPECTOR)))
            lab.page.keyboard.press("Escape")
            lab.page.wait_for_function("() => !document.querySelector('[data-testid=analytic]')")
        yield Budget("click to inspector, median", statistics.median(opened), 150, "ms")
        before = lab.heap()
        lab.rates("20", 2 * seconds)
        yield Budget(f"growth of the page's objects in {2 * seconds:g} s", lab.heap() - before, 5, "MB")
        lab.page.get_by_label("starts", exact=True).select_option("300")
        lab.page.wait_for_function(
            "() => /of 3000/.test(document.querySelector('#picked-option').textContent)"
        )
        yield Budget("3,000 networks, 5 epochs a picture", lab.rates("5", seconds)[0], -10, "frames/s")
        yield Budget("requests that leave the machine", lab.foreign, 0, "")


@contextmanager
def page_of_lab() -> Iterator[tuple[Lab, float]]:
    """Yield a lab with its page, and the seconds from the command to the first frame."""
    browser_path = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--disable-gpu", "--no-sandbox"]
        )
        page, start = browser.new_page(viewport={"width": 1280, "height": 900}), time.monotonic()
        command = [sys.executable, "-m", "shoal", "lab", "--no-browser"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert process.stdout is not None
            lab = Lab(page, process.stdout.readline().split()[-1])
            yield lab, time.monotonic() - start
        finally:
            process.terminate()
            process.wait()
            browser.close()


def memory(minutes: float) -> Iterator[Budget]:
    """Yield how fast the page's memory grows while it draws for so many minutes, by least squares."""
    with page_of_lab() as (lab, _):
        at, sizes, start = list[float](), list[float](), time.monotonic()
        while not at or at[-1] < minutes:
            lab.rates("20", STRETCH)  # from the first epoch on, for a run ends
            at.append((time.monotonic() - start) / 60)
            sizes.append(lab.heap())
    slope = statistics.linear_regression(at, sizes).slope if len(at) > 1 else 0.0
    name = f"growth of the page's objects in {minutes:g} min, {len(at)} looks"
    yield Budget(name, slope * minutes, 5, "MB")


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 1 if anything is over its budget."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lab", description=__doc__)
    parser.add_argument(
        "--seconds",
        type=float,
        default=3.0,
        help="of training for each rate, which a run of 5000 epochs must not end in; 3",
    )
    parser.add_argument("--minutes", type=float, help="watch nothing but the page's memory, for so long")
    asked, over = parser.parse_args(arguments), 0
    for budget in measured(asked.seconds) if asked.minutes is None else memory(asked.minutes):
        print(budget, flush=True)
        over += not budget.held
    return int(over > 0)


if __name__ == "__main__":
    sys.exit(main())
