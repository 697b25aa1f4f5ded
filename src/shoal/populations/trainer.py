"""``train`` and ``begin``: from a network and arrays to trained populations, in one go or step by step."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.engines import choose_engine, evaluation
from shoal.engines.base import Training
from shoal.errors import ConfigurationError
from shoal.populations.network import Network
from shoal.populations.population import Population, float_dtype
from shoal.populations.run import Run
from shoal.shapes import Array, BoolArray, is_number
from shoal.training.history import History
from shoal.training.problem import Callback, Problem, Progress, Samples, Validation
from shoal.training.recipe import Recipe
from shoal.training.stopping import Reason
from shoal.workers import count_workers


@dataclass(frozen=True)
class TrainingResult:
    """A trained population and what happened to each of its members."""

    population: Population
    history: History

    def __repr__(self) -> str:
        ended = self.history.ends(np.ones(self.population.size, dtype=np.bool_))
        return f"TrainingResult: {self.population!r}\n{self.history.course()}\nended: {ended}"

    def _repr_html_(self) -> str:
        from shoal.fragments import fragment

        ended = self.history.ends(np.ones(self.population.size, dtype=np.bool_))
        facts = [("course", self.history.course()), ("ended", ended)]
        return fragment(f"TrainingResult: {self.population!r}", facts, self.history.member_table())

    @property
    def diverged(self) -> BoolArray:
        """Which members' loss or parameters became non-finite (P,)."""
        return self.history.diverged


def train(
    network: Network | Population,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    recipe: Recipe | None = None,
    *,
    starts: int = 1,
    sample_weight: npt.ArrayLike | None = None,
    validation: Validation | None = None,
    seconds: float | None = None,
    dtype: str | None = None,
    engine: str = "auto",
    n_jobs: int | None = None,
    callback: Callback | None = None,
    **settings: Any,
) -> TrainingResult:
    """Train ``starts`` networks, or the members of a given population, each to minimise its own objective::

        J = Σ_i s_i · loss_i / Σ_i s_i  +  l2/(2m) Σ_l ‖W_l‖²  +  l1/m Σ_l |W_l|,      m = Σ_i s_i

    - ``X`` (N, n), samples of the network's shape such as images (N, C, H, W), or ``Sequences`` of unequal
      lengths; ``y`` (N,) or (N, K).
    - ``recipe`` and ``settings`` say how: a ``shoal.Recipe``, its fields by name (``solver="adam"``,
      ``learning_rate=0.01``, ``epochs=200``, ``batch_size=32``, ``l2=0.1``, ``patience=10``, ``seed=0``, …),
      or both, the fields going before.
    - ``validation`` = (X, y) or (X, y, sample weights).
    - ``sample_weight`` (N,) or (P, N): a fold is a weight of 0 or 1.
    - ``seconds``: no epoch begins when so much time has passed since the call; who still trained then stops
      for the reason "deadline". All members go from epoch to epoch together, and run at least one.
    - ``dtype=None`` is float64 for solvers without a learning rate (scg, lbfgs, …), else float32.
    - ``n_jobs`` threads (``shoal.workers``); how many changes no bit.
    - ``callback(progress)`` runs after each epoch; returning True ends training, and what it raises is
      raised.

    A given population is not changed; its trained copy is in the result. A member that diverges keeps its
    last finite parameters and disturbs nobody. What one steps through is ``shoal.begin``.

    Raises ``DataError`` for arrays that do not fit, ``ConfigurationError`` for impossible settings.

    Source: the lecture, "Learning with gradient descent", "Parameter Norm Penalty", "Weight Decay".

    >>> import numpy as np
    >>> from shoal.layers import Dense
    >>> X = np.linspace(0, 1, 20)
    >>> network = Network(1, [Dense(3, "tanh"), Dense(1)], loss="squared_error")
    >>> result = train(network, X, np.sin(2 * np.pi * X), starts=5, solver="scg", epochs=300)
    >>> bool(result.history.loss[:, 0].min() > 100 * np.nanmin(result.history.loss))
    True
    """
    deadline = None if seconds is None else _Deadline(seconds, callback)
    if callback is not None and not callable(callback):
        raise ConfigurationError(f"callback must be a function of the progress, got {callback!r}")
    run = begin(
        network,
        X,
        y,
        recipe,
        starts=starts,
        sample_weight=sample_weight,
        validation=validation,
        dtype=dtype,
        engine=engine,
        n_jobs=n_jobs,
        **settings,
    )
    run.finish(deadline or callback)
    history = run.history
    if deadline is not None and deadline.passed:
        history.stopped[history.stopped == Reason.INTERRUPTED] = Reason.DEADLINE
    return TrainingResult(run.population, history)


