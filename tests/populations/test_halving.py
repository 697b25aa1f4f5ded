from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import shoal
from shoal.errors import ConfigurationError
from shoal.layers import Dense, Dropout
from shoal.populations.halving import train_halving
from shoal.populations.trainer import TrainingResult
from shoal.training.problem import Samples
from shoal.training.recipe import Recipe

X = np.linspace(-2, 2, 48)
Y = np.sin(2 * X)
VALIDATION = (X[::3], Y[::3])
RECIPES = {
    "adam": Recipe(solver="adam", epochs=20, batch_size=8, batch_order="shared", schedule="cosine"),
    "patience": Recipe(solver="adamw", epochs=20, batch_size=8, patience=4, weight_decay=0.01),
    "sgd": Recipe(solver="sgd", epochs=20, penalties={}, l1=0.01),
    "scg": Recipe(solver="scg", epochs=20),
    "lbfgs": Recipe(solver="lbfgs", epochs=20),
}


def members(size: int = 12, dropout: bool = False) -> shoal.Population:
    between = [Dropout(0.2)] if dropout else []
    return shoal.Network(1, [Dense(4, "tanh"), *between, Dense(1)]).population(size, dtype="float64")


def halved_by(
    population: shoal.Population, recipe: Recipe, first: int, weight: object = None, **options: Any
) -> TrainingResult:
    """Halve a population on the samples above, as its network takes them."""
    samples, judges = (
        Samples.of(population.network, *arrays, dtype="float64") for arrays in ((X, Y, weight), VALIDATION)
    )
    return train_halving(population, samples, recipe, first, validation=judges, **options)


@pytest.mark.parametrize("engine", ["native", "reference"])
@pytest.mark.parametrize("name", RECIPES)
def test_who_trains_on_is_the_same_bits_as_without_the_others(name: str, engine: str) -> None:
    recipe, population = RECIPES[name], members(dropout=name in ("adam", "patience"))
    if recipe.rule.takes_learning_rate:
        recipe = replace(recipe, learning_rate=tuple(np.geomspace(1e-3, 0.1, 12).tolist()))
    halved = halved_by(population, recipe, 3, engine=engine)
    whole = shoal.train(population, X, Y, recipe, validation=VALIDATION, engine=engine)
    for p, epochs in enumerate(halved.history.epochs.tolist()):
        np.testing.assert_array_equal(halved.history.loss[p, :epochs], whole.history.loss[p, :epochs])
        if halved.history.reasons[p] != "outdone":
            np.testing.assert_array_equal(halved.population.theta[p], whole.population.theta[p])
            assert halved.history.reasons[p] == whole.history.reasons[p]
            assert epochs == whole.history.epochs[p]


def test_the_worse_half_ends_at_every_rung() -> None:
    history = halved_by(members(), RECIPES["adam"], 3).history
    assert np.sort(history.epochs).tolist() == [3] * 6 + [6] * 3 + [12] + [20, 20]
    assert history.reasons.count("outdone") == 10
    assert history.validation_loss is not None
    at = {epochs: np.flatnonzero(history.epochs >= epochs) for epochs in (3, 6, 12)}
    for epochs, there in at.items():
        losses = history.validation_loss[there, epochs - 1]
        stays = history.epochs[there] > epochs
        assert losses[stays].max() < losses[~stays].min()


def test_those_that_end_keep_the_parameters_they_had() -> None:
    halved = halved_by(members(), RECIPES["adam"], 3)
    ended = int(np.flatnonzero(halved.history.epochs == 3)[0])
    run = shoal.begin(members(), X, Y, RECIPES["adam"], validation=VALIDATION)
    run.advance(3)
    np.testing.assert_array_equal(halved.population.theta[ended], run.population.theta[ended])


def test_what_diverges_is_outdone_by_all_others() -> None:
    recipe = Recipe(solver="gradient_descent", epochs=12, learning_rate=(1e-3, 1e300, 1e-2, 1e300))
    history = halved_by(members(4), recipe, 2).history
    assert [history.reasons[p] for p in (1, 3)] == ["diverged", "diverged"]
    assert sorted(history.epochs[[0, 2]].tolist()) == [4, 12]


def test_one_member_and_a_late_rung_are_a_plain_training() -> None:
    for size, first in ((1, 2), (4, 20), (4, 99)):
        halved = halved_by(members(size), RECIPES["adam"], first)
        whole = shoal.train(members(size), X, Y, RECIPES["adam"], validation=VALIDATION)
        np.testing.assert_array_equal(halved.population.theta, whole.population.theta)
        assert halved.history.reasons == ["epochs"] * size


def test_a_weight_counts_and_no_epoch_is_too_few() -> None:
    weight = np.linspace(0.1, 2, 48)
    halved = halved_by(members(4), RECIPES["sgd"], 5, weight)
    whole = shoal.train(members(4), X, Y, RECIPES["sgd"], validation=VALIDATION, sample_weight=weight)
    best = int(halved.history.epochs.argmax())
    np.testing.assert_array_equal(halved.population.theta[best], whole.population.theta[best])
    with pytest.raises(ConfigurationError, match="halving must be a whole number ≥ 1, got 0"):
        halved_by(members(4), RECIPES["sgd"], 0)
