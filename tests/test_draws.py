from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from shoal.draws import Constant, Draw, Drawn, Gaussian, Joined, Uniform
from shoal.errors import ConfigurationError
from shoal.initializers import INITIALIZERS
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.randomness import stream
from shoal.shapes import Array, Shape


def drawn(draw: Draw, sizes: list[int]) -> list[Array]:
    """Three members' values, each from a stream of its own, of several parameters in turn."""
    rngs = [stream(0, member) for member in range(3)]
    parts = [np.empty((3, size)) for size in sizes]
    for part in parts:
        for row, rng in zip(part, rngs, strict=True):
            draw.fill(rng, row)
        draw.finish(part)
    return parts


def test_values_are_those_of_numpys_own_distributions() -> None:
    rngs = [stream(0, member) for member in range(3)]
    for found, size in zip(drawn(Uniform(0.3), [4, 7]), [4, 7], strict=True):
        np.testing.assert_allclose(found, [rng.uniform(-0.3, 0.3, size) for rng in rngs], rtol=1e-14)
    rngs = [stream(0, member) for member in range(3)]
    for found, size in zip(drawn(Gaussian(0.2), [4, 7]), [4, 7], strict=True):
        np.testing.assert_array_equal(found, [rng.normal(0, 0.2, size) for rng in rngs])
    assert drawn(Constant(1.5), [2])[0].tolist() == [[1.5, 1.5]] * 3
    rngs = [stream(0, member) for member in range(3)]
    joined = Joined((Gaussian(0.2), Constant(1.5), Uniform(0.3)))
    for found, rng in zip(drawn(joined, [6])[0], rngs, strict=True):
        expected = [*rng.normal(0, 0.2, 2), 1.5, 1.5, *rng.uniform(-0.3, 0.3, 2)]
        np.testing.assert_allclose(found, expected, rtol=1e-14)
    counted = Drawn(lambda rng: np.arange(4.0).reshape(2, 2))
    assert drawn(counted, [4])[0].tolist() == [[0, 1, 2, 3]] * 3


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_population_is_drawn_as_its_members_alone(name: str) -> None:
    """By the initialisers' own methods, from streams that are opened anew."""
    initializer = INITIALIZERS[name]()
    network = Network(5, [Dense(4, "tanh", initializer), Dense(3, "identity", initializer)])
    theta = network.population(6, seed=3, dtype="float64").theta
    for member in range(6):
        rng, parts = stream(3, member), []
        for m, n in ((4, 5), (3, 4)):
            parts += [initializer.weights(rng, m, n).ravel(), initializer.biases(rng, m).ravel()]
        np.testing.assert_allclose(theta[member], np.concatenate(parts), rtol=1e-14)


@dataclass(frozen=True)
class Silent(Dense):
    """Somebody's own layer that forgot one of its parameters."""

    def draws(self, shape: Shape) -> dict[str, Draw]:
        return {"W": Constant(1.0)}


def test_a_layer_that_leaves_out_a_parameter_is_told_so() -> None:
    with pytest.raises(ConfigurationError, match="has the parameters W, b and says how W begins"):
        Network(2, [Silent(2), Dense(1)]).population(1)
