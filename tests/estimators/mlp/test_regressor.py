"""Intervals of the regressor: what they are made of, and how many targets they hold."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from shoal import MLPRegressor
from shoal.errors import ConfigurationError, DataError


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, size=(n, 2))
    return X, np.sin(3 * X[:, 0]) + X[:, 1] + 0.3 * rng.standard_t(df=4, size=n)


X, Y = drawn(300)
STOPS = MLPRegressor(
    hidden_layer_sizes=(16,), max_iter=2000, learning_rate_init=0.02, early_stopping=True, random_state=0
)


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_new_rows_lie_inside_as_promised(coverage: float) -> None:
    held, new = drawn(400, 1), drawn(4000, 2)
    regressor = clone(STOPS).fit(X, Y, X_val=held[0], y_val=held[1])
    lower, upper = regressor.predict_interval(new[0], coverage).T
    share = ((lower <= new[1]) & (new[1] <= upper)).mean()
    assert coverage - 0.045 < share < coverage + 0.045  # three standard errors of the quantile of 400


def test_the_ends_are_the_prediction_and_a_quantile_of_the_errors() -> None:
    held = drawn(19, 3)
    regressor = clone(STOPS).fit(X, Y, X_val=held[0], y_val=held[1])
    errors = np.abs(held[1] - regressor.predict(held[0]))
    np.testing.assert_allclose(regressor.validation_errors_, errors)
    ends = regressor.predict_interval(X[:5])
    wide = np.sort(errors)[17]  # ⌈0.9 · 20⌉ = 18
    np.testing.assert_allclose(ends, np.stack([regressor.predict(X[:5]) + s * wide for s in (-1, 1)], axis=1))


def test_rows_set_aside_by_early_stopping_will_do() -> None:
    regressor = clone(STOPS).set_params(validation_fraction=0.2).fit(X, Y)
    assert len(regressor.validation_errors_) == 60
    assert (np.diff(regressor.predict_interval(X)) > 0).all()


def test_without_rows_held_out_there_are_no_intervals() -> None:
    plain = clone(STOPS).set_params(early_stopping=False)
    for fitted in (
        plain.fit(X, Y),
        clone(STOPS).fit(X, np.stack([Y, Y], axis=1)),
        clone(STOPS).fit(X, Y).set_params(early_stopping=False).fit(X, Y),
    ):
        with pytest.raises(ConfigurationError, match="there are none of one target; fit with solver 'adam'"):
            fitted.predict_interval(X)


def test_too_few_rows_held_out_are_named() -> None:
    held = drawn(8, 4)
    with pytest.raises(DataError, match=r"0.9 needs 9 rows held out, got 8"):
        clone(STOPS).fit(X, Y, X_val=held[0], y_val=held[1]).predict_interval(X)
