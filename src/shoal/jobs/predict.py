"""Predictions from a saved model."""

from __future__ import annotations

from pathlib import Path

from shoal.data.predictions import write_predictions
from shoal.data.tables import file_of
from shoal.files import require_new
from shoal.jobs.folder import load_model
from shoal.jobs.kinds import KINDS
from shoal.jobs.saved_subject import table_of


def predict_data(
    folder: Path,
    source: str | None,
    out: Path,
    ignore_extra: bool = False,
    interval: float | None = None,
    overwrite: bool = False,
) -> int:
    """Write a prediction for every row of a table, or every image, to ``out`` in order; return how many.

    ``source=None`` is what the model was fitted to. Of series to forecast there is a row for each step ahead.

    Columns: the target; for a classification also ``P(target=label)`` for every label; for images their names
    first; ``interval=0.9`` adds the ends of intervals that hold nine of ten numbers.

    The target may be in the table or not, and labels of images are not looked at. Images get the
    size and the channels of those fitted, with a note. Raises a ``ShoalError`` for a damaged model, data
    that do not fit it, and a file ``out`` that is there already, unless it may be replaced (``overwrite``),
    and is not read.
    """
    model = load_model(folder)
    source = table_of(folder, source)
    require_new(out, overwrite, read=[file_of(source)], model=folder)
    predictions = KINDS[model.kind].predict(model, source, ignore_extra, interval)
    write_predictions(out, predictions, overwrite)
    return len(next(iter(predictions.values())))
