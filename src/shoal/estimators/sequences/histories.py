"""The containers that people keep histories in, and forecasts given back in the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shoal.errors import DataError
from shoal.estimators.sequences.channel_names import Names, names_of, ordered
from shoal.estimators.sequences.pandas_panels import PandasPanel, is_panel, levels_of, require_flat
from shoal.estimators.sequences.pandas_times import continued, continued_together, counted, whole
from shoal.estimators.sequences.series import numbers_of, require_dense
from shoal.shapes import Array


@dataclass(frozen=True, eq=False)
class Histories:
    """S series (C, T_i) of float64, and what a user gave them as.

    ``names`` are the ``keys`` of a dict, or of a frame (series, time), as text, None for what is none;
    ``one`` says that a single series was given and no list of them, ``originals`` are the series as given,
    and ``panel`` is such a frame. ``channels`` are what columns of frames are called, None for what has none.
    """

    series: list[Array]
    originals: list[Any]
    one: bool
    names: list[str] | None = None
    keys: Sequence[Any] = ()
    panel: PandasPanel | None = None
    channels: Names = None

    @classmethod
    def of(cls, y: Any, name: str = "y", channels: Names = None) -> Histories:
        """Return ``y`` as histories: see ``Forecaster``; ``DataError`` for what is none.

        Columns of frames go by the names of those fitted, ``channels``, or else of the first frame.

        >>> Histories.of([[1.0, 2.0], [3.0, 4.0, 5.0]]).series[1].tolist()
        [[3.0, 4.0, 5.0]]
        """
        require_dense(y, name)
        if isinstance(y, Mapping):
            return cls._named(list(y), list(y.values()), name, channels)
        if isinstance(y, str | bytes) or not isinstance(y, Iterable):
            raise DataError(f"{name} must be a series of numbers, or a list of some, got {type(y).__name__}")
        if is_panel(y, name):
            panel = PandasPanel.of(ordered(y, channels, name), name)
            return replace(cls._named(list(panel.keys), panel.parts, name, channels), panel=panel)
        several = isinstance(y, list | tuple) and any(_is_series(each) for each in y)
        if several or (isinstance(y, np.ndarray) and y.ndim == 3):
            given = list(y)
            names = [f"series {number} of {name}" for number in range(len(given))]
            return cls._several(given, names, channels)
        y = whole(ordered(y, channels, name), name)
        return cls([_one(y, name)], [y], True, channels=channels or names_of(y))

    @classmethod
    def _named(cls, keys: list[Any], given: list[Any], name: str, channels: Names) -> Histories:
        if not keys:
            raise DataError(f"{name} is empty; a forecast needs a history")
        each = cls._several(given, [f"series {key!r} of {name}" for key in keys], channels)
        return replace(each, names=[str(key) for key in keys], keys=keys)

    @classmethod
    def _several(cls, given: list[Any], names: list[str], channels: Names) -> Histories:
        for each, named in zip(given, names, strict=True):
            require_flat(each, named)
        channels = channels or (names_of(given[0]) if given else None)
        given = [ordered(each, channels, named) for each, named in zip(given, names, strict=True)]
        each_whole = [whole(each, named) for each, named in zip(given, names, strict=True)]
        found = [_one(each, named) for each, named in zip(each_whole, names, strict=True)]
        return cls(found, each_whole, False, channels=channels)

    def given_back(self, forecasts: Array) -> Any:
        """Return forecasts (S, C, h) as the series were given: (h,), (h, C), a list, a dict, pandas' own."""
        if self.panel is not None:
            steps = forecasts.shape[2]
            times = [counted(steps)] * len(self.originals)
            if all(hasattr(original, "iloc") for original in self.originals):
                times = continued_together([original.index for original in self.originals], steps)
            return self.panel.filled(forecasts, times)
        pairs = zip(self.originals, forecasts, strict=True)
        shaped = [_like(original, forecast) for original, forecast in pairs]
        if self.names is not None:
            return dict(zip(self.keys, shaped, strict=True))
        return shaped[0] if self.one else shaped

    def without_times(self) -> Histories:
        """Return the same without the times of pandas, which no step tells."""
        bare = [np.asarray(each) if hasattr(each, "iloc") else each for each in self.originals]
        return replace(self, originals=bare)

    def in_place(self, given: Any, name: str) -> Array:
        """Return numbers for every series: rows of a dict or a frame go by its names, others as they come.

        A frame has the index (series, time), or that of the series; ``DataError`` where it has others than
        the histories.
        """
        framed = hasattr(given, "iloc")
        given = ordered(given, self.channels, name)
        if self.names is None or not (isinstance(given, Mapping) or (framed and self.panel is not None)):
            return np.asarray(given, dtype=np.float64)
        if isinstance(given, Mapping):
            rows = {str(key): np.asarray(each, dtype=np.float64) for key, each in given.items()}
        elif levels_of(given) == 1:
            if not given.index.is_unique:
                raise DataError(f"{name} has a series twice; give one row for each")
            rows = {str(key): each for key, each in zip(given.index, numbers_of(given, name), strict=True)}
        else:
            each = Histories.of(given, name)
            rows = dict(zip(each.names or (), (series.T for series in each.series), strict=True))
        placed = [rows[key] for key in self.names if key in rows]
        if len(placed) < len(self.names) or len(rows) > len(self.names):
            raise DataError(f"{name} is of the series {list(rows)[:9]!r}, expected {self.names[:9]!r}")
        if len({np.shape(each) for each in placed}) > 1:
            raise DataError(f"{name} has not as many steps for each series; give the same for all")
        return np.stack(placed)

    def matched(self, others: Histories, what: str) -> list[Array]:
        """Return the series of ``others`` in the order of these: by name where both have names.

        Raises ``DataError`` for one that they have not, in the words of ``what`` they are.
        """
        if self.names is None or others.names is None:
            return others.series
        missing = [name for name in self.names if name not in others.names]
        if missing:
            raise DataError(f"{what} the series {missing[0]!r}; give them for each")
        return [others.series[others.names.index(name)] for name in self.names]


def known_ahead(future: Any, histories: Histories, fitted: Names = None) -> tuple[list[Array] | None, Names]:
    """Return columns known ahead as arrays (F, T_i + h), in the order of the histories, and their names."""
    if future is None:
        return None, fitted
    ahead = Histories.of(future, "future", fitted)
    return histories.matched(ahead, "future has no columns for"), ahead.channels


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
