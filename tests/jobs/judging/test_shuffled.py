from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from shoal.data.targets.task import TargetEncoder
from shoal.jobs.judging import shuffled as module
from shoal.jobs.judging.shuffled import Exchange, Shuffled
from shoal.jobs.model import TableModel
from shoal.selection.candidates.architectures import Perceptron
from shoal.shapes import Array

MODEL = TableModel(
    preprocessor=None,  # type: ignore[arg-type]  # nothing here reads a table
    target=TargetEncoder("y", "regression"),
    population=Perceptron("tanh")
    .network((5, 4), 6, 1, "squared_error")
    .population(3, seed=1, dtype="float64"),
)
X = np.random.default_rng(0).normal(size=(40, 6)).round(1)


def mixed(exchange: Exchange) -> Array:
    rows = X.copy()
    rows[:, exchange.which] = X[exchange.order][:, exchange.which]
    return rows


def exchanges(*features: list[int]) -> list[Exchange]:
    rng = np.random.default_rng(1)
    return [Exchange(np.array(which), rng.permutation(40)) for which in features]


@pytest.mark.parametrize(
    "features",
    [[[0], [3], [5]], [[0, 1], [2]], [[0, 2, 4], [1, 3]], [[4]]],
    ids=["one each", "several", "groups", "alone"],
)
def test_exchanges_are_predicted_as_the_rows_written_out(features: list[list[int]]) -> None:
    made = exchanges(*features)
    predicted = Shuffled(MODEL, X).predict(made)
    for exchange, values in zip(made, predicted, strict=True):
        np.testing.assert_allclose(values, MODEL.predict_features(mixed(exchange)), atol=1e-12)


def test_rows_that_keep_their_values_keep_their_predictions() -> None:
    still = Exchange(np.array([1]), np.arange(40))
    shuffled = Shuffled(MODEL, X)
    np.testing.assert_array_equal(shuffled.predict([still, still]), [shuffled.intact] * 2)


def test_of_many_columns_the_engine_is_called_once_for_each_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is given the rows that were moved, no others."""
    asked: list[int] = []
    real = module.sample_outputs

    def counted(network: Any, theta: Array, rows: Array) -> Array:
        asked.append(len(theta) * len(rows))
        return real(network, theta, rows)

    shuffled = Shuffled(MODEL, X)
    monkeypatch.setattr(module, "sample_outputs", counted)
    made = exchanges(*([k % 6] for k in range(30)))
    shuffled.predict(made)
    moved = sum(int((mixed(e) != X).any(axis=1).sum()) for e in made)
    assert asked == [moved] * 3
    assert moved < 30 * 40


def test_networks_that_count_twice_are_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = dataclasses.replace(MODEL, population=MODEL.population.members([0, 1, 1]))
    shuffled = Shuffled(twice, X)
    calls = 0
    real = module.sample_outputs

    def counted(*arguments: Any) -> Array:
        nonlocal calls
        calls += 1
        return real(*arguments)

    monkeypatch.setattr(module, "sample_outputs", counted)
    (values,) = shuffled.predict(exchanges([2]))
    assert calls == 2
    (exchange,) = exchanges([2])
    np.testing.assert_allclose(values, twice.predict_features(mixed(exchange)), atol=1e-12)
