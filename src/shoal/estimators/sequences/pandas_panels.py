"""Frames of many series: pandas' own, with an index of two levels, (series, time)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.errors import DataError
from shoal.shapes import Array, IntArray
from shoal.words import plural


def levels_of(given: Any) -> int:
    """Return how many levels the index of a pandas object has, 1 of what has none."""
    return int(getattr(getattr(given, "index", None), "nlevels", 1))


def is_panel(given: Any, name: str) -> bool:
    """Return whether a pandas object has an index (series, time); ``DataError`` for more levels."""
    levels = levels_of(given)
    if levels > 2:
        raise DataError(
            f"{name} has an index of {levels} levels, expected two, (series, time); join all but the last, "
            f'as {name}.set_axis(pd.MultiIndex.from_tuples([("/".join(map(str, i[:-1])), i[-1]) for i in '
            f"{name}.index]))"
        )
    return levels == 2


def require_flat(given: Any, name: str) -> None:
    """Raise ``DataError`` for one series of several that has an index of several levels itself."""
    levels = levels_of(given)
    if levels > 1:
        raise DataError(
            f"{name} has an index of {levels} levels, expected that of one series; give a frame with the "
            "index (series, time) alone, beside no others"
        )


def rows_of_each(index: Any, name: str) -> tuple[Any, list[IntArray]]:
    """Return the series that the first level of a pandas index names, as they come, and the rows of each."""
    import pandas as pd

    codes, keys = pd.factorize(index.get_level_values(0))
    unknown = int((codes < 0).sum())
    if unknown:
        verb = "does not say" if unknown == 1 else "do not say"
        raise DataError(
            f"{plural(unknown, 'row')} of {name} {verb} whose, for the first level of the index is missing "
            "there; fill it, or leave them out"
        )
    ends = np.cumsum(np.bincount(codes, minlength=len(keys)))[:-1]
    return keys, np.split(np.argsort(codes, kind="stable"), ends) if len(keys) else []


@dataclass(frozen=True, eq=False)
class PandasPanel:
    """What a pandas object (series, time) is besides its numbers: the ``keys`` of S series, and its form.

    ``parts`` are the series one by one, with an index of times, and ``none_of`` is the object without rows.
    """

    keys: Any
    parts: list[Any]
    none_of: Any

    @classmethod
    def of(cls, given: Any, name: str) -> PandasPanel:
        """Return the series of an object whose index is (series, time), in the order in which they come."""
        keys, rows = rows_of_each(given.index, name)
        parts = [given.iloc[some] for some in rows]
        return cls(keys, [part.set_axis(part.index.droplevel(0)) for part in parts], given.iloc[:0])

    def filled(self, forecasts: Array, times: Sequence[Any]) -> Any:
        """Return forecasts (S, C, h) as the object is, with the ``times`` (h,) of each series."""
        import pandas as pd

        form, levels = type(self.none_of), self.none_of.index.names
        S, C, h = forecasts.shape
        index = pd.MultiIndex.from_arrays(
            [self.keys.take(np.repeat(np.arange(S), h)), times[0].append(list(times[1:]))], names=levels
        )
        values = forecasts.swapaxes(1, 2).reshape(S * h, C)
        if self.none_of.ndim == 1:
            return form(values[:, 0], index=index, name=self.none_of.name)
        return form(values, index=index, columns=self.none_of.columns)
