"""The same request, seed and data make the same bytes, whatever clocks say, on any number of cores."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from shoal.jobs.forecasts.prepare import BUDGETS
from shoal.jobs.job import FinishedJob
from shoal.jobs.predict import predict_data
from shoal.jobs.recipes import BUDGET_SECONDS, ENSEMBLE_SECONDS
from shoal.jobs.sizing.study import STARTUP_SECONDS
from shoal.jobs.texts.prepare import SECONDS

Fit = Callable[..., FinishedJob]
Write = Callable[..., Path]
CLOCKS = ("perf_counter", "monotonic", "process_time", "time")
LITTLE = STARTUP_SECONDS + 0.05
"""What is left of it after the start is for some of the networks that one would like, and not for all."""
OPEN: dict[str, Any] = {"hidden": None, "starts": None, "l2": None, "epochs": None}


@pytest.fixture(autouse=True)
def little(monkeypatch: pytest.MonkeyPatch, without_report: None) -> None:
    for budget in (ENSEMBLE_SECONDS, SECONDS):
        monkeypatch.setitem(budget, "good", (LITTLE, 0.0))
    monkeypatch.setitem(BUDGET_SECONDS, "good", LITTLE)
    monkeypatch.setitem(BUDGETS, "fast", 1e8)
    monkeypatch.setattr("shoal.jobs.images.prepare.LOOKING", 0.0)
    monkeypatch.setattr("shoal.jobs.forecasts.fit.write_pages", lambda *_, **__: None)


def on_a_machine(monkeypatch: pytest.MonkeyPatch, slower: float, cores: int) -> None:
    """Let every clock run so many times as fast, and let there be so many cores."""
    for name in CLOCKS:
        real = getattr(time, name)
        monkeypatch.setattr(time, name, lambda real=real: slower * real())
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    monkeypatch.setattr("shoal.workers.QUOTA", Path("no such file"))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def made(fit: Fit, source: Path, folder: Path, **settings: Any) -> dict[str, bytes]:
    """Return the files of a model that has been made, but for those that tell when, and its predictions."""
    target = settings.pop("target", None)
    fit(source, target, folder, **{"choose": None, "jobs": None, **settings})
    predictions = folder.with_suffix(".csv")
    predict_data(folder, str(source), predictions)
    of_this_run = {"study", "plan.json", "evidence.json", "report.html", "model.md", "command.txt"}
    files = [path for path in folder.iterdir() if path.name not in of_this_run]
    return {"predictions": predictions.read_bytes()} | {path.name: path.read_bytes() for path in files}


KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "classes": ("binary", {"target": "target"}),
    "numbers": ("regression", {"target": "target"}),
    "one network": ("binary", {"target": "target", "choose": "one-se"}),
    "evidence": ("regression", {"target": "target", "score": "evidence", "hidden": ((1,),)}),
    "images": ("images", {}),
    "series": ("series", {"budget": 3e7, "features": 336}),
    "texts": ("texts", {"text": "review", "target": "label"}),
    "forecasts": ("forecast", {"horizon": 2, "season": 4, "quality": "fast"}),
}


def write_source(kind: str, folder: Path, mixed: Any, write_csv: Write, images: Write, series: Write) -> Path:
    if kind == "images":
        return images(folder / "images.npz", {"": 40})
    if kind == "series":
        return series(folder / "series.ts", 24)
    if kind == "texts":
        words = ["good", "fine", "lovely", "bad", "dull", "awful"]
        texts = {"review": [f"film {i} is {words[i % 6]}" for i in range(40)]}
        return write_csv(folder / "texts.csv", {**texts, "label": ["pn"[i % 6 > 2] for i in range(40)]})
    if kind == "forecast":
        rising = 3 + 0.1 * np.arange(40) + np.tile([0.0, 1.0, 0.5, -1.0], 10)
        noise = 0.1 * np.random.default_rng(0).normal(size=40)
        return write_csv(folder / "sold.csv", {"sold": (rising + noise).round(3).tolist()})
    return write_csv(folder / "table.csv", mixed(60, kind))


@pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_job(
    kind: str,
    fit: Fit,
    mixed: Any,
    write_csv: Write,
    write_images: Write,
    write_series: Write,
    tmp_path: Path,
) -> None:
    form, settings = KINDS[kind]
    source = write_source(form, tmp_path, mixed, write_csv, write_images, write_series)
    found = []
    for name, slower, cores in (("fast", 1e-4, 1), ("slow", 1e4, 3)):
        with pytest.MonkeyPatch.context() as patched, threadpool_limits(limits=cores):
            on_a_machine(patched, slower, cores)
            found.append(made(fit, source, tmp_path / name, **{**OPEN, **settings}))
    assert {"model.json", "weights.safetensors"} < found[0].keys()
    assert found[0] == found[1]
