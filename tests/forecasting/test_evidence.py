"""What is told of a mixture: errors found by hand, and a sentence that says whether networks are any use."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.forecasting.candidates import ForecastSchooling, Tried
from shoal.forecasting.evidence import evidence_of
from shoal.forecasting.naive import Naive
from shoal.forecasting.origins import Origins
from shoal.forecasting.panel import Panel
from shoal.forecasting.settings import ForecastSettings
from shoal.shapes import Array

PANEL = Panel.of([np.array([[0.0, 2, 4, 6, 8, 10, 12, 14, 16, 18]])])
"""Whose changes are 2, the unit of errors."""
LESSON = ForecastSchooling(PANEL, Origins(2, (4, 3), ((4,), (3,))), 1, 0)
ACTUAL = np.array([[12.0, 14.0], [14.0, 16.0]])
SETTINGS = ForecastSettings(2)


def tried(family: str, error: float, second: float | None = None, season: int = 1) -> tuple[Any, Tried]:
    """Return a candidate whose forecasts are off by so many units, at the ``second`` step by others."""
    off = 2 * np.array([error, error if second is None else second])
    candidate = SimpleNamespace(family=family)
    if family == "naive":
        candidate.season = season
    words = f"{family} {season}" if season > 1 else family
    return candidate, Tried(None, words, ACTUAL + off)


def told(found: list[Any], weights: list[float], named: dict[str, int] | None = None) -> dict[str, Any]:
    forecasts = np.stack([each.forecasts for _, each in found])
    mixed: Array = np.tensordot(np.array(weights), forecasts, 1)
    return evidence_of(LESSON, SETTINGS, found, np.array(weights), mixed, named or {})


def test_errors_are_in_units_of_what_the_series_changes_by() -> None:
    found = [tried("naive", 3.0), tried("linear", 0.5, -1.5), tried("dense", -0.25, 0.75)]
    evidence = told(found, [0.0, 0.5, 0.5], {"naive": 0, "linear": 1})
    assert [each["validation"] for each in evidence["candidates"]] == [3, 1, 0.5]
    assert [each["weight"] for each in evidence["candidates"]] == [0, 0.5, 0.5]
    # off by (0.5 − 0.25) / 2 and (−1.5 + 0.75) / 2 units, whose means are not those of the candidates
    assert evidence["by_step"] == {"mixture": [0.125, 0.375], "naive": [3, 3], "linear": [0.5, 1.5]}
    assert evidence["validation"] == 0.25
    assert json.loads(json.dumps(evidence)) == evidence


def test_what_weighs_most_is_the_winner_and_the_sentence_begins_with_it() -> None:
    evidence = told([tried("naive", 2.0), tried("linear", 1.0), tried("gru", 0.5)], [0.0, 0.25, 0.75])
    assert evidence["winner"] == "gru"
    assert evidence["sentence"] == (
        "75% gru (0.5), 25% linear (1): scaled absolute error 0.625 at 2 rolling origins; each kind's best: "
        "naive 2, linear 1, networks 0.5."
    )


@pytest.mark.parametrize(
    ("weights", "verdict"),
    [
        ([1.0, 0.0, 0.0, 0.0], " Nothing that learns does better than what is naive."),
        ([0.5, 0.5, 0.0, 0.0], " Nothing that learns does better than what is naive."),
        ([0.0, 0.0, 1.0, 0.0], " A linear map does; networks add nothing."),
        ([0.1, 0.0, 0.9, 0.0], " A linear map does; networks add nothing."),
        ([0.0, 0.0, 0.9, 0.1], ""),
        ([0.5, 0.0, 0.0, 0.5], ""),
    ],
)
def test_the_verdict_is_of_what_is_used_alone(weights: list[float], verdict: str) -> None:
    found = [tried("naive", 1.0), tried("naive", 1.0, season=4), tried("linear", 1.0), tried("dense", 1.0)]
    sentence = told(found, weights)["sentence"]
    assert sentence.endswith(f"seasonal naive 1, linear 1, networks 1.{verdict}")


def test_of_each_kind_the_best_is_told_and_all_networks_are_one_kind() -> None:
    found = [tried("naive", 4.0), tried("dense", 3.0), tried("recurrent", 1.0), tried("dense", 2.0)]
    assert "each kind's best: naive 4, networks 1." in told(found, [0.0, 0.0, 0.0, 1.0])["sentence"]


def test_a_season_that_goes_on_is_the_seasonal_naive() -> None:
    both = told([tried("naive", 1.0), tried("naive", 1.0, season=2)], [1.0, 0.0])
    assert [each["name"] for each in both["candidates"]] == ["naive", "seasonal naive"]
    assert Naive(2).season == 2  # the field that tells


def test_what_was_asked_and_found_is_told_beside_it() -> None:
    evidence = told([tried("naive", 1.0)], [1.0])
    plain = {
        name: evidence[name] for name in ("horizon", "season", "series", "channels", "origins", "refits")
    }
    assert plain == {"horizon": 2, "season": 1, "series": 1, "channels": 1, "origins": 2, "refits": 2}
    assert evidence["season_found"]
    asked = evidence_of(LESSON, ForecastSettings(2, season=1), [], np.array([]), None, {})
    assert not asked["season_found"]


@pytest.mark.parametrize(
    ("season", "who"), [(1, "last value"), (2, "last season of 2 steps"), (7, "last season of 7 steps")]
)
def test_of_a_series_that_is_too_short_nothing_is_tried(season: int, who: str) -> None:
    lesson = ForecastSchooling(PANEL, Origins(2, (), ()), season, 0)
    evidence = evidence_of(lesson, SETTINGS, [], np.array([]), None, {})
    assert (evidence["winner"], evidence["candidates"], evidence["validation"]) == (who, [], None)
    assert evidence["sentence"] == f"The {who} goes on, for the series is too short to try anything else."
    assert (evidence["origins"], evidence["refits"], evidence["by_step"]) == (0, 0, {})
