"""One call of ``fit`` or ``partial_fit``: what goes into the training, and what the estimator keeps of it."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from shoal.estimators import reports
from shoal.estimators.callbacks import Tasks
from shoal.estimators.full_batch import Descent, lbfgs, scg, warn_of_lbfgs
from shoal.estimators.orders import Orders
from shoal.estimators.parameters import STOCHASTIC_SOLVERS
from shoal.estimators.rules import Rates
from shoal.estimators.stochastic import Report, Settings, StochasticTraining
from shoal.estimators.validation import Validation
from shoal.networks.chain import Chain
from shoal.populations.population import Population
from shoal.shapes import Array
from shoal.solvers.adam import Adam
from shoal.solvers.base import Solver
from shoal.solvers.sgd import SGD
from shoal.training.problem import Samples
from shoal.training.stopping import Watch
from shoal.workers import count_workers

ALMOST_ONE = 1 - 2.0**-53
"""A momentum of 1 to rounding: scikit-learn allows 1 itself."""


@dataclass
class Fit:
    """What a call of fit works with; ``theta`` (P, D) are the parameters that it begins with."""

    estimator: Any
    network: Chain
    randoms: list[np.random.RandomState]
    incremental: bool
    first_pass: bool
    tasks: Tasks
    theta: Array = field(init=False)
    failure: str = ""
    """Why the fit cannot be used, in a sentence."""


def forget(est: Any) -> None:
    """Begin the records that scikit-learn's stochastic solvers keep over calls of fit."""
    est.early_stopped_ = False
    if est.solver not in STOCHASTIC_SOLVERS:
        return
    est.loss_curve_, est._no_improvement_count = [], 0
    est.validation_loss_curve_ = None
    est._best_theta = None
    early = est.early_stopping
    est.validation_scores_ = [] if early else None
    est.best_validation_score_ = -np.inf if early else None
    est.best_loss_ = None if early else np.inf


@dataclass
class Optimizer:
    """What a stochastic solver remembers between calls of ``partial_fit``."""

    state: dict[str, Array]
    rate: Array
    steps: int = 0

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next epoch."""
        return float(self.rate[0])


def fit_stochastic(
    fit: Fit, X: Any, y: Any, weights: Array | None, given: tuple[Any, Any, Any] | None
) -> None:
    """Train by minibatches; ``given`` are rows to validate on (X, y, weights), instead of some set aside."""
    est = fit.estimator
    if est.early_stopping and fit.incremental and given is None:
        raise ValueError(
            "partial_fit does not support early_stopping=True unless it is given X_val and y_val"
        )
    if fit.incremental and getattr(est, "early_stopped_", False):
        return
    if est.early_stopping and given is None:
        X, y, weights, given = _set_aside(fit, X, y, weights)
    samples = est._samples(X, y, weights, fit.theta.dtype)
    validation = None
    if given is not None:
        aside = est._samples(*given, fit.theta.dtype)
        validation = Validation(fit.network, aside.X, aside.y, aside.s[0], est._n_classes())
    training = _training(fit, samples, validation)
    training.run()
    if training.losses:
        _keep(fit, training)
    if given is not None:
        est._held_out(given[0], given[1])


def _set_aside(fit: Fit, X: Any, y: Any, weights: Array | None) -> tuple[Any, Any, Any, tuple[Any, Any, Any]]:
    """Return X, y and weights to train on, and those of the rows set aside for validation."""
    est = fit.estimator
    stratify = est._encoded(y).astype(bool) if is_classifier(est) and est.n_outputs_ == 1 else None
    rows = np.arange(X.shape[0])
    train, aside = train_test_split(
        rows, random_state=fit.randoms[0], test_size=est.validation_fraction, stratify=stratify
    )
    if len(aside) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
        )
    w_train, w_aside = (None, None) if weights is None else (weights[train], weights[aside])
    return X[train], y[train], w_train, (X[aside], y[aside], w_aside)


def solver_of(est: Any) -> Solver:
    """Return the engine's solver for scikit-learn's parameters."""
    if est.solver == "sgd":
        return SGD(min(float(est.momentum), ALMOST_ONE), nesterov=bool(est.nesterovs_momentum))
    return Adam(float(est.beta_1), float(est.beta_2), float(est.epsilon), epsilon_hat=True)


def batch_size_of(est: Any, n_samples: int) -> int:
    """Return the size of a minibatch, at most ``n_samples``."""
    if est.batch_size == "auto":
        return min(200, n_samples)
    if est.batch_size > n_samples:
        warnings.warn(
            "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped", stacklevel=2
        )
    return int(np.clip(est.batch_size, 1, n_samples))


def _training(fit: Fit, samples: Any, validation: Validation | None) -> StochasticTraining:
    est, size, M = fit.estimator, len(fit.theta), len(samples)
    keys = np.zeros((size, 2), dtype=np.uint64)
    if est.dropout:
        keys[:, 0] = [random.randint(2**31 - 1) for random in fit.randoms]
    rates = Rates(
        est.learning_rate if est.solver == "sgd" else "constant",
        np.full(size, float(est.learning_rate_init)),
        float(est.power_t),
    )
    early = bool(est.early_stopping)
    watch = Watch.new(size, est.tol, est.n_iter_no_change, higher_is_better=early)
    if size == 1 and not fit.first_pass:
        best = getattr(est, "best_validation_score_" if early else "best_loss_", None)
        watch.best[:] = watch.best if best is None else best
        watch.count[:] = getattr(est, "_no_improvement_count", 0)
    before = getattr(est, "_optimizer", None) if fit.incremental and size == 1 else None
    training = StochasticTraining(
        Population(fit.network, fit.theta, keys),
        samples,
        np.full(size, float(est.alpha)),
        Orders(np.arange(M)[None], fit.randoms, est.shuffle),
        np.arange(size),
        Settings(
            solver_of(est),
            rates,
            batch_size_of(est, M),
            1 if fit.incremental else est.max_iter,
            count_workers(est.n_jobs),
        ),
        watch=watch,
        state=before and before.state,
        steps=before.steps if before else 0,
        rate=before and before.rate,
        t=getattr(est, "t_", 0),
        validation=validation,
        stops_early=early,
        begin_epoch=fit.tasks.begin_step if fit.tasks.heard else None,
        reports=_reports(fit),
    )
    if getattr(est, "_best_theta", None) is not None and not fit.first_pass and size == 1:
        training.best_theta = est._best_theta
    return training


def _reports(fit: Fit) -> list[Report]:
    """Return what is to be told of every epoch: to the user, and to scikit-learn's callbacks."""
    told: list[Report] = [reports.printer(fit.estimator)] if fit.estimator.verbose else []
    if fit.tasks.heard:

        def report(training: StochasticTraining) -> bool:
            def attributes() -> dict[str, Any]:
                fitted = copy.copy(fit.estimator)
                _settle(fit, fitted, training)
                fitted._optimizer = None  # what it remembers is known at the end alone
                return dict(vars(fitted))

            return fit.tasks.end_step(attributes)

        told.append(report)
    return told


