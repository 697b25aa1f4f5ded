"""Estimators with nothing to tune: the ensembles that ``shoal fit`` makes, for scikit-learn."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, _fit_context
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import check_random_state, compute_sample_weight
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from shoal.data.frames import Frame, as_frame, pl
from shoal.data.losses import LOSSES, POISSON, SQUARED
from shoal.data.task import CLASSIFICATION, REGRESSION
from shoal.estimators.beside import BESIDE, weighed, with_columns
from shoal.estimators.parameters import COUNT, POSITIVE
from shoal.estimators.tables import TARGET, columns
from shoal.estimators.targets import with_labels, with_numbers
from shoal.jobs.fit_study import fit_frame
from shoal.jobs.request import AT_HAND, FitRequest
from shoal.jobs.sizing import QUALITIES, AskedSize
from shoal.selection.study import CapacityStudy
from shoal.shapes import Array
from shoal.words import NOTHING, as_argument, spoken

_AUTO = StrOptions({"auto"})


class BaseAutomatic(BaseEstimator):  # type: ignore[misc]
    """What the classifier and the regressor share; see ``ShoalClassifier`` and ``ShoalRegressor``."""

    _parameter_constraints = {  # noqa: RUF012 (the name and the kind are scikit-learn's)
        "hidden_layer_sizes": ["array-like", COUNT, _AUTO],
        "n_starts": [COUNT, _AUTO],
        "max_iter": [COUNT, _AUTO],
        "batch_size": [COUNT, _AUTO],
        "learning_rate_init": [*POSITIVE, _AUTO],
        "quality": [StrOptions(set(QUALITIES))],
        "time_limit": [*POSITIVE, None],
        "networks": [str, None],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
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
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.n_starts = n_starts
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.quality = quality
        self.time_limit = time_limit
        self.networks = networks
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _train(
        self, frame: Frame, name: str, task: str, beside: dict[str, str], loss: str | None = None
    ) -> None:
        """Make the ensemble of the rows, whose targets are the column ``name``; ``beside`` has others."""
        hidden = _given(self.hidden_layer_sizes)
        with spoken(_as_parameter):
            request = FitRequest(
                table=AT_HAND,
                target=name,
                task=task,
                loss=loss,
                size=AskedSize(
                    hidden=None if hidden is None else (tuple(np.atleast_1d(hidden).tolist()),),
                    starts=_given(self.n_starts),
                    epochs=_given(self.max_iter),
                ),
                quality=self.quality,
                time=self.time_limit,
                networks=self.networks,
                batch_size=_given(self.batch_size),
                learning_rate=_given(self.learning_rate_init),
                seed=int(check_random_state(self.random_state).randint(2**31 - 1)),
                jobs=self.n_jobs,
                **beside,  # type: ignore[arg-type]
            )
            self.model_, self.study_ = fit_frame(frame, name, request)
        self.n_iter_ = int(self.study_.table["epochs"].max())
        self.repeat_ = _repeated(self.study_)

    def _frame(self, X: Any, reset: bool) -> Frame:
        """Return a table, a frame or an array of numbers and texts, checked as scikit-learn checks it."""
        if hasattr(X, "columns") and all(isinstance(name, str) for name in X.columns):
            frame = as_frame(X, "X")  # first, as it says what is wrong with the columns' names
            validate_data(self, X, reset=reset, skip_check_array=True)
            return frame
        least = 2 if reset else 1
        checks = {"dtype": None, "ensure_all_finite": "allow-nan", "ensure_min_samples": least}
        return as_frame(columns(validate_data(self, X, reset=reset, **checks)), "X")

    def _features(self, X: Any) -> Array:
        check_is_fitted(self)
        features: Array = self.model_.preprocessor.transform(self._frame(X, reset=False))
        return features

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags


class ShoalClassifier(ClassifierMixin, BaseAutomatic):  # type: ignore[misc]
    """The ensemble of networks that ``shoal fit`` makes for classes, with nothing to tune.

    Random starts are trained on each of five folds; those whose mean prediction has the smallest loss on the
    rows held out are kept, as often as they are picked, and one temperature is fitted on the same rows
    (`docs/generalisation.md` tells what each setting gains)::

        P(class | x) ∝ (1/M Σ_i P_i(class | x))^(1/T)

    ``X`` (N, n) is an array or a data frame: numbers, texts, dates, booleans, with gaps. Everything is
    "auto" unless said otherwise:

    - ``hidden_layer_sizes``, ``max_iter`` epochs, ``batch_size`` and ``learning_rate_init`` of each network;
      ``n_starts`` of them on each fold.
    - ``quality``, "fast", "good" or "best": how much may be computed, by the number of rows. Operations
      are counted, so the same ``random_state`` gives the same networks at any load and on any number of
      cores.
    - ``time_limit``: the best found in so many seconds; ``set_params(**repeat_)`` makes the same model
      without a clock, of the ``networks`` alone, by number, that there was time for. ``n_jobs`` cores, all
      of them for None.
    - ``class_weight``: what rows of each class count for besides their ``sample_weight``, a dict, or
      "balanced" for all classes as much; probabilities are then those of a world with such shares.

    Rows whose target is missing (None, NaN) are left out, with a ``ShoalWarning``.

    Attributes: ``classes_``, ``model_`` (what ``shoal fit`` saves), ``study_`` (every trial, ``choice`` and
    why), ``repeat_`` (the parameters that leave nothing open; with the same ``random_state``, a number, the
    same model), ``n_iter_`` (epochs of the longest training), ``n_features_in_``.

    Raises ``ValueError`` for arrays that do not fit and for one class.

    Source: Caruana et al. 2004 (greedy selection), Guo et al. 2017 (temperature).

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = ShoalClassifier(n_starts=1, max_iter=20, random_state=0, n_jobs=1).fit(X, y)
    >>> classifier.predict_proba(X[:2]).shape, classifier.score(X, y) > 0.9
    ((2, 3), True)
    """

    _parameter_constraints = {  # noqa: RUF012 (the name and the kind are scikit-learn's)
        **BaseAutomatic._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        *,
        class_weight: Any = None,
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
        )
        self.class_weight = class_weight

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None, times: Any = None
    ) -> ShoalClassifier:
        """Train on rows ``X`` (N, n) and labels ``y`` (N,), and return the estimator.

        Rows count for their ``sample_weight`` (N,). Folds share none of the ``groups`` (N,); with ``times``
        (N,), numbers or dates, what is held out of a fold is later than what trains.
        """
        given = {"sample_weight": sample_weight, "groups": groups, "times": times}
        frame, beside = with_columns(self._frame(X, reset=True), **given)
        frame, y = with_labels(frame, y, type(self).__name__)
        check_classification_targets(y)
        encoder = LabelEncoder().fit(y)
        self.classes_ = encoder.classes_
        if len(self.classes_) < 2:
            raise ValueError(
                f"y has one class only, {self.classes_[0]}; a classifier needs two at least to tell apart"
            )
        if self.class_weight is not None:
            frame, beside = weighed(frame, beside, compute_sample_weight(self.class_weight, y))
        codes = pl.Series(TARGET, encoder.transform(y))
        self._train(as_frame(frame.to_native().with_columns(codes)), TARGET, CLASSIFICATION, beside)
        return self

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of every class, (N, K), in the order of ``classes_``."""
        features = self._features(X)
        return self.model_.predict_features(features)

    def predict(self, X: Any) -> Array:
        """Return the most probable class of every row, (N,)."""
        most_probable = self.predict_proba(X).argmax(axis=1)
        return np.asarray(self.classes_[most_probable])


