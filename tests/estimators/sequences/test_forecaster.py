from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit

from shoal import Forecaster
from shoal.errors import DataError, ShoalWarning

FEW: dict[str, Any] = {"networks": ["dense"], "budget": 1e9, "random_state": 0, "n_jobs": 1}
T = np.arange(90)
WAVE = 20 + 0.1 * T + 5 * np.sin(2 * np.pi * T / 6) + 0.3 * np.random.default_rng(0).normal(size=90)
BOTH = np.stack([WAVE, WAVE[::-1]], axis=1)


@pytest.fixture(scope="module")
def forecaster() -> Forecaster:
    return Forecaster(6, **FEW).fit(WAVE)


def test_forecasts_come_as_the_series_did(forecaster: Forecaster) -> None:
    assert forecaster.predict().shape == (6,)
    assert forecaster.baselines()["seasonal naive"].tolist() == WAVE[-6:].tolist()
    channels = Forecaster(6, **FEW | {"networks": []}).fit(BOTH)
    assert channels.predict().shape == (6, 2)
    assert [each.shape for each in channels.predict([BOTH, BOTH[:50]])] == [(6, 2), (6, 2)]
    named = channels.predict({"a": BOTH, "b": BOTH[:50]})
    assert (named["a"] == channels.predict()).all()
    assert (channels.predict_interval(0.8)[0] <= channels.predict_interval(0.8)[1]).all()


def test_a_pandas_index_goes_on(forecaster: Forecaster) -> None:
    pd = pytest.importorskip("pandas")
    y = pd.Series(WAVE, index=pd.date_range("2020-01-31", periods=90, freq="ME"), name="wave")
    forecast = Forecaster(6, **FEW).fit(y).predict()
    assert (forecast.to_numpy() == forecaster.predict()).all()
    assert forecast.index[0] == pd.Timestamp("2027-07-31")
    assert forecast.name == "wave"
    with pytest.raises(DataError, match="not in order"):
        forecaster.predict(y[::-1])
    with pytest.raises(DataError, match="1 time twice"):
        forecaster.predict(pd.concat([y, y[-1:]]))


def test_one_step_at_a_time_is_the_whole_history(forecaster: Forecaster) -> None:
    state = forecaster.start(WAVE[:60])
    for end in range(61, 66):
        forecast, state = forecaster.step(WAVE[end - 1], state)
        assert (forecast == forecaster.predict(WAVE[:end])).all()
    many = forecaster.start([WAVE[:3], WAVE[:60], WAVE])  # shorter than any window, and another batch
    forecasts, _ = forecaster.step([WAVE[3], WAVE[60], 30.0], many)
    assert (forecasts[0] == forecaster.predict(WAVE[:4])).all()
    assert (forecasts[1] == forecaster.predict(WAVE[:61])).all()


def test_columns_known_ahead_are_used() -> None:
    rng = np.random.default_rng(0)
    sale = (rng.uniform(size=206) < 0.2).astype(float)
    y = 10 + 8 * sale[:200] + 0.2 * rng.normal(size=200)
    forecaster = Forecaster(6, **FEW).fit(y, future=sale[:200, None])
    forecast = forecaster.predict(future=sale[:, None])
    assert np.abs(forecast - 10 - 8 * sale[200:]).max() < 2
    state = forecaster.start(y[:-1])
    stepped, _ = forecaster.step(y[-1], state, future=sale[199:, None])
    assert (stepped == forecast).all()
    for future, words in ((None, "fitted with 1 columns"), (sale[:203, None], "has 203 steps")):
        with pytest.raises(DataError, match=words):
            forecaster.predict(future=future)


def test_missing_values_are_filled_and_said() -> None:
    y = WAVE.copy()
    y[:2] = y[40:42] = np.nan
    with pytest.warns(ShoalWarning) as told:
        forecaster = Forecaster(6, **FEW).fit(y)
    assert [str(each.message).split(" ")[:3] for each in told] == [
        ["2", "missing", "values"],
        ["2", "steps", "before"],
    ]
    assert len(forecaster.evidence_["notes"]) == 2
    assert np.isfinite(forecaster.predict()).all()


def test_it_is_an_estimator_of_scikit_learn(forecaster: Forecaster) -> None:
    copy = clone(forecaster)
    with pytest.raises(NotFittedError):
        copy.predict()
    assert (copy.fit(WAVE).predict() == forecaster.predict()).all()
    assert (pickle.loads(pickle.dumps(copy)).predict() == forecaster.predict()).all()  # noqa: S301
    search = GridSearchCV(
        Forecaster(6, **FEW | {"networks": []}),
        {"window": [6, 12]},
        cv=TimeSeriesSplit(2, test_size=6),
        error_score="raise",
    ).fit(WAVE)
    assert -1 < search.best_score_ < 0


def test_the_score_is_the_scaled_error_of_what_followed(forecaster: Forecaster) -> None:
    followed = np.full(4, 30.0)
    change = np.abs(WAVE[6:] - WAVE[:-6]).mean()
    error = np.abs(followed - forecaster.predict()[:4]).mean() / change
    assert forecaster.score(followed) == pytest.approx(-error)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        ([], "is empty"),
        (5.0, "must be a series"),
        ("text", "must be a series"),
        ([1.0], "1 value"),
        (["a", "b", "c"], "must be numbers"),
        ([1.0, np.inf, 2.0], "infinite"),
        (np.full(20, np.nan), "no value"),
        (np.ones(40), "constant"),
        (np.arange(7.0), "longer than a history"),
        ([np.ones((20, 2)), np.ones((20, 3))], "channels"),
        (np.ones((2, 2, 2, 2)), "expected"),
    ],
)
def test_what_is_no_history_is_refused_in_a_sentence(y: Any, words: str) -> None:
    with pytest.raises(DataError, match=words) as error:
        Forecaster(6, **FEW).fit(y)
    assert "\n" not in str(error.value)


def test_series_of_a_dict_are_known_by_their_names_step_by_step_too() -> None:
    waves = {number: np.sin(rate * T) + 3 for number, rate in enumerate((0.5, 0.9, 1.4), start=7)}
    forecaster = Forecaster(4, window=4, season=1, networks=[]).fit(waves)
    forecasts = forecaster.predict()
    assert list(forecasts) == [7, 8, 9]
    alone = forecaster.predict({8: waves[8]})
    assert (alone[8] == forecasts[8]).all()
    state = forecaster.start({8: waves[8][:-1]})
    stepped, _ = forecaster.step(waves[8][-1], state)
    assert (stepped[8] == forecasts[8]).all()
    assert not (forecaster.predict([waves[8]])[0] == forecasts[8]).any()  # of a list nobody is known


def test_series_that_are_too_short_are_named() -> None:
    with pytest.raises(DataError, match="a history of 2 steps is too short for any forecast; give 3 steps"):
        Forecaster(1).fit([1.0, 2.0])
    with pytest.raises(DataError, match=r"^series 0 has 1 value"):
        Forecaster(1).fit([np.array([1.0]), np.arange(9.0)])
    with pytest.raises(DataError, match=r"^the series has 1 value"):
        Forecaster(1).fit([np.array([1.0])])
