from __future__ import annotations

import numpy as np
import pytest

from shoal.explanation import differences
from shoal.explanation.differences import central_differences, directional_difference
from shoal.explanation.point import GradientPoint
from shoal.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, LayerNorm, MaxPool2D, Residual
from shoal.layers.base import Layer
from shoal.populations.network import Network
from shoal.shapes import Array

STEP = 1e-4
STACKS: dict[str, tuple[int | tuple[int, int, int], list[Layer]]] = {
    "dense": (4, [Dense(5, "tanh"), Dense(3, "sigmoid")]),
    "one after noise": (4, [Dropout(0.3), Dense(5, "tanh"), Dropout(0.4), Dense(3, "tanh")]),
    "noise inside": (
        4,
        [
            Dense(5, "tanh"),
            Residual([Dense(4, "tanh"), Dropout(0.4), Dense(5)], "tanh"),
            Dropout(0.4),
            Dense(3, "tanh"),
            Dropout(0.2),
        ],
    ),
    "normed": (4, [LayerNorm("tanh"), Dense(5), BatchNorm("tanh"), Dense(4, "tanh")]),
    "images": (
        (2, 5, 5),
        [
            Conv2D(4, 2, "tanh", groups=2),
            BatchNorm(),
            MaxPool2D(2),
            Residual([Conv2D(4, 3, "tanh", padding="same")]),
            Flatten(),
            Dense(3, "softplus"),
        ],
    ),
}


def some_point(stack: str) -> GradientPoint:
    inputs, layers = STACKS[stack]
    network = Network(inputs, [*layers, Dense(2)], "cross_entropy")
    rng = np.random.default_rng(3)
    X, y = rng.normal(size=(5, network.n_inputs)), rng.integers(2, size=5)
    return GradientPoint(network, X, y, sample_weight=[1, 0, 2, 1, 0.5], l2=0.4, l1=0.2, seed=1)


def by_definition(point: GradientPoint, direction: Array) -> float:
    """Return the central difference of J as it stands, every layer and every penalty anew."""
    shifted = np.concatenate([point.theta + STEP * direction, point.theta - STEP * direction])
    J, _ = point.objective(shifted, np.zeros(2, dtype=np.intp))
    return float((J[0] - J[1]) / (2 * STEP))


@pytest.mark.parametrize("held", [1, 2**18])
@pytest.mark.parametrize("stack", STACKS)
def test_differences_of_one_layer_are_those_of_the_whole(
    stack: str, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differences, "HELD", held)
    point = some_point(stack)
    D = point.network.n_parameters
    chosen = np.flatnonzero(np.logical_not(point.network.statistic_mask))
    found = central_differences(point.objective, point.theta, STEP, chosen)
    expected = [by_definition(point, e) for e in np.eye(D)]
    np.testing.assert_allclose(found, expected, atol=1e-10)
    assert np.abs(found).max() > 0.01


@pytest.mark.parametrize("stack", STACKS)
def test_a_derivative_along_a_direction_is_that_of_the_whole(stack: str) -> None:
    point, rng = some_point(stack), np.random.default_rng(4)
    for slot in point.network.slots:
        v = rng.normal(size=slot.stop - slot.start)
        found = directional_difference(point.objective, point.theta, STEP, slot, v)
        whole = np.zeros(point.network.n_parameters)
        whole[slot.start : slot.stop] = v
        np.testing.assert_allclose(found, by_definition(point, whole), atol=1e-10)


def test_only_what_is_asked_for_is_there() -> None:
    point = some_point("normed")
    statistics = point.network.statistic_mask
    found = central_differences(point.objective, point.theta, STEP, np.array([1, 60]))
    assert statistics.any()
    assert np.flatnonzero(np.isfinite(found)).tolist() == sorted({1, 60} | set(np.flatnonzero(statistics)))
    assert (found[statistics] == 0).all()


def test_theta_is_left_alone() -> None:
    point = some_point("dense")
    before = point.theta.copy()
    central_differences(point.objective, point.theta, STEP, np.arange(point.network.n_parameters))
    assert np.array_equal(point.theta, before)
