"""A table of the user's own, prepared as ``shoal fit`` prepares it, to train on and to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from shoal.data.features.encoders import NumericEncoder
from shoal.data.tables import read_table
from shoal.data.targets.task import REGRESSION
from shoal.errors import CapacityError, DataError
from shoal.jobs.model import TableModel
from shoal.jobs.request import FitRequest
from shoal.jobs.tables.prepare import PreparedTable, prepare_frame, prepare_table
from shoal.lab.material import MOST_CLASSES, Material, Rows, bounds_of_classes, grids, strongest, telling
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.selection.candidates.architectures import loss_of
from shoal.shapes import Array

Maker = Callable[[int, int, float], Material]


def own_table(path: str, target: str | None) -> Maker:
    """Return what gives the table's material for a seed, so many rows to train on, and no noise.

    The seed divides the rows. Numbers are standardised and categories are indicators, as for ``shoal fit``
    without pieces and waves. Two numbers and some classes are shown as a plane; all else along the feature
    that goes with the target most, the others at their means.

    Raises as ``shoal fit`` does, and ``DataError`` for more classes than pictures have hues.
    """
    return _by_seed(lambda seed: prepare_table(_request(path, target, seed)), path, target)


def brought_table(name: str, text: str, target: str | None) -> Maker:
    """Return the same of the text of a CSV that somebody brought; the last column is the usual target.

    ``name`` is what it is called, and no path. Raises as ``own_table`` does.
    """
    title = name.replace("\\", "/").rpartition("/")[2][:80] or "table.csv"
    with TemporaryDirectory() as folder:
        path = Path(folder, "table.csv")
        path.write_bytes(text.encode("utf-8", "replace"))
        try:
            frame = read_table(str(path))
        except (DataError, CapacityError) as error:  # of a file that nobody who brought the table knows
            raise type(error)(str(error).replace(str(path), title)) from None
    column = target if target is not None else frame.columns[-1]
    request = _request(title, column, 0)

    def prepare(seed: int) -> PreparedTable:
        return prepare_frame(frame, column, replace(request, seed=seed), divide_test=True)

    return _by_seed(prepare, title, column)


def _request(path: str, target: str | None, seed: int) -> FitRequest:
    return FitRequest(path, target, pieces=0, waves=0, seed=seed, validation_share=0.25)


def _by_seed(prepare: Callable[[int], PreparedTable], path: str, target: str | None) -> Maker:
    """Return what divides a table once for each seed."""
    prepared: dict[int, PreparedTable] = {}

    def material(seed: int, samples: int, noise: float) -> Material:
        if seed not in prepared:
            prepared[seed] = prepare(seed)
        return _material(prepared[seed], path, target or "", samples)

    return material


def _material(table: PreparedTable, path: str, target: str, samples: int) -> Material:
    assert table.validation is not None
    regression = table.task.task == REGRESSION
    train, validation, test = (
        Rows(np.asarray(part.X, dtype=np.float64), np.asarray(part.y, dtype=np.float64).ravel())
        for part in (table.train, table.validation, table.test)
    )
    classes = () if regression else table.target.labels
    if len(classes) > MOST_CLASSES:
        raise DataError(
            f"{target} has {len(classes)} classes, and the lab shows {MOST_CLASSES} at most, each in a hue; "
            "leave out some of the rows, or let shoal fit take it as it is"
        )
    names = table.preprocessor.feature_names
    scaled = {one.column for one in table.preprocessor.encoders if isinstance(one, NumericEncoder)}
    part = Rows(train.X[:samples], train.y[:samples])
    plane = not regression and train.X.shape[1] == 2
    kind = "plane" if plane else "curve"
    low, high = _bounds(train.y) if regression else bounds_of_classes(len(classes), kind)
    along = telling if len(classes) > 2 else strongest
    shown = (0, 1) if plane else (along(train.X, train.y),)
    grid, fine = grids(train.X, shown)
    return Material(
        name="table",
        title=path.rpartition("/")[2],
        kind=kind,
        loss="mean_squared_error" if regression else loss_of(len(classes))[0],
        train=part,
        validation=validation,
        test=test,
        grid=grid,
        fine=fine,
        truth=None,
        floor=None,
        inputs=tuple(f"{names[k]}, scaled" if names[k] in scaled else names[k] for k in shown),
        output=f"{target}, standardised" if regression else _probability(classes),
        low=low,
        high=high,
        shown=shown,
        source=(path, target),
        columns=tuple(column.name for column in table.columns),
        model=lambda networks: _model(table, networks),
        classes=classes,
    )


def _bounds(y: Array) -> tuple[float, float]:
    """Return from where to where targets are shown, and a little further."""
    low, high = float(y.min()), float(y.max())
    return low - 0.15 * (high - low), high + 0.15 * (high - low)


def _probability(classes: tuple[str, ...]) -> str:
    return f"probability of {classes[1]}" if len(classes) == 2 else "probability of each class"


def _model(table: PreparedTable, networks: Population) -> TableModel:
    """Return a model of the table: networks under the loss that ``shoal fit`` gives such targets."""
    loss, _ = loss_of(len(table.target.labels), table.target.loss)
    network = Network(networks.network.inputs, networks.network.layers, loss)
    return table.model(Population(network, networks.theta, networks.keys))
