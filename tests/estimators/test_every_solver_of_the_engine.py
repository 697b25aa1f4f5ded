"""The engine's solvers for full batches, asked for as scikit-learn's are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal import MLPClassifier, MLPRegressor
from shoal.errors import ConfigurationError
from shoal.estimators.training.coefficients import theta_of
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, size=(30, 2))
Y = np.sin(2 * X[:, 0]) + X[:, 1] + 0.1 * RNG.normal(size=30)


def regressor(solver: str, **settings: Any) -> MLPRegressor:
    usual = {"hidden_layer_sizes": (4,), "activation": "tanh", "max_iter": 200, "tol": 1e-9}
    return MLPRegressor(**{**usual, "solver": solver, "random_state": 0, **settings})


@pytest.mark.parametrize(
    ("solver", "same"), [("lm", "levenberg_marquardt"), ("br", "bayesian_regularization")]
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_both_names_are_one_solver(solver: str, same: str) -> None:
    one, other = regressor(solver).fit(X, Y), regressor(same).fit(X, Y)
    np.testing.assert_array_equal(one.coefs_[0], other.coefs_[0])
    assert one.loss_curve_ == other.loss_curve_


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("solver", ["lm", "bfgs"])
def test_the_estimator_does_what_train_does(solver: str) -> None:
    later = regressor(solver, max_iter=40, alpha=0.3).fit(X, Y)
    network = Network(2, [Dense(4, "tanh"), Dense(1)])
    first = MLPRegressor(hidden_layer_sizes=(4,), activation="tanh", random_state=0)
    first._random_state = np.random.RandomState(0)
    first._initialize(network, np.dtype(np.float64), [np.random.RandomState(0)])
    population = Population(network, first._starts, np.zeros((1, 2), np.uint64))
    result = train(population, X, Y, solver=solver, l2=0.3, epochs=40, tolerance=1e-9)
    np.testing.assert_allclose(theta_of(later.coefs_, later.intercepts_), result.population.theta[0])
    assert later.loss_curve_ == pytest.approx(result.history.loss[0, : later.n_iter_])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_penalty_that_finds_its_strength_leaves_alpha_alone_and_tells_what_it_found() -> None:
    found = [regressor("br", alpha=alpha, n_starts=3).fit(X, Y) for alpha in (0.0, 5.0)]
    np.testing.assert_array_equal(found[0].coefs_[0], found[1].coefs_[0])
    assert 2 < found[0].effective_parameters_ < 17
    assert found[0].l2_ > 0
    assert not hasattr(regressor("lm").fit(X, Y), "l2_")


@pytest.mark.parametrize("solver", ["lm", "br"])
def test_other_losses_are_refused_as_everywhere(solver: str) -> None:
    with pytest.raises(ConfigurationError, match=r"minimises sums of squares, .* the loss is log_loss"):
        MLPClassifier((3,), solver=solver).fit(X, Y > 0)
    with pytest.raises(ConfigurationError, match=r"minimises sums of squares, .* the loss is huber"):
        regressor(solver, loss="huber").fit(X, Y)
    with pytest.raises(ConfigurationError, match="and dropout changes it"):
        regressor(solver, dropout=0.5).fit(X, Y)


def test_a_classifier_takes_bfgs() -> None:
    classifier = MLPClassifier((3,), "tanh", solver="bfgs", alpha=0.1, max_iter=400, random_state=0)
    assert classifier.fit(X, Y > 0).score(X, Y > 0) > 0.95
