"""Backpropagation of dense networks against central differences, for every combination of the registries.

Every other layer has its turn in ``test_layer_gradients.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from shoal.activations import ACTIVATIONS, Identity
from shoal.explanation.gradient_check import GradientCheck, check_gradients
from shoal.layers import Dense, Dropout, Layer
from shoal.layers.base import Context
from shoal.losses import LOSSES
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.randomness import Noise
from shoal.shapes import Array, IntArray
from shoal.training.objective import BatchObjective

TOLERANCE = 1e-6
STEP = 2e-6
CLEARANCE = 1e-3
"""How far every kink is from where it matters; a step in one parameter moves nothing by so much."""
SMALLEST = 1e-3
"""What every parameter array's gradient exceeds, so that rounding in J stays small beside it."""

STACKS: dict[str, Callable[[str], list[Layer]]] = {
    "dense": lambda g: [Dense(4, g), Dense(3, g)],
    "dropout": lambda g: [Dropout(0.2), Dense(6, g), Dropout(0.4), Dense(3, g)],
}
"""Hidden layers of one activation that hold a layer of each name."""

PENALTIES = {"no penalty": (0.0, 0.0), "l2": (0.7, 0.0), "l1": (0.0, 0.5), "l1 and l2": (0.5, 0.7)}

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS)
every_loss = pytest.mark.parametrize("loss", LOSSES)
every_penalty = pytest.mark.parametrize(("l2", "l1"), PENALTIES.values(), ids=PENALTIES.keys())


def some_samples(network: Network, N: int = 5) -> tuple[Array, Array]:
    """Return X (N, n) and y (N, K): labels 0 and 1 or indicator rows for a loss with a link, else numbers."""
    rng, K = np.random.default_rng(network.n_parameters), network.n_outputs
    X, numbers, labels = rng.normal(size=(N, network.n_inputs)), rng.normal(size=(N, K)), np.arange(N) % 2
    if not network.criterion.has_link:
        return X, numbers
    return X, labels[:, None] if K == 1 else np.eye(K)[labels]


def balanced_start(network: Network, seed: int) -> Population:
    """Return a member whose signals neither fade nor grow, whatever the activation and the depth.

    W = Q / s with orthonormal Q, and b = −W c + noise, where c + s z is the line through g(±1).
    """
    population, rng = network.population(1, seed=seed, dtype="float64"), np.random.default_rng(seed)
    centre, slope = 0.0, 1.0
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    for layer, W, b in zip(dense, population.weights, population.biases, strict=True):
        wide = rng.normal(size=(max(W.shape), max(W.shape)))
        W[:] = np.linalg.qr(wide)[0][: W.shape[1], : W.shape[2]] / slope
        b[:] = rng.uniform(-0.3, 0.3, b.shape) - centre * W.sum(axis=-1, keepdims=True)
        low, high = layer.g.forward(np.array([-1.0, 1.0]))
        centre, slope = (low + high) / 2, (high - low) / 2
    return population


def clearance(population: Population, X: Array, y: Array) -> float:
    """Return how near a kink is: of an activation (at z = 0), a loss (|r| = 0 or 1) or l1 (W = 0)."""
    network, theta = population.network, population.theta
    batch, a = Context(Noise(population.keys, step=0), np.full((1, len(X)), 1 / len(X))), X.T[None]
    distances = [np.abs(theta[:, network.weight_mask])]
    for i, (layer, parameters) in enumerate(zip(network.layers, network.views(theta), strict=True)):
        if isinstance(layer, Dense) and not isinstance(layer.g, Identity):
            distances.append(np.abs(parameters["W"] @ a + parameters["b"]))
        a, _ = layer.forward(parameters, a, batch.at(i))
    r = np.abs(a - y.T)
    distances += [r, np.abs(r - 1)]
    return min(float(distance.min()) for distance in distances)


