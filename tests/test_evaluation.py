from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pytest

from shoal import backprop, engines
from shoal.engines.reference import ReferenceEngine
from shoal.evaluation import sample_losses, sample_outputs
from shoal.layers import Dense
from shoal.network import Network
from shoal.shapes import Array

Data: TypeAlias = tuple[Network, Array, Array, Array]


@dataclass(frozen=True)
class Doubling(Dense):
    """Somebody's own layer, of which no compiled module knows."""

    def forward(self, *arguments: object) -> tuple[Array, object]:
        a, cache = super().forward(*arguments)  # type: ignore[arg-type]
        return 2 * a, cache


@pytest.fixture
def data() -> Data:
    network = Network(2, [Dense(3, "tanh"), Dense(4)], "cross_entropy")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(9000, 2))
    return (
        network,
        network.population(2, dtype="float64").theta,
        X,
        network.criterion.encode(np.arange(9000) % 4, 4),
    )


def test_losses_are_those_of_the_outputs_and_of_the_reference(
    data: Data,
) -> None:
    network, theta, X, y = data
    losses = sample_losses(network, theta, X, y)
    z = sample_outputs(network, theta, X)
    logarithms = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(losses, -(logarithms * y).sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(losses, backprop.sample_losses(network, theta, X, y), rtol=1e-9)


def test_without_a_compiled_module_numpy_does_it(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    network, theta, X, _ = data
    expected = backprop.sample_outputs(network, theta, X)
    monkeypatch.setattr(engines, "ENGINES", {"reference": ReferenceEngine()})
    np.testing.assert_array_equal(sample_outputs(network, theta, X), expected)


def test_a_layer_that_somebody_else_wrote_is_left_to_numpy() -> None:
    plain, own = (Network(2, [Dense(3, "tanh"), last]) for last in (Dense(1), Doubling(1)))
    X = np.random.default_rng(0).normal(size=(5, 2))
    theta = plain.population(2, dtype="float64").theta
    np.testing.assert_allclose(sample_outputs(own, theta, X), 2 * sample_outputs(plain, theta, X), rtol=1e-12)


def test_arrays_of_any_layout(data: Data) -> None:
    network, theta, X, _ = data
    expected = sample_outputs(network, theta[:1], X[::2])
    across, down = np.asfortranarray(theta)[:1], np.asfortranarray(X)[::2]
    np.testing.assert_array_equal(sample_outputs(network, across, down), expected)
