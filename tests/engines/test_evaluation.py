from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pytest

from shoal import engines
from shoal.engines import ENGINES, evaluation
from shoal.engines.evaluation import sample_losses, sample_outputs
from shoal.engines.reference import ReferenceEngine
from shoal.errors import DataError
from shoal.layers import Dense
from shoal.losses import LOSSES
from shoal.networks import backprop
from shoal.populations.network import Network
from shoal.shapes import Array
from shoal.training.problem import Samples

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
    losses = sample_losses(network, theta, Samples(X, y, np.ones((1, len(X)))))
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


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("loss", LOSSES)
def test_no_prediction_is_nan_in_silence(monkeypatch: pytest.MonkeyPatch, loss: str, engine: str) -> None:
    """Sums that overflow are an error that names the network and the row, in both engines."""
    monkeypatch.setattr(evaluation, "choose_engine", lambda *_: ENGINES[engine])
    population = Network(2, [Dense(3, "relu"), Dense(2)], loss).population(3, dtype="float64")
    population.weights[0][1], population.biases[0][1] = [[1e308, 0], [0, 1e308], [0, 0]], 0
    population.weights[1][1] = [1e308, -1e308, 0]
    rows = [[0.0, 0.0], [0.0, 0.0], [3.0, 4.0]]
    assert np.isnan(population.outputs(rows)[1]).any()
    with pytest.raises(
        DataError,
        match=r"^1 of 3 networks predict no finite number for 1 of 3 rows, the first .* 2 for row 3:",
    ):
        population.predict(rows)
    assert np.isfinite(population.members([0, 2]).predict(rows)).all()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_what_overflows_in_single_precision_has_its_sign(
    monkeypatch: pytest.MonkeyPatch, order: list[int], engine: str
) -> None:
    """3e38 · 9e38 − 3e38 · 12e38, whichever of the two comes first, is −∞, and not the other's ∞, nor NaN."""
    monkeypatch.setattr(evaluation, "choose_engine", lambda *_: ENGINES[engine])
    network = Network(2, [Dense(2), Dense(1)], "log_loss")
    population = network.population(2, seed=1, dtype="float32")
    rows = np.array([[3.0, 4.0], [0.5, 0.0]], np.float32)
    alone = population.members([0]).outputs(rows)
    population.weights[0][1], population.biases[0][1] = np.diag([3e38, 3e38])[order], 0
    population.weights[1][1], population.biases[1][1] = np.array([3e38, -3e38])[order], 0
    outputs = population.outputs(rows)
    assert outputs[1].ravel().tolist() == [-np.inf, np.inf]
    assert population.predict(rows)[1].ravel().tolist() == pytest.approx([0, 1], abs=1e-30)
    np.testing.assert_array_equal(outputs[:1], alone)  # bits that know nothing of their company


@pytest.mark.parametrize("engine", ENGINES)
def test_what_overflows_in_double_precision_is_no_number(
    monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    """Of 1e200 · 1e200 − 1e200 · 2e200 a sum with fused products would say ∞, or −∞, or NaN."""
    monkeypatch.setattr(evaluation, "choose_engine", lambda *_: ENGINES[engine])
    population = Network(2, [Dense(2), Dense(1)], "log_loss").population(1, dtype="float64")
    population.weights[0][0], population.biases[0][0] = np.diag([1e200, 1e200]), 0
    population.weights[1][0], population.biases[1][0] = [1e200, -1e200], 0
    with pytest.raises(DataError, match="1 of 1 networks predict no finite number for 1 of 2 rows"):
        population.predict([[0.0, 0.0], [1.0, 2.0]])


@pytest.mark.parametrize("engine", ENGINES)
def test_an_infinite_logit_has_a_limit(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    monkeypatch.setattr(evaluation, "choose_engine", lambda *_: ENGINES[engine])
    population = Network(1, [Dense(1)], "log_loss").population(1, dtype="float32")
    population.theta[:] = [3e38, 0]
    assert np.isinf(population.outputs([[9.0], [-9.0]])).all()
    np.testing.assert_allclose(population.predict([[9.0], [-9.0]])[0, :, 0], [1, 0], atol=1e-30)
    np.testing.assert_allclose(population.probabilities([[9.0]])[0, 0], [0, 1], atol=1e-30)


def test_an_infinite_value_of_a_regression_is_refused() -> None:
    population = Network(1, [Dense(1)]).population(2, dtype="float32")
    population.theta[:] = [[1, 0], [3e38, 0]]
    with pytest.raises(
        DataError, match="1 of 2 networks predict no finite number for 1 of 2 rows, the first of "
    ):
        population.predict([[0.5], [9.0]])
