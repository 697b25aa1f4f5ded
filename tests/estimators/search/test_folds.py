"""Which candidates can be trained as populations, and the folds as their networks see them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from shoal import MLPClassifier
from shoal.estimators.search.folds import folds_of, lacks_a_class, networks_of, why_not

X, Y = np.arange(12.0).reshape(6, 2), np.array([0, 0, 0, 1, 1, 1])
SPLITS = [(np.array([0, 1, 3, 4]), np.array([2, 5])), (np.array([0, 1, 2, 3]), np.array([4, 5]))]


def network(**settings: Any) -> MLPClassifier:
    return MLPClassifier(**{"hidden_layer_sizes": 2, "random_state": 0, **settings})


def told(estimator: Any, *candidates: dict[str, Any]) -> str:
    return why_not(estimator, candidates, networks_of(estimator, candidates))


@pytest.mark.parametrize(
    ("estimator", "candidates", "why"),
    [
        (network(), [{"alpha": 1.0}, {"solver": "sgd"}], ""),
        (make_pipeline(StandardScaler(), network()), [{"mlpclassifier__alpha": 1.0}], ""),
        (make_pipeline(network()), [{}], "there is no step before the network"),
        (make_pipeline(StandardScaler(), network(), verbose=True), [{}], "prints how long each takes"),
        (
            make_pipeline(StandardScaler(), network()),
            [{"standardscaler__with_mean": False}],
            "differ between",
        ),
        (LogisticRegression(), [{}], "LogisticRegression is not a perceptron of shoal"),
        (network(), [{}, {"solver": "lbfgs"}], "neither 'sgd' nor 'adam'"),
        (network(early_stopping=True), [{}], "it stops early"),
        (network(n_starts=2), [{}], "has several starts"),
        (network(preprocessing="table"), [{}], "its preprocessing depends on the fold"),
        (network(random_state=None), [{}], "random_state is no number"),
        (network(verbose=True), [{}], "it prints each epoch"),
    ],
)
def test_why_candidates_are_fitted_one_by_one(estimator: Any, candidates: list[Any], why: str) -> None:
    said = told(estimator, *candidates)
    assert why in said
    assert bool(why) == bool(said)


def test_impossible_parameters_are_refused_before_anything_is_trained() -> None:
    with pytest.raises(ValueError, match="alpha"):
        told(network(), {"alpha": -1.0})


def test_a_class_that_a_fold_lacks() -> None:
    assert not lacks_a_class(network(), Y, SPLITS)
    assert lacks_a_class(network(), Y, [*SPLITS, (np.array([0, 1]), np.array([5]))])
    assert not lacks_a_class(object(), Y, [(np.array([0]), np.array([5]))])  # no classifier


def test_rows_are_shared_unless_they_are_transformed_or_weighted() -> None:
    shared = folds_of(network(), [network()], SPLITS, X, Y)
    assert all(fold.X is X for fold in shared)
    weighted = folds_of(network(), [network(class_weight="balanced")], SPLITS, X, Y)
    np.testing.assert_array_equal(weighted[0].X, X[SPLITS[0][0]])
    assert weighted[0].train.tolist() == [0, 1, 2, 3]


def test_steps_are_fitted_on_the_rows_to_train_on_alone() -> None:
    pipeline = make_pipeline(StandardScaler(), network())
    first, second = folds_of(pipeline, [network()], SPLITS, X, Y)
    np.testing.assert_allclose(first.X.mean(axis=0), 0, atol=1e-12)
    assert first.kind == second.kind
    fitted = network()
    whole = first.behind_its_steps(fitted)
    assert whole.steps[-1][1] is fitted
    np.testing.assert_array_equal(whole.steps[0][1].mean_, X[SPLITS[0][0]].mean(axis=0))
    assert not hasattr(pipeline.steps[0][1], "mean_")  # the user's own is left alone
