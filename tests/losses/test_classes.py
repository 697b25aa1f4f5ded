"""The cross-entropy of every step: the mean over valid steps, whatever stands beyond them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.layers import GRU, Bidirectional, Conv1D, Dense, Flatten
from shoal.losses import CrossEntropy, LogLoss, StepCrossEntropy
from shoal.networks.backprop import data_loss
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.sequences import Sequences
from shoal.shapes import Array

K, T, LENGTHS = 3, 7, np.array([7, 5, 1])


def labels(steps: int = T) -> Array:
    y = np.random.default_rng(0).integers(K, size=(len(LENGTHS), T))
    y = np.where(np.arange(T) < LENGTHS[:, None], y, -1)
    return np.pad(y, ((0, 0), (0, steps - T)), constant_values=-1)


def logits(P: int = 2) -> Array:
    return np.random.default_rng(1).normal(size=(P, K * T, len(LENGTHS)))


def tagger(steps: int = T) -> Network:
    layers = [Conv1D(4, 3, padding="same", activation="tanh"), Bidirectional(GRU(2, return_sequences=True))]
    return Network((2, steps), [*layers, Dense(K), Flatten()], StepCrossEntropy(steps))


def sequences(steps: int = T) -> Sequences:
    X = np.random.default_rng(2).normal(size=(len(LENGTHS), 2, T))
    return Sequences(np.pad(X, ((0, 0), (0, 0), (0, steps - T))), LENGTHS)


def test_it_is_the_mean_of_the_cross_entropies_of_valid_steps() -> None:
    loss, z, y = StepCrossEntropy(T), logits(), labels()
    value, one = loss.value(z, loss.encode(y, K * T)), CrossEntropy()
    for i, length in enumerate(LENGTHS):
        column = z[..., i].reshape(2, K, T)[..., :length]
        expected = one.value(column, one.encode(y[i, :length], K)).mean(axis=-1)
        np.testing.assert_allclose(value[:, i], expected, rtol=1e-13)


def test_of_one_step_it_is_cross_entropy() -> None:
    loss, z, one = StepCrossEntropy(1), np.random.default_rng(0).normal(size=(2, K, 4)), CrossEntropy()
    y = loss.encode(np.array([[0], [2], [1], [1]]), K)
    assert (y == one.encode([0, 2, 1, 1], K)).all()
    np.testing.assert_allclose(loss.value(z, y), one.value(z, y), rtol=1e-15)
    np.testing.assert_allclose(loss.delta(z, y), one.delta(z, y), rtol=1e-15)
    assert (loss.predict(z) == one.predict(z)).all()


def test_delta_equals_central_differences() -> None:
    loss, z, h = StepCrossEntropy(T), logits(1), 1e-6
    y, delta = loss.encode(labels(), K * T), np.empty_like(z)
    for k in range(K * T):
        up, down = z.copy(), z.copy()
        up[:, k] += h
        down[:, k] -= h
        delta[:, k] = (loss.value(up, y) - loss.value(down, y)) / (2 * h)
    np.testing.assert_allclose(loss.delta(z, y), delta, rtol=0, atol=1e-9)
    beyond = loss.delta(z, y).reshape(K, T, -1)
    assert not beyond[:, np.arange(T)[:, None] >= LENGTHS].any()


def test_predictions_of_each_step_sum_to_one() -> None:
    a = StepCrossEntropy(T).predict(logits()).reshape(2, K, T, -1)
    np.testing.assert_allclose(a.sum(axis=1), 1, rtol=1e-14)


def test_gradients_of_a_network_equal_central_differences() -> None:
    network, some = tagger(), sequences()
    theta = network.population(1, seed=3, dtype="float64").theta
    x, y = some.X.reshape(len(some), -1).T[None], network.criterion.encode(labels(), K * T)
    share = LENGTHS[None] / LENGTHS.sum()

    def objective(at: Array) -> tuple[Array, Array]:
        return data_loss(network, at, x, y, share, lengths=LENGTHS[None])

    gradient, h = objective(theta)[1], 1e-6
    for d in range(network.n_parameters):
        step = np.zeros_like(theta)
        step[0, d] = h
        numerical = (objective(theta + step)[0] - objective(theta - step)[0]) / (2 * h)
        assert gradient[0, d] == pytest.approx(numerical[0], abs=1e-8)


def test_how_far_sequences_are_padded_changes_no_bit() -> None:
    settings: dict[str, Any] = {"epochs": 3, "learning_rate": 0.01, "sample_weight": LENGTHS, "seed": 1}
    short = train(tagger(), sequences(), labels(), starts=2, **settings)
    long = train(tagger(T + 4), sequences(T + 4), labels(T + 4), starts=2, **settings)
    assert (short.population.theta == long.population.theta).all()
    assert (short.history.loss == long.history.loss).all()


def test_it_is_learnt() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2, T))
    y = (X[:, 0] > 0) + (X[:, 1] > 0).astype(int)
    network = tagger()
    result = train(network, Sequences(X, np.full(40, T)), y, starts=2, epochs=150, learning_rate=0.02)
    tags = result.population.predict(X).reshape(2, 40, K, T).argmax(axis=2)
    assert (tags == y).mean() > 0.9


@pytest.mark.parametrize(
    ("y", "outputs", "error", "reason"),
    [
        ([[0, 1]], 5, ConfigurationError, "the network has 5"),
        ([[0, 1]], 2, ConfigurationError, "2 or more classes, the network has 2"),
        ([0, 1], 4, DataError, r"\(N, 2\)"),
        ([[0, 1, 1]], 4, DataError, "shape"),
        ([[0.0, 1.0]], 4, DataError, "float64"),
        ([[0, 2]], 4, DataError, "label 2"),
        ([[0, -2]], 4, DataError, "label -2"),
        ([[0, 1], [-1, -1]], 4, DataError, "sample 1"),
    ],
)
def test_refuses_what_it_cannot_take(y: Any, outputs: int, error: Any, reason: str) -> None:
    with pytest.raises(error, match=reason):
        StepCrossEntropy(2).encode(y, outputs)


def test_a_loss_with_a_link_still_ends_with_a_dense_layer() -> None:
    with pytest.raises(ConfigurationError, match="must be Dense"):
        Network((2, 5), [Dense(3, "tanh"), Flatten()], StepCrossEntropy(5))
    with pytest.raises(ConfigurationError, match="must be Dense"):
        Network((2, 5), [Conv1D(3, 2), Flatten()], LogLoss())


@pytest.mark.parametrize("steps", [0, 1.5, "2"])
def test_steps_are_counted(steps: Any) -> None:
    with pytest.raises(ConfigurationError, match="the steps of step_cross_entropy"):
        StepCrossEntropy(steps)
