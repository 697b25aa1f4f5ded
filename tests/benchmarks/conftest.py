"""A small task of every difficulty: two cohorts, folds, penalties, uneven batches, orders of its own."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from benchmarks.generalisation.sets import TABLES
from benchmarks.task import Convolution, Task
from benchmarks.workloads.cohorts import cohort

ROWS, EPOCHS = 30, 4


def small_task(order: str | None = "own", folds: int = 3) -> Task:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 3)).astype(np.float32)
    y = (X[:, :1] * X[:, 1:2]).astype(np.float32)
    cohorts = tuple(
        cohort((3, width, 1), 2, l2=(0.0, 0.5), folds=folds, rows=ROWS, epochs=EPOCHS, order=order)
        for width in (2, 5)
    )
    batch_size = None if order is None else 12
    return Task(X, y, cohorts, EPOCHS, check_epochs=3, learning_rate=0.05, batch_size=batch_size)


def image_task() -> Task:
    """Return a task of two small convolutional networks: padded and not, with pixels that no pool takes."""
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(ROWS, 2 * 9 * 8)).astype(np.float32), np.eye(3)[rng.integers(3, size=ROWS)]
    networks = cohort(
        (4, 5, 3),
        2,
        activation="relu",
        l2=(0.5,),
        rows=ROWS,
        epochs=EPOCHS,
        order="shared",
        image=(2, 9, 8),
        convolutions=(Convolution(3, 4, same=True, pool=2), Convolution(4, 2, same=False, pool=2)),
    )
    return Task(
        X,
        y.astype(np.float32),
        (networks,),
        EPOCHS,
        check_epochs=3,
        activation="relu",
        loss="cross_entropy",
        learning_rate=0.01,
        batch_size=12,
    )


def sequence_task(cell: str) -> Task:
    """Return a task of two recurrent networks with one order."""
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(ROWS, 5, 2)).astype(np.float32), np.eye(3)[rng.integers(3, size=ROWS)]
    networks = cohort((2, 4, 3), 2, l2=(0.5,), rows=ROWS, epochs=EPOCHS, order="shared", cell=cell)
    return Task(
        X,
        y.astype(np.float32),
        (networks,),
        EPOCHS,
        check_epochs=3,
        loss="cross_entropy",
        learning_rate=0.01,
        batch_size=12,
    )


@pytest.fixture(params=[("own", 3), ("shared", 3), ("own", 1), (None, 1)], ids=str)
def task(request: pytest.FixtureRequest) -> Task:
    return small_task(*request.param)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two of the tables, cut down to what a test can check by eye."""
    (tmp_path / "uci").mkdir()
    (tmp_path / "tables").mkdir()
    rng = np.random.default_rng(0)
    x = rng.normal(size=60).round(3)
    for name, target in (
        ("uci/yacht", (2 * x + 0.2 * np.exp(2 * x) * rng.normal(size=60)).tolist()),  # errors grow with x
        ("tables/pima", np.where(x > 0, "b", "a").tolist()),
    ):
        kinds = ["red" if i % 3 else "?" for i in range(60)]
        lines = ["x,kind,y", *(f"{a},{k},{t}" for a, k, t in zip(x, kinds, target, strict=True))]
        with gzip.open(tmp_path / f"{name}.csv.gz", "wt") as file:
            file.write("\n".join(lines))
    monkeypatch.setenv("SHOAL_DATA", str(tmp_path))
    for name in ("uci/yacht", "tables/pima"):
        TABLES[name].__dict__.pop("lines", None)
    return tmp_path