def _keep(fit: Fit, training: StochasticTraining) -> None:
    """Write what was learned into the estimator: of the best start, and the weights of all."""
    est = fit.estimator
    best = _settle(fit, est, training)
    est._optimizer = Optimizer(training.memory, training.rate, training.steps)
    if est.diverged_ and training.stops_early:
        warnings.warn(reports.of_divergence(est), ConvergenceWarning, stacklevel=2)
    elif est.diverged_:
        fit.failure = reports.of_divergence(est)
    elif est.n_iter_ == est.max_iter and training.going[best] and not fit.incremental:
        warnings.warn(
            f"Stochastic Optimizer: Maximum iterations ({est.max_iter}) reached and the optimization "
            "hasn't converged yet.",
            ConvergenceWarning,
            stacklevel=2,
        )


def _settle(fit: Fit, est: Any, training: StochasticTraining) -> int:
    """Make ``est``, the estimator or a copy, what the training has led to so far; return its best start."""
    last = training.last_losses
    merit = training.watch.best if training.stops_early else -last
    best = int(np.where(training.diverged & ~np.isfinite(merit) | np.isnan(merit), -np.inf, merit).argmax())
    _record(est, training, best)
    est.start_losses_ = last
    est.early_stopped_ = bool(training.stops_early and not training.going[best] and not est.diverged_)
    restored = training.stops_early and (not fit.incremental or est.early_stopped_)
    theta = training.best_theta if restored else training.theta
    est._take(fit.network, theta.copy(), best, ~training.diverged | restored)
    return best


