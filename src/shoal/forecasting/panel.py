"""Series to forecast, without gaps, and what is known of their future."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shoal.errors import DataError
from shoal.sequences import filled
from shoal.shapes import Array, BoolArray, IntArray
from shoal.words import plural

LARGEST = 1e150
"""Of values, so that their squares are numbers."""


@dataclass(frozen=True, eq=False)
class Contexts:
    """What forecasts are made from: N rows, one for each channel of each series.

    ``values`` (N, L) are the last L values, preceded by the first one where a series is shorter;
    ``channels`` (N,) say which channel a row is, ``rows`` (N,) which of all channels of the series fitted,
    counted from 0, −1 for a series that is none of them, and ``future`` (N, F, h + 1) holds the F columns
    known ahead, from the last step on.
    """

    values: Array
    channels: IntArray
    rows: IntArray
    future: Array | None = None

    def some(self, chosen: IntArray | BoolArray) -> Contexts:
        """Return those of the rows chosen."""
        future = None if self.future is None else self.future[chosen]
        return Contexts(self.values[chosen], self.channels[chosen], self.rows[chosen], future)


@dataclass(frozen=True, eq=False)
class Panel:
    """S series (C, T_i) without gaps and, where columns are known ahead, those as (F, T_i + h).

    ``names`` are what series are known by, ``known`` which of the series fitted they are, −1 for none, and
    ``notes`` say what stands in for values that were missing.

    >>> panel = Panel.of([np.array([[np.nan, 1.0, np.nan, 3.0]])])
    >>> panel.series[0].tolist(), panel.notes
    ([[1.0, 2.0, 3.0]], ('1 missing value is filled by a line between its neighbours', '1 step before ...'))
    """

    series: tuple[Array, ...]
    future: tuple[Array, ...] | None = None
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] | None = None
    known: tuple[int, ...] | None = None

    @classmethod
    def of(
        cls,
        series: Sequence[Array],
        future: Sequence[Array] | None = None,
        names: Sequence[str] | None = None,
    ) -> Panel:
        """Return arrays (C, T_i) with NaN for what is missing as a panel.

        Steps before the first one at which every channel has had a value are left out; NaN further on
        becomes a line between its neighbours, at the end the last value.

        Raises ``DataError`` for no series, other channels than the first has, a channel without a value,
        fewer than two steps, infinite or huge values, and future columns that are missing or do not fit.
        """
        if not len(series):
            raise DataError("there is no series to forecast; give at least one")
        if names is not None and (len(names) != len(series) or len(set(names)) != len(names)):
            raise DataError(f"{len(series)} series need as many names, each another, got {list(names)[:9]!r}")
        whole_series, gaps, trimmed = [], 0, []
        for number, each in enumerate(series):
            name = "the series" if len(series) == 1 else f"series {number}"
            whole, missing, before = _without_gaps(np.asarray(each, np.float64), name, len(series[0]))
            whole_series.append(whole)
            trimmed.append(before)
            gaps += missing
        notes = []
        if gaps:
            verb = "is" if gaps == 1 else "are"
            notes.append(f"{plural(gaps, 'missing value')} {verb} filled by a line between its neighbours")
        if any(trimmed):
            notes.append(f"{plural(sum(trimmed), 'step')} before all channels had a value left out")
        ahead = None if future is None else _fitting(future, whole_series, trimmed)
        return cls(tuple(whole_series), ahead, tuple(notes), None if names is None else tuple(names))

    @property
    def channels(self) -> int:
        """The channels C of every series."""
        return len(self.series[0])

    @property
    def columns(self) -> int:
        """The columns F that are known ahead."""
        return 0 if self.future is None else len(self.future[0])

    @property
    def longest(self) -> int:
        """The steps of the longest series."""
        return max(int(each.shape[1]) for each in self.series)

    def __len__(self) -> int:
        return len(self.series)

    def long_enough(self, steps: int) -> Panel:
        """Return the series that have so many steps at least."""
        kept = [number for number, each in enumerate(self.series) if each.shape[1] >= steps]
        future = None if self.future is None else tuple(self.future[number] for number in kept)
        known = None if self.known is None else tuple(self.known[number] for number in kept)
        return Panel(tuple(self.series[number] for number in kept), future, known=known)

    def contexts(self, length: int, horizon: int, back: int = 0) -> Contexts:
        """Return what is known ``back`` steps before the end of every series, ``length`` values of it."""
        rows, ahead = [], []
        for number, each in enumerate(self.series):
            end = each.shape[1] - back
            known = each[:, max(end - length, 0) : end]
            rows.append(np.pad(known, ((0, 0), (length - known.shape[1], 0)), mode="edge"))
            if self.future is not None:
                columns = self.future[number][:, end - 1 : end + horizon]
                ahead.extend([columns] * self.channels)
        channels = np.tile(np.arange(self.channels), len(self))
        numbers = np.repeat(
            np.full(len(self), -1) if self.known is None else np.array(self.known), self.channels
        )
        known_rows = np.where(numbers < 0, -1, numbers * self.channels + channels)
        return Contexts(np.concatenate(rows), channels, known_rows, np.stack(ahead) if ahead else None)

    def actual(self, horizon: int, back: int) -> Array:
        """Return the ``horizon`` values (S·C, h) that follow ``back`` steps before the end."""
        ends = [each.shape[1] - back for each in self.series]
        after = [each[:, end : end + horizon] for each, end in zip(self.series, ends, strict=True)]
        return np.concatenate(after)


def _without_gaps(x: Array, name: str, channels: int) -> tuple[Array, int, int]:
    """Return a series (C, T) without NaN, how many were filled, and how many steps were left out before."""
    if x.ndim != 2 or len(x) != channels:
        raise DataError(f"{name} has shape {x.shape}, the first has {channels} channels; give as many")
    if np.isinf(x).any() or (np.abs(x) > LARGEST).any():
        raise DataError(f"{name} has an infinite value, or one beyond {LARGEST:g}; leave it out, as NaN")
    known = ~np.isnan(x)
    empty = np.flatnonzero(~known.any(axis=1))
    if empty.size:
        raise DataError(f"{name} has no value in channel {empty[0]} (from 0); leave it out")
    before = int(known.argmax(axis=1).max())
    x, known = x[:, before:], known[:, before:]
    if x.shape[1] < 2:
        raise DataError(f"{name} has {plural(x.shape[1], 'value')}; a forecast needs several")
    return filled(x), int((~known).sum()), before


def _fitting(future: Sequence[Array], series: list[Array], trimmed: list[int]) -> tuple[Array, ...]:
    """Return the columns known ahead (F, T_i + h), without the steps that were left out."""
    if len(future) != len(series):
        raise DataError(
            f"future has {len(future)} arrays for {plural(len(series), 'series', 'series')}; give as many"
        )
    kept = []
    for number, (columns, each, before) in enumerate(zip(future, series, trimmed, strict=True)):
        columns = np.asarray(columns, np.float64)
        if columns.ndim != 2 or len(columns) != len(future[0]):
            raise DataError(f"future of series {number} has shape {columns.shape}; all need the same columns")
        if not np.isfinite(columns).all():
            raise DataError(f"future of series {number} has values that are missing or infinite; fill them")
        if columns.shape[1] < each.shape[1] + before:
            raise DataError(
                f"future of series {number} has {columns.shape[1]} steps; it must reach as far as the "
                f"{each.shape[1] + before} of the series, and to predict the horizon further"
            )
        kept.append(columns[:, before:])
    return tuple(kept)
