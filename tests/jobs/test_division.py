"""Rows by their use: none twice, none lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.errors import DataError
from shoal.jobs.division import DEFAULT_FOLDS, DEFAULT_SHARE, Division, divide
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import SMALL_TABLE
from shoal.selection.samples.dividers import AtRandom


def division(n: int, own_test: bool = False, own_validation: bool = False, **asked: Any) -> Division:
    by_folds = asked.pop("by_folds", None)
    request = FitRequest("t.csv", "y", **asked)
    return divide(AtRandom(n), request, own_test, own_validation, by_folds)


@pytest.mark.parametrize(
    ("n", "options"),
    [(100, {"folds": 3}), (100, {"validation_share": 0.25}), (3 * SMALL_TABLE, {}), (50, {"own_test": True})],
)
def test_every_row_has_one_use(n: int, options: dict[str, Any]) -> None:
    found = division(n, **options)
    rows = np.concatenate([found.train, found.held, found.test])
    assert sorted(rows.tolist()) == list(range(n))


def test_few_rows_are_divided_into_folds_and_many_by_a_share() -> None:
    few, many = division(SMALL_TABLE // 2), division(3 * SMALL_TABLE)
    assert (few.folds, few.validation_share, few.held.size) == (DEFAULT_FOLDS, None, 0)
    assert (many.folds, many.validation_share) == (None, DEFAULT_SHARE)
    assert many.held.size == round(DEFAULT_SHARE * (many.train.size + many.held.size))


def test_the_choice_between_them_may_be_made_before() -> None:
    assert division(3 * SMALL_TABLE, by_folds=True).folds == DEFAULT_FOLDS
    assert division(50, by_folds=False).validation_share == DEFAULT_SHARE
    assert division(50, by_folds=True, validation_share=0.5).validation_share == 0.5


def test_what_has_rows_of_its_own_is_not_set_aside() -> None:
    assert division(50, own_test=True).test.size == 0
    by_others = division(50, own_validation=True)
    assert (by_others.held.size, by_others.folds, by_others.validation_share) == (0, None, None)
    assert by_others.test.size == 10


def test_the_rows_of_the_test_are_the_same_however_the_others_are_chosen() -> None:
    tests = [division(100, **options).test for options in ({"folds": 4}, {"validation_share": 0.3})]
    np.testing.assert_array_equal(*tests)


def test_folds_are_no_more_than_rows() -> None:
    assert division(3, own_test=True).folds == 3
    with pytest.raises(
        DataError, match=r"--folds 9 asks for more folds than the 8 rows that are not for testing"
    ):
        division(8, own_test=True, folds=9)


def test_too_few_rows() -> None:
    with pytest.raises(DataError, match="leaves 1 row to train on and choose by beside the test rows"):
        division(1, own_test=True)
    assert division(1, own_test=True, own_validation=True).train.tolist() == [0]
