from __future__ import annotations

import math

import numpy as np
import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.layers import BatchNorm
from shoal.layers.base import Context, Role
from shoal.randomness import Noise
from shoal.shapes import Array, Shape

Parameters = dict[str, Array]


def batch_of(*share: float) -> Context:
    """Return a batch of samples with the given shares in J."""
    return Context(Noise(np.zeros((1, 2), np.uint64), 0), np.array([share]))


def start(layer: BatchNorm, shape: Shape, P: int = 1) -> Parameters:
    drawn = layer.initialize(np.random.default_rng(0), shape)
    return {name: np.stack([values] * P) for name, values in drawn.items()}


def test_shapes_and_roles() -> None:
    layer = BatchNorm("relu")
    assert layer.output_shape((6, 12, 12)) == (6, 12, 12)
    assert layer.parameter_shapes((5,)) == dict.fromkeys(("gamma", "beta", "mean", "variance"), (5, 1))
    roles = {name: layer.role(name) for name in layer.parameter_shapes((5,))}
    assert roles == {
        "gamma": Role.OFFSET,
        "beta": Role.OFFSET,
        "mean": Role.STATISTIC,
        "variance": Role.STATISTIC,
    }


def test_numbers_by_hand() -> None:
    # The feature (1, 3, 5, 7) has mean 4 and variance 5; with γ = 2 and β = 10, z = 10 + 2 (a − 4)/√(5 + ε).
    layer = BatchNorm(momentum=0.75, epsilon=4.0)
    parameters = start(layer, (1,)) | {"gamma": np.array([[[2.0]]]), "beta": np.array([[[10.0]]])}
    out, cache = layer.forward(parameters, np.array([[[1.0, 3, 5, 7]]]), batch_of(*[0.25] * 4))
    np.testing.assert_allclose(out[0, 0], [8, 10 - 2 / 3, 10 + 2 / 3, 12], rtol=1e-15)

    # â = (−1, −1/3, 1/3, 1). With δ = (1, 0, 0, 0): Σδ = 1, Σδâ = −1, and γ/√(σ² + ε) = 2/3, so that
    # ∂J/∂a = 2/3 (δ − ¼ (1 − â)).
    gradients = {name: np.full_like(array, np.nan) for name, array in parameters.items()}
    grad_in = layer.backward(parameters, cache, np.array([[[1.0, 0, 0, 0]]]), gradients, propagate=True)
    assert grad_in is not None
    np.testing.assert_allclose(
        grad_in[0, 0], [2 / 3 * (1 - 2 / 4), -2 / 9, -1 / 9, 0], rtol=1e-14, atol=1e-16
    )
    np.testing.assert_allclose(gradients["gamma"].ravel(), [-1], rtol=1e-15)
    np.testing.assert_allclose(gradients["beta"].ravel(), [1], rtol=1e-15)
    # From mean 0 and variance 1, a quarter of the way: the changes stand where gradients would.
    np.testing.assert_allclose(gradients["mean"].ravel(), [(4 - 0) / 4], rtol=1e-15)
    np.testing.assert_allclose(gradients["variance"].ravel(), [(5 - 1) / 4], rtol=1e-15)


def test_an_image_s_channels_are_normalised_over_all_places() -> None:
    a = np.random.default_rng(0).normal(3, 2, size=(2, 3, 4, 5, 6))
    layer = BatchNorm("relu", epsilon=1e-12)
    out, _ = layer.forward(start(layer, (3, 4, 5), 2), a, batch_of(*[1 / 6] * 6))
    centred = a - a.mean(axis=(2, 3, 4), keepdims=True)
    expected = np.maximum(centred / a.std(axis=(2, 3, 4), keepdims=True), 0)
    np.testing.assert_allclose(out, expected, rtol=1e-10, atol=1e-12)


def test_samples_without_a_share_have_no_part_in_it() -> None:
    layer, rng = BatchNorm("tanh"), np.random.default_rng(0)
    a, grad_a = rng.normal(size=(1, 2, 3, 3, 5)), rng.normal(size=(1, 2, 3, 3, 5))
    left_out = np.array([0.5, 0.0, 0.25, 0.25, 0.0])
    grad_a *= left_out > 0  # as the loss hands it down
    parameters = start(layer, (2, 3, 3))
    results = []
    for pick in (slice(None), left_out > 0):
        gradients = {name: np.full_like(array, np.nan) for name, array in parameters.items()}
        out, cache = layer.forward(parameters, a[..., pick], batch_of(*left_out[pick]))
        grad_in = layer.backward(parameters, cache, grad_a[..., pick], gradients, propagate=True)
        assert grad_in is not None
        results.append((out, grad_in, gradients))
    (out, grad_in, gradients), (few, grad_few, gradients_few) = results
    np.testing.assert_allclose(out[..., left_out > 0], few, rtol=1e-13)
    np.testing.assert_allclose(grad_in[..., left_out > 0], grad_few, rtol=1e-12, atol=1e-15)
    assert not grad_in[..., left_out == 0].any()
    for name in parameters:
        np.testing.assert_allclose(gradients[name], gradients_few[name], rtol=1e-12)


