"""What classifiers are told of mistakes: the metric that counts, and what each mistake costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils._param_validation import StrOptions

from shoal.calibration.decision import METRICS, check_metric
from shoal.errors import ConfigurationError
from shoal.shapes import Array

DECIDING = {"metric": [StrOptions(set(METRICS)), None], "cost": [dict, "array-like", None]}
"""The parameters, as scikit-learn checks them."""


def as_texts(cost: Any, classes: Any) -> tuple[str, ...] | None:
    """Return costs as a request has them, among the numbers of the ``classes`` (K,); None where none are.

    ``cost`` is a matrix C (K, K), where C[j, k] is for a sample of class j that is called k, or a dict of
    those that are not 1, by (actual, called). Raises ``ConfigurationError`` for what is neither.

    >>> as_texts({("ill", "well"): 50}, ["ill", "well"])
    ('0:1=50.0',)
    >>> as_texts([[0, 2], [1, 0]], ["ill", "well"])
    ('0:1=2.0', '1:0=1.0')
    """
    if cost is None:
        return None
    labels = list(classes)
    if isinstance(cost, Mapping):
        found = {_place(pair, labels): value for pair, value in cost.items()}
    else:
        table = _matrix(cost)
        if table.shape != (len(labels),) * 2 or table.dtype.kind not in "biuf":
            raise ConfigurationError(
                f"cost is of the shape {table.shape} and holds {table.dtype}, expected a number for each of "
                f"{len(labels)} actual classes and each that they may be called, or a dict of some"
            )
        if np.diagonal(table).any():
            raise ConfigurationError(
                "cost has numbers other than 0 where a sample is called what it is; those cost nothing"
            )
        found = {place: value.item() for place, value in np.ndenumerate(table) if place[0] != place[1]}
    return tuple(f"{j}:{k}={_number(value)!r}" for (j, k), value in found.items())


def require_one(metric: str | None, cost: Any) -> None:
    """Raise ``ConfigurationError`` where both are given."""
    check_metric(metric)
    if metric is not None and cost is not None:
        raise ConfigurationError(
            f"metric={metric!r} and cost were both given; classes are decided by one of them, leave one out"
        )


def _matrix(cost: Any) -> Array:
    try:
        return np.asarray(cost)
    except ValueError:  # rows of unlike lengths
        return np.asarray(cost, dtype=object)


def _place(pair: Any, labels: list[Any]) -> tuple[int, int]:
    if not isinstance(pair, tuple) or len(pair) != 2 or any(label not in labels for label in pair):
        known = ", ".join(map(str, labels[:5]))
        raise ConfigurationError(
            f"cost has the key {pair!r}, expected (actual, called), two of the classes {known}"
        )
    actual, called = (labels.index(label) for label in pair)
    if actual == called:
        raise ConfigurationError(
            f"cost has the key {pair!r}, a sample that is called what it is; that costs nothing, leave it out"
        )
    return actual, called


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise ConfigurationError(f"cost has {value!r}, expected a finite number of 0 or more")
    return number
