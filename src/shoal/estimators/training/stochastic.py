"""Training by minibatches as scikit-learn does it: its orders, rates and rules, on shoal's engines."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from shoal.engines import choose_engine
from shoal.engines.base import Training
from shoal.estimators.training.learning_rates import Rates
from shoal.estimators.training.losses import constants, divisor, mean_over_batches
from shoal.estimators.training.orders import ShuffledOrders
from shoal.estimators.training.validation import Validation
from shoal.populations.population import Population
from shoal.shapes import Array, BoolArray, IntArray
from shoal.solvers.base import Solver, State
from shoal.training.problem import GivenOrders, Problem, Samples
from shoal.training.recipe import Recipe, only
from shoal.training.stopping import Plateau, Reason, Watch

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

    After ``run`` the last parameters are ``theta``, and where it ``stops_early`` ``best_theta`` are those
    with the best score; ``losses``, ``scores`` and ``validation_losses`` have a row (P,) for every epoch.
    """

    def __init__(
        self,
        population: Population,
        samples: Samples,
        alpha: Array,
        orders: ShuffledOrders,
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
        self.validation, self.stops_early = validation, stops_early
        self.begin_epoch, self.reports = begin_epoch, reports
        self.t, self._which = t, which
        self.rate = settings.rates.initial.copy() if rate is None else rate
        self._constants = constants(population.network, samples.y)
        alone, M = self._needs_nobody(), orders.current.shape[2]
        self._together = min(settings.epochs, max(1, min(20, TOGETHER // M))) if alone else 1
        self._training = self._begun(alpha, Plateau(watch.tol, watch.patience) if alone else None)
        if state is not None:
            self._training.restore(replace(self._training.snapshot(), memory=state, step=steps))
        self.watch = watch
        if self._training.watch is not None:
            self.watch = self._training.watch
            self.watch.best[:], self.watch.count[:] = watch.best, watch.count
        self.losses: list[Array] = []
        self.scores: list[Array] = []
        self.validation_losses: list[Array] = []
        self.last_losses = np.full(population.size, np.nan)
        """Each member's loss in the last epoch that it ran (P,)."""
        self.best_theta = population.theta.copy()
        self.interrupted = False
        self.due = np.zeros(population.size, dtype=np.bool_)
        """Whose epoch just run was the last that they could go on for without doing better."""

    def _begun(self, alpha: Array, plateau: Plateau | None) -> Training:
        """Return the training that the engine begins."""
        settings, strengths = self.settings, only(self.population.size, l2=alpha, learning_rate=self.rate)
        problem = Problem(self.samples, None, strengths, by_batch=True)
        recipe = Recipe(
            solver=settings.solver, epochs=settings.epochs, batch_size=settings.batch_size, plateau=plateau
        )
        network, theta, keys = self.population.network, self.population.theta, self.population.keys
        engine = choose_engine("auto", network, recipe, problem.unequal)
        return engine.begin(network, theta, keys, problem, recipe)

    def _needs_nobody(self) -> bool:
        """Return whether the engine can judge the epochs by itself: nothing but their losses is looked at."""
        watched = self.validation is None and self.begin_epoch is None and not self.reports
        loss_is_its_own = divisor(self.population.network) == 1 and self._constants is None
        return watched and loss_is_its_own and self.settings.rates.schedule == "constant"

    @property
    def theta(self) -> Array:
        """The parameters that members have come to (P, D)."""
        return self._training.theta

    @cached_property
    def memory(self) -> State:
        """What the solver remembers at the end."""
        return self._training.snapshot().memory

    @property
    def epochs(self) -> IntArray:
        """Epochs that each member has run (P,)."""
        return self._training.history.epochs

    @property
    def going(self) -> BoolArray:
        """Which members train on (P,)."""
        return self._stopped_for(Reason.EPOCHS)

    @property
    def diverged(self) -> BoolArray:
        """Which members' loss or parameters became non-finite (P,)."""
        return self._stopped_for(Reason.DIVERGED)

    def _stopped_for(self, reason: Reason) -> BoolArray:
        which: BoolArray = np.equal(self._training.history.stopped, reason)
        return which

    @property
    def steps(self) -> int:
        """Updates made, those before this run among them."""
        return self._training.step

    def run(self) -> None:
        """Train until every member has ended, or its epochs are over; Ctrl-C ends it with a warning."""
        try:
            with self.orders:
                self._train()
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)
            self.interrupted = True
            self._take_note()
        self.orders.leave(len(self.losses))

    def _train(self) -> None:
        left, ends = self.settings.epochs, False
        while left and not ends and self.going.any():
            if self.begin_epoch is not None:
                self.begin_epoch()
            rows = self.orders.next(self._together, last=left <= self._together)
            epochs, running = min(left, self._together), self.going
            self._training.advance(epochs, self.settings.threads, GivenOrders(rows[:epochs], self._which))
            left -= epochs
            self._take_note()
            if self._training.watch is None:
                self._judge(running)
            heard = [report(self) for report in self.reports]  # all of them
            ends = any(heard)

    def _take_note(self) -> None:
        """Take note of the losses of the epochs that were run since this was called last."""
        for epoch in range(len(self.losses), self.epochs.max()):
            loss, ran = self._reported_loss(epoch), self.epochs > epoch
            self.losses.append(loss)
            self.last_losses[ran] = loss[ran]

    def _judge(self, running: BoolArray) -> None:
        """Judge the epoch that members ``running`` have run by scikit-learn's rules, and change rates."""
        going, rate = self.going, self.rate.copy()
        self.t += self.orders.current.shape[2]
        self._watch(running, going)
        self.settings.rates.after_epoch(self.rate, self.t)
        self.due = going & self.watch.late
        if self.due.any():
            stops = self.settings.rates.instead_of_stopping(self.rate, self.due)
            self.watch.count[self.due & ~stops] = 0
            self._training.end(stops, Reason.CONVERGED)
        if not np.array_equal(rate, self.rate):
            self._training.set({"learning_rate": self.rate})

    def _watch(self, ran: BoolArray, going: BoolArray) -> None:
        if self.validation is not None:
            score, loss = self.validation.judge(self.theta)
            for values, kept in (score, self.scores), (loss, self.validation_losses):
                kept.append(np.where(going, values, np.nan))
        if self.stops_early:
            better = self.watch.see(self.scores[-1], ran)
            self.best_theta[better] = self.theta[better]
        else:
            self.watch.see(self.losses[-1], ran)

    def _reported_loss(self, epoch: int) -> Array:
        """Return the loss of an epoch, the last if losses are judged here, as scikit-learn counts it (P,)."""
        loss, penalty = self._training.history.loss[:, epoch].copy(), self._training.penalty
        K = divisor(self.population.network)
        if K > 1:
            loss = (loss - penalty) / K + penalty
        if self._constants is not None:
            s = self.samples.s
            for p, order in enumerate(self._which):
                loss[p] += mean_over_batches(
                    self._constants, s[p % len(s)], self.orders.current[0, order], self.settings.batch_size
                )
        return loss
