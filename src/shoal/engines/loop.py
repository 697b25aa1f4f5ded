"""The reference training loop, in NumPy: batches, updates, stopping and the history of every member.

Members that have stopped leave the working arrays, so the loop always works on those still training;
since every operation is per member, nobody's numbers change when a companion leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from shoal.engines.turns import InTurn, one_at_a_time
from shoal.networks.backprop import sample_losses
from shoal.networks.chain import Chain
from shoal.randomness import SHARED, Noise, Purpose, permutation
from shoal.shapes import Array, BoolArray, IntArray
from shoal.solvers.base import State
from shoal.training.history import History
from shoal.training.objective import BatchObjective, Clipped
from shoal.training.problem import GivenOrders, Problem, Samples, Snapshot
from shoal.training.recipe import Recipe
from shoal.training.stopping import Reason, Watch


@dataclass
class Active:
    """The members still training: their rows, parameters, solver state and strengths."""

    rows: IntArray
    theta: Array
    keys: npt.NDArray[np.uint64]
    state: State
    strengths: dict[str, Array]
    m: Array
    weights: Array
    best_theta: Array
    best_loss: Array

    def keep(self, mask: BoolArray) -> None:
        """Drop the members outside ``mask`` from every array."""
        shared = len(self.weights) == 1
        for name, value in vars(self).items():
            if isinstance(value, dict):
                setattr(self, name, {key: array[mask] for key, array in value.items()})
            elif not (name == "weights" and shared):
                setattr(self, name, value[mask])


class ReferenceTraining(InTurn):
    """A training by the reference engine, as ``shoal.engines.base.Training`` says what one is."""

    def __init__(
        self,
        network: Chain,
        theta: Array,
        keys: npt.NDArray[np.uint64],
        problem: Problem,
        recipe: Recipe,
    ) -> None:
        super().__init__()
        self.network, self.keys, self.problem, self.recipe = network, keys, problem, recipe
        self.theta = theta.copy()
        self.epoch = self.step = 0
        self.history = History.empty(
            len(theta),
            recipe.epochs,
            problem.validation is not None,
            problem.strengths["learning_rate"],
            recipe.rule.tells,
        )
        self.penalty = np.full(len(theta), np.nan)
        self.watch = Watch.of(recipe.plateau, len(theta))
        self._active = self._begun(theta.copy(), recipe.rule.start(theta))
        self._ended = self._active.rows[:0], self._active.state
        """Who trained to the end of the plan, and what their solver remembers, for others to go on from."""

    @property
    def active(self) -> BoolArray:
        """Which members train on (P,)."""
        return np.isin(np.arange(len(self.theta)), self._active.rows)

    @one_at_a_time
    def advance(self, epochs: int, threads: int = 1, orders: GivenOrders | None = None) -> None:
        """Train as many epochs, if the plan has so many left, on one thread."""
        last = min(self.epoch + epochs, self.recipe.epochs)
        # A member that overflows is contained, not warned about.
        with np.errstate(all="ignore"), self.history.kept_whole(self.epoch, self.theta):
            for index in range(last - self.epoch):
                if not len(self._active.rows):
                    break
                self._run_epoch(None if orders is None else orders.of_epoch(index))
        if self.epoch == self.recipe.epochs and len(self._active.rows):
            self._ended = self._active.rows, self._active.state
            self._retire(np.zeros(len(self._active.rows), dtype=np.bool_))
        self.theta[self._active.rows] = self._active.theta

    def finish(self, threads: int = 1) -> None:
        """Train to the end of the plan."""
        self.advance(self.recipe.epochs)

    @one_at_a_time
    def end(self, members: BoolArray, reason: Reason) -> None:
        """Let ``members`` (P,) train no more."""
        self.history.stopped[members & np.equal(self.history.stopped, Reason.EPOCHS)] = reason
        self._retire(~members[self._active.rows])

    @one_at_a_time
    def set(self, strengths: Mapping[str, Array]) -> None:
        """Go on with other strengths, each (P,)."""
        self.problem = self.problem.with_strengths(strengths)
        for name, values in strengths.items():
            self._active.strengths[name] = values[self._active.rows].astype(self.theta.dtype)
        if not self.recipe.rule.takes_learning_rate:  # what it remembers is of another function
            self._active.state = self.recipe.rule.start(self._active.theta)

    @one_at_a_time
    def snapshot(self, losses: bool = True) -> Snapshot:
        """Return where the training stands, as arrays of its own; without ``losses`` those are (P, 0)."""
        active, size = self._active, len(self.theta)
        best_theta, best_loss = self.theta.copy(), np.full(size, np.inf)
        best_theta[active.rows], best_loss[active.rows] = active.best_theta, active.best_loss
        memory = {}
        ended, left = self._ended
        for name, values in active.state.items():
            memory[name] = np.zeros((size, *values.shape[1:]), values.dtype)
            memory[name][active.rows] = values
            memory[name][ended] = left[name][: len(ended)]
        return Snapshot(
            self.epoch,
            self.step,
            self.theta.copy(),
            best_theta,
            best_loss,
            memory,
            self.history.copy(losses),
            self.penalty.copy(),
            None if self.watch is None else self.watch.copy(),
            dict(self.problem.strengths),
        )

    @one_at_a_time
    def restore(self, snapshot: Snapshot) -> None:
        """Go on from where a training of the same members stood."""
        at = snapshot.copy()
        self.epoch, self.step, self.theta, self.history = at.epoch, at.step, at.theta, at.history
        self.penalty, self.watch = at.penalty, at.watch
        self.problem = self.problem.with_strengths(at.strengths)
        start = self.recipe.rule.start(at.theta)
        memory = {name: at.memory[name].reshape(a.shape).astype(a.dtype) for name, a in start.items()}
        self._active = self._begun(at.theta.copy(), memory)
        self._active.best_theta, self._active.best_loss = at.best_theta, at.best_loss
        self._active.keep(self.history.stopped == Reason.EPOCHS)
        rows, state = self._active.rows, self._active.state
        self._ended = rows[:0], state
        if self.epoch == self.recipe.epochs:
            self._ended = rows, state
            self._active.keep(np.zeros(len(rows), dtype=np.bool_))

    def _begun(self, theta: Array, state: State) -> Active:
        size, dtype, problem = len(theta), theta.dtype, self.problem
        return Active(
            rows=np.arange(size),
            theta=theta,
            keys=self.keys,
            state=state,
            strengths={name: values.astype(dtype) for name, values in problem.strengths.items()},
            m=np.broadcast_to(problem.train.s.sum(axis=-1), size),
            weights=problem.train.s,
            best_theta=theta.copy(),
            best_loss=np.full(size, np.inf),
        )

    def _run_epoch(self, orders: GivenOrders | None) -> None:
        alive = self._update_all(orders)
        alive &= self._validate(alive)
        alive &= self._see_losses(alive)
        self.epoch += 1
        self._retire(alive)

    def _seen(self) -> Samples:
        """Return the samples as an epoch sees them."""
        train, augmentation = self.problem.train, self.recipe.augmentation
        if augmentation is None:
            return train
        X = augmentation.deform(train.X, self.network.input_shape, self.recipe.seed, self.epoch)
        return replace(train, X=X)

    def _update_all(self, orders: GivenOrders | None) -> BoolArray:
        """Update every member once per batch; return which go on (neither diverged nor converged)."""
        active, history, by_batch = self._active, self.history, self.problem.by_batch
        alive = np.ones(len(active.rows), dtype=np.bool_)
        total, penalty, updates = (np.zeros(len(active.rows)) for _ in range(3))
        for x, y, s, lengths in self._batches(self._seen(), orders):
            objective = BatchObjective(
                self.network,
                x,
                y,
                s,
                strengths=active.strengths,
                lengths=lengths,
                m=np.broadcast_to(s.sum(axis=-1), active.m.shape) if by_batch else active.m,
                noise=Noise(active.keys, self.step),
            )
            J, finite, converged = self._update(objective, alive)
            self.step += 1
            count = s.shape[-1] if by_batch else 1
            total += np.where(alive, count * J, 0)
            if self.recipe.rule.takes_learning_rate:  # others look at some members alone
                penalty += np.where(alive, count * objective.penalty, 0)
            updates += count * alive
            history.stopped[active.rows[alive & ~finite]] = Reason.DIVERGED
            history.stopped[active.rows[alive & finite & converged]] = Reason.CONVERGED
            alive &= finite & ~converged
        history.loss[active.rows, self.epoch] = total / updates
        self.penalty[active.rows] = penalty / updates
        history.epochs[active.rows] = self.epoch + 1
        for name, course in history.told.items():
            course[active.rows, self.epoch] = active.state[name]
        return alive

    def _rate(self) -> Array:
        """Return the learning rates (Q, 1) of the next update."""
        recipe = self.recipe
        n_steps = recipe.batches(len(self.problem.train)) * recipe.epochs
        factor = recipe.rates.factor(min(self.step, n_steps - 1), n_steps)
        rate: Array = self._active.strengths["learning_rate"][:, None] * self.theta.dtype.type(factor)
        return rate

    def _update(self, objective: BatchObjective, alive: BoolArray) -> tuple[Array, BoolArray, BoolArray]:
        """Take one step of the solver; return J (Q,), which members stayed finite, and which have converged.

        Decoupled decay is the lecture's w ← w − α ∇J − λ w (for adamw, λ is multiplied by the rate α).
        A member with anything non-finite keeps the parameters that it had, now and for the rest of the epoch.
        """
        active, solver, rate, bound = self._active, self.recipe.rule, self._rate(), self.recipe.clip_norm
        seen = objective if bound is None else Clipped(objective, bound)
        step = solver.step(active.theta, seen, active.state, rate)
        proposed = step.theta
        decay = active.strengths["weight_decay"]
        if decay.any():
            factor = decay[:, None] * (rate if solver.decay_times_rate else 1)
            proposed = proposed - factor * (active.theta * self.network.weight_mask)
        if objective.observed.size:
            proposed = proposed + objective.observed
        finite = np.isfinite(step.J) & np.isfinite(step.gradient_size) & np.isfinite(proposed).all(axis=-1)
        moves = finite & alive
        active.theta = proposed if moves.all() else np.where(moves[:, None], proposed, active.theta)
        if not solver.full_batch:
            return step.J, finite, np.zeros_like(finite)
        tolerance = self.recipe.tolerance
        return step.J, finite, step.converged | (step.gradient_size <= tolerance)

    def _batches(
        self, train: Samples, orders: GivenOrders | None
    ) -> Iterator[tuple[Array, Array, Array, IntArray | None]]:
        """Yield an epoch's batches: x (1|Q, n, B), y (K, B) or (Q, K, B), s (1|Q, B), lengths (1|Q, B)."""
        active, size, lengths = self._active, self.recipe.batch_size, train.lengths
        if size is None:
            yield train.X.T[None], train.y, active.weights, None if lengths is None else lengths[None]
            return
        order = self._drawn_order(len(train)) if orders is None else orders.of_members(active.rows)
        targets = train.y.T
        for start in range(0, order.shape[1], size):
            batch = order[:, start : start + size]
            x = train.X[batch].swapaxes(-1, -2)
            y = targets[batch].swapaxes(-1, -2)
            s = (
                np.take_along_axis(active.weights, batch, axis=-1)
                if len(active.weights) > 1
                else active.weights[0][batch]
            )
            yield x, y[0] if len(y) == 1 else y, s, None if lengths is None else lengths[batch]

    def _drawn_order(self, n: int) -> IntArray:
        """Return the order of an epoch's samples (1, n) that members share, or each one's own (Q, n)."""
        if self.recipe.batch_order == "shared":
            return permutation(n, self.recipe.seed, SHARED, Purpose.ORDER, self.epoch)[None]
        keys = self._active.keys
        return np.stack(
            [permutation(n, int(seed), int(member), Purpose.ORDER, self.epoch) for seed, member in keys]
        )

    def _validate(self, alive: BoolArray) -> BoolArray:
        """Record the validation loss, remember each member's best parameters, and return which go on."""
        validation, active, history = self.problem.validation, self._active, self.history
        if validation is None:
            return np.ones_like(alive)
        s = validation.s if len(validation.s) == 1 else validation.s[active.rows]
        losses = sample_losses(self.network, active.theta, validation.X, validation.y, validation.lengths)
        loss = (losses * s).sum(axis=-1) / s.sum(axis=-1)
        assert history.validation_loss is not None
        history.validation_loss[active.rows, self.epoch] = loss
        better = loss < active.best_loss
        active.best_loss = np.where(better, loss, active.best_loss)
        active.best_theta = np.where(better[:, None], active.theta, active.best_theta)
        history.best_epoch[active.rows[better]] = self.epoch + 1
        patience = self.recipe.patience
        if patience is None:
            return np.ones_like(alive)
        late = alive & (self.epoch + 1 - history.best_epoch[active.rows] >= patience)
        history.stopped[active.rows[late]] = Reason.EARLY_STOPPING
        return ~late

    def _see_losses(self, alive: BoolArray) -> BoolArray:
        """Show the epoch's losses to the watch over plateaus, if there is one, and return which go on."""
        if self.watch is None:
            return np.ones_like(alive)
        rows = self._active.rows
        ran = np.zeros(len(self.theta), dtype=np.bool_)
        ran[rows] = True
        self.watch.see(self.history.loss[:, self.epoch], ran)
        late = alive & self.watch.late[rows]
        self.history.stopped[rows[late]] = Reason.CONVERGED
        return ~late

    def _retire(self, alive: BoolArray) -> None:
        """Take over the parameters of members that have stopped."""
        if alive.all():
            return
        active, stopped = self._active, ~alive
        theta = active.theta
        if self.recipe.patience is not None:
            theta = np.where(np.isfinite(active.best_loss)[:, None], active.best_theta, theta)
        self.theta[active.rows[stopped]] = theta[stopped]
        active.keep(alive)
