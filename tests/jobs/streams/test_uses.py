from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

from shoal.jobs.request import FitRequest
from shoal.jobs.streams import uses
from shoal.jobs.streams.drawing import NO_ROLES, DrawnRows
from shoal.jobs.streams.uses import Uses

DRAWN = DrawnRows(
    rows=pl.DataFrame({"x": range(10)}),
    numbers=np.arange(0, 100, 10),
    draws=np.array([90, 1, 80, 11, 70, 21, 60, 30, 50, 40], dtype=np.uint64),
    ranks=np.array([9, 0, 8, 1, 7, 2, 6, 3, 5, 4]),
    known=10,
    weightless=0,
    total=100,
)
"""Ten rows, all that have a target: every tenth of the table."""
REQUEST = FitRequest("t.parquet", "y", test_share=0.2, validation_share=0.5)


def used(request: FitRequest = REQUEST) -> tuple[list[int], list[int], list[int]]:
    found = Uses.of(DRAWN, request, NO_ROLES)
    return found.test.tolist(), found.held.tolist(), found.train.tolist()


def test_the_first_drawn_test_the_next_validate_and_the_rest_train() -> None:
    # two of ten are tested on, and half of the eight others validate
    assert used() == ([1, 3], [5, 7, 8, 9], [0, 2, 4, 6])


def test_nothing_is_set_aside_for_what_has_rows_of_its_own() -> None:
    assert used(dataclasses.replace(REQUEST, test="other.csv")) == ([], [1, 3, 5, 7, 9], [0, 2, 4, 6, 8])
    assert used(dataclasses.replace(REQUEST, validation_share=None, valid="other.csv"))[1] == []


def test_of_a_very_large_table_no_more_rows_judge_than_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uses, "ASIDE", 1)
    assert used() == ([1], [3], [0, 2, 4, 5, 6, 7, 8, 9])


def test_rows_that_were_not_drawn_train_alone_and_are_never_too_many() -> None:
    beside = dataclasses.replace(DRAWN, besides=2)
    found = Uses.of(beside, REQUEST, NO_ROLES).at_most(1, 1)
    assert (found.test.tolist(), found.held.tolist(), found.train.tolist()) == ([1], [5], [0, 2, 6])
    # ranks 8 and 9, of the places 2 and 0, are kept beside the first that was drawn, of rank 6


def test_folds_take_the_place_of_rows_that_validate() -> None:
    found = Uses.of(DRAWN, dataclasses.replace(REQUEST, validation_share=None, folds=3), NO_ROLES)
    assert (found.test.tolist(), found.held.tolist()) == ([1, 3], [])
    assert found.train.tolist() == [0, 2, 4, 5, 6, 7, 8, 9]


def test_folds_are_at_random_where_the_target_is_a_number_and_else_even_in_its_classes() -> None:
    found = Uses.of(DRAWN, dataclasses.replace(REQUEST, validation_share=None, folds=3), NO_ROLES)
    rows, draws = DRAWN.rows[found.train], DRAWN.draws[found.train]
    fold = found.folds(3, None, 0, seed=0).reading()(rows, draws, np.zeros(8))
    assert fold.tolist() == [0, 2, 1, 0, 0, 0, 2, 1]  # the draws of these rows modulo 3
    labels = np.array([0, 1, 0, 1, 0, 0, 0, 0, 0, 2])
    fold = found.folds(3, labels, 3, seed=0).reading()(rows, draws, labels[found.train])
    assert sorted(np.bincount(fold[labels[found.train] == 0], minlength=3).tolist()) == [2, 2, 3]


def test_rows_are_numbered_as_in_the_table_and_fewer_are_those_drawn_first() -> None:
    found = Uses.of(DRAWN, REQUEST, NO_ROLES)
    assert found.aside.tolist() == [10, 30, 50, 70, 80, 90]
    assert found.trained == 4
    fewer = found.at_most(aside=1, train=3)
    assert (fewer.test.tolist(), fewer.held.tolist(), fewer.train.tolist()) == ([1], [5], [2, 4, 6])
