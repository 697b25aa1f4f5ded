"""``MLPRegressor``: scikit-learn's, and more."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.utils.metaestimators import available_if

from shoal.calibration.conformal import Conformal
from shoal.errors import ConfigurationError
from shoal.estimators.mlp.base import BaseMLP
from shoal.estimators.shared.parameters import REGRESSOR
from shoal.estimators.shared.tables import numbers
from shoal.losses import Loss
from shoal.shapes import Array


class MLPRegressor(RegressorMixin, BaseMLP):  # type: ignore[misc]
    """A regressor that takes the place of ``sklearn.neural_network.MLPRegressor``: change the import.

    Everything up to ``max_fun`` is scikit-learn's, in its order, with its defaults and its results: the same
    ``random_state`` gives the same initial weights, the same minibatches, and the same coefficients up to
    rounding. The rest is shoal's, and does nothing unless asked for:

    - ``activation`` may also be any of shoal's activations, or a list with one for each hidden layer.
    - ``solver="scg"`` is Møller's scaled conjugate gradients: full batch, without a learning rate to choose.
    - ``solver="lm"`` is Levenberg's and Marquardt's method for the squared error, "br" the same with a
      penalty that finds its own strength (``alpha`` is left alone), "bfgs" keeps the whole inverse Hessian:
      full batch, precise, for small networks.
    - ``loss`` may also be "absolute_error", "huber", or one of shoal's losses, such as
      ``Huber(threshold=2.0)``.
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

    ``predict_interval`` says how far off predictions may be, where there were rows to validate on.

    Besides scikit-learn's attributes there are ``validation_loss_curve_`` and ``validation_errors_`` (with
    rows to validate on), ``diverged_``, ``early_stopped_``, and ``best_start_`` and ``start_losses_`` of all
    starts; with "br" ``effective_parameters_``, how many of them the data determine, and ``l2_``, the
    strength that was found.

    Warns (``ConvergenceWarning``) where training has not converged or, with ``early_stopping``, has diverged;
    without, diverging raises ``ValueError``.

    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regressor = MLPRegressor("huber", (4,), "tanh", solver="scg", random_state=0, alpha=1.0)
    >>> bool(regressor.fit(X, y / 50).score(X, y / 50) > 0.5)
    True
    """

    _parameter_constraints = REGRESSOR

    def __init__(
        self,
        loss: str | Loss = "squared_error",
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
        self.loss = loss

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
    ) -> MLPRegressor:
        """Train on rows ``X`` (n_samples, n_features) and numbers ``y``, and return the estimator.

        ``y`` is (n_samples,) or (n_samples, n_outputs). ``X_val`` and ``y_val`` are rows to validate on:
        ``validation_loss_curve_`` follows them, and with ``early_stopping`` they stand in for those that are
        set aside otherwise.

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
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> MLPRegressor:
        """Train one epoch on the rows given, and return the estimator.

        With ``early_stopping`` and rows to validate on, the call after which the score has not risen for too
        long restores the best weights and sets ``early_stopped_``; later calls change nothing.
        """
        validation = None if X_val is None and y_val is None else (X_val, y_val, sample_weight_val)
        self._fit(X, y, sample_weight, validation, incremental=True)
        return self

    def _fit(self, *given: Any, **how: Any) -> Any:
        self._errors: Array | None = None  # those of an earlier fit are not this one's
        super()._fit(*given, **how)
        self.validation_errors_ = self._errors
        return self

    def _held_out(self, X: Any, y: Any) -> None:
        if self.n_outputs_ == 1:
            self._errors = np.abs(numbers(y)[:, 0] - self._outputs(X)[:, 0])

    def _validate_target(self, y: Any, incremental: bool) -> None:
        if self.loss == "poisson" and (y < 0).any():
            raise ValueError(f"loss='poisson' takes counts y >= 0, got {y.min():g}; use 'squared_error'")

    def _encoded(self, y: Any) -> Array:
        return numbers(y)

    def _loss(self) -> str | Loss:
        return self.loss

    def predict(self, X: Any) -> Array:
        """Return the prediction for every row: (n_samples,), or (n_samples, n_outputs)."""
        self._check_fitted()
        predicted = self._predicted(X)
        return predicted.ravel() if predicted.shape[1] == 1 else predicted

    def _score_of(self, X: Any, y: Array) -> float:
        """Return R² for X as the network takes it and numbers (n_samples,), as ``score`` does."""
        predicted = self._outputs(X)
        numbers = y.astype(np.result_type(y, predicted), copy=False)[:, None]
        unexplained = np.square(numbers - predicted).sum(axis=0)[0]
        total = np.square(numbers - numbers.mean(axis=0)).sum(axis=0)[0]
        return float(1 - unexplained / total) if total else float(unexplained == 0)

    def predict_interval(self, X: Any, coverage: float = 0.9) -> Array:
        """Return the lower and upper ends (n_samples, 2) of intervals that hold such a share of targets.

        They are split conformal: ``predict(X)`` ± the quantile of ``validation_errors_``, the errors of the
        rows set aside by ``early_stopping`` or given as ``X_val``. Of new rows that are exchangeable with
        those, at least ``coverage`` lie inside; early stopping has looked at them, so a little fewer where
        they are few.

        Raises ``ConfigurationError`` without such rows and for a coverage outside (0, 1), ``DataError`` where
        it needs more of them. Source: see ``shoal.calibration.conformal``.

        >>> from sklearn.datasets import load_diabetes
        >>> X, y = load_diabetes(return_X_y=True)
        >>> regressor = MLPRegressor(learning_rate_init=0.03, early_stopping=True, random_state=0).fit(X, y)
        >>> regressor.predict_interval(X[:2]).shape
        (2, 2)
        """
        self._check_fitted()
        if self.validation_errors_ is None:
            raise ConfigurationError(
                "intervals are made from errors on rows held out, and there are none of one target; fit with "
                "solver 'adam' or 'sgd' and early_stopping=True, or with X_val and y_val"
            )
        return np.stack(Conformal(self.validation_errors_).interval(self.predict(X), coverage), axis=1)
