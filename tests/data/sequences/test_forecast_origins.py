from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shoal.data.sequences.calendars import Calendar
from shoal.data.sequences.forecast_origins import ForecastOrigin, read_origin
from shoal.data.sequences.forecast_tables import ForecastColumns
from shoal.errors import DataError, ModelFolderError, ShoalWarning

ASKED: dict[str, Any] = dict.fromkeys(("id", "target", "drop", "columns")) | {"order": "day"}


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "days.csv"
    path.write_text("day,y\n2024-01-01,1\n2024-01-02,2\n2024-01-03,3\n2024-01-04,5\n")
    return str(path)


def test_a_table_is_read_again_as_it_was(table: str) -> None:
    origin, data = read_origin(table, ASKED, strict=False)
    assert origin.columns == ForecastColumns(None, "day", ("y",))
    assert ForecastOrigin.from_config(origin.to_config()) == origin
    again = origin.read(table)
    assert again.series[0].tolist() == data.series[0].tolist() == [[1, 2, 3, 5]]
    assert again.calendar == origin.calendar


def test_steps_of_another_length_are_refused_unless_there_is_but_one(table: str, tmp_path: Path) -> None:
    origin, _ = read_origin(table, ASKED, strict=False)
    other = tmp_path / "weeks.csv"
    other.write_text("day,y\n2024-01-01,1\n2024-01-08,2\n2024-01-15,3\n")
    with pytest.raises(DataError, match="has steps of 7 days, the forecast was fitted to steps of 1 day"):
        origin.read(str(other))
    other.write_text("day,y\n2024-01-01,1\n2024-01-08,2\n")
    with pytest.warns(ShoalWarning, match="6 of 8 steps of 1 day have no row"):
        assert origin.read(str(other)).lengths.tolist() == [8]  # two stamps say nothing of a step


@pytest.mark.parametrize(
    ("fitted", "newer", "lengths", "following"),
    [
        (  # a week without its weekend
            [f"2024-01-{day:02}" for day in (1, 2, 3, 4, 5, 8, 9)],
            [f"2024-01-{day}" for day in (22, 23, 24, 25, 26)],
            5,
            "2024-01-29",
        ),
        ([f"2020-{m:02}-01" for m in range(1, 13)], ["2021-09-01", "2021-11-01"], 3, "2021-12-01"),
        (["2020-10-31", "2020-11-30", "2020-12-31"], ["2021-09-30", "2021-11-30"], 3, "2021-12-31"),
        (["202011", "202012", "202101"], [f"2021{m:02}" for m in range(1, 13)], 12, "2022-01"),
        (["202011", "202012", "202101"], ["202112"], 1, "2022-01"),
        (["202011", "202012", "202013", "202014"], ["202111", "202112"], 2, 202113),
        (  # rows of unequal time, each of which is a step of a day
            ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04 05:00"],
            ["2024-01-05 05:00", "2024-01-06 06:00", "2024-01-07"],
            3,
            "2024-01-08 00:00:00",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")
def test_steps_of_newer_series_are_those_of_the_ones_fitted(
    fitted: list[str], newer: list[str], lengths: int, following: object, tmp_path: Path
) -> None:
    path = tmp_path / "days.csv"
    path.write_text("day,y\n" + "".join(f"{day},{row}\n" for row, day in enumerate(fitted)))
    origin, _ = read_origin(str(path), ASKED | {"target": "y"}, strict=False)
    path.write_text("day,y\n" + "".join(f"{day},{row}\n" for row, day in enumerate(newer)))
    data = ForecastOrigin.from_config(origin.to_config()).read(str(path))
    assert data.lengths.tolist() == [lengths]
    assert data.stamps(0, lengths, 1).to_list() == [following]


def test_two_stamps_that_are_of_no_step_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "months.csv"
    path.write_text("day,y\n2024-01-01,1\n2024-02-01,2\n2024-03-01,3\n")
    origin, _ = read_origin(str(path), ASKED, strict=False)
    path.write_text("day,y\n2024-04-01,1\n2024-04-02,2\n")
    with pytest.raises(DataError, match="steps of 1 day, the forecast was fitted to steps of 1 month"):
        origin.read(str(path))


def test_a_table_is_no_tsf_file(table: str) -> None:
    with pytest.raises(DataError, match=r"of another kind than what the forecast .*, a \.tsf file"):
        ForecastOrigin(None, Calendar()).read(table)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "it has no calendar"),
        ({"calendar": Calendar().to_config(), "columns": {}}, "it has no columns of series"),
        ({"calendar": Calendar().to_config(), "columns": 3}, "it has no columns of series"),
        (
            {"calendar": Calendar().to_config(), "columns": {"id": None, "order": 3, "channels": ["y"]}},
            "columns of series without names",
        ),
        (
            {"calendar": Calendar().to_config(), "columns": {"id": None, "order": None, "channels": []}},
            "columns of series without names",
        ),
    ],
)
def test_what_describes_no_origin(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelFolderError, match=message):
        ForecastOrigin.from_config(config)


