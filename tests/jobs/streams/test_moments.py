"""Times counted without holding them all, and where they are cut."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest

from shoal.data.readers.delimited_parts import NotPlainError
from shoal.data.roles import Roles
from shoal.errors import DataError
from shoal.jobs.streams import moments
from shoal.jobs.streams.moments import Moments, times_of
from shoal.jobs.streams.sides import TESTS, TRAINS, VALIDATES, TimeSides
from shoal.selection.samples.dividers import Forward

ROLES = Roles(time_order="when")


def counted(times: np.ndarray, rows: int = 37) -> Moments:
    found = Moments()
    for first in range(0, len(times), rows):
        found.count(times[first : first + rows])
    return found


def orders(times: np.ndarray) -> list[np.ndarray]:
    return [times, np.sort(times), np.sort(times)[::-1]]


def test_few_times_are_cut_as_those_of_a_table_in_memory() -> None:
    rng = np.random.default_rng(0)
    for times in orders(rng.integers(0, 90, size=1000).astype(float)):
        found = counted(times)
        assert found.rows == 1000
        assert found.starts.tolist() == sorted(set(times.tolist()))
        (cut,) = found.cuts([0.8], "divided in two")
        rest, held = Forward(times).holdout(0.2, seed=0)
        assert (times[rest].max(), times[held].min()) == (max(times[times < cut]), cut)
        assert found.before(cut).rows == len(rest)


def test_of_many_times_what_is_before_a_start_is_exact_and_the_cut_is_near(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(moments, "MOST", 1024)
    for times in orders(np.random.default_rng(1).normal(size=20_000)):
        found = counted(times, rows=300)
        assert len(found.starts) <= 1024
        assert found.rows == 20_000
        assert found.starts[-1] == times.max()
        before = [int((times < start).sum()) for start in found.starts]
        assert before == [0, *itertools.accumulate(found.counts.tolist())][:-1]
        for share in (0.1, 0.64, 0.8):
            (cut,) = found.cuts([share], "divided in two")
            assert abs((times < cut).mean() - share) < 20 / 1024


def test_the_latest_test_and_those_before_them_validate() -> None:
    times = np.repeat(np.arange(20.0), 3)
    sides = TimeSides.of_shares(counted(times), [(TESTS, 0.25), (VALIDATES, 0.2)], ROLES)
    side = sides.of(pl.DataFrame({"when": times}))
    assert side.tolist() == [TRAINS] * 36 + [VALIDATES] * 9 + [TESTS] * 15
    assert sides.trained == 36
    assert sides.of(pl.DataFrame({"when": np.zeros(0)})).tolist() == []
    with pytest.raises(
        DataError, match=r"60 rows of 1 different time cannot be divided in two by time, which"
    ):
        TimeSides.of_shares(counted(np.zeros(60)), [(TESTS, 0.25)], ROLES)


@pytest.mark.parametrize(
    ("told", "numbers"),
    [
        (["2020-01-31", "2020-01-01 12:00"], [1580428800e6, 1577880000e6]),
        ([3, 1], [3.0, 1.0]),
        (["3", "1.5"], [3.0, 1.5]),
    ],
)
def test_times_that_every_row_tells_by_itself_are_read(told: list[object], numbers: list[float]) -> None:
    found = times_of(pl.DataFrame({"when": told}), ROLES)
    assert found is not None
    assert found.tolist() == numbers
    assert times_of(pl.DataFrame({"other": told}), ROLES) is None


def test_dates_that_a_part_alone_may_read_otherwise_are_left_to_the_whole() -> None:
    for told in (["31/01/2020", "01/02/2020"], ["01/02/2020"], ["2020 Q1"]):
        with pytest.raises(NotPlainError):
            times_of(pl.DataFrame({"when": told}), ROLES)
    found = Moments()
    found.add(pl.DataFrame({"when": ["2020", "2021"]}), ROLES)
    with pytest.raises(NotPlainError):
        found.add(pl.DataFrame({"when": ["2020-01-31"]}), ROLES)


def test_numbers_whose_decimal_mark_a_part_alone_may_take_for_another_are_left_to_the_whole() -> None:
    told = pl.DataFrame({"when": ["-10,25", "-1,001"]})
    assert ROLES.times(told).tolist() == [-10.25, -1.001]  # type: ignore[union-attr]
    assert ROLES.times(told[1:]).tolist() == [-1001.0]  # type: ignore[union-attr]
    for part in (told, told[:1], told[1:]):
        with pytest.raises(NotPlainError):
            times_of(part, ROLES)


def test_a_missing_time_is_told() -> None:
    with pytest.raises(DataError, match=r"the column 'when' .* is missing in 1 of 2 rows"):
        times_of(pl.DataFrame({"when": ["2020-01-31", "-"]}), ROLES)