def test_a_share_of_twice_as_much_is_the_sample_twice() -> None:
    layer, a = BatchNorm(), np.random.default_rng(0).normal(size=(1, 4, 3))
    out, _ = layer.forward(start(layer, (4,)), a, batch_of(0.5, 0.25, 0.25))
    twice, _ = layer.forward(start(layer, (4,)), a[..., [0, 0, 1, 2]], batch_of(*[0.25] * 4))
    np.testing.assert_allclose(out, twice[..., 1:], rtol=1e-13)


def test_running_statistics_stand_in_outside_training_and_for_a_batch_without_shares() -> None:
    layer = BatchNorm(epsilon=1.0)
    parameters = start(layer, (1,)) | {"mean": np.array([[[2.0]]]), "variance": np.array([[[8.0]]])}
    a = np.array([[[5.0, -1.0]]])
    for batch in (Context(), batch_of(0.0, 0.0)):
        out, cache = layer.forward(parameters, a, batch)
        np.testing.assert_allclose(out[0, 0], [1, -1], rtol=1e-15)  # (a − 2) / √(8 + 1)
        gradients = {name: np.full_like(array, np.nan) for name, array in parameters.items()}
        grad_in = layer.backward(parameters, cache, np.array([[[3.0, 6.0]]]), gradients, propagate=True)
        assert grad_in is not None
        np.testing.assert_allclose(grad_in[0, 0], [1, 2], rtol=1e-15)
        assert not gradients["mean"].any()
        assert not gradients["variance"].any()


def test_members_with_and_without_samples_in_a_batch() -> None:
    layer = BatchNorm()
    share = np.array([[0.5, 0.5], [0.0, 0.0]])
    batch = Context(Noise(np.zeros((2, 2), np.uint64), 0), share)
    out, _ = layer.forward(start(layer, (1,), 2), np.array([[[4.0, 6.0]]]), batch)
    np.testing.assert_allclose(out[0, 0], np.array([-1, 1]) / math.sqrt(1 + 1e-5), rtol=1e-14)
    np.testing.assert_allclose(out[1, 0], np.array([4, 6]) / math.sqrt(1 + 1e-5), rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_is_kept(dtype: str) -> None:
    layer = BatchNorm("tanh")
    parameters = {name: array.astype(dtype) for name, array in start(layer, (2, 2, 2)).items()}
    batch = Context(Noise(np.zeros((1, 2), np.uint64), 0), np.full((1, 3), 1 / 3, dtype))
    out, cache = layer.forward(parameters, np.ones((1, 2, 2, 2, 3), dtype), batch)
    grad_in = layer.backward(parameters, cache, out, parameters, propagate=True)
    assert grad_in is not None
    assert out.dtype == grad_in.dtype == np.dtype(dtype)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tanh", 1.0), "the momentum of batch_norm is a number ≥ 0 and below 1, got 1.0"),
        (("tanh", "0.9"), "the momentum of batch_norm is a number ≥ 0 and below 1, got '0.9'"),
        (("tanh", 0.9, 0.0), "the epsilon of batch_norm is a finite number above 0, got 0.0"),
        (("tanh", 0.9, math.inf), "the epsilon of batch_norm is a finite number above 0, got inf"),
    ],
)
def test_norms_that_are_refused(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        BatchNorm(*arguments)  # type: ignore[arg-type]
    assert str(raised.value) == message


def test_an_unknown_activation() -> None:
    with pytest.raises(UnknownNameError, match="unknown activation 'tahn'; did you mean 'tanh'"):
        BatchNorm("tahn")


def test_of_sequences_each_valid_step_has_its_part_of_the_samples_share() -> None:
    # Shares of 3/4 and 1/4 of two sequences, over 3 steps and 1: 1/4 each.
    layer, a = BatchNorm(), np.array([[1.0, 2, 3], [6, 0, 0]]).T[None, None]
    parameters = {
        name: np.full((1, 1, 1), value)
        for name, value in zip(("gamma", "beta", "mean", "variance"), (2.0, 5.0, 0.0, 1.0), strict=True)
    }
    context = Context(share=np.array([[0.75, 0.25]]), lengths=np.array([[3, 1]]))
    out, cache = layer.forward(parameters, a, context)
    deviation = np.sqrt(np.var([1, 2, 3, 6]) + 1e-5)
    expected = 2 * (np.array([[1, 2, 3], [6, 3, 3]]) - 3) / deviation + 5
    np.testing.assert_allclose(out[0, 0].T, np.where(a[0, 0].T == 0, 0, expected), rtol=1e-12)
    gradients = {name: np.zeros((1, 1, 1)) for name in parameters}
    layer.backward(parameters, cache, np.zeros_like(out), gradients, propagate=True)
    np.testing.assert_allclose(gradients["mean"].ravel(), 0.1 * 3, rtol=1e-12)
    np.testing.assert_allclose(gradients["variance"].ravel(), 0.1 * (3.5 - 1), rtol=1e-12)
