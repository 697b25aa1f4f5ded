"""The native engine deforms images as the reference does, and trains on the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.layers import Dense, Flatten
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import TrainingResult, train
from shoal.shapes import Array
from shoal.training.augmentation import Augmentation

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

from shoal import _native
from shoal.engines.compiled import module
from shoal.engines.wire import augmentation_fields

AUGMENTATIONS = {
    "moved": Augmentation(translate=2),
    "stretched and turned": Augmentation(scale=0.3, rotate=30, fill=-0.5),
    "elastic": Augmentation(elastic=20, sigma=2.5),
    "mirrored": Augmentation(mirror=True),
    "everything": Augmentation(translate=1, scale=0.2, rotate=15, elastic=34, mirror=True, fill=0.25),
}
every_augmentation = pytest.mark.parametrize("augmentation", AUGMENTATIONS.values(), ids=AUGMENTATIONS)


def images(N: int, shape: tuple[int, int, int]) -> Array:
    return np.random.default_rng(1).normal(size=(N, int(np.prod(shape))))


def deformed(augmentation: Augmentation, X: Array, shape: tuple[int, int, int], threads: int) -> Array:
    seen = np.empty_like(X)
    fields = augmentation_fields(augmentation, shape, seed=2**63 + 5)
    _native.deform(module.INSTRUCTION_SET, fields, X, 2**31 + 7, threads, seen)
    return seen


@every_augmentation
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 11, 7), (2, 1, 40), (1, 33, 1)], ids=str)
@pytest.mark.parametrize(("dtype", "atol"), [("float64", 1e-12), ("float32", 1e-4)])
def test_images_are_deformed_alike(
    augmentation: Augmentation, shape: tuple[int, int, int], dtype: str, atol: float
) -> None:
    X = images(20, shape)
    expected = augmentation.deform(X, shape, seed=2**63 + 5, epoch=2**31 + 7)
    seen = deformed(augmentation, X.astype(dtype), shape, threads=2)
    np.testing.assert_allclose(seen, expected, rtol=0, atol=atol)


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_any_number_of_threads_gives_the_same_bits(threads: int) -> None:
    X = images(300, (1, 9, 13))
    augmentation = AUGMENTATIONS["everything"]
    expected = deformed(augmentation, X, (1, 9, 13), threads=1)
    np.testing.assert_array_equal(deformed(augmentation, X, (1, 9, 13), threads), expected)


def trained(population: Population, N: int = 45, **settings: Any) -> TrainingResult:
    X = images(N, population.network.input_shape)  # type: ignore[arg-type]
    y = np.arange(N) % 3
    settings = {"batch_size": 10, "epochs": 8, "learning_rate": 0.01, "seed": 4} | settings
    return train(
        population, X, y, validation=(X[:9], y[:9]), augmentation=AUGMENTATIONS["everything"], **settings
    )


def network(*hidden: int) -> Network:
    return Network((2, 6, 5), [Flatten(), *(Dense(m, "tanh") for m in hidden), Dense(3)], "cross_entropy")


# A lane is a network in the first, a sample in the others, the last of which is wide.
@pytest.mark.parametrize(("hidden", "batch_size"), [((5,), 10), ((5,), 40), ((50, 50), 40)])
@pytest.mark.parametrize("batch_order", ["own", "shared"])
def test_engines_train_on_the_same_images(hidden: tuple[int, ...], batch_size: int, batch_order: str) -> None:
    population = network(*hidden).population(3, seed=1, dtype="float64")
    settings = {"batch_size": batch_size, "batch_order": batch_order}
    actual = trained(population, engine="native", **settings)
    expected = trained(population, engine="reference", **settings)
    np.testing.assert_allclose(actual.population.theta, expected.population.theta, rtol=0, atol=1e-9)
    np.testing.assert_allclose(actual.history.loss, expected.history.loss, rtol=1e-9)
    np.testing.assert_allclose(actual.history.validation_loss, expected.history.validation_loss, rtol=1e-9)
    plain = train(population, images(45, (2, 6, 5)), np.arange(45) % 3, batch_size=batch_size, epochs=8)
    assert abs(actual.population.theta - plain.population.theta).max() > 1e-3


@pytest.mark.parametrize("engine", ENGINES)
def test_a_member_sees_the_same_images_in_any_company_and_on_any_threads(engine: str) -> None:
    population = network(5).population(5, seed=1)
    together = trained(population, engine=engine, n_jobs=3).population.theta
    for member in range(5):
        alone = trained(population.members([member]), engine=engine, n_jobs=1).population.theta
        np.testing.assert_array_equal(alone[0], together[member])


def test_the_callback_changes_nothing() -> None:
    population = network(5).population(2, seed=1)
    watched = trained(population, callback=lambda progress: None)
    np.testing.assert_array_equal(watched.population.theta, trained(population).population.theta)


class Inverted(Augmentation):
    """Somebody's own augmentation."""


def test_a_subclass_is_left_to_the_reference() -> None:
    X = images(4, (2, 6, 5))
    with pytest.raises(Exception, match="the augmentation Inverted"):
        train(network(5), X, [0, 1, 2, 0], batch_size=2, augmentation=Inverted(), engine="native")
    train(network(5), X, [0, 1, 2, 0], batch_size=2, augmentation=Inverted(), epochs=1)
