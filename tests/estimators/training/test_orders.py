"""Orders drawn ahead are those that are drawn in turn, and leave no trace where they are not used."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils import shuffle

from shoal.estimators.training.orders import KEPT, LONG, ShuffledOrders


@pytest.mark.parametrize("samples", [9, LONG + 7])
@pytest.mark.parametrize("together", [1, 3])
def test_orders_are_those_of_scikit_learn_and_of_each_state_by_itself(samples: int, together: int) -> None:
    rows = np.arange(3 * samples).reshape(3, -1)
    theirs = [np.random.RandomState(seed) for seed in (4, 9)]
    places = [np.arange(samples)] * 2
    with ShuffledOrders(rows, [np.random.RandomState(seed) for seed in (4, 9)], shuffle=True) as orders:
        for _ in range(4):
            drawn = orders.next(together)
            assert drawn is orders.current
            assert drawn.shape == (together, 6, samples)
            for order in drawn:
                places = [shuffle(p, random_state=random) for p, random in zip(places, theirs, strict=True)]
                np.testing.assert_array_equal(order, np.concatenate([rows[:, p] for p in places]))


@pytest.mark.parametrize("samples", [9, LONG])
@pytest.mark.parametrize("together", [1, 5, 20])
@pytest.mark.parametrize("epochs", [1, 3, KEPT, KEPT + 1, 2 * KEPT + 5])
def test_an_order_that_nobody_used_was_never_drawn(epochs: int, together: int, samples: int) -> None:
    random, untouched = np.random.RandomState(1), np.random.RandomState(1)
    orders = ShuffledOrders(np.arange(samples)[None], [random], shuffle=True)
    with orders:
        for _ in range(0, epochs, together):
            orders.next(together)
    orders.leave(epochs)
    for _ in range(epochs):
        untouched.shuffle(np.arange(samples))
    assert random.randint(2**31) == untouched.randint(2**31)


def test_without_shuffling_the_rows_stay() -> None:
    rows = np.arange(2 * LONG).reshape(2, -1)
    with ShuffledOrders(rows, [np.random.RandomState(0)], shuffle=False) as orders:
        np.testing.assert_array_equal(orders.next(2), [rows, rows])
    orders.leave(2)
