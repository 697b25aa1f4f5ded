"""A glance at a column: some of its values, which stand for all even where the table is sorted."""

from __future__ import annotations

import numpy as np

from shoal.data.frames import pl
from shoal.randomness import Purpose, stream

GLANCED = 20
"""Values that are enough to see that nearly all columns of text hold no numbers and no dates."""


def a_few(series: pl.Series) -> pl.Series:
    """Return ``GLANCED`` values of (N,) from random places, which depend on N alone; all where N is less.

    A place may be drawn twice, so that a glance at millions of rows costs as little as one at a hundred.

    >>> a_few(pl.Series([3, 1, 2])).to_list()
    [3, 1, 2]
    """
    n = len(series)
    if n <= GLANCED:
        return series
    draws = stream(n, purpose=Purpose.OTHER).bit_generator.random_raw(GLANCED)
    return series.gather((draws % np.uint64(n)).astype(np.int64))
