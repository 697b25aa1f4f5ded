"""Small tables with a bit of everything in them, and jobs that take a second."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from shoal.cli.terminal import TerminalListener
from shoal.jobs.fit import fit_data
from shoal.jobs.job import FinishedJob
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import AskedSize
from shoal.words import as_option, spoken

Columns = Mapping[str, Sequence[object]]
TINY = AskedSize(hidden=((1,), (2,)), starts=2, l2=(1.0,), epochs=3)


@pytest.fixture(autouse=True)
def of_the_command_line() -> Iterator[None]:
    """Messages name settings as options, as they do for most who run a job."""
    with spoken(as_option):
        yield


@pytest.fixture(autouse=True)
def unless_shared(request: pytest.FixtureRequest) -> None:
    """Draw the figures of jobs that tests share, and of tests that ask for ``with_figures``, alone."""
    if "with_figures" not in request.fixturenames:
        request.getfixturevalue("without_figures")


@pytest.fixture
def with_figures() -> None:
    """Draw the figures of the job that a test runs, which looks at them."""


@pytest.fixture(scope="session")
def mixed() -> Callable[..., dict[str, list[object]]]:
    """Build a table whose target depends on ``signal`` alone, beside columns of every other kind."""

    def build(n: int = 150, task: str = "binary", seed: int = 0) -> dict[str, list[object]]:
        rng = np.random.default_rng(seed)
        signal = rng.normal(size=n)
        noise = rng.normal(size=n).round(3).tolist()
        days = np.datetime64("2024-01-01") + rng.integers(0, 700, size=n)
        target = {
            "binary": np.where(signal > 0, "yes", "no"),
            "classes": np.array(["low", "middle", "top"])[np.digitize(signal, [-0.5, 0.5])],
            "regression": (1000 + 50 * signal + rng.normal(size=n)).round(3),
        }[task]
        return {
            "signal": signal.round(4).tolist(),
            "noise": ["" if i % 7 == 0 else value for i, value in enumerate(noise)],
            "colour": rng.choice(["red", "green", "blue"], size=n).tolist(),
            "member": rng.choice(["true", "false"], size=n).tolist(),
            "seen": days.astype(str).tolist(),
            "unit": ["cm"] * n,
            "target": target.tolist(),
        }

    return build


@pytest.fixture(scope="session")
def write_csv() -> Callable[[Path, Columns], Path]:
    """Write columns as CSV, and return the path."""

    def write(path: Path, columns: Columns) -> Path:
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([list(columns), *zip(*columns.values(), strict=True)])
        return path

    return write


@pytest.fixture(scope="session")
def fit() -> Callable[..., FinishedJob]:
    """Run a job, a tiny one that chooses a single network unless said otherwise.

    ``fit(table, target, folder, epochs=…, solver=…)``; ``choose="ensemble"`` is what users get by default.
    """
    sizes = {field.name for field in dataclasses.fields(AskedSize)}

    def run(table: object, target: str, folder: Path, **settings: Any) -> FinishedJob:
        how = {name: settings.pop(name) for name in ("resume", "overwrite") if name in settings}
        size = dataclasses.replace(TINY, **{name: settings.pop(name) for name in sizes & settings.keys()})
        request = FitRequest(str(table), target, size=size, **{"jobs": 1, "choose": "one-se", **settings})
        listener = TerminalListener(Console(file=io.StringIO()))
        return fit_data(request, folder, listener, "shoal fit", **how)

    return run


@pytest.fixture(scope="session")
def fitted(
    fit: Callable[..., FinishedJob],
    mixed: Callable[..., dict[str, list[object]]],
    write_csv: Callable[[Path, Columns], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> FinishedJob:
    """A finished job that has learnt its table; its folder is shared, so leave it as it is."""
    folder = tmp_path_factory.mktemp("fitted")
    table = write_csv(folder / "table.csv", mixed())
    return fit(table, "target", folder / "out", hidden=((1,), (4,)), l2=(0.1, 1.0), epochs=60)


@pytest.fixture
def without_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the drawing, which is half the time of a tiny job, where nobody looks at it."""
    monkeypatch.setattr("shoal.jobs.fit_study.write_pages", lambda *_, **__: None)


@pytest.fixture(scope="session")
def write_images() -> Callable[..., Path]:
    """Write an NPZ file of small images of three classes, a bright bar for each, in the parts asked for."""

    def write(path: Path, parts: Mapping[str, int] | None = None, seed: int = 0) -> Path:
        rng = np.random.default_rng(seed)
        arrays: dict[str, Any] = {}
        for suffix, n in (parts or {"": 90}).items():
            y = np.arange(n) % 3
            X = rng.integers(0, 90, (n, 6, 5))
            X[np.arange(n)[:, None], 2 * y[:, None] + [0, 1]] += 120
            arrays |= {f"X{suffix}": X.astype(np.uint8), f"y{suffix}": y}
        np.savez(path, **arrays)
        return path

    return write


@pytest.fixture(scope="session")
def fitted_images(
    fit: Callable[..., FinishedJob],
    write_images: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> FinishedJob:
    """A finished job on images that it has learnt; its folder is shared, so leave it as it is."""
    folder = tmp_path_factory.mktemp("fitted_images")
    images = write_images(folder / "images.npz", {"": 240})
    return fit(images, None, folder / "out", hidden=((2,), (3, 4)), epochs=15, validation_share=0.2)


@pytest.fixture(scope="session")
def write_series() -> Callable[..., Path]:
    """Write series of 8 to 11 steps whose last step is above or below the first, as .ts, NPZ or CSV.

    ``numbers`` has how much it is above to predict instead of the class.
    """

    def write(path: Path, count: int = 40, seed: int = 0, numbers: bool = False) -> Path:
        rng = np.random.default_rng(seed)
        slopes = rng.uniform(0.5, 1.5, count) * np.where(np.arange(count) % 2, 1, -1)
        series = [
            (slope * np.linspace(0, 3, int(steps)) + 0.1 * rng.normal(size=int(steps))).round(4)
            for slope, steps in zip(slopes, rng.integers(8, 12, count), strict=True)
        ]
        labels = [f"{slope:.4f}" if numbers else "up" if slope > 0 else "down" for slope in slopes]
        if path.suffix == ".npz":
            padded = np.zeros((count, 11, 1))
            for row, each in zip(padded, series, strict=True):
                row[: len(each), 0] = each
            np.savez(path, X=padded, y=labels, lengths=[len(each) for each in series])
        elif path.suffix == ".csv":
            steps = [
                f"{t},{number},{x},{label}"
                for number, (each, label) in enumerate(zip(series, labels, strict=True))
                for t, x in enumerate(each)
            ]
            path.write_text("\n".join(["t,id,x,label", *steps]))
        else:
            tag = "@targetLabel true" if numbers else "@classLabel true up down"
            rows = [f"{','.join(map(str, each))}:{label}" for each, label in zip(series, labels, strict=True)]
            path.write_text("\n".join(["@univariate true", tag, "@data", *rows, ""]))
        return path

    return write