def test_numbers_are_read_as_those_that_were_fitted(tmp_path: Path) -> None:
    fitted, other = tmp_path / "fitted.csv", tmp_path / "other.csv"
    fitted.write_text("day;y;z\n2024-01-01;1.234,5;3 €\n2024-01-02;7;4 €\n2024-01-03;1.500,25;4 €\n")
    asked = ASKED | {"target": "y", "drop": ["z"]}
    origin, data = read_origin(str(fitted), asked, strict=False)
    assert data.series[0].tolist() == [[1234.5, 7, 1500.25]]
    restored = ForecastOrigin.from_config(origin.to_config())
    assert restored == origin
    other.write_text("day;y\n2024-01-01;1.234\n2024-01-02;2.345\n2024-01-03;3.456\n")  # which tells nothing
    assert restored.read(str(other)).series[0].tolist() == [[1234, 2345, 3456]]
    other.write_text("day;y\n2024-01-01;1.23\n2024-01-02;2.345\n2024-01-03;3.456\n")
    with pytest.warns(ShoalWarning, match="are read with decimal points, .* fitted to has decimal commas"):
        assert restored.read(str(other)).series[0].tolist() == [[1.23, 2.345, 3.456]]
    other.write_text("day;y\n2024-01-01;123 $\n2024-01-02;2 $\n2024-01-03;3 $\n")
    before = ForecastOrigin(origin.columns, origin.calendar)  # a model that noted nothing
    assert ForecastOrigin.from_config(before.to_config()) == before
    assert "notations" not in before.to_config()
    other.write_text("day;y\n2024-01-01;1.234\n2024-01-02;2.345\n2024-01-03;3.456\n")
    assert before.read(str(other)).series[0].tolist() == [[1.234, 2.345, 3.456]]


def test_another_currency_and_what_may_be_two_numbers_are_refused(tmp_path: Path) -> None:
    fitted, other = tmp_path / "fitted.csv", tmp_path / "other.csv"
    fitted.write_text("day;y;z\n2024-01-01;3,5 €;1\n2024-01-02;4,5 €;2\n2024-01-03;1 €;3\n")
    origin, _ = read_origin(str(fitted), ASKED | {"target": "y"}, strict=False)
    for text, told in (("123,5 $", "expected one in €"), ("1.234 €", "which may be 1234 or 1,234")):
        other.write_text(f"day;y\n2024-01-01;{text}\n")
        with pytest.raises(DataError, match=told):
            origin.read(str(other))


@pytest.mark.parametrize("notations", [3, [1], {"y": 1}, {"y": {"decimal": "!"}}])
def test_notations_that_are_none_are_refused(notations: Any) -> None:
    columns = {"id": None, "order": None, "channels": ["y"]}
    config = {"calendar": Calendar().to_config(), "columns": columns, "notations": notations}
    with pytest.raises(ModelFolderError, match="in no way that shoal knows"):
        ForecastOrigin.from_config(config)
