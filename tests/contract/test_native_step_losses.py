"""A class for every step: the native engine trains, judges and predicts what the reference engine does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.layers import GRU, Bidirectional, Conv1D, Dense, Flatten
from shoal.losses import StepCrossEntropy
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.sequences import Sequences
from shoal.shapes import Array

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

C, T = 2, 9
RTOL = {"float32": 1e-3, "float64": 1e-9}
# Lanes are networks, or samples in vectors that are not full and in blocks that are not.
BATCHES: dict[str, dict[str, Any]] = {
    "few samples": {"N": 13},
    "minibatches": {"N": 29, "batch_size": 7},
    "many samples": {"N": 175, "batch_size": 140},
}


def some(N: int, K: int, seed: int) -> tuple[Sequences, Array, Array]:
    """Return sequences, the class of every step, and the valid steps as sample weights."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, T + 1, size=N)
    labels = np.where(np.arange(T) < lengths[:, None], rng.integers(K, size=(N, T)), -1)
    return Sequences(rng.normal(size=(N, C, T)), lengths), labels, lengths


@pytest.mark.parametrize("dtype", RTOL)
@pytest.mark.parametrize(("K", "units"), [(3, 4), (11, 37)])
@pytest.mark.parametrize("batch", BATCHES.values(), ids=BATCHES)
def test_it_trains_as_the_reference_engine(batch: dict[str, Any], K: int, units: int, dtype: str) -> None:
    layers = [
        Conv1D(units, 3, padding="same", activation="tanh"),
        Bidirectional(GRU(3, return_sequences=True)),
    ]
    network = Network((C, T), [*layers, Dense(K), Flatten()], StepCrossEntropy(T))
    population = network.population(3, seed=2, dtype=dtype)
    settings = {"epochs": 20, "learning_rate": 0.01, "l2": 0.1, **batch}
    sequences, labels, lengths = some(settings.pop("N"), K, 0)
    actual, expected = (
        train(
            population,
            sequences,
            labels,
            engine=engine,
            sample_weight=lengths,
            validation=some(11, K, 1),
            **settings,
        )
        for engine in ("native", "reference")
    )
    assert actual.history.reasons == expected.history.reasons
    rtol = RTOL[dtype]
    np.testing.assert_allclose(actual.history.loss, expected.history.loss, rtol=rtol)
    np.testing.assert_allclose(
        actual.history.validation_loss,  # type: ignore[arg-type]
        expected.history.validation_loss,  # type: ignore[arg-type]
        rtol=rtol,
    )
    scale = np.abs(expected.population.theta).max()
    np.testing.assert_allclose(
        actual.population.theta, expected.population.theta, rtol=rtol, atol=rtol * scale
    )
    assert not (actual.history.loss == expected.history.loss).all()  # two engines, not one
