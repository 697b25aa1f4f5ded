from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.layers import Dense
from shoal.lecture.prior import Posterior
from shoal.lecture.study import Study
from shoal.populations.network import Network

Computed = Callable[[str], tuple[Study[Any], Any]]


def test_posterior_and_objective_differ_by_a_constant(computed: Computed) -> None:
    _, found = computed("prior")
    assert found.constancy.max() < 1e-12


def test_the_most_probable_network_is_the_penalised_optimum(computed: Computed) -> None:
    _, found = computed("prior")
    assert found.slope.max() < 1e-2
    assert found.apart.max() < 1e-3


def test_a_larger_strength_believes_in_smaller_functions(computed: Computed) -> None:
    study, found = computed("prior")
    heights = np.abs(found.functions).max(axis=(1, 2))
    # Weights of both layers are smaller by √10 each, and the units less steep.
    assert heights[0] > 2 * heights[1]
    assert found.functions.shape[1] == study.draws
    assert (
        np.abs(np.diff(found.fits, axis=1)).sum(axis=1)[0]
        > np.abs(np.diff(found.fits, axis=1)).sum(axis=1)[1]
    )


def test_the_slope_of_the_posterior() -> None:
    line = Network(1, [Dense(1)])
    posterior = Posterior(line, np.array([2.0]), np.array([1.0]), strength=0.09)  # a standard normal prior
    # ∂/∂w of (2w + b − 1)²/0.18 + w²/2 at w = 1, b = 0: 2 · 1 / 0.09 + 1
    np.testing.assert_allclose(posterior.slope(np.array([1.0, 0.0])), [2 / 0.09 + 1, 1 / 0.09], rtol=1e-6)
    assert posterior(np.array([1.0, 0.0])) - posterior(np.array([0.0, 1.0])) == pytest.approx(1 / 0.18 + 0.5)
