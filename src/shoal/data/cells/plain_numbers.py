"""Columns of plain numbers, read and looked at all together: one by one, wide tables would take minutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shoal.data.frames import named, pl

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

AT_A_TIME = 2**21
"""Numbers that are looked at together."""
_TYPES = (pl.String, pl.Int64, pl.Float64)


@dataclass(frozen=True)
class PlainNumbers:
    """What a column of numbers holds: its known values x in the table's order, and their quartiles."""

    name: str
    x: Floats
    quartiles: Floats


def matrices(
    table: pl.DataFrame, names: Sequence[str], largest: float, rows: Rows | None = None
) -> Iterator[tuple[list[str], Floats]]:
    """Yield names of columns and their values (N, n), NaN where one is missing, some columns at a time.

    Of some ``rows`` alone, where these are given.

    They are those of ``names`` whose values are all missing or finite numbers within ±``largest``, written as
    programs do. Others are left out, for whoever looks at one column at a time.

    >>> table = pl.DataFrame({"a": ["1", "2.5", None], "b": ["1", "1,5", "2"]})
    >>> [(names, X.tolist()) for names, X in matrices(table, table.columns, 1e150)]
    [(['a'], [[1.0], [2.5], [nan]])]
    """
    height, types = table.height if rows is None else len(rows), table.schema
    several = max(AT_A_TIME // max(height, 1), 1)
    of_type = [name for name in names if types[name] in _TYPES]
    for first in range(0, len(of_type), several):
        some = chosen_rows(named(table, of_type[first : first + several]), rows)
        numbers = some.select(pl.all().cast(pl.Float64, strict=False))
        lost = np.array(numbers.null_count().row(0)) - np.array(some.null_count().row(0))
        X = numbers.to_numpy()  # of what is missing NaN
        beyond = ~(np.abs(X) <= largest)  # NaN, too
        fits = (lost == 0) & (beyond.sum(axis=0) == np.array(some.null_count().row(0)))
        if fits.any():
            yield [name for name, fit in zip(some.columns, fits, strict=True) if fit], X[:, fits]


def chosen_rows(table: pl.DataFrame, rows: Rows | None) -> pl.DataFrame:
    """Return some rows of a table, by number, or all of them."""
    return table if rows is None else table[rows]


def plain_numbers(
    table: pl.DataFrame, names: Sequence[str], largest: float, rows: Rows | None = None
) -> Iterator[PlainNumbers]:
    """Yield what those columns of ``matrices`` hold whose values are not all equal."""
    for some, X in matrices(table, names, largest, rows):
        missing = np.isnan(X)
        varies = np.fmin.reduce(X) < np.fmax.reduce(X)
        whole = varies & ~missing.any(axis=0)
        quartiles = dict(zip(np.flatnonzero(whole), _quartiles(X[:, whole]).T, strict=True))
        for k in np.flatnonzero(varies):
            x = X[:, k] if whole[k] else X[~missing[:, k], k]
            of_x = quartiles[k] if whole[k] else _quartiles(x)
            yield PlainNumbers(some[k], x, of_x)


def _quartiles(x: Floats) -> Floats:
    return np.quantile(x, [0.25, 0.5, 0.75], axis=0) if x.size else np.empty((3, *x.shape[1:]))
