"""Tables as the estimators take them: with gaps and categories where preprocessing is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.validation import _check_y, validate_data

from shoal.errors import DataError
from shoal.shapes import Array, unmasked

TARGET = "target of the estimator"
"""A name that no column has: the preprocessing knows one column that is not a feature."""


def features(estimator: Any, X: Any, reset: bool) -> Array:
    """Return a table, a frame or an array of numbers and texts, as finite features (N, n).

    With ``reset`` medians, scales and categories are learned from it: ``preprocessor_`` of the estimator.
    Raises ``DataError`` for columns of another kind than those fitted.
    """
    from shoal.data.features.preprocessing import TablePreprocessor
    from shoal.data.frames import as_frame  # the frame libraries load only where asked for

    # first, as it says what is wrong with the columns' names
    frame = as_frame(X, "X") if hasattr(X, "columns") else columns(X)
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    if reset:
        estimator.preprocessor_ = TablePreprocessor.fit(frame, TARGET)
    return np.asarray(estimator.preprocessor_.transform(frame))


def columns(X: Any) -> dict[str, list[Any]]:
    """Return an array's columns by the names that scikit-learn gives them."""
    array = np.asarray(unmasked(X))
    if array.ndim != 2:
        raise ValueError(
            f"Expected 2D array, got {array.ndim}D array instead; reshape it to (n_samples, n_features)"
        )
    return {f"x{i}": array[:, i].tolist() for i in range(array.shape[1])}


@contextmanager
def faults_told(X: Any, y: Any = None) -> Iterator[None]:
    """Say what is wrong with X or y where scikit-learn's check, or NumPy, says less than where it stands.

    Raises ``DataError`` for names that columns share, for dates, and for a text that is no number, with its
    row; other errors are left as they are.
    """
    if getattr(getattr(X, "dtype", None), "kind", "") in ("m", "M"):
        raise DataError(f"X holds {X.dtype}, expected numbers; preprocessing='table' takes tables with dates")
    require_own_names(X)  # some versions of pandas and scikit-learn have nothing against it
    try:
        yield
    except (TypeError, ValueError) as error:
        told = _dates(X)
        if not told and "could not convert string" in str(error):
            told = _texts(X, y)
        if not told:
            raise
        raise DataError(told) from None


def require_own_names(X: Any) -> None:
    """Raise ``DataError`` where columns of a table share a name."""
    names = Counter(map(str, getattr(X, "columns", ())))
    for name, times in names.items():
        if times > 1:
            raise DataError(f"X has more than one column named {name!r}; give every column its own name")


def _dates(X: Any) -> str:
    """Return which column of a pandas table holds dates; or nothing."""
    for name, kind in X.dtypes.items() if hasattr(X, "iloc") and hasattr(X, "columns") else ():
        if getattr(kind, "kind", "") in ("m", "M"):
            return f"column {name!r} of X holds dates, expected numbers; preprocessing='table' takes dates"
    return ""


def _texts(X: Any, y: Any) -> str:
    """Return where the first text stands that is no number, in the columns of X and then in y; or nothing."""
    from shoal.data.cells.numerals import is_numeral
    from shoal.data.frames import quoted

    table = X if hasattr(X, "columns") else columns(X) if np.ndim(X) == 2 else {}
    alone = np.asarray(X, dtype=object) if np.ndim(X) == 1 else np.array([])
    text = next((value for value in alone if isinstance(value, str) and not is_numeral(value)), None)
    if text is not None:
        return (
            f"X is one column with the text {quoted(text)}, expected a table of numbers (N, n); "
            "TextClassifier and TextRegressor predict from texts"
        )
    places = [(f"column {name!r} of X", table[name]) for name in getattr(table, "columns", table)]
    for place, values in [*places, ("y", np.ravel(np.asarray(y, dtype=object)))]:
        for row, value in enumerate(values, start=1):
            if isinstance(value, str) and not is_numeral(value):
                advice = "" if place == "y" else "; preprocessing='table' takes categories"
                return f"{place} has {quoted(value)} in row {row}, expected a number{advice}"
    return ""


def target(y: Any, n_samples: int, name: str, numeric: bool) -> Any:
    """Return y checked as scikit-learn checks it, one entry a row of X."""
    if y is None:
        raise ValueError(f"requires y to be passed, but the target y is None: {name} needs it")
    if not numeric:
        require_labels(y)
    with faults_told({}, y if numeric else None):
        y = _check_y(_in_numpy(y), multi_output=True, y_numeric=numeric)
    check_consistent_length(np.empty(n_samples), y)
    return y


def require_labels(y: Any) -> None:
    """Raise ``DataError`` for labels of which one is missing, or that are texts and something else."""
    kind = getattr(y, "dtype", None)
    if y is None or (isinstance(kind, np.dtype) and kind.kind != "O") or hasattr(y, "toarray"):
        return  # of one kind, or for scikit-learn to refuse, as what is not finite
    from shoal.data.foreign import is_missing
    from shoal.data.frames import quoted

    labels = np.asarray(y, dtype=object)
    found: dict[bool, str] = {}
    for place, label in np.ndenumerate(labels):
        row = place[0] + 1 if place else 1
        if is_missing(label):
            raise DataError(f"y has no label in row {row}; leave such rows out, as ShoalClassifier does")
        is_text = isinstance(label, str)
        found.setdefault(is_text, f"{quoted(label) if is_text else label} in row {row}")
    if len(found) > 1:
        raise DataError(
            f"y has {found[True]} and {found[False]}, expected labels of one type; make all texts"
        )


def _in_numpy(y: Any) -> Any:
    """Return whole numbers and booleans of pandas' own types as NumPy's, not as floats."""
    own = getattr(getattr(y, "dtype", None), "numpy_dtype", None)
    if own is None or own.kind not in "iub" or y.isna().any():
        return y
    return y.to_numpy(dtype=own)


def flattened(y: Any, numeric: bool) -> Any:
    """Return y with a single column as one dimension, with scikit-learn's warning that it was two.

    Where it is to be ``numeric``, texts become the numbers that they are.
    """
    if numeric and y.dtype.kind in ("m", "M"):
        raise DataError(f"y holds {y.dtype}, expected numbers; give the days, or the seconds, since a date")
    if numeric and y.dtype.kind in "US":
        with faults_told({}, y):
            y = y.astype(np.float64)
    return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y


def numbers(y: Any) -> Array:
    """Return a regression's target as numbers (N, K)."""
    array: Array = check_array(y, ensure_2d=False, dtype=None)
    return array.reshape(-1, 1) if array.ndim == 1 else array
