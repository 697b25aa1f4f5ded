from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score

from shoal import TextClassifier, TextRegressor
from shoal.errors import DataError, ShoalWarning
from shoal.estimators.text_estimators import as_texts
from tests.clusters.crews import ADDRESS, here
from tests.estimators.sequences.test_estimators import CHECKS

FEW: dict[str, Any] = {"views": ["linear"], "random_state": 0, "n_jobs": 1}
RNG = np.random.default_rng(0)
Y = np.array(["no", "yes"])[np.arange(40) % 2]
X = [f"{word} {'abcdefgh'[RNG.integers(8)]} indeed" for word in Y]


@pytest.fixture(scope="module")
def classifier() -> TextClassifier:
    return TextClassifier(**FEW).fit(X, Y)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("estimator", [TextClassifier, TextRegressor])
def test_checks_of_scikit_learn_that_need_no_table(estimator: Any, check: Any) -> None:
    check(estimator.__name__, estimator())


def test_texts_are_told_apart(classifier: TextClassifier) -> None:
    assert classifier.classes_.tolist() == ["no", "yes"]
    assert classifier.predict(["YES!", "", "no?"]).tolist()[::2] == ["yes", "no"]
    assert classifier.held_out_.shape == (40, 2)
    np.testing.assert_allclose(classifier.predict_proba(X).sum(axis=1), 1)
    assert "linear over 1–2 words" in classifier.mixture_.sentence


def test_networks_join_where_the_budget_allows() -> None:
    both = TextClassifier(views=["linear", "convolutional"], budget=2e8, random_state=1).fit(X, Y)
    assert len(both.mixture_.shares) == 2
    again = clone(both).set_params(n_jobs=2).fit(X, Y)
    np.testing.assert_array_equal(again.predict_proba(X), both.predict_proba(X))


def test_numbers_are_predicted_in_their_own_units() -> None:
    sizes = 10.0 + 5 * (Y == "yes")
    regressor = TextRegressor(**FEW).fit(X, sizes)
    np.testing.assert_allclose(regressor.predict(["yes a indeed", "no a indeed"]), [15, 10], atol=0.5)


@pytest.mark.parametrize(
    "same",
    [
        np.array(X),
        np.array(X, dtype=object)[:, None],
        pd.Series(X),
        pl.Series(X),
        pd.DataFrame({"text": X}),
        pl.DataFrame({"text": X}),
        tuple(X),
    ],
    ids=lambda same: type(same).__module__ + type(same).__name__,
)
def test_columns_and_arrays_of_texts_are_texts(same: Any) -> None:
    assert as_texts(same) == X


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("one text", "list of texts, got str"),
        ([], "no texts"),
        (["a", None], "text 1 of X is NoneType"),
        (["a", float("nan")], "text 1 of X is float"),
        ([1, 2], "text 0 of X is int"),
        (np.array([["a", "b"]]), "text 0 of X is ndarray"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), "2 columns"),
        (7, "got int"),
        (["", " \n"], "every text of X is empty"),
        (["a"], "2 at least"),
    ],
)
def test_what_is_no_list_of_texts_is_refused_in_a_line(wrong: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        TextClassifier(**FEW).fit(wrong, ["no", "yes"][: len(wrong)] if hasattr(wrong, "__len__") else [])


def test_texts_without_a_label_are_left_out() -> None:
    with pytest.warns(ShoalWarning, match="1 of 40 rows"):
        TextClassifier(**FEW).fit(X, [None, *Y[1:]])


def test_numbers_to_learn_may_be_written_as_in_a_table() -> None:
    numbers = np.where(np.array(Y) == "yes", 1.5, 1000.25)
    written = np.where(np.array(Y) == "yes", "1,5", "1.000,25")
    as_numbers, as_written = (TextRegressor(**FEW).fit(X, y).predict(X) for y in (numbers, written))
    np.testing.assert_array_equal(as_written, as_numbers)


def test_scikit_learn_searches_and_refuses_what_is_not_fitted() -> None:
    assert cross_val_score(TextClassifier(**FEW), X, Y, cv=2).min() > 0.9
    with pytest.raises(NotFittedError):
        TextClassifier().predict(X)


def test_workers_elsewhere_teach_the_same_views(
    classifier: TextClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shoal.clusters.dask.connected", here)
    there = TextClassifier(**FEW, on=ADDRESS).fit(X, Y)
    np.testing.assert_array_equal(there.held_out_, classifier.held_out_)
    np.testing.assert_array_equal(there.predict_proba(X), classifier.predict_proba(X))
