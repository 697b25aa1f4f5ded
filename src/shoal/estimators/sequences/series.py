"""The containers that people keep series in, as arrays (C, T) in which NaN stands for a missing value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from shoal.errors import DataError
from shoal.estimators.sequences.pandas_panels import PanelSteps, is_panel, levels_of
from shoal.sequences import Sequences
from shoal.shapes import Array, unmasked
from shoal.words import plural

_NESTED = "a data frame of series holds a series in each cell, or has an index of two levels (series, time)"


def as_series(X: Any, channels_first: bool = False) -> list[Array]:
    """Return N series as float64 arrays (C, T_i), each up to its last step that has a value.

    - a list of arrays (T_i, C), or (T_i,) of one channel; an array (N, T, C), or (N, T) of one channel;
    - ``channels_first``: (C, T_i) and (N, C, T) instead, as aeon has them, for shapes cannot tell;
    - ``shoal.Sequences``, whose channels stand first anyway;
    - a data frame whose cells are series (sktime's nested frames: a row a series, a column a channel), or
      with an index (series, time), whose channels have names, in the order of time; a series of pandas of
      one channel with such an index.

    NaN is a missing value. Steps at the end without any value are none: arrays are padded so.

    Raises ``DataError`` in one line for what is no such container, for text, dates and complex numbers,
    infinities, series without a value, times that a series has twice, and where the numbers of channels
    differ.

    >>> [each.shape for each in as_series([[1.0, 2.0, 3.0], [4.0, 5.0]])]
    [(1, 3), (1, 2)]
    >>> as_series(np.zeros((5, 20, 3)))[0].shape
    (3, 20)
    """
    series = [_valid(each, number) for number, each in enumerate(_arrays(X, channels_first))]
    if not series:
        raise DataError("X holds no series; at least one is needed")
    for number, each in enumerate(series):
        if len(each) != len(series[0]):
            raise DataError(
                f"series {number} of X has {plural(len(each), 'channel')} and the first {len(series[0])}; "
                f"all must have the same, {_layout(channels_first)}"
            )
    return series


def require_channels(series: list[Array], channels: int, estimator: str, channels_first: bool) -> None:
    """Raise ``DataError`` unless the series (C, T_i) have the channels that ``estimator`` was fitted to."""
    if len(series[0]) != channels:
        raise DataError(
            f"X has series of {plural(len(series[0]), 'channel')}, {estimator} was fitted to {channels}; "
            f"give those, {_layout(channels_first)}"
        )


def _layout(channels_first: bool) -> str:
    if channels_first:
        return "as arrays (C, T)"
    return "as arrays (T, C), or with channels_first=True (C, T)"


def _arrays(X: Any, channels_first: bool) -> Iterable[Array]:
    """Yield arrays (C, T_i) of numbers, or say why there are none."""
    if isinstance(X, Sequences):
        pairs = zip(X.X, X.lengths, strict=True)
        return [np.asarray(one[..., :steps], np.float64).reshape(-1, steps) for one, steps in pairs]
    if hasattr(X, "columns") or levels_of(X) > 1:
        return _of_frame(X)
    require_dense(X, "X")
    if hasattr(X, "__array__") and not isinstance(X, Iterable):
        X = np.asarray(X)
    if isinstance(X, str | bytes) or not isinstance(X, Iterable):
        raise DataError(f"X must be a list of series or an array (N, T, C), got {type(X).__name__}")
    if isinstance(X, np.ndarray) and X.dtype != object and X.ndim not in (2, 3):
        raise DataError(
            f"X must be a list of series, or an array (N, T, C) or (N, T), got shape {X.shape}; "
            "reshape it, one series as X[None]"
        )
    return [_one(each, number, channels_first) for number, each in enumerate(X)]


def _one(each: Any, number: int, channels_first: bool) -> Array:
    array = numbers_of(each, f"series {number} of X")
    if array.ndim == 1:
        return array[None]
    if array.ndim != 2:
        expected = "(C, T)" if channels_first else "(T, C)"
        raise DataError(
            f"series {number} of X has shape {array.shape}, expected {expected}, or (T,) of one channel"
        )
    return array if channels_first else array.T


def require_dense(values: Any, name: str) -> None:
    """Raise ``DataError`` for a sparse matrix, some of which look like a dict and others like a list."""
    if hasattr(values, "toarray"):
        raise DataError(f"{name} is a sparse {type(values).__name__}, not supported; give {name}.toarray()")


def numbers_of(values: Any, name: str) -> Array:
    """Return a float64 array of numbers, None among them being NaN; ``DataError`` for all else."""
    require_dense(values, name)
    try:
        array = np.asarray(unmasked(values))
        if array.dtype.kind in "cmMUS":
            said = "Complex data not supported, " if array.dtype.kind == "c" else ""
            raise TypeError(f"{said}got {array.dtype.name} values")
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must be numbers: {error}; encode texts and dates first") from None


def _of_frame(X: Any) -> list[Array]:
    """Return the series of a data frame whose cells are series, or whose index is (series, time)."""
    if is_panel(X, "X"):
        steps, values = PanelSteps.of(X.index, "X"), numbers_of(X, "X")
        steps.tell("X")
        return [values[rows].reshape(len(rows), -1).T for rows in steps.rows]
    rows = X.iterrows() if hasattr(X, "iterrows") else ()
    series = []
    for number, (_, row) in enumerate(rows):
        channels = [numbers_of(cell, f"series {number} of X") for cell in row]
        if any(channel.ndim != 1 for channel in channels):
            raise DataError(f"X is a data frame of {type(row.iloc[0]).__name__}; {_NESTED}")
        if len({len(channel) for channel in channels}) != 1:
            lengths = [len(channel) for channel in channels]
            raise DataError(
                f"series {number} of X has channels of {lengths} steps; they must be of one length"
            )
        series.append(np.stack(channels))
    if not series:
        raise DataError(f"X is a {type(X).__name__} without rows that hold series; {_NESTED}")
    return series


def _valid(array: Array, number: int) -> Array:
    """Return a series (C, T) without steps at its end that have no value."""
    if np.isinf(array).any():
        raise DataError(f"series {number} of X has infinite values; put NaN where a value is missing")
    there = np.flatnonzero(~np.isnan(array).all(axis=0))
    if not len(there):
        what = f"no value among its {array.shape[1]} steps" if array.size else "no steps"
        raise DataError(f"series {number} of X has {what}; leave out series without a value")
    return array[:, : there[-1] + 1]
