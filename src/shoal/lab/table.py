"""A table of the user's own, prepared as ``shoal fit`` prepares it, to train on and to look at."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from shoal.data.task import REGRESSION
from shoal.errors import DataError
from shoal.jobs.prepare import PreparedTable, prepare_table
from shoal.jobs.request import FitRequest
from shoal.lab.material import CELLS, Material, Part, mesh
from shoal.shapes import Array


def own_table(path: str, target: str | None) -> Callable[[int, int, float], Material]:
    """Return what gives the table's material for a seed, so many rows to train on, and no noise.

    The seed divides the rows. Numbers are standardised and categories are indicators, as for ``shoal fit``
    without pieces and waves. Two numbers and two classes are shown as a plane; all else along the feature
    that goes with the target most, the others at their means.

    Raises as ``shoal fit`` does, and ``DataError`` for more than two classes.
    """
    prepared: dict[int, PreparedTable] = {}

    def material(seed: int, samples: int, noise: float) -> Material:
        if seed not in prepared:
            request = FitRequest(path, target, pieces=0, waves=0, seed=seed, validation_share=0.25)
            prepared[seed] = prepare_table(request)
        return _material(prepared[seed], path, target or "", samples)

    return material


def _material(table: PreparedTable, path: str, target: str, samples: int) -> Material:
    assert table.validation is not None
    regression = table.task.task == REGRESSION
    train, validation, test = (
        Part(np.asarray(part.X, dtype=np.float64), np.asarray(part.y, dtype=np.float64).ravel())
        for part in (table.train, table.validation, table.test)
    )
    classes = () if regression else table.target.labels
    if len(classes) > 2:
        raise DataError(
            f"{target} has {len(classes)} classes, and the lab shows two, or numbers; "
            "shoal fit takes it as it is"
        )
    names = table.preprocessor.feature_names
    part = Part(train.X[:samples], train.y[:samples])
    plane = not regression and train.X.shape[1] == 2
    low, high = (float(train.y.min()), float(train.y.max())) if regression else (0.0, 1.0)
    margin = 0.15 * (high - low) if not plane else 0.0
    shown = (0, 1) if plane else (_strongest(train),)
    grid, fine = _grids(train.X, shown)
    return Material(
        name="table",
        title=path.rpartition("/")[2],
        kind="plane" if plane else "curve",
        loss="mean_squared_error" if regression else "log_loss",
        train=part,
        validation=validation,
        test=test,
        grid=grid,
        fine=fine,
        truth=None,
        floor=None,
        inputs=tuple(names[k] for k in shown),
        output=f"{target}, standardised" if regression else f"probability of {classes[1]}",
        low=low - margin,
        high=high + margin,
        shown=shown,
        source=(path, target),
    )


def _strongest(train: Part) -> int:
    """Return the feature whose correlation with the target is the largest."""
    X = train.X - train.X.mean(axis=0)
    y = train.y - train.y.mean()
    scale = np.sqrt(np.square(X).sum(axis=0) * np.square(y).sum())
    return int(np.argmax(np.abs(y @ X) / np.where(scale > 0, scale, np.inf)))


def _grids(X: Array, shown: tuple[int, ...]) -> tuple[Array, Array]:
    low, high = X.min(axis=0), X.max(axis=0)
    high = np.where(high > low, high, low + 1)
    if len(shown) == 2:
        return mesh(low, high, CELLS), mesh(low, high, 4 * CELLS)
    grids = []
    for points in 64, 241:
        rows = np.tile(X.mean(axis=0), (points, 1))
        rows[:, shown[0]] = np.linspace(low[shown[0]], high[shown[0]], points)
        grids.append(rows)
    return grids[0], grids[1]