def check_somewhere_smooth(
    network: Network, l2: float = 0.0, l1: float = 0.0, sample_weight: Array | None = None
) -> GradientCheck:
    """Return the check at the first start that no kink is near and where every array has a gradient."""
    X, y = some_samples(network)
    for seed in range(2000):
        population = balanced_start(network, seed)
        if clearance(population, X, y) < CLEARANCE:
            continue
        check = check_gradients(population, X, y, l2=l2, l1=l1, sample_weight=sample_weight, step=STEP)
        if smallest_norm(check, network) > SMALLEST:
            break
    assert clearance(population, X, y) >= CLEARANCE
    assert smallest_norm(check, network) > SMALLEST
    return check


def smallest_norm(check: GradientCheck, network: Network) -> float:
    return min(float(np.linalg.norm(check.analytic[slot.start : slot.stop])) for slot in network.slots)


def outputs_for(loss: str) -> int:
    return 2 if loss.endswith("cross_entropy") else 1


@every_penalty
@every_loss
@every_activation
@pytest.mark.parametrize("layer", STACKS)
def test_every_layer_activation_loss_and_penalty(
    layer: str, activation: str, loss: str, l2: float, l1: float
) -> None:
    network = Network(3, [*STACKS[layer](activation), Dense(outputs_for(loss))], loss)
    assert layer in {each.name for each in network.layers}
    assert check_somewhere_smooth(network, l2, l1).relative_error < TOLERANCE


@pytest.mark.parametrize("depth", [1, 2, 3, 20])
@every_activation
def test_every_activation_at_every_depth(activation: str, depth: int) -> None:
    hidden = [Dense(4, activation) for _ in range(depth - 1)]
    network = Network(3, [*hidden, Dense(2, activation)], "squared_error")
    assert check_somewhere_smooth(network, l2=0.1).relative_error < TOLERANCE


@every_loss
@pytest.mark.parametrize("depth", [1, 2, 3, 20])
def test_every_loss_at_every_depth(loss: str, depth: int) -> None:
    network = Network(3, [*[Dense(4, "tanh") for _ in range(depth - 1)], Dense(2)], loss)
    assert check_somewhere_smooth(network).relative_error < TOLERANCE


@every_loss
@every_penalty
@pytest.mark.parametrize("weights", [[2.0, 0.0, 0.5, 1.0, 3.0], [0.0, 0.0, 0.0, 0.0, 7.0]], ids=str)
def test_sample_weights(loss: str, l2: float, l1: float, weights: Sequence[float]) -> None:
    network = Network(2, [Dense(4, "softplus"), Dense(3)], loss)
    check = check_somewhere_smooth(network, l2, l1, np.array(weights))
    assert check.relative_error < TOLERANCE


@every_loss
@pytest.mark.parametrize("hidden", [1, 5])
def test_members_with_batches_of_their_own(loss: str, hidden: int) -> None:
    network = Network(3, [Dropout(0.3), Dense(hidden, "tanh"), Dense(2)], loss)
    P, B = 3, 4
    rng = np.random.default_rng(1)
    theta = np.concatenate([balanced_start(network, seed).theta for seed in range(P)])
    objective = BatchObjective(
        network,
        rng.normal(size=(P, 3, B)),
        np.eye(2)[rng.integers(2, size=(P, B))].swapaxes(1, 2),
        rng.uniform(0.1, 2, size=(P, B)),
        strengths={"l2": np.array([0.0, 0.3, 2.0]), "l1": np.array([0.1, 0.0, 1.0])},
        m=np.array([4.0, 5.0, 6.0]),
        noise=Noise(network.population(P).keys, step=5),
    )
    _, gradient = objective(theta)
    shifts = STEP * np.eye(network.n_parameters)
    numerical = np.stack(
        [(objective(theta + e)[0] - objective(theta - e)[0]) / (2 * STEP) for e in shifts], axis=1
    )
    error = np.linalg.norm(gradient - numerical, axis=1) / np.linalg.norm(gradient, axis=1)
    assert error.max() < TOLERANCE
    picked: IntArray = np.array([2, 0])
    assert np.array_equal(objective(theta[picked], picked)[1], gradient[picked])
