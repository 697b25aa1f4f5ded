from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.layers import GRU, Bidirectional, Dense, Dropout, Embedding
from shoal.layers.base import Context, Role
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.sequences import Sequences

E = np.arange(24.0).reshape(2, 4, 3)  # P = 2 members, 4 words, 3 dimensions


@pytest.mark.parametrize("shape", [(3,), (1, 3)])
def test_numbers_by_hand(shape: tuple[int, ...]) -> None:
    layer = Embedding(4, 3)
    a = np.array([[2.0, 1, 2], [3, 0, 0]]).T.reshape(1, *shape, 2)  # the second ends after one word
    context = Context(lengths=np.array([[3, 1]]))
    out, cache = layer.forward({"E": E}, a, context)
    assert out[1, :, :, 0].T.tolist() == [[18, 19, 20], [15, 16, 17], [18, 19, 20]]
    assert out[0, :, :, 1].T.tolist() == [[9, 10, 11], [0, 0, 0], [0, 0, 0]]
    gradients = {"E": np.full_like(E, np.nan)}
    grad_in = layer.backward({"E": E}, cache, np.ones_like(out), gradients, propagate=True)
    assert gradients["E"][:, :, 0].tolist() == [[0, 1, 2, 1]] * 2  # the padding is no word 0
    assert grad_in is not None
    assert grad_in.shape == (2, *shape, 2)
    assert layer.backward({"E": E}, cache, out, gradients, propagate=False) is None


def test_the_gradient_is_added_sample_by_sample() -> None:
    layer, rng = Embedding(3, 2), np.random.default_rng(0)
    k = rng.integers(3, size=(1, 9, 40))
    table = rng.normal(size=(1, 3, 2)).astype(np.float32)
    out, cache = layer.forward({"E": table}, k.astype(np.float32), Context())
    grad = rng.normal(size=out.shape).astype(np.float32)
    found = {"E": np.empty_like(table)}
    layer.backward({"E": table}, cache, grad, found, propagate=False)
    expected = np.zeros_like(table)
    for n in range(40):
        for t in range(9):
            expected[0, k[0, t, n]] += grad[0, :, t, n]
    assert np.array_equal(found["E"], expected)
    wide = np.concatenate([k, np.zeros((1, 5, 40), int)], axis=1).astype(np.float32)
    out, cache = layer.forward({"E": table}, wide, Context(lengths=np.full((1, 40), 9)))
    assert not out[:, :, 9:].any()
    layer.backward({"E": table}, cache, np.concatenate([grad, out[:, :, 9:]], axis=2), found, propagate=False)
    assert np.array_equal(found["E"], expected)


def test_words_are_learnt_and_not_made_smaller() -> None:
    X = Sequences.of([[1, 2], [2, 1, 3], [3], [1, 1, 1]])
    y = [1, 1, 0, 1]
    network = Network((1, 3), [Embedding(5, 2), GRU(3), Dense(1)], "log_loss")
    assert network.layers[0].role("E") is Role.OFFSET
    settings: dict[str, Any] = {"starts": 2, "epochs": 60, "learning_rate": 0.05}
    result = train(network, X, y, **settings)
    assert (result.history.loss[:, -1] < result.history.loss[:, 0] / 2).all()
    before, after = (
        network.views(theta)[0]["E"] for theta in (network.population(2).theta, result.population.theta)
    )
    assert np.array_equal(before[:, [0, 4]], after[:, [0, 4]])  # words that no sequence has: 0 is padding
    decayed = train(network, X, y, weight_decay=0.1, l2=1.0, **settings)
    assert np.array_equal(network.views(decayed.population.theta)[0]["E"][:, 4], before[:, 4])
    assert Network.from_config(network.to_config()) == network


@pytest.mark.parametrize(
    ("word", "message"),
    [
        (5, "X must be whole numbers from 0 to 4, the vocabulary's, got 5 in sample 1 at step 2"),
        (-1, "X must be whole numbers from 0 to 4, the vocabulary's, got -1 in sample 1 at step 2"),
        (0.5, "X must be whole numbers from 0 to 4, the vocabulary's, got 0.5 in sample 1 at step 2"),
    ],
)
@pytest.mark.parametrize("inputs", [3, (1, 3)])
def test_words_that_are_none(inputs: Any, word: float, message: str) -> None:
    network = Network(inputs, [Embedding(5, 2), GRU(3), Dense(1)])
    X = np.ones((2, 3))
    X[1, 2] = word
    for call in (lambda: train(network, X, [0, 1]), lambda: network.population(1).predict(X)):
        with pytest.raises(DataError) as raised:
            call()
        assert str(raised.value) == message


def test_what_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="the vocabulary of embedding must be a whole number ≥ 1"):
        Embedding(0, 3)
    with pytest.raises(ConfigurationError, match="the vocabulary of embedding is 16777216 at most, got"):
        Embedding(2**24 + 1, 3)
    with pytest.raises(ConfigurationError, match=r"takes sequences of one whole number.* got \(2, 7\)"):
        Network((2, 7), [Embedding(5, 2), GRU(3), Dense(1)])
    with pytest.raises(ConfigurationError, match="takes data alone, so it must be the first layer"):
        Network(7, [Dropout(0.1), Embedding(5, 2), Bidirectional(GRU(3)), Dense(1)])


def test_the_table_begins_as_small_as_is_asked_for() -> None:
    network, smaller = (
        Network((1, 3), [Embedding(500, 20, deviation), GRU(2)]).population(2, seed=0)
        for deviation in (1.0, 0.1)
    )
    np.testing.assert_allclose(smaller.theta[:, :10_000], 0.1 * network.theta[:, :10_000], rtol=1e-6)
    assert smaller.theta[0, :10_000].std() == pytest.approx(0.1, rel=0.03)


@pytest.mark.parametrize("deviation", [-1, float("nan"), float("inf"), "1", True])
def test_an_impossible_deviation_is_refused(deviation: Any) -> None:
    with pytest.raises(ConfigurationError, match="deviation of embedding"):
        Embedding(4, 3, deviation)
