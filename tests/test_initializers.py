from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from shoal import draws
from shoal.activations import ACTIVATIONS
from shoal.errors import ConfigurationError
from shoal.initializers import INITIALIZERS, Initializer, Normal, Orthogonal
from shoal.registry import from_config, to_config

GLOROT_LIMIT = math.sqrt(6 / (300 + 200))

# name: the distribution of the weights of a layer with n = 300 inputs and m = 200 units.
DISTRIBUTIONS: dict[str, Any] = {
    "normal": stats.norm(scale=0.1),
    "glorot": stats.uniform(-GLOROT_LIMIT, 2 * GLOROT_LIMIT),
    "he": stats.norm(scale=math.sqrt(2 / 300)),
    "lecun": stats.norm(scale=math.sqrt(1 / 300)),
}

every_initializer = pytest.mark.parametrize("name", sorted(INITIALIZERS))


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_weights_have_their_distribution(name: str) -> None:
    W = INITIALIZERS[name]().weights(np.random.default_rng(0), m=200, n=300)
    expected = DISTRIBUTIONS[name]
    assert stats.kstest(W.ravel(), expected.cdf).pvalue > 0.01
    assert W.std() == pytest.approx(expected.std(), rel=0.01)
    assert abs(np.corrcoef(W[:-1].ravel(), W[1:].ravel())[0, 1]) < 0.02


def test_every_initializer_but_zeros_has_a_distribution() -> None:
    assert set(DISTRIBUTIONS) | {"orthogonal", "zeros"} == set(INITIALIZERS)


@pytest.mark.parametrize(("m", "n"), [(1, 1), (5, 5), (3, 7), (7, 3), (64, 64)])
def test_orthogonal_rows_or_columns(m: int, n: int) -> None:
    W = Orthogonal(gain=1.5).weights(np.random.default_rng(0), m, n)
    product = W @ W.T if m <= n else W.T @ W
    np.testing.assert_allclose(product, 1.5**2 * np.eye(min(m, n)), atol=1e-14)


def test_orthogonal_matrices_are_uniform() -> None:
    # Haar: every entry of a 3 × 3 matrix is uniform on (−1, 1) (Archimedes), both determinants are as likely.
    draw, drawn = draws.Orthogonal(3, 3, 1.0), np.empty((4000, 9))
    draw.fill(np.random.default_rng(0), drawn.reshape(-1))
    draw.finish(drawn)
    for entry in drawn.T:
        assert stats.kstest(entry, stats.uniform(-1, 2).cdf).pvalue > 0.001
    assert 0.45 < (np.linalg.det(drawn.reshape(-1, 3, 3)) > 0).mean() < 0.55


@pytest.mark.parametrize("gain", [0.0, -1.0, math.nan, math.inf])
def test_orthogonal_refuses_a_gain_that_is_not_positive_and_finite(gain: float) -> None:
    with pytest.raises(ConfigurationError, match=f"orthogonal got gain={gain}, expected a finite number > 0"):
        Orthogonal(gain=gain)


def test_glorot_stays_within_its_limit_and_reaches_for_it() -> None:
    W = INITIALIZERS["glorot"]().weights(np.random.default_rng(0), m=200, n=300)
    assert 0.999 * GLOROT_LIMIT < np.abs(W).max() <= GLOROT_LIMIT


@every_initializer
def test_shapes_and_dtype(name: str) -> None:
    initializer, rng = INITIALIZERS[name](), np.random.default_rng(0)
    W, b = initializer.weights(rng, m=3, n=2), initializer.biases(rng, m=3)
    assert (W.shape, b.shape) == ((3, 2), (3, 1))
    assert W.dtype == b.dtype == np.float64


@every_initializer
def test_the_generator_alone_decides(name: str) -> None:
    initializer = INITIALIZERS[name]()
    first = initializer.weights(np.random.default_rng(5), m=4, n=3)
    np.testing.assert_array_equal(first, initializer.weights(np.random.default_rng(5), m=4, n=3))
    other = initializer.weights(np.random.default_rng(6), m=4, n=3)
    assert np.array_equal(first, other) == (name == "zeros")


@pytest.mark.parametrize("name", sorted(set(INITIALIZERS) - {"normal"}))
def test_biases_are_zero_and_draw_nothing(name: str) -> None:
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(INITIALIZERS[name]().biases(rng, m=4), np.zeros((4, 1)))
    assert rng.random() == np.random.default_rng(0).random()


def test_normal_draws_its_biases_too() -> None:
    b = Normal(sigma=0.5).biases(np.random.default_rng(0), m=20_000)
    assert stats.kstest(b.ravel(), stats.norm(scale=0.5).cdf).pvalue > 0.01


def test_zeros_are_zero() -> None:
    assert not INITIALIZERS["zeros"]().weights(np.random.default_rng(0), m=3, n=2).any()


@pytest.mark.parametrize("name", ["identity", "relu", "leaky_relu", "selu"])
def test_the_recommended_initializer_carries_a_signal_through_twenty_layers(name: str) -> None:
    g, rng = ACTIVATIONS[name](), np.random.default_rng(0)
    initializer = INITIALIZERS[ACTIVATIONS[name].recommended_initializer]()
    z = rng.standard_normal((300, 50))
    for _ in range(20):
        z = initializer.weights(rng, m=300, n=300) @ g.forward(z)
    assert 0.5 < np.mean(z**2) < 2


@pytest.mark.parametrize("sigma", [0.0, -0.1, math.nan, math.inf])
def test_normal_refuses_a_sigma_that_is_not_positive_and_finite(sigma: float) -> None:
    with pytest.raises(ConfigurationError, match=f"normal got sigma={sigma}, expected a finite number > 0"):
        Normal(sigma=sigma)


@pytest.mark.parametrize("initializer", [Normal(sigma=0.2), INITIALIZERS["glorot"]()], ids=repr)
def test_survives_its_config(initializer: Initializer) -> None:
    assert from_config("initializer", to_config(initializer), INITIALIZERS) == initializer
