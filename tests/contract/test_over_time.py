"""Recurrent networks in training: every kind of solver, minibatches, dropout, the engine that is chosen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES, choose_engine
from shoal.errors import ConfigurationError
from shoal.layers import GRU, LSTM, RNN, Bidirectional, Dense, Dropout, Layer
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.run import Run
from shoal.populations.trainer import begin, train
from shoal.sequences import Sequences
from shoal.shapes import Array
from shoal.training.recipe import Recipe

C, T, N = 2, 9, 40
STACKS: dict[str, list[Layer]] = {
    "rnn": [RNN(6)],
    "gru": [GRU(5)],
    "lstm": [LSTM(5)],
    "in reverse, stacked": [LSTM(4, return_sequences=True), GRU(4, reverse=True)],
    "both ways": [Bidirectional(GRU(3, return_sequences=True)), Bidirectional(RNN(3))],
    "every option": [LSTM(5, layer_norm=True, initial_state="learnt")],
}
NOISY: list[Layer] = [LSTM(5, recurrent_dropout=0.2), Dropout(0.2)]


def data(seed: int = 0) -> tuple[Sequences, Array]:
    """Return sequences, and what only those tell that remember: the first step less the last valid one."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, T + 1, size=N)
    X = rng.normal(size=(N, C, T))
    return Sequences(X, lengths), X[:, 0, 0] - X[np.arange(N), 1, lengths - 1]


def network(layers: list[Layer]) -> Network:
    return Network((C, T), [*layers, Dense(1)])


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "scg"])
@pytest.mark.parametrize("layers", STACKS.values(), ids=STACKS)
def test_they_learn_what_is_to_be_remembered(layers: list[Layer], solver: str) -> None:
    X, y = data()
    settings: dict[str, Any] = {"learning_rate": 0.03, "batch_size": 20} if solver == "adam" else {}
    result = train(network(layers), X, y, starts=12, solver=solver, epochs=400, **settings)
    left = np.nanmin(result.history.loss, axis=1) / result.history.loss[:, 0]
    assert left.max() < 1
    assert left.min() < 0.3  # others may be in a plain, which ones is a matter of the last bits
    trained, z = result.population, result.population.outputs(X)
    again = Population(Network.from_config(network(layers).to_config()), trained.theta, trained.keys)
    assert np.array_equal(again.outputs(X), z)


@pytest.mark.parametrize("layers", [*STACKS.values(), NOISY], ids=[*STACKS, "noisy"])
@pytest.mark.parametrize("batch_size", [None, 8])
def test_neither_padding_nor_company_changes_a_bit(layers: list[Layer], batch_size: int | None) -> None:
    X, y = data()
    wide = np.concatenate([X.X, np.full((N, C, 3), np.nan)], axis=2)
    settings: dict[str, Any] = {"epochs": 4, "batch_size": batch_size, "learning_rate": 0.01}
    one = train(network(layers), X, y, starts=3, **settings).population
    long = Network((C, T + 3), [*layers, Dense(1)])
    padded = Sequences(wide, X.lengths)
    other = train(long, padded, y, starts=3, **settings).population
    assert np.array_equal(one.theta, other.theta)
    assert np.array_equal(one.outputs(X), other.outputs(padded))
    alone = network(layers).population(1, first_start=2)
    assert np.array_equal(train(alone, X, y, **settings).population.theta[0], one.theta[2])


def test_noise_is_drawn_anew_at_every_step_and_none_in_predictions() -> None:
    X, y = data()
    settings: dict[str, Any] = {"starts": 2, "epochs": 3, "solver": "sgd", "dtype": "float64"}
    plain, noisy = (
        train(network([LSTM(5, recurrent_dropout=rate)]), X, y, **settings).population for rate in (0, 0.5)
    )
    assert not np.array_equal(plain.theta, noisy.theta)
    assert np.array_equal(noisy.outputs(X), Population(plain.network, noisy.theta, noisy.keys).outputs(X))
    with pytest.raises(ConfigurationError, match="lbfgs needs the same function at every step, and dropout"):
        train(network([LSTM(5, recurrent_dropout=0.5)]), X, y, solver="lbfgs")


def test_truncated_gradients_are_followed_and_not_searched_along() -> None:
    X, y = data()
    cut = network([Bidirectional(GRU(4, truncate=3))])
    losses = train(cut, X, y, starts=2, epochs=60, learning_rate=0.03).history.loss
    assert (losses[:, -1] < losses[:, 0] / 2).all()
    with pytest.raises(ConfigurationError, match="scg searches along the gradient of J, and a truncated one"):
        train(cut, X, y, solver="scg")


def test_a_training_is_stepped() -> None:
    X, y = data()
    settings: dict[str, Any] = {"starts": 2, "epochs": 6, "batch_size": 7}
    whole = train(network(NOISY), X, y, **settings).population.theta
    run: Run = begin(network(NOISY), X, y, **settings)
    while not run.done:
        run.advance(2)
    assert np.array_equal(run.population.theta, whole)


@pytest.mark.skipif("native" not in ENGINES, reason="this installation has no compiled engine")
@pytest.mark.parametrize("setting", [{"recurrent_dropout": 0.5}, {"truncate": 3}, {"layer_norm": True}])
def test_the_compiled_engine_takes_every_setting(setting: dict[str, Any]) -> None:
    for cell in RNN, GRU, LSTM:
        layers = network([Bidirectional(cell(2, **setting))])
        assert choose_engine("auto", layers).name == choose_engine("auto", layers, Recipe()).name == "native"
