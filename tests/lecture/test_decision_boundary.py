from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]


def test_training_error_rises_with_the_penalty_and_falls_with_units(computed: Computed) -> None:
    _, found = computed("decision-boundary")
    few, many = found.train_error
    assert many[0] < few[0]
    assert many[0] < 0.05 < many[-1]


def test_a_penalty_in_between_helps_a_large_network(computed: Computed) -> None:
    _, found = computed("decision-boundary")
    unseen = found.test_error[-1]
    assert unseen[1] < unseen[0]
    assert unseen[1] < unseen[2]


def test_weights_shrink_with_the_penalty(computed: Computed) -> None:
    _, found = computed("decision-boundary")
    assert (np.diff(found.norm, axis=1) < 0).all()


def test_errors_are_those_of_the_networks_drawn(computed: Computed) -> None:
    _, found = computed("decision-boundary")
    for row, errors in zip(found.networks, found.train_error, strict=True):
        for network, error in zip(row, errors, strict=True):
            assert ((network.predict(found.X)[0, :, 0] > 0.5) != (found.y == 1)).mean() == error
