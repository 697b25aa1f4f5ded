"""Losses over epochs of whatever was trained, and the epoch that was best."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import shoal
from shoal import LearningCurveDisplay, MLPRegressor, ShoalRegressor
from shoal.errors import ConfigurationError, DataError

X = np.linspace(0, 1, 40)[:, None]
Y = np.sin(6 * X[:, 0])


def axes() -> Any:
    return Figure().subplots()


def line(display: LearningCurveDisplay, gid: str) -> Any:
    (found,) = (line for line in display.ax_.lines if line.get_gid() == gid)
    return found.get_ydata()


def result(**settings: Any) -> shoal.TrainingResult:
    network = shoal.Network(1, [shoal.Dense(2, "tanh"), shoal.Dense(1)])
    return shoal.train(network, X, Y, starts=4, learning_rate=0.05, **settings)


def test_of_a_training_the_member_that_validated_best_is_drawn() -> None:
    trained = result(epochs=12, validation=(X[::3], Y[::3]))
    losses = trained.history.validation_loss
    assert losses is not None
    best = int(losses.min(axis=1).argmin())
    display = LearningCurveDisplay.from_result(trained, ax=axes())
    np.testing.assert_array_equal(line(display, "validation"), losses[best])
    np.testing.assert_array_equal(line(display, "training"), trained.history.loss[best])
    assert display.curves["best_epoch"] == int(losses[best].argmin()) + 1
    other = LearningCurveDisplay.from_result(trained, member=(best + 1) % 4, ax=axes())
    np.testing.assert_array_equal(line(other, "validation"), losses[(best + 1) % 4])
    with pytest.raises(ConfigurationError, match="member must be 0 to 3, got 4"):
        LearningCurveDisplay.from_result(trained, member=4)


def test_without_validation_the_lowest_last_loss_is_the_best_and_no_epoch_is() -> None:
    trained = result(epochs=5)
    display = LearningCurveDisplay.from_result(trained, ax=axes())
    assert line(display, "training")[-1] == trained.history.loss[:, -1].min()
    assert display.curves["best_epoch"] is None
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["training"]


def test_estimators_have_their_curves() -> None:
    regressor = MLPRegressor("squared_error", (3,), max_iter=8, random_state=0, learning_rate_init=0.01)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        regressor.fit(X, Y, X_val=X[::2], y_val=Y[::2])
    display = LearningCurveDisplay.from_estimator(regressor, ax=axes())
    np.testing.assert_array_equal(line(display, "training"), regressor.loss_curve_)
    np.testing.assert_array_equal(line(display, "validation"), regressor.validation_loss_curve_)
    automatic = ShoalRegressor(hidden_layer_sizes=2, n_starts=1, max_iter=3, random_state=0, n_jobs=1)
    shown = LearningCurveDisplay.from_estimator(automatic.fit(X, Y), ax=axes())
    np.testing.assert_array_equal(line(shown, "training"), automatic.study_.curves.train_loss)
    assert "standardised target units" in shown.ax_.get_ylabel().replace("\n", " ")
    of_study = LearningCurveDisplay.from_study(automatic.study_, ax=axes())
    assert of_study.curves == shown.curves


def test_losses_that_are_not_finite_are_gaps() -> None:
    display = LearningCurveDisplay.from_losses([2.0, np.nan, 1.0], [np.inf, 3.0, 2.5], ax=axes())
    np.testing.assert_array_equal(line(display, "training"), [2.0, np.nan, 1.0])
    assert display.curves["validation_loss"] == [None, 3.0, 2.5]
    assert display.curves["best_epoch"] == 3
    assert LearningCurveDisplay.from_losses([1.0], [np.nan], ax=axes()).curves["best_epoch"] is None


def test_what_are_no_losses_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="MLPRegressor has no losses by epoch"):
        LearningCurveDisplay.from_estimator(MLPRegressor())
    with pytest.raises(ConfigurationError, match="got dict"):
        LearningCurveDisplay.from_study({})  # type: ignore[arg-type]
    with pytest.raises(DataError, match="validation has 1 losses and training 2"):
        LearningCurveDisplay.from_losses([1.0, 2.0], [1.0])
    for wrong in ([], [[1.0]], ["a"]):
        with pytest.raises(DataError, match="the training losses"):
            LearningCurveDisplay.from_losses(wrong)
