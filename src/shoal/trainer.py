"""``train``: from a network and arrays to a trained population with its history."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from shoal import evaluation
from shoal.augmentation import Augmentation
from shoal.engines import choose_engine
from shoal.errors import ConfigurationError
from shoal.history import History
from shoal.network import Network
from shoal.population import Population, float_dtype
from shoal.problem import Callback, Method, Problem, Progress, Samples
from shoal.randomness import check_seed
from shoal.registry import resolve
from shoal.schedules import SCHEDULES, Schedule
from shoal.shapes import Array, BoolArray, in_dtype, is_number, per_member, whole_number
from shoal.solvers import SOLVERS
from shoal.solvers.base import Solver
from shoal.stopping import Reason, Stopping
from shoal.workers import count_workers

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
    label_smoothing: float = 0.0,
    validation: Validation | None = None,
    patience: int | None = None,
    seconds: float | None = None,
    tolerance: float = 1e-5,
    schedule: str | Schedule = "constant",
    clip_norm: float | None = None,
    batch_order: str = "own",
    augmentation: Augmentation | None = None,
    dtype: str | None = None,
    engine: str = "auto",
    n_jobs: int | None = None,
    callback: Callback | None = None,
) -> TrainingResult:
    """Train ``starts`` networks, or the members of a given population, each to minimise its own objective::

        J = Σ_i s_i · loss_i / Σ_i s_i  +  l2/(2m) Σ_l ‖W_l‖²  +  l1/m Σ_l |W_l|,      m = Σ_i s_i

    - ``X`` (N, n) or images (N, C, H, W), ``y`` (N,) or (N, K).
    - ``validation`` = (X, y) or (X, y, sample weights).
    - ``l2``, ``l1``, ``weight_decay``, ``learning_rate``: one number, or one for each member (P,).
    - ``sample_weight`` (N,) or (P, N): a fold is a weight of 0 or 1.
    - ``label_smoothing`` ε trains on (1 − ε) y + ε/C instead of the classes' indicators y, C the number of
      classes, and not for validation. Source: Szegedy et al. 2016, "Rethinking the Inception architecture",
      sec. 7.
    - ``weight_decay`` is the decoupled λ of w ← w − α ∇J − λ w, applied to weights at every update. For
      plain gradient descent it does what ``l2`` does when λ = α·l2/m, and only there: adaptive and
      momentum solvers rescale the penalty's gradient but not the decay. The AdamW of the literature
      decays by α·λ: ask for it with ``solver="adamw"``.
    - ``batch_size=None`` is full batch; ``batch_order="shared"`` gives all members the same minibatches
      (drawn from ``seed``), ``"own"`` each member its own.
    - ``augmentation`` deforms the images to train on anew in every epoch, alike for all members; it needs a
      ``batch_size``.
    - ``patience`` epochs without a lower validation loss end a member, whose best parameters are restored.
    - ``seconds``: no epoch begins when so much time has passed since the call; who still trained then stops
      for the reason "deadline". All members go from epoch to epoch together, and run at least one.
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
    deadline = None if seconds is None else _Deadline(seconds, callback)
    method = _method(
        solver,
        schedule,
        Stopping(epochs, tolerance, patience),
        batch_size,
        batch_order,
        seed,
        clip_norm,
        augmentation,
    )
    population = _population(network, starts, seed, dtype, method.solver)
    problem = _problem(
        population, method, X, y, sample_weight, validation, l2, l1, weight_decay, learning_rate
    )
    if label_smoothing:
        problem = replace(
            problem, train=problem.train.smoothed(population.network.criterion, label_smoothing)
        )
    if callback is not None and not callable(callback):
        raise ConfigurationError(f"callback must be a function of the progress, got {callback!r}")
    threads = count_workers(n_jobs)
    history = choose_engine(engine, population.network, method).train(
        population.network, population.theta, population.keys, problem, method, deadline or callback, threads
    )
    if deadline is not None and deadline.passed:
        history.stopped[history.stopped == Reason.INTERRUPTED] = Reason.DEADLINE
    return TrainingResult(population, history)


class _Deadline:
    """A callback that ends training so many seconds from now, unless the user's own ends it before."""

    def __init__(self, seconds: float, callback: Callback | None) -> None:
        if not (is_number(seconds) and seconds > 0):
            raise ConfigurationError(f"seconds must be a positive number or None, got {seconds!r}")
        self._end, self._callback = time.monotonic() + seconds, callback
        self.passed = False

    def __call__(self, progress: Progress) -> bool:
        if self._callback is not None and self._callback(progress):
            return True
        self.passed = progress.epoch < progress.epochs and time.monotonic() >= self._end
        return self.passed


def _population(
    network: Network | Population, starts: int, seed: int, dtype: str | None, solver: Solver
) -> Population:
    """Return the population to train in place: new members, or a copy of the one given."""
    if isinstance(network, Network):
        default = "float32" if solver.takes_learning_rate else "float64"
        return network.population(starts, seed=seed, dtype=dtype or default)
    if not isinstance(network, Population):
        raise ConfigurationError(f"train takes a Network or a Population first, got {network!r}")
    if starts not in (1, network.size):
        raise ConfigurationError(
            f"starts={starts} was asked for with a population of {network.size}; leave starts out, "
            "or give the network instead"
        )
    if dtype is not None and float_dtype(dtype) != network.theta.dtype:
        raise ConfigurationError(
            f"dtype={dtype} was asked for with a population of {network.theta.dtype}; leave dtype out, "
            "or build the population with it"
        )
    return network.members(np.arange(network.size))


