from __future__ import annotations

import numpy as np
import polars as pl

from shoal.data.cells.sampled import GLANCED, a_few


def test_a_glance_takes_values_from_everywhere() -> None:
    n = 10_000
    places = a_few(pl.Series(np.arange(n))).to_numpy()
    assert len(places) == GLANCED
    assert places.min() < n / 4
    assert places.max() > 3 * n / 4
    assert a_few(pl.Series(np.arange(n))).to_list() == places.tolist()


def test_a_glance_at_a_short_column_is_the_column() -> None:
    assert a_few(pl.Series(["a", None, "b"])).to_list() == ["a", None, "b"]
