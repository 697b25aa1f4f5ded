from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import LayerNorm
from shoal.layers.base import Context, Role


def test_shapes_and_roles() -> None:
    layer = LayerNorm()
    assert layer.output_shape((6, 12, 12)) == (6, 12, 12)
    assert layer.parameter_shapes((5,)) == {"gamma": (5, 1), "beta": (5, 1)}
    assert {layer.role(name) for name in ("gamma", "beta")} == {Role.OFFSET}


def test_numbers_by_hand() -> None:
    # The sample (1, 3, 5, 7) has mean 4 and variance 5; with ε = 4, â = (−1, −1/3, 1/3, 1).
    layer = LayerNorm(epsilon=4.0)
    gamma = np.array([1.0, 2, 3, 4]).reshape(1, 4, 1)
    parameters = {"gamma": gamma, "beta": np.full((1, 4, 1), 10.0)}
    out, cache = layer.forward(parameters, np.array([1.0, 3, 5, 7]).reshape(1, 4, 1), Context())
    np.testing.assert_allclose(out.ravel(), [9, 10 - 2 / 3, 11, 14], rtol=1e-15)

    # With δ = (0, 0, 0, 1): ĝ = (0, 0, 0, 4), its mean 1, that of ĝ â too; ∂J/∂a = ⅓ (ĝ − 1 − â).
    gradients = {name: np.full_like(array, np.nan) for name, array in parameters.items()}
    grad_in = layer.backward(
        parameters, cache, np.array([0.0, 0, 0, 1]).reshape(1, 4, 1), gradients, propagate=True
    )
    assert grad_in is not None
    np.testing.assert_allclose(grad_in.ravel(), [0, -2 / 9, -4 / 9, 2 / 3], rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose(gradients["gamma"].ravel(), [0, 0, 0, 1], atol=1e-15)
    assert gradients["beta"].ravel().tolist() == [0, 0, 0, 1]


def test_every_sample_has_a_mean_and_a_deviation_of_its_own() -> None:
    a = np.random.default_rng(0).normal(3, 2, size=(2, 3, 4, 5, 6))
    layer = LayerNorm("relu", epsilon=1e-12)
    drawn = layer.initialize(np.random.default_rng(0), (3, 4, 5))
    out, _ = layer.forward({name: values[None] for name, values in drawn.items()}, a, Context())
    centred = a - a.mean(axis=(1, 2, 3), keepdims=True)
    expected = np.maximum(centred / a.std(axis=(1, 2, 3), keepdims=True), 0)
    np.testing.assert_allclose(out, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_is_kept(dtype: str) -> None:
    layer = LayerNorm("tanh")
    drawn = layer.initialize(np.random.default_rng(0), (2, 2, 2))
    parameters = {name: values[None].astype(dtype) for name, values in drawn.items()}
    out, cache = layer.forward(parameters, np.ones((1, 2, 2, 2, 3), dtype), Context())
    grad_in = layer.backward(parameters, cache, out, parameters, propagate=True)
    assert grad_in is not None
    assert out.dtype == grad_in.dtype == np.dtype(dtype)


@pytest.mark.parametrize("epsilon", [0, -1.0, float("nan"), "1e-5", None, True])
def test_norms_that_are_refused(epsilon: object) -> None:
    with pytest.raises(ConfigurationError) as raised:
        LayerNorm("tanh", epsilon)  # type: ignore[arg-type]
    assert str(raised.value) == f"the epsilon of layer_norm is a finite number above 0, got {epsilon!r}"


def test_of_sequences_the_valid_steps_are_all_that_is_seen() -> None:
    a = np.array([[[1.0, 9], [5, 0]], [[3, 11], [7, 0]]])[None]  # (P, C, T, N), lengths 2 and 1
    parameters = {"gamma": np.full((1, 2, 2, 1), 3.0), "beta": np.full((1, 2, 2, 1), 1.0)}
    out, _ = LayerNorm().forward(parameters, a, Context(lengths=np.array([[2, 1]])))
    whole = 3 * (np.array([[1, 5], [3, 7]]) - 4) / np.sqrt(5 + 1e-5) + 1
    np.testing.assert_allclose(out[0, :, :, 0], whole, rtol=1e-12)
    np.testing.assert_allclose(out[0, :, 0, 1], 3 * np.array([-1, 1]) / np.sqrt(1 + 1e-5) + 1, rtol=1e-12)
    assert not out[0, :, 1, 1].any()
