"""``train``: from a network and arrays to a trained population with its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from shoal import backprop
from shoal.engines import choose_engine
from shoal.errors import ConfigurationError, DataError
from shoal.history import History
from shoal.network import Network
from shoal.population import Population
from shoal.problem import Callback, Method, Problem, Samples
from shoal.randomness import check_seed
from shoal.registry import resolve
from shoal.schedules import SCHEDULES, Schedule
from shoal.shapes import Array, BoolArray, finite_rows, per_member, require_finite
from shoal.solvers import SOLVERS
from shoal.solvers.base import Solver
from shoal.stopping import Stopping

Validation: TypeAlias = (
    tuple[npt.ArrayLike, npt.ArrayLike] | tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]
)
BATCH_ORDERS = ("own", "shared")


@dataclass(frozen=True)
class TrainingResult:
    """A trained population and what happened to each of its members."""

    population: Population
    history: History

    @property
    def diverged(self) -> BoolArray:
        """Which members' loss or parameters became non-finite (P,)."""
        return self.history.diverged


def train(
    network: Network | Population,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    starts: int = 1,
    seed: int = 0,
    solver: str | Solver = "adam",
    learning_rate: npt.ArrayLike | None = None,
    epochs: int = 200,
    batch_size: int | None = None,
    l2: npt.ArrayLike = 0.0,
    l1: npt.ArrayLike = 0.0,
    weight_decay: npt.ArrayLike = 0.0,
    sample_weight: npt.ArrayLike | None = None,
    validation: Validation | None = None,
    patience: int | None = None,
    tolerance: float = 1e-5,
    schedule: str | Schedule = "constant",
    clip_norm: float | None = None,
    batch_order: str = "own",
    dtype: str | None = None,
    engine: str = "auto",
    n_jobs: int | None = None,
    callback: Callback | None = None,
) -> TrainingResult:
    """Train ``starts`` networks, or the members of a given population, each to minimise its own objective::

        J = Σ_i s_i · loss_i / Σ_i s_i  +  l2/(2m) Σ_l ‖W_l‖²  +  l1/m Σ_l |W_l|,      m = Σ_i s_i

    - ``X`` (N, n), ``y`` (N,) or (N, K); ``validation`` = (X, y) or (X, y, sample weights).
    - ``l2``, ``l1``, ``weight_decay``, ``learning_rate``: one number, or one for each member (P,).
    - ``sample_weight`` (N,) or (P, N): a fold is a weight of 0 or 1.
    - ``weight_decay`` is the decoupled λ of w ← w − α ∇J − λ w, applied to weights at every update. For
      plain gradient descent it does what ``l2`` does when λ = α·l2/m, and only there: adaptive and
      momentum solvers rescale the penalty's gradient but not the decay. The AdamW of the literature
      decays by α·λ: ask for it with ``solver="adamw"``.
    - ``batch_size=None`` is full batch; ``batch_order="shared"`` gives all members the same minibatches
      (drawn from ``seed``), ``"own"`` each member its own.
    - ``patience`` epochs without a lower validation loss end a member, whose best parameters are restored.
    - ``tolerance`` on the largest |∂J/∂θ| ends a member under a full-batch solver.
    - ``clip_norm`` bounds the Euclidean norm of each member's gradient.
    - ``dtype=None`` is float64 for solvers that search along a line (scg, lbfgs), else float32.
    - ``callback(progress)`` runs after each epoch; returning True ends training.

    A given population is not changed; its trained copy is in the result. A member that diverges keeps its
    last finite parameters and disturbs nobody.

    Raises ``DataError`` for arrays that do not fit, ``ConfigurationError`` for impossible settings.

    Source: the lecture, "Learning with gradient descent", "Parameter Norm Penalty", "Weight Decay".

    >>> from shoal.layers import Dense
    >>> X = np.linspace(0, 1, 20)
    >>> network = Network(1, [Dense(3, "tanh"), Dense(1)], loss="squared_error")
    >>> result = train(network, X, np.sin(2 * np.pi * X), starts=5, solver="scg", epochs=300)
    >>> bool(result.history.loss[:, 0].min() > 100 * np.nanmin(result.history.loss))
    True
    """
    method = _method(
        solver, schedule, Stopping(epochs, tolerance, patience), batch_size, batch_order, seed, clip_norm
    )
    if dtype is None:
        dtype = "float32" if method.solver.takes_learning_rate else "float64"
    if isinstance(network, Population):
        if starts not in (1, network.size):
            raise ConfigurationError(
                f"starts={starts} was asked for with a population of {network.size}; leave starts out, "
                "or give the network instead"
            )
        population = network.members(np.arange(network.size))
    else:
        population = network.population(starts, seed=seed, dtype=dtype)
    problem = _problem(
        population, method, X, y, sample_weight, validation, l2, l1, weight_decay, learning_rate
    )
    chosen = choose_engine(engine, population.network, problem, method)
    history = chosen.train(population, problem, method, callback, n_jobs or 0)
    return TrainingResult(population, history)


