"""Training on all rows at once: SciPy's L-BFGS-B as in scikit-learn, and the engine's own solvers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.optimize

from shoal.engines import choose_engine
from shoal.engines.running import finish
from shoal.estimators.shared.callbacks import Tasks
from shoal.estimators.training.coefficients import packed_places
from shoal.estimators.training.losses import constants, divisor
from shoal.networks.chain import Chain
from shoal.populations.population import Population
from shoal.randomness import Noise
from shoal.shapes import Array
from shoal.training.objective import BatchObjective
from shoal.training.problem import Problem, Samples
from shoal.training.recipe import Recipe, only
from shoal.training.stopping import Reason

_SILENT: Any = {"iprint": -1} if tuple(map(int, scipy.__version__.split(".")[:2])) < (1, 15) else {}

INTERRUPTED = 99
"""SciPy's status of a minimisation that its callback ended."""


class PackedObjective:
    """J and its gradient as scikit-learn's 'lbfgs' sees them: of weights before biases, in one vector.

    J is the mean loss plus α / (2 Σ s) Σ W². With several outputs and the squared error J averages over the
    outputs while the gradient sums over them, which is how scikit-learn has it.
    """

    def __init__(self, network: Chain, samples: Samples, alpha: float) -> None:
        s, theta_type = samples.s[:1], samples.X.dtype
        self.places = packed_places(network)
        self._theta = np.empty((1, network.n_parameters), theta_type)
        self._objective = BatchObjective(
            network,
            samples.X.T[None],
            samples.y,
            s,
            strengths={"l2": np.array([alpha], theta_type)},
            m=s.sum(axis=-1),
            noise=Noise(np.zeros((1, 2), np.uint64), 0),
        )
        added = constants(network, samples.y)
        self._added = 0.0 if added is None else float((added * s[0]).sum() / s.sum())
        self._divisor = divisor(network)

    def __call__(self, packed: Array) -> tuple[float, Array]:
        """Return J and ∂J/∂θ (D,) at the vector ``packed`` (D,)."""
        self._theta[0, self.places] = packed
        with np.errstate(over="ignore", invalid="ignore"):
            J, gradient = self._objective(self._theta)
            penalty = float(self._objective.penalty[0])
            value = (float(J[0]) - penalty) / self._divisor + penalty + self._added
        return value, gradient[0, self.places]


@dataclass(frozen=True)
class Descent:
    """What became of one member: parameters theta (D,), iterations, its losses, and why it ended.

    Who was ``interrupted`` ended because a callback asked for it. ``told`` is what the solver said last.
    """

    theta: Array
    n_iter: int
    loss: float
    curve: list[float]
    converged: bool
    message: str
    interrupted: bool = False
    told: Mapping[str, float] = field(default_factory=dict)


def lbfgs(
    network: Chain,
    theta: Array,
    samples: Samples,
    alpha: float,
    *,
    tol: float,
    max_iter: int,
    max_fun: int,
    verbose: bool,
    before_evaluation: Callable[[], None],
    after_iteration: Callable[[Descent], bool] | None,
) -> Descent:
    """Minimise by SciPy's L-BFGS-B from theta (D,), until the gradient is within ``tol``.

    ``after_iteration`` takes the descent so far; returning True ends it.
    """
    objective = PackedObjective(network, samples, alpha)
    minimize: Any = scipy.optimize.minimize
    iterations = 0

    def evaluated(packed: Array) -> tuple[float, Array]:
        before_evaluation()
        return objective(packed)

    def unpacked(packed: Array) -> Array:
        parameters = np.empty_like(theta)
        parameters[objective.places] = packed
        return parameters

    def watch(intermediate_result: Any) -> None:  # SciPy goes by this name
        nonlocal iterations
        iterations += 1
        reached = unpacked(intermediate_result.x), iterations, float(intermediate_result.fun)
        if after_iteration is not None and after_iteration(Descent(*reached, [], False, "going on")):
            raise StopIteration

    found = minimize(
        evaluated,
        theta[objective.places],
        method="L-BFGS-B",
        jac=True,
        callback=None if after_iteration is None else watch,
        options={"maxfun": max_fun, "maxiter": max_iter, "gtol": tol, **_SILENT},
    )
    n_iter = min(int(found.nit), max_iter)
    if verbose:
        print(f"L-BFGS: {n_iter} iterations, {found.nfev} evaluations, loss = {found.fun:.8f}")
    converged, interrupted = found.status == 0, found.status == INTERRUPTED
    message = str(found.message)
    return Descent(unpacked(found.x), n_iter, float(found.fun), [], converged, message, interrupted)


def by_engine(
    solver: str,
    population: Population,
    samples: Samples,
    alpha: float,
    *,
    tol: float,
    max_iter: int,
    threads: int,
    tasks: Tasks,
) -> list[Descent]:
    """Train every member by one of the engine's solvers until its gradient is within ``tol``.

    One that finds the strength of the penalty itself leaves ``alpha`` alone. Raises what ``Recipe.require``
    raises.
    """
    size = population.size
    recipe = Recipe(solver=solver, epochs=max_iter, tolerance=tol)
    recipe.require(population.network, size)
    problem = Problem(samples, None, only(size, l2=0.0 if recipe.rule.estimates_l2 else alpha))
    engine = choose_engine("auto", population.network, recipe, problem.unequal)
    tasks.begin_step()
    training = engine.begin(population.network, population.theta, population.keys, problem, recipe)
    finish(training, max_iter, threads, tasks.next_step if tasks.heard else None)
    history = training.history
    descents = []
    for p in range(size):
        curve = history.loss[p, : history.epochs[p]]
        converged = bool(history.stopped[p] == Reason.CONVERGED)
        descents.append(
            Descent(
                training.theta[p],
                int(history.epochs[p]),
                float(curve[-1]),
                curve.tolist(),
                converged,
                history.explain_divergence(p) if history.diverged[p] else history.reasons[p],
                bool(history.stopped[p] == Reason.INTERRUPTED),
                {name: float(history.last_told(name)[p]) for name in history.told},
            )
        )
    return descents


def lbfgs_complaint(descent: Descent, max_iter: int) -> str:
    """Return the sentence on a descent that ended before it converged."""
    more = f" Raise max_iter={max_iter}." if descent.n_iter == max_iter else ""
    return (
        f"lbfgs failed to converge after {descent.n_iter} iteration(s): {descent.message}.{more} "
        "Scaled features help: see https://scikit-learn.org/stable/modules/preprocessing.html"
    )
