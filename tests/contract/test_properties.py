"""What must hold for any network on any batch: symmetries of the objective, and what weights do to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from shoal.activations import ACTIVATIONS
from shoal.layers import Dense, Dropout, Layer
from shoal.losses import LOSSES
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.randomness import Noise
from shoal.shapes import Array
from shoal.training.objective import BatchObjective

RTOL = 1e-10


@dataclass(frozen=True)
class Batch:
    """Samples x (n, N), y (K, N) with weights s (N,)."""

    x: Array
    y: Array
    s: Array

    def taking(self, samples: Array) -> Batch:
        return Batch(self.x[:, samples], self.y[:, samples], self.s[samples])


def hidden_layers() -> st.SearchStrategy[list[Layer]]:
    """Return stacks of up to 3 hidden layers of any activation."""
    dense = st.builds(Dense, st.integers(1, 6), st.sampled_from([*ACTIVATIONS]))
    return st.lists(dense, max_size=3)


@st.composite
def networks(draw: st.DrawFn) -> Population:
    """Return one member of any small architecture, with any loss, biases that are not zero, in float64."""
    loss = draw(st.sampled_from([*LOSSES]))
    K = draw(st.integers(2 if loss.endswith("cross_entropy") else 1, 4))
    network = Network(draw(st.integers(1, 4)), [*draw(hidden_layers()), Dense(K)], loss)
    population = network.population(1, seed=draw(st.integers(0, 999)), dtype="float64")
    for b in population.biases:
        b[:] = np.linspace(-0.4, 0.5, b.size).reshape(b.shape)
    return population


@st.composite
def batches(draw: st.DrawFn, network: Network) -> Batch:
    """Return 1 to 9 samples that the network's loss can take, with positive weights."""
    N, K = draw(st.integers(1, 9)), network.n_outputs
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    labels = rng.integers(max(K, 2), size=N)
    y = labels[None].astype(float) if K == 1 else np.eye(K)[labels].T
    return Batch(rng.normal(size=(network.n_inputs, N)), y, rng.uniform(0.1, 2, size=N))


networks_with_batches = networks().flatmap(
    lambda population: st.tuples(st.just(population), batches(population.network))
)


def objective(
    population: Population, batch: Batch, l2: float = 0.0, l1: float = 0.0, m: float | None = None
) -> tuple[float, Array]:
    """Return J and ∂J/∂θ (D,); m is the sum of the weights unless given."""
    function = BatchObjective(
        population.network,
        batch.x[None],
        batch.y,
        batch.s[None],
        strengths={"l2": np.array([l2]), "l1": np.array([l1])},
        m=np.array([batch.s.sum() if m is None else m]),
        noise=Noise(population.keys, 0),
    )
    J, gradient = function(population.theta)
    return float(J[0]), gradient[0]


def assert_close(first: tuple[float, Array], second: tuple[float, Array]) -> None:
    """Compare J and the gradients, up to rounding of their largest entries."""
    np.testing.assert_allclose(first[0], second[0], rtol=RTOL, atol=1e-13)
    np.testing.assert_allclose(first[1], second[1], rtol=RTOL, atol=RTOL * (1 + np.abs(second[1]).max()))


def permuted_units(population: Population, layer: int, order: Array) -> Population:
    """Return the network with the units of a hidden layer in another order."""
    other = population.members(0)
    other.weights[layer][:] = population.weights[layer][:, order]
    other.biases[layer][:] = population.biases[layer][:, order]
    other.weights[layer + 1][:] = population.weights[layer + 1][:, :, order]
    return other


@given(networks_with_batches, st.data())
def test_the_order_of_the_samples_does_not_matter(
    drawn: tuple[Population, Batch], data: st.DataObject
) -> None:
    population, batch = drawn
    order = np.array(data.draw(st.permutations(range(len(batch.s)))))
    assert_close(objective(population, batch.taking(order)), objective(population, batch))


