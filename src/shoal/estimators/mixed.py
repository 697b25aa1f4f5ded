"""What the estimators share that make a mixture of samples of whatever type, and predict by it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, _fit_context
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.multiclass import check_classification_targets

from shoal.calibration.decision import Decision, require_decidable
from shoal.data.frames import Frame, as_frame
from shoal.errors import DataError
from shoal.estimators.deciding import as_texts, require_one
from shoal.estimators.probabilities import FromProbabilities
from shoal.estimators.seeds import drawn_seed
from shoal.estimators.targets import with_labels, with_numbers
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Schooling
from shoal.selection.attributes import Attributes
from shoal.shapes import Array

FOLDS = 5
_ROW = "number of the sample"


class BaseMixed(BaseEstimator):  # type: ignore[misc]
    """An estimator whose ``_samples`` read X, ``_learn`` makes ``mixture_`` and ``_predictions`` ask it."""

    noun = "sample"

    def _samples(self, X: Any) -> list[Any]:
        """Return what X holds as a list."""
        raise NotImplementedError

    def _learn(self, samples: list[Any], targets: Targets, attributes: Attributes) -> None:
        """Make ``mixture_`` of samples with known targets, and with the groups that they may be of."""
        raise NotImplementedError

    def _predictions(self, X: Any) -> Array:
        """Return what the mixture says of X, (N, K)."""
        raise NotImplementedError

    def _numbered(self, X: Any) -> tuple[list[Any], Frame]:
        """Return the samples, and a frame that numbers them, for targets that are missing to leave out."""
        samples = self._samples(X)
        if len(samples) < 2:
            raise DataError(f"X holds 1 sample; {type(self).__name__} learns from 2 at least, n_samples=1")
        return samples, as_frame({_ROW: np.arange(len(samples))})

    def _learn_kept(self, samples: list[Any], rows: Frame, targets: Targets, groups: Any) -> None:
        """Make the mixture of the samples whose numbers a frame still has."""
        attributes, numbers = Attributes.of(len(samples), groups), np.asarray(rows[_ROW])
        kept = [samples[row] for row in numbers.tolist()]
        if len(kept) < 2:
            raise DataError(f"only 1 {self.noun} has a target; give 2 at least")
        self._learn(kept, targets, attributes.take(numbers))

    def _schooling(
        self, samples: Any, targets: Targets, attributes: Attributes, channels: int = 1
    ) -> Schooling[Any]:
        """Return what the views of samples learn from."""
        seed = drawn_seed(self.random_state)
        divider = attributes.divider(len(samples), targets.strata())
        folds = divider.folds(max(min(FOLDS, divider.most_folds), 2), seed)
        grouped = attributes.groups is not None
        return Schooling(samples, targets, folds, seed, channels, self.n_jobs, grouped)


class MixedClassifier(FromProbabilities, ClassifierMixin, BaseMixed):  # type: ignore[misc]
    """What classifiers add: labels, probabilities, and by what they are called."""

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, groups: Any = None) -> Any:
        """Learn from N samples ``X`` and their labels ``y`` (N,), and return the estimator.

        With ``groups`` (N,), say who is speaking, whatever is chosen is chosen by samples of groups that the
        models had not met, and ``held_out_`` are such predictions: honest where new groups are to come.
        """
        samples, rows = self._numbered(X)
        known, y = with_labels(rows, y, type(self).__name__)
        check_classification_targets(y)
        encoder = LabelEncoder().fit(y)
        self.classes_ = encoder.classes_
        if len(self.classes_) < 2:
            raise DataError(
                f"y has one class only, {self.classes_[0]}; a classifier needs two at least to tell apart"
            )
        require_one(self.metric, self.cost)
        texts = as_texts(self.cost, self.classes_)
        costs = require_decidable(self.metric, texts, [str(k) for k in range(len(self.classes_))])
        targets = Targets(encoder.transform(y), len(self.classes_))
        self._learn_kept(samples, known, targets, groups)
        self.held_out_ = self.mixture_.held_out
        shares = np.bincount(targets.values) / len(targets.values)
        self.decision_ = Decision.find(self.metric, self.held_out_, targets.values, shares, costs=costs)
        return self

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of every class, (N, K), in the order of ``classes_``."""
        return self._predictions(X)

    def predict(self, X: Any) -> Array:
        """Return the class of every sample: the most probable, or what ``metric`` or ``cost`` asks for."""
        called = self.decision_.classes(self.predict_proba(X))
        return np.asarray(self.classes_[called])


class MixedRegressor(RegressorMixin, BaseMixed):  # type: ignore[misc]
    """What regressors add: the scale of their numbers."""

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, groups: Any = None) -> Any:
        """Learn from N samples ``X`` and numbers ``y`` (N,), and return the estimator.

        Of samples that belong to ``groups`` (N,) see ``SequenceClassifier.fit``.
        """
        samples, rows = self._numbered(X)
        known, name = with_numbers(rows, y, type(self).__name__)
        y = np.asarray(known[name], dtype=np.float64)
        self._centre, self._scale = float(y.mean()), float(y.std()) or 1.0
        self._learn_kept(samples, known, Targets((y - self._centre) / self._scale), groups)
        self.held_out_ = self._decoded(self.mixture_.held_out)
        return self

    def predict(self, X: Any) -> Array:
        """Return the expected number of every sample, (N,)."""
        return self._decoded(self._predictions(X))

    def _decoded(self, predictions: Array) -> Array:
        return predictions[:, 0] * self._scale + self._centre
