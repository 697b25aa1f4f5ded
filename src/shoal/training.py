"""The reference training loop, in NumPy: batches, updates, stopping and the history of every member.

Members that have stopped leave the working arrays, so the loop always works on those still training;
since every operation is per member, nobody's numbers change when a companion leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from shoal.backprop import sample_losses
from shoal.history import History
from shoal.network import Network
from shoal.objective import BatchObjective
from shoal.problem import Callback, Method, Problem, Progress, Reins, Samples
from shoal.randomness import SHARED, Noise, Purpose, permutation
from shoal.shapes import Array, BoolArray, IntArray
from shoal.solvers.base import State
from shoal.stopping import Reason


@dataclass
class Active:
    """The members still training: their rows, parameters, solver state and strengths."""

    rows: IntArray
    theta: Array
    keys: npt.NDArray[np.uint64]
    state: State
    l2: Array
    l1: Array
    decay: Array
    rate: Array
    m: Array
    weights: Array
    best_theta: Array
    best_loss: Array

    def keep(self, mask: BoolArray) -> None:
        """Drop the members outside ``mask`` from every array."""
        shared = len(self.weights) == 1
        for name, value in vars(self).items():
            if name == "state":
                self.state = {key: array[mask] for key, array in value.items()}
            elif not (name == "weights" and shared):
                setattr(self, name, value[mask])


@dataclass(frozen=True)
class Members:
    """Whom an engine trains: networks of one architecture, their parameters (P, D) and random keys (P, 2)."""

    network: Network
    theta: Array
    keys: npt.NDArray[np.uint64]


def train_members(
    members: Members, problem: Problem, method: Method, callback: Callback | None = None
) -> History:
    """Train the parameters of ``members`` in place and return their history."""
    history = History.empty(
        len(members.theta), method.stopping.epochs, problem.validation is not None, problem.learning_rate
    )
    active = _all_members(members, problem, method)
    if method.reins is not None:
        method.reins.history = history
    with np.errstate(all="ignore"):  # a member that overflows is contained, not warned about
        for epoch in range(method.stopping.epochs):
            _heed(members, active, method, history)
            if not len(active.rows):
                break
            seen = _seen(members.network, problem.train, method, epoch)
            alive = _run_epoch(members.network, active, replace(problem, train=seen), method, epoch, history)
            alive &= _validate(members.network, active, problem, method, epoch, history, alive)
            alive &= _watch(active, method, epoch, history, alive)
            _retire(members, active, method, alive)
            if method.reins is not None:
                _publish(members, active, method.reins, history)
            progress = Progress(epoch + 1, method.stopping.epochs, len(active.rows))
            if callback is not None and _is_told(progress, method) and callback(progress) and progress.active:
                _heed(members, active, method, history)
                history.stopped[active.rows] = Reason.INTERRUPTED
                break
            if not len(active.rows):
                break
    if method.reins is not None:
        for key, array in active.state.items():
            method.reins.state[key][active.rows] = array
    _retire(members, active, method, np.zeros(len(active.rows), dtype=np.bool_))
    return history


def _is_told(progress: Progress, method: Method) -> bool:
    """Return whether the callback hears of the epoch just run."""
    together = 1 if method.reins is None else len(method.reins.orders)
    return progress.epoch % together == 0 or progress.epoch == progress.epochs or not progress.active


def _heed(members: Members, active: Active, method: Method, history: History) -> None:
    """Do what was decided outside since the last epoch: take the rates, and let go of members ended there."""
    reins = method.reins
    if reins is None:
        return
    reasons = reins.ended[active.rows]
    history.stopped[active.rows[reasons != 0]] = reasons[reasons != 0]
    active.rate = reins.rate[active.rows].astype(active.theta.dtype)
    _retire(members, active, method, reasons == 0)


def _publish(members: Members, active: Active, reins: Reins, history: History) -> None:
    reins.ended[:] = history.stopped
    members.theta[active.rows] = active.theta
    reins.theta = members.theta


def _all_members(members: Members, problem: Problem, method: Method) -> Active:
    theta = members.theta.copy()
    dtype = theta.dtype
    return Active(
        rows=np.arange(len(members.theta)),
        theta=theta,
        keys=members.keys,
        state=method.solver.start(theta) if method.reins is None else dict(method.reins.state),
        l2=problem.l2.astype(dtype),
        l1=problem.l1.astype(dtype),
        decay=problem.weight_decay.astype(dtype),
        rate=problem.learning_rate.astype(dtype),
        m=np.broadcast_to(problem.train.s.sum(axis=-1), len(members.theta)),
        weights=problem.train.s,
        best_theta=theta.copy(),
        best_loss=np.full(len(members.theta), np.inf),
    )


def _seen(network: Network, train: Samples, method: Method, epoch: int) -> Samples:
    """Return the samples as an epoch sees them."""
    if method.augmentation is None:
        return train
    before = 0 if method.reins is None else method.reins.first_step // method.batches(len(train))
    X = method.augmentation.deform(train.X, network.input_shape, method.seed, before + epoch)
    return replace(train, X=X)


def _run_epoch(
    network: Network, active: Active, problem: Problem, method: Method, epoch: int, history: History
) -> BoolArray:
    """Update every member once per batch; return which go on (neither diverged nor converged)."""
    n_batches = method.batches(len(problem.train))
    n_steps = n_batches * method.stopping.epochs
    alive = np.ones(len(active.rows), dtype=np.bool_)
    total, penalty, updates = (np.zeros(len(active.rows)) for _ in range(3))
    first_step = method.reins.first_step if method.reins is not None else 0
    for index, (x, y, s) in enumerate(_batches(active, problem.train, method, epoch)):
        step = epoch * n_batches + index
        objective = BatchObjective(
            network,
            x,
            y,
            s,
            l2=active.l2,
            l1=active.l1,
            m=np.broadcast_to(s.sum(axis=-1), active.m.shape) if problem.by_batch else active.m,
            noise=Noise(active.keys, first_step + step),
            clip_norm=method.clip_norm,
        )
        rate = active.rate[:, None] * active.theta.dtype.type(method.schedule.factor(step, n_steps))
        J, finite, converged = _update(network, active, method, objective, rate, alive)
        count = s.shape[-1] if problem.by_batch else 1
        total += np.where(alive, count * J, 0)
        if method.reins is not None:
            penalty += np.where(alive, count * objective.penalty, 0)
        updates += count * alive
        history.stopped[active.rows[alive & ~finite]] = Reason.DIVERGED
        history.stopped[active.rows[alive & finite & converged]] = Reason.CONVERGED
        alive &= finite & ~converged
    history.loss[active.rows, epoch] = total / updates
    if method.reins is not None:
        method.reins.penalty[active.rows] = penalty / updates
    history.epochs[active.rows] = epoch + 1
    return alive


def _update(
    network: Network, active: Active, method: Method, objective: BatchObjective, rate: Array, alive: BoolArray
) -> tuple[Array, BoolArray, BoolArray]:
    """Take one step of the solver; return J (P,), which members stayed finite, and which have converged.

    Decoupled decay is the lecture's w ← w − α ∇J − λ w (for adamw, λ is multiplied by the rate α).
    A member with anything non-finite keeps the parameters that it had, now and for the rest of the epoch.
    """
    solver = method.solver
    step = solver.step(active.theta, objective, active.state, rate)
    proposed = step.theta
    if active.decay.any():
        decay = active.decay[:, None] * (rate if solver.decay_times_rate else 1)
        proposed = proposed - decay * (active.theta * network.weight_mask)
    if objective.observed.size:
        proposed = proposed + objective.observed
    finite = np.isfinite(step.J) & np.isfinite(step.gradient_size) & np.isfinite(proposed).all(axis=-1)
    moves = finite & alive
    active.theta = proposed if moves.all() else np.where(moves[:, None], proposed, active.theta)
    if not solver.full_batch:
        return step.J, finite, np.zeros_like(finite)
    return step.J, finite, step.converged | (step.gradient_size <= method.stopping.tolerance)


def _batches(
    active: Active, train: Samples, method: Method, epoch: int
) -> Iterator[tuple[Array, Array, Array]]:
    """Yield the batches of one epoch: x (1|Q, n, B), y (K, B) or (Q, K, B), s (1|Q, B)."""
    n = len(train)
    if method.batch_size is None:
        yield train.X.T[None], train.y, active.weights
        return
    if method.reins is not None:
        orders, which = method.reins.orders, method.reins.which
        orders = orders[epoch % len(orders)]
        order = (orders if len(orders) == 1 else orders[which[active.rows]]).astype(np.intp)
        n = order.shape[1]
    elif method.shared_order:
        order = permutation(n, method.seed, SHARED, Purpose.ORDER, epoch)[None]
    else:
        order = np.stack(
            [permutation(n, int(seed), int(member), Purpose.ORDER, epoch) for seed, member in active.keys]
        )
    targets = train.y.T
    for start in range(0, n, method.batch_size):
        batch = order[:, start : start + method.batch_size]
        x = train.X[batch].swapaxes(-1, -2)
        y = targets[batch].swapaxes(-1, -2)
        s = (
            np.take_along_axis(active.weights, batch, axis=-1)
            if len(active.weights) > 1
            else active.weights[0][batch]
        )
        yield x, y[0] if len(y) == 1 else y, s


def _validate(
    network: Network,
    active: Active,
    problem: Problem,
    method: Method,
    epoch: int,
    history: History,
    alive: BoolArray,
) -> BoolArray:
    """Record the validation loss, remember each member's best parameters, and return which go on."""
    if problem.validation is None:
        return np.ones_like(alive)
    X, y, s = problem.validation.X, problem.validation.y, problem.validation.s
    s = s if len(s) == 1 else s[active.rows]
    losses = sample_losses(network, active.theta, X, y)
    loss = (losses * s).sum(axis=-1) / s.sum(axis=-1)
    assert history.validation_loss is not None
    history.validation_loss[active.rows, epoch] = loss
    better = loss < active.best_loss
    active.best_loss = np.where(better, loss, active.best_loss)
    active.best_theta = np.where(better[:, None], active.theta, active.best_theta)
    history.best_epoch[active.rows[better]] = epoch + 1
    if method.stopping.patience is None:
        return np.ones_like(alive)
    waited = epoch + 1 - history.best_epoch[active.rows]
    late = alive & (waited >= method.stopping.patience)
    history.stopped[active.rows[late]] = Reason.EARLY_STOPPING
    return ~late


def _watch(active: Active, method: Method, epoch: int, history: History, alive: BoolArray) -> BoolArray:
    """Show the epoch's loss to the caller's watch, if there is one, and return which go on."""
    watch = None if method.reins is None else method.reins.watch
    if watch is None:
        return np.ones_like(alive)
    ran = np.zeros(len(history.stopped), dtype=np.bool_)
    ran[active.rows] = True
    watch.see(history.loss[:, epoch], ran)
    late = alive & watch.late[active.rows]
    history.stopped[active.rows[late]] = Reason.CONVERGED
    return ~late


def _retire(members: Members, active: Active, method: Method, alive: BoolArray) -> None:
    """Hand back the parameters of members that have stopped."""
    if alive.all():
        return
    stopped = ~alive
    theta = active.theta
    if method.stopping.patience is not None:
        validated = np.isfinite(active.best_loss)[:, None]
        theta = np.where(validated, active.best_theta, theta)
    members.theta[active.rows[stopped]] = theta[stopped]
    active.keep(alive)
