"""What aeon asks of classifiers and regressors of series, of its own classes around ours."""

from __future__ import annotations

from typing import Any

import pytest

from shoal import SequenceClassifier, SequenceRegressor
from shoal.mixtures.planning import BUDGET, DRAWS, FEATURES, LEAST_FEATURES

pytest.importorskip("aeon", reason="the checks of aeon, of the extra peers")

from aeon.classification import BaseClassifier
from aeon.regression import BaseRegressor
from aeon.testing.estimator_checking import parametrize_with_checks

TAGS = {
    "capability:multivariate": True,
    "capability:unequal_length": True,
    "capability:missing_values": True,
    "capability:multithreading": True,
    "capability:train_estimate": True,
    "X_inner_type": ["np-list", "numpy3D"],
    "algorithm_type": "hybrid",
}


class Around:
    """What both share: aeon's containers go to an estimator of ours, as they are."""

    def __init__(
        self,
        views: Any = "auto",
        budget: float = BUDGET,
        n_features: int = FEATURES,
        n_draws: int = DRAWS,
        random_state: Any = None,
        n_jobs: int = 1,
    ) -> None:
        self.views = views
        self.budget = budget
        self.n_features = n_features
        self.n_draws = n_draws
        self.random_state = random_state
        self.n_jobs = n_jobs
        super().__init__()

    def _fit(self, X: Any, y: Any) -> Any:
        ours = self._ours(**self.get_params(), channels_first=True)
        self.fitted_ = ours.fit(X, y)
        return self

    def _predict(self, X: Any) -> Any:
        return self.fitted_.predict(X)

    @classmethod
    def _get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        trained = {"views": ["convolutional", "recurrent"], "budget": 1e7}
        return [{"views": ["random"], "n_features": LEAST_FEATURES, "n_draws": 1}, trained]


class AroundClassifier(Around, BaseClassifier):
    _tags = TAGS
    _ours = SequenceClassifier

    def _predict_proba(self, X: Any) -> Any:
        return self.fitted_.predict_proba(X)

    def _fit_predict_proba(self, X: Any, y: Any) -> Any:
        return self._fit(X, y).fitted_.held_out_

    def _fit_predict(self, X: Any, y: Any) -> Any:
        return self.classes_[self._fit_predict_proba(X, y).argmax(axis=1)]


class AroundRegressor(Around, BaseRegressor):
    _tags = TAGS
    _ours = SequenceRegressor

    def _fit_predict(self, X: Any, y: Any) -> Any:
        return self._fit(X, y).fitted_.held_out_


@parametrize_with_checks([AroundClassifier, AroundRegressor])
def test_every_check_of_aeon(check: Any) -> None:
    check()
