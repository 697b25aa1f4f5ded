"""What a shoal trains on, is judged by, and is looked at: a curve over an input, or a boundary in a plane."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.lecture.data import moons, sinusoid, truth
from shoal.shapes import Array

if TYPE_CHECKING:
    from shoal.jobs.model import Model
    from shoal.populations.population import Population

VALIDATION, TEST = 100, 200
LOSS_NAMES = {
    "mean_squared_error": "mean squared error",
    "log_loss": "log loss",
    "cross_entropy": "cross entropy",
}
MOST_CLASSES = 9
"""Of a picture: so many hues can be told apart by everybody."""
ROW = 0.045
"""Of a picture of probabilities: how high a row of points is, of which each of several classes has one."""
CELLS = 24
"""Rows and columns of a little map of the plane; the large one has four times as many."""
COARSE, FINE = 64, 241
"""Points of a little curve, and of the large one."""


@dataclass(frozen=True)
class Rows:
    """Samples X (N, n) and their targets y (N,)."""

    X: Array
    y: Array


@dataclass(frozen=True)
class Material:
    """Samples to train on, to choose by, and to test once, and where networks are looked at in between.

    - ``kind``: "curve" over one input, or "plane" of two inputs and classes; ``loss``: the network's.
    - ``classes``: their names, by the numbers that targets are; none where the target is a number.
    - ``grid`` (G, n): where all networks are evaluated; ``fine`` (F, n): where the picked one is.
    - ``truth`` (F,): what made the targets, if that is known; ``floor``: the error that no network beats.
    - ``inputs``, ``output``: what axes are called; ``low``, ``high``: what a picture shows of the output;
      ``shown``: the places of the features along which it is shown; ``source``: a table and its target,
      beside its other ``columns``, and ``model``, which makes a model of the table of networks.
    """

    name: str
    title: str
    kind: str
    loss: str
    train: Rows
    validation: Rows
    test: Rows
    grid: Array
    fine: Array
    truth: Array | None
    floor: float | None
    inputs: tuple[str, ...]
    output: str
    low: float
    high: float
    shown: tuple[int, ...] = (0, 1)
    source: tuple[str, str] | None = None
    columns: tuple[str, ...] = ()
    model: Callable[[Population], Model] | None = None
    classes: tuple[str, ...] = ()

    @property
    def outputs(self) -> int:
        """How many outputs a network has: one for each of several classes, else one."""
        return len(self.classes) if len(self.classes) > 2 else 1

    @property
    def extent(self) -> tuple[tuple[float, float], ...]:
        """From where to where each input is shown."""
        if not self.inputs:
            return ()
        low, high = self.fine.min(axis=0), self.fine.max(axis=0)
        return tuple((float(low[k]), float(high[k])) for k in self.shown[: len(self.inputs)])


def sine(seed: int, samples: int, noise: float) -> Material:
    """Return the lecture's sinusoid: few points with noise, 100 others to choose by, 200 to test."""
    parts = [
        Rows(x[:, None], t)
        for x, t in (
            sinusoid(samples, seed, 0, noise=noise),
            sinusoid(VALIDATION, seed, 1, noise=noise),
            sinusoid(TEST, seed, 2, noise=noise),
        )
    ]
    grid, fine = np.linspace(0, 1, COARSE)[:, None], np.linspace(0, 1, FINE)[:, None]
    return Material(
        name="sine",
        title="the sinusoid",
        kind="curve",
        loss="mean_squared_error",
        train=parts[0],
        validation=parts[1],
        test=parts[2],
        grid=grid,
        fine=fine,
        truth=truth(fine[:, 0]),
        floor=noise**2,
        inputs=("x",),
        output="t",
        low=-2.0,
        high=2.0,
    )


def plane(name: str, title: str, draw: Callable[[int, int], tuple[Array, Array]], samples: int) -> Material:
    """Return a set of two classes in a plane; ``draw(n, number)`` gives points (n, 2) and classes (n,)."""
    parts = [Rows(X, y.astype(np.float64)) for X, y in (draw(samples, 0), draw(VALIDATION, 1), draw(TEST, 2))]
    everything = np.concatenate([part.X for part in parts])
    low, high = everything.min(axis=0), everything.max(axis=0)
    margin = 0.08 * (high - low)
    return Material(
        name=name,
        title=title,
        kind="plane",
        loss="log_loss",
        train=parts[0],
        validation=parts[1],
        test=parts[2],
        grid=mesh(low - margin, high + margin, CELLS),
        fine=mesh(low - margin, high + margin, 4 * CELLS),
        truth=None,
        floor=None,
        inputs=("x₁", "x₂"),
        output="probability of class 1",
        low=0.0,
        high=1.0,
        classes=("class 0", "class 1"),
    )


