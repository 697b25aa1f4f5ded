"""``ShoalRegressor``: numbers, with nothing to tune."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin, _fit_context, clone
from sklearn.utils._param_validation import StrOptions

from shoal.data.targets.losses import LOSSES, POISSON, SQUARED
from shoal.data.targets.task import REGRESSION
from shoal.estimators.automatic.base import BaseAutomatic
from shoal.estimators.automatic.row_attributes import with_columns
from shoal.estimators.shared.seeds import drawn_seed
from shoal.estimators.shared.targets import several, with_numbers
from shoal.shapes import Array

FITTED = ("estimators_", "model_", "study_", "repeat_", "scales_", "n_iter_")
"""What there is after a fit of one target, or of several."""


class ShoalRegressor(RegressorMixin, BaseAutomatic):  # type: ignore[misc]
    """The ensemble of networks that ``shoal fit`` makes for numbers, with nothing to tune.

    It predicts the mean of networks trained on five folds of the rows, y = 1/M Σ_i y_i(x), and intervals
    from their errors on rows held out. Settings, attributes and errors are ``ShoalClassifier``'s, without
    classes, and

    - of several targets, ``y`` (N, K), each has an ensemble of its own, a ``ShoalRegressor`` in the list
      ``estimators_``, which holds what it was chosen by; rows without one target teach the others, and each
      has its share of a ``time_limit``;
    - ``loss``, what is minimised and chosen by: "squared_error", for the mean; "absolute_error", for the
      median; "huber", squared up to one interquartile range of y and linear beyond, so that outliers pull
      with bounded force; "poisson", for counts and rates y ≥ 0, ŷ = e^z.

    Raises ``ValueError`` for negative y with the Poisson loss.

    >>> rng = np.random.default_rng(0)
    >>> X = rng.uniform(size=(200, 2))
    >>> y = X[:, 0] + 0.1 * rng.normal(size=200)
    >>> regressor = ShoalRegressor(n_starts=1, max_iter=20, random_state=0, n_jobs=1).fit(X, y)
    >>> lower, upper = regressor.predict_interval(X, coverage=0.9).T
    >>> 0.8 < float(np.mean((lower <= y) & (y <= upper))) < 1
    True
    """

    _parameter_constraints = {  # noqa: RUF012 (the name and the kind are scikit-learn's)
        **BaseAutomatic._parameter_constraints,
        "loss": [StrOptions(set(LOSSES))],
    }

    def __init__(
        self,
        *,
        loss: str = SQUARED,
        hidden_layer_sizes: Any = "auto",
        n_starts: int | str = "auto",
        max_iter: int | str = "auto",
        batch_size: int | str = "auto",
        learning_rate_init: float | str = "auto",
        quality: str = "good",
        time_limit: float | None = None,
        networks: str | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        on: str | None = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes,
            n_starts=n_starts,
            max_iter=max_iter,
            batch_size=batch_size,
            learning_rate_init=learning_rate_init,
            quality=quality,
            time_limit=time_limit,
            networks=networks,
            random_state=random_state,
            n_jobs=n_jobs,
            on=on,
        )
        self.loss = loss

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.loss == POISSON
        tags.target_tags.multi_output = True
        return tags

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None, times: Any = None
    ) -> ShoalRegressor:
        """Train on rows ``X`` (N, n) and numbers ``y``, (N,) or (N, K), and return the estimator.

        ``sample_weight``, ``groups`` and ``times`` (N,) are as ``ShoalClassifier``'s.
        """
        given = {"sample_weight": sample_weight, "groups": groups, "times": times}
        for name in FITTED:  # by an earlier fit, of as many targets or others
            if hasattr(self, name):
                delattr(self, name)
        targets = several(y)
        if targets:
            return self._fit_each(X, targets, given)
        frame, beside = with_columns(self._frame(X, reset=True), **given)
        frame, name = with_numbers(frame, y, type(self).__name__)
        self._train(frame, name, REGRESSION, beside, self.loss)
        return self

    def _fit_each(self, X: Any, targets: list[Any], given: dict[str, Any]) -> ShoalRegressor:
        """Train an ensemble for each target, all with the same seed."""
        self._frame(X, reset=True)
        seed = drawn_seed(self.random_state)
        share = None if self.time_limit is None else self.time_limit / len(targets)
        alone = clone(self).set_params(random_state=seed, time_limit=share)
        self.estimators_ = [clone(alone).fit(X, y, **given) for y in targets]
        self.n_iter_ = max(estimator.n_iter_ for estimator in self.estimators_)
        return self

    def predict(self, X: Any) -> Array:
        """Return the expected number of every row, (N,), or (N, K) of several targets."""
        if hasattr(self, "estimators_"):
            return np.stack([estimator.predict(X) for estimator in self.estimators_], axis=1)
        features = self._features(X)
        return np.asarray(self.model_.target.decode_values(self.model_.predict_features(features)))

    def predict_interval(self, X: Any, coverage: float = 0.9) -> Array:
        """Return the ends (N, 2) of intervals that hold the share ``coverage`` of new values.

        They are conformal, from the errors of the folds on rows held out, wider where these were larger, and
        hold for rows drawn as those of the table were; of several targets (N, 2, K), each for itself.
        Source: see ``shoal.calibration.conformal``.
        """
        if hasattr(self, "estimators_"):
            each = [estimator.predict_interval(X, coverage) for estimator in self.estimators_]
            return np.stack(each, axis=2)
        features = self._features(X)
        ends = self.model_.interval(self.model_.predict_features(features), coverage, features)
        return np.stack([self.model_.target.decode_values(end) for end in ends], axis=1)
