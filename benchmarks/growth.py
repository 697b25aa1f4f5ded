"""How shoal's time grows with networks, samples, width and depth: ``python -m benchmarks.growth``.

Each curve changes one of them and leaves the others at ``BASE``. The picture and its numbers go into
``results/``.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

import shoal
from benchmarks.machine import commit, machine
from benchmarks.measure import core_counts
from benchmarks.results import FOLDER

INPUTS = 8
REPEATS = 5
LEAST_SECONDS = 0.03
"""A measurement trains for as many epochs as take this long."""
COLOURS = ("#0072b2", "#d55e00")  # Okabe and Ito's blue and vermilion


@dataclass(frozen=True)
class Shape:
    """``networks`` of ``depth`` layers of ``width`` tanh units and an output, full batch of ``samples``."""

    networks: int = 64
    samples: int = 256
    width: int = 16
    depth: int = 1


BASE = Shape()
SWEEPS = {
    "networks": [2**k for k in range(13)],
    "samples": [2**k for k in range(3, 16)],
    "width": [2**k for k in range(10)],
    "depth": [1, 2, 4, 8, 16, 32],
}


def seconds_per_epoch(shape: Shape, cores: int) -> float:
    """Return the median time of an epoch of Adam in float32."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(shape.samples, INPUTS)).astype(np.float32)
    hidden = [shoal.Dense(shape.width, "tanh") for _ in range(shape.depth)]
    population = shoal.Network(INPUTS, [*hidden, shoal.Dense(1)]).population(shape.networks)

    def train(epochs: int) -> float:
        start = time.perf_counter()
        shoal.train(population, X, X[:, 0], epochs=epochs, n_jobs=cores)
        return time.perf_counter() - start

    train(1)  # the first call loads the engine
    epochs = 1
    while train(epochs) < LEAST_SECONDS:
        epochs *= 2
    return float(np.median([train(epochs) for _ in range(REPEATS)])) / epochs


def measure() -> Iterator[tuple[str, int, list[tuple[int, float]]]]:
    """Yield what changes, the number of cores, and the points of the curve."""
    for what, values in SWEEPS.items():
        for cores in sorted({1, core_counts()[-1]}):
            shapes = [dataclasses.replace(BASE, **{what: value}) for value in values]
            yield (
                what,
                cores,
                [
                    (value, seconds_per_epoch(shape, cores))
                    for value, shape in zip(values, shapes, strict=True)
                ],
            )


def draw(axes: Axes, what: str, curves: list[tuple[int, list[tuple[int, float]]]]) -> None:
    for (cores, points), colour, marker in zip(curves, COLOURS, "os", strict=False):
        x, y = np.array(points).T
        label = f"{cores} core{'s' if cores > 1 else ''}"
        axes.loglog(x, y * 1e3, color=colour, marker=marker, markersize=4, label=label)
    x, y = np.array(curves[-1][1]).T
    axes.loglog(x, y[-1] * x / x[-1] * 1e3, color="0.6", linestyle=":", zorder=0, label="in proportion")
    axes.set_xlabel({"width": "hidden units in a layer", "depth": "hidden layers"}.get(what, what))
    axes.set_ylabel("time of an epoch / ms")
    fixed = dataclasses.asdict(BASE) | {what: None}
    axes.set_title(", ".join(f"{name} {value}" for name, value in fixed.items() if value), fontsize=8)
    axes.grid(color="0.9")
    axes.spines[["top", "right"]].set_visible(False)


def main() -> None:
    curves: dict[str, list[tuple[int, list[tuple[int, float]]]]] = {what: [] for what in SWEEPS}
    for what, cores, points in measure():
        curves[what].append((cores, points))
        print(f"{what}, {cores} cores: " + ", ".join(f"{x}: {t * 1e3:.3g} ms" for x, t in points), flush=True)
    found = {"machine": machine(), "commit": commit(), "base": dataclasses.asdict(BASE), "curves": curves}
    (FOLDER / "growth.json").write_text(json.dumps(found, indent=1) + "\n")
    mpl.rcParams.update({"svg.hashsalt": "shoal", "svg.fonttype": "none"})
    figure, grid = plt.subplots(2, 2, figsize=(8, 6.4), layout="constrained")
    for axes, (what, found_curves) in zip(grid.flat, curves.items(), strict=True):
        draw(axes, what, found_curves)
    grid.flat[0].legend(frameon=False)
    figure.suptitle(f"An epoch of Adam, full batch, {INPUTS} inputs, tanh, float32", fontsize=10)
    figure.savefig(FOLDER / "growth.svg", metadata={"Date": None})
    figure.savefig(FOLDER / "growth.png", dpi=120)


if __name__ == "__main__":
    main()
