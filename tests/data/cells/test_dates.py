from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.data.cells import dates, values
from shoal.data.cells.dates import (
    CLEAR_FORMATS,
    FAMILIES,
    FORMATS,
    family_of,
    in_letters,
    known_format,
    mixed_readings,
    parse_dates,
    readings,
)
from shoal.data.columns import describe_column, describe_columns

at = dt.datetime.fromisoformat
EVE = at("1999-12-31T23:59")


def read(text: str, form: str) -> dt.datetime | None:
    return parse_dates(pl.Series([text]), form).to_list()[0]


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("1999-12-31", "%Y-%m-%d", at("1999-12-31")),
        ("1999-12-31T23:59:30.25", "%Y-%m-%d", at("1999-12-31T23:59:30.250")),
        ("1999-12-31 23:59:30.123456789", "%Y-%m-%d", at("1999-12-31T23:59:30.123456")),
        ("1999-12-31T23:59Z", "%Y-%m-%d", EVE),
        ("2000-01-01 01:59:00 +02:00", "%Y-%m-%d", EVE),
        ("1999-12-31T18:29-0530", "%Y-%m-%d", EVE),
        ("1999-12-31 23:59 UTC", "%Y-%m-%d", EVE),
        ("12/31/1999 11:59 PM", "%m/%d/%Y", EVE),
        ("12/31/1999, 11:59:00pm", "%m/%d/%Y", EVE),
        ("12/31/1999 12:30 a.m.", "%m/%d/%Y", at("1999-12-31T00:30")),
        ("12/31/1999 12:30 p.m.", "%m/%d/%Y", at("1999-12-31T12:30")),
        ("31 Dec 1999 23:59", "%d %b %Y", EVE),
        ("31-DEC-1999", "%d %b %Y", at("1999-12-31")),
        ("31. December 1999", "%d %b %Y", at("1999-12-31")),
        ("31st December 1999", "%d %b %Y", at("1999-12-31")),
        ("Fri, 31 Dec 1999 23:59:00 +0000", "%d %b %Y", EVE),
        ("Friday, December 31, 1999", "%b %d, %Y", at("1999-12-31")),
        ("Dec 31 1999", "%b %d, %Y", at("1999-12-31")),
        ("Sept. 3, 1999", "%b %d, %Y", at("1999-09-03")),
        ("31DEC99", "%d %b %y", at("1999-12-31")),
        ("31.12.99", "%d.%m.%y", at("1999-12-31")),
        ("1.2.69", "%d.%m.%y", at("1969-02-01")),
        ("1.2.68", "%d.%m.%y", at("2068-02-01")),
        ("00-02-29", "%y-%m-%d", at("2000-02-29")),
        ("31.12.99", "%d.%m.%Y", None),
        ("99-12-31", "%Y-%m-%d", None),
        ("1999-12-31", "%y-%m-%d", None),
        ("31.12.1999", "%d.%m.%y", None),
        ("1999-02-29", "%Y-%m-%d", None),
        ("1900-02-29", "%Y-%m-%d", None),
        ("1999-13-01", "%Y-%m-%d", None),
        ("1999-00-10", "%Y-%m-%d", None),
        ("1999-10-00", "%Y-%m-%d", None),
        ("1999-12-31 24:00", "%Y-%m-%d", at("2000-01-01")),
        ("1999-12-31T24:00:00Z", "%Y-%m-%d", at("2000-01-01")),
        ("1999-12-31 24:01", "%Y-%m-%d", None),
        ("1999-12-31 24:00:00.5", "%Y-%m-%d", None),
        ("1999-12-31 13:00 PM", "%Y-%m-%d", None),
        ("1999-12-31 0:00 AM", "%Y-%m-%d", None),
        ("1999-12-31 23:60", "%Y-%m-%d", None),
        ("x1999-12-31", "%Y-%m-%d", None),
        ("1999-12-31x", "%Y-%m-%d", None),
        ("٣1.12.1999", "%d.%m.%Y", None),
        ("31 Dez 1999", "%d %b %Y", None),
        ("", "%Y-%m-%d", None),
    ],
)
def test_what_a_format_reads(text: str, form: str, expected: dt.datetime | None) -> None:
    assert read(text, form) == expected


TIMES = ["", " %H:%M", "T%H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", ", %I:%M:%S.%f%p"]


@given(
    st.datetimes(at("1969-01-01"), at("2068-12-31")),
    st.sampled_from(FORMATS),
    st.sampled_from(TIMES),
    st.sampled_from(["", "Z", "+05:30", " -0800"]),
)
def test_a_date_is_the_same_in_every_writing(when: dt.datetime, form: str, time: str, zone: str) -> None:
    written = when.strftime(form + time) + (zone if time else "")
    kept = when.replace(microsecond=0) if "%f" not in time else when
    kept = kept.replace(day=1) if "%d" not in form else kept
    kept = kept.replace(second=0) if "%S" not in time else kept
    kept = kept.replace(hour=0, minute=0) if not time else kept
    ahead = {"+05:30": dt.timedelta(hours=5.5), " -0800": dt.timedelta(hours=-8)}.get(zone if time else "")
    assert read(written, form) == kept - (ahead or dt.timedelta())


