"""States over time, what an output depends on, and gradients at states, of recurrent networks."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.explanation import in_time
from shoal.layers import GRU, LSTM, RNN, Bidirectional, Conv1D, Dense, GlobalAveragePool1D, Layer
from shoal.networks import backprop
from shoal.populations.network import Network
from shoal.sequences import Sequences

NETWORKS: dict[str, list[Layer]] = {
    "last": [LSTM(3), Dense(3)],
    "both, pooled": [Bidirectional(GRU(3, return_sequences=True)), GlobalAveragePool1D(), Dense(3)],
    "above a convolution": [Conv1D(3, 3, padding="same"), RNN(3, reverse=True), Dense(3)],
}
every_network = pytest.mark.parametrize("name", NETWORKS)


def made(name: str) -> tuple[Network, np.ndarray, Sequences]:
    network = Network((2, 6), NETWORKS[name], "cross_entropy")
    rng = np.random.default_rng(1)
    theta = network.population(1, dtype="float64").theta
    return network, theta + rng.normal(0, 0.1, theta.shape), Sequences(rng.normal(size=(3, 2, 6)), [6, 4, 1])


@every_network
def test_salience_is_that_of_differences_times_the_input(name: str) -> None:
    network, theta, series = made(name)
    outputs, step = np.array([0, 2, 1]), 1e-5
    found = in_time.salience(network, theta, series, outputs)

    def scores(X: np.ndarray) -> np.ndarray:
        z = backprop.sample_outputs(network, theta, X.reshape(len(X), -1), series.lengths)
        return z[0, outputs, np.arange(3)]

    for c in range(2):
        for t in range(6):
            up, down = series.X.copy(), series.X.copy()
            valid = t < series.lengths
            up[valid, c, t] += step
            down[valid, c, t] -= step
            slope = (scores(up) - scores(down)) / (2 * step)
            np.testing.assert_allclose(found[:, c, t], slope * series.X[:, c, t], atol=1e-9)


def test_of_two_classes_with_one_output_the_other_class_is_the_opposite() -> None:
    network = Network((1, 4), [RNN(2), Dense(1)], "log_loss")
    theta, series = network.population(1, dtype="float64").theta, Sequences.of([[1.0, 2.0, -1.0, 0.5]])
    one, other = (in_time.salience(network, theta, series, np.array([k])) for k in (1, 0))
    assert np.abs(one).max() > 0
    np.testing.assert_array_equal(one, -other)


@every_network
def test_states_end_with_what_the_layer_gives(name: str) -> None:
    network, theta, series = made(name)
    index = in_time.required_layer(network)
    x = series.X[0]
    found = in_time.states(network, theta, x)
    assert found.shape == ((6 if "both" in name else 3), 6)
    shorter = Network((2, 6), network.layers, "cross_entropy")
    a, _ = in_time._forward(shorter, theta, Sequences.of([x]), index + 1)
    last = found[:, 0] if "convolution" in name else found[:, -1]
    np.testing.assert_allclose(found if a.ndim == 4 else last, a[0, ..., 0])


@every_network
def test_reach_begins_at_one_and_for_every_direction_and_never_ends(name: str) -> None:
    network, theta, series = made(name)
    y = np.eye(3)
    found = in_time.reach(network, theta, series, y)
    assert list(found) == {"last": ["forward"], "both, pooled": ["forward", "backward"]}.get(
        name, ["backward"]
    )
    for line in found.values():
        assert line.shape == (6,)
        assert line[0] == 1
        assert (line > 0).all()


def test_of_a_linear_network_reach_is_a_power_of_its_weight() -> None:
    network = Network((1, 4), [RNN(1, activation="identity"), Dense(1)])
    theta = np.array([[1.0, 0.5, 0.0, 1.0, 0.0]])
    series = Sequences(np.ones((2, 1, 4)), [4, 2])
    (found,) = in_time.reach(network, theta, series, np.array([[0.0, 3.0]])).values()
    np.testing.assert_allclose(found, [1, 0.5, 0.25, 0.125])


def test_a_network_without_states_has_none() -> None:
    network = Network((1, 4), [GlobalAveragePool1D(), Dense(1)])
    assert in_time.recurrent_layer(network) is None
    with pytest.raises(ConfigurationError, match="a recurrent layer on sequences"):
        in_time.states(network, np.zeros((1, 2)), np.ones((1, 4)))


@every_network
def test_padding_changes_no_reach(name: str) -> None:
    network, theta, series = made(name)
    y = np.eye(3)[:, :1]
    padded = in_time.reach(network, theta, Sequences(series.X[1:2], [4]), y)
    short = Network((2, 4), network.layers, "cross_entropy")
    plain = in_time.reach(short, theta, Sequences(series.X[1:2, :, :4], [4]), y)
    for way, line in plain.items():
        np.testing.assert_allclose(padded[way][:4], line, rtol=1e-12)
        assert np.isnan(padded[way][4:]).all()
        assert (line[1:] != 1).all()
