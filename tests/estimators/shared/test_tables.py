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
from shoal.estimators.shared.tables import texts_told

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
    "estimator", [ShoalRegressor(), MLPRegressor(preprocessing="table")], ids=["automatic", "table"]
)
def test_a_name_that_columns_share_is_told(estimator: Any) -> None:
    with pytest.raises(DataError, match="X has more than one column named 'a'; give every"):
        estimator.fit(pd.DataFrame(X, columns=["a", "a"]), X[:, 0])


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
    with pytest.raises(ValueError, match=r"^something else$"), texts_told(TEXTS):
        raise ValueError("something else")
    with pytest.raises(ValueError, match=r"^could not convert string to float: b'x'$"), texts_told([[b"x"]]):
        raise ValueError("could not convert string to float: b'x'")
