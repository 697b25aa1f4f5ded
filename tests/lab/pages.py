"""The page of the lab in a browser, for tests: what is pressed there, and what is seen."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import HANGS

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
IN_A_BROWSER = [
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="needs playwright"),
]


def require_no_violations(page: Any) -> None:
    """Have axe look at the page as it is, where there is axe: npm ci in web/ brings it."""
    if not AXE.exists():
        return
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run()).violations")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def started(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    """Start the command, and return it with the address that it prints."""
    command = [sys.executable, "-m", "shoal", "lab", "--no-browser", *arguments]
    lab = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert lab.stdout is not None
    return lab, lab.stdout.readline().split()[-1]


class Seen:
    """A page, and what it asked for and complained of."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.requests, self.errors = page, list[str](), list[str]()
        page.set_default_timeout(1000 * HANGS)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(address)
        page.wait_for_selector("canvas")

    def epoch(self) -> int:
        return int(self.page.get_by_test_id("epoch").inner_text().replace(",", ""))

    def until(self, condition: str, argument: object = None) -> None:
        self.page.wait_for_function(condition, arg=argument)

    def until_epoch(self, least: int) -> None:
        text = "document.querySelector('[data-testid=epoch]').textContent.replace(',', '')"
        self.until(f"least => Number({text}) >= least", least)

    def train(self, epochs: int) -> None:
        """Train until at least that epoch, and wait until everything stands still."""
        self.press("Space")
        self.page.get_by_role("button", name="Pause").wait_for()
        self.until_epoch(epochs)
        self.press("Space")
        self.page.get_by_role("button", name="Train").wait_for()
        self.until("() => document.querySelector('#time').max === document.querySelector('#time').value")

    def picked(self) -> str:
        return str(self.page.locator("#picked-option").text_content())

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
