from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.errors import DataError
from shoal.losses import Loss
from shoal.losses.base import difference, sum_outputs
from shoal.shapes import Array


class Absolute(Loss):
    """A loss that says no more than it has to."""

    name = "of_a_test"

    def value(self, z: Array, y: Array) -> Array:
        return sum_outputs(np.abs(difference(z, y)))

    def delta(self, z: Array, y: Array) -> Array:
        return np.sign(difference(z, y))


def test_a_loss_predicts_what_the_network_gives_unless_it_says_otherwise() -> None:
    z = np.array([[[1.0, -2.0]]])
    loss = Absolute()
    assert loss.predict(z) is z
    assert loss.probabilities(z) is z
    assert loss.curvature(1) is None
    assert loss.value(z, np.array([[0.0, 1.0]])).tolist() == [[1, 3]]


def test_targets_are_told_apart_from_the_users() -> None:
    given = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    encoded = Absolute().encode(given, 2)
    assert encoded.tolist() == [[1, 3, 5], [2, 4, 6]]
    encoded[0, 0] = 9
    assert given[0, 0] == 1


@pytest.mark.parametrize("y", [[1.0, 2.0], [[1.0, 2.0, 3.0]]])
def test_targets_of_another_number_of_columns(y: Any) -> None:
    with pytest.raises(DataError, match="the network's 2 outputs need"):
        Absolute().encode(y, 2)


def test_a_difference_has_the_type_of_the_outputs() -> None:
    assert difference(np.ones(2, np.float32), np.ones(2)).dtype == np.float32
