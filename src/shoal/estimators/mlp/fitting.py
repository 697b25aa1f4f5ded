"""One call of ``fit`` or ``partial_fit``: what goes into the training, and what comes out of it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection import train_test_split

from shoal.estimators.mlp.learned import Learned, Optimizer, of_descents, of_training
from shoal.estimators.shared.callbacks import Tasks
from shoal.estimators.training import messages
from shoal.estimators.training.full_batch import Descent, by_engine, lbfgs
from shoal.estimators.training.learning_rates import Rates
from shoal.estimators.training.orders import ShuffledOrders
from shoal.estimators.training.stochastic import Report, Settings, StochasticTraining
from shoal.estimators.training.validation import Validation
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
    """What a call of fit works with, and changes nothing of; ``theta`` (P, D) is where it begins."""

    estimator: Any
    network: Chain
    randoms: list[np.random.RandomState]
    incremental: bool
    first_pass: bool
    tasks: Tasks
    theta: Array


def fit_stochastic(
    fit: Fit, X: Any, y: Any, weights: Array | None, given: tuple[Any, Any, Any] | None
) -> Learned | None:
    """Train by minibatches, and return what that led to, or None where the estimator had stopped early.

    ``given`` are rows to validate on (X, y, weights), instead of some set aside.
    """
    est = fit.estimator
    if est.early_stopping and fit.incremental and given is None:
        raise ValueError(
            "partial_fit does not support early_stopping=True unless it is given X_val and y_val"
        )
    if fit.incremental and getattr(est, "early_stopped_", False):
        return None
    if est.early_stopping and given is None:
        X, y, weights, given = _set_aside(fit, X, y, weights)
    samples = est._samples(X, y, weights, fit.theta.dtype)
    validation = None
    if given is not None:
        aside = est._samples(*given, fit.theta.dtype)
        validation = Validation(
            fit.network, aside.X, aside.y, aside.s[0], est._n_classes(), count_workers(est.n_jobs)
        )
    training = _training(fit, samples, validation)
    training.run()
    held = None if given is None else given[:2]
    if not training.losses:
        return Learned({}, held=held)
    learned = of_training(est, fit.network, training, fit.incremental)
    optimizer = Optimizer(training.memory, training.rate, training.steps)
    return replace(learned, attributes={**learned.attributes, "_optimizer": optimizer}, held=held)


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
        ShuffledOrders(np.arange(M)[None], fit.randoms, est.shuffle),
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
    told: list[Report] = [messages.printer(fit.estimator)] if fit.estimator.verbose else []
    if fit.tasks.heard:

        def report(training: StochasticTraining) -> bool:
            def attributes() -> dict[str, Any]:
                learned = of_training(fit.estimator, fit.network, training, fit.incremental)
                # what the optimizer remembers is known at the end alone
                return {**vars(fit.estimator), **learned.attributes, "_optimizer": None}

            return fit.tasks.end_step(attributes)

        told.append(report)
    return told


def fit_full_batch(fit: Fit, X: Any, y: Any, weights: Array | None) -> Learned:
    """Train by a solver for the full batch, in float64, for they judge steps by small differences."""
    est = fit.estimator
    samples = est._samples(X, y, weights, np.float64)
    theta = fit.theta.astype(np.float64)
    if est.solver == "lbfgs":
        descents = _lbfgs_starts(fit, theta, samples)
    else:
        population = Population(fit.network, theta, np.zeros((len(theta), 2), dtype=np.uint64))
        descents = by_engine(
            est.solver,
            population,
            samples,
            float(est.alpha),
            tol=est.tol,
            max_iter=est.max_iter,
            threads=count_workers(est.n_jobs),
            tasks=fit.tasks,
        )
    return of_descents(est, fit.network, descents, fit.theta.dtype)


def _lbfgs_starts(fit: Fit, theta: Array, samples: Samples) -> list[Descent]:
    """Return what became of each start, up to that in which a callback asked for the end."""
    est, ended = fit.estimator, list[Descent]()

    def after_iteration(descent: Descent) -> bool:
        def attributes() -> dict[str, Any]:
            learned = of_descents(est, fit.network, [*ended, descent], fit.theta.dtype)
            return {**vars(est), **learned.attributes}

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
