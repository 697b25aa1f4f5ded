"""AdamW: decay in proportion to the rate, untouched by Adam's scaling."""

from __future__ import annotations

import numpy as np
import pytest

from shoal import Network, train
from shoal.layers import Dense

X, Y = np.array([[1.0], [3.0]]), np.array([2.0, 5.0])


@pytest.mark.parametrize("engine", ["reference", "auto"])
@pytest.mark.parametrize(("solver", "factor"), [("adamw", 0.25), ("adam", 1.0)])
def test_the_first_step_is_adams_less_the_rate_times_the_decay_of_the_weights(
    engine: str, solver: str, factor: float
) -> None:
    """Adam's first step is α in each direction, so theta − α sign(g) − α λ w, of which adam leaves out α."""
    population = Network(1, [Dense(1)]).population(1, seed=0, dtype="float64")
    population.theta[:] = [[0.5, 0.25]]
    settings = {"solver": solver, "learning_rate": 0.25, "weight_decay": 0.5, "epochs": 1}
    theta = train(population, X, Y, engine=engine, **settings).population.theta
    # both gradients are negative: the line lies below both points
    np.testing.assert_allclose(theta, [[0.5 + 0.25 - factor * 0.5 * 0.5, 0.25 + 0.25]], rtol=1e-7)
