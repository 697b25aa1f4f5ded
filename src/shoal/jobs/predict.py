"""Predictions from a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from shoal.data.predictions import write_parts
from shoal.data.readers.delimited_parts import NotPlainError, as_a_whole
from shoal.data.tables import files_of
from shoal.errors import CapacityError
from shoal.files import require_new
from shoal.jobs.kinds import KINDS
from shoal.jobs.saved.folder import load_model
from shoal.jobs.subjects.saved import table_of

if TYPE_CHECKING:
    from shoal.jobs.kinds.base import Kind


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

    A large table of CSV, Parquet or Arrow IPC is read and written in parts, so that memory does not grow with
    its rows; the predictions are the same.
    """
    model = load_model(folder)
    source = table_of(folder, source)
    require_new(out, overwrite, read=files_of(source), model=folder)
    kind = KINDS[model.kind]
    try:
        return write_parts(out, kind.predict_in_parts(model, source, ignore_extra, interval), overwrite)
    except NotPlainError as why:
        return _predict_whole(kind, model, (source, ignore_extra, interval), out, overwrite, why)


def _predict_whole(
    kind: Kind,
    model: Any,
    asked: tuple[str, bool, float | None],
    out: Path,
    overwrite: bool,
    why: NotPlainError,
) -> int:
    """Do the same for data that are read as a whole: what is wrong with them, they tell in the best words."""
    try:
        return write_parts(out, [kind.predict(model, *asked)], overwrite)
    except CapacityError as error:
        raise as_a_whole(error, why) from None
