from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from shoal.jobs.sizing.pace import RELEASED, Pace
from shoal.layers import Conv2D, Dense, Flatten
from shoal.populations.network import Network
from shoal.training.recipe import Recipe

NOTHING = Pace(0.0, 0.0, 0.0, 0.0, 0.0)
NETWORK = Network(3, [Dense(2, "tanh"), Dense(1)])
"""Of 11 parameters, as many operations, and 3 numbers that come out of layers."""


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("operation", 6 * 11 * 10 + 2 * 11 * 4),
        ("unit", 3 * (10 + 4)),
        ("row", 10 + 4),
        ("parameter", 11 * 4),
        ("update", 4),
    ],
)
def test_an_epoch_counts_what_it_consists_of(name: str, count: int) -> None:
    """Ten rows in batches of three are four updates; four rows judge."""
    pace = dataclasses.replace(NOTHING, **{name: 1.0})
    assert pace.epoch(NETWORK, Recipe(batch_size=3), 10, 4) == count


@pytest.mark.parametrize(("batch_size", "updates"), [(None, 1), (10, 1), (99, 1), (5, 2)])
def test_a_batch_is_all_rows_at_most(batch_size: int | None, updates: int) -> None:
    pace = dataclasses.replace(NOTHING, update=1.0)
    assert pace.epoch(NETWORK, Recipe(batch_size=batch_size), 10, 0) == updates


def test_full_batch_solvers_go_through_the_rows_twice() -> None:
    pace = dataclasses.replace(NOTHING, row=1.0)
    assert pace.epoch(NETWORK, Recipe(solver="scg"), 10, 4) == 24


def test_filters_count_wherever_they_are_laid() -> None:
    network = Network((1, 6, 6), [Conv2D(2, 3), Flatten(), Dense(1)])
    pace = dataclasses.replace(NOTHING, operation=1.0)
    assert pace.epoch(network, Recipe(batch_size=1), 0, 1) == 2 * (20 * 16 + 33)


def test_a_large_network_is_all_products_and_a_small_one_hardly() -> None:
    """At the released pace, of which no figure is missing or out by orders of magnitude."""
    assert all(np.array(dataclasses.astuple(RELEASED)) > 0)
    for hidden, share in ((1, 0.02), (512, 0.7)):
        network = Network(4, [Dense(hidden, "tanh"), Dense(hidden, "tanh"), Dense(1)])
        products = dataclasses.replace(NOTHING, operation=RELEASED.operation)
        found = [pace.epoch(network, Recipe(batch_size=256), 10**5, 0) for pace in (products, RELEASED)]
        assert (found[0] / found[1] > share) is (hidden == 512)
