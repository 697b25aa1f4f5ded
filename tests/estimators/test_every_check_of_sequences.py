"""What scikit-learn asks of estimators, as far as it can be asked of those that take series and texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import validate_data

from shoal import SequenceClassifier, SequenceRegressor, SequenceTagger, TextClassifier

LENGTHS = "a row is a series, of any length: channels are counted, in n_channels_in_"
COPIES = "folds are of samples, which a weight does not double, and random convolutions are drawn from them"
FRAMES = "a data frame of numbers holds no series in its cells"
WORDS = "the error is in words of its own"
ALIKE = (
    "check_n_features_in_after_fitting",
    "check_n_features_in",
    "check_dtype_object",
    "check_estimators_empty_data_messages",
    "check_fit2d_predict1d",
)
OF_SERIES = {
    "check_n_features_in_after_fitting": LENGTHS,
    "check_n_features_in": LENGTHS,
    "check_classifiers_train": LENGTHS,
    "check_sample_weights_pandas_series": FRAMES,
    "check_classifier_data_not_an_array": FRAMES,
    "check_regressor_data_not_an_array": FRAMES,
    "check_sample_weight_equivalence_on_dense_data": COPIES,
    "check_dtype_object": "the error is a DataError, thus a ValueError, and the check asks for a TypeError",
    "check_all_zero_sample_weights_error": WORDS,
    "check_estimators_empty_data_messages": WORDS,
    "check_fit2d_predict1d": WORDS,
}
OF_TAGS = {name: OF_SERIES[name] for name in ALIKE} | {
    "check_estimators_pickle": "NaN at the end of a row are no steps of it, and have no label",
    "check_requires_y_none": WORDS,
}
OF_TEXTS = {
    "check_sample_weight_equivalence_on_dense_data": COPIES,
    "check_all_zero_sample_weights_error": WORDS,
}
"""Checks that cannot pass, and why."""
FEW: dict[str, Any] = {"n_features": 336, "n_draws": 1, "views": ["random"], "n_jobs": 1}


class OfOneLabel(SequenceTagger):
    """The tagger, called as the checks do: all steps of a row have its target, and the first one is asked."""

    def fit(self, X: Any, y: Any) -> Any:
        steps = np.shape(X)[1] if np.ndim(X) == 2 else 1
        return super().fit(X, y if y is None else [[label] * steps for label in np.asarray(y)])

    def predict(self, X: Any) -> Any:
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def predict_proba(self, X: Any) -> Any:
        return np.stack([probabilities[0] for probabilities in super().predict_proba(X)])

    def score(self, X: Any, y: Any) -> float:
        return float(np.mean(self.predict(X) == y))


class OfTables(TextClassifier):
    """The classifier of texts, called as the checks do: each number of a row is a word."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        return super().fit(self._texts(X, reset=True), y, sample_weight)

    def predict_proba(self, X: Any) -> Any:
        return super().predict_proba(self._texts(X))

    def _texts(self, X: Any, reset: bool = False) -> list[str]:
        rows = validate_data(self, X, reset=reset)
        return [" ".join(f"{chr(97 + n)}{2 * x:.0f}" for n, x in enumerate(row)) for row in rows]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = tags.input_tags.string = False
        tags.input_tags.two_d_array = True
        return tags


NOT_ASKED: dict[type, dict[str, str]] = {
    SequenceClassifier: OF_SERIES,
    SequenceRegressor: OF_SERIES,
    OfOneLabel: OF_TAGS,
    OfTables: OF_TEXTS,
}
INSTANCES = [
    SequenceClassifier(**FEW),
    SequenceRegressor(**FEW),
    OfOneLabel(n_starts=1, budget=1e6, n_jobs=1),
    OfTables(views=["linear"], n_jobs=1),
]


@parametrize_with_checks(INSTANCES)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_check_of_scikit_learn_that_applies(estimator: Any, check: Any) -> None:
    if check.func.__name__ not in NOT_ASKED[type(estimator)]:
        return check(estimator)
    with pytest.raises((AssertionError, ValueError)):  # or else it belongs among the others
        check(estimator)
    return None
