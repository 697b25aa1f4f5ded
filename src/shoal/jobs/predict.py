"""Predictions from a saved model."""

from __future__ import annotations

from pathlib import Path

from shoal.data.predictions import write_predictions
from shoal.data.tables import read_table
from shoal.jobs.folder import load_model


def predict_table(folder: Path, table: str, out: Path, ignore_extra: bool = False) -> int:
    """Write a prediction for every row of ``table`` to ``out``, in its order, and return how many.

    Columns: the target; for a classification also ``P(target=label)`` for every label. The target may be
    in the table or not. Raises a ``ShoalError`` for a damaged model or a table that does not fit it.
    """
    model = load_model(folder)
    predictions = model.predict(read_table(table), ignore_extra=ignore_extra)
    write_predictions(out, predictions)
    return len(predictions[model.target.name])
