"""Products of layers are cut into tiles: whatever is left at their edges, gradients are the reference's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

from shoal import Dense, Network, _native, train
from shoal.engines.compiled import module
from shoal.shapes import Array

# Every width and height of tiles with every remainder, up to twice the tallest tile and its edges.
WIDTHS = [(10, 4, 10, 9, 8), (7, 16, 5, 13, 4, 2), (3, 1, 6, 11, 1), (1, 17, 3, 12, 7, 1), (15, 26, 14, 3)]
SAMPLES = (9, 150)
"""Lanes that are networks, and samples, in vectors of any size."""


def stepped(
    engine: str, widths: tuple[int, ...], N: int, dtype: str, members: int = 3, activation: str = "tanh"
) -> Array:
    """Return theta after one step of gradient descent."""
    network = Network(widths[0], [*(Dense(m, activation) for m in widths[1:-1]), Dense(widths[-1])])
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(N, widths[0])), rng.normal(size=(N, widths[-1]))
    population = network.population(members, dtype=dtype)
    settings: dict[str, Any] = {
        "solver": "gradient_descent",
        "learning_rate": 1.0,
        "epochs": 1,
        "tolerance": 0,
    }
    return train(population, X, y, engine=engine, **settings).population.theta


@pytest.mark.parametrize("isa", _native.instruction_sets())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("widths", WIDTHS, ids=lambda widths: "-".join(map(str, widths)))
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_edges_of_tiles(
    activation: str, widths: tuple[int, ...], dtype: str, isa: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of relu a tile stores the activations themselves."""
    monkeypatch.setattr(module, "INSTRUCTION_SET", isa)
    for N in SAMPLES:
        exact = stepped("reference", widths, N, dtype, activation=activation)
        atol = 1e-12 if dtype == "float64" else 2e-5
        found = stepped("native", widths, N, dtype, activation=activation)
        np.testing.assert_allclose(found, exact, rtol=0, atol=atol)


@pytest.mark.parametrize("isa", _native.instruction_sets())
@pytest.mark.parametrize("N", [32, 33, 64, 65, 128, 129])
def test_the_layout_is_the_same_for_one_member_and_for_many(
    N: int, isa: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "INSTRUCTION_SET", isa)
    many = stepped("native", (5, 9, 2), N, "float32", members=40)
    assert np.array_equal(stepped("native", (5, 9, 2), N, "float32", members=1), many[:1])
