"""Every layer on images gives in the native engine what it gives in the reference engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.layers import (
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LayerNorm,
    MaxPool2D,
)
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.shapes import Array, Shape
from tests.contract.over_time import OVER_TIME
from tests.contract.test_layer_gradients import IMAGE, SHAPES, STACKS

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

from shoal import _native
from shoal.engines.compiled import module
from shoal.engines.compiled.module import KNOWN

RTOL = {"float32": 1e-3, "float64": 1e-9}
# Lanes are networks, or samples in vectors that are not full and in blocks that are not.
BATCHES: dict[str, dict[str, Any]] = {
    "few samples": {"N": 13},
    "full batch": {"N": 45, "validation": True},
    "minibatches": {"N": 75, "batch_size": 50},
}
BIG: tuple[Shape, list[Layer]] = (
    (1, 18, 18),
    [
        Conv2D(6, 5, "tanh"),
        MaxPool2D(2),
        Conv2D(13, 3, "tanh"),
        AveragePool2D(2),
        Flatten(),
        Dense(50, "tanh"),
    ],
)
"""A network that is wide in its dense part, with more filters than a tile has; without kinks, as below."""

NATIVE: dict[str, Callable[[str], list[Layer]]] = dict(STACKS)
# A norm over three features, as in the stack of gradients, makes a rounding error a thousand times as large.
NATIVE["layer_norm"] = lambda g: [
    LayerNorm(g),
    Conv2D(3, 3, g),
    LayerNorm(g),
    Flatten(),
    Dense(20),
    LayerNorm(),
]

both_dtypes = pytest.mark.parametrize("dtype", RTOL)
every_batch = pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)


def some(network: Network, N: int, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, network.n_inputs)), np.eye(network.n_outputs)[
        rng.integers(network.n_outputs, size=N)
    ]


def same(
    image: Shape, layers: list[Layer], dtype: str, N: int, validation: bool = False, **settings: Any
) -> None:
    """Train three members with both engines, and compare all that is known afterwards."""
    network = Network(image, [*layers, Dense(3)], "cross_entropy")
    population = network.population(3, seed=2, dtype=dtype)
    X, y = some(network, N)
    settings = {"solver": "sgd", "learning_rate": 0.05, "epochs": 12, "l2": 0.1} | settings
    settings["epochs"] //= -(-N // settings.get("batch_size", N))
    if validation:
        settings["validation"] = some(network, 11, seed=1)
    actual, expected = (
        train(population, X, y, engine=engine, **settings) for engine in ("native", "reference")
    )
    assert actual.history.reasons == expected.history.reasons
    for a, b in (
        (actual.population.theta, expected.population.theta),
        (actual.history.loss, expected.history.loss),
        (actual.history.validation_loss, expected.history.validation_loss),
    ):
        if a is None or b is None:
            assert a is b
            continue
        scale = np.abs(b).max(axis=-1, keepdims=True)
        np.testing.assert_allclose(a / scale, b / scale, rtol=0, atol=RTOL[dtype])
    assert not np.array_equal(actual.population.theta, population.theta)


@every_batch
@both_dtypes
@pytest.mark.parametrize("layer", NATIVE)
def test_every_layer(layer: str, dtype: str, batch: dict[str, Any]) -> None:
    # Activations without a kink, on which engines that round in different ways could fall on different sides.
    same(IMAGE, NATIVE[layer]("tanh"), dtype, **batch)


@every_batch
@pytest.mark.parametrize(("image", "layers"), SHAPES.values(), ids=SHAPES)
def test_every_shape(image: Shape, layers: list[Layer], batch: dict[str, Any]) -> None:
    # At a rate of 0.05 twenty layers leap about: what is 1e-15 grows to 1 in 70 steps of either engine.
    same(image, layers, "float64", learning_rate=0.05 if len(layers) < 9 else 0.005, **batch)


@every_batch
@both_dtypes
@pytest.mark.parametrize("isa", _native.instruction_sets())
def test_every_instruction_set(
    isa: str, dtype: str, batch: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "INSTRUCTION_SET", isa)
    same(*BIG, dtype, epochs=8, **batch)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_activations_that_keep_z_and_that_do_not(activation: str) -> None:
    layers = [Conv2D(5, 3, activation, padding="same"), MaxPool2D(2), Conv2D(3, 2, activation), Flatten()]
    same((2, 7, 6), layers, "float64", 45)


@both_dtypes
@pytest.mark.parametrize("batch", [{}, {"batch_size": 9}, {"batch_size": 40}])
def test_batch_statistics_of_folds(batch: dict[str, Any], dtype: str) -> None:
    """Members whose samples are few, some minibatches without any, of images and of features."""
    layers = [
        BatchNorm("tanh", momentum=0.6),
        Conv2D(3, 2),
        BatchNorm(epsilon=0.1),
        Flatten(),
        Dense(4),
        BatchNorm(),
    ]
    N = 45 if batch.get("batch_size") != 9 else 30
    folds = (np.arange(N) % 7 == np.array([[0], [3], [5]])).astype(float)
    folds[1] *= 2.5
    # Not Adam: the bias before a batch norm has a gradient of rounding errors, which that makes into steps.
    settings = {"clip_norm": 0.3, "patience": 4, "l1": 0.01, "weight_decay": 0.001} | batch
    same(IMAGE, layers, dtype, N, validation=True, sample_weight=folds, **settings)


@both_dtypes
@pytest.mark.parametrize("first", [Dropout(0.1), BatchNorm()], ids=["dropout", "batch_norm"])
@pytest.mark.parametrize(("N", "batch_size"), [(13, None), (700, None), (200, 60)])
def test_the_bits_depend_neither_on_threads_nor_on_companions(
    N: int, batch_size: int | None, first: Layer, dtype: str
) -> None:
    image, layers = BIG if N > 13 else (IMAGE, STACKS["max_pool2d"]("relu"))
    network = Network(image, [first, *layers, Dense(3)], "cross_entropy")
    population = network.population(5, dtype=dtype)
    X, y = some(network, N)

    def theta(members: Population, threads: int) -> Array:
        settings: dict[str, Any] = {"epochs": 2, "batch_size": batch_size, "engine": "native"}
        return train(members, X, y, n_jobs=threads, **settings).population.theta

    one = theta(population, 1)
    for threads in 2, 4:
        assert np.array_equal(theta(population, threads), one)
    for members in [0], [4], [3, 1]:
        assert np.array_equal(theta(population.members(members), 4), one[members])


@both_dtypes
@pytest.mark.parametrize("N", [13, 45])
def test_divergence_harms_nobody(N: int, dtype: str) -> None:
    absurd = 1e30 if dtype == "float32" else 1e200
    network = Network(IMAGE, [*STACKS["max_pool2d"]("relu"), Dense(2)])
    population = network.population(4, dtype=dtype)
    rates = np.array([0.01, absurd, 0.02, absurd])
    X, y = some(network, N)
    settings: dict[str, Any] = {"solver": "sgd", "epochs": 10}
    together = train(population, X, y, learning_rate=rates, engine="native", **settings)
    alone = train(population.members([0, 2]), X, y, learning_rate=rates[::2], engine="native", **settings)
    reference = train(population, X, y, learning_rate=rates, engine="reference", **settings)
    assert together.diverged.tolist() == [False, True, False, True]
    assert together.history.epochs.tolist() == reference.history.epochs.tolist()
    assert np.array_equal(together.population.theta[::2], alone.population.theta)


def test_every_layer_of_the_registry_is_native() -> None:
    assert set(KNOWN["layer"]) == set(NATIVE) | set(OVER_TIME)
