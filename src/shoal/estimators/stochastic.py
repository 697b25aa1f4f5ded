"""Training by minibatches as scikit-learn does it: its orders, rates and rules, on shoal's engines."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from shoal.engines import choose_engine
from shoal.estimators.losses import constants, divisor, mean_over_batches
from shoal.estimators.orders import Orders
from shoal.estimators.rules import Rates, Watch
from shoal.estimators.validation import Validation
from shoal.population import Population
from shoal.problem import Method, Problem, Progress, Reins, Samples
from shoal.schedules import Constant
from shoal.shapes import Array, BoolArray, IntArray
from shoal.solvers.base import Solver
from shoal.stopping import Reason, Stopping

Report: TypeAlias = "Callable[[StochasticTraining], bool]"
"""Called after every epoch; returning True ends the training."""


@dataclass(frozen=True)
class Settings:
    """How members are trained: all that is the same for each of them."""

    solver: Solver
    rates: Rates
    batch_size: int
    epochs: int
    tol: float
    n_iter_no_change: float
    n_jobs: int


class StochasticTraining:
    """One run of scikit-learn's loop over epochs, for the P members of a population.

    After ``run`` the population has the last parameters and ``best_theta``, where it ``stops_early``, those
    with the best score; ``losses``, ``scores`` and ``validation_losses`` have a row (P,) for every epoch.
    """

    def __init__(
        self,
        population: Population,
        samples: Samples,
        alpha: Array,
        orders: Orders,
        which: IntArray,
        settings: Settings,
        *,
        watch: Watch,
        state: dict[str, Array] | None = None,
        steps: int = 0,
        t: int = 0,
        rate: Array | None = None,
        validation: Validation | None = None,
        stops_early: bool = False,
        begin_epoch: Callable[[], None] | None = None,
        reports: Sequence[Report] = (),
    ) -> None:
        self.population, self.samples, self.orders, self.settings = population, samples, orders, settings
        self.watch, self.validation, self.stops_early = watch, validation, stops_early
        self.begin_epoch, self.reports = begin_epoch, reports
        self.t, self.alpha = t, alpha
        self.reins = Reins(
            orders=np.empty(orders.current.shape, dtype=np.uint32),
            which=which,
            rate=settings.rates.initial.copy() if rate is None else rate,
            state=settings.solver.start(population.theta) if state is None else state,
            first_step=steps,
        )
        self.losses: list[Array] = []
        self.scores: list[Array] = []
        self.validation_losses: list[Array] = []
        self.epochs = np.zeros(population.size, dtype=np.intp)
        self.best_theta = population.theta.copy()
        self.interrupted = False
        self.due = np.zeros(population.size, dtype=np.bool_)
        """Whose epoch just run was the last that they could go on for without doing better."""
        self._constants = constants(population.network, samples.y)

    @property
    def going(self) -> BoolArray:
        """Which members train on (P,)."""
        return np.equal(self.reins.ended, Reason.EPOCHS)

    @property
    def diverged(self) -> BoolArray:
        """Which members' loss or parameters became non-finite (P,)."""
        return np.equal(self.reins.ended, Reason.DIVERGED)

    @property
    def last_losses(self) -> Array:
        """Each member's loss in the last epoch that it ran (P,)."""
        losses: Array = np.array(self.losses)[np.maximum(self.epochs, 1) - 1, np.arange(len(self.epochs))]
        return losses

    @property
    def steps(self) -> int:
        """Updates made, those before this run among them."""
        batches = -(-self.orders.current.shape[1] // self.settings.batch_size)
        return int(self.reins.first_step + batches * len(self.losses))

    def run(self) -> None:
        """Train until every member has ended, or its epochs are over; Ctrl-C ends it with a warning."""
        zeros, settings = np.zeros(self.population.size), self.settings
        problem = Problem(self.samples, None, self.alpha, zeros, zeros, settings.rates.initial, by_batch=True)
        method = Method(
            settings.solver,
            Constant(),
            Stopping(settings.epochs),
            settings.batch_size,
            shared_order=False,
            seed=0,
            clip_norm=None,
            reins=self.reins,
        )
        engine = choose_engine("auto", self.population.network, problem, method)
        try:
            with self.orders:
                self._begin_epoch()
                self._running = self.going
                engine.train(self.population, problem, method, self._after_epoch, settings.n_jobs)
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)
            self.interrupted = True
            if self.losses:
                self.population.theta[...] = self.reins.theta

    def _begin_epoch(self) -> None:
        if self.begin_epoch is not None:
            self.begin_epoch()
        self.reins.orders[...] = self.orders.next()

    def _after_epoch(self, progress: Progress) -> bool:
        ran, going = self._running, self.going
        self.epochs[ran] += 1
        self.t += self.orders.current.shape[1]
        self.losses.append(self._reported_loss())
        self._watch(ran, going)
        self.settings.rates.after_epoch(self.reins.rate, self.t)
        self.due = going & (self.watch.count > self.settings.n_iter_no_change)
        if self.due.any():
            stops = self.settings.rates.instead_of_stopping(self.reins.rate, self.due)
            self.watch.count[self.due & ~stops] = 0
            self.reins.ended[stops] = Reason.CONVERGED
        self._running = self.going
        ends = [report(self) for report in self.reports]
        if any(ends) or not self._running.any():
            return True
        if progress.epoch < progress.epochs:
            self._begin_epoch()
        return False

    def _watch(self, ran: BoolArray, going: BoolArray) -> None:
        if self.validation is not None:
            score, loss = self.validation.judge(self.reins.theta)
            for values, kept in (score, self.scores), (loss, self.validation_losses):
                kept.append(np.where(going, values, np.nan))
        if self.stops_early:
            better = self.watch.see(self.scores[-1], ran)
            self.best_theta[better] = self.reins.theta[better]
        else:
            self.watch.see(self.losses[-1], ran)

    def _reported_loss(self) -> Array:
        """Return the epoch's loss as scikit-learn counts it (P,)."""
        penalty, K = self.reins.penalty, divisor(self.population.network)
        loss: Array = self.reins.loss.copy() if K == 1 else (self.reins.loss - penalty) / K + penalty
        if self._constants is not None:
            s = self.samples.s
            for p, order in enumerate(self.reins.which):
                loss[p] += mean_over_batches(
                    self._constants, s[p % len(s)], self.orders.current[order], self.settings.batch_size
                )
        return loss
