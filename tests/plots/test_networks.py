"""The networks of a study, told apart."""

from __future__ import annotations

import math
from typing import Any

from shoal.plots.networks import Start, distinct, ordered_sizes, starts, units

TRIALS: Any = {
    "hidden": ["8", "2x2", "8", "2x2", "8"],
    "l2": [0.0, 0.0, 0.0, 0.0, 1.0],
    "start": [0, 0, 0, 0, 0],
    "parameters": [33, 21, 33, 21, 33],
    "validation_loss": [0.25, 0.5, 0.75, None, 2.0],
}


def test_folds_of_a_network_are_taken_together() -> None:
    found = starts(TRIALS)
    assert list(found) == [("8", 0.0, 0, ""), ("2x2", 0.0, 0, ""), ("8", 1.0, 0, "")]
    assert found["8", 0.0, 0, ""].loss == 0.5
    assert found["8", 0.0, 0, ""].words == "8 hidden units, L2 0, start 0: 0.5000 (folds 0.2500 to 0.7500)"
    assert found["8", 1.0, 0, ""].words == "8 hidden units, L2 1, start 0: 2"


def test_one_fold_that_diverged_is_a_network_that_diverged() -> None:
    assert math.isnan(starts(TRIALS)["2x2", 0.0, 0, ""].loss)


def test_sizes_are_in_order_of_parameters_each_once() -> None:
    assert ordered_sizes(TRIALS) == ["2x2", "8"]


def test_a_member_that_counts_twice_is_one_network() -> None:
    members: Any = [{"hidden": "8", "l2": 0.0, "start": s} for s in (1, 0, 1)]
    assert distinct(members) == [("8", 0.0, 1, ""), ("8", 0.0, 0, "")]


def test_sizes_say_what_they_count() -> None:
    assert units("1", "filter") == "1 filter"
    assert units("0", "filter") == "no filters"
    assert Start("4x8", 0.5, 2, "", (1.0,), "filter").words == "4×8 filters, L2 0.5, start 2: 1"
