"""Between scikit-learn's arrays and the engine's parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.activations import Relu
from shoal.estimators.training.coefficients import (
    Packed,
    activations_of,
    coefs_of,
    hidden_sizes,
    initial_coefs,
    network_of,
    packed_places,
    theta_of,
)
from shoal.losses import SquaredError

UNITS = (3, 4, 2)
NETWORK = network_of(UNITS, (Relu(),), 0.0, SquaredError())


def test_parameters_come_back_as_they_went() -> None:
    rng = np.random.default_rng(0)
    coefs, intercepts = (
        [rng.normal(size=(3, 4)), rng.normal(size=(4, 2))],
        [rng.normal(size=n) for n in (4, 2)],
    )
    theta = theta_of(coefs, intercepts)
    np.testing.assert_array_equal(theta[:3], coefs[0][:, 0])  # the weights of the first unit
    for found, given in zip(coefs_of(UNITS, theta), (coefs, intercepts), strict=True):
        for a, b in zip(found, given, strict=True):
            np.testing.assert_array_equal(a, b)
            assert np.shares_memory(a, theta)


def test_only_the_very_arrays_are_views_of_what_is_packed() -> None:
    packed = Packed.of(UNITS, np.arange(2.0 * NETWORK.n_parameters).reshape(2, -1))
    (coefs, intercepts), second = packed.members
    assert packed.holds(coefs, intercepts)
    assert not packed.holds([coefs[0], coefs[1].copy()], intercepts)
    assert not packed.holds(coefs, intercepts[::-1])
    assert not packed.holds(coefs[:1], intercepts[:1])
    copied = Packed.copied([(coefs, intercepts), second])
    np.testing.assert_array_equal(copied.theta, packed.theta)
    assert copied.units == UNITS
    assert not np.shares_memory(copied.theta, packed.theta)


def test_scikit_learns_vector_has_all_weights_before_all_biases() -> None:
    coefs, intercepts = coefs_of(UNITS, np.arange(float(NETWORK.n_parameters)))
    packed = np.concatenate([part.ravel() for part in (*coefs, *intercepts)])
    np.testing.assert_array_equal(packed_places(NETWORK), packed)
    assert packed_places(NETWORK)[:4].tolist() == [0, 3, 6, 9]  # from the first input to every unit
    assert packed_places(NETWORK)[-2:].tolist() == [24, 25]


@pytest.mark.parametrize(("activation", "factor"), [("relu", 6.0), ("logistic", 2.0)])
def test_first_weights_and_biases_fill_their_range(activation: str, factor: float) -> None:
    units, bound = [40, 60, 50], np.sqrt(factor / np.array([100, 110]))
    coefs, intercepts = initial_coefs(
        units, activations_of(activation, 1), np.random.RandomState(0), np.float32
    )
    for W, b, most in zip(coefs, intercepts, bound, strict=True):
        assert W.dtype == b.dtype == np.float32
        assert 0.95 * most < np.abs(W).max() <= most
        assert 0.5 * most < np.abs(b).max() <= most


def test_without_hidden_layers_the_range_is_that_of_others() -> None:
    coefs, _ = initial_coefs([50, 50], [], np.random.RandomState(0), np.float64)
    assert 0.95 * np.sqrt(0.06) < np.abs(coefs[0]).max() <= np.sqrt(0.06)


@pytest.mark.parametrize(("given", "sizes"), [(5, [5]), ((5, 3), [5, 3]), ((), []), (np.array([4]), [4])])
def test_sizes_of_hidden_layers(given: Any, sizes: list[int]) -> None:
    assert hidden_sizes(given) == sizes


def test_impossible_layers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"hidden_layer_sizes must be > 0, got \[5, 0\]"):
        hidden_sizes((5, 0))
    with pytest.raises(ValueError, match="activation has 1 entries for 2 hidden layers"):
        activations_of(["relu"], 2)


def test_dropout_stands_behind_every_hidden_layer_and_the_same_network_is_kept() -> None:
    dropped = network_of((3, 4, 5, 1), (Relu(), Relu()), 0.5, SquaredError())
    assert [layer.name for layer in dropped.layers] == ["dense", "dropout", "dense", "dropout", "dense"]
    assert network_of((3, 4, 5, 1), (Relu(), Relu()), 0.5, SquaredError()) is dropped
