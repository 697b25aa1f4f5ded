from __future__ import annotations

import warnings
from typing import Any, cast

import numpy as np

from shoal.errors import ShoalWarning
from shoal.jobs.prepared import Prepared, Subset, collected
from shoal.selection.samples.attributes import Attributes

X = np.arange(8.0).reshape(4, 2)
Y = np.arange(4.0)
WEIGHED = Subset(X, Y, Attributes.of(4, sample_weight=[1, 2, 3, 4]))


def made_ready(train: Subset, validation: Subset | None) -> Prepared:
    """Data of these parts, of which nothing else is asked."""
    whole = type("Ready", (Prepared,), dict.fromkeys(Prepared.__abstractmethods__))
    prepared: Any = object.__new__(whole)
    prepared.__dict__.update(train=train, validation=validation, test=train.rows(np.array([0])))
    return cast("Prepared", prepared)


def test_some_rows_of_a_part_keep_what_they_count_for() -> None:
    some = WEIGHED.rows(np.array([3, 1]))
    assert some.X.tolist() == [[6, 7], [2, 3]]
    assert some.y.tolist() == [3, 1]
    assert some.weights is not None
    assert some.weights.tolist() == [4, 2]


def test_what_validates_has_weights_only_where_there_are_any() -> None:
    assert len(Subset(X, Y).weighed) == 2
    assert len(WEIGHED.weighed) == 3


def test_rows_that_are_not_for_testing_are_those_to_train_on_and_to_choose_by() -> None:
    first, last = WEIGHED.rows(np.array([0, 1])), WEIGHED.rows(np.array([2, 3]))
    both = made_ready(first, last)
    assert both.development[0].tolist() == X.tolist()
    assert both.targets.tolist() == Y.tolist()
    assert both.weights is not None
    assert both.weights.tolist() == [1, 2, 3, 4]
    assert both.bytes == 5 * 2 * 8  # of four rows, and the one of the test
    alone = made_ready(first, None)
    assert alone.development[0] is first.X  # no copy of what may be large
    assert alone.n_train == 2
    assert made_ready(Subset(X, Y), None).weights is None


def test_notes_are_collected_each_time_and_in_their_order() -> None:
    with collected() as told:
        for note in ("a note", "another", "a note"):
            warnings.warn(note, ShoalWarning, stacklevel=1)
    assert told == ["a note", "another", "a note"]
