"""Networks that tag every step: who is picked, by steps that count, and their mean for any length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.errors import DataError
from shoal.layers import Dense, Flatten
from shoal.losses import StepCrossEntropy
from shoal.mixtures import taggers as module
from shoal.mixtures.taggers import FEWEST_EPOCHS, KINDS, MOST_EPOCHS, Tagged, Taggers
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.sequences import Sequences
from shoal.shapes import Array

T, K = 4, 2
STEPS = np.array([[[1.0, -1, 1, 0]], [[-1.0, 1, 0, 0]]])
HELD = Tagged(Sequences(STEPS, [3, 2]), np.array([[1, 0, 1, -1], [0, 1, -1, -1]]), K, None)
"""Whose class is whether a step is above 0."""


def steps(*weights: float) -> Population:
    """Return a member for each weight w, whose class 1 has the logit w x and class 0 has 0."""
    network = Network((1, T), [Dense(K), Flatten()], StepCrossEntropy(T))
    theta = np.zeros((len(weights), network.n_parameters))
    network.views(theta)[0]["W"][:, 1, 0] = weights
    return Population(network, theta, network.population(len(weights), seed=0).keys)


def sigmoid(z: Any) -> Array:
    return 1 / (1 + np.exp(-np.asarray(z, dtype=float)))


class Result:
    """What a training has come to; of members that have diverged the weights before."""

    def __init__(self, population: Population, diverged: Array | None = None) -> None:
        self.population = population
        self.diverged = np.zeros(population.size, dtype=bool) if diverged is None else diverged


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> dict[str, Result]:
    """Let what comes of each kind be that of a dictionary, without training."""
    kinds: dict[str, Result] = {}
    names = iter(KINDS)
    monkeypatch.setattr(module, "train", lambda *_, **__: kinds[next(names)])
    return kinds


WINDOWS, BOTH_WAYS = KINDS


def fitted() -> Taggers:
    return Taggers.fit(HELD, HELD, 2, 1e9, 0, 1)


def test_networks_that_are_right_are_picked_and_their_mean_predicts(trained: Any) -> None:
    trained.update({WINDOWS: Result(steps(-3.0, 2.0)), BOTH_WAYS: Result(steps(-1.0, -2.0))})
    found = fitted()
    assert [population.size for population in found.populations] == [1]
    assert [weights.tolist() for weights in found.weights] == [[1.0]]
    assert [(each.words, each.accuracy, each.weight) for each in found.candidates] == [
        (WINDOWS, 1.0, 1.0),
        (BOTH_WAYS, 0.0, 0.0),
    ]
    assert (found.accuracy, found.n_classes) == (1.0, K)
    p = found.predict(HELD.sequences)
    assert p.shape == (2, T, K)
    np.testing.assert_allclose(p[..., 1], sigmoid(2 * STEPS[:, 0]), rtol=1e-6)
    np.testing.assert_allclose(p.sum(axis=2), 1)


def test_steps_beyond_an_end_count_for_nothing(trained: Any) -> None:
    """Of the five steps three are above 0: the last ones of either row have no class."""
    trained.update({WINDOWS: Result(steps(0.0, 0.0)), BOTH_WAYS: Result(steps(0.0, 0.0))})
    found = fitted()
    assert [each.accuracy for each in found.candidates] == [2 / 5, 2 / 5]  # of equal ones class 0 is called
    assert found.accuracy == 2 / 5


def test_members_of_several_kinds_count_as_often_as_they_were_picked(trained: Any) -> None:
    trained.update({WINDOWS: Result(steps(9.0, 8.0)), BOTH_WAYS: Result(steps(-9.0, -8.0))})
    rng = np.random.default_rng(0)
    noisy = np.where(rng.uniform(size=(1, 200)) < 0.8, 1, 0)
    of = Tagged(Sequences(np.ones((1, 1, 200)), [200]), noisy, K, None)
    found = Taggers.fit(of, of, 2, 1e9, 0, 1)
    share = noisy.mean()
    total = sum(float(weights.sum()) for weights in found.weights)
    assert total == pytest.approx(1)
    assert sum(each.weight for each in found.candidates) == pytest.approx(1)
    assert len(found.populations) > 1
    longer = Sequences(np.ones((3, 1, 300)), [300, 1, 7])
    p = found.predict(longer)
    assert p.shape == (3, 300, K)
    assert p[0, 0, 1] == pytest.approx(share, abs=0.05)  # the mean is as sure as the steps are mixed


def test_networks_that_diverged_are_never_picked_however_good_they_are(trained: Any) -> None:
    first, second = np.array([True, False]), np.array([True, True])
    trained.update({WINDOWS: Result(steps(9.0, 1.0), first), BOTH_WAYS: Result(steps(9.0, 9.0), second)})
    found = fitted()
    (population,) = found.populations
    np.testing.assert_array_equal(population.theta, steps(1.0).theta)
    assert [(each.words, each.weight) for each in found.candidates] == [(WINDOWS, 1.0)]


def test_where_every_network_diverged_it_is_said(trained: Any) -> None:
    lost = np.array([True, True])
    trained.update({WINDOWS: Result(steps(1.0, 2.0), lost), BOTH_WAYS: Result(steps(1.0, 2.0), lost)})
    with pytest.raises(DataError) as refused:
        fitted()
    assert str(refused.value) == "every network diverged; are there values far larger than all others?"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("vocabulary", [None, 9])
def test_networks_give_every_step_its_classes(kind: str, vocabulary: int | None) -> None:
    words = np.zeros((2, 1, T), dtype=int)
    of = Tagged(Sequences(STEPS if vocabulary is None else words, [3, 2]), HELD.labels, 3, vocabulary)
    network = of.network(kind)
    assert network.n_outputs == 3 * T
    assert (network.layers[0].name == "embedding") == (vocabulary is not None)
    assert isinstance(network.loss, StepCrossEntropy)


def test_some_of_the_sequences_keep_their_labels() -> None:
    some = HELD[np.array([1])]
    assert (some.labels.tolist(), some.sequences.lengths.tolist()) == ([[0, 1, -1, -1]], [2])


@pytest.mark.parametrize(("times", "epochs"), [(0.0, FEWEST_EPOCHS), (7.9, 7), (1e9, MOST_EPOCHS)])
def test_each_kind_has_its_part_of_the_budget(
    monkeypatch: pytest.MonkeyPatch, times: float, epochs: int
) -> None:
    asked: dict[str, Any] = {}

    def train(network: Network, X: Any, y: Any, **settings: Any) -> Result:
        asked.update(settings, network=network)
        return Result(steps(1.0))

    monkeypatch.setattr(module, "train", train)
    epoch = 3 * HELD.network(WINDOWS).operations * 2 * 5  # to and fro, of two sequences from five starts
    module._trained(HELD, HELD, WINDOWS, 5, times * epoch * len(KINDS), 11, 1)
    assert (asked["epochs"], asked["starts"], asked["seed"], asked["batch_size"]) == (epochs, 5, 11, 2)
    assert asked["sample_weight"].tolist() == asked["validation"][2].tolist() == [3, 2]
