"""What the estimators share that make a mixture of samples of whatever type, and predict by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, _fit_context
from sklearn.preprocessing import LabelEncoder
from sklearn.utils.multiclass import check_classification_targets

from shoal.calibration.decision import Decision, require_decidable
from shoal.data.cells import values
from shoal.data.frames import Frame, as_frame
from shoal.errors import DataError
from shoal.estimators.shared.costs import as_texts, require_one
from shoal.estimators.shared.probabilities import FromProbabilities
from shoal.estimators.shared.seeds import drawn_seed
from shoal.estimators.shared.targets import with_labels, with_numbers
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Schooling
from shoal.selection.samples.attributes import Attributes
from shoal.selection.samples.weighted_means import weighted_mean
from shoal.shapes import Array

FOLDS = 5
_ROW = "number of the sample"


class BaseMixed(BaseEstimator):  # type: ignore[misc]
    """An estimator whose ``_samples`` read X, ``_learn`` makes ``mixture_`` and ``_predictions`` ask it."""

    noun = "sample"

    def _samples(self, X: Any, y: Any) -> list[Any]:
        """Return what X holds as a list; y may tell whether it is of the same samples."""
        raise NotImplementedError

    def _learn(self, samples: list[Any], targets: Targets, attributes: Attributes) -> Schooling[Any]:
        """Make ``mixture_`` of samples with known targets, and return what it has learnt from."""
        raise NotImplementedError

    def _predictions(self, X: Any) -> Array:
        """Return what the mixture says of X, (N, K)."""
        raise NotImplementedError

    def _numbered(self, X: Any, y: Any) -> tuple[list[Any], Frame]:
        """Return the samples, and a frame that numbers them, for targets that are missing to leave out."""
        samples = self._samples(X, y)
        if len(samples) < 2:
            raise DataError(f"X holds 1 sample; {type(self).__name__} learns from 2 at least, n_samples=1")
        return samples, as_frame({_ROW: np.arange(len(samples))})

    def _learn_kept(
        self, samples: list[Any], rows: Frame, targets: Targets, attributes: Attributes
    ) -> Targets:
        """Make the mixture of the samples whose numbers a frame still has, and that count for something.

        Returns the targets of those that were held out, ``held_out_rows_``, with what they count for.
        """
        numbers, weights = np.asarray(rows[_ROW]), _weights_of(rows, attributes)
        counts = np.arange(len(numbers)) if weights is None else np.flatnonzero(weights)
        if len(counts) < 2:
            raise DataError(f"only {len(counts)} {self.noun} has a target and counts; give 2 at least")
        numbers, targets = numbers[counts], targets.rows(counts)
        if weights is not None:
            targets = replace(targets, weights=weights[counts] / weights[counts].mean())
        kept = [samples[row] for row in numbers.tolist()]
        schooling = self._learn(kept, targets, attributes.take(numbers))
        self.held_out_rows_ = numbers[schooling.held]
        return targets.rows(schooling.held)

    def _schooling(
        self, samples: Any, targets: Targets, attributes: Attributes, channels: int = 1
    ) -> Schooling[Any]:
        """Return what the views of samples learn from."""
        seed = drawn_seed(self.random_state)
        labels = targets.strata()
        divider = attributes.divider(len(samples), labels)
        folds = divider.folds(max(min(FOLDS, divider.most_folds), 2), seed)
        attributes.require_classes(folds, labels)
        grouped, ahead = attributes.groups is not None, attributes.times is not None
        return Schooling(samples, targets, folds, seed, channels, self.n_jobs, grouped, ahead)


def _weights_of(rows: Frame, attributes: Attributes) -> Array | None:
    """Return what the samples whose numbers a frame has count for; None where all count alike."""
    return None if attributes.weights is None else attributes.weights[np.asarray(rows[_ROW])]


class MixedClassifier(FromProbabilities, ClassifierMixin, BaseMixed):  # type: ignore[misc]
    """What classifiers add: labels, probabilities, and by what they are called."""

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None, times: Any = None) -> Any:
        """Learn from N samples ``X`` and their labels ``y`` (N,), and return the estimator.

        Samples count for their ``sample_weight`` (N,). With ``groups`` (N,), say who is speaking, whatever is
        chosen is chosen by samples of groups that the models had not met, and ``held_out_`` are such
        predictions: honest where new groups are to come. With ``times`` (N,), numbers or dates, it is chosen
        by samples that are later than all that the models had met, which are the later half of them.
        """
        samples, rows = self._numbered(X, y)
        attributes = Attributes.of(len(samples), groups, times, sample_weight)
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
        held = self._learn_kept(samples, known, targets, attributes)
        self.held_out_ = self.mixture_.held_out
        counts = np.bincount(targets.values, _weights_of(known, attributes), len(self.classes_))
        self.decision_ = Decision.find(
            self.metric, self.held_out_, held.values, counts / counts.sum(), held.weights, costs
        )
        return self

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of every class, (N, K), in the order of ``classes_``."""
        return self._predictions(X)

    def predict(self, X: Any) -> Array:
        """Return the class of every sample: the most probable, or what ``metric`` or ``cost`` asks for."""
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[self.decision_.classes(probabilities)])


class MixedRegressor(RegressorMixin, BaseMixed):  # type: ignore[misc]
    """What regressors add: the scale of their numbers."""

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None, times: Any = None) -> Any:
        """Learn from N samples ``X`` and numbers ``y`` (N,), and return the estimator.

        Of ``sample_weight``, ``groups`` and ``times`` (N,) see ``SequenceClassifier.fit``.
        """
        samples, rows = self._numbered(X, y)
        attributes = Attributes.of(len(samples), groups, times, sample_weight)
        known, name = with_numbers(rows, y, type(self).__name__)
        y = values.numbers(known[name])
        s = _weights_of(known, attributes)
        self._centre = float(weighted_mean(y, s))
        self._scale = float(np.sqrt(weighted_mean(np.square(y - self._centre), s))) or 1.0
        self._learn_kept(samples, known, Targets((y - self._centre) / self._scale), attributes)
        self.held_out_ = self._decoded(self.mixture_.held_out)
        return self

    def predict(self, X: Any) -> Array:
        """Return the expected number of every sample, (N,)."""
        return self._decoded(self._predictions(X))

    def _decoded(self, predictions: Array) -> Array:
        return predictions[:, 0] * self._scale + self._centre
