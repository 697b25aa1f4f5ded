"""The containers that people keep histories in, and forecasts given back in the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.errors import DataError
from shoal.estimators.sequences.pandas_times import continued, whole
from shoal.estimators.sequences.series import numbers_of, require_dense
from shoal.shapes import Array


@dataclass(frozen=True, eq=False)
class Histories:
    """S series (C, T_i) of float64, and what a user gave them as.

    ``names`` are the ``keys`` of a dict as text, None for what is none; ``one`` says that a single series was
    given and no list of them, and ``originals`` are the series as given.
    """

    series: list[Array]
    originals: list[Any]
    one: bool
    names: list[str] | None = None
    keys: Sequence[Any] = ()

    @classmethod
    def of(cls, y: Any, name: str = "y") -> Histories:
        """Return ``y`` as histories: see ``Forecaster``; ``DataError`` for what is none.

        >>> Histories.of([[1.0, 2.0], [3.0, 4.0, 5.0]]).series[1].tolist()
        [[3.0, 4.0, 5.0]]
        """
        require_dense(y, name)
        if isinstance(y, Mapping):
            each = cls.of(list(y.values()), name)
            return cls(each.series, each.originals, False, [str(key) for key in y], list(y))
        if isinstance(y, str | bytes) or not isinstance(y, Iterable):
            raise DataError(f"{name} must be a series of numbers, or a list of some, got {type(y).__name__}")
        several = isinstance(y, list | tuple) and any(_is_series(each) for each in y)
        if several or (isinstance(y, np.ndarray) and y.ndim == 3):
            given = list(y)
            names = [f"series {number} of {name}" for number in range(len(given))]
            each_whole = [whole(each, named) for each, named in zip(given, names, strict=True)]
            found = [_one(each, named) for each, named in zip(each_whole, names, strict=True)]
            return cls(found, each_whole, False)
        y = whole(y, name)
        return cls([_one(y, name)], [y], True)

    def given_back(self, forecasts: Array) -> Any:
        """Return forecasts (S, C, h) as the series were given: (h,), (h, C), a list, a dict, pandas' own."""
        pairs = zip(self.originals, forecasts, strict=True)
        shaped = [_like(original, forecast) for original, forecast in pairs]
        if self.names is not None:
            return dict(zip(self.keys, shaped, strict=True))
        return shaped[0] if self.one else shaped


def known_ahead(future: Any, histories: Histories) -> list[Array] | None:
    """Return columns known ahead as arrays (F, T_i + h), in the order of the histories."""
    if future is None:
        return None
    given = Histories.of(future, "future")
    if given.names is not None and histories.names is not None:
        missing = [name for name in histories.names if name not in given.names]
        if missing:
            raise DataError(f"future has no columns for the series {missing[0]!r}; give them for each")
        return [given.series[given.names.index(name)] for name in histories.names]
    return given.series


def _is_series(each: Any) -> bool:
    return isinstance(each, Iterable) and not isinstance(each, str | bytes)


def _one(y: Any, name: str) -> Array:
    """Return one series (C, T) of a container (T,) or (T, C)."""
    array = numbers_of(y, name)
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] < 1):
        raise DataError(f"{name} has shape {array.shape}, expected (T,), or (T, C) of C channels")
    if not len(array):
        raise DataError(f"{name} is empty; a forecast needs a history")
    return array[None] if array.ndim == 1 else array.T


def _like(original: Any, forecast: Array) -> Any:
    """Return a forecast (C, h) as its series was given."""
    if hasattr(original, "index") and hasattr(original, "iloc"):
        times = continued(original.index, forecast.shape[1])
        if original.ndim == 1:
            return type(original)(forecast[0], index=times, name=original.name)
        return type(original)(forecast.T, index=times, columns=original.columns)
    return forecast[0] if np.ndim(original) == 1 else forecast.T
