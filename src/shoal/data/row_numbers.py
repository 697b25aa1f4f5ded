"""Which row of a table is meant by a message, where others of it have been left out before.

Whoever reads a table counts its rows for the time of a block, by ``counting_rows``, and whoever leaves some
out says which are kept, by ``keep_rows``. Checks know nothing of that: they tell a row by ``data_row``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.intp]


@dataclass
class _Kept:
    """The ``numbers`` (N,) of the rows that are left of a table, or of a part that begins with ``first``."""

    first: int
    numbers: Numbers | None


_KEPT: ContextVar[_Kept | None] = ContextVar("kept", default=None)


@contextmanager
def counting_rows(first: int = 0, numbers: Numbers | None = None) -> Iterator[None]:
    """Count the rows of one table for the time of a block: from ``first`` on, or by their ``numbers``."""
    before = _KEPT.set(_Kept(first, numbers))
    try:
        yield
    finally:
        _KEPT.reset(before)


def keep_rows(kept: npt.ArrayLike) -> None:
    """Note which of the rows that were left are kept: a mask (N,), or their places (M,).

    >>> with counting_rows(first=10):
    ...     keep_rows([False, True, True, True])
    ...     keep_rows([0, 2])
    ...     data_row(1), data_row(5)
    ('data row 14', 'data row 6')
    """
    rows = _KEPT.get()
    if rows is None:
        return
    given = np.asarray(kept)
    places = np.flatnonzero(given) if given.dtype == np.bool_ else given
    rows.numbers = places if rows.numbers is None else rows.numbers[places]


def data_row(row: int) -> str:
    """Return what a row is called, by its place from 0 on among those that are left.

    >>> data_row(0)
    'data row 1'
    """
    kept = _KEPT.get()
    if kept is None or (kept.numbers is not None and row >= len(kept.numbers)):
        return f"data row {row + 1}"
    return f"data row {kept.first + int(row if kept.numbers is None else kept.numbers[row]) + 1}"
