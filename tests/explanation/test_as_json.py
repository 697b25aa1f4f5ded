from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from shoal.explanation.as_json import as_json
from shoal.explanation.explanation import Explanation, explain
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.population import Population


def test_numbers_are_there_in_full_and_formulas_twice(lecture: Explanation) -> None:
    content = json.loads(as_json(lecture))
    comparison = lecture.comparisons[0]
    gradient = content["gradients"][0]
    assert gradient["parameter"] == "W3"
    np.testing.assert_array_equal(gradient["gradient"], comparison.derivation.gradient)
    assert gradient["relative_error"]["factors"] == comparison.engine_error
    assert [layer["number"] for layer in content["layers"]] == [1, 2, 3]
    assert content["sample"]["loss"] == lecture.trace.losses[1]


def test_what_is_not_finite_is_null(lecture: Explanation) -> None:
    losses = np.array([1.0, np.inf, 1.0, 1.0])
    content = json.loads(as_json(replace(lecture, trace=replace(lecture.trace, losses=losses))))
    assert (content["sample"]["loss"], content["loss"]) == (None, None)


def test_names_cannot_steer_a_terminal(lecture: Explanation) -> None:
    written = as_json(replace(lecture, feature_names=("\x1b[2J", "\u202e")))
    assert "\x1b" not in written
    assert "\u202e" not in written
    assert json.loads(written)["features"] == ["\x1b[2J", "\u202e"]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_errors_of_huge_weights_are_null_too() -> None:
    network = Network(2, [Dense(3, "relu"), Dense(1)])
    population = network.population(1, dtype="float64")
    huge = Population(network, np.full_like(population.theta, 1e200), population.keys)
    content = json.loads(as_json(explain(huge, np.ones((4, 2)), np.zeros(4))))
    assert content["gradients"][0]["relative_error"]["factors"] is None