def _method(
    solver: str | Solver,
    schedule: str | Schedule,
    stopping: Stopping,
    batch_size: int | None,
    batch_order: str,
    seed: int,
    clip_norm: float | None,
) -> Method:
    chosen = resolve("solver", solver, SOLVERS)
    if batch_size is not None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer) or batch_size < 1:
            raise ConfigurationError(f"batch_size must be a whole number ≥ 1 or None, got {batch_size!r}")
        if chosen.full_batch:
            raise ConfigurationError(
                f"{chosen.name} needs the full batch at every step, got batch_size={batch_size}; "
                "leave batch_size out, or use adam or sgd"
            )
    if batch_order not in BATCH_ORDERS:
        raise ConfigurationError(f"batch_order must be 'own' or 'shared', got {batch_order!r}")
    if clip_norm is not None and not 0 < clip_norm < np.inf:
        raise ConfigurationError(f"clip_norm must be a positive number or None, got {clip_norm!r}")
    if clip_norm is not None and not chosen.takes_learning_rate:
        raise ConfigurationError(
            f"{chosen.name} searches along a line and cannot clip gradients; drop clip_norm"
        )
    return Method(
        solver=chosen,
        schedule=resolve("schedule", schedule, SCHEDULES),
        stopping=stopping,
        batch_size=None if batch_size is None else int(batch_size),
        shared_order=batch_order == "shared",
        order_seed=check_seed(seed),
        clip_norm=clip_norm,
    )


def _problem(
    population: Population,
    method: Method,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    sample_weight: npt.ArrayLike | None,
    validation: Validation | None,
    l2: npt.ArrayLike,
    l1: npt.ArrayLike,
    weight_decay: npt.ArrayLike,
    learning_rate: npt.ArrayLike | None,
) -> Problem:
    if method.stopping.patience is not None and validation is None:
        raise ConfigurationError("patience needs validation=(X, y) to watch; give it, or leave patience out")
    if validation is not None and len(validation) not in (2, 3):
        raise ConfigurationError("validation must be (X, y) or (X, y, sample weights)")
    solver = method.solver
    if learning_rate is not None and not solver.takes_learning_rate:
        raise ConfigurationError(f"{solver.name} finds its own step length; leave learning_rate out")
    if learning_rate is None:
        learning_rate = solver.learning_rate if solver.takes_learning_rate else 0.0
    elif not np.all(np.asarray(learning_rate, dtype=np.float64) > 0):
        raise ConfigurationError(f"learning_rate must be positive, got {learning_rate!r}")
    strengths = {
        name: per_member(value, name, population.size, np.float64)
        for name, value in (
            ("l2", l2),
            ("l1", l1),
            ("weight_decay", weight_decay),
            ("learning_rate", learning_rate),
        )
    }
    if strengths["weight_decay"].any() and not solver.takes_learning_rate:
        raise ConfigurationError(f"{solver.name} cannot decay weights apart from its objective; use l2")
    return Problem(
        train=_samples(population, X, y, sample_weight, ""),
        validation=validation and _samples(population, *_padded(validation), "validation "),
        **strengths,
    )


def _padded(validation: Validation) -> tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike | None]:
    X, y, *weight = validation
    return X, y, weight[0] if weight else None


def _samples(
    population: Population, X: npt.ArrayLike, y: npt.ArrayLike, weight: npt.ArrayLike | None, which: str
) -> Samples:
    """Check and convert one set of users' arrays to the population's dtype."""
    network, dtype = population.network, population.theta.dtype
    rows = finite_rows(X, f"{which}X", network.inputs)
    targets = network.criterion.encode(y, network.n_outputs)
    if targets.shape[1] != len(rows):
        raise DataError(
            f"{which}X has {len(rows)} rows and {which}y has {targets.shape[1]}; give one target for each row"
        )
    return Samples(
        X=np.ascontiguousarray(rows, dtype=dtype),
        y=targets.astype(dtype),
        s=_sample_weights(weight, population.size, len(rows), which).astype(dtype),
    )


def _sample_weights(weight: npt.ArrayLike | None, size: int, n: int, which: str) -> Array:
    if weight is None:
        return np.ones((1, n))
    array = np.asarray(weight, dtype=np.float64)
    if array.shape not in ((n,), (size, n)):
        raise DataError(f"{which}sample_weight must have shape ({n},) or ({size}, {n}), got {array.shape}")
    require_finite(array, f"{which}sample_weight")
    array = np.atleast_2d(array)
    if (array < 0).any() or not (array.sum(axis=-1) > 0).all():
        raise DataError(f"{which}sample_weight must not be negative, nor zero for every sample of a member")
    return array


def sample_losses(population: Population, X: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    """Return every member's loss on every sample (P, N), without penalties and without dropout.

    Raises ``DataError`` for arrays that do not fit the network.
    """
    samples = _samples(population, X, y, None, "")
    return backprop.sample_losses(population.network, population.theta, samples.X, samples.y)