def begin(
    network: Network | Population,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    recipe: Recipe | None = None,
    *,
    starts: int = 1,
    sample_weight: npt.ArrayLike | None = None,
    validation: Validation | None = None,
    dtype: str | None = None,
    engine: str = "auto",
    n_jobs: int | None = None,
    **settings: Any,
) -> Run:
    """Begin a training that one steps: the arguments are those of ``train``.

    >>> import numpy as np
    >>> from shoal.layers import Dense
    >>> X = np.linspace(0, 1, 20)
    >>> network = Network(1, [Dense(3, "tanh"), Dense(1)])
    >>> run = begin(network, X, X**2, starts=5, epochs=100)
    >>> while not run.done:
    ...     run.advance(10)
    ...     if run.epoch == 50:
    ...         run.set(learning_rate=1e-4)
    >>> run.history.loss.shape, run.population.size
    ((5, 100), 5)
    """
    recipe = Recipe.of(settings, recipe)
    threads = count_workers(n_jobs)
    population = _population(network, starts, recipe, dtype)
    problem = Problem.of(
        population.network,
        population.size,
        recipe,
        X,
        y,
        sample_weight=sample_weight,
        validation=validation,
        dtype=population.theta.dtype,
    )
    return _run(population, recipe, problem, engine, threads)


def begin_on(
    population: Population,
    train: Samples,
    recipe: Recipe,
    *,
    validation: Samples | None = None,
    engine: str = "auto",
    n_jobs: int | None = None,
) -> Run:
    """Begin a training of members on samples as their network takes them: those that many trainings share.

    >>> import numpy as np
    >>> from shoal.layers import Dense
    >>> network = Network(1, [Dense(3, "tanh"), Dense(1)])
    >>> samples = Samples.of(network, np.arange(5.0), np.arange(5.0), dtype="float32")
    >>> run = begin_on(network.population(2), samples, Recipe(epochs=3))
    >>> run.finish()
    >>> run.history.loss.shape
    (2, 3)
    """
    problem = Problem.of_samples(population.network, population.size, recipe, train, validation)
    return _run(replace(population), recipe, problem, engine, count_workers(n_jobs))


def _run(population: Population, recipe: Recipe, problem: Problem, engine: str, threads: int) -> Run:
    chosen = choose_engine(engine, population.network, recipe, problem.unequal)

    def training() -> Training:
        return chosen.begin(population.network, population.theta, population.keys, problem, recipe)

    return Run(population, recipe, problem, training, threads)


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


def _population(network: Network | Population, starts: int, recipe: Recipe, dtype: str | None) -> Population:
    """Return the population to train: new members, or the one given."""
    if isinstance(network, Network):
        return network.population(starts, seed=recipe.seed, dtype=dtype or recipe.rule.dtype)
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
    return replace(network)


def sample_losses(
    population: Population, X: npt.ArrayLike, y: npt.ArrayLike, n_jobs: int | None = None
) -> Array:
    """Return every member's loss on every sample (P, N), without penalties and without dropout.

    Raises ``DataError`` for arrays that do not fit the network.
    """
    return losses_on(population, Samples.of(population.network, X, y, dtype=population.theta.dtype), n_jobs)


def losses_on(population: Population, samples: Samples, n_jobs: int | None = None) -> Array:
    """Return ``sample_losses`` (P, N) of samples as the network takes them."""
    return evaluation.sample_losses(population.network, population.theta, samples, count_workers(n_jobs))
