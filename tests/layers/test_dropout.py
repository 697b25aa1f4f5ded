from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import Dropout
from shoal.layers.base import Context
from shoal.randomness import Noise
from shoal.shapes import Array

P, n, N = 3, 40, 50


def some_batch(step: int = 0) -> Context:
    noise = Noise(np.array([(0, member) for member in range(P)], dtype=np.uint64), step)
    return Context(noise, np.full((1, N), 1 / N))


def some_activations() -> Array:
    return np.random.default_rng(0).uniform(1, 2, size=(P, n, N))


def test_shapes() -> None:
    assert Dropout().output_shape((3, 4)) == (3, 4)
    assert Dropout().parameter_shapes((3,)) == {}


def test_what_is_kept_is_divided_by_its_probability() -> None:
    a = some_activations()
    out, _ = Dropout(0.2).forward({}, a, some_batch())
    kept = out != 0
    np.testing.assert_allclose(out[kept], a[kept] / 0.8, rtol=1e-15)
    assert abs(kept.mean() - 0.8) < 4 * np.sqrt(0.16 / kept.size)


def test_the_mean_over_masks_is_the_input() -> None:
    a = np.ones((P, n, N))
    out = np.mean([Dropout(0.6).forward({}, a, some_batch(step))[0] for step in range(20)])
    assert abs(out - 1) < 4 * np.sqrt(0.6 / 0.4 / (20 * a.size))


def test_backward_goes_through_the_same_mask() -> None:
    layer, a, grad_a = Dropout(0.4), some_activations(), some_activations() - 3
    out, cache = layer.forward({}, a, some_batch())
    grad_in = layer.backward({}, cache, grad_a, {}, propagate=True)
    np.testing.assert_allclose(grad_in, np.where(out != 0, grad_a / 0.6, 0), rtol=1e-15)


def test_members_draw_masks_of_their_own_from_samples_that_they_share() -> None:
    out, _ = Dropout(0.5).forward({}, np.ones((1, n, N)), some_batch())
    assert out.shape == (P, n, N)
    assert len({member.tobytes() for member in out}) == P


@pytest.mark.parametrize(("rate", "context"), [(0.5, Context()), (0.0, some_batch())])
def test_nothing_is_dropped_outside_training_or_at_rate_0(rate: float, context: Context) -> None:
    a, layer = some_activations(), Dropout(rate)
    out, cache = layer.forward({}, a, context)
    assert np.array_equal(out, a)
    assert layer.backward({}, cache, a, {}, propagate=True) is a


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_dtype_is_kept(dtype: str) -> None:
    a = some_activations().astype(dtype)
    out, cache = Dropout(0.3).forward({}, a, some_batch())
    grad_in = Dropout(0.3).backward({}, cache, a, {}, propagate=True)
    assert grad_in is not None
    assert out.dtype == grad_in.dtype == np.dtype(dtype)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, float("nan"), "0.5", None, True])
def test_rates_that_are_refused(rate: object) -> None:
    with pytest.raises(ConfigurationError) as error:
        Dropout(rate)  # type: ignore[arg-type]
    assert str(error.value) == f"a dropout rate is a number ≥ 0 and below 1, got {rate!r}"


def test_a_mask_over_a_sequence_is_drawn_step_by_step() -> None:
    noise = Noise(np.array([[1, 2], [1, 3]], np.uint64), step=4)
    short, _ = Dropout(0.5).forward({}, np.ones((1, 3, 5, 4)), Context(noise))
    long, _ = Dropout(0.5).forward({}, np.ones((1, 3, 9, 4)), Context(noise))
    assert np.array_equal(long[:, :, :5], short)
    assert short.flags.c_contiguous
    assert np.array_equal(short, 2.0 * noise.keep(0.5, (5, 3, 4)).swapaxes(1, 2))