def _record(est: Any, training: StochasticTraining, p: int) -> None:
    """Write scikit-learn's attributes of member ``p``, going on where those of earlier calls end."""
    n_iter, watch = int(training.epochs[p]), training.watch
    est.n_iter_, est.loss_, est.diverged_ = n_iter, float(training.last_losses[p]), bool(training.diverged[p])
    est.t_ = getattr(est, "t_", 0) + n_iter * training.orders.current.shape[2]
    est.loss_curve_ = [
        *getattr(est, "loss_curve_", ()),
        *(float(losses[p]) for losses in training.losses[:n_iter]),
    ]
    est._no_improvement_count = int(watch.count[p])
    if training.stops_early:
        scores = np.array(training.scores)[:n_iter, p].tolist()
        est.validation_scores_ = [*(getattr(est, "validation_scores_", None) or ()), *scores]
        est.best_validation_score_ = float(watch.best[p])
        est._best_theta = training.best_theta.copy()
    else:
        est.best_loss_ = float(watch.best[p])
    if training.validation is not None:
        curve = np.array(training.validation_losses)[:n_iter, p].tolist()
        est.validation_loss_curve_ = [*(getattr(est, "validation_loss_curve_", None) or ()), *curve]


def write(est: Any, network: Chain, training: StochasticTraining, p: int) -> str:
    """Make ``est``, not fitted so far, the member ``p`` of a training; return why that failed, if it did."""
    est._describe(network)
    forget(est)
    _record(est, training, p)
    est.start_losses_ = training.last_losses[p : p + 1]
    state = {key: array[p : p + 1] for key, array in training.memory.items()}
    est._optimizer = Optimizer(state, training.rate[p : p + 1], training.steps)
    est._take(network, training.theta[p : p + 1], 0, ~training.diverged[p : p + 1])
    return reports.of_divergence(est) if est.diverged_ else ""


def fit_full_batch(fit: Fit, X: Any, y: Any, weights: Array | None) -> None:
    """Train by 'lbfgs' or 'scg', in float64, for they judge steps by small differences."""
    est = fit.estimator
    samples = est._samples(X, y, weights, np.float64)
    theta = fit.theta.astype(np.float64)
    if est.solver == "lbfgs":
        descents = _lbfgs_starts(fit, theta, samples)
    else:
        population = Population(fit.network, theta, np.zeros((len(theta), 2), dtype=np.uint64))
        descents = scg(
            population,
            samples,
            float(est.alpha),
            tol=est.tol,
            max_iter=est.max_iter,
            threads=count_workers(est.n_jobs),
            tasks=fit.tasks,
        )
    _keep_descents(fit, descents)


def _lbfgs_starts(fit: Fit, theta: Array, samples: Samples) -> list[Descent]:
    """Return what became of each start, up to that in which a callback asked for the end."""
    est, ended = fit.estimator, list[Descent]()

    def after_iteration(descent: Descent) -> bool:
        def attributes() -> dict[str, Any]:
            fitted = copy.copy(est)
            _settle_descents(fit, fitted, [*ended, descent])
            return dict(vars(fitted))

        return fit.tasks.end_step(attributes)

    for start in theta:
        descent = lbfgs(
            fit.network,
            start,
            samples,
            float(est.alpha),
            tol=est.tol,
            max_iter=est.max_iter,
            max_fun=est.max_fun,
            verbose=bool(est.verbose),
            before_evaluation=fit.tasks.begin_step,
            after_iteration=after_iteration if fit.tasks.heard else None,
        )
        fit.tasks.end_step()  # one whose search along a line failed
        ended.append(descent)
        if descent.interrupted:
            break
    return ended


def _settle_descents(fit: Fit, est: Any, descents: list[Descent]) -> Descent:
    """Make ``est``, the estimator or a copy, what the descents have led to so far; return their best."""
    losses = np.array([descent.loss for descent in descents])
    best = int(np.where(np.isfinite(losses), losses, np.inf).argmin())
    chosen = descents[best]
    theta = np.stack([descent.theta for descent in descents]).astype(fit.theta.dtype)
    est.n_iter_, est.loss_, est.start_losses_ = chosen.n_iter, chosen.loss, losses
    finite = np.isfinite(theta).all(axis=1) & np.isfinite(losses)
    est.diverged_ = not bool(finite[best])
    if chosen.curve:
        est.loss_curve_ = chosen.curve
    est._take(fit.network, theta, best, finite)
    return chosen


def _keep_descents(fit: Fit, descents: list[Descent]) -> None:
    est = fit.estimator
    chosen = _settle_descents(fit, est, descents)
    if est.diverged_:
        fit.failure = reports.of_divergence(est)
    elif chosen.converged or any(descent.interrupted for descent in descents):
        return
    elif est.solver == "lbfgs":
        warn_of_lbfgs(chosen, est.max_iter)
    else:
        warnings.warn(
            f"scg stopped after {chosen.n_iter} iterations ({chosen.message}) before tol={est.tol:g} was "
            f"reached: raise max_iter={est.max_iter}, or scale the features",
            ConvergenceWarning,
            stacklevel=2,
        )
