"""Frames of many series: pandas' own, with an index of two levels, (series, time)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.data.frames import pl
from shoal.data.notes import tell
from shoal.data.sequences.instants import in_order, instants
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


def require_matched(X: Any, y: Any) -> None:
    """Raise ``DataError`` for a pandas ``y`` that names the series of a frame X in another order."""
    if not is_panel(X, "X") or not hasattr(y, "iloc") or levels_of(y) > 1:
        return
    keys = X.index.get_level_values(0).unique()
    if not y.index.equals(keys) and len(y) == len(keys) and y.index.isin(keys).all() and y.index.is_unique:
        raise DataError(
            "y has the series of X in another order; give y.loc[X.index.get_level_values(0).unique()], or "
            "y.to_numpy() if it goes by places"
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


@dataclass(frozen=True, eq=False)
class PanelSteps:
    """The rows of each series that an index (series, time) names, in the order of time.

    ``unsorted`` and ``uneven`` are the series whose rows stood otherwise, and whose steps are not equal;
    ``timed`` says whether the second level tells times at all.
    """

    keys: Any
    rows: list[IntArray]
    unsorted: list[Any]
    uneven: list[Any]
    timed: bool = True

    @classmethod
    def of(cls, index: Any, name: str) -> PanelSteps:
        """Return the steps of every series; ``DataError`` for times that are missing, or there twice."""
        keys, rows = rows_of_each(index, name)
        stamps = index.get_level_values(1)
        missing = int(stamps.isna().sum())
        if missing:
            raise DataError(
                f"the time of {plural(missing, 'row')} of {name} is missing; fill it, or leave them out"
            )
        t = _instants(stamps)
        timed = t is not None
        t = np.arange(len(index), dtype=np.float64) if t is None else t
        orders = [in_order(t[some]) for some in rows]
        for key, some, each in zip(keys, rows, orders, strict=True):
            row = each.twice if timed else _first_double(stamps[some])
            if row is not None:
                raise DataError(
                    f"series {key!r} of {name} has the time {str(stamps[some[row]])!r} twice; leave one of "
                    "the two rows out"
                )
        told = list(zip(keys, rows, orders, strict=True))
        uneven = [(key, some[each.rows]) for key, some, each in told if timed and not each.is_even]
        if uneven and getattr(stamps, "tz", None) is not None:  # of days one may have 23 hours
            clock = _instants(stamps.tz_localize(None))
            assert clock is not None
            uneven = [(key, some) for key, some in uneven if not in_order(clock[some]).is_even]
        return cls(
            keys,
            [some[each.rows] for _, some, each in told],
            [key for key, _, each in told if not each.was_sorted],
            [key for key, _ in uneven],
            timed,
        )

    def tell(self, name: str) -> None:
        """Say with a ``ShoalWarning`` what was decided of the times, as of those of files."""
        S = len(self.keys)
        if not self.timed:
            tell(f"the times of {name} are no numbers or dates", "its rows are taken as they come", False)
        if self.unsorted:
            what = (
                f"{len(self.unsorted)} of {S} series, such as {self.unsorted[0]!r}, are put in order of time"
            )
            tell(what, "sort their rows", False)
        if self.uneven:
            what = f"{len(self.uneven)} of {S} series, such as {self.uneven[0]!r}, have steps of unequal time"
            tell(f"{what}, which are taken for equal", "resample them if that matters", False)


def _first_double(stamps: Any) -> int | None:
    """Return the first row that tells what another one has told before, None for none."""
    return None if stamps.is_unique else int(stamps.duplicated().argmax())


def _instants(stamps: Any) -> Array | None:
    """Return times (N,) as numbers since the first, microseconds of dates; None for what tells none."""
    import pandas as pd

    if isinstance(stamps, pd.PeriodIndex):
        stamps = stamps.astype(np.int64)
    number = pd.api.types.is_numeric_dtype(stamps) and not pd.api.types.is_bool_dtype(stamps)
    if number or isinstance(stamps, pd.DatetimeIndex | pd.TimedeltaIndex):
        since: Array = (stamps - stamps.min()).to_numpy()  # exactly, as floats of many digits are not
        return (since / np.timedelta64(1, "us") if since.dtype.kind == "m" else since).astype(np.float64)
    try:
        return instants(pl.Series("time", stamps.tolist()))
    except (DataError, TypeError, pl.exceptions.PolarsError):
        return None
