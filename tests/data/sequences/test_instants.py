from __future__ import annotations

import numpy as np
import pytest

from shoal.data.frames import pl
from shoal.data.sequences.instants import are_numbers, in_order, instants
from shoal.errors import DataError


@pytest.mark.parametrize(
    "texts",
    [
        ["2020-01-01 00:00:00", "2020-01-01 00:01:00", "2020-01-02"],
        ["2020-01-01T00:00Z", "2020-01-01T00:01Z", "2020-01-02T00:00Z"],
        ["01.01.2020 00:00", "01.01.2020 00:01", "02.01.2020 00:00"],
        ["Jan 1, 2020", "Jan 1, 2020 00:01", "Jan 2, 2020"],
    ],
)
def test_dates_are_microseconds(texts: list[str]) -> None:
    expected = [60e6, 86_340e6]
    assert np.diff(instants(pl.Series("t", texts))).tolist() == expected
    stamps = pl.Series("t", ["2020-01-01 00:00", "2020-01-01 00:01", "2020-01-02 00:00"])
    assert np.diff(instants(stamps.str.to_datetime(time_unit="us"))).tolist() == expected


@pytest.mark.parametrize("kind", [pl.Datetime("ms"), pl.Datetime("us"), pl.Datetime("ns", "UTC"), pl.Date])
def test_dates_of_every_unit_are_the_same_microseconds(kind: pl.DataType) -> None:
    texts = pl.Series("t", ["2020-01-01", "2020-02-01", "2020-03-01"])
    stamps = texts.str.to_datetime(time_unit="us", time_zone="UTC").cast(kind)
    assert instants(stamps).tolist() == instants(texts).tolist()
    assert in_order(instants(stamps)).is_even
    assert not are_numbers(stamps)


def test_numbers_are_what_they_are() -> None:
    assert instants(pl.Series("t", ["1", "2.5"])).tolist() == [1.0, 2.5]
    assert instants(pl.Series("t", [3, -1])).tolist() == [3.0, -1.0]


def test_months_with_points_are_no_numbers() -> None:
    stamps = pl.Series("t", ["12.2019", "01.2020", "02.2020"])
    assert not are_numbers(stamps)
    assert instants(stamps).tolist() == instants(pl.Series("t", ["2019-12", "2020-01", "2020-02"])).tolist()


@pytest.mark.parametrize(
    "texts", [["soon", "later"], ["2020-01-01", "x"], ["01/02/2020", "02/01/2020"], ["1", None]]
)
def test_what_is_no_time_or_several_is_refused(texts: list[str]) -> None:
    with pytest.raises(DataError, match="the time 't'"):
        instants(pl.Series("t", texts))


def test_order_and_spacing() -> None:
    order = in_order(np.array([2.0, 0.0, 1.0]))
    assert (order.rows.tolist(), order.was_sorted, order.is_even, order.twice) == (
        [1, 2, 0],
        False,
        True,
        None,
    )
    assert in_order(np.array([0.0, 1.0, 3.0])).is_even is False
    assert in_order(np.array([0.0, 1.0, 2.0005])).is_even is True
    assert in_order(np.array([1.0, 0.0, 1.0])).twice == 2
    assert in_order(np.array([7.0])).is_even is True


def test_months_are_even() -> None:
    months = instants(pl.Series("t", ["2020-01", "2020-02", "2020-03", "2020-04"]))
    assert in_order(months).is_even
    assert not in_order(instants(pl.Series("t", ["2020-01", "2020-02", "2020-04"]))).is_even