@given(networks_with_batches, st.data())
def test_the_order_of_hidden_units_does_not_matter(
    drawn: tuple[Population, Batch], data: st.DataObject
) -> None:
    population, batch = drawn
    hidden = len(population.weights) - 1
    assume(hidden > 0)
    layer = data.draw(st.integers(0, hidden - 1))
    order = data.draw(st.permutations(range(population.weights[layer].shape[1])))
    other = permuted_units(population, layer, np.array(order))
    np.testing.assert_allclose(other.predict(batch.x.T), population.predict(batch.x.T), rtol=RTOL, atol=1e-13)
    np.testing.assert_allclose(
        objective(other, batch, 1.0, 1.0)[0], objective(population, batch, 1.0, 1.0)[0], rtol=RTOL
    )


@given(networks_with_batches, st.floats(1e-3, 1e3))
def test_scaling_the_weights_of_samples_scales_the_penalty_by_its_inverse(
    drawn: tuple[Population, Batch], c: float
) -> None:
    population, batch = drawn
    scaled = replace(batch, s=c * batch.s)
    assert_close(objective(population, scaled), objective(population, batch))
    (J0, g0), (J1, g1) = objective(population, batch), objective(population, batch, 0.7, 0.4)
    Jc, gc = objective(population, scaled, 0.7, 0.4)
    np.testing.assert_allclose(Jc - J0, (J1 - J0) / c, rtol=1e-8, atol=1e-10 * (1 + abs(J0)))
    np.testing.assert_allclose(gc - g0, (g1 - g0) / c, rtol=1e-8, atol=1e-10 * (1 + np.abs(g0).max()))


@given(networks_with_batches, st.floats(0.1, 10))
def test_scaling_the_penalty_scales_its_term(drawn: tuple[Population, Batch], c: float) -> None:
    population, batch = drawn
    (J0, g0), (J1, g1) = objective(population, batch), objective(population, batch, 0.7, 0.4)
    Jc, gc = objective(population, batch, 0.7 * c, 0.4 * c)
    np.testing.assert_allclose(Jc - J0, c * (J1 - J0), rtol=1e-8, atol=1e-10 * (1 + abs(J0)))
    np.testing.assert_allclose(gc - g0, c * (g1 - g0), rtol=1e-8, atol=1e-10 * (1 + np.abs(g0).max()))


@given(networks_with_batches)
def test_a_sample_twice_is_a_sample_of_twice_the_weight(drawn: tuple[Population, Batch]) -> None:
    population, batch = drawn
    twice = batch.taking(np.repeat(np.arange(len(batch.s)), 2))
    doubled = replace(batch, s=2 * batch.s)
    assert_close(objective(population, twice, 0.7, 0.4), objective(population, doubled, 0.7, 0.4))


@given(networks_with_batches)
def test_a_sample_without_weight_might_as_well_be_missing(drawn: tuple[Population, Batch]) -> None:
    population, batch = drawn
    ignored = Batch(np.c_[batch.x, 9 + batch.x], np.c_[batch.y, batch.y], np.r_[batch.s, 0 * batch.s])
    assert_close(objective(population, ignored, 0.7, 0.4), objective(population, batch, 0.7, 0.4))


@given(networks_with_batches)
def test_the_objective_of_two_halves_is_their_weighted_mean(drawn: tuple[Population, Batch]) -> None:
    population, batch = drawn
    assume(len(batch.s) > 1)
    half, m = len(batch.s) // 2, float(batch.s.sum())
    parts = batch.taking(np.arange(half)), batch.taking(np.arange(half, len(batch.s)))
    (J1, g1), (J2, g2) = (objective(population, part, 0.7, 0.4, m) for part in parts)
    a = parts[0].s.sum() / m
    mean = (a * J1 + (1 - a) * J2, a * g1 + (1 - a) * g2)
    assert_close(objective(population, batch, 0.7, 0.4), mean)


@given(networks_with_batches)
def test_a_layer_of_dropout_at_rate_0_changes_nothing(drawn: tuple[Population, Batch]) -> None:
    population, batch = drawn
    network = population.network
    layers: list[Layer] = [each for layer in network.layers for each in (Dropout(0.0), layer)]
    with_dropout = Population(
        Network(network.inputs, layers, network.loss), population.theta, population.keys
    )
    first, second = objective(with_dropout, batch, 0.7), objective(population, batch, 0.7)
    assert first[0] == second[0]
    assert np.array_equal(first[1], second[1])
