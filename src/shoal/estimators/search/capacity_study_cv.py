"""``CapacityStudyCV``: scikit-learn's grid search, with the candidates trained as populations."""

from __future__ import annotations

import time
import warnings
from typing import Any, ClassVar

import numpy as np
from sklearn.base import _fit_context, clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, ParameterGrid, check_cv
from sklearn.model_selection._validation import _warn_or_raise_about_fit_failures
from sklearn.utils import indexable

from shoal.errors import ConfigurationError
from shoal.estimators.search.cohorts import FittedFold, train_cohorts
from shoal.estimators.search.folds import Fold, Split, folds_of, lacks_a_class, networks_of, why_not
from shoal.estimators.search.scores import ScoredRows
from shoal.estimators.shared.callbacks import SearchTasks


class CapacityStudyCV(GridSearchCV):  # type: ignore[misc]
    """A grid search that trains hundreds of perceptrons together instead of one after another.

    The interface is ``sklearn.model_selection.GridSearchCV``'s: its parameters, ``cv_results_``,
    ``best_estimator_``, ``best_params_``, ``best_index_``, ``best_score_``, ``refit``, any splitter and any
    scorer. The results are those of ``GridSearchCV`` over the same ``MLPClassifier`` or ``MLPRegressor``, to
    rounding.

    Candidates that differ in ``alpha``, ``learning_rate_init`` and ``random_state`` alone, and their folds,
    are one population; any other parameter, such as ``hidden_layer_sizes``, begins another. Random starts are
    a list of ``random_state``. ``n_jobs`` threads train (None is all cores), of this process whatever backend
    ``joblib.parallel_config`` names; or ``on`` workers elsewhere, at ``"tcp://scheduler:8786"`` (Dask),
    ``"ray"`` or ``"mpi"`` (`docs/distribution.md`), each a part of every population, with the same results.

    The estimator may be a pipeline that ends with one of these, if the grid has parameters of that step
    alone: the steps before it are fitted once to each fold.

    What no population can hold is searched as ``GridSearchCV`` does, one fit after another, and
    ``populations_`` is False: other parameters of a pipeline, solvers of full batches, early stopping, sample
    weights, ``random_state=None``. With ``on`` that is a ``ConfigurationError``, for it would be done here.

    >>> from sklearn.datasets import load_iris
    >>> from shoal import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = MLPClassifier(max_iter=100, tol=1e-2, learning_rate_init=0.01)
    >>> grid = {"hidden_layer_sizes": [2, 8], "alpha": [0.01, 1.0], "random_state": [0, 1, 2]}
    >>> study = CapacityStudyCV(classifier, grid, cv=3).fit(X, y)
    >>> len(study.cv_results_["params"]), study.populations_, study.best_params_["hidden_layer_sizes"]
    (12, True, 8)
    """

    populations_: bool
    """Whether the candidates were trained as populations."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **GridSearchCV._parameter_constraints,
        "on": [str, None],
    }

    def __init__(
        self,
        estimator: Any,
        param_grid: Any,
        *,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: Any = "2*n_jobs",
        error_score: Any = np.nan,
        return_train_score: bool = False,
        on: str | None = None,
    ) -> None:
        super().__init__(
            estimator,
            param_grid,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.on = on

    @_fit_context(prefer_skip_nested_validation=False)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any = None, **params: Any) -> CapacityStudyCV:
        """Search on rows ``X`` (n_samples, n_features) and target ``y``, then refit the best candidate.

        ``params`` go to the splitter (``groups``) and to ``fit``, as in ``GridSearchCV``.
        """
        candidates = list(ParameterGrid(self.param_grid))
        X, y = indexable(X, y)
        splitter = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        groups = params.get("groups")
        splits = list(splitter.split(X, y, groups))
        given = {name for name, value in params.items() if value is not None and name != "groups"}
        networks = networks_of(self.estimator, candidates)
        folds = [] if given or y is None else self._folds(candidates, networks, splits, X, y)
        self.populations_ = bool(folds)
        if not folds:
            self._require_here(candidates, networks)
            super().fit(X, y, **params)
            return self
        self.n_splits_ = len(splits)
        tasks = SearchTasks(self, X, y, len(candidates) * len(splits))
        fitted = train_cohorts(networks, folds, self.n_jobs, tasks.trained, self.on)
        self._judge(candidates, splits, fitted, X, y)
        tasks.end_search()
        if self.refit:
            self._refit(X, y, tasks)
        tasks.end()
        return self

    def _require_here(self, candidates: list[dict[str, Any]], networks: list[Any]) -> None:
        """Raise ``ConfigurationError`` where workers elsewhere were asked for that no population goes to."""
        if self.on is not None:
            why = why_not(self.estimator, candidates, networks) or "a fold lacks a class or has weights"
            raise ConfigurationError(
                f"on={self.on!r} has populations trained elsewhere, and no population can hold these "
                f"candidates ({why}); leave on out"
            )

    def _folds(
        self, candidates: list[dict[str, Any]], networks: list[Any], splits: list[Split], X: Any, y: Any
    ) -> list[Fold]:
        """Return what populations are trained on, or nothing where no population can hold the candidates."""
        if why_not(self.estimator, candidates, networks) or lacks_a_class(networks[0], y, splits):
            return []
        try:
            return folds_of(self.estimator, networks, splits, X, y)
        except Exception:  # of a step before the networks: GridSearchCV has its ways with fits that fail
            return []

    def _judge(
        self,
        candidates: list[dict[str, Any]],
        splits: list[Split],
        fitted: dict[tuple[int, int], FittedFold],
        X: Any,
        y: Any,
    ) -> None:
        """Score every fit and keep ``cv_results_`` and the best."""
        scorers, refit_metric = self._get_scorers()
        of_folds = [
            self._scored([fitted[c, f] for c in range(len(candidates))], split, scorers, X, y)
            for f, split in enumerate(splits)
        ]
        out = [of_fold[c] for c in range(len(candidates)) for of_fold in of_folds]
        _warn_or_raise_about_fit_failures(out, self.error_score)
        _warn_of_iterations(fitted)
        results = self._format_results(candidates, len(splits), out)
        self.multimetric_ = isinstance(out[0]["test_scores"], dict)
        if callable(self.scoring) and self.multimetric_:
            self._check_refit_for_multimetric(out[0]["test_scores"])
            refit_metric = self.refit
        if self.refit or not self.multimetric_:
            self.best_index_ = self._select_best_index(self.refit, refit_metric, results)
            if not callable(self.refit):
                self.best_score_ = results[f"mean_test_{refit_metric}"][self.best_index_]
            self.best_params_ = results["params"][self.best_index_]
        self.scorer_ = getattr(scorers, "_scorers", scorers)
        self.cv_results_ = results

    def _scored(
        self, fits: list[FittedFold], split: Split, scorers: Any, X: Any, y: Any
    ) -> list[dict[str, Any]]:
        """Return what ``GridSearchCV`` notes of each fit on one fold."""
        noted: list[dict[str, Any]] = [
            {"fit_error": fit.failure or None, "n_test_samples": len(split[1]), "fit_time": fit.seconds}
            for fit in fits
        ]
        names = getattr(scorers, "_scorers", None)
        failed = dict.fromkeys(names, self.error_score) if names else self.error_score
        for which, rows in ("test", split[1]), ("train", split[0]):
            if which == "train" and not self.return_train_score:
                continue
            part = ScoredRows(self.estimator, X, y, rows)
            for fit, of_fit in zip(fits, noted, strict=True):
                began = time.perf_counter()
                of_fit[f"{which}_scores"] = (
                    failed
                    if fit.failure
                    else part.score(fit.estimator, scorers, self.scoring is None, self.error_score)
                )
                of_fit.setdefault("score_time", time.perf_counter() - began)
        return noted

    def _refit(self, X: Any, y: Any, tasks: SearchTasks) -> None:
        self.best_estimator_ = clone(self.estimator).set_params(**clone(self.best_params_, safe=False))
        began = time.perf_counter()
        with tasks.refit(self.best_estimator_):
            self.best_estimator_.fit(X, y)
        self.refit_time_ = time.perf_counter() - began
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_


def _warn_of_iterations(fitted: dict[tuple[int, int], FittedFold]) -> None:
    """Warn once (``ConvergenceWarning``) of all fits that used up their iterations."""
    short = sum(fit.used_up for fit in fitted.values())
    if short:
        warnings.warn(
            f"{short} of {len(fitted)} fits reached max_iter before they converged; raise max_iter or tol",
            ConvergenceWarning,
            stacklevel=3,
        )