def _method(
    solver: str | Solver,
    schedule: str | Schedule,
    stopping: Stopping,
    batch_size: int | None,
    batch_order: str,
    seed: int,
    clip_norm: float | None,
    augmentation: Augmentation | None,
) -> Method:
    chosen = resolve("solver", solver, SOLVERS)
    if batch_size is not None:
        batch_size = whole_number(batch_size, "batch_size")
        if chosen.full_batch:
            raise ConfigurationError(
                f"{chosen.name} needs the full batch at every step, got batch_size={batch_size}; "
                "leave batch_size out, or use adam or sgd"
            )
    if batch_order not in BATCH_ORDERS:
        raise ConfigurationError(f"batch_order must be 'own' or 'shared', got {batch_order!r}")
    if augmentation is not None and not isinstance(augmentation, Augmentation):
        raise ConfigurationError(f"augmentation must be an Augmentation or None, got {augmentation!r}")
    if augmentation is not None and batch_size is None:
        raise ConfigurationError(
            "augmentation needs minibatches, for images are new in every epoch; "
            "give a batch_size, such as 128, to a solver that takes one"
        )
    if clip_norm is not None and not (is_number(clip_norm) and 0 < clip_norm < np.inf):
        raise ConfigurationError(f"clip_norm must be a positive number or None, got {clip_norm!r}")
    if clip_norm is not None and not chosen.takes_learning_rate:
        raise ConfigurationError(
            f"{chosen.name} searches along a line and cannot clip gradients; drop clip_norm"
        )
    return Method(
        solver=chosen,
        schedule=resolve("schedule", schedule, SCHEDULES),
        stopping=stopping,
        batch_size=batch_size,
        shared_order=batch_order == "shared",
        seed=check_seed(seed),
        clip_norm=clip_norm,
        augmentation=augmentation,
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
    if validation is not None and not (isinstance(validation, tuple | list) and len(validation) in (2, 3)):
        got = (
            f"{len(validation)} parts" if isinstance(validation, tuple | list) else type(validation).__name__
        )
        raise ConfigurationError(f"validation must be (X, y) or (X, y, sample weights), got {got}")
    solver, network, dtype = method.solver, population.network, population.theta.dtype
    _check_method(network, method)
    if learning_rate is not None and not solver.takes_learning_rate:
        raise ConfigurationError(f"{solver.name} finds its own step length; leave learning_rate out")
    if learning_rate is None:
        learning_rate = solver.learning_rate if solver.takes_learning_rate else 0.0
    strengths = {
        name: per_member(value, name, population.size, np.float64)
        for name, value in (
            ("l2", l2),
            ("l1", l1),
            ("weight_decay", weight_decay),
            ("learning_rate", learning_rate),
        )
    }
    for name, strength in strengths.items():
        in_dtype(strength, dtype, name)  # which the engine will compute in
    if solver.takes_learning_rate and not strengths["learning_rate"].all():
        raise ConfigurationError("learning_rate must be positive, got 0")
    if strengths["weight_decay"].any() and not solver.takes_learning_rate:
        raise ConfigurationError(f"{solver.name} cannot decay weights apart from its objective; use l2")
    return Problem(
        train=Samples.of(network, X, y, sample_weight, size=population.size, dtype=dtype),
        validation=validation
        and Samples.of(network, *validation, size=population.size, dtype=dtype, which="validation "),
        l2=strengths["l2"],
        l1=strengths["l1"],
        weight_decay=strengths["weight_decay"],
        learning_rate=strengths["learning_rate"],
    )


def _check_method(network: Network, method: Method) -> None:
    """Raise ``ConfigurationError`` where the network cannot be trained by the method."""
    solver = method.solver
    if method.augmentation is not None and len(network.input_shape) != 3:
        raise ConfigurationError(
            f"augmentation deforms images, and the network takes samples of shape {network.input_shape}; "
            "build it on theirs, as Network((channels, rows, columns), [Flatten(), …])"
        )
    if not solver.takes_learning_rate and any(layer.random for layer in network.walk()):
        raise ConfigurationError(
            f"{solver.name} needs the same function at every step, and dropout changes it; use adam or sgd"
        )
    if not solver.takes_learning_rate and network.statistic_mask.any():
        raise ConfigurationError(
            f"{solver.name} tries parameters that it does not keep, and batch_norm would remember their "
            "statistics; use adam or sgd, or layer_norm"
        )


def sample_losses(
    population: Population, X: npt.ArrayLike, y: npt.ArrayLike, n_jobs: int | None = None
) -> Array:
    """Return every member's loss on every sample (P, N), without penalties and without dropout.

    Raises ``DataError`` for arrays that do not fit the network.
    """
    samples = Samples.of(population.network, X, y, dtype=population.theta.dtype)
    return evaluation.sample_losses(
        population.network, population.theta, samples.X, samples.y, count_workers(n_jobs)
    )
