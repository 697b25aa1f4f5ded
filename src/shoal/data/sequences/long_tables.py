"""Long tables: a row for every step, a column that says whose it is, and the others its channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shoal.data.cells.values import numbers, text
from shoal.data.chosen import ChosenColumns
from shoal.data.frames import Frame, as_frame, pl, quoted
from shoal.data.names import meant, names_shown
from shoal.data.notes import tell
from shoal.data.sequences.instants import in_order, instants
from shoal.data.sequences.series_set import SeriesSet
from shoal.errors import ConfigurationError, DataError
from shoal.shapes import Array, IntArray
from shoal.words import setting


@dataclass(frozen=True)
class LongColumns:
    """What the columns of a long table are: whose row it is, when it was, its ``channels``, the target."""

    id: str
    order: str | None
    channels: tuple[str, ...]
    target: str

    @classmethod
    def settle(
        cls,
        known: Sequence[str],
        id: str,  # noqa: A002
        order: str | None,
        target: str | None,
        drop: Sequence[str] | None,
        columns: Sequence[str] | None,
        beside: Mapping[str, str] | None = None,
    ) -> LongColumns:
        """Return the columns of a table whose names are ``known``, as asked; none ``beside`` is a channel.

        Raises ``DataError`` for one that is not there, ``ConfigurationError`` for one in two roles.
        """
        if target is None:
            raise ConfigurationError(
                f"{setting('id', id)} reads a row for every step, which needs {setting('target')}, the "
                f"column to predict; give it. Its columns: {names_shown(known)}"
            )
        roles = {"id": id, "order": order, "target": target}
        named = {role: name for role, name in roles.items() if name is not None}
        named |= {role: name for name, role in (beside or {}).items()}
        for role, name in named.items():
            if name not in known:
                raise DataError(
                    f"the table has no column {name!r}, which {setting(role)} names; {meant(name, known)}"
                )
        if len(set(named.values())) < len(named):
            both = " and ".join(setting(role, name) for role, name in named.items())
            raise ConfigurationError(f"{both} name one column twice; each needs its own")
        values = [name for name in known if name not in (id, order, *(beside or ()))]
        dropped = ChosenColumns.settle(values, target, drop, columns, None).dropped
        channels = tuple(name for name in values if name != target and name not in dropped)
        if not channels:
            raise DataError(f"the table has no column of values beside {names_shown(list(named.values()))}")
        return cls(id, order, channels, target)


def series_of(frame: Frame, columns: LongColumns, strict: bool) -> SeriesSet:
    """Return a series for every identifier of a long table, in the order in which they come.

    Its rows may stand anywhere. With a column of time they are put in its order, else taken as they come;
    the target is that of any of its rows. What is odd is a note, an error if ``strict``.

    Raises ``DataError`` for values that are no numbers, a time that a series has twice, a target that
    changes within one, and columns that are missing.
    """
    frame = identified(frame, columns.id, strict)
    missing = [name for name in (columns.order, *columns.channels) if name and name not in frame.columns]
    if missing:
        raise DataError(f"the table lacks the column {quoted(missing[0])}; add it as it was fitted")
    values = np.stack([values_of(frame[name]) for name in columns.channels])
    names, rows = rows_of_each(text(frame[columns.id]))
    if columns.order is not None:
        rows = _in_time(frame[columns.order], columns, names, rows, strict)
    series = tuple(np.ascontiguousarray(values[:, some]) for some in rows)
    for name, each in zip(names, series, strict=True):
        if np.isnan(each).all():
            raise DataError(f"the series {quoted(name)} holds no value at all; leave its rows out")
    targets = None
    if columns.target in frame.columns:
        targets = _targets(frame[columns.target], columns, names, rows)
    return SeriesSet(series, names, targets)


def identified(frame: Frame, name: str, strict: bool) -> Frame:
    """Return the rows that say whose they are."""
    if name not in frame.columns:
        raise DataError(
            f"the table lacks the column {quoted(name)}, which says whose row it is; "
            f"{meant(name, frame.columns)}"
        )
    known = frame[name].is_not_null()
    if known.all():
        return frame
    if not known.any():
        raise DataError(f"the column {quoted(name)} is empty in every row; give one that is not")
    tell(
        f"{int((~known).sum())} of {len(known)} rows have no {quoted(name)} and are left out",
        "fill that column",
        strict,
    )
    return as_frame(frame.filter(known))


def values_of(column: pl.Series) -> Array:
    """Return a column as numbers (N,), NaN where one is missing; ``DataError`` for what is none."""
    try:
        return numbers(column).astype(np.float64)
    except DataError as error:
        raise DataError(f"{error}, or leave the column out with {setting('drop')}") from None


def rows_of_each(ids: pl.Series) -> tuple[tuple[str, ...], list[IntArray]]:
    """Return the different identifiers as they come, and the rows of each."""
    names = ids.unique(maintain_order=True).to_list()
    codes = ids.replace_strict(names, list(range(len(names))), return_dtype=pl.Int64).to_numpy()
    ends = np.cumsum(np.bincount(codes))[:-1]
    return tuple(names), np.split(np.argsort(codes, kind="stable"), ends)


def _in_time(
    stamps: pl.Series, columns: LongColumns, names: Sequence[str], rows: list[IntArray], strict: bool
) -> list[IntArray]:
    """Return the rows of each series in the order of time."""
    t = instants(stamps)
    orders = [in_order(t[some]) for some in rows]
    for name, some, order in zip(names, rows, orders, strict=True):
        if order.twice is not None:
            raise DataError(
                f"the series {quoted(name)} has the time {quoted(str(stamps[int(some[order.twice])]))} twice "
                f"in {quoted(columns.order or '')}; leave one of the two rows out"
            )
    unsorted = [name for name, order in zip(names, orders, strict=True) if not order.was_sorted]
    uneven = [name for name, order in zip(names, orders, strict=True) if not order.is_even]
    if unsorted:
        what = (
            f"{len(unsorted)} of {len(names)} series, such as {quoted(unsorted[0])}, are put in order of time"
        )
        tell(what, "sort their rows", strict)
    if uneven:
        tell(
            f"{len(uneven)} of {len(names)} series, such as {quoted(uneven[0])}, have steps of unequal time, "
            "which are taken for equal",
            "resample them if that matters",
            strict,
        )
    return [some[order.rows] for some, order in zip(rows, orders, strict=True)]


def _targets(
    column: pl.Series, columns: LongColumns, names: Sequence[str], rows: Sequence[IntArray]
) -> pl.Series:
    """Return the target of each series, null where none of its rows has one."""
    known, first = column.is_not_null().to_numpy(), []
    texts = text(column)
    for name, some in zip(names, rows, strict=True):
        told = some[known[some]]
        different = texts.gather(told).unique(maintain_order=True).to_list()
        if len(different) > 1:
            raise DataError(
                f"the series {quoted(name)} has the targets {quoted(different[0])} and {quoted(different[1])}"
                f" in {quoted(columns.target)}, expected one for all of its rows; correct it"
            )
        first.append(int(told[0]) if told.size else int(some[0]))
    return column.gather(first)