def two_moons(seed: int, samples: int, noise: float) -> Material:
    """Return the lecture's two interleaved half circles."""
    return plane("moons", "two moons", lambda n, number: moons(n, seed, number, noise), samples)


Sets = Mapping[str, Callable[[int, int, float], Material]]
"""What makes material of a seed, so many samples to train on, and their noise; by name."""
SETS: Sets = {"sine": sine, "moons": two_moons}


def mesh(low: Array, high: Array, cells: int) -> Array:
    """Return the middles of cells × cells fields, row after row from the top (cells², 2)."""
    at = (np.arange(cells) + 0.5) / cells
    across, down = np.meshgrid(low[0] + at * (high[0] - low[0]), high[1] - at * (high[1] - low[1]))
    return np.stack([across.ravel(), down.ravel()], axis=1)


def strongest(X: Array, y: Array) -> int:
    """Return the feature of X (N, n) whose correlation with the targets y (N,) is the largest."""
    X, y = X - X.mean(axis=0), y - y.mean()
    scale = np.sqrt(np.square(X).sum(axis=0) * np.square(y).sum())
    return int(np.argmax(np.abs(y @ X) / np.where(scale > 0, scale, np.inf)))


def telling(X: Array, classes: Array) -> int:
    """Return the feature of X (N, n) with the largest share of its variance between classes (N,)."""
    mean, between = X.mean(axis=0), np.zeros(X.shape[1])
    for one in np.unique(classes):
        own = X[classes == one]
        between += len(own) * np.square(own.mean(axis=0) - mean)
    scale = np.square(X - mean).sum(axis=0)
    return int(np.argmax(between / np.where(scale > 0, scale, np.inf)))


def bounds_of_classes(classes: int, kind: str) -> tuple[float, float]:
    """Return from where to where probabilities are shown: below those of several classes are their points."""
    if kind == "plane":
        return 0.0, 1.0
    return (-ROW * (classes + 1), 1.05) if classes > 2 else (-0.15, 1.15)


def grids(X: Array, shown: tuple[int, ...]) -> tuple[Array, Array]:
    """Return where networks of rows X (N, n) are looked at, coarsely and finely: (G, n) and (F, n).

    Along the features ``shown``, from the smallest to the largest: both of a plane, or one of many, where the
    others are at their means.
    """
    low, high = X.min(axis=0), X.max(axis=0)
    high = np.where(high > low, high, low + 1)
    if len(shown) == 2:
        return mesh(low, high, CELLS), mesh(low, high, 4 * CELLS)
    found = []
    for points in COARSE, FINE:
        rows = np.tile(X.mean(axis=0), (points, 1))
        rows[:, shown[0]] = np.linspace(low[shown[0]], high[shown[0]], points)
        found.append(rows)
    return found[0], found[1]


def told(data: Material) -> dict[str, Any]:
    """Return the material as a page shows it, as plain values for JSON."""

    def part(samples: Rows) -> dict[str, Any]:
        return {"X": samples.X[:, data.shown[: len(data.inputs)]].tolist(), "y": samples.y.tolist()}

    return {
        "name": data.name,
        "title": data.title,
        "kind": data.kind,
        "loss": LOSS_NAMES.get(data.loss, data.loss.replace("_", " ")),
        "train": part(data.train),
        "validation": part(data.validation),
        "tests": len(data.test.y),
        "truth": None if data.truth is None else data.truth.tolist(),
        "floor": data.floor if data.floor and math.isfinite(data.floor) else None,
        "inputs": list(data.inputs),
        "classes": list(data.classes),
        "output": data.output,
        "low": data.low,
        "high": data.high,
        "extent": [list(pair) for pair in data.extent],
        "grid": len(data.grid),
        "fine": len(data.fine),
        "target": None if data.source is None else data.source[1],
        "columns": list(data.columns),
    }
