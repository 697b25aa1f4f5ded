"""The scores of predictions in files, by plain arithmetic: nothing of shoal, nor of NumPy, is used here."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path


def of_classes(predictions: Path, column: str, known: Sequence[str]) -> dict[str, float]:
    """Return the share of wrong labels and the mean of −ln P(true label) of what ``shoal predict`` wrote.

    ``known`` holds the true label of each of its rows, ``column`` the predicted ones.
    """
    with predictions.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if len(rows) != len(known):
        raise SystemExit(f"{predictions} has {len(rows)} predictions of {len(known)} samples")
    wrong = sum(row[column] != label for row, label in zip(rows, known, strict=True))
    losses = [-math.log(float(row[f"P({column}={label})"])) for row, label in zip(rows, known, strict=True)]
    return {"log loss": math.fsum(losses) / len(rows), "error": wrong / len(rows)}


def of_forecasts(tested: Path, series: Path, column: str, season: int) -> dict[str, dict[str, float]]:
    """Return the MASE, sMAPE (%) and RMSE of every model of a ``tested.csv``, by the name of the model::

        MASE = mean |y − ŷ| / mean |y_t − y_{t−season}| of the steps before the test
        sMAPE = 100 · mean 2 |y − ŷ| / (|y| + |ŷ|)               RMSE = √ mean (y − ŷ)²

    ``series`` is the table that was fitted, of which the test is the last rows.
    """
    with tested.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with series.open(newline="", encoding="utf-8") as file:
        before = [float(row[column]) for row in csv.DictReader(file)][: -len(rows)]
    changes = [abs(now - then) for then, now in zip(before, before[season:], strict=False)]
    scale = math.fsum(changes) / len(changes)
    scores = {}
    for name in list(rows[0]):
        if name.startswith(f"{column} "):
            pairs = [(float(row[column]), float(row[name])) for row in rows]
            errors = [abs(y - forecast) for y, forecast in pairs]
            shares = [2 * abs(y - forecast) / (abs(y) + abs(forecast)) for y, forecast in pairs]
            scores[name.removeprefix(f"{column} ")] = {
                "MASE": math.fsum(errors) / len(errors) / scale,
                "sMAPE": 100 * math.fsum(shares) / len(shares),
                "RMSE": math.sqrt(math.fsum(error**2 for error in errors) / len(errors)),
            }
    return scores
