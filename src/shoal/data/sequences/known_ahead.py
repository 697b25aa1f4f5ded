"""Columns that are known ahead: of every step of a series, and of steps after its last value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shoal.data.frames import quoted
from shoal.data.notes import tell
from shoal.errors import DataError
from shoal.sequences import filled
from shoal.shapes import Array
from shoal.words import plural


def divided(
    names: Sequence[str], steps: Sequence[Array], coming: Sequence[str], strict: bool
) -> tuple[list[Array], tuple[Array, ...]]:
    """Return the values (C, T_i) of series, and what is known ahead (F, T_i + some), of both (C + F, steps).

    A series ends with the last step that has a value, and what is known ahead with the last step before the
    first at which one of its columns is missing. Before the end of a series a line between its neighbours
    stands in for what is missing, with a note, an error if ``strict``.

    Raises ``DataError`` for a column that a series has no value of.

    >>> sold_and_sale = np.array([[1.0, 2.0, np.nan, np.nan], [0.0, 1.0, 1.0, np.nan]])
    >>> (sold,), (sale,) = divided(["shop"], [sold_and_sale], ["sale"], strict=False)
    >>> sold.tolist(), sale.tolist()
    ([[1.0, 2.0]], [[0.0, 1.0, 1.0]])
    """
    F = len(coming)
    series, ahead, gaps = [], [], 0
    for name, whole in zip(names, steps, strict=True):
        values, known = whole[:-F], whole[-F:]
        told = np.flatnonzero(~np.isnan(values).all(axis=0))
        T = int(told[-1]) + 1 if told.size else values.shape[1]
        for column, row in zip(coming, known, strict=True):
            if np.isnan(row[:T]).all():
                raise DataError(
                    f"{quoted(column)}, known ahead, has no value in the series {quoted(name)}; add some"
                )
        gaps += int(np.isnan(known[:, :T]).sum())
        missing = np.flatnonzero(np.isnan(known[:, T:]).any(axis=0))
        end = T + int(missing[0]) if missing.size else known.shape[1]
        series.append(values[:, :T])
        ahead.append(np.concatenate([filled(known[:, :T]), known[:, T:end]], axis=1))
    if gaps:
        verb = "is" if gaps == 1 else "are"
        what = f"{plural(gaps, 'value')} of columns known ahead {verb} missing"
        tell(f"{what}: a line between the neighbours stands in", "fill them in", strict)
    return series, tuple(ahead)
