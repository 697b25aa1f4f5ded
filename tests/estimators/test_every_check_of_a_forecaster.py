"""What scikit-learn asks of estimators, as far as it can be asked of one that is given no table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit, cross_validate
from sklearn.utils.estimator_checks import parametrize_with_checks

from shoal import Forecaster
from shoal.errors import DataError

HISTORY = "the rows of y are steps of one history, and no samples"
NOT_ASKED = {
    "check_n_features_in_after_fitting": "channels are counted, in n_channels_in_: y has no features",
    "check_n_features_in": "channels are counted, in n_channels_in_: y has no features",
    "check_estimators_empty_data_messages": "the error speaks of channels instead of features",
    "check_dtype_object": "the error is a DataError, thus a ValueError, and the check asks for a TypeError",
    "check_methods_sample_order_invariance": HISTORY,
    "check_methods_subset_invariance": HISTORY,
    "check_fit2d_1sample": HISTORY + ": the error speaks of one value",
    "check_fit1d": "one series is an array (T,)",
    "check_fit2d_predict1d": "one series is an array (T,)",
}
"""Checks that cannot pass, and why."""


class OfOneTable(Forecaster):
    """The forecaster, called as the checks do: with targets that it has no use for."""

    def fit(self, X: Any, y: Any = None) -> Any:
        return super().fit(X)

    def predict(self, X: Any) -> Any:
        return super().predict(X)

    def score(self, X: Any, y: Any = None) -> float:
        return super().score(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = False  # the checks index what they have cut
        return tags


INSTANCE = OfOneTable(2, window=2, season=1, networks=[], n_jobs=1)


@parametrize_with_checks([INSTANCE])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_check_of_scikit_learn_that_applies(estimator: Any, check: Any) -> None:
    if check.func.__name__ not in NOT_ASKED:
        return check(estimator)
    with pytest.raises((AssertionError, ValueError, IndexError)):  # or else it belongs among the others
        check(estimator)
    return None


FEW: dict[str, Any] = {"window": 6, "season": 1, "networks": [], "n_jobs": 1}
SALES = (np.random.default_rng(0).uniform(size=126) < 0.2).astype(float)[:, None]
Y = 10 + 8 * SALES[:120, 0] + 0.2 * np.random.default_rng(1).normal(size=120)


@pytest.fixture(scope="module")
def fitted() -> Forecaster:
    return Forecaster(6, **FEW).fit(Y, future=SALES[:120])


def test_what_follows_of_columns_known_ahead_is_enough(fitted: Forecaster) -> None:
    forecast = fitted.predict(future=SALES[120:])
    assert (forecast == fitted.predict(future=SALES)).all()
    further = clone(fitted).fit(Y, future=SALES)
    assert (further.predict(future=SALES[120:]) == further.predict(future=SALES)).all()
    assert fitted.predict_interval(0.8, future=SALES[120:])[0].shape == (6,)
    many = Forecaster(6, **FEW).fit([Y, Y[::-1]], future=[SALES[:120], SALES[119::-1]])
    followed = many.predict(future=[SALES[120:], SALES[:6]])
    whole = many.predict(future=[SALES, np.concatenate([SALES[119::-1], SALES[:6]])])
    assert all((one == other).all() for one, other in zip(followed, whole, strict=True))


def test_series_shorter_than_the_horizon_are_told_what_follows_too() -> None:
    short = Forecaster(6, **FEW).fit([Y, Y[:4]], future=[SALES[:120], SALES[:4]])
    followed = short.predict(future=[SALES[120:], SALES[4:10]])
    whole = short.predict(future=[SALES, SALES[:10]])
    assert all((one == other).all() for one, other in zip(followed, whole, strict=True))


def test_what_followed_may_be_longer_or_shorter_than_the_horizon() -> None:
    fitted = Forecaster(6, **FEW).fit(Y[:100], future=SALES[:100])
    for steps, rows in ((20, 20), (4, 6)):
        score = fitted.score(Y[100 : 100 + steps], future=SALES[100 : 100 + rows])
        assert score == fitted.score(Y[100 : 100 + steps], future=SALES)
    with pytest.raises(DataError, match="has 99 steps; it must reach"):
        fitted.score(Y[100:], future=SALES[:99])


def test_steps_without_a_value_count_before_what_follows() -> None:
    late = np.concatenate([[np.nan] * 3, Y[3:]])
    with pytest.warns(UserWarning, match="3 steps"):
        forecaster = Forecaster(6, **FEW).fit(late, future=SALES[:120])
    assert (forecaster.predict(future=SALES[120:]) == forecaster.predict(future=SALES)).all()


@pytest.mark.parametrize(
    ("y", "future", "words"),
    [
        (None, SALES[:4], "future of series 0 has 4 steps; it must reach as far as the 120"),
        (None, SALES[:119], "has 119 steps"),
        (None, SALES[:123], "has 123 steps"),
        (None, np.ones((6, 2)), "future of series 0 has 6 steps; it must reach"),
        (Y, SALES[120:], "future of series 0 has 6 steps; it must reach"),
    ],
)
def test_columns_that_do_not_follow_are_refused(fitted: Forecaster, y: Any, future: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        fitted.predict(y, future=future)


def test_columns_known_ahead_are_metadata_that_cross_validation_hands_on(fitted: Forecaster) -> None:
    with sklearn.config_context(enable_metadata_routing=True):
        asking = clone(fitted).set_fit_request(future=True).set_score_request(future=True)
        scores = cross_validate(
            asking,
            Y,
            cv=TimeSeriesSplit(3, test_size=6),
            params={"future": SALES[:120]},
            error_score="raise",
        )["test_score"]
    blind = Forecaster(6, **FEW).fit(Y[:-6]).score(Y[-6:])
    assert scores[-1] > blind / 2
    known = clone(fitted).fit(Y[:-6], future=SALES[:114])
    assert scores[-1] == known.score(Y[-6:], future=SALES[114:120])
