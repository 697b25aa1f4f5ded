"""What of a run's samples can be drawn: a curve over an input, a boundary in a plane, or nothing."""

from __future__ import annotations

import numpy as np

from shoal.lab.material import Material, Rows, grids, strongest
from shoal.populations.run import Run
from shoal.shapes import Array
from shoal.training.problem import Samples

WITHOUT_PICTURE = "none"
"""The kind of what has no picture: images, sequences and texts, and networks of several outputs."""
MOST_POINTS = 300
"""Of the samples, that are drawn: the first ones, in the order in which they were given."""
MARGIN = 0.15
"""Of the targets' range, above and below a curve."""


def material_of(run: Run) -> Material:
    """Return what a run trains on, and how its networks are looked at.

    Networks of one output are shown as a curve along the input that goes with the target most, the others at
    their means; of two inputs under log loss as a plane.
    """
    problem, network = run.problem, run.population.network
    classes = network.criterion.name == "log_loss"
    kind, shown = WITHOUT_PICTURE, tuple[int, ...]()
    X = np.asarray(problem.train.X, dtype=np.float64)
    if _can_be_drawn(run):
        plane = classes and X.shape[1] == 2
        shown = (0, 1) if plane else (strongest(X, problem.train.y[0].astype(np.float64)),)
        kind = "plane" if plane else "curve"
    low, high = (0.0, 1.0) if classes else _bounds(problem.train.y)
    margin = MARGIN * (high - low) if kind == "curve" else 0.0
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
        output="probability of class 1" if classes else "y",
        low=low - margin,
        high=high + margin,
        shown=shown,
    )


def _can_be_drawn(run: Run) -> bool:
    network = run.population.network
    rows = len(network.input_shape) == 1 and run.problem.train.lengths is None
    return rows and network.n_outputs == 1 and not network.layers[0].takes_data


def _rows(samples: Samples) -> Rows:
    """Return the first samples as they are drawn."""
    return Rows(samples.X[:MOST_POINTS].astype(np.float64), samples.y[0, :MOST_POINTS].astype(np.float64))


def _bounds(y: Array) -> tuple[float, float]:
    """Return from where to where targets are shown, which are all the same in some sets."""
    low, high = float(y.min()), float(y.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)
