"""What a report shows over time, of networks and sequences that are known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.calibration.decision import LIKELIEST
from shoal.explanation import in_time as inside
from shoal.jobs.deadline import Deadline
from shoal.jobs.sequences.in_time import LOOKED_AT, by_length, errors, longest_of, over_time, targets
from shoal.layers import GRU, Bidirectional, Dense, GlobalAveragePool1D
from shoal.populations.network import Network
from shoal.sequences import Sequences

LENGTHS = np.array([3, 7, 7, 7, 3, 3, 7, 3, 3, 7])


def prepared(n_classes: int = 2) -> Any:
    rng = np.random.default_rng(0)
    X = Sequences(rng.normal(size=(10, 1, 7)), LENGTHS)
    y = np.arange(10) % 2 if n_classes else rng.normal(size=10)
    raw = SimpleNamespace(lengths=LENGTHS, names=[f"line {k}" for k in range(10)])
    part = SimpleNamespace(X=X, y=y)
    target = SimpleNamespace(labels=("no", "yes"), decode_values=lambda values: 10 * np.asarray(values))
    return SimpleNamespace(
        train=part, test=part, n_classes=n_classes, target=target, series=(None, None, raw)
    )


def model(n_classes: int = 2) -> Any:
    layers = [Bidirectional(GRU(2, return_sequences=True)), GlobalAveragePool1D(), Dense(max(n_classes, 1))]
    network = Network((1, 7), layers, "cross_entropy" if n_classes else "squared_error")
    population = network.population(2, seed=5)
    population.theta[...] *= 1.5
    says = population.probabilities if n_classes else lambda X: population.predict(X)[..., 0]
    return SimpleNamespace(
        population=population, predict_features=lambda X: says(X).mean(axis=0), decision=LIKELIEST
    )


def test_errors_are_told_by_length() -> None:
    found = by_length(np.array([1.0, 0, 0, 0, 1, 1, 0, 1, 0, 0]), LENGTHS, shares=True)
    assert [(each["first"], each["last"], each["count"], each["error"]) for each in found] == [
        (3, 3, 5, 0.8),
        (7, 7, 5, 0.0),
    ]
    assert found[1]["low"] == 0 < 0.3 < found[1]["high"] < 0.5
    assert by_length(np.ones(10), np.full(10, 4), shares=True) == []
    assert by_length(np.ones(4), np.arange(4), shares=True) == []


def test_the_error_of_numbers_is_in_units_of_the_target() -> None:
    data = prepared(n_classes=0)
    np.testing.assert_allclose(errors(data.test.y + 0.5, None, data), np.full(10, 5.0))


def test_mistaken_is_what_is_called_another_class_by_whatever_decides() -> None:
    data, always = prepared(), np.ones(10, dtype=int)
    np.testing.assert_array_equal(errors(np.tile([0.9, 0.1], (10, 1)), always, data), data.test.y == 0)


@pytest.mark.parametrize("n_classes", [0, 2])
def test_a_recurrent_network_has_states_and_a_gradient_before_training_and_after(n_classes: int) -> None:
    found = over_time(model(n_classes), prepared(n_classes), Deadline())
    assert [line["direction"] for line in found["reach"]] == ["forward", "backward"]
    for line in found["reach"]:
        assert len(line["start"]) == len(line["end"]) == 3  # as many steps as every one of them has
        assert line["start"][0] == line["end"][0] == 1
        assert line["start"] != line["end"]
    shown = found["states"]
    steps = len(shown["salience"])
    assert steps in (3, 7)
    assert np.shape(shown["states"]) == (4, steps)
    assert np.shape(shown["channels"]) == (1, steps)
    assert shown["layer"] == "bidirectional"
    assert shown["actual"] == shown["called"] or not n_classes


def test_a_single_step_has_no_way_back() -> None:
    data = prepared()
    data.train.X = Sequences(data.train.X.X, np.ones(10, dtype=int))
    assert over_time(model(), data, Deadline())["reach"] == []


def test_before_training_is_with_the_weights_that_the_network_began_with() -> None:
    data, whole = prepared(), model()
    start = whole.population.network.population(1, seed=5, dtype="float64")
    expected = inside.reach(start.network, start.theta, data.train.X, targets(start.network, data.train.y))
    found = over_time(whole, data, Deadline())["reach"]
    np.testing.assert_allclose(found[0]["start"], expected["forward"][:3], rtol=1e-3)


def test_of_sequences_as_long_as_each_other_not_the_first_are_looked_at() -> None:
    rows = longest_of(np.full(1000, 7), seed=0)
    assert len(set(rows)) == LOOKED_AT
    assert 300 < rows.mean() < 700  # four standard errors about 500


def test_what_takes_networks_is_left_out_when_the_time_is_up() -> None:
    assert set(over_time(model(), prepared(), Deadline(1.0, began=0.0, clock=lambda: 9.0))) == {"by_length"}


def test_targets_are_columns_of_classes_or_numbers() -> None:
    assert targets(Network(1, [Dense(3)], "cross_entropy"), np.array([2, 0])).tolist() == [
        [0, 1],
        [0, 0],
        [1, 0],
    ]
    assert targets(Network(1, [Dense(1)]), np.array([2, 0])).tolist() == [[2, 0]]
