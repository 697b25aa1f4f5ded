"""What a job of forecasts is asked, and what it reads: horizons, budgets, memory, and what is noted."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.data.sequences.calendars import Calendar
from shoal.data.sequences.timed import TimedSeries
from shoal.errors import CapacityError, ConfigurationError, DataError
from shoal.forecasting.settings import BUDGET, ForecastSettings
from shoal.jobs.forecasts.prepare import (
    COPIES,
    WORKING,
    PreparedForecasts,
    budget_of,
    prepare_forecasts,
)
from shoal.jobs.memory.footprint import PROGRAM
from shoal.jobs.request import FitRequest

TSF = """@relation shops
@attribute series_name string
{horizon}@data
a:1,2,3,4,5,6,7,8
b:2,?,4,5,6,7,8,9,10
"""


@pytest.fixture
def tsf(tmp_path: Path) -> Path:
    """Return two series of 8 and 9 steps, which ask for two steps."""
    path = tmp_path / "shops.tsf"
    path.write_text(TSF.format(horizon="@horizon 2\n"))
    return path


def request(path: Path | str, **settings: Any) -> FitRequest:
    return FitRequest(str(path), **settings)


@pytest.mark.parametrize(("quality", "times"), [("fast", 0.1), ("good", 1), ("best", 10)])
def test_a_quality_is_a_budget(quality: str, times: float) -> None:
    assert budget_of(request("t.tsf", quality=quality)) == pytest.approx(times * BUDGET)
    assert budget_of(request("t.tsf", quality=quality, budget=5.0)) == 5


def test_a_short_time_is_a_smaller_budget_and_a_long_one_is_no_larger() -> None:
    assert budget_of(request("t.tsf", time=10.0)) == pytest.approx(3e9)  # 0.3 · 10 s · 1e9 operations
    assert budget_of(request("t.tsf", time=1e9)) == BUDGET


def test_the_file_says_how_many_steps_and_the_user_has_the_last_word(tsf: Path) -> None:
    assert prepare_forecasts(request(tsf)).settings.horizon == 2
    asked = prepare_forecasts(request(tsf, horizon=3, season=4, seed=7, jobs=1, budget=9.0))
    assert asked.settings == ForecastSettings(3, season=4, budget=9.0, seed=7, n_jobs=1)
    assert asked.data.names == ("a", "b")
    assert (asked.test, asked.warnings) == (None, ())


def test_without_a_horizon_it_has_to_be_given(tsf: Path) -> None:
    tsf.write_text(TSF.format(horizon=""))
    with pytest.raises(ConfigurationError, match=r"shops.tsf does not say how many steps .*; give --horizon"):
        prepare_forecasts(request(tsf))


def test_a_horizon_needs_a_history_to_learn_from_and_to_test_on(tsf: Path) -> None:
    assert prepare_forecasts(request(tsf, horizon=3)).settings.horizon == 3
    with pytest.raises(DataError, match="the longest series has 9; ask for 3 or fewer"):
        prepare_forecasts(request(tsf, horizon=4))


def test_series_that_the_test_leaves_nothing_of_are_noted(tsf: Path) -> None:
    with tsf.open("a") as file:
        file.write("c:1,2,3\n")
    found = prepare_forecasts(request(tsf))
    assert found.data.names == ("a", "b")
    assert found.warnings == ("1 of 3 series, 'c', have too few values and are left out",)


@pytest.mark.parametrize("name", ["shops.tsf", "SHOPS.TSF", "shops.tsf.gz"])
@pytest.mark.parametrize(
    ("column", "given"),
    [
        ("id", "shop"),
        ("order", "day"),
        ("target", "y"),
        ("drop", ("z",)),
        ("columns", ("z",)),
        ("future", ("z",)),
    ],
)
def test_a_file_of_series_has_no_columns_to_choose(name: str, column: str, given: Any) -> None:
    with pytest.raises(
        ConfigurationError, match=f"{name} has no columns to choose, and --{column} was given"
    ):
        prepare_forecasts(request(name, horizon=2, **{column: given}))


def test_values_must_fit_into_the_memory_that_is_allowed(tsf: Path) -> None:
    need = PROGRAM + WORKING + COPIES * (8 + 9) * 8
    prepare_forecasts(request(tsf, memory=need))
    with pytest.raises(
        CapacityError, match=r"forecasting .*shops.tsf takes about .*; allow more with --memory"
    ):
        prepare_forecasts(request(tsf, memory=need - 1))


@pytest.mark.parametrize(
    ("name", "order", "counted"), [("t.csv", None, True), ("t.csv", "day", False), ("shops.tsf", None, False)]
)
def test_steps_of_a_test_are_counted_where_no_column_orders_them(
    tsf: Path, monkeypatch: pytest.MonkeyPatch, name: str, order: str | None, counted: bool
) -> None:
    rows = ["day,y", *(f"{k},{k % 3}" for k in range(9)), ""]
    (tsf.parent / "t.csv").write_text("\n".join(row if order else row.split(",")[-1] for row in rows))
    asked: list[Any] = []

    def followed(data: TimedSeries, coming: TimedSeries, *of_what: Any) -> TimedSeries:
        asked.extend(of_what)
        return data

    monkeypatch.setattr("shoal.jobs.forecasts.prepare.followed", followed)
    path = str(tsf.parent / name)
    columns = {"target": "y", "order": order} if name == "t.csv" else {}
    found = prepare_forecasts(request(path, horizon=2, test=path, **columns))
    assert asked == [path, 2, counted]
    assert found.test == path


def prepared(*series: Any, horizon: int = 2, test: str | None = None, **timed: Any) -> PreparedForecasts:
    arrays = tuple(np.array(each, dtype=float) for each in series)
    channels = tuple("xyz"[: len(arrays[0])])
    names = tuple("abc"[: len(arrays)])
    data = TimedSeries(arrays, names, (0.0,) * len(arrays), channels, **{"calendar": Calendar()} | timed)
    return PreparedForecasts(None, data, ForecastSettings(horizon), (), test)


def test_a_sentence_tells_what_was_read_and_what_is_held_out() -> None:
    assert prepared([[1, 2, 3, 4]]).sentence == (
        "1 series of 4 steps and 1 channel. The last 2 steps of each are held out for one test at the end; "
        "models are chosen by the steps before them."
    )
    nan = math.nan
    several = prepared([[1, nan], [1, 2]], [[1, 2, 3], [nan, nan, 3]], horizon=1, coming=("price",))
    assert several.sentence.startswith(
        "2 series of 2 to 3 steps (median 2.5) and 2 channels, 1 column known ahead, "
        "0.3 of their values missing. The last 1 step of each"
    )


def test_a_sentence_tells_the_step_of_a_calendar_and_whose_test_it_is() -> None:
    monthly = prepared([[1, 2, 3]], calendar=Calendar("months", 1.0, "month"), time="month", test="later.csv")
    assert ", a step is " in monthly.sentence
    assert monthly.data.calendar.words in monthly.sentence
    assert "The 2 steps of later.csv that follow each are held out" in monthly.sentence
