"""What the estimators say while they train, and when something went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.estimators.shared.parameters import STOCHASTIC_SOLVERS

if TYPE_CHECKING:
    from shoal.estimators.training.stochastic import StochasticTraining


def printer(est: Any) -> Callable[[StochasticTraining], bool]:
    """Return a function that prints each epoch as scikit-learn's ``verbose`` does, of the best start."""

    def report(training: StochasticTraining) -> bool:
        losses = training.losses[-1]
        best = 0 if np.isnan(losses).all() else int(np.nanargmin(losses))
        print(f"Iteration {len(training.losses)}, loss = {losses[best]:.8f}")
        if training.stops_early:
            print(f"Validation score: {training.scores[-1][best]:f}")
        if training.due[best]:
            judged = "Validation score" if training.stops_early else "Training loss"
            print(
                f"{judged} did not improve more than tol={est.tol:f} for {est.n_iter_no_change} "
                f"consecutive epochs. {_consequence(training, best)}"
            )
        return False

    return report


def _consequence(training: StochasticTraining, member: int) -> str:
    if training.going[member]:
        return f"Setting learning rate to {training.rate[member]:f}"
    adaptive = training.settings.rates.schedule == "adaptive"
    return "Learning rate too small. Stopping." if adaptive else "Stopping."


def of_divergence(est: Any, n_iter: int) -> str:
    """Return one sentence on a training that diverged in iteration ``n_iter``, and what to change."""
    if est.solver not in STOCHASTIC_SOLVERS:
        cause, first = f"with {est.solver}", f"try alpha={max(10 * est.alpha, 1e-3):g}"
    else:
        rate = est.learning_rate_init
        cause, first = f"with learning_rate_init={rate:g}", f"try learning_rate_init={rate / 10:g}"
    return (
        f"Training diverged in iteration {n_iter} {cause}: {first}, or scale the features, for example "
        "with StandardScaler."
    )
