"""``SequenceClassifier`` and ``SequenceRegressor``: series in, and nothing to tune, for scikit-learn."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from shoal.clusters.lending import lend
from shoal.data.memory import require_memory
from shoal.data.sequences.preprocessing import SequencePreprocessor, prepared, without_values
from shoal.errors import DataError
from shoal.estimators.sequences.channel_names import names_of, ordered
from shoal.estimators.sequences.pandas_panels import require_matched
from shoal.estimators.sequences.series import as_series, require_channels
from shoal.estimators.shared.costs import DECIDING
from shoal.estimators.shared.mixtures import BaseMixed, MixedClassifier, MixedRegressor
from shoal.estimators.shared.parameters import COUNT, POSITIVE
from shoal.mixtures.mixture import Mixture
from shoal.mixtures.planning import BUDGET, DRAWS, FEATURES, KINDS, LEAST_FEATURES, views_for
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Schooling
from shoal.selection.samples.attributes import Attributes
from shoal.sequences import Sequences
from shoal.shapes import Array


class BaseSequenceEstimator(BaseMixed):
    """What both share; see ``SequenceClassifier`` and ``SequenceRegressor``."""

    _parameter_constraints = {  # noqa: RUF012 (the name and the kind are scikit-learn's)
        "views": ["array-like", StrOptions({"auto"})],
        "budget": POSITIVE,
        "n_features": [Interval(Integral, LEAST_FEATURES, None, closed="left")],
        "n_draws": [COUNT],
        "channels_first": ["boolean"],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "on": [str, None],
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
        on: str | None = None,
    ) -> None:
        self.views = views
        self.budget = budget
        self.n_features = n_features
        self.n_draws = n_draws
        self.channels_first = channels_first
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.on = on

    noun = "series"

    def _samples(self, X: Any, y: Any) -> list[Array]:
        require_matched(X, y)
        self._channel_names = names_of(X)
        return as_series(X, self.channels_first)

    def _learn(self, series: list[Array], targets: Targets, attributes: Attributes) -> Schooling[Sequences]:
        names = [f"channel {number}" for number in range(len(series[0]))]
        empty = without_values(names, series)
        if empty:
            raise DataError(f"{', '.join(empty)} of X (from 0) has no value in any series; leave it out")
        self.n_channels_in_ = len(series[0])
        self.preprocessor_ = SequencePreprocessor.fit(series)
        padded = prepared(self.preprocessor_, series)
        schooling = self._schooling(padded, targets, attributes, len(series[0]))
        kinds = KINDS if isinstance(self.views, str) else self.views
        views = views_for(schooling, kinds, self.budget, self.n_features, self.n_draws)
        for view in views if self.on is None else ():
            what = f"{len(series):,} series under {view.words}"
            require_memory(view.bytes(schooling), what, "use fewer n_features, or a part of the series")
        with lend(self.on) as crew:
            self.mixture_ = Mixture.fit(views, schooling, crew)
        return schooling

    def _predictions(self, X: Any) -> Array:
        check_is_fitted(self)
        series = as_series(ordered(X, self._channel_names, "X"), self.channels_first)
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


class SequenceClassifier(MixedClassifier, BaseSequenceEstimator):
    """A classifier of series of any lengths, with nothing to tune: a mixture of several kinds of models.

    Views of the series are made, each of which predicts samples that it has not seen; those whose weighted
    mean has the smallest loss there are kept, in the weights in which they were picked, at one temperature::

        P(class | x) ∝ (Σ_v w_v P_v(class | x))^(1/T)

    They are random convolutions of the series, and of the series and their differences, each under a linear
    layer in closed form; statistics of each channel under a Gaussian kernel; and, as far as the budget goes,
    convolutional networks and recurrent ones (GRUs in both directions), one trained on each of five folds.
    All have weight beside a constant as far as they are surely better than that.

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
    - ``n_jobs`` threads, None: all cores; or ``on`` the workers at an address, one view each, as
      ``CapacityStudy``'s. Neither changes a bit.

    - ``metric`` or ``cost``: what decides which class is predicted, as ``ShoalClassifier``'s.

    ``fit(X, y, sample_weight, groups, times)`` chooses by groups, such as speakers, that models had not met,
    or by what is later than all that they had.

    Series whose label is missing (None, NaN) are left out, with a ``ShoalWarning``.

    Attributes: ``classes_``, ``mixture_`` (its ``sentence`` says what it is made of), ``held_out_`` (N, K),
    the probabilities of the series ``held_out_rows_`` (all, but of ``times``) by models that did not know
    them, ``decision_`` (of the class),
    ``preprocessor_``, ``n_channels_in_``.

    Raises ``DataError``, a ``ValueError``, for what are no series and for a channel without any value.

    Source: Dempster, Schmidt & Webb 2021, "MiniRocket"; Caruana et al. 2004 (greedy selection).

    >>> import numpy as np
    >>> rates = [0.2, 0.5] * 9
    >>> waves = [np.sin(rate * np.arange(steps)) for steps, rate in enumerate(rates, start=20)]
    >>> labels = ["slow", "fast"] * 9
    >>> classifier = SequenceClassifier(n_features=1000, budget=1e8, random_state=0).fit(waves, labels)
    >>> classifier.predict([np.sin(0.19 * np.arange(50)), np.sin(0.48 * np.arange(50))]).tolist()
    ['slow', 'fast']
    """

    _parameter_constraints = {  # noqa: RUF012 (the name and the kind are scikit-learn's)
        **BaseSequenceEstimator._parameter_constraints,
        **DECIDING,
    }

    def __init__(
        self,
        *,
        metric: str | None = None,
        cost: Any = None,
        views: Any = "auto",
        budget: float = BUDGET,
        n_features: int = FEATURES,
        n_draws: int = DRAWS,
        channels_first: bool = False,
        random_state: Any = None,
        n_jobs: int | None = None,
        on: str | None = None,
    ) -> None:
        super().__init__(
            views=views,
            budget=budget,
            n_features=n_features,
            n_draws=n_draws,
            channels_first=channels_first,
            random_state=random_state,
            n_jobs=n_jobs,
            on=on,
        )
        self.metric = metric
        self.cost = cost


class SequenceRegressor(MixedRegressor, BaseSequenceEstimator):
    """A regressor of series of any lengths, with nothing to tune: a mixture of several kinds of models.

    It predicts the weighted mean ŷ = Σ_v w_v ŷ_v that has the smallest squared error for samples that the
    views had not seen. Settings, attributes and errors are ``SequenceClassifier``'s, without classes;
    ``held_out_`` (N,) are numbers.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> speeds = rng.uniform(0.2, 0.6, 60)
    >>> waves = [np.sin(speed * np.arange(60)) for speed in speeds]
    >>> regressor = SequenceRegressor(n_features=1000, budget=1e8, random_state=0)
    >>> regressor = regressor.fit(waves[:50], speeds[:50])
    >>> regressor.score(waves[50:], speeds[50:]) > 0.9
    True
    """
