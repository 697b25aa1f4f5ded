"""Finished jobs to look at: their folders are shared, so leave them as they are."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from shoal.cli.terminal import TerminalListener
from shoal.jobs.fit import fit_data
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import AskedSize


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
