"""The test of a forecast: scores by hand, missing values, constant histories, and who is better."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.data.sequences.calendars import Calendar
from shoal.data.sequences.timed import TimedSeries
from shoal.errors import DataError
from shoal.forecasting.settings import ForecastSettings
from shoal.jobs.forecasts.examination import examine, scores_of
from shoal.jobs.forecasts.prepare import PreparedForecasts
from shoal.shapes import Array

NAN = np.nan


def prepared(*series: Any, horizon: int = 2) -> PreparedForecasts:
    arrays = tuple(np.array(each, dtype=float) for each in series)
    channels, names = tuple("yz"[: len(arrays[0])]), tuple("abcdefgh"[: len(arrays)])
    data = TimedSeries(
        arrays, names, (0.0,) * len(arrays), channels, Calendar(), alone=len(arrays) == 1, time="day"
    )
    return PreparedForecasts(None, data, ForecastSettings(horizon), ())


def mixture(
    ours: Any, promised: tuple[float, ...] = (), width: float = 1.0, season: int = 1, **simpler: Any
) -> Any:
    """Return what says ``ours`` (S, C, h), and intervals of a width for the shares that are promised."""
    ours = np.array(ours, dtype=float)

    def interval(panel: Any, coverage: float) -> tuple[Array, Array]:
        if coverage not in promised:
            raise DataError("too few origins")
        return ours - width, ours + width

    return SimpleNamespace(
        horizon=ours.shape[-1],
        season=season,
        predict=lambda panel: ours,
        baselines=lambda panel: {
            name.replace("_", " "): np.array(each, dtype=float) for name, each in simpler.items()
        },
        interval=interval,
    )


def test_scores_are_means_over_series_and_channels() -> None:
    histories = [np.array([[0.0, 2, 4]]), np.array([[0.0, 1, 0]])]  # which change by 2, and by 1
    actual, said = np.array([[[6.0, 8]], [[1.0, 3]]]), np.array([[[7.0, 6]], [[1.0, 1]]])
    found = scores_of(said, actual, histories, 1)
    assert found["MASE"] == pytest.approx((1.5 / 2 + 1 / 1) / 2)
    assert found["sMAPE"] == pytest.approx((200 * (1 / 13 + 2 / 14) / 2 + 200 * (2 / 4) / 2) / 2)
    assert found["RMSE"] == pytest.approx(np.sqrt((1 + 4 + 0 + 4) / 4))


def test_the_scale_is_that_of_the_season() -> None:
    histories = [np.array([[0.0, 10, 4, 14]])]  # a season ago it was 4 less
    assert scores_of(np.array([[[2.0]]]), np.array([[[4.0]]]), histories, 2)["MASE"] == 0.5


def test_values_that_are_missing_count_nowhere() -> None:
    histories = [np.array([[0.0, 2], [0.0, 4]])]
    actual, said = np.array([[[NAN, 8.0], [NAN, NAN]]]), np.array([[[1e6, 6.0], [1e6, 1e6]]])
    found = scores_of(said, actual, histories, 1)
    assert found == {"MASE": 1.0, "sMAPE": pytest.approx(200 * 2 / 14), "RMSE": 2.0}


def test_a_history_that_never_changes_has_no_mase_and_counts_elsewhere() -> None:
    histories = [np.array([[3.0, 3, 3]]), np.array([[0.0, 1]])]
    found = scores_of(np.array([[[4.0]], [[3.0]]]), np.array([[[3.0]], [[1.0]]]), histories, 1)
    assert (found["MASE"], found["RMSE"]) == (2.0, pytest.approx(np.sqrt(5 / 2)))
    assert scores_of(np.array([[[4.0]]]), np.array([[[3.0]]]), histories[:1], 1)["MASE"] is None


def test_of_nothing_known_there_is_no_score() -> None:
    found = scores_of(np.zeros((1, 1, 1)), np.full((1, 1, 1), NAN), [np.array([[0.0, 1]])], 1)
    assert found == {"MASE": None, "sMAPE": None, "RMSE": None}


RISING = prepared([[0, 2, 4, 6, 8, 10]])
"""Which changes by 2, and of which 8 and 10 are held out."""


def test_errors_by_step_are_in_units_of_the_history() -> None:
    two = prepared([[0, 2, 4, 6, NAN, 10]], [[0, 1, 0, 1, 5, NAN]], [[3, 3, 3, 3, 4, NAN]])
    ours = [[[0, 7]], [[3, 0]], [[0, 0]]]
    test = examine(mixture(ours, naive=np.zeros((3, 1, 2))), two).test
    # |10 − 7| / 2 of the first, |5 − 3| / 1 of the second; the third never changed before
    assert test["by_step"]["shoal"] == [2.0, 1.5]
    assert test["by_step"]["naive"] == [5.0, 5.0]
    assert test["values"] == 3
    nothing = prepared([[0, 2, 4, 6, NAN, 10]])
    assert examine(mixture([[[0, 7]]]), nothing).test["by_step"]["shoal"] == [None, 1.5]


@pytest.mark.parametrize(
    ("ours", "outcome", "sentence"),
    [
        ([8, 9], "chosen", "the forecast errs least: MASE 0.25, the best of the simpler ones (linear) 0.5."),
        ([8, 8], "level", "the forecast is that of linear: MASE 0.5."),
        ([7, 8], "baseline", "linear errs less: MASE 0.5, the forecast 0.75; the rolling origins had said"),
    ],
)
def test_whoever_is_better_is_named(ours: list[float], outcome: str, sentence: str) -> None:
    found = examine(mixture([[ours]], naive=[[[6, 6]]], linear=[[[8, 8]]]), RISING)
    assert found.test["outcome"] == outcome
    assert found.test["sentence"].startswith(f"On the 2 values held out {sentence}")
    assert [model["name"] for model in found.test["models"]] == ["shoal", "naive", "linear"]


@pytest.mark.parametrize("simpler", [{"naive": [[[1, 1]]]}, {}])
def test_without_a_scale_or_a_simpler_forecast_there_is_nothing_to_compare(simpler: Any) -> None:
    data = prepared([[5, 5, 5, 1, 1]]) if simpler else RISING
    test = examine(mixture([[[1, 1]]], **simpler), data).test
    assert test["outcome"] == "alone"
    assert test["sentence"] == "The history never changes, so that there is no scale to compare by."


def test_where_no_value_held_out_is_known_nothing_is_compared_or_counted() -> None:
    unknown = prepared([[0, 2, 4, 6, NAN, NAN]])
    test = examine(mixture([[[7, 0]]], (0.8,), naive=[[[6, 6]]]), unknown).test
    assert (test["values"], test["outcome"], test["covered"]) == (0, "alone", [])
    assert test["sentence"] == (
        "None of the values held out is known, so that there is nothing to compare by."
    )


def test_intervals_count_the_known_values_that_they_hold() -> None:
    gap = prepared([[0, 2, 4, 6, 8, NAN]], [[0, 2, 4, 6, 8, 10]])
    test = examine(mixture([[[7, 0]], [[9.5, 11]]], (0.8, 0.9)), gap).test
    # 8 lies on the end of 7 ± 1, 10 on that of 11 ± 1, and 8 outside of 9.5 ± 1
    assert test["covered"] == [{"coverage": c, "covered": pytest.approx(2 / 3)} for c in (0.8, 0.9)]
    assert examine(mixture([[[7, 0]]], (0.9,)), gap.__class__(**vars(RISING))).test["covered"] == []


def test_of_many_series_a_few_are_shown_evenly_spread() -> None:
    many = prepared(*([[k, k + 1, k + 2, k + 3]] for k in range(7)))
    ours = np.zeros((7, 1, 2))
    shown = examine(mixture(ours, (0.8, 0.9, 0.95)), many).shown
    assert [each["name"] for each in shown] == ["a", "c", "e", "g"]
    assert shown[1]["history"] == [2, 3]
    assert shown[1]["actual"] == [4, 5]
    assert set(shown[1]["bands"]) == {"0.8", "0.95"}
    assert shown[1]["bands"]["0.8"] == {"lower": [-1, -1], "upper": [1, 1]}
    assert (shown[1]["start"], shown[1]["end"]) == ("2", "3")


def test_series_and_channels_are_named_where_there_are_several() -> None:
    two = [[0, 1, 2, 3], [3, 2, 1, NAN]]
    shown = examine(mixture(np.zeros((1, 2, 2))), prepared(two)).shown
    assert [each["name"] for each in shown] == ["y", "z"]
    assert [each["actual"] for each in shown] == [[2, 3], [1, None]]
    both = examine(mixture(np.zeros((2, 2, 2))), prepared(two, two)).shown
    assert [each["name"] for each in both] == ["a, y", "a, z", "b, y", "b, z"]
    assert [each["name"] for each in examine(mixture([[[0, 0]]]), RISING).shown] == ["y"]


def test_the_time_of_the_test_is_told_from_its_first_to_its_last_step() -> None:
    (shown,) = examine(mixture([[[0, 0, 0]]]), prepared([np.arange(9.0)], horizon=3)).shown
    assert (shown["start"], shown["end"]) == ("6", "8")


@pytest.mark.parametrize(("season", "past"), [(1, 4), (2, 6), (500, 400)])
def test_the_history_shown_is_some_seasons_or_horizons_and_bounded(season: int, past: int) -> None:
    long = prepared([np.arange(600.0)])
    (shown,) = examine(mixture([[[0, 0]]], season=season), long).shown
    assert shown["history"] == np.arange(598.0)[-past:].tolist()


def test_all_steps_held_out_are_columns_beside_their_forecasts() -> None:
    two = prepared([[0, 1, 2, 3], [9, 8, 7, 6]], [[4, 5, 6, 7], [1, 1, 1, 2]])
    ours = np.arange(8.0).reshape(2, 2, 2)
    columns = examine(mixture(ours, naive=-ours), two).columns
    assert list(columns) == ["series", "day", "y", "y forecast", "y naive", "z", "z forecast", "z naive"]
    assert columns["series"].tolist() == ["a", "a", "b", "b"]
    assert columns["day"].to_list() == [2, 3, 2, 3]
    assert columns["y"].tolist() == [2, 3, 6, 7]
    assert columns["y forecast"].tolist() == [0, 1, 4, 5]
    assert columns["z naive"].tolist() == [-2, -3, -6, -7]


def test_what_is_told_is_plain_json() -> None:
    found = examine(mixture([[[8, 9]]], (0.8,), naive=[[[6, 6]]]), RISING)
    assert json.loads(json.dumps([found.test, found.shown])) == [found.test, found.shown]
