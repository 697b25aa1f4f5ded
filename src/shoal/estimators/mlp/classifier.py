"""``MLPClassifier``: scikit-learn's, and more."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils._unique import attach_unique
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels
from sklearn.utils.validation import _check_sample_weight

from shoal.estimators.mlp.base import BaseMLP
from shoal.estimators.shared.parameters import CLASSIFIER
from shoal.shapes import Array


@cache
def _below_one(dtype: Any) -> Array:
    """Return the largest number below 1, as an array of no dimensions."""
    return np.array(1 - np.finfo(dtype).epsneg, dtype)


class MLPClassifier(ClassifierMixin, BaseMLP):  # type: ignore[misc]
    """A classifier that takes the place of ``sklearn.neural_network.MLPClassifier``: change the import.

    Everything up to ``max_fun`` is scikit-learn's, in its order, with its defaults and its results: the same
    ``random_state`` gives the same initial weights, the same minibatches, and the same coefficients up to
    rounding. The rest is shoal's, and does nothing unless asked for:

    - ``activation`` may also be any of shoal's activations, or a list with one for each hidden layer.
    - ``solver="scg"`` is Møller's scaled conjugate gradients: full batch, without a learning rate to choose.
    - ``solver="bfgs"`` keeps the whole inverse Hessian: full batch, precise, for small networks.
    - ``class_weight`` is a dictionary from classes to weights, or "balanced".
    - ``dropout`` is the share of every hidden layer's outputs that is dropped in training ('sgd' and 'adam').
    - ``n_starts`` networks are trained from as many random starts, as one population. The first is the
      network of ``n_starts=1``; ``combine_starts`` takes the best of them (by the validation score with
      ``early_stopping``, by the training loss without) or predicts with the mean of all, the "ensemble".
    - ``preprocessing="table"`` takes tables with gaps, categories and dates, as ``shoal fit`` does.
    - ``dtype`` is "float32" or "float64"; None keeps that of ``X``.
    - ``n_jobs`` threads train; None is all cores, or one inside a parallel worker.

    ``alpha`` is divided by the weight of the *minibatch*, as in scikit-learn, so that an epoch of B
    minibatches penalises B times as much as one on the full batch::

        J = Σ s·loss / Σ s + alpha / (2 Σ s) Σ W²,      sums of s over the minibatch

    It is the engine's ``l2`` for full batches; for minibatches it does what ``l2 = B · alpha`` does.

    Besides scikit-learn's attributes there are ``validation_loss_curve_`` (with rows to validate on),
    ``diverged_``, ``early_stopped_``, and ``best_start_`` and ``start_losses_`` of all starts.

    Warns (``ConvergenceWarning``) where training has not converged or, with ``early_stopping``, has diverged;
    without, diverging raises ``ValueError``.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = MLPClassifier((8,), "tanh", solver="scg", random_state=0, n_starts=3, tol=1e-2)
    >>> bool(classifier.fit(X, y).score(X, y) > 0.95)
    True
    """

    _parameter_constraints = CLASSIFIER

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        class_weight: Any = None,
        dropout: float = 0.0,
        n_starts: int = 1,
        combine_starts: str = "best",
        preprocessing: str | None = None,
        dtype: str | None = None,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
            dropout=dropout,
            n_starts=n_starts,
            combine_starts=combine_starts,
            preprocessing=preprocessing,
            dtype=dtype,
            n_jobs=n_jobs,
        )
        self.class_weight = class_weight

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> MLPClassifier:
        """Train on rows ``X`` (n_samples, n_features) and labels ``y``, and return the estimator.

        ``y`` is (n_samples,), or an indicator matrix (n_samples, n_labels) where a row may have several
        labels. ``X_val`` and ``y_val`` are rows to validate on: ``validation_loss_curve_`` follows them, and
        with ``early_stopping`` they stand in for those that are set aside otherwise.

        Raises ``ValueError`` for arrays that do not fit, and for weights that are not finite.
        """
        validation = None if X_val is None and y_val is None else (X_val, y_val, sample_weight_val)
        self._fit(X, y, sample_weight, validation, incremental=False)
        return self

    @available_if(lambda estimator: estimator._check_solver())  # type: ignore[untyped-decorator]
    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        classes: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> MLPClassifier:
        """Train one epoch on the rows given, and return the estimator.

        ``classes`` are all that there will ever be; the first call needs them. With ``early_stopping`` and
        rows to validate on, the call after which the score has not risen for too long restores the best
        weights and sets ``early_stopped_``; later calls change nothing.
        """
        if _check_partial_fit_first_call(self, classes):
            self._label_binarizer = LabelBinarizer()
            self._label_binarizer.fit(y if type_of_target(y).startswith("multilabel") else classes)
        validation = None if X_val is None and y_val is None else (X_val, y_val, sample_weight_val)
        self._fit(X, y, sample_weight, validation, incremental=True)
        return self

    def _validate_target(self, y: Any, incremental: bool) -> None:
        known = hasattr(self, "classes_") and (self.warm_start or incremental)
        if not known:  # distinct labels are looked for once instead of four times
            self._label_binarizer = LabelBinarizer().fit(attach_unique(y))
            self.classes_ = self._label_binarizer.classes_
            return
        classes = unique_labels(y)
        if self.warm_start and set(classes) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes_}, `y` has {classes}"
            )
        if len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                "`y` has classes not in `self.classes_`. "
                f"`self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _validation_input(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
        X, y, weights = super()._validation_input(X, y, sample_weight)
        unknown = np.setdiff1d(unique_labels(y), self.classes_)
        if len(unknown):
            raise ValueError(f"y_val has the classes {unknown}, which y does not have: {self.classes_}")
        return X, y, weights

    def _encoded(self, y: Any) -> Array:
        if y.ndim == 1:  # as the binarizer has it, which would look for the kinds of labels once more
            numbers = np.searchsorted(self.classes_, y)
            kinds = np.arange(len(self.classes_)) if len(self.classes_) > 2 else np.ones(1)
            indicators: Array = np.equal(numbers, kinds[:, None]).T
            return indicators
        encoded: Array = self._label_binarizer.transform(y)
        return encoded.toarray() if hasattr(encoded, "toarray") else encoded

    def _count_outputs(self, y: Any) -> int:
        several = self._label_binarizer.y_type_ == "multiclass"
        return len(self.classes_) if several else super()._count_outputs(y)

    def _loss(self) -> str:
        return "cross_entropy" if self._label_binarizer.y_type_ == "multiclass" else "log_loss"

    def _weights(self, y: Any, sample_weight: Any, X: Any) -> Array | None:
        weights = super()._weights(y, sample_weight, X)
        if self.class_weight is None:
            return weights
        of_classes = compute_sample_weight(self.class_weight, y)
        checked: Array = _check_sample_weight(of_classes if weights is None else weights * of_classes, X)
        return checked

    def _n_classes(self) -> int:
        return len(self.classes_)

    def predict(self, X: Any) -> Array:
        """Return the most probable label of every row: (n_samples,), or (n_samples, n_labels) indicators."""
        self._check_fitted()
        return self._labels(self._predicted, X)

    def _labels(self, outputs: Callable[..., Array], X: Any) -> Array:
        """Return the labels that ``outputs`` of X, ``_predicted`` or ``_outputs``, speak for."""
        if self._label_binarizer.y_type_.startswith("multilabel"):
            return np.asarray(self._label_binarizer.inverse_transform(outputs(X)))
        most_probable = outputs(X, of_every_class=True).argmax(axis=1)  # of equal ones the first
        return np.asarray(self.classes_.take(most_probable, mode="clip"))  # where there is but one

    def _score_of(self, X: Any, y: Array) -> float:
        """Return the accuracy for X as the network takes it and labels (n_samples,), as ``score`` does."""
        return float((self._labels(self._outputs, X) == y).mean())

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of every class (n_samples, n_classes), in the order of ``classes_``.

        For several labels a row, of each label by itself.
        """
        self._check_fitted()
        predicted = self._predicted(X, of_every_class=True)
        if self.out_activation_ == "logistic":  # which never reaches 1, but rounding does
            np.minimum(predicted, _below_one(predicted.dtype), out=predicted)
        return predicted

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithms of ``predict_proba``; of a probability that is rounded to 0, −∞."""
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(self.predict_proba(X)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