@given(
    st.dates(dt.date(1000, 1, 1)),
    st.sampled_from([form for form in FORMATS if "%Y" in form and "%d" in form]),
)
def test_every_day_of_four_digits_is_read(day: dt.date, form: str) -> None:
    assert read(day.strftime(form), form) == at(day.isoformat())


@pytest.mark.parametrize(
    ("written", "first"),
    [
        *(("1990-03", "1990-03-01"), ("1990/3", "1990-03-01"), ("03/1990", "1990-03-01")),
        *(("03-1990", "1990-03-01"), ("03.1990", "1990-03-01"), ("13-1990", None), ("03.2200", None)),
        *(("Mar 1990", "1990-03-01"), ("march-1990", "1990-03-01"), ("1500-12", "1500-12-01")),
        *(("1499-12", None), ("2200-01", None), ("1990-13", None), ("13/1990", None), ("3/90", None)),
    ],
)
def test_a_month_is_its_first_day(written: str, first: str | None) -> None:
    found = readings(pl.Series([written]))
    assert [str(read[0].date()) for read in found.values()] == ([] if first is None else [first])


@given(st.dates(dt.date(1969, 1, 1), dt.date(2068, 12, 31)), st.sampled_from(FORMATS))
def test_what_other_formats_read_is_of_the_same_family(day: dt.date, form: str) -> None:
    others = set(readings(pl.Series([day.strftime(form)])))
    assert form in others
    assert others <= set(family_of(form))


@pytest.mark.parametrize("others", [["soon"], ["2023-02-29"]], ids=["no date at all", "no such day"])
@pytest.mark.parametrize("read", [0, 1, 2, 3])
def test_a_format_that_reads_half_of_the_texts_is_one_of_the_readings(read: int, others: list[str]) -> None:
    texts = [None, *others, *["2024-02-29"] * read]
    assert ("%Y-%m-%d" in readings(pl.Series(texts, dtype=pl.String))) == (read >= 2)


def test_texts_of_no_such_shape_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dates, "parse_dates", lambda *_: pytest.fail("read for nothing"))
    assert readings(pl.Series(["setosa", "versicolor", None])) == {}
    assert mixed_readings(pl.Series(["oak 3", "a 12/03 text", None])) == {}


@given(st.lists(st.text(max_size=12), max_size=5), st.sampled_from(FORMATS))
def test_no_text_is_an_error(texts: list[str], form: str) -> None:
    assert len(parse_dates(pl.Series(texts, dtype=pl.String), form)) == len(texts)


def test_formats_are_known_by_their_day() -> None:
    assert known_format(None) == "%Y-%m-%d"
    assert known_format("%Y-%m-%dT%H:%M:%S%.f%#z") == "%Y-%m-%d"  # as models of before keep it
    assert known_format("%d.%m.%Y %H:%M") == "%d.%m.%Y"
    assert all(known_format(form) == form for form in FORMATS)
    assert in_letters("%b %d, %y") == "Mon DD, YY"
    assert sum(map(len, FAMILIES)) + len(CLEAR_FORMATS) == len(FORMATS) == len(set(FORMATS))


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
    assert (found.kind, found.date_format) == ("date", form)
    short = 58 + writings.index(form) if "%y" in form else None  # the latest that tells no century
    told = f"'{column[short]}' is read as {days[short]}: 00 to 68 are the years 2000 to 2068" if short else ""
    assert found.note == told
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


def test_years_of_two_digits_that_may_be_a_century_too_late_are_told() -> None:
    days = (dt.date(1941, 3, 15) + dt.timedelta(200 * k) for k in range(60))
    born = describe_column(pl.Series("born", [f"{day:%m/%d/%y}" for day in days]))
    assert born.kind == "date"
    assert born.summary.endswith("to 2068-07-31")
    assert "'07/31/68' is read as 2068-07-31" in born.note


def test_days_without_a_time_cost_no_look_at_times(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(series: pl.Series) -> dates.Ints:
        asked.append(series.name)
        return whole(series)

    whole = dates._whole
    monkeypatch.setattr(dates, "_whole", counted)
    days = pl.Series(["31.12.1999", None, "30.02.2000"])
    expected = [dt.date(1999, 12, 31), None, None]
    assert dates.parse_dates(days, "%d.%m.%Y").dt.date().to_list() == expected
    assert sorted(asked) == ["Y", "d", "m"]
    assert dates.parse_dates(days + " 23:59", "%d.%m.%Y").dt.date().to_list() == expected
    assert "H" in asked


@pytest.mark.parametrize("mark", ["-", "/"])
def test_years_of_a_season_are_no_months(mark: str) -> None:
    """Of 2000-01 to 2011-12 each could be a month, too, but all of them hardly are."""
    seasons = [f"{year}{mark}{year % 100 + 1:02}" for year in range(2000, 2012)]
    column = describe_column(pl.Series(seasons * 3 + [None]))
    note = f"seasons, or months, as '2000{mark}01'; write months as 1999-12-01"
    assert (column.kind, column.used, column.note) == ("categorical", True, note)
    assert describe_column(pl.Series([*seasons, f"2011{mark}11"])).kind == "date"
    assert describe_column(pl.Series([*seasons * 3, "unknown"])).note == note
