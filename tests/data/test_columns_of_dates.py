"""Which columns hold dates, where these are written in several ways or look like numbers."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from shoal.data.cells import values
from shoal.data.columns import describe_column, describe_columns


@pytest.mark.parametrize(
    ("writings", "form"),
    [
        (["%Y-%m-%d", "%d.%m.%Y"], "%Y-%m-%d"),
        (["%d.%m.%Y", "%Y-%m-%d", "%d %b %Y"], "%Y-%m-%d"),
        (["%m/%d/%Y", "%Y-%m-%d"], "%m/%d/%Y"),
        (["%m/%d/%y", "%m/%d/%Y"], "%m/%d/%y"),
        (["%d.%m.%Y", "%d.%m.%y"], "%d.%m.%y"),
    ],
)
def test_writings_that_cannot_be_mistaken_may_stand_together(writings: list[str], form: str) -> None:
    days = [dt.date(1995, 1, 20) + dt.timedelta(37 * k) for k in range(60)]
    column = pl.Series("day", [day.strftime(writings[k % len(writings)]) for k, day in enumerate(days)])
    found = describe_column(column)
    assert (found.kind, found.date_format, found.note) == ("date", form, "")
    since = [(day - dt.date(1970, 1, 1)).days for day in days]
    assert values.days(column, found.date_format).tolist() == since


def test_one_date_in_another_writing_is_no_stray() -> None:
    days = [f"{k % 28 + 1:02d}.03.20{k:02d}" for k in range(40)]
    found = describe_column(pl.Series([*days, "2001-01-01", "soon"]))
    assert (found.kind, found.stray_tokens, found.missing) == ("date", ("soon",), 1)


def test_dates_of_two_writings_that_could_be_others_are_left_as_text() -> None:
    days = [dt.date(2010, k % 12 + 1, k % 9 + 1) for k in range(60)]
    found = describe_column(
        pl.Series([day.strftime(["%Y-%m-%d", "%m/%d/%Y"][k % 2]) for k, day in enumerate(days)])
    )
    assert found.kind in ("text", "categorical")
    assert (
        found.note
        == "dates that could be MM/DD/YYYY or DD/MM/YYYY, as '02/02/2010'; write them as YYYY-MM-DD"
    )


def test_months_with_points_are_dates_and_decimals_are_numbers() -> None:
    months = [f"{k % 12 + 1:02d}.{1990 + k}" for k in range(30)]
    found = {
        column.name: column
        for column in describe_columns({"a": months, "b": [f"{k}.1990" for k in range(30)]})
    }
    assert (found["a"].kind, found["a"].date_format, found["b"].kind) == ("date", "%m.%Y", "numeric")
    assert describe_column(pl.Series([*months, "-"])).kind == "date"
