"""The networks inside fitted estimators, shoal's and scikit-learn's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier as Theirs

from shoal import MLPClassifier, MLPRegressor
from shoal.errors import ConfigurationError
from shoal.export.weights import as_population, population_of

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 3)), RNG.integers(0, 3, 40)
SMALL: dict[str, Any] = {"hidden_layer_sizes": (4, 2), "max_iter": 3, "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("estimator", [MLPClassifier(**SMALL), Theirs(**SMALL, activation="logistic")])
def test_they_predict_what_the_estimator_does(estimator: Any) -> None:
    population = population_of(estimator.fit(X, Y))
    np.testing.assert_allclose(population.predict(X)[0], estimator.predict_proba(X), rtol=1e-6, atol=1e-12)


def test_an_ensemble_is_its_members_the_best_first() -> None:
    estimator = MLPRegressor(**SMALL, n_starts=3, combine_starts="ensemble").fit(X, X[:, 0])
    population = population_of(estimator)
    assert population.size == 3
    np.testing.assert_allclose(population.predict(X).mean(axis=0)[:, 0], estimator.predict(X), rtol=1e-6)
    np.testing.assert_array_equal(population.weights[0][0], estimator.coefs_[0].T)


def test_a_population_is_one_and_anything_else_is_none() -> None:
    population = population_of(MLPClassifier(**SMALL).fit(X, Y))
    assert as_population(population) is population
    with pytest.raises(ConfigurationError, match="a model of type MLPClassifier cannot be exported"):
        as_population(MLPClassifier())
