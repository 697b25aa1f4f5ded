"""Calendars: what a step is, what is missing, and which stamps come after the last."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.data.frames import pl
from shoal.data.sequences.calendars import Calendar, calendar_of, find_calendar
from shoal.data.sequences.instants import instants
from shoal.errors import ModelFolderError


def stamps(*texts: str) -> np.ndarray:
    return instants(pl.Series(texts))


@pytest.mark.parametrize(
    ("texts", "words", "offsets", "following"),
    [
        (("2020-01-01", "2020-02-01", "2020-04-01"), "1 month", [0, 1, 3], "2020-05-01"),
        (("2020-01-31", "2020-02-29", "2020-03-31"), "1 month", [0, 1, 2], "2020-04-30"),
        (("2019-03-01", "2020-03-01", "2021-03-01"), "1 year", [0, 1, 2], "2022-03-01"),
        (("2020-01-15", "2020-04-15", "2020-07-15"), "3 months", [0, 1, 2], "2020-10-15"),
        (("2020-01-01", "2020-01-08", "2020-01-15"), "7 days", [0, 1, 2], "2020-01-22"),
        (("2020-01-01", "2020-01-29", "2020-02-26"), "28 days", [0, 1, 2], "2020-03-25"),
        (
            ("2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-11"),
            "1 weekday",
            [0, 1, 2, 3, 5],
            "2024-01-12",
        ),
        (
            ("2024-01-04 16:00", "2024-01-05 16:00", "2024-01-08 16:00", "2024-01-09 16:00"),
            "1 weekday",
            [0, 1, 2, 3],
            "2024-01-10 16:00:00",
        ),
        (
            ("2020-01-01 00:00", "2020-01-01 00:30", "2020-01-01 01:30"),
            "30 minutes",
            [0, 1, 3],
            "2020-01-01 02:00:00",
        ),
        (("2020-01-01 00:00", "2020-01-02 00:00", "2020-01-03 00:00"), "1 day", [0, 1, 2], "2020-01-04"),
    ],
)
def test_dates_of_every_spacing(
    texts: tuple[str, ...], words: str, offsets: list[int], following: str
) -> None:
    t = stamps(*texts)
    calendar, regular = find_calendar([t], "moment")
    assert regular
    assert calendar.words == words
    assert calendar.offsets(t).tolist() == offsets
    assert calendar.shown(calendar.after(t[0], np.array([*offsets, offsets[-1] + 1])))[-1] == following
    np.testing.assert_array_equal(calendar.after(t[0], np.array(offsets)), t)


def test_a_month_has_no_31st_and_the_next_one_has() -> None:
    calendar, _ = find_calendar([stamps("2021-01-30", "2021-03-30", "2021-04-30")], "moment")
    assert calendar.step == 1 or calendar.step == 2
    after = Calendar("months", 1.0, "day").after(float(stamps("2021-01-30")[0]), np.arange(3))
    assert Calendar("months", 1.0, "day").shown(after).to_list() == ["2021-01-30", "2021-02-28", "2021-03-30"]


def test_numbers_that_are_not_exact() -> None:
    t = np.arange(50) * 0.1
    calendar, regular = find_calendar([t[t != t[7]]])
    assert regular
    assert calendar.step == pytest.approx(0.1)
    np.testing.assert_array_equal(calendar.offsets(t[[0, 1, 9]]), [0, 1, 9])


def test_the_step_is_what_most_have() -> None:
    calendar, regular = find_calendar([np.array([1.0, 3.0, 9.0]), np.array([2.0, 4.0])])
    assert (calendar.step, regular) == (2.0, True)
    assert not find_calendar([np.array([1.0, 2.0, 3.0, 4.5])])[1]
    assert not find_calendar(
        [stamps("2020-01-01", "2020-01-02", "2020-01-03", "2020-01-03 05:00")], "moment"
    )[1]


def test_the_step_of_distances_that_are_all_different_is_the_middle_one() -> None:
    calendar, regular = find_calendar([np.array([0.0, 1.0, 1.13, 3.2])])
    assert (calendar.step, regular) == (1.0, False)
    calendar, regular = find_calendar([np.array([0.0, 1.0, 3.0, 6.0])])
    assert (calendar.step, regular) == (1.0, True)


@pytest.mark.parametrize(
    ("calendar", "texts", "kept"),
    [
        (Calendar("weekdays"), ("2024-01-29", "2024-01-30", "2024-01-31", "2024-02-01"), True),
        (Calendar("weekdays"), ("2024-02-02", "2024-02-03"), False),  # a Saturday
        (Calendar("months"), ("2024-01-15", "2024-03-15"), True),
        (Calendar("months"), ("2024-01-15", "2024-03-15", "2024-05-15"), False),  # of two months each
        (Calendar("months"), ("2024-01-15", "2024-01-20"), False),
        (Calendar("months", 3.0), ("2024-01-01", "2024-02-01"), False),
        (Calendar("months", at_end=True), ("2024-01-31", "2024-02-29", "2024-04-30"), True),
        (Calendar("months", at_end=True), ("2024-01-31", "2024-02-28"), False),
        (Calendar("microseconds", 864e8), ("2024-01-31", "2024-02-01 01:00"), False),
        (Calendar("microseconds", 864e8), ("2024-01-31",), True),
    ],
)
def test_whether_stamps_keep_to_a_calendar(calendar: Calendar, texts: tuple[str, ...], kept: bool) -> None:
    assert calendar.keeps([stamps(*texts)]) is kept


@pytest.mark.parametrize(
    ("frequency", "words", "form"),
    [
        ("yearly", "1 year", "day"),
        ("Quarterly", "3 months", "day"),
        ("weekly", "7 days", "day"),
        ("half_hourly", "30 minutes", "moment"),
        ("10_minutes", "10 minutes", "moment"),
        ("4_seconds", "4 seconds", "moment"),
        ("minutely", "1 minute", "moment"),
    ],
)
def test_frequencies(frequency: str, words: str, form: str) -> None:
    calendar = calendar_of(frequency)
    assert calendar is not None
    assert (calendar.words, calendar.form) == (words, form)


@pytest.mark.parametrize("frequency", ["", "often", "0_days", "half_monthly", "-1_days"])
def test_frequencies_that_are_none(frequency: str) -> None:
    assert calendar_of(frequency) is None


def test_a_calendar_is_saved() -> None:
    calendar = Calendar("months", 3.0, "quarter", at_end=True)
    assert Calendar.from_config(calendar.to_config()) == calendar
    for wrong in (
        {"unit": "moons"},
        {"step": 0},
        {"step": True},
        {"form": 1},
        {"at_end": 1},
        {"step": float("nan")},
    ):
        with pytest.raises(ModelFolderError, match="no calendar"):
            Calendar.from_config(calendar.to_config() | wrong)


def test_quarters_are_read_and_written() -> None:
    t = stamps("1970 Q1", "1970 Q2", "1970q3")
    calendar, regular = find_calendar([t], "quarter")
    assert regular
    assert calendar.shown(calendar.after(t[0], np.array([3, 4]))).to_list() == ["1970 Q4", "1971 Q1"]
