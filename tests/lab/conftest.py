"""Finished jobs to look at, whose folders are shared, so leave them as they are; the page in a browser."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from shoal.cli.terminal import TerminalListener
from shoal.jobs.fit import fit_data
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import AskedSize
from tests.lab.pages import BROWSER, Seen, started
from tests.waiting import written


def fitted(folder: Path, classes: bool, **settings: Any) -> Path:
    """Return the folder of a tiny job: of a number, or of three classes."""
    X = np.random.default_rng(0).normal(size=(60, 2)).round(3)
    y = np.digitize(X[:, 0], [-0.4, 0.4]) if classes else (X[:, 0] - X[:, 1] ** 2).round(3)
    names = ["low", "middle", "top"]
    lines = [f"{a},{b},{names[int(t)] if classes else t}" for (a, b), t in zip(X, y, strict=True)]
    (folder / "table.csv").write_text("\n".join(["a,b,y", *lines, ""]))
    size = AskedSize(hidden=((1,), (2,)), starts=3, epochs=6, **settings.pop("size", {}))
    asked = {"pieces": 0, "waves": 0, "jobs": 1} | settings
    request = FitRequest(str(folder / "table.csv"), "y", size=size, **asked)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shoal.jobs.fit_study.write_pages", lambda *_, **__: None)
        fit_data(request, folder / "job", TerminalListener(Console(file=io.StringIO())), "shoal fit")
    return folder / "job"


@pytest.fixture(scope="session")
def by_folds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fitted(tmp_path_factory.mktemp("number"), classes=False, folds=3)


@pytest.fixture(scope="session")
def of_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fitted(tmp_path_factory.mktemp("classes"), classes=True, choose="one-se", size={"l2": (0.1, 1.0)})


@pytest.fixture
def address() -> Iterator[str]:
    """A lab of the test's own: nobody meets what another has picked, or left of the design."""
    lab, address = started()
    yield address
    lab.terminate()
    assert written(lab)[1].strip() == "shoal: terminated"
    assert lab.returncode == 143


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        arguments = ["--disable-gpu", "--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=BROWSER, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def seen(browser: Any, address: str) -> Iterator[Seen]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    seen = Seen(context.new_page(), address)
    yield seen
    origin = address.partition("/enter")[0].partition("//")[2]
    context.close()
    assert {re.sub(r"^(http|ws)://([^/]*)/.*", r"\2", url) for url in seen.requests} <= {origin, "data:,"}
    assert seen.errors == []
