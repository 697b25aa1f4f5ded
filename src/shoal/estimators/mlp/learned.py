"""What a training has led to, as a value: the attributes of scikit-learn's that an estimator keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shoal.estimators.shared.parameters import STOCHASTIC_SOLVERS
from shoal.estimators.training import messages
from shoal.estimators.training.coefficients import Packed, units_of
from shoal.estimators.training.full_batch import Descent, lbfgs_complaint
from shoal.estimators.training.stochastic import StochasticTraining
from shoal.networks.chain import Chain
from shoal.shapes import Array, BoolArray


@dataclass(frozen=True)
class Learned:
    """What a fit has led to: ``attributes`` of the estimator by their names.

    ``complaint`` is a warning that goes with them, ``failure`` why the fit cannot be used, each a sentence or
    empty; ``held`` are the rows (X, y) that it was validated on.
    """

    attributes: dict[str, Any]
    complaint: str = ""
    failure: str = ""
    held: tuple[Any, Any] | None = None


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


def beginning(est: Any) -> dict[str, Any]:
    """Return the records that scikit-learn's stochastic solvers keep over calls of fit, as they begin."""
    records: dict[str, Any] = {"early_stopped_": False}
    if est.solver not in STOCHASTIC_SOLVERS:
        return records
    early = est.early_stopping
    return records | {
        "loss_curve_": [],
        "_no_improvement_count": 0,
        "validation_loss_curve_": None,
        "_best_theta": None,
        "validation_scores_": [] if early else None,
        "best_validation_score_": -np.inf if early else None,
        "best_loss_": None if early else np.inf,
    }


def parameters(network: Chain, theta: Array, best: int, members: list[int]) -> dict[str, Any]:
    """Return the parameters (P, D) of all starts: the estimator's own, of the ``best``, and of its ensemble.

    ``members`` are those whose predictions are averaged, the best left out or not.
    """
    packed = Packed.of(units_of(network), theta[[best, *(p for p in members if p != best)]])
    coefs, intercepts = packed.members[0]
    return {
        "best_start_": best,
        "coefs_": list(coefs),
        "intercepts_": list(intercepts),
        "_starts": theta,
        "_ensemble": packed.others,
        "_packed": packed,
    }


def of_training(est: Any, network: Chain, training: StochasticTraining, incremental: bool) -> Learned:
    """Return what a stochastic training has led to so far, of its best start, beside earlier records."""
    last = training.last_losses
    merit = training.watch.best if training.stops_early else -last
    best = int(np.where(training.diverged & ~np.isfinite(merit) | np.isnan(merit), -np.inf, merit).argmax())
    records = _records(vars(est), training, best)
    diverged = records["diverged_"]
    stopped = bool(training.stops_early and not training.going[best] and not diverged)
    restored = training.stops_early and (not incremental or stopped)
    theta = training.best_theta if restored else training.theta
    own = parameters(network, theta.copy(), best, _members(est, best, ~training.diverged | restored))
    attributes = {**records, "start_losses_": last, "early_stopped_": stopped, **own}
    if diverged:
        told = messages.of_divergence(est, records["n_iter_"])
        # what came before the divergence can be used where the best was remembered
        return Learned(attributes, told) if training.stops_early else Learned(attributes, failure=told)
    if records["n_iter_"] == est.max_iter and training.going[best] and not incremental:
        told = (
            f"Stochastic Optimizer: Maximum iterations ({est.max_iter}) reached and the optimization "
            "hasn't converged yet."
        )
        return Learned(attributes, told)
    return Learned(attributes)


def of_member(est: Any, network: Chain, training: StochasticTraining, p: int) -> Learned:
    """Return what a stochastic training has led to for its member ``p``, as if it had been alone."""
    here = slice(p, p + 1)
    begun = beginning(est)
    records = begun | _records(begun, training, p)
    own = parameters(network, training.theta[here], 0, [])
    state = {key: array[here] for key, array in training.memory.items()}
    optimizer = Optimizer(state, training.rate[here], training.steps)
    failure = messages.of_divergence(est, records["n_iter_"]) if records["diverged_"] else ""
    rest = {"start_losses_": training.last_losses[here], "_optimizer": optimizer}
    return Learned({**records, **rest, **own}, failure=failure)


def of_descents(est: Any, network: Chain, descents: list[Descent], dtype: Any) -> Learned:
    """Return what the full-batch descents have led to so far, of the best of them."""
    losses = np.array([descent.loss for descent in descents])
    best = int(np.where(np.isfinite(losses), losses, np.inf).argmin())
    chosen = descents[best]
    theta = np.stack([descent.theta for descent in descents]).astype(dtype)
    finite = np.isfinite(theta).all(axis=1) & np.isfinite(losses)
    diverged = not bool(finite[best])
    attributes = {
        "n_iter_": chosen.n_iter,
        "loss_": chosen.loss,
        "start_losses_": losses,
        "diverged_": diverged,
        **({"loss_curve_": chosen.curve} if chosen.curve else {}),
        **_determined(chosen.told),
        **parameters(network, theta, best, _members(est, best, finite)),
    }
    if diverged:
        return Learned(attributes, failure=messages.of_divergence(est, chosen.n_iter))
    if chosen.converged or any(descent.interrupted for descent in descents):
        return Learned(attributes)
    if est.solver == "lbfgs":
        return Learned(attributes, lbfgs_complaint(chosen, est.max_iter))
    told = (
        f"{est.solver} stopped after {chosen.n_iter} iterations ({chosen.message}) before tol={est.tol:g} "
        f"was reached: raise max_iter={est.max_iter}, or scale the features"
    )
    return Learned(attributes, told)


def _determined(told: Mapping[str, float]) -> dict[str, float]:
    """Return what a solver that finds the strength of its penalty has learnt besides, if it is one."""
    if not told:
        return {}
    return {"effective_parameters_": told["gamma"], "l2_": told["alpha"] / told["beta"]}


def _members(est: Any, best: int, sound: BoolArray) -> list[int]:
    """Return whose predictions the estimator averages."""
    together = est.combine_starts == "ensemble" and sound.any()
    return np.flatnonzero(sound).tolist() if together else [best]


def _records(before: Mapping[str, Any], training: StochasticTraining, p: int) -> dict[str, Any]:
    """Return scikit-learn's attributes of member ``p``, going on where those of earlier calls end."""
    n_iter, watch = int(training.epochs[p]), training.watch
    records: dict[str, Any] = {
        "n_iter_": n_iter,
        "loss_": float(training.last_losses[p]),
        "diverged_": bool(training.diverged[p]),
        "t_": before.get("t_", 0) + n_iter * training.orders.current.shape[2],
        "loss_curve_": [
            *before.get("loss_curve_", ()),
            *(float(losses[p]) for losses in training.losses[:n_iter]),
        ],
        "_no_improvement_count": int(watch.count[p]),
    }
    if training.stops_early:
        scores = np.array(training.scores)[:n_iter, p].tolist()
        records["validation_scores_"] = [*(before.get("validation_scores_") or ()), *scores]
        records["best_validation_score_"] = float(watch.best[p])
        records["_best_theta"] = training.best_theta.copy()
    else:
        records["best_loss_"] = float(watch.best[p])
    if training.validation is not None:
        curve = np.array(training.validation_losses)[:n_iter, p].tolist()
        records["validation_loss_curve_"] = [*(before.get("validation_loss_curve_") or ()), *curve]
    return records