class ShoalRegressor(RegressorMixin, BaseAutomatic):  # type: ignore[misc]
    """The ensemble of networks that ``shoal fit`` makes for numbers, with nothing to tune.

    It predicts the mean of networks trained on five folds of the rows, y = 1/M Σ_i y_i(x), and intervals
    from their errors on rows held out. Settings, attributes and errors are ``ShoalClassifier``'s, without
    classes, and

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
        )
        self.loss = loss

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self.loss == POISSON
        return tags

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None, times: Any = None
    ) -> ShoalRegressor:
        """Train on rows ``X`` (N, n) and numbers ``y`` (N,), and return the estimator.

        ``sample_weight``, ``groups`` and ``times`` (N,) are as ``ShoalClassifier``'s.
        """
        given = {"sample_weight": sample_weight, "groups": groups, "times": times}
        frame, beside = with_columns(self._frame(X, reset=True), **given)
        frame, name = with_numbers(frame, y, type(self).__name__)
        self._train(frame, name, REGRESSION, beside, self.loss)
        return self

    def predict(self, X: Any) -> Array:
        """Return the expected number of every row, (N,)."""
        features = self._features(X)
        return np.asarray(self.model_.target.decode_values(self.model_.predict_features(features)))

    def predict_interval(self, X: Any, coverage: float = 0.9) -> Array:
        """Return the ends (N, 2) of intervals that hold the share ``coverage`` of new values.

        They are conformal, from the errors of the folds on rows held out, wider where these were larger, and
        hold for rows drawn as those of the table were. Source: see ``shoal.calibration.conformal``.
        """
        features = self._features(X)
        ends = self.model_.interval(self.model_.predict_features(features), coverage, features)
        return np.stack([self.model_.target.decode_values(end) for end in ends], axis=1)


def _repeated(study: CapacityStudy) -> dict[str, Any]:
    """Return the parameters that make the networks of a study again, as far as it was compared."""
    (hidden,), (starts, networks), recipe = study.hidden, study.compared, study.recipe
    return {
        "hidden_layer_sizes": hidden,
        "n_starts": starts,
        "max_iter": recipe.epochs,
        "batch_size": recipe.batch_size,
        "learning_rate_init": recipe.learning_rate,
        "time_limit": None,
        "networks": networks,
    }


def _given(value: Any) -> Any:
    """Return what is asked for; None where it is left open."""
    return None if isinstance(value, str) and value == "auto" else value


def _as_parameter(name: str, value: Any = NOTHING) -> str:
    """Return what a setting of a job is called here."""
    return as_argument(_NAMES.get(name, name), value)


_NAMES = {
    "hidden": "hidden_layer_sizes",
    "starts": "n_starts",
    "epochs": "max_iter",
    "learning_rate": "learning_rate_init",
    "time": "time_limit",
    "seed": "random_state",
    "jobs": "n_jobs",
    **{setting: argument for argument, setting in BESIDE.items()},
}
