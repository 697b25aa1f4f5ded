"""``SequenceClassifier`` and ``SequenceRegressor``: series in, and nothing to tune, for scikit-learn."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, _fit_context
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from shoal.data.frames import Frame, as_frame
from shoal.data.sequences.preprocessing import SequencePreprocessor, without_values
from shoal.errors import DataError
from shoal.estimators.parameters import COUNT, POSITIVE
from shoal.estimators.series import as_series, prepared, require_channels
from shoal.estimators.targets import with_labels, with_numbers
from shoal.mixtures.mixture import Mixture
from shoal.mixtures.planning import BUDGET, DRAWS, FEATURES, KINDS, LEAST_FEATURES, views_for
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Schooling
from shoal.selection.splits import k_folds
from shoal.shapes import Array

FOLDS = 5
_ROW = "number of the series"


class BaseSequenceEstimator(BaseEstimator):  # type: ignore[misc]
    """What both share; see ``SequenceClassifier`` and ``SequenceRegressor``."""

    _parameter_constraints = {  # noqa: RUF012 (the name and the kind are scikit-learn's)
        "views": ["array-like", StrOptions({"auto"})],
        "budget": POSITIVE,
        "n_features": [Interval(Integral, LEAST_FEATURES, None, closed="left")],
        "n_draws": [COUNT],
        "channels_first": ["boolean"],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        views: Any = "auto",
        budget: float = BUDGET,
        n_features: int = FEATURES,
        n_draws: int = DRAWS,
        channels_first: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.views = views
        self.budget = budget
        self.n_features = n_features
        self.n_draws = n_draws
        self.channels_first = channels_first
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _numbered(self, X: Any) -> tuple[list[Array], Frame]:
        """Return the series, and a frame that numbers them, for targets that are missing to leave out."""
        series = as_series(X, self.channels_first)
        if len(series) < 2:
            raise DataError(f"X holds 1 sample; {type(self).__name__} learns from 2 at least, n_samples=1")
        return series, as_frame({_ROW: np.arange(len(series))})

    def _learn(self, series: list[Array], targets: Targets) -> None:
        """Make the mixture of series (C, T_i) with known targets."""
        if len(series) < 2:
            raise DataError("only 1 series has a target; give 2 at least")
        names = [f"channel {number}" for number in range(len(series[0]))]
        empty = without_values(names, series)
        if empty:
            raise DataError(f"{', '.join(empty)} of X (from 0) has no value in any series; leave it out")
        self.n_channels_in_ = len(series[0])
        self.preprocessor_ = SequencePreprocessor.fit(series)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        folds = k_folds(len(series), min(FOLDS, len(series)), seed, targets.strata())
        padded = prepared(self.preprocessor_, series)
        schooling = Schooling(padded, targets, folds, seed, len(series[0]), self.n_jobs)
        kinds = KINDS if isinstance(self.views, str) else self.views
        views = views_for(schooling, kinds, self.budget, self.n_features, self.n_draws)
        self.mixture_ = Mixture.fit(views, schooling)

    def _predictions(self, X: Any) -> Array:
        check_is_fitted(self)
        series = as_series(X, self.channels_first)
        require_channels(series, self.n_channels_in_, type(self).__name__, self.channels_first)
        padded = prepared(self.preprocessor_, series)
        predicted: Array = self.mixture_.predict(padded, self.n_jobs)
        return predicted

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags


class SequenceClassifier(ClassifierMixin, BaseSequenceEstimator):  # type: ignore[misc]
    """A classifier of series of any lengths, with nothing to tune: a mixture of several kinds of models.

    Views of the series are made, each of which predicts samples that it has not seen; those whose weighted
    mean has the smallest loss there are kept, in the weights in which they were picked, at one temperature::

        P(class | x) ∝ (Σ_v w_v P_v(class | x))^(1/T)

    They are random convolutions of the series, and of the series and their differences, each under a linear
    layer in closed form; and, as far as the budget goes, convolutional networks and recurrent ones (GRUs in
    both directions), one trained on each of five folds.

    ``X`` is a list of arrays (T_i, C), or (T_i,) of one channel; an array (N, T, C) or (N, T);
    ``shoal.Sequences``; or a data frame of series. aeon's arrays (N, C, T) and lists of (C, T_i) need
    ``channels_first=True``, for a shape cannot tell. NaN is a missing value: a line between its
    neighbours stands in, and where a channel had gaps in training another says where they were. Series to
    predict may be longer than those of training.

    - ``views``: "auto", or which may be tried, of "random", "convolutional" and "recurrent".
    - ``budget``, the operations that fitting may take (1e11: GunPoint in seconds), rather than a time, so
      that a seed gives the same model on every machine. Random convolutions come first.
    - ``n_features`` of each draw of random convolutions, at most 3000 for more than 4000 series, and the mean
      of at most ``n_draws`` draws.
    - ``n_jobs`` threads, None: all cores; how many changes no bit.

    Series whose label is missing (None, NaN) are left out, with a ``ShoalWarning``.

    Attributes: ``classes_``, ``mixture_`` (its ``sentence`` says what it is made of), ``held_out_`` (N, K),
    the probabilities of the series fitted by models that did not know them, ``preprocessor_``,
    ``n_channels_in_``.

    Raises ``DataError``, a ``ValueError``, for what are no series and for a channel without any value.

    Source: Dempster, Schmidt & Webb 2021, "MiniRocket"; Caruana et al. 2004 (greedy selection).

    >>> rates = [0.2, 0.5] * 9
    >>> waves = [np.sin(rate * np.arange(steps)) for steps, rate in enumerate(rates, start=20)]
    >>> labels = ["slow", "fast"] * 9
    >>> classifier = SequenceClassifier(n_features=1000, budget=1e8, random_state=0).fit(waves, labels)
    >>> classifier.predict([np.sin(0.19 * np.arange(50)), np.sin(0.48 * np.arange(50))]).tolist()
    ['slow', 'fast']
    """

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any) -> SequenceClassifier:
        """Learn from N series ``X`` and their labels ``y`` (N,), and return the estimator."""
        series, rows = self._numbered(X)
        known, y = with_labels(rows, y, type(self).__name__)
        check_classification_targets(y)
        encoder = LabelEncoder().fit(y)
        self.classes_ = encoder.classes_
        if len(self.classes_) < 2:
            raise DataError(
                f"y has one class only, {self.classes_[0]}; a classifier needs two at least to tell apart"
            )
        self._learn(_kept(series, known), Targets(encoder.transform(y), len(self.classes_)))
        self.held_out_ = self.mixture_.held_out
        return self

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of every class, (N, K), in the order of ``classes_``."""
        return self._predictions(X)

    def predict(self, X: Any) -> Array:
        """Return the most probable class of every series, (N,)."""
        most_probable = self._predictions(X).argmax(axis=1)
        return np.asarray(self.classes_[most_probable])


