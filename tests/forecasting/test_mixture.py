from __future__ import annotations

import json

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.forecasting.candidates import ForecastSchooling
from shoal.forecasting.frames import Frame
from shoal.forecasting.linear import Linear
from shoal.forecasting.mixture import ForecastMixture
from shoal.forecasting.naive import Naive
from shoal.forecasting.networks import Networks
from shoal.forecasting.origins import Origins
from shoal.forecasting.panel import Panel
from shoal.forecasting.settings import ForecastSettings
from shoal.shapes import Array

BUDGET = 4e9


def seasonal(steps: int, seed: int = 0, channels: int = 1) -> Array:
    """Return a series (C, T) with a trend, a season of 6 and noise."""
    rng, t = np.random.default_rng(seed), np.arange(steps)
    clean = 20 + 0.1 * t + 5 * np.sin(2 * np.pi * t / 6)
    return np.asarray(clean + 0.3 * rng.normal(size=(channels, steps)))


PANEL = Panel.of([seasonal(90), seasonal(70, 1)])
SETTINGS = ForecastSettings(6, networks=("dense",), budget=BUDGET, n_jobs=1)


@pytest.fixture(scope="module")
def fitted() -> ForecastMixture:
    return ForecastMixture.fit(PANEL, SETTINGS)


def test_what_is_learnt_beats_what_is_naive_on_steps_that_nobody_saw() -> None:
    panel, actual = Panel((seasonal(90)[:, :84],)), seasonal(90)[:, 84:]
    mixture = ForecastMixture.fit(panel, SETTINGS)
    errors = {name: np.abs(each[0] - actual).mean() for name, each in mixture.baselines(panel).items()}
    assert np.abs(mixture.predict(panel)[0] - actual).mean() < errors["seasonal naive"] < errors["naive"]


def test_evidence_tells_of_every_candidate_and_is_plain_json(fitted: ForecastMixture) -> None:
    evidence = json.loads(json.dumps(fitted.evidence))
    names = {each["name"] for each in evidence["candidates"]}
    assert names == {"naive", "seasonal naive", "linear", "dense"}
    assert sum(each["weight"] for each in evidence["candidates"]) == pytest.approx(1)
    assert evidence["season"] == 6
    assert evidence["validation"] <= min(each["validation"] for each in evidence["candidates"])
    assert np.mean(evidence["by_step"]["mixture"]) == pytest.approx(evidence["validation"])
    assert set(evidence["by_step"]) == {"mixture", "naive", "seasonal naive", "linear"}


def test_nothing_after_an_origin_changes_what_is_forecast_there() -> None:
    changed = Panel(tuple(np.concatenate([each[:, :-6], each[:, -6:] + 9], axis=1) for each in PANEL.series))
    frame, told = Frame(6, "last"), []
    for panel in (PANEL, changed):
        lesson = ForecastSchooling(panel, Origins(6, (6,), ((6,),)), 6, 0, 1)
        for candidate in (Linear(frame), Networks("dense", frame, (4,), 3), Naive(6)):
            tried = candidate.learn(lesson)
            assert tried is not None
            told.append(tried.forecasts)
    linear, networks, naive = zip(told[:3], told[3:], strict=True)
    assert np.abs(linear[0] - linear[1]).max() < 1  # of its penalties the errors choose
    assert (networks[0] == networks[1]).all()
    assert (naive[0] == naive[1]).all()


def test_a_saved_mixture_forecasts_the_same_bits(fitted: ForecastMixture) -> None:
    config = json.loads(json.dumps(fitted.to_config()))
    again = ForecastMixture.from_config(config, fitted.arrays())
    assert (again.predict(PANEL) == fitted.predict(PANEL)).all()
    assert (np.array(again.interval(PANEL)) == np.array(fitted.interval(PANEL))).all()
    assert again.evidence == config["evidence"]


def test_an_altered_mixture_is_refused(fitted: ForecastMixture) -> None:
    config = fitted.to_config()
    for change in ({"weights": [1.0]}, {"horizon": 7}, {"middle": 0.0}):
        with pytest.raises(ValueError, match=r"none|needs"):
            ForecastMixture.from_config({**config, **change}, fitted.arrays())


def test_company_changes_no_bit(fitted: ForecastMixture) -> None:
    alone = fitted.predict(Panel((PANEL.series[1],)))
    assert (fitted.predict(PANEL)[1] == alone[0]).all()
    assert (ForecastMixture.fit(PANEL, SETTINGS).predict(PANEL) == fitted.predict(PANEL)).all()


def test_forecasts_need_the_last_values_alone(fitted: ForecastMixture) -> None:
    short = Panel(tuple(each[:, -fitted.needs :] for each in PANEL.series))
    assert (fitted.predict(short) == fitted.predict(PANEL)).all()


def test_intervals_widen_with_their_coverage_and_hold_most_of_what_comes(fitted: ForecastMixture) -> None:
    wide, narrow = (np.subtract(*fitted.interval(PANEL, share)[::-1]) for share in (0.9, 0.5))
    assert (wide > narrow).all()
    inside = []
    for back in range(6, 25, 6):
        series = seasonal(200, 3)[:, : 200 - back]
        lower, upper = fitted.interval(Panel((series,)), 0.9)
        actual = seasonal(200, 3)[:, 200 - back : 206 - back]
        inside.append(((lower[0] <= actual) & (actual <= upper[0])).mean())
    assert np.mean(inside) > 0.7


def test_a_series_too_short_to_try_anything_goes_on_as_it_was() -> None:
    mixture = ForecastMixture.fit(Panel.of([np.array([[1.0, 2.0, 4.0, 5.0]])]), ForecastSettings(2))
    assert mixture.predict(Panel.of([np.array([[7.0, 9.0]])])).tolist() == [[[9.0, 9.0]]]
    assert "too short" in mixture.sentence
    with pytest.raises(DataError, match="fit a longer history"):
        mixture.interval(Panel.of([np.array([[7.0, 9.0]])]))


def test_impossible_wishes_are_refused_in_a_sentence() -> None:
    constant = Panel.of([np.ones((1, 30))])
    for panel, settings, words in (
        (PANEL, ForecastSettings(100), "longer than a history of 90 steps"),
        (PANEL, ForecastSettings(6, season=46), "more than half"),
        (PANEL, ForecastSettings(6, window=84), "give a window of 83 or less"),
        (constant, ForecastSettings(3), "constant"),
    ):
        with pytest.raises((DataError, ConfigurationError), match=words):
            ForecastMixture.fit(panel, settings)
