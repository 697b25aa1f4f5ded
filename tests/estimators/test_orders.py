"""Orders drawn ahead are those that are drawn in turn, and leave no trace where they are not used."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils import shuffle

from shoal.estimators.orders import KEPT, LONG, Orders


def test_long_orders_are_those_of_scikit_learn_and_of_each_state_by_itself() -> None:
    rows = np.arange(3 * (LONG + 7)).reshape(3, -1)
    theirs = [np.random.RandomState(seed) for seed in (4, 9)]
    places = [np.arange(LONG + 7)] * 2
    with Orders(rows, [np.random.RandomState(seed) for seed in (4, 9)], shuffle=True) as orders:
        for _ in range(4):
            places = [shuffle(p, random_state=random) for p, random in zip(places, theirs, strict=True)]
            expected = np.concatenate([rows[:, p] for p in places])
            np.testing.assert_array_equal(orders.next(), expected)
            np.testing.assert_array_equal(orders.current, expected)


@pytest.mark.parametrize("epochs", [1, 3, KEPT, KEPT + 1, 2 * KEPT + 5])
def test_an_order_that_nobody_asked_for_was_never_drawn(epochs: int) -> None:
    random, untouched = np.random.RandomState(1), np.random.RandomState(1)
    with Orders(np.arange(LONG)[None], [random], shuffle=True) as orders:
        for _ in range(epochs):
            orders.next()
    for _ in range(epochs):
        untouched.shuffle(np.arange(LONG))
    assert random.randint(2**31) == untouched.randint(2**31)


def test_without_shuffling_the_rows_stay() -> None:
    rows = np.arange(2 * LONG).reshape(2, -1)
    with Orders(rows, [np.random.RandomState(0)], shuffle=False) as orders:
        np.testing.assert_array_equal(orders.next(), rows)
