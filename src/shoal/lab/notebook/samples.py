"""What of a run's samples can be drawn: a curve over an input, a boundary in a plane, or nothing."""

from __future__ import annotations

import numpy as np

from shoal.lab.material import MOST_CLASSES, Material, Rows, bounds_of_classes, grids, strongest, telling
from shoal.networks.chain import Chain
from shoal.populations.run import Run
from shoal.selection.samples.splits import some_rows
from shoal.shapes import Array
from shoal.training.problem import Samples

WITHOUT_PICTURE = "none"
"""The kind of what has no picture: images, sequences, texts, several numbers, and very many classes."""
MOST_POINTS = 300
"""Of the samples, that are drawn."""
MARGIN = 0.15
"""Of the targets' range, above and below a curve."""


def material_of(run: Run) -> Material:
    """Return what a run trains on, and how its networks are looked at.

    Networks of one output, or of one for each of some classes, are shown along the input that goes with the
    target most, the others at their means; of two inputs and classes as a plane.
    """
    problem, network = run.problem, run.population.network
    classes = _classes(network)
    kind, shown = WITHOUT_PICTURE, tuple[int, ...]()
    X = np.asarray(problem.train.X, dtype=np.float64)
    if _can_be_drawn(run):
        plane = bool(classes) and X.shape[1] == 2
        along = telling if len(classes) > 2 else strongest
        shown = (0, 1) if plane else (along(X, _targets(problem.train)),)
        kind = "plane" if plane else "curve"
    low, high = bounds_of_classes(len(classes), kind) if classes else _bounds(problem.train.y)
    grid, fine = grids(X, shown) if shown else (X[:0], X[:0])
    nothing = Rows(X[:0], np.empty(0))
    return Material(
        name="run",
        title="the samples",
        kind=kind,
        loss=network.criterion.name,
        train=_rows(problem.train) if shown else nothing,
        validation=_rows(problem.validation) if shown and problem.validation is not None else nothing,
        test=nothing,
        grid=grid,
        fine=fine,
        truth=None,
        floor=None,
        inputs=tuple("x" if X.shape[1] == 1 else f"feature {k}" for k in shown),
        output="probability" if classes else "y",
        low=low,
        high=high,
        shown=shown,
        classes=classes,
    )


def _can_be_drawn(run: Run) -> bool:
    network = run.population.network
    rows = len(network.input_shape) == 1 and run.problem.train.lengths is None
    alone = network.n_outputs == 1 or 2 < len(_classes(network)) <= MOST_CLASSES
    return rows and alone and not network.layers[0].takes_data


def _classes(network: Chain) -> tuple[str, ...]:
    """Return what the classes are called whose probabilities a network gives; none of numbers."""
    several = network.n_outputs if network.criterion.name == "cross_entropy" else 0
    count = 2 if network.criterion.name == "log_loss" and network.n_outputs == 1 else several
    return tuple(f"class {k}" for k in range(count))


def _targets(samples: Samples) -> Array:
    """Return numbers (N,), or of one-hot targets the classes."""
    y = samples.y.astype(np.float64)
    return np.asarray(y[0]) if len(y) == 1 else np.argmax(y, axis=0).astype(np.float64)


def _rows(samples: Samples) -> Rows:
    """Return some samples as they are drawn: the first ones of a sorted table would be all of a kind."""
    rows = some_rows(len(samples.X), MOST_POINTS, seed=0)
    return Rows(samples.X[rows].astype(np.float64), _targets(samples)[rows])


def _bounds(y: Array) -> tuple[float, float]:
    """Return from where to where targets are shown, which are all the same in some sets."""
    low, high = float(y.min()), float(y.max())
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    return low - MARGIN * (high - low), high + MARGIN * (high - low)
