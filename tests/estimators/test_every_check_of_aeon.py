"""What aeon asks of classifiers and regressors of series, of its own classes around ours."""

from __future__ import annotations

from typing import Any

import pytest

from shoal import SequenceClassifier, SequenceRegressor
from tests.estimators.around import Around, soon_fitted

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


class AroundClassifier(Around, BaseClassifier):
    _tags = TAGS
    _ours = SequenceClassifier

    @classmethod
    def _get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        return soon_fitted()

    def _predict_proba(self, X: Any) -> Any:
        return self.fitted_.predict_proba(X)

    def _fit_predict_proba(self, X: Any, y: Any) -> Any:
        return self._fit(X, y).fitted_.held_out_

    def _fit_predict(self, X: Any, y: Any) -> Any:
        return self.classes_[self._fit_predict_proba(X, y).argmax(axis=1)]


class AroundRegressor(Around, BaseRegressor):
    _tags = TAGS
    _ours = SequenceRegressor

    @classmethod
    def _get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        return soon_fitted()

    def _fit_predict(self, X: Any, y: Any) -> Any:
        return self._fit(X, y).fitted_.held_out_


@parametrize_with_checks([AroundClassifier, AroundRegressor])
def test_every_check_of_aeon(check: Any) -> None:
    check()
