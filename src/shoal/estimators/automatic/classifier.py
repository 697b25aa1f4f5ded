"""``ShoalClassifier``: classes, with nothing to tune."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import compute_sample_weight
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import check_classification_targets

from shoal.data.frames import as_frame, pl
from shoal.data.targets.task import CLASSIFICATION
from shoal.estimators.automatic.base import BaseAutomatic
from shoal.estimators.automatic.row_attributes import counting, weighed, with_columns
from shoal.estimators.shared.costs import DECIDING, as_texts, require_one
from shoal.estimators.shared.probabilities import FromProbabilities
from shoal.estimators.shared.tables import TARGET
from shoal.estimators.shared.targets import with_labels
from shoal.shapes import Array


class ShoalClassifier(FromProbabilities, ClassifierMixin, BaseAutomatic):  # type: ignore[misc]
    """The ensemble of networks that ``shoal fit`` makes for classes, with nothing to tune.

    Random starts are trained on each of five folds; those whose mean prediction has the smallest loss on the
    rows held out are kept, as often as they are picked, and one temperature is fitted on the same rows
    (`docs/generalisation.md` tells what each setting gains). Later starts see their inputs scaled by how much
    their columns matter to the first::

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
      of them for None; or ``on`` the workers at an address of Dask's, Ray's or MPI's, as ``CapacityStudy``'s.
    - ``class_weight``: what rows of each class count for besides their ``sample_weight``, a dict, or
      "balanced" for all classes as much; probabilities are then those of a world with such shares.
    - ``metric`` decides which class is predicted, of "error" (usual), "log_loss", "auc", "balanced_error" and
      "f1", or the ``cost`` of mistakes, a matrix (actual, predicted) or a dict as {("ill", "well"): 50} in
      which others cost 1 (`docs/rows.md`); probabilities stay as they are.

    Rows whose target is missing (None, NaN) are left out, with a ``ShoalWarning``, and so are rows of weight
    0, with their class where it has no others.

    Attributes: ``classes_``, ``model_`` (what ``shoal fit`` saves), ``study_`` (every trial, ``choice`` and
    why), ``repeat_`` (the parameters that leave nothing open; with the same ``random_state``, a number, the
    same model), ``scales_`` (of every column, as a dict; empty where there were none), ``n_iter_`` (epochs of
    the longest training), ``n_features_in_``, ``decision_`` (of the class; ``threshold`` of two).

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
        **DECIDING,
    }

    def __init__(
        self,
        *,
        class_weight: Any = None,
        metric: str | None = None,
        cost: Any = None,
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
        self.class_weight = class_weight
        self.metric = metric
        self.cost = cost

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
        if self.class_weight is not None:
            frame, beside = weighed(frame, beside, compute_sample_weight(self.class_weight, y))
        counts = counting(frame, beside)
        encoder = LabelEncoder().fit(y[counts])
        self.classes_ = encoder.classes_
        if len(self.classes_) < 2:
            raise ValueError(
                f"y has one class only, {self.classes_[0]}; a classifier needs two at least to tell apart"
            )
        require_one(self.metric, self.cost)
        deciding = {"metric": self.metric, "cost": as_texts(self.cost, self.classes_)}
        codes = np.zeros(len(y), dtype=np.int64)  # of rows that do not count any will do: they are left out
        codes[counts] = encoder.transform(y[counts])
        table = as_frame(frame.with_columns(pl.Series(TARGET, codes)))
        self._train(table, TARGET, CLASSIFICATION, {**beside, **deciding})
        self.decision_ = self.model_.decision
        return self

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of every class, (N, K), in the order of ``classes_``."""
        features = self._features(X)
        return self.model_.predict_features(features)

    def predict(self, X: Any) -> Array:
        """Return the class of every row, (N,): the most probable, or what ``metric`` or ``cost`` asks for."""
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[self.decision_.classes(probabilities)])
