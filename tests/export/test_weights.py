"""The networks inside fitted estimators, shoal's and scikit-learn's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier as Theirs

from shoal import MLPClassifier, MLPRegressor
from shoal.errors import ConfigurationError, ShoalWarning
from shoal.export.c.source import to_c
from shoal.export.onnx import export_onnx, to_onnx
from shoal.export.torch import torch_state
from shoal.export.weights import as_population, population_of, warn_of_overflow
from shoal.layers import GRU, Conv2D, Dense, Embedding, Flatten
from shoal.populations.network import Network
from shoal.populations.population import Population

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


@pytest.mark.parametrize("size", [1e25, 1e30])
def test_what_overflows_where_it_is_exported_is_told(size: float, tmp_path: Path) -> None:
    network = Network(3, [Dense(4, "relu"), Dense(4, "relu"), Dense(1)], "squared_error")
    theta = network.population(3, seed=0).theta.astype(np.float32)
    theta[1] = size * np.abs(theta[1])
    population = Population(network, theta, np.zeros((3, 2), np.uint64))
    assert not np.isfinite(population.outputs(np.ones((1, 3)))[1]).any()
    exports = (to_onnx, to_c, torch_state)
    for export in exports:
        with pytest.warns(
            ShoalWarning, match="the weights of 1 of 3 networks .* overflow in single precision"
        ):
            export(population)
    with pytest.warns(ShoalWarning, match="1 of 3 networks"):
        export_onnx(population, tmp_path / "m.onnx")
    wide = Population(network, theta.astype(np.float64), population.keys)
    fine = Population(network, np.clip(theta, -1e9, 1e9), population.keys)
    for each in (fine, wide):
        for export in exports:
            export(each)


def test_codes_and_images_are_tried_as_they_are() -> None:
    texts = Network(5, [Embedding(7, 2), GRU(3), Dense(1)], "log_loss")
    images = Network((1, 6, 6), [Conv2D(2, 3, activation="relu"), Flatten(), Dense(2)], "cross_entropy")
    for network in (texts, images):
        warn_of_overflow(network.population(2, seed=0))
