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
from shoal.estimators.rules import Rates
from shoal.estimators.validation import Validation
from shoal.population import Population
from shoal.problem import Method, Problem, Progress, Reins, Samples
from shoal.schedules import Constant
from shoal.shapes import Array, BoolArray, IntArray
from shoal.solvers.base import Solver
from shoal.stopping import Reason, Stopping, Watch

TOGETHER = 100_000
"""Samples in the orders of as many epochs as are run at a time, where nothing is decided between them."""

Report: TypeAlias = "Callable[[StochasticTraining], bool]"
"""Called after every epoch; returning True ends the training."""


@dataclass(frozen=True)
class Settings:
    """How members are trained: all that is the same for each of them."""

    solver: Solver
    rates: Rates
    batch_size: int
    epochs: int
    threads: int


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
        self._constants = constants(population.network, samples.y)
        S_F, M = orders.current.shape[1:]
        alone = self._needs_nobody()
        together = min(settings.epochs, max(1, min(20, TOGETHER // M))) if alone else 1
        self.reins = Reins(
            orders=np.empty((together, S_F, M), dtype=np.uint32),
            which=which,
            rate=settings.rates.initial.copy() if rate is None else rate,
            state=settings.solver.start(population.theta) if state is None else state,
            first_step=steps,
            watch=watch if alone else None,
        )
        self.losses: list[Array] = []
        self.scores: list[Array] = []
        self.validation_losses: list[Array] = []
        self.last_losses = np.full(population.size, np.nan)
        """Each member's loss in the last epoch that it ran (P,)."""
        self.best_theta = population.theta.copy()
        self.interrupted = False
        self.due = np.zeros(population.size, dtype=np.bool_)
        """Whose epoch just run was the last that they could go on for without doing better."""

    def _needs_nobody(self) -> bool:
        """Return whether the engine can judge the epochs by itself: nothing but their losses is looked at."""
        watched = self.validation is None and self.begin_epoch is None and not self.reports
        loss_is_its_own = divisor(self.population.network) == 1 and self._constants is None
        return watched and loss_is_its_own and self.settings.rates.schedule == "constant"

    @property
    def epochs(self) -> IntArray:
        """Epochs that each member has run (P,)."""
        return self.reins.history.epochs

    @property
    def going(self) -> BoolArray:
        """Which members train on (P,)."""
        return np.equal(self.reins.ended, Reason.EPOCHS)

    @property
    def diverged(self) -> BoolArray:
        """Which members' loss or parameters became non-finite (P,)."""
        return np.equal(self.reins.ended, Reason.DIVERGED)

    @property
    def steps(self) -> int:
        """Updates made, those before this run among them."""
        batches = -(-self.orders.current.shape[2] // self.settings.batch_size)
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
        network, theta, keys = self.population.network, self.population.theta, self.population.keys
        engine = choose_engine("auto", network, method)
        try:
            with self.orders:
                self._begin_epochs(settings.epochs)
                self._running = self.going
                engine.train(network, theta, keys, problem, method, self._after_epochs, settings.threads)
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)
            self.interrupted = True
            self._take_note()
            if self.losses:
                self.population.theta[...] = self.reins.theta
        self.orders.leave(len(self.losses))

    def _begin_epochs(self, left: int) -> None:
        if self.begin_epoch is not None:
            self.begin_epoch()
        together = len(self.reins.orders)
        self.reins.orders[...] = self.orders.next(together, last=left <= together)

    def _take_note(self) -> None:
        """Take note of the losses of the epochs that were run since this was called last."""
        for epoch in range(len(self.losses), self.epochs.max()):
            loss, ran = self._reported_loss(epoch), self.epochs > epoch
            self.losses.append(loss)
            self.last_losses[ran] = loss[ran]

    def _after_epochs(self, progress: Progress) -> bool:
        self._take_note()
        if self.reins.watch is None:
            self._judge()
        self._running = self.going
        ends = [report(self) for report in self.reports]
        if any(ends) or not self._running.any():
            return True
        if progress.epoch < progress.epochs:
            self._begin_epochs(progress.epochs - progress.epoch)
        return False

    def _judge(self) -> None:
        """Judge the epoch just run by scikit-learn's rules, and change rates by them."""
        going = self.going
        self.t += self.orders.current.shape[2]
        self._watch(self._running, going)
        self.settings.rates.after_epoch(self.reins.rate, self.t)
        self.due = going & self.watch.late
        if self.due.any():
            stops = self.settings.rates.instead_of_stopping(self.reins.rate, self.due)
            self.watch.count[self.due & ~stops] = 0
            self.reins.ended[stops] = Reason.CONVERGED

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

    def _reported_loss(self, epoch: int) -> Array:
        """Return the loss of an epoch, the last if losses are judged here, as scikit-learn counts it (P,)."""
        loss, penalty = self.reins.history.loss[:, epoch].copy(), self.reins.penalty
        K = divisor(self.population.network)
        if K > 1:
            loss = (loss - penalty) / K + penalty
        if self._constants is not None:
            s = self.samples.s
            for p, order in enumerate(self.reins.which):
                loss[p] += mean_over_batches(
                    self._constants, s[p % len(s)], self.orders.current[0, order], self.settings.batch_size
                )
        return loss
