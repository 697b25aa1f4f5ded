"""What is told of texts where the estimators take numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from shoal import MLPClassifier, MLPRegressor, ShoalRegressor
from shoal.errors import DataError
from shoal.estimators.shared.tables import faults_told

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).normal(size=(20, 2)).round(3)
TEXTS: list[list[Any]] = [[str(a), str(b)] for a, b in X]
TEXTS[2][1] = "abc"
TABLES: dict[str, Callable[[], tuple[Any, str]]] = {
    "list": lambda: (TEXTS, "x1"),
    "texts": lambda: (np.array(TEXTS), "x1"),
    "objects": lambda: (np.array(TEXTS, dtype=object), "x1"),
    "pandas": lambda: (pd.DataFrame(TEXTS, columns=["a", "b"]), "b"),
    "polars": lambda: (pl.DataFrame(TEXTS, schema=["a", "b"], orient="row"), "b"),
}
TARGETS: dict[str, Callable[[list[str]], Any]] = {
    "list": list,
    "texts": np.array,
    "objects": lambda y: np.array(y, dtype=object),
    "pandas": pd.Series,
    "polars": pl.Series,
}


@pytest.mark.parametrize(
    "estimator",
    [ShoalRegressor(), MLPRegressor(preprocessing="table"), MLPRegressor()],
    ids=["automatic", "table", "plain"],
)
def test_a_name_that_columns_share_is_told(estimator: Any) -> None:
    with pytest.raises(DataError, match="X has more than one column named 'a'; give every"):
        estimator.fit(pd.DataFrame(X, columns=["a", "a"]), X[:, 0])


@pytest.mark.parametrize("estimator", [ShoalRegressor(), MLPRegressor()], ids=["automatic", "plain"])
@pytest.mark.parametrize(
    ("names", "told"),
    [(pd.MultiIndex.from_tuples([("a", 1), ("a", 1)]), r"\('a', 1\)"), (["nan", np.nan], "nan")],
    ids=["levels", "missing"],
)
def test_names_that_are_no_texts_are_told_where_columns_share_them(
    estimator: Any, names: Any, told: str
) -> None:
    with pytest.raises(DataError, match=f"X has more than one column named .{told}.; give every"):
        estimator.fit(pd.DataFrame(X, columns=names), X[:, 0])


@pytest.mark.parametrize("preprocessing", [None, "table"])
@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([None], "y has no label in row 1; leave such rows out"),
        (np.array([None], dtype=object), "y has no label in row 1"),
        (np.array([np.nan], dtype=object), "y has no label in row 1"),
        (pd.array([None], dtype="string"), "y has no label in row 1"),
        (pd.Categorical([None]), "y has no label in row 1"),
        (np.array([7], dtype=object), "y has 'a' in row 2 and 7 in row 1, expected labels of one type"),
    ],
    ids=["list", "none", "nan", "string", "categories", "mixed"],
)
def test_labels_that_are_none_are_told_with_their_row(labels: Any, told: str, preprocessing: str) -> None:
    known = ["a", "b"] * 9 + ["b"]
    y = (
        [*labels, *known]
        if isinstance(labels, list)
        else pd.concat(
            [
                pd.Series(labels),
                pd.Series(known, dtype=labels.dtype if str(labels.dtype) == "string" else object),
            ]
        )
    )
    with pytest.raises(DataError, match=told):
        MLPClassifier(max_iter=1, preprocessing=preprocessing).fit(X, y)


def test_dates_where_numbers_are_expected_are_told() -> None:
    days = np.arange(20).astype("M8[D]")
    with pytest.raises(DataError, match=r"y holds datetime64\[D\], expected numbers"):
        MLPRegressor(max_iter=1).fit(X, days)
    with pytest.raises(DataError, match=r"X holds datetime64\[D\], expected numbers"):
        MLPRegressor(max_iter=1).fit(days[:, None], X[:, 0])
    with pytest.raises(DataError, match="column 'when' of X holds dates, expected numbers"):
        MLPRegressor(max_iter=1).fit(pd.DataFrame({"x": X[:, 0], "when": pd.to_datetime(days)}), X[:, 0])


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_a_text_in_x_is_told_with_its_column_and_row(estimator: Any, table: str) -> None:
    given, column = TABLES[table]()
    told = f"column '{column}' of X has 'abc' in row 3, expected a number; preprocessing='table'"
    with pytest.raises(DataError, match=told):
        estimator(max_iter=1).fit(given, np.arange(20) % 2)


def test_a_text_to_predict_is_told_with_its_column_and_row() -> None:
    fitted = MLPRegressor(max_iter=1).fit(X, X[:, 0])
    with pytest.raises(DataError, match="column 'x1' of X has 'abc' in row 3"):
        fitted.predict(np.array(TEXTS))


@pytest.mark.parametrize("preprocessing", [None, "table"])
@pytest.mark.parametrize("holder", TARGETS)
def test_a_text_in_y_is_told_with_its_row(holder: str, preprocessing: str | None) -> None:
    y = [str(value) for value in X[:, 0]]
    fitted = MLPRegressor(max_iter=1, preprocessing=preprocessing, random_state=0).fit(X, TARGETS[holder](y))
    alone = MLPRegressor(max_iter=1, preprocessing=preprocessing, random_state=0).fit(X, X[:, 0])
    np.testing.assert_array_equal(fitted.predict(X), alone.predict(X))
    y[3] = "abc"
    with pytest.raises(DataError, match="y has 'abc' in row 4, expected a number"):
        MLPRegressor(max_iter=1, preprocessing=preprocessing).fit(X, TARGETS[holder](y))


def test_other_errors_are_left_as_they_are() -> None:
    with pytest.raises(ValueError, match=r"^something else$"), faults_told(TEXTS):
        raise ValueError("something else")
    with pytest.raises(ValueError, match=r"^could not convert string to float: b'x'$"), faults_told([[b"x"]]):
        raise ValueError("could not convert string to float: b'x'")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([0.1, 0.2, 0.3, 0.4], "Expected"),
        (
            ["good", "bad", "fine", "poor"],
            "X is one column with the text 'good', expected a table",
        ),
    ],
)
def test_a_series_in_the_place_of_a_table_is_told(values: list[Any], told: str) -> None:
    for series in (pd.Series(values), pl.Series(values), np.array(values)):
        with pytest.raises(ValueError, match=told):
            MLPClassifier().fit(series, [0, 1, 0, 1])
