"""Intervals as they are drawn: ends belong to them, ties keep their order, of many rows some are shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from shoal.plots.intervals import MOST_ROWS, draw


def drawn(low: Any, high: Any, actual: Any, coverage: float | None = None) -> tuple[Any, list[str]]:
    axes = Figure().subplots()
    found = draw(axes, np.array(low, float), np.array(high, float), np.array(actual, float), coverage)
    return axes, [label for _, label in found.legend[0]]


def marks(axes: Any, gid: str) -> list[tuple[float, float]]:
    (line,) = (line for line in axes.lines if line.get_gid() == gid)
    return list(zip(line.get_xdata().tolist(), line.get_ydata().tolist(), strict=True))


def test_ends_belong_to_an_interval_and_what_is_no_number_to_none() -> None:
    axes, legend = drawn([0, 2, 4, 6], [1, 3, 5, 7], [1, 2, 5.5, np.nan])
    assert marks(axes, "inside") == [(0, 1), (1, 2)]
    assert [place for place, _ in marks(axes, "outside")] == [2, 3]
    assert legend == ["intervals", "inside: 50% of 4", "outside: 50% of 4"]


def test_intervals_stand_by_their_middles_and_equal_ones_as_they_came() -> None:
    axes, _ = drawn([3, 0, 1, -9], [5, 4, 3, 9], [4, 1, 2, 3])  # of middles 4, 2, 2, 0
    assert marks(axes, "inside") == [(0, 3), (1, 1), (2, 2), (3, 4)]


def test_the_coverage_that_was_promised_is_told() -> None:
    assert drawn([0], [1], [0.5], 0.9)[1][0] == "intervals for 90%"


@pytest.mark.parametrize(
    ("rows", "shown", "words"),
    [
        (1, 1, "1 rows, by"),
        (MOST_ROWS, MOST_ROWS, "400 rows, by"),
        (MOST_ROWS + 1, MOST_ROWS, "400 of 401 rows, by"),
        (5000, MOST_ROWS, "400 of 5,000 rows, by"),
    ],
)
def test_of_many_rows_some_are_shown_from_the_first_to_the_last(rows: int, shown: int, words: str) -> None:
    middle = np.arange(float(rows))
    axes, legend = drawn(middle - 1, middle + 1, middle)
    values = [value for _, value in marks(axes, "inside")]
    assert len(values) == len(set(values)) == shown
    assert (values[0], values[-1]) == (0, rows - 1)
    assert axes.get_xlabel().startswith(words)
    assert legend[1] == f"inside: 100% of {rows:,}"
