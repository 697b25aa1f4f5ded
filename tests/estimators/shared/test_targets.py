"""What the automatic estimators make of targets that have gaps, or are no numbers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from shoal import ShoalClassifier, ShoalRegressor
from shoal.data.frames import as_frame
from shoal.errors import DataError, ShoalWarning
from shoal.estimators.shared.targets import several, with_labels, with_numbers

SMALL: dict[str, Any] = {
    "hidden_layer_sizes": 2,
    "n_starts": 1,
    "max_iter": 2,
    "random_state": 0,
    "n_jobs": 1,
}
X = np.random.default_rng(0).normal(size=(40, 2))
NUMBERS = X[:, 0].round(3).tolist()
LABELS = np.where(X[:, 0] > 0, "high", "low").tolist()
HOLDERS: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "objects": lambda y: np.array(y, dtype=object),
    "pandas": lambda y: pd.Series(y, index=range(100, 140), name="price"),
    "polars": lambda y: pl.Series("price", y, strict=False),
    "column": lambda y: pd.DataFrame({"price": y}),
}
NAMES = {"list": "y", "objects": "y", "pandas": "price", "polars": "price", "column": "price"}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("bad", ["abc", "2024-01-01"])
def test_a_text_is_told_with_its_column_and_row(holder: str, bad: str) -> None:
    given = [str(value) for value in NUMBERS]
    given[1], given[3] = "NA", bad
    with pytest.raises(
        DataError, match=f"column '{NAMES[holder]}' has '{bad}' in data row 4, expected a num"
    ):
        ShoalRegressor(**SMALL).fit(X, HOLDERS[holder](given))


@pytest.mark.parametrize("bad", [np.inf, -np.inf])
@pytest.mark.parametrize("holder", HOLDERS)
def test_what_is_infinite_is_told_with_its_column_and_row(holder: str, bad: float) -> None:
    given = [*NUMBERS[:9], bad, *NUMBERS[10:]]
    told = f"column '{NAMES[holder]}' has '{bad}' in data row 10, expected a finite number"
    with pytest.raises(DataError, match=told):
        ShoalRegressor(**SMALL).fit(X, HOLDERS[holder](given))


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA, "NA", "-"], ids=repr)
@pytest.mark.parametrize("holder", ["list", "objects", "pandas"])
def test_rows_without_a_number_are_left_out_and_told(holder: str, gap: Any) -> None:
    given = [*NUMBERS[:5], gap, *NUMBERS[6:39], gap]
    with pytest.warns(ShoalWarning, match=f"2 of 40 rows have no value of the target '{NAMES[holder]}'"):
        fitted = ShoalRegressor(**SMALL).fit(X, HOLDERS[holder](given))
    known = [row for row in range(40) if row not in (5, 39)]
    alone = ShoalRegressor(**SMALL).fit(X[known], np.array(NUMBERS)[known])
    np.testing.assert_array_equal(fitted.predict(X), alone.predict(X))


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA], ids=repr)
@pytest.mark.parametrize("holder", ["list", "objects", "pandas"])
@pytest.mark.parametrize(
    "labels", [LABELS, [int(label == "high") for label in LABELS]], ids=["texts", "whole"]
)
def test_rows_without_a_label_are_left_out_and_told(labels: list[Any], holder: str, gap: Any) -> None:
    given = [*labels[:5], gap, *labels[6:39], gap]
    with pytest.warns(ShoalWarning, match=f"2 of 40 rows have no value of the target '{NAMES[holder]}'"):
        fitted = ShoalClassifier(**SMALL).fit(X, HOLDERS[holder](given))
    known = [row for row in range(40) if row not in (5, 39)]
    alone = ShoalClassifier(**SMALL).fit(X[known], np.array(labels)[known])
    assert fitted.classes_.tolist() == alone.classes_.tolist()
    np.testing.assert_array_equal(fitted.predict_proba(X), alone.predict_proba(X))


def test_a_label_that_is_a_text_is_no_gap() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = ShoalClassifier(**SMALL).fit(X, ["NA" if label == "low" else "?" for label in LABELS])
    assert fitted.classes_.tolist() == ["?", "NA"]


@pytest.mark.parametrize("estimator", [ShoalClassifier, ShoalRegressor])
@pytest.mark.parametrize("gap", [None, np.nan])
def test_nothing_but_gaps_is_refused(estimator: Any, gap: Any) -> None:
    with pytest.raises(DataError, match="the target 'y' is missing in all 40 rows"):
        estimator(**SMALL).fit(X, [gap] * 40)


def test_the_target_has_a_name_that_no_column_has() -> None:
    frame = as_frame({"price": NUMBERS, "size": NUMBERS})
    for name, wanted in (("price", "target of the estimator"), ("cost", "cost"), (None, "y"), (7, "y")):
        rows, found = with_numbers(frame, pd.Series(NUMBERS, name=name), "ShoalRegressor")
        assert found == wanted
        assert rows.columns == ["price", "size", wanted]


@pytest.mark.parametrize("y", [NUMBERS[:39], [NUMBERS, NUMBERS], None])
def test_one_entry_for_each_row_is_asked_for(y: Any) -> None:
    for take in (with_numbers, with_labels):
        with pytest.raises(ValueError, match=r"inconsistent numbers of samples|1d array|y to be passed"):
            take(as_frame({"a": NUMBERS}), y, "ShoalRegressor")


def test_complex_numbers_are_told() -> None:
    with pytest.raises(DataError, match="column 'y' holds complex128 values"):
        with_numbers(as_frame({"a": NUMBERS}), np.array(NUMBERS) + 1j, "ShoalRegressor")


@pytest.mark.parametrize("container", [np.array, list, pl.DataFrame, pd.DataFrame, pa.table])
def test_columns_of_several_targets(container: Any) -> None:
    columns = {"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]}
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    y = container(rows if container in (np.array, list) else columns)
    assert [np.asarray(column, dtype=float).tolist() for column in several(y)] == list(columns.values())


@pytest.mark.parametrize("y", [[1.0, 2.0], [[1.0], [2.0]], np.ones(3), np.ones((3, 1)), None, "text"])
def test_one_target_is_not_several(y: Any) -> None:
    assert several(y) == []


@pytest.mark.parametrize("names", [[0, 1], ["a", "a"], [None, 2.5]])
def test_columns_of_pandas_are_targets_whatever_they_are_called(names: list[Any]) -> None:
    y = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], columns=names)
    assert [list(column) for column in several(y)] == [[1.0, 3.0], [2.0, 4.0]]
    assert several(y.iloc[:, :1]) == []
