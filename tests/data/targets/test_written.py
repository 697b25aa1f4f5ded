"""Labels of files with decimal commas stay as they are written; numbers are read."""

from __future__ import annotations

import polars as pl
import pytest

from shoal.data.cells.notation import Notation
from shoal.data.targets.labels import classes_of
from shoal.data.targets.written import as_meant, holds_labels

READ = {"y": Notation(",", ".")}


def column(*texts: str | None) -> pl.Series:
    return pl.Series("y", texts)


@pytest.mark.parametrize("texts", [["1.000", "2.500"], ["1,0", "2,5"], ["1.000", "1"], ["12.345", "1,5"]])
def test_two_labels_stay_as_they_are_written(texts: list[str]) -> None:
    meant = as_meant(column(*texts), READ)
    assert meant.to_list() == texts
    assert set(classes_of(meant).labels) == set(texts)
    assert holds_labels(meant)


def test_a_thousand_and_one_are_two_classes_whose_points_are_none_of_decimals() -> None:
    assert classes_of(as_meant(column("1", "1.000", "1"), READ)).rows == (2, 1)


def test_labels_of_one_number_are_one_label() -> None:
    meant = as_meant(column("2,50", "1.000", "2,5", None), READ, "classification")
    assert meant.to_list() == ["2,5", "1.000", "2,5", None]


def test_many_measurements_are_numbers_with_decimal_points() -> None:
    meant = as_meant(column("1.000,5", "2,5", "0,25", "7"), READ)
    assert meant.to_list() == ["1000.5", "2.5", "0.25", "7"]
    assert not holds_labels(meant)


def test_a_target_that_was_not_read_otherwise_stays() -> None:
    series = column("1.000", "2.500")
    assert as_meant(series, {}) is series
    numbers = pl.Series("y", [1.0, 2.0])
    assert as_meant(numbers, READ) is numbers
