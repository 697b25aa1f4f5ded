"""Targets of the automatic estimators, treated as ``shoal fit`` treats a target column."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing, check_consistent_length, column_or_1d

from shoal.data.foreign import in_a_series, is_missing
from shoal.data.frames import Frame, as_frame, as_series
from shoal.data.targets.task import REGRESSION, infer_task, rows_with_target
from shoal.errors import DataError, ShoalWarning
from shoal.estimators.shared.tables import TARGET, target
from shoal.shapes import unmasked


def name_of(y: Any, columns: Sequence[str]) -> str:
    """Return what messages call the target: its own name where it has one, that no other column has."""
    own = y.columns[0] if getattr(y, "ndim", 1) == 2 and hasattr(y, "columns") else getattr(y, "name", None)
    wanted = own if isinstance(own, str) and own else "y"
    return wanted if wanted not in columns else TARGET


def several(y: Any) -> list[Any]:
    """Return the columns of targets (N, K) of two or more; of one target none.

    >>> [column.tolist() for column in several([[1.0, 2.0], [3.0, 4.0]])]
    [[1.0, 3.0], [2.0, 4.0]]
    >>> several([[1.0], [3.0]])
    []
    """
    if hasattr(y, "columns") and hasattr(y, "iloc"):  # of pandas, whatever its columns are called
        return [y.iloc[:, k] for k in range(y.shape[1])] if y.shape[1] > 1 else []
    if hasattr(y, "columns"):
        frame = as_frame(y, "y")
        names = frame.columns if len(frame.columns) > 1 else []
        return [frame[name] for name in names]
    if hasattr(y, "toarray") or not (hasattr(y, "ndim") or isinstance(y, list | tuple)):
        return []
    table = y if hasattr(y, "ndim") else np.array(y, dtype=object)
    if table.ndim != 2 or table.shape[1] < 2:
        return []
    return [table[:, column] for column in range(table.shape[1])]


def with_numbers(frame: Frame, y: Any, estimator: str) -> tuple[Frame, str]:
    """Return the rows whose number in ``y`` (N,) is known, with ``y`` among the columns, and its name.

    Warns (``ShoalWarning``) of rows without one. Raises ``ValueError`` for other than one number a row, and
    ``DataError`` where none is known, and for a value that is no finite number, with its row.
    """
    name = name_of(y, frame.columns)
    series = as_series(_one_column(y, len(frame), estimator), name).alias(name)
    infer_task(series, REGRESSION)  # says which row holds no number, as they were given
    return rows_with_target(as_frame(frame.with_columns(series)), name), name


def with_labels(frame: Frame, y: Any, estimator: str) -> tuple[Frame, Any]:
    """Return the rows whose label in ``y`` (N,) is known, and their labels, checked as scikit-learn does.

    Warns (``ShoalWarning``) of rows without one. Raises ``ValueError`` for what are no labels of N rows.
    """
    name, y = name_of(y, frame.columns), in_a_series(_one_column(y, len(frame), estimator))
    known = np.array([not is_missing(label) for label in y], dtype=np.bool_)
    if not known.all():
        missing = np.count_nonzero(~known)
        if missing == len(known):
            raise DataError(f"the target {name!r} is missing in all {missing} rows; give rows with values")
        warnings.warn(
            f"{missing} of {len(known)} rows have no value of the target {name!r} and are left out",
            ShoalWarning,
            stacklevel=3,
        )
        rows = np.flatnonzero(known)
        frame, y = as_frame(frame[rows.tolist()]), _safe_indexing(y, rows)
        if np.dtype(object) == getattr(y, "dtype", None):
            y = y.tolist()  # numbers among which None was are of a type of their own again
    return frame, column_or_1d(target(y, len(frame), estimator, numeric=False), warn=True)


def _one_column(y: Any, n_samples: int, estimator: str) -> Any:
    """Return y with one entry for each of so many rows."""
    if y is None:
        raise ValueError(f"requires y to be passed, but the target y is None: {estimator} needs it")
    y = unmasked(y)
    if not hasattr(y, "ndim") and not isinstance(y, list | tuple):
        y = np.asarray(y)
    several = np.array(y, dtype=object).ndim != 1 if isinstance(y, list | tuple) else y.ndim != 1
    if several or hasattr(y, "toarray"):
        y = column_or_1d(np.asarray(y), warn=True)
    check_consistent_length(np.empty(n_samples), y)
    return y
