from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

from shoal import SequenceClassifier, ShoalClassifier, TextClassifier
from shoal.errors import ConfigurationError
from shoal.estimators.shared.costs import as_texts

RNG = np.random.default_rng(0)
N = 90
Y = np.where(np.arange(N) % 5 == 0, "rare", "usual")
X = RNG.normal(size=(N, 2)) + 0.7 * (Y == "rare")[:, None]
SERIES = [RNG.normal(size=(9, 1)) + 0.5 * (y == "rare") for y in Y]
TEXTS = [" ".join(RNG.choice(["one", "two", "odd" if y == "rare" else "three"], 4)) for y in Y]
CASES: dict[str, tuple[Any, Any]] = {
    "table": (ShoalClassifier(n_starts=1, max_iter=10, random_state=0, n_jobs=1), X),
    "series": (SequenceClassifier(n_features=336, budget=1e6, random_state=0, n_jobs=1), SERIES),
    "texts": (TextClassifier(views=["linear"], random_state=0, n_jobs=1), TEXTS),
}


@pytest.mark.parametrize("name", CASES)
def test_the_class_goes_by_what_is_asked_and_probabilities_stay(name: str) -> None:
    estimator, given = CASES[name]
    plain = clone(estimator).fit(given, Y)
    p = plain.predict_proba(given)
    np.testing.assert_array_equal(plain.predict(given), plain.classes_[p.argmax(axis=1)])
    asked: list[tuple[dict[str, Any], float]] = [
        ({"metric": "balanced_error"}, 0.2),
        ({"cost": {("rare", "usual"): 3}}, 0.25),
        ({"cost": [[0, 9], [1, 0]]}, 0.1),
    ]
    for settings, threshold in asked[: 1 if name == "texts" else 3]:
        other = clone(estimator).set_params(**settings).fit(given, Y)
        np.testing.assert_array_equal(other.predict_proba(given), p)
        rare = p[:, 0] > threshold
        np.testing.assert_array_equal(other.predict(given) == "rare", rare)
        np.testing.assert_array_equal(other.decision_function(given) < 0, rare)
        assert other.decision_.threshold == pytest.approx(threshold, rel=1e-12)
    if name == "texts":
        return
    f1 = clone(estimator).set_params(metric="f1").fit(given, Y)
    np.testing.assert_array_equal(f1.predict(given) == "rare", p[:, 0] > f1.decision_.threshold)
    assert f1.decision_.metric == "f1"


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_decide_is_refused(name: str) -> None:
    estimator, given = CASES[name]
    with pytest.raises(InvalidParameterError, match="metric"):
        clone(estimator).set_params(metric="accuracy").fit(given, Y)
    with pytest.raises(ConfigurationError, match=r"metric='f1' and cost were both given.*leave one out"):
        clone(estimator).set_params(metric="f1", cost=[[0, 1], [2, 0]]).fit(given, Y)
    three = np.where(np.arange(N) % 3 == 0, "other", Y)
    with pytest.raises(ConfigurationError, match="of two classes"):
        clone(estimator).set_params(metric="f1").fit(given, three)


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        ([[0, 1, 2], [1, 0, 3]], "shape"),
        ([[1, 1], [1, 0]], "called what it is"),
        ([["a", "b"], ["c", "d"]], "holds"),
        ({"rare": 2}, "two of the classes rare, usual"),
        ({("rare", "common"): 2}, "two of the classes"),
        ({("rare", "usual"): -1}, "finite number of 0 or more"),
        ({("rare", "usual"): "much"}, "finite number of 0 or more"),
        ([[0, np.nan], [1, 0]], "cost has nan, expected a finite number of 0 or more"),
        ([[0, 1], [1]], "shape"),
        ({("rare", "rare"): 2}, r"the key \('rare', 'rare'\), a sample that is called what it is"),
    ],
)
def test_costs_are_a_matrix_or_a_dict(cost: Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        as_texts(cost, np.array(["rare", "usual"]))


def test_numbers_are_classes_too() -> None:
    assert as_texts({(3, 7): 2}, np.array([3, 7])) == ("0:1=2.0",)
    assert as_texts(None, np.array([3, 7])) is None


def test_one_in_a_thousand_is_told_as_that_and_called_where_it_is_dear() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(12_000, 1))
    odds = np.exp(-8 + x[:, 0])
    y = rng.random(len(x)) < odds / (1 + odds)
    assert 0.0005 < y[:6000].mean() < 0.0015
    classifier = ShoalClassifier(
        cost={(True, False): 500}, n_starts=1, max_iter=8, random_state=0, n_jobs=1
    ).fit(x[:6000], y[:6000])
    p = classifier.predict_proba(x[6000:])[:, 1]
    assert 0.5 < p.mean() / y[:6000].mean() < 2
    assert p.max() < 0.1
    np.testing.assert_array_equal(classifier.predict(x[6000:]), p > 1 / 501)
    called = classifier.predict(x[6000:])
    assert 0 < called.mean() < 0.5
    assert x[6000:][called].mean() > x[6000:][~called].mean() + 1
