"""The grid search by populations gives what scikit-learn's gives by one fit after another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import FitFailedWarning
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import GridSearchCV, GroupKFold, ShuffleSplit, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from shoal import CapacityStudyCV, MLPClassifier, MLPRegressor
from shoal.clusters import dask
from shoal.errors import ConfigurationError
from shoal.estimators.search import cohorts
from shoal.shapes import Array
from tests.clusters.crews import ADDRESS, here

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IRIS = load_iris(return_X_y=True)
DIABETES = (load_diabetes().data, load_diabetes().target / 50)
GRID = {
    "hidden_layer_sizes": [3, (4, 2)],
    "alpha": [1e-3, 1.0],
    "learning_rate_init": [0.01, 0.05],
    "random_state": [0, 1],
}


class Picky(FunctionTransformer):
    """Leaves X as it is, and refuses to be fitted to rows that do not begin with the first flower."""

    def fit(self, X: Array, y: Array | None = None) -> Picky:
        if (X[0] != IRIS[0][0]).any():
            raise ArithmeticError(f"X begins with {X[0]}")
        super().fit(X, y)
        return self


def both(estimator: Any, X: Array, y: Array, grid: dict[str, Any] = GRID, **options: Any) -> tuple[Any, Any]:
    options = {"cv": 3, "return_train_score": True, **options}
    ours = CapacityStudyCV(estimator, grid, **options).fit(X, y)
    theirs = GridSearchCV(clone(estimator), grid, **options).fit(X, y)
    return ours, theirs


def assert_same(ours: Any, theirs: Any) -> None:
    assert list(ours.cv_results_) == list(theirs.cv_results_)
    for key, expected in theirs.cv_results_.items():
        if "time" in key:
            assert (np.asarray(ours.cv_results_[key]) >= 0).all()
        elif "score" in key:
            np.testing.assert_allclose(ours.cv_results_[key], expected, rtol=1e-7, err_msg=key)
        else:
            assert list(ours.cv_results_[key]) == list(expected), key
    assert ours.best_index_ == theirs.best_index_
    assert ours.best_params_ == theirs.best_params_
    np.testing.assert_allclose(ours.best_score_, theirs.best_score_, rtol=1e-7)
    best = [
        getattr(search.best_estimator_, "_final_estimator", search.best_estimator_)
        for search in (ours, theirs)
    ]
    for mine, yours in zip(best[0].coefs_, best[1].coefs_, strict=True):
        np.testing.assert_array_equal(mine, yours)
    assert ours.n_splits_ == theirs.n_splits_


@pytest.mark.parametrize(
    "way", [{}, {"solver": "sgd", "batch_size": 30}, {"tol": 0.05, "n_iter_no_change": 2}]
)
def test_a_classifiers_search_is_grid_search_cvs(way: dict[str, Any]) -> None:
    ours, theirs = both(MLPClassifier(max_iter=25, **way), *IRIS)
    assert ours.populations_
    assert_same(ours, theirs)
    np.testing.assert_array_equal(ours.predict(IRIS[0]), theirs.predict(IRIS[0]))


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_a_regressors_search_with_folds_of_two_sizes_is_grid_search_cvs(loss: str) -> None:
    """442 rows in 3 folds: some networks train on 294 rows, others on 295."""
    ours, theirs = both(MLPRegressor(loss, max_iter=10, batch_size=50), *DIABETES)
    assert ours.populations_
    assert_same(ours, theirs)


@pytest.mark.parametrize(
    "options",
    [
        {"cv": StratifiedKFold(4, shuffle=True, random_state=0)},
        {"cv": ShuffleSplit(2, random_state=0)},
        {"scoring": ["accuracy", "neg_log_loss"], "refit": "neg_log_loss"},
        {"scoring": "f1_macro", "return_train_score": False},
    ],
    ids=str,
)
def test_splitters_and_scorers_of_scikit_learn_are_taken(options: dict[str, Any]) -> None:
    ours, theirs = both(
        MLPClassifier(max_iter=10), *IRIS, {"alpha": [0.1, 1], "random_state": [3]}, **options
    )
    assert ours.populations_
    assert_same(ours, theirs)


def test_groups_reach_the_splitter() -> None:
    X, y = IRIS
    groups = np.arange(len(y)) % 5
    grid = {"alpha": [0.1], "random_state": [0]}
    searches = [
        search(MLPClassifier(max_iter=5), grid, cv=GroupKFold(5)).fit(X, y, groups=groups)
        for search in (CapacityStudyCV, GridSearchCV)
    ]
    assert searches[0].populations_
    assert_same(*searches)


@pytest.mark.parametrize(
    ("estimator", "grid"),
    [
        (
            make_pipeline(StandardScaler(), MLPClassifier(max_iter=5, random_state=0)),
            {"mlpclassifier__alpha": [1], "standardscaler__with_mean": [False, True]},
        ),
        (make_pipeline(MLPClassifier(max_iter=5, random_state=0)), {"mlpclassifier__alpha": [1]}),
        (
            make_pipeline(Picky(), MLPClassifier(max_iter=5, random_state=0)),
            {"mlpclassifier__alpha": [1]},
        ),
        (MLPClassifier(max_iter=5, random_state=0, early_stopping=True), {"alpha": [1, 2]}),
        (MLPClassifier(max_iter=5, random_state=0), {"solver": ["adam", "lbfgs"]}),
    ],
    ids=["steps that differ", "no step before", "a step that fails", "early stopping", "lbfgs"],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_what_no_population_can_hold_is_searched_all_the_same(estimator: Any, grid: dict[str, Any]) -> None:
    ours = CapacityStudyCV(estimator, grid, cv=3).fit(*IRIS)
    theirs = GridSearchCV(clone(estimator), grid, cv=3).fit(*IRIS)
    assert not ours.populations_
    np.testing.assert_allclose(
        ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"], rtol=1e-7
    )


def prefixed(step: str, grid: dict[str, Any]) -> dict[str, Any]:
    return {f"{step}__{name}": values for name, values in grid.items()}


@pytest.mark.parametrize(
    "steps",
    [
        [StandardScaler()],
        [StandardScaler(), PCA(2)],
        [SelectKBest(k=3), "passthrough"],
        [StandardScaler().set_output(transform="pandas")],
        [FunctionTransformer(sparse.csr_array)],
    ],
    ids=str,
)
def test_a_pipelines_search_is_grid_search_cvs(steps: list[Any]) -> None:
    pipeline = make_pipeline(*steps, MLPClassifier(max_iter=12))
    ours, theirs = both(pipeline, *IRIS, prefixed("mlpclassifier", GRID))
    assert ours.populations_
    assert_same(ours, theirs)
    np.testing.assert_array_equal(ours.predict(IRIS[0]), theirs.predict(IRIS[0]))


@pytest.mark.parametrize("large", [0, 2**30])
def test_folds_of_other_sizes_and_widths_are_trained_apart(
    large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """442 rows in 3 folds, one of which has one row more; and a fold without the rows of the last level."""
    monkeypatch.setattr(cohorts, "LARGE", large)
    levels = np.repeat(np.arange(6.0), [80, 80, 80, 80, 82, 40])[:, None]
    pipeline = make_pipeline(OneHotEncoder(handle_unknown="ignore"), MLPRegressor(max_iter=10, batch_size=50))
    grid = {"mlpregressor__alpha": [0.01, 1], "mlpregressor__random_state": [0, 1]}
    ours, theirs = both(pipeline, levels, DIABETES[1], grid)
    assert ours.populations_
    assert_same(ours, theirs)


def test_scorers_see_the_whole_pipeline() -> None:
    def steps(estimator: Any, X: Array, y: Array) -> float:
        return float(len(estimator.steps) + estimator[:-1].transform(X).mean() + estimator.score(X, y))

    pipeline = make_pipeline(StandardScaler(), MLPClassifier(max_iter=5, random_state=1))
    ours, theirs = both(pipeline, *IRIS, {"mlpclassifier__alpha": [0.1, 1]}, scoring=steps)
    assert ours.populations_
    assert_same(ours, theirs)


def test_class_weights_are_those_of_each_fold() -> None:
    rows = np.r_[0:50, 50:60, 100:137]
    grid = {"class_weight": [None, "balanced", {0: 1, 1: 5, 2: 2}], "alpha": [0.1, 1], "random_state": [0]}
    ours, theirs = both(
        MLPClassifier(max_iter=15, learning_rate_init=0.01), IRIS[0][rows], IRIS[1][rows], grid
    )
    assert ours.populations_
    assert_same(ours, theirs)


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_a_fit_that_diverges_fails_alone() -> None:
    X, y = DIABETES
    grid = {"learning_rate_init": [0.01, 1e200], "random_state": [0]}
    with pytest.warns(FitFailedWarning, match="3 fits failed"):
        study = CapacityStudyCV(MLPRegressor(solver="sgd", max_iter=5), grid, cv=3).fit(X, y)
    assert np.isfinite(study.cv_results_["mean_test_score"]).tolist() == [True, False]
    assert study.best_params_["learning_rate_init"] == 0.01


def test_every_fit_is_the_estimator_fitted_by_itself() -> None:
    from shoal.estimators.search.cohorts import train_cohorts
    from shoal.estimators.search.folds import folds_of

    X, y = IRIS
    candidates = [{"alpha": alpha, "random_state": seed} for alpha in (0.01, 1.0) for seed in (4, 5)]
    splits = list(StratifiedKFold(3).split(X, y))
    members = [MLPClassifier(max_iter=12, batch_size=17, **parameters) for parameters in candidates]
    fitted = train_cohorts(members, folds_of(members[0], members, splits, X, y), 1)
    for (c, f), one in fitted.items():
        alone = MLPClassifier(max_iter=12, batch_size=17, **candidates[c]).fit(
            X[splits[f][0]], y[splits[f][0]]
        )
        np.testing.assert_allclose(one.estimator.loss_curve_, alone.loss_curve_, rtol=1e-12)
        assert (one.estimator.n_iter_, one.estimator.t_) == (alone.n_iter_, alone.t_)
        one.estimator.partial_fit(X, y)
        alone.partial_fit(X, y)
        np.testing.assert_allclose(one.estimator.coefs_[0], alone.coefs_[0], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("piped", [False, True])
def test_workers_elsewhere_find_the_same(piped: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crew of two is sent copies of a part of every population each."""
    parts: list[int] = []
    trained = cohorts._trained

    def counted(members: Any, *rest: Any) -> Any:
        parts.append(len(members))
        return trained(members, *rest)

    monkeypatch.setattr(cohorts, "_trained", counted)
    monkeypatch.setattr(dask, "connected", here)
    network: Any = MLPClassifier(max_iter=5)
    estimator, prefix = (
        (make_pipeline(StandardScaler(), network), "mlpclassifier__") if piped else (network, "")
    )
    grid = {prefix + name: values for name, values in GRID.items()}
    home = CapacityStudyCV(estimator, grid, cv=3).fit(*IRIS)
    assert parts == [24, 24]
    away = CapacityStudyCV(estimator, grid, cv=3, on=ADDRESS).fit(*IRIS)
    assert parts[2:] == [12] * 4
    assert away.get_params()["on"] == ADDRESS
    assert clone(away).on == ADDRESS
    for name in ("mean_test_score", "params", "split2_test_score"):
        assert list(away.cv_results_[name]) == list(home.cv_results_[name])
    np.testing.assert_array_equal(away.predict_proba(IRIS[0]), home.predict_proba(IRIS[0]))


def test_what_no_population_can_hold_is_refused_elsewhere() -> None:
    search = CapacityStudyCV(MLPClassifier(solver="lbfgs"), {"alpha": [0.1, 1.0]}, cv=2, on=ADDRESS)
    with pytest.raises(ConfigurationError, match=r"candidates \(its solver is neither"):
        search.fit(*IRIS)
    with pytest.raises(ConfigurationError, match="on must be the address"):
        CapacityStudyCV(MLPClassifier(max_iter=2, random_state=0), {"alpha": [0.1]}, cv=2, on="x").fit(*IRIS)
