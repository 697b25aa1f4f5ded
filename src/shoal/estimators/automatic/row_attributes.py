"""Groups, times and weights of rows as columns beside the features, as ``shoal fit`` has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import _check_sample_weight, check_consistent_length

from shoal.data.frames import Frame, as_frame, as_series, pl
from shoal.shapes import Array, IntArray, require_unmasked

ROW_ATTRIBUTES = {"sample_weight": "weight", "groups": "group", "times": "time_order"}
"""What ``fit`` calls such columns, and what a request does."""


def with_columns(frame: Frame, **given: Any) -> tuple[Frame, dict[str, str]]:
    """Return a table with those columns that are ``given``, and what a request calls each of them.

    Raises ``ValueError`` for other than one entry a row, and for weights that are none.
    """
    added, asked = [], {}
    for argument, values in given.items():
        if values is None:
            continue
        require_unmasked(values, argument)
        check_consistent_length(np.empty(len(frame)), values)
        if argument == "sample_weight":
            values = _check_sample_weight(values, np.empty((len(frame), 1)), ensure_non_negative=True)
        name = argument
        while name in frame.columns:
            name += "_"
        added.append(as_series(values, name).alias(name))
        asked[ROW_ATTRIBUTES[argument]] = name
    return (as_frame(frame.with_columns(added)) if added else frame), asked


def weighed(frame: Frame, asked: dict[str, str], times: Array) -> tuple[Frame, dict[str, str]]:
    """Return a table whose rows count so many ``times`` (N,) what they did, and what a request calls that."""
    if "weight" not in asked:
        frame, own = with_columns(frame, sample_weight=times)
        return frame, asked | own
    name = asked["weight"]
    return as_frame(frame.with_columns(pl.Series(name, frame[name].to_numpy() * times))), asked


def counting(frame: Frame, asked: dict[str, str]) -> IntArray:
    """Return which rows count for something; of rows that all count for nothing, which are refused, all."""
    if "weight" not in asked:
        return np.arange(len(frame))
    rows = np.flatnonzero(frame[asked["weight"]].to_numpy())
    return rows if len(rows) else np.arange(len(frame))
