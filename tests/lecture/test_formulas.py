"""The formulas against differences of the loss, which they know nothing of."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.lecture.formulas import BOXED, boxed, g

rng = np.random.default_rng(0)
W = [rng.normal(size=shape) for shape in ((4, 3), (2, 4), (1, 2))]
b = [rng.normal(size=(units, 1)) for units in (4, 2, 1)]
x, y = rng.normal(size=(3, 7)), rng.integers(2, size=(1, 7)).astype(float)


def loss() -> float:
    a = x
    for weights, bias in zip(W, b, strict=True):
        a = g(weights @ a + bias)
    return float(-np.mean((1 - y) * np.log(1 - a) + y * np.log(a)))


@pytest.mark.parametrize("name", BOXED)
def test_a_formula_is_the_derivative_of_the_loss(name: str) -> None:
    parameters = (W if "W" in name else b)["₁₂₃".index(name[-1])]
    numerical = np.empty_like(parameters)
    for place in np.ndindex(parameters.shape):
        kept = parameters[place]
        parameters[place] = kept + 1e-6
        above = loss()
        parameters[place] = kept - 1e-6
        numerical[place] = (above - loss()) / 2e-6
        parameters[place] = kept
    np.testing.assert_allclose(boxed(W, b, x, y)[name], numerical, rtol=1e-6, atol=1e-9)