class SequenceRegressor(RegressorMixin, BaseSequenceEstimator):  # type: ignore[misc]
    """A regressor of series of any lengths, with nothing to tune: a mixture of several kinds of models.

    It predicts the weighted mean ŷ = Σ_v w_v ŷ_v that has the smallest squared error for samples that the
    views had not seen. Settings, attributes and errors are ``SequenceClassifier``'s, without classes;
    ``held_out_`` (N,) are numbers.

    >>> rng = np.random.default_rng(0)
    >>> speeds = rng.uniform(0.2, 0.6, 60)
    >>> waves = [np.sin(speed * np.arange(60)) for speed in speeds]
    >>> regressor = SequenceRegressor(n_features=1000, budget=1e8, random_state=0)
    >>> regressor = regressor.fit(waves[:50], speeds[:50])
    >>> regressor.score(waves[50:], speeds[50:]) > 0.9
    True
    """

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any) -> SequenceRegressor:
        """Learn from N series ``X`` and numbers ``y`` (N,), and return the estimator."""
        series, rows = self._numbered(X)
        known, name = with_numbers(rows, y, type(self).__name__)
        y = np.asarray(known[name], dtype=np.float64)
        self._centre, self._scale = float(y.mean()), float(y.std()) or 1.0
        self._learn(_kept(series, known), Targets((y - self._centre) / self._scale))
        self.held_out_ = self._decoded(self.mixture_.held_out)
        return self

    def predict(self, X: Any) -> Array:
        """Return the expected number of every series, (N,)."""
        return self._decoded(self._predictions(X))

    def _decoded(self, predictions: Array) -> Array:
        return predictions[:, 0] * self._scale + self._centre


def _kept(series: list[Array], rows: Frame) -> list[Array]:
    """Return the series whose numbers a frame still has."""
    return [series[row] for row in rows[_ROW].to_list()]
